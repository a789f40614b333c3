//! Waiting is polling for a condition, with a reason and an end.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// The instant now. The one place where harness and `load` read the clock.
#[must_use]
#[allow(
    clippy::disallowed_methods,
    reason = "this is the clock reader of the harness"
)]
pub fn now() -> Instant {
    Instant::now()
}

/// Asks until `ready` gives a value.
///
/// # Errors
/// When `patience` is over; `what` says what was waited for.
pub fn until<T>(what: &str, patience: Duration, mut ready: impl FnMut() -> Option<T>) -> Result<T> {
    let end = now() + patience;
    loop {
        if let Some(value) = ready() {
            return Ok(value);
        }
        if now() >= end {
            bail!("waited {patience:?} in vain: {what}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
