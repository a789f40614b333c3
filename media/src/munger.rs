//! A slot's running numbers: sequence, timestamp and VP8 picture id go on without a seam when the
//! slot is pointed at another track, another layer, or its publisher starts again.

use crate::limits::REPLAY_SQUEEZE;
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
    /// VP8 picture id and TL0PICIDX, of meaning only where the payload carries them.
    pub picture: u16,
    /// See `picture`.
    pub tl0: u8,
}

/// The mapping from a source's numbers to a slot's.
///
/// Invariant: the indices given out by one mapping all lie above those of the mapping before it,
/// and within a mapping one source number gives one index. So no index is ever used for two
/// different packets, as AES-GCM demands.
#[derive(Debug, Clone)]
pub(crate) struct Munger {
    /// Index = source sequence + this, wrapping.
    seq_offset: u64,
    /// Source packets before this one belong to no mapping and are dropped.
    seq_first: u64,
    /// Highest index given out.
    index_last: u64,
    ts_offset: u32,
    ts_last: u32,
    pivot: Option<Pivot>,
    picture_offset: u16,
    picture_last: Option<u16>,
    tl0_offset: u8,
    tl0_last: Option<u8>,
}

const PICTURE_MASK: u16 = 0x7fff;

impl Munger {
    /// A slot that has sent nothing. `seq` and `ts` should be random (RFC 3550 §5.1); the
    /// sequence starts in the lower half, so that receivers agree on rollover counter 0.
    pub(crate) fn new(seq: u16, ts: u32) -> Munger {
        Munger {
            seq_offset: 0,
            seq_first: u64::MAX,
            index_last: u64::from(seq & 0x3fff),
            ts_offset: 0,
            ts_last: ts,
            pivot: None,
            picture_offset: 0,
            picture_last: None,
            tl0_offset: 0,
            tl0_last: None,
        }
    }

    /// Starts a new mapping at `first`. `elapsed` is the time since the slot's last packet in
    /// clock ticks. With a pivot, timestamps before it are squeezed together just under it: a
    /// replayed group of pictures then looks like a burst, not like two seconds of past.
    pub(crate) fn restart(&mut self, first: &Packet, elapsed: u32, pivot: Option<Pivot>) {
        self.seq_first = first.seq;
        self.seq_offset = (self.index_last + 1).wrapping_sub(first.seq);
        self.pivot = pivot.filter(|pivot| pivot.seq > first.seq);
        let start = self.ts_last.wrapping_add(elapsed.max(1));
        self.ts_offset = match self.pivot {
            None => start.wrapping_sub(first.rtp_ts),
            Some(pivot) => {
                let past = pivot.rtp_ts.wrapping_sub(first.rtp_ts) / REPLAY_SQUEEZE;
                start.wrapping_add(past).wrapping_sub(pivot.rtp_ts)
            }
        };
        let (picture, tl0) = vp8_numbers(first);
        if let (Some(picture), Some(last)) = (picture, self.picture_last) {
            self.picture_offset = last.wrapping_add(1).wrapping_sub(picture);
        }
        if let (Some(tl0), Some(last)) = (tl0, self.tl0_last) {
            self.tl0_offset = last.wrapping_add(1).wrapping_sub(tl0);
        }
    }

    /// Ends the mapping: nothing maps until the next [`Munger::restart`].
    pub(crate) fn stop(&mut self) {
        self.seq_first = u64::MAX;
    }

    /// Where a packet of the current source goes; `None` when it is from before the mapping.
    pub(crate) fn map(&mut self, packet: &Packet) -> Option<Mapped> {
        let mapped = self.peek(packet)?;
        if mapped.index > self.index_last {
            self.index_last = mapped.index;
            self.ts_last = mapped.rtp_ts;
            if packet.vp8.picture_id.is_some() {
                self.picture_last = Some(mapped.picture);
            }
            if packet.vp8.tl0.is_some() {
                self.tl0_last = Some(mapped.tl0);
            }
        }
        Some(mapped)
    }

    /// [`Munger::map`] for a packet that is sent again.
    pub(crate) fn peek(&self, packet: &Packet) -> Option<Mapped> {
        if packet.seq < self.seq_first {
            return None;
        }
        let index = packet.seq.wrapping_add(self.seq_offset);
        let (picture, tl0) = vp8_numbers(packet);
        Some(Mapped {
            index,
            rtp_ts: self.timestamp(packet.seq, packet.rtp_ts),
            picture: picture.unwrap_or(0).wrapping_add(self.picture_offset) & PICTURE_MASK,
            tl0: tl0.unwrap_or(0).wrapping_add(self.tl0_offset),
        })
    }

    /// The source packet that left as `seq`, if it belongs to the current mapping.
    pub(crate) fn unmap(&self, seq: u16) -> Option<u64> {
        let behind = (self.index_last as u16).wrapping_sub(seq);
        let index = self.index_last.checked_sub(u64::from(behind))?;
        let source = index.wrapping_sub(self.seq_offset);
        (behind < 0x8000 && source >= self.seq_first && self.seq_first != u64::MAX)
            .then_some(source)
    }

    /// The newest source packet that left under the current mapping.
    pub(crate) fn newest(&self) -> Option<u64> {
        self.unmap(self.index_last as u16)
    }

    /// The slot's timestamp for a live moment of the source.
    pub(crate) fn live_timestamp(&self, rtp_ts: u32) -> u32 {
        rtp_ts.wrapping_add(self.ts_offset)
    }

    /// Whether VP8 payloads differ from what the publisher sent.
    pub(crate) fn rewrites_vp8(&self) -> bool {
        self.picture_offset & PICTURE_MASK != 0 || self.tl0_offset != 0
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

fn vp8_numbers(packet: &Packet) -> (Option<u16>, Option<u8>) {
    let picture = packet.vp8.picture_id.map(|(picture, _)| match picture {
        PictureId::Short(id) => u16::from(id),
        PictureId::Long(id) => id,
    });
    (picture, packet.vp8.tl0.map(|(tl0, _)| tl0))
}

#[cfg(test)]
mod tests;
