//! From RTP packets to one gapless row of audio on the media clock: reordering within a small
//! window, losses, silence that was not sent (DTX), restarted senders. Decodes nothing.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use crate::SpeechPacket;
use crate::limits::{
    CONCEAL_MS_MAX, HOLE_MS_MAX, REORDER_PACKETS_MAX, REORDER_WAIT_MS, SEQ_JUMP_MAX,
    SILENCE_FILL_MS_MAX,
};

/// RTP clock of Opus: 48 ticks a millisecond, whatever the audio inside (RFC 7587).
const TICKS_PER_MS: i64 = 48;

/// How long the smallest transit is remembered: clocks drift some milliseconds a minute.
const OFFSET_WINDOW_MS: u64 = 10_000;

/// One thing for the decoder to do, in order of media time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Decode this packet.
    Packet {
        /// Media clock of its first sample.
        at_ms: u64,
        /// Length by its table of contents.
        ms: u64,
        /// Opus.
        payload: Bytes,
    },
    /// Invent this much; `next` may carry redundancy for the end of it.
    Lost {
        /// Media clock of its first sample.
        at_ms: u64,
        /// Length.
        ms: u64,
        /// The packet after the loss.
        next: Bytes,
    },
    /// Put silence here.
    Silence {
        /// Media clock of its first sample.
        at_ms: u64,
        /// Length of silence to put; a longer hole is cut short.
        ms: u64,
        /// How much was lost, when packets were missing rather than not sent.
        lost_ms: u64,
    },
    /// What follows does not continue what was before.
    Break,
}

/// Puts one speaker's packets in order and in time.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    waiting: BTreeMap<u64, SpeechPacket>,
    next_seq: Option<u64>,
    /// RTP timestamp of the next expected sample, and the same extended past its wrap.
    expected: Option<(u32, i64)>,
    offset: Offset,
    pieces: VecDeque<Piece>,
    /// Media time never runs backwards.
    last_ms: u64,
    /// Packets missing before the next one.
    missing: bool,
}

impl Timeline {
    /// Takes one packet; too late or doubled ones are ignored.
    pub(crate) fn push(&mut self, packet: SpeechPacket) {
        let next = *self.next_seq.get_or_insert(packet.seq);
        if packet.seq.abs_diff(next) > SEQ_JUMP_MAX {
            self.flush();
            self.restart(packet.seq);
        } else if packet.seq < next {
            return;
        }
        let arrival = packet.arrival_ms;
        self.waiting.entry(packet.seq).or_insert(packet);
        self.release(Some(arrival));
    }

    /// Gives up waiting for missing packets.
    pub(crate) fn flush(&mut self) {
        self.release(None);
    }

    /// The next piece, if one is ready.
    pub(crate) fn poll(&mut self) -> Option<Piece> {
        self.pieces.pop_front()
    }

    fn restart(&mut self, seq: u64) {
        self.next_seq = Some(seq);
        self.expected = None;
        self.offset = Offset::default();
        self.missing = false;
        self.pieces.push_back(Piece::Break);
    }

    /// Emits what is in order, and what is not but has waited long enough at `now`.
    fn release(&mut self, now: Option<u64>) {
        while let Some(first) = self.waiting.first_entry() {
            let next = self.next_seq.unwrap_or(*first.key());
            let waited = now.map(|now| now.saturating_sub(first.get().arrival_ms));
            let in_order = *first.key() == next;
            let due = waited.is_none_or(|ms| ms >= REORDER_WAIT_MS);
            if !in_order && !due && self.waiting.len() <= REORDER_PACKETS_MAX {
                return;
            }
            let (seq, packet) = self.waiting.pop_first().expect("`first` was just seen");
            self.missing |= seq != next;
            self.next_seq = Some(seq + 1);
            self.emit(packet);
        }
    }

    fn emit(&mut self, packet: SpeechPacket) {
        let ticks = packet_ticks(&packet.payload);
        let (expected_rtp, expected) = self
            .expected
            .unwrap_or((packet.rtp_ts, i64::from(packet.rtp_ts)));
        let jump = i64::from(packet.rtp_ts.wrapping_sub(expected_rtp).cast_signed());
        let hole_ms = jump / TICKS_PER_MS;
        if hole_ms.unsigned_abs() > HOLE_MS_MAX {
            self.fill(expected, hole_ms, &packet.payload);
            self.offset = Offset::default();
            self.pieces.push_back(Piece::Break);
        } else if hole_ms > 0 {
            self.fill(expected, hole_ms, &packet.payload);
        }
        self.missing = false;
        let start = expected + jump;
        self.offset.observe(packet.arrival_ms, start / TICKS_PER_MS);
        let at_ms = self.media_ms(start);
        let end = start + ticks;
        self.expected = Some((packet.rtp_ts.wrapping_add(ticks as u32), end));
        let ms = (ticks / TICKS_PER_MS).unsigned_abs();
        self.pieces.push_back(Piece::Packet {
            at_ms,
            ms,
            payload: packet.payload,
        });
    }

    /// Fills a hole that starts at `from`: the first part concealed when packets were lost, the
    /// rest silent and cut short.
    fn fill(&mut self, from: i64, hole_ms: i64, next: &Bytes) {
        let hole = u64::try_from(hole_ms).unwrap_or(0);
        let concealed = if self.missing {
            hole.min(CONCEAL_MS_MAX)
        } else {
            0
        };
        if concealed > 0 {
            let at_ms = self.media_ms(from);
            self.pieces.push_back(Piece::Lost {
                at_ms,
                ms: concealed,
                next: next.clone(),
            });
        }
        let rest = hole - concealed;
        if rest > 0 {
            let at_ms = self.media_ms(from + concealed.cast_signed() * TICKS_PER_MS);
            let lost_ms = if self.missing { rest } else { 0 };
            let ms = rest.min(SILENCE_FILL_MS_MAX);
            self.pieces.push_back(Piece::Silence { at_ms, ms, lost_ms });
        }
    }

    fn media_ms(&mut self, ticks: i64) -> u64 {
        let ms = (ticks / TICKS_PER_MS).saturating_add(self.offset.get());
        self.last_ms = self.last_ms.max(u64::try_from(ms).unwrap_or(0));
        self.last_ms
    }
}

/// Arrival minus RTP time: the smallest of the last ten to twenty seconds belongs to the packet
/// that waited least on its way.
#[derive(Debug, Default)]
struct Offset {
    window_start_ms: Option<u64>,
    current: Option<i64>,
    previous: Option<i64>,
}

impl Offset {
    fn observe(&mut self, arrival_ms: u64, rtp_ms: i64) {
        let start = *self.window_start_ms.get_or_insert(arrival_ms);
        if arrival_ms.saturating_sub(start) > OFFSET_WINDOW_MS {
            self.window_start_ms = Some(arrival_ms);
            self.previous = self.current.take();
        }
        let offset = arrival_ms.cast_signed().saturating_sub(rtp_ms);
        self.current = Some(self.current.map_or(offset, |old| old.min(offset)));
    }

    fn get(&self) -> i64 {
        match (self.previous, self.current) {
            (Some(a), Some(b)) => a.min(b),
            (a, b) => a.or(b).unwrap_or(0),
        }
    }
}

/// Length of an Opus packet in 48 kHz ticks, by its table of contents (RFC 6716 §3.1). What is
/// not Opus counts as 20 ms, so that time goes on.
fn packet_ticks(payload: &[u8]) -> i64 {
    const FALLBACK: i64 = 960;
    /// No packet is longer than 120 ms.
    const TICKS_MAX: i64 = 5_760;
    let Some(&toc) = payload.first() else {
        return FALLBACK;
    };
    let config = toc >> 3;
    let frame = match config {
        0..=11 => [480, 960, 1_920, 2_880][usize::from(config % 4)],
        12..=15 => [480, 960][usize::from(config % 2)],
        _ => [120, 240, 480, 960][usize::from(config % 4)],
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => payload.get(1).map_or(0, |count| i64::from(count & 0x3f)),
    };
    match frame * frames {
        0 => FALLBACK,
        ticks => ticks.min(TICKS_MAX),
    }
}

#[cfg(test)]
mod tests;
