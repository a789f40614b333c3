//! Whether the queue on the path grows: the slope of the smoothed delay over the last groups,
//! against a threshold that learns what jitter is usual (Carlucci et al. 2016 §3.3–3.4; constants
//! of libwebrtc's `TrendlineEstimator`).

use super::arrival::Spread;

/// Groups the slope is fitted to.
const WINDOW: usize = 20;
/// Weight of the past in the smoothed delay.
const SMOOTHING: f64 = 0.9;
/// Scale of the slope to milliseconds, and the number of groups up to which it counts more.
const GAIN: f64 = 4.0;
const GROUPS_MAX: u32 = 60;
/// The threshold's start, bounds (milliseconds) and rates up and down.
const THRESHOLD: f64 = 12.5;
const THRESHOLD_MIN: f64 = 6.0;
const THRESHOLD_MAX: f64 = 600.0;
const RISE: f64 = 0.0087;
const FALL: f64 = 0.039;
/// What lies further above the threshold than this does not teach it (milliseconds).
const OUTLIER: f64 = 15.0;
/// Overuse lasts at least this long before it counts (milliseconds).
const OVERUSE_MS: f64 = 10.0;

/// What the queue does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Usage {
    /// Nothing special.
    #[default]
    Normal,
    /// It grows: more is sent than the path carries.
    Over,
    /// It drains.
    Under,
}

/// The filter and the detector.
#[derive(Debug)]
pub(super) struct Trend {
    /// (arrival since the first, smoothed delay) in milliseconds, a ring.
    points: [(f64, f64); WINDOW],
    groups: u32,
    first_at: Option<i64>,
    accumulated: f64,
    smoothed: f64,
    slope: f64,
    threshold: f64,
    taught: f64,
    /// Milliseconds above the threshold, and in how many groups.
    over: Option<(f64, u32)>,
    usage: Usage,
}

impl Trend {
    pub(super) fn new() -> Trend {
        Trend {
            points: [(0.0, 0.0); WINDOW],
            groups: 0,
            first_at: None,
            accumulated: 0.0,
            smoothed: 0.0,
            slope: 0.0,
            threshold: THRESHOLD,
            taught: 0.0,
            over: None,
            usage: Usage::Normal,
        }
    }

    pub(super) fn usage(&self) -> Usage {
        self.usage
    }

    /// Nothing was sent for a while: what the queue did before says nothing about it now. What
    /// jitter is usual stays known.
    pub(super) fn rest(&mut self) {
        *self = Trend {
            threshold: self.threshold,
            ..Trend::new()
        };
    }

    pub(super) fn add(&mut self, spread: Spread) {
        let at = (spread.at - *self.first_at.get_or_insert(spread.at)) as f64 / 1_000.0;
        self.accumulated += (spread.arrived - spread.sent) as f64 / 1_000.0;
        self.smoothed = SMOOTHING * self.smoothed + (1.0 - SMOOTHING) * self.accumulated;
        self.points[self.groups as usize % WINDOW] = (at, self.smoothed);
        self.groups = self.groups.wrapping_add(1).max(1);
        let slope = match self.groups as usize {
            few if few < WINDOW => self.slope,
            _ => slope(&self.points).unwrap_or(self.slope),
        };
        self.detect(slope, spread.sent as f64 / 1_000.0, at);
    }

    fn detect(&mut self, slope: f64, apart: f64, at: f64) {
        let trend = f64::from(self.groups.min(GROUPS_MAX)) * slope * GAIN;
        if trend > self.threshold {
            let (lasted, groups) = match self.over {
                None => (apart / 2.0, 1),
                Some((lasted, groups)) => (lasted + apart, groups + 1),
            };
            self.over = Some((lasted, groups));
            if lasted > OVERUSE_MS && groups > 1 && slope >= self.slope {
                self.over = Some((0.0, 0));
                self.usage = Usage::Over;
            }
        } else {
            self.over = None;
            self.usage = if trend < -self.threshold {
                Usage::Under
            } else {
                Usage::Normal
            };
        }
        self.slope = slope;
        self.teach(trend.abs(), at);
    }

    fn teach(&mut self, trend: f64, at: f64) {
        let elapsed = (at - self.taught).clamp(0.0, 100.0);
        self.taught = at;
        if trend > self.threshold + OUTLIER {
            return;
        }
        let rate = if trend < self.threshold { FALL } else { RISE };
        self.threshold += rate * (trend - self.threshold) * elapsed;
        self.threshold = self.threshold.clamp(THRESHOLD_MIN, THRESHOLD_MAX);
    }
}

/// Least squares; `None` when every point has the same time.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let rise: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    let run: f64 = points.iter().map(|p| (p.0 - x).powi(2)).sum();
    (run > 0.0).then(|| rise / run)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups 33 ms apart whose delay grows by `extra(n)` microseconds each; the usages seen.
    fn usages(groups: i64, extra: impl Fn(i64) -> i64) -> Vec<Usage> {
        let (mut trend, mut at) = (Trend::new(), 0);
        let mut seen = Vec::new();
        for n in 0..groups {
            let (sent, arrived) = (33_000, 33_000 + extra(n));
            at += arrived;
            trend.add(Spread { sent, arrived, at });
            seen.push(trend.usage());
        }
        seen
    }

    #[test]
    fn a_quiet_path_is_normal_and_jitter_does_not_alarm() {
        assert!(
            usages(300, |_| 0)
                .iter()
                .all(|usage| *usage == Usage::Normal)
        );
        let jitter = |n: i64| if n % 2 == 0 { 8_000 } else { -8_000 };
        let seen = usages(300, jitter);
        assert!(seen.iter().all(|usage| *usage == Usage::Normal));
    }

    #[test]
    fn a_queue_that_grows_slowly_is_seen_within_a_second() {
        // 2.5 Mbit/s into 2.2: 4.5 ms a frame.
        let seen = usages(60, |n| if n < 30 { 0 } else { 4_500 });
        assert!(seen[..30].iter().all(|usage| *usage == Usage::Normal));
        let first = seen.iter().position(|usage| *usage == Usage::Over);
        assert!(first.is_some_and(|n| n < 45), "{first:?}");
    }

    #[test]
    fn a_rest_ends_an_alarm() {
        let mut trend = Trend::new();
        for n in 1..=40 {
            let (sent, arrived) = (33_000, 33_000 + if n > 20 { 9_000 } else { 0 });
            let at = n * arrived;
            trend.add(Spread { sent, arrived, at });
        }
        assert_eq!(trend.usage(), Usage::Over);
        let threshold = trend.threshold;
        trend.rest();
        assert_eq!((trend.usage(), trend.threshold), (Usage::Normal, threshold));
    }

    #[test]
    fn a_draining_queue_is_seen() {
        let seen = usages(90, |n| if (30..60).contains(&n) { -5_000 } else { 0 });
        assert!(seen.contains(&Usage::Under));
        assert!(!seen.contains(&Usage::Over));
    }
}
