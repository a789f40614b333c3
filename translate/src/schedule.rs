//! Which decode comes next when a thread is free: finals before partials, earliest deadline
//! first; and how far partials are spaced out when the machine cannot keep up.

use crate::limits::{STEP_MS, STEP_MS_MAX};

/// What a waiting decode is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Urgency {
    /// A line that will not change any more: late is worse than anything.
    Final,
    /// A line that the next decode replaces.
    Partial,
}

/// One waiting decode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Request<T> {
    /// Who asks.
    pub(crate) from: T,
    /// Final or partial.
    pub(crate) urgency: Urgency,
    /// When the answer should be there, media clock ms.
    pub(crate) deadline_ms: u64,
}

/// The request to serve next. A partial is never queued: it is asked for afresh each time with
/// the audio there is then, so none can be stale.
pub(crate) fn pick<T: Ord>(requests: impl IntoIterator<Item = Request<T>>) -> Option<Request<T>> {
    requests.into_iter().min_by(|a, b| {
        let urgent = |request: &Request<T>| (request.urgency, request.deadline_ms);
        urgent(a).cmp(&urgent(b)).then_with(|| a.from.cmp(&b.from))
    })
}

/// Weight of the newest measurement; the last ten or so count.
const NEWEST: f64 = 0.15;
/// Share of the decode threads that partials may fill; the rest is for finals and translation.
const BUSY_MAX: f64 = 0.85;
/// Waiting in the queue beyond this says that the estimate was too kind.
const WAIT_MS_MAX: f64 = 700.0;

/// How busy the decode threads are, measured, and the step that follows from it.
#[derive(Debug)]
pub(crate) struct Load {
    threads: f64,
    ran_ms: f64,
    waited_ms: f64,
}

impl Load {
    /// No measurement yet.
    #[must_use]
    pub(crate) fn new(threads: usize) -> Load {
        Load {
            threads: threads.max(1) as f64,
            ran_ms: 0.0,
            waited_ms: 0.0,
        }
    }

    /// Takes one finished decode: how long it was due before it started, and how long it ran.
    pub(crate) fn observe(&mut self, waited_ms: u64, ran_ms: u64) {
        self.ran_ms += NEWEST * (ran_ms as f64 - self.ran_ms);
        self.waited_ms += NEWEST * (waited_ms as f64 - self.waited_ms);
    }

    /// Milliseconds between partials when `speaking` people speak at once; `None`: no partials
    /// until the queue is shorter.
    #[must_use]
    pub(crate) fn step_ms(&self, speaking: usize) -> Option<u64> {
        let needed = self.ran_ms * speaking as f64 / (self.threads * BUSY_MAX);
        let behind = (self.waited_ms / WAIT_MS_MAX).max(1.0);
        let step = (needed * behind).max(STEP_MS as f64);
        (step <= STEP_MS_MAX as f64).then_some(step as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::{Load, Request, Urgency, pick};
    use crate::limits::STEP_MS;

    #[test]
    fn finals_come_first_then_the_earliest_deadline() {
        let request = |from, urgency, deadline_ms| Request {
            from,
            urgency,
            deadline_ms,
        };
        let waiting = [
            request('a', Urgency::Partial, 100),
            request('b', Urgency::Final, 900),
            request('c', Urgency::Final, 800),
        ];
        assert_eq!(pick(waiting).map(|r| r.from), Some('c'));
        assert_eq!(
            pick(waiting[..1].iter().copied()).map(|r| r.from),
            Some('a')
        );
        assert_eq!(pick::<char>([]), None);
    }

    #[test]
    fn the_step_stretches_and_then_partials_stop() {
        let mut load = Load::new(1);
        assert_eq!(load.step_ms(1), Some(STEP_MS));
        for _ in 0..50 {
            load.observe(100, 400);
        }
        assert_eq!(load.step_ms(1), Some(STEP_MS));
        let stretched = load.step_ms(4).expect("still partials");
        assert!((1_800..2_000).contains(&stretched), "{stretched}");
        assert_eq!(load.step_ms(9), None);
        for _ in 0..50 {
            load.observe(4_000, 400);
        }
        assert_eq!(load.step_ms(2), None);
    }
}
