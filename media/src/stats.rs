//! Counters of one worker: written by its thread, read by anyone.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::handle::{Spread, Stats, WorkerStats};
use crate::limits::LAYERS_MAX;

macro_rules! counters {
    ($($name:ident),* $(,)?) => {
        /// See [`Stats`] for what each counts.
        #[derive(Debug, Default)]
        pub(crate) struct Counters {
            $(pub $name: AtomicU64,)*
            /// Microseconds at work.
            pub busy_us: AtomicU64,
            /// See [`Stats::join_checked`].
            pub join_checked: Histogram,
            /// See [`Stats::join_secured`].
            pub join_secured: Histogram,
            /// See [`Stats::join_shown`].
            pub join_shown: Histogram,
            /// See [`Stats::estimates`].
            pub estimates: Histogram,
            /// See [`Stats::shown_layers`].
            pub shown_layers: [AtomicU64; LAYERS_MAX],
        }

        impl Counters {
            /// Adds this worker's counts to a sum.
            pub(crate) fn add_to(&self, stats: &mut Stats) {
                $(stats.$name += self.$name.load(Relaxed);)*
                self.join_checked.add_to(&mut stats.join_checked);
                self.join_secured.add_to(&mut stats.join_secured);
                self.join_shown.add_to(&mut stats.join_shown);
                self.estimates.add_to(&mut stats.estimates);
                for (sum, shown) in stats.shown_layers.iter_mut().zip(&self.shown_layers) {
                    *sum += shown.load(Relaxed);
                }
                stats.workers.push(WorkerStats {
                    busy_us: self.busy_us.load(Relaxed),
                    publishers: self.publishers.load(Relaxed),
                    viewers: self.viewers.load(Relaxed),
                });
            }
        }
    };
}

counters!(
    packets_in,
    packets_out,
    bytes_out,
    retransmitted,
    retransmit_misses,
    datagrams_dropped,
    dropped_unknown,
    dropped_unauthenticated,
    dropped_malformed,
    publisher_packets_refused,
    nacked,
    keyframes_wanted,
    send_dropped,
    relay_dropped,
    tap_dropped,
    keyframe_requests,
    publishers,
    viewers,
    shown_nothing,
);

/// Adds to a counter that only one thread writes.
pub(crate) fn count(counter: &AtomicU64, by: u64) {
    counter.store(counter.load(Relaxed).wrapping_add(by), Relaxed);
}

/// Values counted by the bounds of a [`Spread`].
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    /// One more than the bounds: what lies above the last.
    buckets: [AtomicU64; Spread::BOUNDS + 1],
    sum: AtomicU64,
}

impl Histogram {
    /// Counts a time.
    pub(crate) fn time(&self, time: Duration) {
        self.record(&Spread::TIMES, time.as_micros() as u64);
    }

    /// Counts a rate, bits per second.
    pub(crate) fn rate(&self, rate: u64) {
        self.record(&Spread::RATES, rate);
    }

    fn record(&self, bounds: &[u64; Spread::BOUNDS], value: u64) {
        let within = bounds.iter().position(|bound| value <= *bound);
        count(&self.buckets[within.unwrap_or(Spread::BOUNDS)], 1);
        count(&self.sum, value);
    }

    fn add_to(&self, spread: &mut Spread) {
        for (sum, bucket) in spread.counts.iter_mut().zip(&self.buckets) {
            *sum += bucket.load(Relaxed);
        }
        spread.sum += self.sum.load(Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fall_into_the_bucket_that_holds_them() {
        let (times, rates) = (Histogram::default(), Histogram::default());
        for ms in [0, 10, 11, 60_000] {
            times.time(Duration::from_millis(ms));
        }
        rates.rate(100_001);
        let mut spread = Spread::default();
        times.add_to(&mut spread);
        assert_eq!(spread.counts, [2, 1, 0, 0, 0, 0, 0, 1]);
        assert_eq!(spread.sum, 60_021_000);
        rates.add_to(&mut spread);
        assert_eq!(spread.counts, [2, 2, 0, 0, 0, 0, 0, 1]);
    }
}
