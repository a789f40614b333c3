//! When numbered packets left: a ring of eight bytes a packet.

/// Packets remembered: a second of 5 Mbit/s, several times a feedback's age.
const REMEMBERED: usize = 512;

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// No report has told.
    Unknown,
    /// Reported missing.
    Missing,
    /// Reported, or no packet at all.
    Done,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    /// Microseconds since the epoch of the viewer's machine, wrapping.
    sent: u32,
    bytes: u16,
    fate: Fate,
    /// Bits 9 to 15 of the number, so that a late report does not meet another packet.
    lap: u8,
}

/// A packet that a report told about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    /// Microseconds since the epoch, wrapping.
    pub sent: u32,
    /// On the wire, without IP and UDP.
    pub bytes: u16,
    /// Reported missing before.
    pub was_missing: bool,
}

/// The ring.
pub(super) struct History {
    slots: Box<[Slot; REMEMBERED]>,
}

impl History {
    pub(super) fn new() -> History {
        let empty = Slot {
            sent: 0,
            bytes: 0,
            fate: Fate::Done,
            lap: 0,
        };
        History {
            slots: Box::new([empty; REMEMBERED]),
        }
    }

    pub(super) fn sent(&mut self, number: u16, at: u32, bytes: usize) {
        self.slots[usize::from(number) % REMEMBERED] = Slot {
            sent: at,
            bytes: u16::try_from(bytes).unwrap_or(u16::MAX),
            fate: Fate::Unknown,
            lap: lap(number),
        };
    }

    /// A packet arrived. `None` when it is not remembered or was told before.
    pub(super) fn arrived(&mut self, number: u16) -> Option<Told> {
        let slot = self.slot(number)?;
        if slot.fate == Fate::Done {
            return None;
        }
        let was_missing = slot.fate == Fate::Missing;
        slot.fate = Fate::Done;
        Some(Told {
            sent: slot.sent,
            bytes: slot.bytes,
            was_missing,
        })
    }

    /// A packet did not arrive. `true` the first time.
    pub(super) fn missing(&mut self, number: u16) -> bool {
        let Some(slot) = self.slot(number) else {
            return false;
        };
        let first = slot.fate == Fate::Unknown;
        if first {
            slot.fate = Fate::Missing;
        }
        first
    }

    fn slot(&mut self, number: u16) -> Option<&mut Slot> {
        let slot = &mut self.slots[usize::from(number) % REMEMBERED];
        (slot.lap == lap(number)).then_some(slot)
    }
}

fn lap(number: u16) -> u8 {
    (usize::from(number) / REMEMBERED) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_packet_is_told_once_and_a_late_arrival_undoes_a_loss() {
        let mut history = History::new();
        history.sent(65_535, 7, 1_200);
        history.sent(0, 8, 300);
        assert!(history.missing(65_535));
        assert!(!history.missing(65_535), "counted already");
        let late = history.arrived(65_535).unwrap();
        assert_eq!((late.sent, late.bytes, late.was_missing), (7, 1_200, true));
        assert_eq!(history.arrived(65_535), None);
        assert!(!history.arrived(0).unwrap().was_missing);
        assert_eq!(history.arrived(512), None, "another lap of the ring");
        assert_eq!(size_of::<Slot>(), 8);
    }
}
