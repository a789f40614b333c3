//! Counters of one worker: written by its thread, read by anyone.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use std::time::Duration;

use crate::handle::{Spread, Stats, WorkerStats};

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
        }

        impl Counters {
            /// Adds this worker's counts to a sum.
            pub(crate) fn add_to(&self, stats: &mut Stats) {
                $(stats.$name += self.$name.load(Relaxed);)*
                self.join_checked.add_to(&mut stats.join_checked);
                self.join_secured.add_to(&mut stats.join_secured);
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
);

/// Adds to a counter that only one thread writes.
pub(crate) fn count(counter: &AtomicU64, by: u64) {
    counter.store(counter.load(Relaxed).wrapping_add(by), Relaxed);
}

/// Times, counted by [`Spread::BOUNDS`].
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    /// One more than the bounds: what lies above the last.
    buckets: [AtomicU64; Spread::BOUNDS.len() + 1],
    sum_us: AtomicU64,
}

impl Histogram {
    pub(crate) fn record(&self, time: Duration) {
        let above = Spread::BOUNDS.iter().position(|bound| time <= *bound);
        count(&self.buckets[above.unwrap_or(Spread::BOUNDS.len())], 1);
        count(&self.sum_us, time.as_micros() as u64);
    }

    fn add_to(&self, spread: &mut Spread) {
        for (sum, bucket) in spread.counts.iter_mut().zip(&self.buckets) {
            *sum += bucket.load(Relaxed);
        }
        spread.sum_us += self.sum_us.load(Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_fall_into_the_bucket_that_holds_them() {
        let histogram = Histogram::default();
        for ms in [0, 10, 11, 60_000] {
            histogram.record(Duration::from_millis(ms));
        }
        let mut spread = Spread::default();
        histogram.add_to(&mut spread);
        assert_eq!(spread.counts, [2, 1, 0, 0, 0, 0, 0, 1]);
        assert_eq!(spread.sum_us, 60_021_000);
    }
}
