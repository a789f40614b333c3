//! Probing: a few packets beyond the media at a rate above the estimate; how fast they arrive
//! tells whether the path has room (libwebrtc's probe clusters). Only while something better
//! waits to be shown.

use std::time::{Duration, Instant};

/// A probe lasts about this long, in at least so many and at most so many packets.
const LENGTH_SECONDS: f64 = 0.040;
const PACKETS_MIN: u32 = 6;
const PACKETS_MAX: u32 = 64;
/// A probe asks for this multiple of the estimate at most, and of what is wanted.
const STEP: f64 = 2.0;
const MARGIN: f64 = 1.15;
/// Between probes: after one that found room, and after one that found none, doubling up to what
/// a viewer may wait after its path has become better.
const PAUSE_GOOD: Duration = Duration::from_millis(300);
const PAUSE_BAD: Duration = Duration::from_secs(2);
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// After the queue grew there is no room for this long.
const PAUSE_OVERUSE: Duration = Duration::from_secs(3);
/// A probe that was not reported on by then is lost.
const REPORT_MAX: Duration = Duration::from_secs(1);
/// Part of the packets that must arrive for a result.
const ARRIVED_MIN: f64 = 0.8;

/// What arrived of a probe, microseconds of the two clocks.
#[derive(Debug, Clone, Copy)]
struct Arrived {
    packets: u32,
    bits: f64,
    /// (left, arrived, bits) of the first and last packet to leave and to arrive.
    first_sent: i64,
    last_sent: (i64, f64),
    first_arrived: (i64, f64),
    last_arrived: i64,
}

#[derive(Debug)]
struct Cluster {
    target: f64,
    started: Instant,
    /// Packets and bits sent.
    packets: u32,
    sent: f64,
    /// Numbers from the first packet of the probe to the last, media between them included.
    first: u16,
    last: Option<u16>,
    arrived: Option<Arrived>,
}

/// At most one probe at a time.
#[derive(Debug, Default)]
pub(super) struct Prober {
    cluster: Option<Cluster>,
    not_before: Option<Instant>,
    pause: Option<Duration>,
}

impl Prober {
    /// Begins a probe when there is a reason and no obstacle. `number` is the next packet's.
    pub(super) fn plan(
        &mut self,
        now: Instant,
        number: u16,
        estimate: f64,
        wanted: f64,
        overused: Option<Instant>,
    ) {
        if let Some(cluster) = &self.cluster {
            if now > cluster.started + REPORT_MAX {
                self.end(now, false);
            }
            return;
        }
        let resting = self.not_before.is_some_and(|at| now < at);
        let overused = overused.is_some_and(|at| now < at + PAUSE_OVERUSE);
        if wanted <= estimate || resting || overused {
            return;
        }
        let target = (wanted * MARGIN).min(estimate * STEP);
        self.cluster = Some(Cluster {
            target,
            started: now,
            packets: 0,
            sent: 0.0,
            first: number,
            last: None,
            arrived: None,
        });
    }

    /// When the next packets of the probe are due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let cluster = self.cluster.as_ref()?;
        let after = Duration::from_secs_f64(cluster.sent / cluster.target);
        cluster.last.is_none().then(|| cluster.started + after)
    }

    /// How many packets of so many bytes are due; they count as sent, `number` being the first
    /// one's.
    pub(super) fn take(&mut self, now: Instant, number: u16, bytes: usize) -> usize {
        // Rounded the same way as the caller was told, or it would come again at once.
        if self.deadline().is_none_or(|due| now < due) {
            return 0;
        }
        let Some(cluster) = &mut self.cluster else {
            return 0;
        };
        let bits = (bytes * 8) as f64;
        let elapsed = now.saturating_duration_since(cluster.started).as_secs_f64();
        let due = ((elapsed * cluster.target - cluster.sent) / bits) as u32 + 1;
        let due = due.min(PACKETS_MAX - cluster.packets);
        cluster.packets += due;
        cluster.sent += f64::from(due) * bits;
        let long = cluster.sent >= cluster.target * LENGTH_SECONDS;
        if (long && cluster.packets >= PACKETS_MIN) || cluster.packets == PACKETS_MAX {
            cluster.last = Some(number.wrapping_add(due as u16).wrapping_sub(1));
        }
        due as usize
    }

    /// There is nothing to probe with: later.
    pub(super) fn put_off(&mut self, now: Instant) {
        self.cluster = None;
        self.not_before = Some(now + PAUSE_GOOD);
    }

    /// A numbered packet arrived.
    pub(super) fn arrived(&mut self, number: u16, sent: i64, arrived: i64, bytes: u16) {
        let Some(cluster) = &mut self.cluster else {
            return;
        };
        let place = number.wrapping_sub(cluster.first);
        let end = cluster.last.unwrap_or(cluster.first.wrapping_add(0x7fff));
        if place > end.wrapping_sub(cluster.first) {
            return;
        }
        let bits = f64::from(bytes) * 8.0;
        let seen = cluster.arrived.get_or_insert(Arrived {
            packets: 0,
            bits: 0.0,
            first_sent: sent,
            last_sent: (sent, bits),
            first_arrived: (arrived, bits),
            last_arrived: arrived,
        });
        seen.packets += 1;
        seen.bits += bits;
        seen.first_sent = seen.first_sent.min(sent);
        if sent >= seen.last_sent.0 {
            seen.last_sent = (sent, bits);
        }
        if arrived < seen.first_arrived.0 {
            seen.first_arrived = (arrived, bits);
        }
        seen.last_arrived = seen.last_arrived.max(arrived);
    }

    /// The rate a complete probe has shown, bits per second. `told`: the last number reported on.
    pub(super) fn result(&mut self, now: Instant, told: u16) -> Option<f64> {
        let cluster = self.cluster.as_ref()?;
        let complete = told.wrapping_sub(cluster.last?) < 0x8000;
        if !complete {
            return None;
        }
        let shown = cluster.arrived.and_then(|seen| seen.rate(cluster.packets));
        let good = shown.is_some_and(|rate| rate >= 0.9 * cluster.target);
        self.end(now, good);
        shown
    }

    fn end(&mut self, now: Instant, good: bool) {
        self.cluster = None;
        let pause = match (good, self.pause) {
            (true, _) => {
                self.pause = None;
                PAUSE_GOOD
            }
            (false, pause) => {
                let pause = pause.map_or(PAUSE_BAD, |pause| (pause * 2).min(PAUSE_MAX));
                self.pause = Some(pause);
                pause
            }
        };
        self.not_before = Some(now + pause);
    }
}

impl Arrived {
    /// The lower of the rates it left and arrived at; a little below the latter when the path
    /// was clearly full.
    fn rate(&self, planned: u32) -> Option<f64> {
        let sending = (self.last_sent.0 - self.first_sent) as f64 / 1e6;
        let arriving = (self.last_arrived - self.first_arrived.0) as f64 / 1e6;
        let enough = f64::from(self.packets) >= ARRIVED_MIN * f64::from(planned);
        if !enough || sending <= 0.0 || arriving <= 0.0 {
            return None;
        }
        let sent = (self.bits - self.last_sent.1) / sending;
        let received = (self.bits - self.first_arrived.1) / arriving;
        // Faster than sent by this much is a clock's error.
        if received > 2.0 * sent {
            return None;
        }
        Some(if received < 0.9 * sent {
            0.95 * received
        } else {
            sent.min(received)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::origin;

    fn at(us: i64) -> Instant {
        origin() + Duration::from_micros(us as u64)
    }

    fn probe(prober: &mut Prober, start: i64, capacity: f64) -> Option<f64> {
        probe_with(prober, start, capacity, 1_200)
    }

    /// Runs one probe from 1 Mbit/s towards 3, in packets of so many bytes, over a path of
    /// `capacity`; what it shows.
    fn probe_with(prober: &mut Prober, start: i64, capacity: f64, bytes: usize) -> Option<f64> {
        let mut number = 100;
        prober.plan(at(start), number, 1e6, 3e6, None);
        let (mut now, mut free) = (start, start);
        while let Some(deadline) = prober.deadline() {
            now = now.max(start + (deadline - at(start)).as_micros() as i64);
            for _ in 0..prober.take(at(now), number, bytes) {
                free = free.max(now) + (bytes as f64 * 8e6 / capacity) as i64;
                prober.arrived(number, now, free, bytes as u16);
                number += 1;
            }
        }
        let shown = prober.result(at(now + 50_000), number - 1);
        assert!(prober.cluster.is_none());
        shown
    }

    #[test]
    fn a_probe_shows_room_or_the_lack_of_it() {
        let room = probe(&mut Prober::default(), 0, 10e6).unwrap();
        assert!((1.9e6..2.1e6).contains(&room), "{room}");
        let small = probe_with(&mut Prober::default(), 0, 10e6, 300).unwrap();
        assert!(
            (1.9e6..2.1e6).contains(&small),
            "small packets, more of them: {small}"
        );
        let full = probe(&mut Prober::default(), 0, 1.2e6).unwrap();
        assert!((1.0e6..1.2e6).contains(&full), "{full}");
    }

    #[test]
    fn probes_that_find_nothing_become_rare() {
        let mut prober = Prober::default();
        let mut starts = Vec::new();
        for second in 0..60 {
            if probe(&mut prober, second * 1_000_000, 1.1e6).is_some() {
                starts.push(second);
            }
        }
        assert_eq!(starts, [0, 3, 8, 14, 20, 26, 32, 38, 44, 50, 56]);
    }

    #[test]
    fn nothing_is_probed_without_a_reason() {
        let mut prober = Prober::default();
        prober.plan(at(0), 1, 1e6, 0.9e6, None);
        prober.plan(at(0), 1, 1e6, 2e6, Some(at(0)));
        assert_eq!(prober.deadline(), None);
    }
}
