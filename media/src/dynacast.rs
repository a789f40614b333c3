//! Which simulcast layers their publisher is asked to send. A layer nobody takes is given up
//! after a while; one that is wanted again is asked for at once. The lowest is always sent, so
//! that whoever joins has a picture.

use std::time::{Duration, Instant};

use crate::limits::{LAYER_RESUME_MAX, LAYER_UNWANTED_MAX, LAYERS_MAX};

/// The wishes of one track.
#[derive(Debug, Default)]
pub(crate) struct Dynacast {
    layers: [Wish; LAYERS_MAX],
}

#[derive(Debug, Default, Clone, Copy)]
struct Wish {
    /// Since when nobody takes it.
    unwanted: Option<Instant>,
    /// The publisher was told to pause it.
    paused: bool,
    /// When the publisher was told to go on.
    resumed: Option<Instant>,
}

impl Dynacast {
    /// Notes who takes what (bit per layer) at `now`. `true`: the publisher is to be told.
    pub(crate) fn update(&mut self, now: Instant, taken: u8) -> bool {
        let mut changed = false;
        for (n, wish) in self.layers.iter_mut().enumerate() {
            if n == 0 || taken & (1 << n) != 0 {
                wish.unwanted = None;
                if std::mem::take(&mut wish.paused) {
                    wish.resumed = Some(now);
                    changed = true;
                }
                continue;
            }
            let unwanted = *wish.unwanted.get_or_insert(now);
            if !wish.paused && now >= unwanted + LAYER_UNWANTED_MAX {
                wish.paused = true;
                changed = true;
            }
        }
        changed
    }

    /// Whether the publisher should send a layer.
    pub(crate) fn wants(&self, layer: u8) -> bool {
        self.layers
            .get(usize::from(layer))
            .is_some_and(|wish| !wish.paused)
    }

    /// Whether a silent layer is silent by our wish, or may be about to come.
    pub(crate) fn is_resumable(&self, layer: u8, now: Instant) -> bool {
        self.layers.get(usize::from(layer)).is_some_and(|wish| {
            let within = |at: Instant, patience: Duration| now < at + patience;
            wish.paused || wish.resumed.is_some_and(|at| within(at, LAYER_RESUME_MAX))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::origin;

    fn at(ms: u64) -> Instant {
        origin() + Duration::from_millis(ms)
    }

    #[test]
    fn unwanted_layers_are_given_up_late_and_taken_up_at_once() {
        let mut dynacast = Dynacast::default();
        assert!(!dynacast.update(at(0), 0b101));
        assert!(!dynacast.update(at(9_999), 0b101));
        assert!(dynacast.wants(1));
        assert!(dynacast.update(at(10_000), 0b101));
        assert_eq!([0, 1, 2].map(|n| dynacast.wants(n)), [true, false, true]);
        assert!(dynacast.is_resumable(1, at(60_000)), "it can be had");
        assert!(!dynacast.update(at(60_000), 0b101), "told once");
        assert!(dynacast.update(at(60_001), 0b010));
        assert!(dynacast.wants(1));
        assert!(dynacast.is_resumable(1, at(63_000)));
        assert!(!dynacast.is_resumable(1, at(63_001)), "it never came");
    }

    #[test]
    fn a_swinging_wish_does_not_flap_and_the_lowest_layer_stays() {
        let mut dynacast = Dynacast::default();
        for ms in (0..120_000).step_by(500) {
            let taken = if ms % 9_000 < 500 { 0b111 } else { 0 };
            assert!(!dynacast.update(at(ms), taken), "told at {ms}");
        }
        assert!(dynacast.update(at(200_000), 0));
        assert_eq!([0, 1, 2].map(|n| dynacast.wants(n)), [true, false, false]);
    }
}
