//! When a publisher is asked for a key frame: at most once per interval, and a wish inside the
//! interval is delayed, never discarded (a browser that saw no video sends no PLI of its own).

use std::time::Instant;

use crate::limits::{KEYFRAME_INTERVAL_MIN, KEYFRAME_RETRY};

/// The throttle of one layer.
#[derive(Debug, Default)]
pub(crate) struct KeyframeThrottle {
    asked: Option<Instant>,
    /// A wish not yet passed on, or passed on and not yet answered.
    wanted: bool,
    /// Whether the last request has been answered by a key frame.
    answered: bool,
}

impl KeyframeThrottle {
    /// Somebody needs a key frame.
    pub(crate) fn want(&mut self) {
        self.wanted = true;
    }

    /// A key frame came.
    pub(crate) fn arrived(&mut self) {
        self.wanted = false;
        self.answered = true;
    }

    /// Whether to ask now. Call at every wish and at the deadline.
    pub(crate) fn poll(&mut self, now: Instant) -> bool {
        let due =
            self.deadline().is_some_and(|at| at <= now) || (self.wanted && self.asked.is_none());
        if due {
            self.asked = Some(now);
            self.answered = false;
        }
        due
    }

    /// Whether the publisher was asked and has not answered.
    #[cfg(test)]
    pub(crate) fn is_asked(&self) -> bool {
        self.asked.is_some() && !self.answered && self.wanted
    }

    /// When to call [`KeyframeThrottle::poll`] again.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let asked = self.asked?;
        let pause = if self.answered {
            KEYFRAME_INTERVAL_MIN
        } else {
            KEYFRAME_RETRY
        };
        self.wanted.then(|| asked + pause)
    }
}

#[cfg(test)]
mod tests;
