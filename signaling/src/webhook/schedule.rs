//! When an event is sent again: the schedule that Standard Webhooks recommends, some three days
//! in all, with jitter so that a receiver that comes back is not met by everything at once.

use std::time::Duration;

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

/// Waits after the first, second, … try.
pub const WAITS: [Duration; 9] = [
    Duration::from_secs(5),
    minutes(5),
    minutes(30),
    minutes(2 * 60),
    minutes(5 * 60),
    minutes(10 * 60),
    minutes(14 * 60),
    minutes(20 * 60),
    minutes(24 * 60),
];

/// The jitter at its most, as a share of the wait.
const JITTER: f64 = 0.1;

/// What came of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// 2xx.
    Taken,
    /// 410: the receiver wants no more.
    Gone,
    /// Anything else, a redirect among it.
    Failed,
}

impl Verdict {
    /// What a status means.
    #[must_use]
    pub fn of(status: u16) -> Verdict {
        match status {
            200..=299 => Verdict::Taken,
            410 => Verdict::Gone,
            _ => Verdict::Failed,
        }
    }
}

/// How long to wait after so many tries have failed; none: that was the last. `chance` in 0..=1
/// decides about the jitter.
#[must_use]
pub fn wait_ms(tries: u32, chance: f64) -> Option<u64> {
    let wait = WAITS.get(usize::try_from(tries).ok()?.checked_sub(1)?)?;
    let jitter = wait.mul_f64(JITTER * chance.clamp(0.0, 1.0));
    u64::try_from((*wait + jitter).as_millis()).ok()
}
