//! From a stream's RTP clock to the server's wall clock. The packet that took the shortest way
//! tells the offset, so jitter does not show; two windows let it follow a drifting clock.

/// Length of a window: long enough to meet a quick packet, short enough for 50 ppm of drift.
const WINDOW_US: u64 = 5_000_000;

/// A step this large is a publisher that began to count anew, not a late packet.
const STEP_US: i64 = 2_000_000;

/// The offset between one stream's RTP clock and the wall clock.
#[derive(Debug)]
pub(crate) struct MediaTime {
    clock_hz: u32,
    state: Option<State>,
}

#[derive(Debug)]
struct State {
    /// Timestamp that stream time counts from.
    ts_origin: u32,
    /// Newest stream time in ticks since the origin, to unwrap the 32-bit timestamps.
    ticks: i64,
    /// Least `wall - stream` of the window before this one, and of this one, in microseconds.
    previous_us: i64,
    current_us: i64,
    window_end_us: u64,
}

impl MediaTime {
    pub(crate) fn new(clock_hz: u32) -> MediaTime {
        MediaTime {
            clock_hz,
            state: None,
        }
    }

    /// Notes a packet's arrival.
    pub(crate) fn observe(&mut self, rtp_ts: u32, arrival_us: u64) {
        let clock_hz = self.clock_hz;
        let fresh = State {
            ts_origin: rtp_ts,
            ticks: 0,
            previous_us: arrival_us as i64,
            current_us: arrival_us as i64,
            window_end_us: arrival_us + WINDOW_US,
        };
        let Some(state) = &mut self.state else {
            self.state = Some(fresh);
            return;
        };
        let newest = state.ts_origin.wrapping_add(state.ticks as u32);
        let ticks = state.ticks + i64::from(rtp_ts.wrapping_sub(newest) as i32);
        state.ticks = state.ticks.max(ticks);
        let offset_us = arrival_us as i64 - ticks_to_us(ticks, clock_hz);
        if (offset_us - state.current_us).abs() > STEP_US {
            *state = fresh;
            return;
        }
        if arrival_us >= state.window_end_us {
            state.previous_us = state.current_us;
            state.current_us = offset_us;
            state.window_end_us = arrival_us + WINDOW_US;
        }
        state.current_us = state.current_us.min(offset_us);
    }

    /// The stream's timestamp at a moment of the wall clock; `None` before the first packet.
    pub(crate) fn timestamp_at(&self, unix_us: u64) -> Option<u32> {
        let state = self.state.as_ref()?;
        let offset_us = state.previous_us.min(state.current_us);
        let stream_us = unix_us as i64 - offset_us;
        let ticks = i128::from(stream_us) * i128::from(self.clock_hz) / 1_000_000;
        Some(state.ts_origin.wrapping_add(ticks as u32))
    }
}

fn ticks_to_us(ticks: i64, clock_hz: u32) -> i64 {
    (i128::from(ticks) * 1_000_000 / i128::from(clock_hz)) as i64
}

#[cfg(test)]
mod tests;
