//! A table of what happens when.

use std::time::Duration;

use super::*;
use crate::testing::origin;

#[derive(Debug, Clone, Copy)]
enum Event {
    Want,
    Arrived,
}

/// Events at milliseconds in, requests at milliseconds out; time advances to every deadline.
fn check(events: &[(u64, Event)], until: u64, requests: &[u64]) {
    let mut throttle = KeyframeThrottle::default();
    let mut found = Vec::new();
    for ms in 0..=until {
        let now = origin() + Duration::from_millis(ms);
        for (_, event) in events.iter().filter(|(at, _)| *at == ms) {
            match event {
                Event::Want => throttle.want(),
                Event::Arrived => throttle.arrived(),
            }
        }
        let woken = throttle.deadline().is_some_and(|at| at <= now);
        let touched = events.iter().any(|(at, _)| *at == ms);
        if (woken || touched) && throttle.poll(now) {
            found.push(ms);
        }
    }
    assert_eq!(found, requests, "{events:?}");
}

#[test]
fn wishes_are_delayed_never_discarded() {
    use Event::{Arrived, Want};
    check(&[(5, Want)], 100, &[5]);
    check(&[(5, Want), (50, Arrived)], 5_000, &[5]);
    // A crowd within the interval costs one request.
    let crowd: Vec<_> = (0..900).map(|ms| (ms, Want)).collect();
    check(&crowd, 1_400, &[0]);
    // A wish after the key frame came waits for the end of the interval.
    check(
        &[(0, Want), (100, Arrived), (300, Want)],
        5_000,
        &[0, 1_000, 2_500, 4_000],
    );
    check(
        &[(0, Want), (100, Arrived), (300, Want), (1_100, Arrived)],
        5_000,
        &[0, 1_000],
    );
    // A key frame that never comes is asked for again.
    check(&[(0, Want), (2_000, Arrived)], 5_000, &[0, 1_500]);
    // One that comes unasked fulfils a waiting wish.
    check(
        &[(0, Want), (10, Arrived), (20, Want), (500, Arrived)],
        5_000,
        &[0],
    );
}
