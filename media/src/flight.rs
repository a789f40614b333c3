//! A DTLS flight, sent again by our own clock until it is answered. The engines' clocks double
//! their pauses, start at a second (publishers), and give up after a few attempts; at 30 % loss
//! every second exchange fails. The bytes stay the same: a peer that has them drops them unread
//! (RFC 6347 §4.1.2.6), or answers again.

use std::time::{Duration, Instant};

/// After the first sending, when a flight is sent again.
const REPEATS: &[Duration] = &[
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_millis(900),
    Duration::from_millis(1_400),
    Duration::from_millis(2_000),
    Duration::from_millis(2_800),
    Duration::from_millis(3_800),
    Duration::from_millis(5_000),
    Duration::from_millis(6_500),
    Duration::from_millis(8_500),
    Duration::from_millis(11_000),
    Duration::from_millis(14_000),
    Duration::from_millis(18_000),
    Duration::from_millis(23_000),
];

/// A ClientHello is sent again sooner at first: FFmpeg throws away what arrives before its own
/// ICE is done and then waits for us.
const HELLO_REPEATS: &[Duration] = &[
    Duration::from_millis(30),
    Duration::from_millis(90),
    Duration::from_millis(210),
    Duration::from_millis(450),
    Duration::from_millis(900),
    Duration::from_millis(1_400),
    Duration::from_millis(2_000),
    Duration::from_millis(2_800),
    Duration::from_millis(3_800),
    Duration::from_millis(5_000),
    Duration::from_millis(6_500),
    Duration::from_millis(8_500),
    Duration::from_millis(11_000),
    Duration::from_millis(14_000),
];

/// Our last flight: a peer that still misses it sends its own again, which is answered. This
/// spares most of them the wait for their clock.
const LAST_REPEATS: &[Duration] = &[Duration::from_millis(200), Duration::from_millis(800)];

/// Datagrams of a flight kept; the engine repeats further ones.
const DATAGRAMS_MAX: usize = 8;

/// What was sent last; `T` is a datagram with whatever sending it needs.
#[derive(Debug)]
pub(crate) struct Flight<T> {
    datagrams: Vec<T>,
    began: Instant,
    repeats: usize,
    plan: &'static [Duration],
    /// The peer has spoken since: what is sent next is another flight.
    over: bool,
    /// What was sent last ends the handshake.
    is_last: bool,
}

impl<T: Clone> Flight<T> {
    pub(crate) fn new(now: Instant) -> Flight<T> {
        Flight {
            datagrams: Vec::new(),
            began: now,
            repeats: 0,
            plan: REPEATS,
            over: false,
            is_last: false,
        }
    }

    /// A handshake datagram is sent; `bytes` tell what it is.
    pub(crate) fn sent(&mut self, now: Instant, bytes: &[u8], datagram: T) {
        if self.over || self.datagrams.is_empty() {
            *self = Flight {
                is_last: self.is_last,
                ..Flight::new(now)
            };
            // Content type handshake, message type ClientHello (RFC 6347 §4.2.2).
            if matches!(bytes.first_chunk::<14>(), Some([22, .., 1])) {
                self.plan = HELLO_REPEATS;
            } else if self.is_last {
                self.plan = LAST_REPEATS;
            }
        }
        if self.datagrams.len() < DATAGRAMS_MAX {
            self.datagrams.push(datagram);
        }
    }

    /// A DTLS datagram came. If it is an answer, another flight follows; if not, this one is
    /// still wanted.
    pub(crate) fn heard(&mut self) {
        self.over = true;
    }

    /// What was sent last ends the handshake, and so does what answers its repetition.
    pub(crate) fn ends(&mut self) {
        self.is_last = true;
        self.plan = LAST_REPEATS;
    }

    /// The peer has everything.
    pub(crate) fn stop(&mut self) {
        self.datagrams = Vec::new();
    }

    /// When [`Flight::take_due`] has something.
    pub(crate) fn due(&self) -> Option<Instant> {
        let next = self.plan.get(self.repeats);
        next.filter(|_| !self.datagrams.is_empty())
            .map(|after| self.began + *after)
    }

    /// What to send again now.
    pub(crate) fn take_due(&mut self, now: Instant) -> Vec<T> {
        if self.due().is_none_or(|due| now < due) {
            return Vec::new();
        }
        self.repeats += 1;
        if self.repeats == self.plan.len() {
            return std::mem::take(&mut self.datagrams);
        }
        self.datagrams.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::origin;

    #[test]
    fn a_flight_is_repeated_until_another_begins_or_it_is_over() {
        let at = |ms| origin() + Duration::from_millis(ms);
        let mut flight = Flight::new(at(0));
        assert_eq!(flight.due(), None);
        flight.sent(at(0), &[22; 20], "a");
        flight.sent(at(1), &[20; 20], "b");
        assert!(flight.take_due(at(199)).is_empty());
        assert_eq!(flight.take_due(at(200)), ["a", "b"]);
        flight.heard();
        assert_eq!(flight.take_due(at(500)), ["a", "b"], "it was no answer");
        flight.sent(at(600), &[22; 20], "c");
        assert_eq!(flight.due(), Some(at(800)));
        assert_eq!(flight.take_due(at(800)), ["c"]);
        flight.ends();
        let sent: usize = (0..100_000).map(|ms| flight.take_due(at(ms)).len()).sum();
        assert_eq!(sent, LAST_REPEATS.len() - 1, "one was repeated before");
        flight.heard();
        flight.sent(at(0), &[22; 20], "d");
        let sent: usize = (0..100_000).map(|ms| flight.take_due(at(ms)).len()).sum();
        assert_eq!(sent, LAST_REPEATS.len(), "asked for once more");
        flight.stop();
        assert_eq!(flight.due(), None);
        let mut flight = Flight::new(at(0));
        for _ in REPEATS {
            flight.sent(at(0), &[22; 20], "d");
        }
        let sent: usize = (0..100_000).map(|ms| flight.take_due(at(ms)).len()).sum();
        assert_eq!(sent, DATAGRAMS_MAX * REPEATS.len(), "and then no more");
    }
}
