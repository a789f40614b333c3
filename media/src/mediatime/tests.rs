//! The clock survives jitter, wraps and restarts.

use super::*;

const START_US: u64 = 1_700_000_000_000_000;

/// The error of the clock in microseconds, seen from a packet sent at `ms`.
fn error_us(time: &MediaTime, origin: u32, ms: u64) -> i64 {
    let expected = origin.wrapping_add((ms * 90) as u32);
    let found = time.timestamp_at(START_US + ms * 1_000).unwrap();
    i64::from(found.wrapping_sub(expected) as i32) * 1_000 / 90
}

#[test]
fn jitter_does_not_show_and_the_wrap_is_nothing() {
    let origin = u32::MAX - 90 * 500;
    let mut time = MediaTime::new(90_000);
    assert_eq!(time.timestamp_at(START_US), None);
    for ms in (0..60_000).step_by(33) {
        // Every tenth packet takes the short way; the others up to 30 ms more.
        let delay_us = if ms % 330 == 0 {
            0
        } else {
            1_000 * (ms * 7 % 30)
        };
        time.observe(
            origin.wrapping_add((ms * 90) as u32),
            START_US + ms * 1_000 + delay_us,
        );
        if ms > 330 {
            assert!(error_us(&time, origin, ms).abs() < 100, "at {ms} ms");
        }
    }
}

#[test]
fn a_drifting_clock_is_followed() {
    let mut time = MediaTime::new(90_000);
    // The publisher's clock is 200 ppm slow: 12 ms in a minute.
    for ms in (0..60_000u64).step_by(20) {
        let late_us = ms * 200 / 1_000;
        time.observe((ms * 90) as u32, START_US + ms * 1_000 + late_us);
    }
    let behind = -error_us(&time, 0, 60_000);
    assert!((9_000..=12_500).contains(&behind), "{behind} us");
}

#[test]
fn a_restarted_count_is_a_new_clock() {
    let mut time = MediaTime::new(48_000);
    time.observe(1_000, START_US);
    time.observe(900_000_000, START_US + 20_000);
    assert_eq!(time.timestamp_at(START_US + 1_020_000), Some(900_048_000));
}
