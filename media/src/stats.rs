//! Counters of one worker: written by its thread, read by anyone.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::handle::Stats;

macro_rules! counters {
    ($($name:ident),* $(,)?) => {
        /// See [`Stats`] for what each counts.
        #[derive(Debug, Default)]
        pub(crate) struct Counters {
            $(pub $name: AtomicU64,)*
        }

        impl Counters {
            /// Adds this worker's counts to a sum.
            pub(crate) fn add_to(&self, stats: &mut Stats) {
                $(stats.$name += self.$name.load(Relaxed);)*
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
