//! The delay-based rate: up while the queue is quiet, carefully near where it last grew, down to
//! what arrives when it grows (draft-ietf-rmcat-gcc-02 §5.5, libwebrtc's `AimdRateControl`).

use std::time::{Duration, Instant};

use super::trend::Usage;
use super::{RATE_MAX, RATE_MIN};

/// Down to this part of what arrives.
pub(super) const BACKOFF: f64 = 0.85;
/// Growth per second far from the limit.
const GROWTH: f64 = 1.08;
/// The rate does not run ahead of what has been seen to arrive by more than this.
const AHEAD: f64 = 1.5;
/// Packet size assumed for careful growth, in bits.
const PACKET_BITS: f64 = 1_200.0 * 8.0;
/// Least growth near the limit, bits per second each second.
const CAREFUL_MIN: f64 = 4_000.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Hold,
    Increase,
}

/// The controller.
#[derive(Debug)]
pub(super) struct Aimd {
    rate: f64,
    state: State,
    changed: Instant,
    decreased: Option<Instant>,
    /// Mean and relative variance of what arrived when the queue grew, bits per second.
    capacity: Option<(f64, f64)>,
}

impl Aimd {
    /// Starts at what the path has already shown to carry.
    pub(super) fn new(now: Instant, bits_per_second: f64) -> Aimd {
        Aimd {
            rate: bits_per_second.clamp(RATE_MIN as f64, RATE_MAX as f64),
            state: State::Increase,
            changed: now,
            decreased: None,
            capacity: None,
        }
    }

    pub(super) fn rate(&self) -> u64 {
        self.rate as u64
    }

    /// When the rate last fell.
    pub(super) fn decreased(&self) -> Option<Instant> {
        self.decreased
    }

    /// A probe has found this much, or another limit has come down to it.
    pub(super) fn set(&mut self, now: Instant, bits_per_second: f64) {
        self.rate = bits_per_second.clamp(RATE_MIN as f64, RATE_MAX as f64);
        self.changed = now;
    }

    /// A report came: what arrives over half a second, and in a burst.
    pub(super) fn update(
        &mut self,
        now: Instant,
        usage: Usage,
        (acked, burst): (f64, f64),
        rtt: Duration,
    ) {
        match usage {
            Usage::Over => {
                if self.may_decrease(now, burst, rtt) {
                    self.decrease(now, burst);
                }
                self.state = State::Hold;
                self.changed = now;
            }
            // The queue drains: wait for its end.
            Usage::Under => {
                self.state = State::Hold;
                self.changed = now;
            }
            Usage::Normal if self.state == State::Hold => {
                self.state = State::Increase;
                self.changed = now;
            }
            Usage::Normal => self.increase(now, acked, rtt),
        }
        self.rate = self.rate.clamp(RATE_MIN as f64, RATE_MAX as f64);
    }

    /// One decrease per round trip shows before the next, unless far too much is sent.
    fn may_decrease(&self, now: Instant, acked: f64, rtt: Duration) -> bool {
        let pause = rtt.clamp(Duration::from_millis(10), Duration::from_millis(200));
        let rested = self.decreased.is_none_or(|last| now >= last + pause);
        rested || acked < self.rate / 2.0
    }

    fn decrease(&mut self, now: Instant, acked: f64) {
        if self.below_capacity(acked) {
            self.capacity = None;
        }
        self.learn(acked);
        if acked * BACKOFF < self.rate {
            self.rate = acked * BACKOFF;
            self.decreased = Some(now);
        }
    }

    fn increase(&mut self, now: Instant, acked: f64, rtt: Duration) {
        let elapsed = now.saturating_duration_since(self.changed).as_secs_f64();
        self.changed = now;
        if self.above_capacity(acked) {
            self.capacity = None;
        }
        // What arrives without a queue is carried.
        self.rate = self.rate.max(acked * BACKOFF);
        let ahead = acked * AHEAD + 10_000.0;
        if self.rate >= ahead {
            return;
        }
        let grown = match self.capacity {
            Some(_) => {
                let response = (rtt + Duration::from_millis(100)) * 2;
                let step = (PACKET_BITS / response.as_secs_f64()).max(CAREFUL_MIN);
                self.rate + step * elapsed.min(1.0)
            }
            None => self.rate * GROWTH.powf(elapsed.min(1.0)),
        };
        self.rate = grown.min(ahead);
    }

    fn learn(&mut self, acked: f64) {
        self.capacity = Some(match self.capacity {
            None => (acked, 0.4),
            Some((mean, variance)) => {
                let error = (mean - acked) / mean.max(1.0);
                let variance =
                    (0.95 * variance + 0.05 * error * error * mean / 1_000.0).clamp(0.4, 2.5);
                (0.95 * mean + 0.05 * acked, variance)
            }
        });
    }

    /// Three standard deviations of the known capacity, bits per second.
    fn tolerance(mean: f64, variance: f64) -> f64 {
        3.0 * (variance * mean / 1_000.0).sqrt() * 1_000.0
    }

    fn above_capacity(&self, acked: f64) -> bool {
        self.capacity
            .is_some_and(|(mean, variance)| acked > mean + Self::tolerance(mean, variance))
    }

    fn below_capacity(&self, acked: f64) -> bool {
        self.capacity
            .is_some_and(|(mean, variance)| acked < mean - Self::tolerance(mean, variance))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::origin;

    const RTT: Duration = Duration::from_millis(50);

    fn at(ms: u64) -> Instant {
        origin() + Duration::from_millis(ms)
    }

    #[test]
    fn overuse_goes_down_to_what_arrives_once_per_round_trip() {
        let mut aimd = Aimd::new(at(0), 2e6);
        aimd.update(at(10), Usage::Over, (1.5e6, 1.5e6), RTT);
        assert_eq!(aimd.rate(), 1_275_000);
        aimd.update(at(30), Usage::Over, (1.4e6, 1.4e6), RTT);
        assert_eq!(aimd.rate(), 1_275_000, "the first has not shown yet");
        aimd.update(at(90), Usage::Over, (1.0e6, 1.0e6), RTT);
        assert_eq!(aimd.rate(), 850_000);
        aimd.update(at(100), Usage::Over, (0.3e6, 0.3e6), RTT);
        assert_eq!(aimd.rate(), 255_000, "far too much: no waiting");
    }

    #[test]
    fn a_burst_that_fills_the_path_shows_what_it_carries() {
        let mut aimd = Aimd::new(at(0), 3e6);
        aimd.update(at(10), Usage::Over, (0.8e6, 3.8e6), RTT);
        assert_eq!((aimd.rate(), aimd.decreased()), (3_000_000, None));
        aimd.update(at(500), Usage::Over, (0.8e6, 2e6), RTT);
        assert_eq!(aimd.rate(), 1_700_000);
        assert_eq!(aimd.decreased(), Some(at(500)));
    }

    #[test]
    fn growth_is_eight_percent_a_second_and_bound_to_what_arrives() {
        let mut aimd = Aimd::new(at(0), 1e6);
        for ms in (0..=1_000).step_by(50) {
            aimd.update(at(ms), Usage::Normal, (1e6, 1e6), RTT);
        }
        assert!(
            (1_079_000..1_081_000).contains(&aimd.rate()),
            "{}",
            aimd.rate()
        );
        for ms in (1_050..30_000).step_by(50) {
            aimd.update(at(ms), Usage::Normal, (1e6, 1e6), RTT);
        }
        assert_eq!(aimd.rate(), 1_510_000, "nobody knows about more");
    }

    #[test]
    fn near_the_known_limit_growth_is_careful_until_more_arrives() {
        let mut aimd = Aimd::new(at(0), 1e6);
        aimd.update(at(0), Usage::Over, (1e6, 1e6), RTT);
        for ms in (50..=1_100).step_by(50) {
            aimd.update(at(ms), Usage::Normal, (0.95e6, 0.95e6), RTT);
        }
        assert!((875_000..890_000).contains(&aimd.rate()), "{}", aimd.rate());
        aimd.update(at(1_150), Usage::Normal, (2e6, 2e6), RTT);
        assert!(aimd.rate() >= 1_700_000, "the path carries it now");
    }
}
