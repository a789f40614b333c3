//! The loss-based cap (draft-ietf-rmcat-gcc-02 §6): above a tenth lost the rate falls, below a
//! fiftieth the cap rises until it is of no use. In between a path is merely bad, not full.

use std::time::{Duration, Instant};

use super::aimd::BACKOFF;
use super::{RATE_MAX, RATE_MIN};

const LOW: f64 = 0.02;
const HIGH: f64 = 0.10;
/// Growth of the cap per interval.
const GROWTH: f64 = 1.05;
/// Loss counted per packet is judged this often, and over at least so many packets.
const INTERVAL: Duration = Duration::from_millis(500);
const PACKETS_MIN: u32 = 20;
/// Reception reports come about once a second; several within half of that are one round.
pub(super) const REPORT_INTERVAL: Duration = Duration::from_millis(500);

/// Packets told about in one feedback.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counted {
    /// Told about for the first time.
    pub packets: u32,
    /// Of those, missing.
    pub lost: u32,
    /// Missing in an earlier feedback, arrived after all.
    pub found: u32,
}

/// The cap; none until a tenth is lost.
#[derive(Debug, Default)]
pub(super) struct LossLimit {
    limit: Option<f64>,
    packets: u32,
    lost: u32,
    judged: Option<Instant>,
    fell: Option<Instant>,
}

impl LossLimit {
    pub(super) fn limit(&self) -> Option<u64> {
        self.limit.map(|limit| limit as u64)
    }

    /// When packets counted one by one last lowered it.
    pub(super) fn fell(&self) -> Option<Instant> {
        self.fell
    }

    /// A probe of so many bits per second came through: what was lost before says nothing against
    /// them any more (libwebrtc's `SetSendBitrate` after a probe).
    pub(super) fn lift(&mut self, bits_per_second: f64) {
        self.limit = self.limit.map(|limit| limit.max(bits_per_second));
    }

    /// One feedback's packets, while the estimate stands at `current` and `arriving` bits per
    /// second arrive.
    pub(super) fn observe(&mut self, now: Instant, counted: Counted, current: u64, arriving: f64) {
        self.packets += counted.packets;
        self.lost = (self.lost + counted.lost).saturating_sub(counted.found);
        let judged = *self.judged.get_or_insert(now);
        if self.packets < PACKETS_MIN || now < judged + INTERVAL {
            return;
        }
        let fraction = f64::from(self.lost) / f64::from(self.packets);
        (self.packets, self.lost, self.judged) = (0, 0, Some(now));
        if fraction > HIGH {
            self.fell = Some(now);
        }
        self.judge(fraction, current as f64, arriving);
    }

    /// A reception report: part lost, and the rate it was lost at.
    pub(super) fn report(&mut self, fraction: f64, rate: f64) {
        self.judge(fraction, rate, rate * (1.0 - fraction));
    }

    fn judge(&mut self, fraction: f64, current: f64, arriving: f64) {
        if fraction > HIGH {
            let from = self.limit.unwrap_or(RATE_MAX as f64).min(current);
            // A publisher without layers sends on as before: what arrives is carried all the same.
            let floor = (arriving * BACKOFF).max(RATE_MIN as f64);
            self.limit = Some((from * (1.0 - 0.5 * fraction)).max(floor));
        } else if fraction < LOW {
            // What arrives without loss is carried; far above what is sent a cap means nothing.
            let grown = self.limit.map(|limit| limit.max(arriving) * GROWTH);
            self.limit = grown.filter(|limit| *limit < RATE_MAX as f64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::origin;

    fn feed(limit: &mut LossLimit, from: u64, lost: u32, current: u64) {
        for n in 0..5 {
            let now = origin() + Duration::from_millis((from + n) * 100);
            let packets = 20;
            let counted = Counted {
                packets,
                lost,
                found: 0,
            };
            limit.observe(now, counted, current, current as f64 / 2.0);
        }
    }

    #[test]
    fn a_tenth_lost_caps_a_twentieth_holds_and_nothing_lets_go() {
        let mut limit = LossLimit::default();
        feed(&mut limit, 0, 1, 2_000_000);
        feed(&mut limit, 5, 1, 2_000_000);
        assert_eq!(limit.limit(), None, "5 % is a bad path, not a full one");
        for round in 2..5 {
            feed(&mut limit, round * 5, 5, 2_000_000);
        }
        let capped = limit.limit().unwrap();
        assert!((1_300_000..1_800_000).contains(&capped), "{capped}");
        feed(&mut limit, 25, 1, 2_000_000);
        feed(&mut limit, 30, 0, 2_000_000);
        let held = limit.limit().unwrap();
        for round in 7..120 {
            feed(&mut limit, round * 5, 0, 2_000_000);
        }
        assert!(held > 1_000_000);
        assert_eq!(limit.limit(), None, "no loss for long: no cap");
    }

    #[test]
    fn a_probe_that_came_through_lifts_the_cap() {
        let mut limit = LossLimit::default();
        limit.lift(3e6);
        assert_eq!(limit.limit(), None, "there was none");
        feed(&mut limit, 0, 10, 2_000_000);
        feed(&mut limit, 5, 10, 2_000_000);
        let capped = limit.limit().unwrap();
        assert!(capped < 1_600_000, "{capped}");
        assert_eq!(limit.fell(), limit.judged);
        limit.lift(1e6);
        assert_eq!(limit.limit(), Some(capped), "a probe shows no lack");
        limit.lift(3e6);
        assert_eq!(limit.limit(), Some(3_000_000));
    }

    #[test]
    fn packets_found_later_were_not_lost() {
        let mut limit = LossLimit::default();
        for n in 0..20 {
            let now = origin() + Duration::from_millis(n * 100);
            let counted = Counted {
                packets: 20,
                lost: 6,
                found: if n == 0 { 0 } else { 6 },
            };
            limit.observe(now, counted, 1_000_000, 1e6);
        }
        assert_eq!(limit.limit(), None);
    }
}
