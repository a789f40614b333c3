//! The crate's one clock reader. Everything else takes time as an input.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A reading of both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    /// Monotonic, for deadlines.
    pub instant: Instant,
    /// Server wall clock, microseconds since the Unix epoch: the media clock.
    pub unix_us: u64,
}

impl Now {
    /// The wall clock at an earlier instant of this process.
    pub(crate) fn unix_us_at(&self, earlier: Instant) -> u64 {
        let age = self.instant.saturating_duration_since(earlier);
        self.unix_us.saturating_sub(age.as_micros() as u64)
    }
}

/// Reads the clocks.
#[allow(clippy::disallowed_methods)]
pub(crate) fn now() -> Now {
    let unix = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    Now {
        instant: Instant::now(),
        unix_us: unix.as_micros() as u64,
    }
}
