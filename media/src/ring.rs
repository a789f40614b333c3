//! One layer's plaintext packets, shared by all viewers: for retransmission, for a joiner's first
//! picture, and to tell duplicates. Grows so that the whole last group of pictures stays, because
//! some publishers cannot be asked for a key frame.

use crate::limits::{RING_PACKETS, RING_PACKETS_MAX};
use crate::packet::Packet;

/// Packets by sequence number.
#[derive(Debug)]
pub(crate) struct Ring {
    /// Slot `seq % len`; the length is a power of two.
    slots: Vec<Option<Packet>>,
    /// Highest sequence number seen.
    head: Option<u64>,
    /// Where the last key frame starts, while it is still here.
    keyframe: Option<u64>,
}

impl Ring {
    pub(crate) fn new() -> Ring {
        Ring {
            slots: Vec::new(),
            head: None,
            keyframe: None,
        }
    }

    /// Keeps a packet. `false`: it is a duplicate, or older than everything kept; it must not be
    /// forwarded.
    pub(crate) fn insert(&mut self, packet: Packet) -> bool {
        let seq = packet.seq;
        if self.slots.is_empty() {
            self.slots.resize_with(RING_PACKETS, || None);
        }
        if let Some(head) = self.head {
            let too_old = seq + self.slots.len() as u64 <= head;
            if too_old || self.get(seq).is_some() {
                return false;
            }
        }
        self.make_room(seq);
        if packet.keyframe {
            self.note_keyframe(&packet);
        }
        let at = self.slot(seq);
        self.slots[at] = Some(packet);
        self.head = Some(self.head.map_or(seq, |head| head.max(seq)));
        true
    }

    pub(crate) fn get(&self, seq: u64) -> Option<&Packet> {
        let packet = self.slots.get(self.slot(seq))?.as_ref()?;
        (packet.seq == seq).then_some(packet)
    }

    /// Highest sequence number seen.
    pub(crate) fn head(&self) -> Option<u64> {
        self.head
    }

    /// First packet of the last key frame, if it is still here.
    pub(crate) fn keyframe(&self) -> Option<&Packet> {
        self.get(self.keyframe?)
    }

    /// Packets since the last key frame, in order, holes left out.
    pub(crate) fn since_keyframe(&self) -> impl Iterator<Item = &Packet> {
        let range = match (self.keyframe, self.head) {
            (Some(first), Some(head)) => first..head + 1,
            _ => 0..0,
        };
        range.filter_map(|seq| self.get(seq))
    }

    /// Whether every packet since the last key frame is here.
    pub(crate) fn is_complete_since_keyframe(&self) -> bool {
        match (self.keyframe, self.head) {
            (Some(first), Some(head)) => (first..=head).all(|seq| self.get(seq).is_some()),
            _ => false,
        }
    }

    fn slot(&self, seq: u64) -> usize {
        // An empty ring has no slots; `get` then finds nothing at 0.
        (seq as usize) & self.slots.len().saturating_sub(1)
    }

    /// A key frame may announce itself in several packets (SPS, IDR): the first one counts.
    fn note_keyframe(&mut self, packet: &Packet) {
        match self.keyframe() {
            Some(known) if known.rtp_ts == packet.rtp_ts => {
                self.keyframe = Some(known.seq.min(packet.seq));
            }
            Some(known) if known.seq > packet.seq => {}
            _ => self.keyframe = Some(packet.seq),
        }
    }

    /// Doubles while the last key frame would be overwritten, up to the limit; then lets go of it.
    fn make_room(&mut self, seq: u64) {
        let Some(keyframe) = self.keyframe else {
            return;
        };
        while seq.saturating_sub(keyframe) >= self.slots.len() as u64 {
            if self.slots.len() >= RING_PACKETS_MAX {
                self.keyframe = None;
                return;
            }
            let mut wider = Vec::new();
            wider.resize_with(self.slots.len() * 2, || None);
            std::mem::swap(&mut self.slots, &mut wider);
            for packet in wider.into_iter().flatten() {
                let at = self.slot(packet.seq);
                self.slots[at] = Some(packet);
            }
        }
    }
}

#[cfg(test)]
mod tests;
