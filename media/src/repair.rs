//! How much of a viewer's losses is repaired: not the same packet again before a repeat under way
//! can have arrived, and not more per second than leaves room for media. Otherwise a viewer whose
//! queue is longer than its patience would fill its path with repeats of the same packets, and
//! stay so.

use std::time::{Duration, Instant};

use crate::limits::RETRANSMITS_PER_SECOND;

/// Repeats remembered, by packet.
const RECENT: usize = 128;

/// Without a known round trip the same packet is not sent twice within this time.
const AGAIN_MIN: Duration = Duration::from_millis(20);

/// Part of the path's packets that may be repeats while the path is known: a half.
const SHARE: u64 = 2;

/// Packet size assumed where an estimate is turned into packets, in bits.
const PACKET_BITS: u64 = 1_200 * 8;

/// A packet sent again, and when, in milliseconds since the viewer came.
#[derive(Clone, Copy, Default)]
struct Repeat {
    packet: u32,
    at: u32,
}

/// One viewer's repairs.
pub(crate) struct Repairs {
    tokens: f64,
    filled: Instant,
    start: Instant,
    /// Made with the first loss.
    recent: Option<Box<[Repeat; RECENT]>>,
}

impl Repairs {
    pub(crate) fn new(now: Instant) -> Repairs {
        Repairs {
            tokens: f64::from(RETRANSMITS_PER_SECOND),
            filled: now,
            start: now,
            recent: None,
        }
    }

    /// Whether packet `source` of slot `place` is to be sent again now; it then counts as sent.
    pub(crate) fn take(
        &mut self,
        now: Instant,
        place: usize,
        source: u64,
        estimate: Option<u64>,
        round_trip: Option<Duration>,
    ) -> bool {
        let packet = (place as u32) << 20 ^ source as u32;
        let at = now.saturating_duration_since(self.start).as_millis() as u32;
        let again = round_trip.map_or(AGAIN_MIN, |rtt| (rtt * 3 / 4).max(AGAIN_MIN));
        let recent = self
            .recent
            .get_or_insert_with(|| Box::new([Repeat::default(); RECENT]));
        let slot = &mut recent[packet as usize % RECENT];
        // Nothing is remembered under time 0.
        let under_way = slot.at != 0
            && slot.packet == packet
            && u128::from(at.wrapping_sub(slot.at)) < again.as_millis();
        if under_way || !spend(&mut self.tokens, &mut self.filled, now, estimate) {
            return false;
        }
        *slot = Repeat {
            packet,
            at: at.max(1),
        };
        true
    }
}

/// Takes a token from the bucket that fills with the packets a second that may be repeats.
fn spend(tokens: &mut f64, filled: &mut Instant, now: Instant, estimate: Option<u64>) -> bool {
    let most = u64::from(RETRANSMITS_PER_SECOND);
    let path = estimate.map_or(most, |rate| rate / PACKET_BITS / SHARE);
    let rate = path.min(most).max(1) as f64;
    let elapsed = now.saturating_duration_since(*filled).as_secs_f64();
    *filled = now;
    *tokens = (*tokens + elapsed * rate).min(rate);
    let may = *tokens >= 1.0;
    if may {
        *tokens -= 1.0;
    }
    may
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::origin;

    fn at(ms: u64) -> Instant {
        origin() + Duration::from_millis(ms)
    }

    #[test]
    fn the_same_packet_waits_for_the_repeat_under_way() {
        let mut repairs = Repairs::new(at(0));
        let rtt = Some(Duration::from_millis(200));
        assert!(repairs.take(at(10), 1, 77, None, rtt));
        assert!(!repairs.take(at(70), 1, 77, None, rtt));
        assert!(repairs.take(at(70), 1, 78, None, rtt), "another packet");
        assert!(repairs.take(at(70), 2, 77, None, rtt), "another slot");
        assert!(
            repairs.take(at(170), 1, 77, None, rtt),
            "that one was lost, too"
        );
    }

    #[test]
    fn repeats_take_half_of_a_known_path_and_no_more_than_the_limit() {
        let count = |estimate| {
            let mut repairs = Repairs::new(at(0));
            let taken = |ms: &u64| repairs.take(at(*ms), 1, *ms, estimate, None);
            (1_000..11_000).filter(taken).count()
        };
        // 0.96 Mbit/s are 100 packets a second.
        assert!(
            (500..=555).contains(&count(Some(960_000))),
            "{}",
            count(Some(960_000))
        );
        let most = RETRANSMITS_PER_SECOND as usize * 11;
        assert!(
            (most - 600..=most).contains(&count(None)),
            "{}",
            count(None)
        );
    }
}
