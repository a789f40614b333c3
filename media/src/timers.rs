//! When to look at what: one heap of deadlines for a whole worker.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

use crate::handle::{SessionId, TrackId};

/// What a deadline is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// A publisher's machine.
    Publisher(SessionId),
    /// A viewer's machine: its place in the table, and its id in case the place was given away.
    Viewer(usize, SessionId),
    /// A track's held frame or delayed key frame wish.
    Track(TrackId),
    /// The next round of replay bursts.
    Replay,
}

/// A queue of deadlines. Entries are not removed when plans change: the owner looks at its own
/// deadline when woken, and a wake-up too early costs little.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<(Instant, Timer)>>,
}

impl Timers {
    /// Wakes `timer` at `deadline`, unless `scheduled` says it is woken before that anyway.
    pub(crate) fn schedule(
        &mut self,
        scheduled: &mut Option<Instant>,
        deadline: Option<Instant>,
        timer: Timer,
    ) {
        let Some(deadline) = deadline else { return };
        if scheduled.is_none_or(|at| deadline < at) {
            *scheduled = Some(deadline);
            self.heap.push(Reverse((deadline, timer)));
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// The next timer that is due.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<Timer> {
        let Reverse((at, _)) = self.heap.peek()?;
        if *at > now {
            return None;
        }
        self.heap.pop().map(|Reverse((_, timer))| timer)
    }
}
