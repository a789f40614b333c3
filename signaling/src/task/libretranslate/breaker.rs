//! When a failing server is left alone and when it is tried again. A machine: it is told what
//! time it is.

use crate::limits::{OUTSIDE_FAILURES_MAX, OUTSIDE_PAUSE_MS, OUTSIDE_PAUSE_MS_MAX};

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blame {
    /// The line's: another one may do better.
    Line,
    /// The server's: it is counted.
    Server,
    /// The server says to stay away: once is enough.
    Refusal,
}

/// Closed: lines go through. Open: none do, until a trial succeeds. It begins open with a trial
/// due, because nothing is known of the server.
#[derive(Debug)]
pub(super) struct Breaker {
    state: State,
    /// How long the next pause is: twice the last one, until a line succeeds.
    pause_ms: u64,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Closed { failures: u32 },
    Open { until_ms: u64 },
    Trying,
}

impl Default for Breaker {
    fn default() -> Breaker {
        Breaker {
            state: State::Open { until_ms: 0 },
            pause_ms: OUTSIDE_PAUSE_MS,
        }
    }
}

impl Breaker {
    /// Whether lines go through.
    pub(super) fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed { .. })
    }

    /// When the next trial is due; none while lines go through or a trial is out.
    pub(super) fn trial_ms(&self) -> Option<u64> {
        match self.state {
            State::Open { until_ms } => Some(until_ms),
            State::Closed { .. } | State::Trying => None,
        }
    }

    /// A trial is out.
    pub(super) fn try_again(&mut self) {
        self.state = State::Trying;
    }

    /// A trial succeeded. The pause stays long: a server that answers a trial and fails at work
    /// is not asked all the time.
    pub(super) fn closes(&mut self) {
        self.state = State::Closed { failures: 0 };
    }

    /// A trial failed. Returns how long the server is left alone.
    pub(super) fn opens(&mut self, now_ms: u64) -> u64 {
        let pause_ms = self.pause_ms;
        self.state = State::Open {
            until_ms: now_ms + pause_ms,
        };
        self.pause_ms = (pause_ms * 2).min(OUTSIDE_PAUSE_MS_MAX);
        pause_ms
    }

    /// A line came back translated.
    pub(super) fn succeeded(&mut self) {
        self.pause_ms = OUTSIDE_PAUSE_MS;
        if self.is_closed() {
            self.closes();
        }
    }

    /// A line did not. Returns whether that opens it.
    pub(super) fn failed(&mut self, now_ms: u64, blame: Blame) -> bool {
        let State::Closed { failures } = &mut self.state else {
            // Sent before it opened.
            return false;
        };
        *failures += match blame {
            Blame::Line => 0,
            Blame::Server => 1,
            Blame::Refusal => OUTSIDE_FAILURES_MAX,
        };
        let is_enough = *failures >= OUTSIDE_FAILURES_MAX;
        if is_enough {
            self.opens(now_ms);
        }
        is_enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed() -> Breaker {
        let mut breaker = Breaker::default();
        assert_eq!(breaker.trial_ms(), Some(0), "nothing is known yet");
        breaker.try_again();
        assert_eq!(breaker.trial_ms(), None, "one trial at a time");
        breaker.closes();
        breaker
    }

    #[test]
    fn failures_in_a_row_open_it_and_one_success_forgives() {
        let mut breaker = closed();
        for _ in 0..3 * OUTSIDE_FAILURES_MAX {
            for _ in 1..OUTSIDE_FAILURES_MAX {
                assert!(!breaker.failed(1_000, Blame::Server));
            }
            assert!(
                !breaker.failed(1_000, Blame::Line),
                "a bad line is no bad server"
            );
            breaker.succeeded();
        }
        for _ in 1..OUTSIDE_FAILURES_MAX {
            assert!(!breaker.failed(1_000, Blame::Server));
        }
        assert!(breaker.failed(1_000, Blame::Server));
        assert!(!breaker.is_closed());
        assert_eq!(breaker.trial_ms(), Some(1_000 + OUTSIDE_PAUSE_MS));
        assert!(!breaker.failed(1_001, Blame::Server), "it is told once");
    }

    #[test]
    fn a_refusal_opens_it_at_once() {
        assert!(closed().failed(5, Blame::Refusal));
    }

    #[test]
    fn pauses_double_until_a_line_succeeds() {
        let mut breaker = closed();
        let mut now_ms = 0;
        let mut pauses = Vec::new();
        for _ in 0..9 {
            breaker.failed(now_ms, Blame::Refusal);
            let until_ms = breaker.trial_ms().unwrap();
            pauses.push((until_ms - now_ms) / 1_000);
            now_ms = until_ms;
            breaker.try_again();
            breaker.closes();
        }
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
        breaker.succeeded();
        breaker.failed(now_ms, Blame::Refusal);
        assert_eq!(breaker.trial_ms(), Some(now_ms + OUTSIDE_PAUSE_MS));
    }
}
