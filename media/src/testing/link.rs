//! One viewer's way through an emulated network: a bottleneck with a queue, loss, jitter and
//! reordering, from one seed.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// How a path behaves from some moment on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Path {
    /// Bits per second of the bottleneck.
    pub capacity: f64,
    /// Part of the datagrams lost.
    pub loss: f64,
    /// Greatest extra delay of a datagram that keeps its place, uniformly drawn.
    pub jitter: Duration,
    /// Part of the datagrams that come 5 to 30 ms late, behind others.
    pub late: f64,
}

impl Path {
    /// Nothing but delay.
    pub(crate) fn of(capacity: f64) -> Path {
        Path {
            capacity,
            loss: 0.0,
            jitter: Duration::ZERO,
            late: 0.0,
        }
    }
}

/// What waits longer at the bottleneck is dropped.
pub(crate) const QUEUE: Duration = Duration::from_millis(300);

/// One way.
pub(crate) const DELAY: Duration = Duration::from_millis(20);

/// Headers below RTP, in bytes.
const BELOW: usize = 28;

/// The path towards one viewer.
pub(crate) struct Link {
    phases: Vec<(Instant, Path)>,
    rng: StdRng,
    /// When the bottleneck is free again.
    free: Instant,
    /// Datagrams that keep their place do not arrive before this.
    order: Instant,
}

impl Link {
    /// `phases`: from when on which path; the first begins the world.
    pub(crate) fn new(seed: u64, phases: Vec<(Instant, Path)>) -> Link {
        let start = phases[0].0;
        Link {
            phases,
            rng: StdRng::seed_from_u64(seed),
            free: start,
            order: start,
        }
    }

    /// When a datagram sent now arrives; `None`: it does not.
    pub(crate) fn route(&mut self, now: Instant, bytes: usize) -> Option<Instant> {
        let phases = self.phases.iter().rev();
        let path = phases.clone().find(|(from, _)| *from <= now)?.1;
        let start = self.free.max(now);
        if start - now > QUEUE {
            return None;
        }
        let bits = (bytes + BELOW) as f64 * 8.0;
        self.free = start + Duration::from_secs_f64(bits / path.capacity);
        if self.rng.random_bool(path.loss) {
            return None;
        }
        let extra = path.jitter.mul_f64(self.rng.random());
        self.order = self.order.max(self.free + DELAY + extra);
        if self.rng.random_bool(path.late) {
            let late = Duration::from_millis(self.rng.random_range(5..30));
            return Some(self.free + DELAY + late);
        }
        Some(self.order)
    }
}
