//! The one place of this crate that reads a clock. Everything else is told the time.
#![allow(clippy::disallowed_methods, reason = "this is the one clock reader")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The media clock: Unix milliseconds.
#[must_use]
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Measures one piece of work on the calling thread.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    wall: Instant,
    cpu: Option<Duration>,
}

impl Stopwatch {
    /// Starts now.
    #[must_use]
    pub(crate) fn start() -> Stopwatch {
        Stopwatch {
            wall: Instant::now(),
            cpu: thread_cpu(),
        }
    }

    /// Time on the wall since the start.
    #[must_use]
    pub(crate) fn wall(&self) -> Duration {
        self.wall.elapsed()
    }

    /// Processor time of this thread since the start: what the work would have taken on a core
    /// of its own. Wall time where the system does not tell.
    #[must_use]
    pub(crate) fn cpu(&self) -> Duration {
        match (self.cpu, thread_cpu()) {
            (Some(start), Some(end)) => end.saturating_sub(start),
            _ => self.wall(),
        }
    }
}

/// Nanoseconds this thread has run, the first field of `schedstat`.
fn thread_cpu() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace()
        .next()?
        .parse()
        .ok()
        .map(Duration::from_nanos)
}
