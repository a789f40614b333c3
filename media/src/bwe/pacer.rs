//! A leaky bucket: lets ordinary frames through whole and stretches bursts (key frames, replays)
//! over the time the path needs for them.

use std::time::Instant;

/// Bursts leave at this multiple of the estimate (libwebrtc's pacing factor).
const FACTOR: f64 = 2.5;
/// What may leave at once: this long at the paced rate, or at least so many bytes, ten packets.
const DEPTH_SECONDS: f64 = 0.040;
const DEPTH_MIN: f64 = 12_000.0;

/// The bucket.
pub(super) struct Pacer {
    /// Bytes per second; `None` lets everything through.
    rate: Option<f64>,
    /// Bytes that may leave now.
    tokens: f64,
    filled: Instant,
}

impl Pacer {
    pub(super) fn new(now: Instant) -> Pacer {
        Pacer {
            rate: None,
            tokens: DEPTH_MIN,
            filled: now,
        }
    }

    /// Follows the estimate.
    pub(super) fn pace(&mut self, now: Instant, estimate: Option<u64>) {
        self.fill(now);
        self.rate = estimate.map(|rate| rate as f64 * FACTOR / 8.0);
    }

    pub(super) fn may_send(&mut self, now: Instant, bytes: usize) -> bool {
        if self.rate.is_none() {
            return true;
        }
        self.fill(now);
        self.tokens >= bytes as f64
    }

    pub(super) fn sent(&mut self, bytes: usize) {
        // What may not wait (audio, repairs) is owed, but not without end.
        self.tokens = (self.tokens - bytes as f64).max(-DEPTH_MIN);
    }

    fn fill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.filled = now;
        let rate = self.rate.unwrap_or(0.0);
        let depth = (rate * DEPTH_SECONDS).max(DEPTH_MIN);
        self.tokens = match self.rate {
            Some(rate) => (self.tokens + elapsed * rate).min(depth),
            None => depth,
        };
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testing::origin;

    #[test]
    fn a_burst_leaves_at_two_and_a_half_times_the_estimate() {
        let at = |ms| origin() + Duration::from_millis(ms);
        let mut pacer = Pacer::new(at(0));
        assert!(pacer.may_send(at(0), 1 << 20), "nothing is known");
        pacer.pace(at(0), Some(1_000_000));
        let mut sent = 0;
        for ms in 0..200 {
            while pacer.may_send(at(ms), 1_200) {
                pacer.sent(1_200);
                sent += 1_200;
            }
        }
        // The bucket and 200 ms of 312.5 bytes a millisecond.
        assert!((73_000..75_000).contains(&sent), "{sent}");
        pacer.pace(at(200), None);
        assert!(pacer.may_send(at(200), 1 << 20));
    }
}
