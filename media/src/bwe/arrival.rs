//! Packets that left together count as one group; how much further apart two groups arrive than
//! they left is what the queue between has grown (draft-ietf-rmcat-gcc-02 §5.2).

/// Packets that leave within this time are one group (draft §5.2), in microseconds.
const BURST_US: i64 = 5_000;

/// A group does not grow beyond this on arrival (libwebrtc `InterArrivalDelta`).
const BURST_ARRIVAL_MAX_US: i64 = 100_000;

/// A step of the viewer's clock, or a pause: start over.
const JUMP_US: i64 = 3_000_000;

/// How far apart two groups left and arrived, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spread {
    /// Between the groups' last departures.
    pub sent: i64,
    /// Between their last arrivals.
    pub arrived: i64,
    /// Last arrival of the newer group.
    pub at: i64,
}

#[derive(Debug, Clone, Copy)]
struct Group {
    first_sent: i64,
    sent: i64,
    first_arrived: i64,
    arrived: i64,
}

/// Groups as they come.
#[derive(Debug, Default)]
pub(super) struct Groups {
    previous: Option<Group>,
    current: Option<Group>,
}

impl Groups {
    /// A packet that left and arrived at these microseconds (of two clocks), in the order they
    /// were sent. An answer comes with the first packet of the group after.
    pub(super) fn add(&mut self, sent: i64, arrived: i64) -> Option<Spread> {
        let Some(current) = &mut self.current else {
            self.start(sent, arrived);
            return None;
        };
        if sent < current.first_sent {
            return None;
        }
        if current.takes(sent, arrived) {
            current.sent = current.sent.max(sent);
            current.arrived = current.arrived.max(arrived);
            return None;
        }
        let complete = *current;
        let spread = self.previous.map(|previous| Spread {
            sent: complete.sent - previous.sent,
            arrived: complete.arrived - previous.arrived,
            at: complete.arrived,
        });
        self.previous = Some(complete);
        self.start(sent, arrived);
        let spread = spread?;
        if spread.arrived.abs() > JUMP_US || spread.sent > JUMP_US {
            self.previous = None;
            return None;
        }
        // Groups that overtook each other say nothing about a queue.
        (spread.arrived >= 0).then_some(spread)
    }

    fn start(&mut self, sent: i64, arrived: i64) {
        self.current = Some(Group {
            first_sent: sent,
            sent,
            first_arrived: arrived,
            arrived,
        });
    }
}

impl Group {
    fn takes(&self, sent: i64, arrived: i64) -> bool {
        if sent - self.first_sent <= BURST_US {
            return true;
        }
        // What a link held back and then let go at once is one group, too (draft §5.2).
        let closer = arrived - self.arrived;
        let caught_up = closer - (sent - self.sent) < 0;
        caught_up && closer <= BURST_US && arrived - self.first_arrived < BURST_ARRIVAL_MAX_US
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of three packets every 33 ms; `delay` gives each frame's extra delay.
    fn spreads(delay: impl Fn(i64) -> i64) -> Vec<i64> {
        let mut groups = Groups::default();
        let mut found = Vec::new();
        for frame in 0..10 {
            for packet in 0..3 {
                let sent = frame * 33_000 + packet * 500;
                let arrived = sent + 20_000 + delay(frame);
                let spread = groups.add(sent, arrived);
                found.extend(spread.map(|spread| spread.arrived - spread.sent));
            }
        }
        found
    }

    #[test]
    fn a_growing_queue_shows_as_spread() {
        assert_eq!(spreads(|_| 0), [0; 8]);
        assert_eq!(spreads(|frame| frame * 2_000), [2_000; 8]);
        assert_eq!(spreads(|frame| -frame * 1_000), [-1_000; 8]);
    }

    #[test]
    fn what_a_link_held_back_is_one_group() {
        let mut groups = Groups::default();
        assert_eq!(groups.add(0, 0), None);
        assert_eq!(groups.add(20_000, 60_000), None);
        // Left 20 ms later, arrived with the one before.
        assert_eq!(groups.add(40_000, 61_000), None);
        let spread = groups.add(80_000, 100_000).unwrap();
        assert_eq!((spread.sent, spread.arrived), (40_000, 61_000));
    }

    #[test]
    fn a_step_of_the_clock_starts_over() {
        let mut groups = Groups::default();
        for n in 0..3 {
            groups.add(n * 20_000, n * 20_000);
        }
        assert_eq!(
            groups.add(60_000, 9_000_000),
            Some(Spread {
                sent: 20_000,
                arrived: 20_000,
                at: 40_000
            })
        );
        assert_eq!(groups.add(80_000, 9_020_000), None);
        assert_eq!(groups.add(100_000, 9_040_000), None);
        assert!(groups.add(120_000, 9_060_000).is_some());
    }
}
