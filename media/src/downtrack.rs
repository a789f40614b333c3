//! A receive slot: one m-line of one viewer, with its own SSRCs, showing one track after another.
//! Turns a shared plaintext packet into sealed bytes in the send slab.

use std::time::Instant;

use crate::batch::{Batch, Path};
use crate::codec::rewrite_vp8;
use crate::handle::TrackId;
use crate::limits::{DATAGRAM_MAX, GSO_PADDING_MAX, REPLAY_AGAIN};
use crate::munger::{Mapped, Munger, Pivot};
use crate::packet::{Codec, Packet};
use crate::sdp::{Payload, Ssrcs};
use crate::srtp::{HEADER_LEN, IndexWindow, Sealer, TAG_LEN_MAX};

/// What a slot does with its track's packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Shows nothing.
    Idle,
    /// Waits for the start of a key frame.
    Waiting,
    /// Catches up from the ring; the next packet to send.
    Replay(u64),
    /// Takes every packet as it comes.
    Live,
}

/// RTX payloads start with the original sequence number (RFC 4588 §4).
const OSN_LEN: usize = 2;

/// Bytes of slab a packet may take.
pub(crate) const SEALED_MAX: usize = DATAGRAM_MAX;

/// One slot. Small on purpose: thousands are walked per frame.
pub(crate) struct Downtrack {
    /// The viewer, by its place in the worker's table.
    pub viewer: usize,
    /// What it shows.
    pub track: Option<TrackId>,
    /// Layer of the track, 0 the lowest.
    pub layer: u8,
    /// Where it stands.
    pub flow: Flow,
    /// Fixed by the application; otherwise pointed at tracks as they come.
    pub pinned: bool,
    munger: Munger,
    sent: IndexWindow,
    ssrcs: Ssrcs,
    /// Payload types for the codec shown now; `None` when the viewer cannot take it.
    payload: Option<(u8, Option<u8>)>,
    rtx_index: u64,
    /// Arrival of the newest packet sent.
    last: Option<Instant>,
    /// When the last replay began.
    replayed: Option<Instant>,
    /// For sender reports.
    packets: u32,
    octets: u32,
    payloads: Vec<Payload>,
}

impl Downtrack {
    /// `seed` is random: first sequence numbers and timestamp (RFC 3550 §5.1).
    pub(crate) fn new(viewer: usize, ssrcs: Ssrcs, payloads: Vec<Payload>, seed: u64) -> Downtrack {
        Downtrack {
            viewer,
            track: None,
            layer: 0,
            flow: Flow::Idle,
            pinned: false,
            munger: Munger::new(seed as u16, (seed >> 16) as u32),
            sent: IndexWindow::default(),
            ssrcs,
            payload: None,
            rtx_index: (seed >> 48) & 0x3fff,
            last: None,
            replayed: None,
            packets: 0,
            octets: 0,
            payloads,
        }
    }

    pub(crate) fn ssrc(&self) -> u32 {
        self.ssrcs.media
    }

    /// Whether the viewer negotiated this codec here.
    pub(crate) fn accepts(&self, codec: Codec) -> bool {
        self.choose(codec).is_some()
    }

    /// Points the slot at a track, or at nothing.
    pub(crate) fn show(&mut self, track: Option<(TrackId, Codec)>) {
        // The old mapping must not meet the new track's packets: an index would repeat.
        self.munger.stop();
        self.track = track.map(|(id, _)| id);
        self.payload = track.and_then(|(_, codec)| self.choose(codec));
        self.flow = if self.payload.is_some() {
            Flow::Waiting
        } else {
            Flow::Idle
        };
    }

    /// H.264 leaves under the payload type of the nearest profile: browsers decode Constrained
    /// Baseline, Baseline, Main and High under any of them (measured), but prefer their own.
    fn choose(&self, codec: Codec) -> Option<(u8, Option<u8>)> {
        let distance = |payload: &Payload| match (payload.codec, codec) {
            (
                Codec::H264 {
                    profile_level_id: ours,
                },
                Codec::H264 {
                    profile_level_id: theirs,
                },
            ) => Some(u32::from(ours >> 16 != theirs >> 16) * 2 + u32::from(ours != theirs)),
            (ours, theirs) => (ours == theirs).then_some(0),
        };
        let near = self
            .payloads
            .iter()
            .filter_map(|payload| Some((distance(payload)?, payload)));
        let (_, payload) = near.min_by_key(|(distance, _)| *distance)?;
        Some((payload.pt, payload.rtx))
    }

    /// Begins to forward at `first`: the numbers go on from what was sent before.
    pub(crate) fn start(
        &mut self,
        first: &Packet,
        clock_hz: u32,
        pivot: Option<Pivot>,
        now: Instant,
    ) {
        if pivot.is_some() {
            self.replayed = Some(now);
        }
        let newest = if pivot.is_some() { now } else { first.arrival };
        let elapsed = self.last.map_or(0, |last| {
            let elapsed = newest.saturating_duration_since(last);
            (elapsed.as_micros() * u128::from(clock_hz) / 1_000_000) as u32
        });
        self.munger.restart(first, elapsed, pivot);
    }

    /// Whether the ring may be replayed to a viewer that lost its picture.
    pub(crate) fn may_replay_again(&self, now: Instant) -> bool {
        let rested = self
            .replayed
            .is_none_or(|replayed| now >= replayed + REPLAY_AGAIN);
        self.flow == Flow::Live && rested
    }

    /// Seals `packet` for `path`. `segment` is the length wished for, so that a frame's packets
    /// are equally long; 0 for none. Returns the bytes written, `None` when it must not be sent.
    pub(crate) fn send(
        &mut self,
        packet: &Packet,
        segment: usize,
        path: Path,
        sealer: &mut Sealer,
        batch: &mut Batch,
    ) -> Option<usize> {
        let (pt, rtx) = self.payload?;
        let mapped = self.munger.map(packet)?;
        if !self.sent.claim(mapped.index) {
            return None;
        }
        let space = batch.space();
        if space.len() < SEALED_MAX || packet.payload.len() + HEADER_LEN + TAG_LEN_MAX > SEALED_MAX
        {
            return None;
        }
        let mut len = self.write(space, packet, &mapped, pt, self.ssrcs.media, mapped.index);
        // Without RTX a packet may be sent again as it was, so its bytes must not depend on luck.
        if rtx.is_some() {
            len = pad(space, len, segment);
        }
        let sealed = sealer.seal(space, len, mapped.index)?;
        batch.commit(path, sealed);
        self.last = Some(packet.arrival);
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(packet.payload.len() as u32);
        Some(sealed)
    }

    /// The source packet a NACKed sequence number stands for.
    pub(crate) fn source_of(&self, seq: u16) -> Option<u64> {
        self.munger.unmap(seq)
    }

    /// Sends a packet again: as RTX (RFC 4588), or byte for byte when the viewer has no RTX.
    pub(crate) fn resend(
        &mut self,
        packet: &Packet,
        path: Path,
        sealer: &mut Sealer,
        batch: &mut Batch,
    ) -> Option<usize> {
        let (pt, rtx) = self.payload?;
        let mapped = self.munger.peek(packet)?;
        let space = batch.space();
        let needed = HEADER_LEN + OSN_LEN + packet.payload.len() + TAG_LEN_MAX;
        // What was never sent is not "sent again": its index is still to be claimed.
        if !self.sent.contains(mapped.index) || space.len() < SEALED_MAX || needed > SEALED_MAX {
            return None;
        }
        let (len, index) = match rtx {
            Some(rtx) => {
                self.rtx_index += 1;
                let index = self.rtx_index;
                let len = self.write(space, packet, &mapped, rtx, self.ssrcs.rtx, index);
                space.copy_within(HEADER_LEN..len, HEADER_LEN + OSN_LEN);
                space[HEADER_LEN..HEADER_LEN + OSN_LEN]
                    .copy_from_slice(&(mapped.index as u16).to_be_bytes());
                (len + OSN_LEN, index)
            }
            None => {
                let index = mapped.index;
                (
                    self.write(space, packet, &mapped, pt, self.ssrcs.media, index),
                    index,
                )
            }
        };
        let sealed = sealer.seal(space, len, index)?;
        batch.commit(path, sealed);
        Some(sealed)
    }

    /// Header and payload in the clear.
    fn write(
        &self,
        space: &mut [u8],
        packet: &Packet,
        mapped: &Mapped,
        pt: u8,
        ssrc: u32,
        index: u64,
    ) -> usize {
        let len = HEADER_LEN + packet.payload.len();
        space[0] = 0x80;
        space[1] = pt | if packet.marker { 0x80 } else { 0 };
        space[2..4].copy_from_slice(&(index as u16).to_be_bytes());
        space[4..8].copy_from_slice(&mapped.rtp_ts.to_be_bytes());
        space[8..12].copy_from_slice(&ssrc.to_be_bytes());
        let payload = &mut space[HEADER_LEN..len];
        payload.copy_from_slice(&packet.payload);
        if self.munger.rewrites_vp8() {
            rewrite_vp8(payload, &packet.vp8, mapped.picture, mapped.tl0);
        }
        len
    }

    /// Packets and payload bytes sent so far.
    pub(crate) fn counts(&self) -> (u32, u32) {
        (self.packets, self.octets)
    }

    /// The slot's timestamp for a moment of its track.
    pub(crate) fn timestamp(&self, rtp_ts: u32) -> u32 {
        self.munger.live_timestamp(rtp_ts)
    }
}

/// RTP padding (RFC 3550 §5.1) up to `segment` when little is missing.
fn pad(space: &mut [u8], len: usize, segment: usize) -> usize {
    let missing = segment.saturating_sub(len);
    if missing == 0 || missing > GSO_PADDING_MAX {
        return len;
    }
    space[0] |= 0x20;
    space[len..segment].fill(0);
    space[segment - 1] = missing as u8;
    segment
}

/// The length to pad a frame's packets to: that of its longest, tag not counted.
pub(crate) fn segment_of(frame: &[Packet]) -> usize {
    frame
        .iter()
        .map(|packet| packet.payload.len() + HEADER_LEN)
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests;
