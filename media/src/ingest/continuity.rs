//! One layer's sequence numbers and timestamps across a change of SSRC (an encoder restarted
//! mid-session): what comes out goes on where it was, one packet per number.

use std::time::Instant;

/// Extended sequence numbers of a layer start here, so that a packet from before the first one
/// seen still has a number.
const FIRST_SEQ: u64 = 1 << 16;

/// Where one layer's numbering stands.
#[derive(Debug, Default)]
pub(super) struct Continuity {
    current: Option<Run>,
    /// The SSRC before the current one: its stragglers are dropped.
    previous: Option<u32>,
}

/// Packets of one SSRC.
#[derive(Debug)]
struct Run {
    ssrc: u32,
    /// First number of the run as received and as given out.
    first_in: u64,
    first_out: u64,
    /// Nothing below belongs to this run.
    floor: u64,
    ts_offset: u32,
    /// Highest number given out, with its timestamp and arrival.
    seq: u64,
    ts: u32,
    arrival: Instant,
}

impl Continuity {
    /// Number and timestamp under which a packet goes on; `None` for a straggler of a stream
    /// that was replaced.
    pub(super) fn place(
        &mut self,
        ssrc: u32,
        seq: u64,
        ts: u32,
        arrival: Instant,
        clock_hz: u32,
    ) -> Option<(u64, u32)> {
        if self.current.as_ref().is_none_or(|run| run.ssrc != ssrc) {
            if self.previous == Some(ssrc) {
                return None;
            }
            self.start(ssrc, seq, ts, arrival, clock_hz);
        }
        let run = self.current.as_mut().expect("a run was started above");
        let out = (run.first_out + seq)
            .checked_sub(run.first_in)
            .filter(|out| *out >= run.floor)?;
        let ts = ts.wrapping_add(run.ts_offset);
        if out >= run.seq {
            (run.seq, run.ts, run.arrival) = (out, ts, arrival);
        }
        Some((out, ts))
    }

    fn start(&mut self, ssrc: u32, seq: u64, ts: u32, arrival: Instant, clock_hz: u32) {
        let (first_out, floor, ts_offset) = match &self.current {
            None => (FIRST_SEQ, 0, 0),
            Some(last) => {
                let elapsed = arrival.saturating_duration_since(last.arrival).as_millis() as u64;
                let ticks = (elapsed * u64::from(clock_hz) / 1000).max(1) as u32;
                let next = last.ts.wrapping_add(ticks);
                (last.seq + 1, last.seq + 1, next.wrapping_sub(ts))
            }
        };
        self.previous = self.current.as_ref().map(|run| run.ssrc);
        self.current = Some(Run {
            ssrc,
            first_in: seq,
            first_out,
            floor,
            ts_offset,
            seq: first_out,
            ts: ts.wrapping_add(ts_offset),
            arrival,
        });
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests need an origin of time")]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn one_ssrc_keeps_its_gaps_its_order_and_its_clock() {
        let now = Instant::now();
        let mut line = Continuity::default();
        let mut place = |seq, ts| line.place(7, seq, ts, now, 90_000).unwrap();
        assert_eq!(place(500, 1000), (FIRST_SEQ, 1000));
        assert_eq!(place(503, 4000), (FIRST_SEQ + 3, 4000));
        assert_eq!(place(501, 2000), (FIRST_SEQ + 1, 2000));
        assert_eq!(place(499, 0), (FIRST_SEQ - 1, 0)); // reordered before the first seen
    }

    #[test]
    fn a_new_ssrc_goes_on_where_the_old_one_was() {
        let now = Instant::now();
        let mut line = Continuity::default();
        line.place(7, 500, 1000, now, 90_000);
        line.place(7, 510, 2000, now, 90_000);
        let later = now + Duration::from_millis(100);
        let place = |line: &mut Continuity, ssrc, seq, ts| line.place(ssrc, seq, ts, later, 90_000);
        assert_eq!(place(&mut line, 8, 9, 77), Some((FIRST_SEQ + 11, 11_000)));
        assert_eq!(
            place(&mut line, 8, 10, 77 + 3000),
            Some((FIRST_SEQ + 12, 14_000))
        );
        assert_eq!(
            place(&mut line, 7, 511, 3000),
            None,
            "straggler of the old stream"
        );
        assert_eq!(
            place(&mut line, 8, 8, 0),
            None,
            "would reuse a number of the old stream"
        );
    }
}
