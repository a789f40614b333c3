//! A slot's running numbers: sequence, timestamp and picture id go on without a seam when the slot
//! is pointed at another track, another layer, its publisher starts again, or temporal layers are
//! left out.

use std::collections::VecDeque;

use crate::limits::{DROP_GAPS_MAX, REPLAY_SQUEEZE};
use crate::packet::{Packet, PictureId};

/// The moment in the source up to which timestamps are squeezed (see [`Munger::restart`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pivot {
    /// Newest packet when the replay was decided.
    pub seq: u64,
    /// Its timestamp.
    pub rtp_ts: u32,
}

/// What a packet becomes in this slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mapped {
    /// SRTP packet index: rollover counter and sequence number.
    pub index: u64,
    /// RTP timestamp.
    pub rtp_ts: u32,
    /// Picture id and TL0PICIDX, of meaning only where the payload carries them.
    pub picture: u16,
    /// See `picture`.
    pub tl0: u8,
    /// Whether the two differ from what the publisher sent.
    pub rewritten: bool,
}

/// Source packets between two that were left out: they keep their distances.
#[derive(Debug, Clone, Copy)]
struct Run {
    /// First source sequence number.
    first: u64,
    /// Index = source sequence + this, wrapping.
    seq_offset: u64,
    picture_offset: u16,
}

/// The mapping from a source's numbers to a slot's.
///
/// Invariant: the indices given out by one mapping all lie above those of the mapping before it,
/// and within a mapping one source number gives one index. So no index is ever used for two
/// different packets, as AES-GCM demands. What is left out takes no index: the next run's offset
/// is one less, and the run before it ends where the packet stood.
#[derive(Debug, Clone)]
pub(crate) struct Munger {
    /// The run of the newest packets; its `first` is `u64::MAX` while there is no mapping.
    run: Run,
    /// Runs before it with their ends, oldest first.
    past: VecDeque<(Run, u64)>,
    /// Source packets from here on have not been seen.
    next: u64,
    /// Timestamp of the picture that is being left out.
    left_out: Option<u32>,
    /// Highest index given out.
    index_last: u64,
    ts_offset: u32,
    ts_last: u32,
    pivot: Option<Pivot>,
    picture_last: Option<u16>,
    tl0_offset: u8,
    tl0_last: Option<u8>,
}

const PICTURE_MASK: u16 = 0x7fff;

impl Munger {
    /// A slot that has sent nothing. `seq` and `ts` should be random (RFC 3550 §5.1); the
    /// sequence starts in the lower half, so that receivers agree on rollover counter 0.
    pub(crate) fn new(seq: u16, ts: u32) -> Munger {
        let run = Run {
            first: u64::MAX,
            seq_offset: 0,
            picture_offset: 0,
        };
        Munger {
            run,
            past: VecDeque::new(),
            next: u64::MAX,
            left_out: None,
            index_last: u64::from(seq & 0x3fff),
            ts_offset: 0,
            ts_last: ts,
            pivot: None,
            picture_last: None,
            tl0_offset: 0,
            tl0_last: None,
        }
    }

    /// Starts a new mapping at `first`. `elapsed` is the time since the slot's last packet in
    /// clock ticks. With a pivot, timestamps before it are squeezed together just under it: a
    /// replayed group of pictures then looks like a burst, not like two seconds of past.
    pub(crate) fn restart(&mut self, first: &Packet, elapsed: u32, pivot: Option<Pivot>) {
        self.past.clear();
        self.run.first = first.seq;
        self.run.seq_offset = (self.index_last + 1).wrapping_sub(first.seq);
        (self.next, self.left_out) = (first.seq, None);
        self.pivot = pivot.filter(|pivot| pivot.seq > first.seq);
        let start = self.ts_last.wrapping_add(elapsed.max(1));
        self.ts_offset = match self.pivot {
            None => start.wrapping_sub(first.rtp_ts),
            Some(pivot) => {
                let past = pivot.rtp_ts.wrapping_sub(first.rtp_ts) / REPLAY_SQUEEZE;
                start.wrapping_add(past).wrapping_sub(pivot.rtp_ts)
            }
        };
        let (picture, tl0) = numbers(first);
        if let (Some(picture), Some(last)) = (picture, self.picture_last) {
            self.run.picture_offset = last.wrapping_add(1).wrapping_sub(picture);
        }
        if let (Some(tl0), Some(last)) = (tl0, self.tl0_last) {
            self.tl0_offset = last.wrapping_add(1).wrapping_sub(tl0);
        }
    }

    /// Ends the mapping: nothing maps until the next [`Munger::restart`].
    pub(crate) fn stop(&mut self) {
        self.past.clear();
        self.run.first = u64::MAX;
    }

    /// Where a packet of the current source goes; `None` when it is from before the mapping, or
    /// above temporal layer `limit` and thus left out. A packet that comes late keeps the place
    /// that was left for it, whatever its layer: a hole would be asked for for ever.
    pub(crate) fn map(&mut self, packet: &Packet, limit: u8) -> Option<Mapped> {
        if packet.seq >= self.next && self.run.first != u64::MAX {
            self.next = packet.seq + 1;
            if packet.temporal.id > limit {
                self.leave_out(packet);
                return None;
            }
        }
        let mapped = self.peek(packet)?;
        if mapped.index > self.index_last {
            self.index_last = mapped.index;
            self.ts_last = mapped.rtp_ts;
            if packet.numbers.picture_id.is_some() {
                self.picture_last = Some(mapped.picture);
            }
            if packet.numbers.tl0.is_some() {
                self.tl0_last = Some(mapped.tl0);
            }
        }
        Some(mapped)
    }

    /// Begins a new run after a packet that is newer than all before it.
    fn leave_out(&mut self, packet: &Packet) {
        if packet.seq > self.run.first {
            if self.past.len() == DROP_GAPS_MAX {
                self.past.pop_front();
            }
            self.past.push_back((self.run, packet.seq));
        }
        self.run.first = packet.seq + 1;
        self.run.seq_offset = self.run.seq_offset.wrapping_sub(1);
        if self.left_out != Some(packet.rtp_ts) {
            self.left_out = Some(packet.rtp_ts);
            self.run.picture_offset = self.run.picture_offset.wrapping_sub(1);
        }
    }

    /// [`Munger::map`] for a packet that is sent again.
    pub(crate) fn peek(&self, packet: &Packet) -> Option<Mapped> {
        let run = self.run_of(|run, end| (run.first..end).contains(&packet.seq))?;
        let (picture, tl0) = numbers(packet);
        Some(Mapped {
            index: packet.seq.wrapping_add(run.seq_offset),
            rtp_ts: self.timestamp(packet.seq, packet.rtp_ts),
            picture: picture.unwrap_or(0).wrapping_add(run.picture_offset) & PICTURE_MASK,
            tl0: tl0.unwrap_or(0).wrapping_add(self.tl0_offset),
            rewritten: run.picture_offset & PICTURE_MASK != 0 || self.tl0_offset != 0,
        })
    }

    /// The source packet that left as `seq`, if it belongs to the current mapping.
    pub(crate) fn unmap(&self, seq: u16) -> Option<u64> {
        let behind = (self.index_last as u16).wrapping_sub(seq);
        let index = self.index_last.checked_sub(u64::from(behind))?;
        if behind >= 0x8000 {
            return None;
        }
        let source = |run: &Run| index.wrapping_sub(run.seq_offset);
        let run = self.run_of(|run, end| (run.first..end).contains(&source(run)))?;
        Some(source(run))
    }

    fn run_of(&self, holds: impl Fn(&Run, u64) -> bool) -> Option<&Run> {
        if holds(&self.run, u64::MAX) {
            return Some(&self.run);
        }
        let mut past = self.past.iter().rev();
        past.find(|(run, end)| holds(run, *end)).map(|(run, _)| run)
    }

    /// The newest source packet that left under the current mapping.
    pub(crate) fn newest(&self) -> Option<u64> {
        self.unmap(self.index_last as u16)
    }

    /// The slot's timestamp for a live moment of the source.
    pub(crate) fn live_timestamp(&self, rtp_ts: u32) -> u32 {
        rtp_ts.wrapping_add(self.ts_offset)
    }

    fn timestamp(&self, seq: u64, rtp_ts: u32) -> u32 {
        match self.pivot {
            Some(pivot) if seq < pivot.seq => {
                // A late packet of a frame at the pivot has the pivot's timestamp or an older one.
                let before = (pivot.rtp_ts.wrapping_sub(rtp_ts) as i32).max(0) as u32;
                let before = before / REPLAY_SQUEEZE;
                self.live_timestamp(pivot.rtp_ts).wrapping_sub(before)
            }
            _ => self.live_timestamp(rtp_ts),
        }
    }
}

fn numbers(packet: &Packet) -> (Option<u16>, Option<u8>) {
    let picture = packet.numbers.picture_id.map(|(picture, _)| match picture {
        PictureId::Short(id) => u16::from(id),
        PictureId::Long(id) => id,
    });
    (picture, packet.numbers.tl0.map(|(tl0, _)| tl0))
}

#[cfg(test)]
mod tests;
