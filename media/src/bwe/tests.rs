//! The whole estimator against an emulated path.

use std::collections::VecDeque;

use super::*;
use crate::testing::origin;

fn at(us: u64) -> Instant {
    origin() + Duration::from_micros(us)
}

/// A path with a queue, and a viewer that reports every 50 ms.
struct Path {
    congestion: Congestion,
    now: u64,
    /// Bits per second.
    capacity: f64,
    /// When the link is free again.
    free: u64,
    /// (number, arrival) not reported yet.
    arrived: VecDeque<(u16, u64)>,
    reported: u64,
    next: u16,
    /// Every n-th packet is lost; 0: none.
    lossy: u32,
    sent: u32,
    probes: u32,
    /// Bytes that did not fill a packet.
    rest: u64,
}

const QUEUE_US: u64 = 400_000;
const DELAY_US: u64 = 20_000;

impl Path {
    fn new(capacity: f64) -> Path {
        Path {
            congestion: Congestion::default(),
            now: 0,
            capacity,
            free: 0,
            arrived: VecDeque::new(),
            reported: 0,
            next: 0,
            lossy: 0,
            sent: 0,
            probes: 0,
            rest: 0,
        }
    }

    fn packet(&mut self, bytes: usize) {
        let number = self.congestion.number();
        self.congestion.sent(at(self.now), Some(number), bytes);
        self.sent += 1;
        let start = self.free.max(self.now);
        let lost = self.lossy > 0 && self.sent.is_multiple_of(self.lossy);
        if lost || start - self.now > QUEUE_US {
            return;
        }
        self.free = start + (bytes as f64 * 8e6 / self.capacity) as u64;
        self.arrived.push_back((number, self.free + DELAY_US));
    }

    /// One viewer's report over what has arrived.
    fn report(&mut self) {
        let here = self.now - DELAY_US.min(self.now);
        let due = self
            .arrived
            .iter()
            .take_while(|(_, time)| *time <= here)
            .count();
        let due: Vec<_> = self.arrived.drain(..due).collect();
        let Some((last, _)) = due.last() else { return };
        let reference = due[0].1 / 64_000;
        let count = usize::from(last.wrapping_sub(self.next)) + 1;
        let mut packets = vec![None; count];
        for (number, time) in &due {
            let place = usize::from(number.wrapping_sub(self.next));
            packets[place] = Some((*time - reference * 64_000) as i32);
        }
        let arrivals = Arrivals {
            first: self.next,
            reference: (reference & 0xff_ffff) as u32,
            packets,
        };
        self.next = last.wrapping_add(1);
        self.congestion.arrivals(at(self.now), &arrivals);
    }

    /// Frames of 33 ms at `rate(estimate)` bits per second for `ms`.
    fn run(&mut self, ms: u64, rate: impl Fn(Option<u64>) -> u64) {
        let end = self.now + ms * 1_000;
        while self.now < end {
            if self.now.is_multiple_of(33_000) {
                self.rest += rate(self.congestion.estimate()) * 33 / 8_000;
                for _ in 0..self.rest / 1_200 {
                    self.packet(1_200);
                }
                self.rest %= 1_200;
            }
            if self
                .congestion
                .deadline()
                .is_some_and(|due| due <= at(self.now))
            {
                for _ in 0..self.congestion.probe(at(self.now), 1_200) {
                    self.probes += 1;
                    self.packet(1_200);
                }
            }
            if self.now >= self.reported + 50_000 {
                self.reported = self.now;
                self.report();
            }
            self.now += 1_000;
        }
    }

    fn estimate(&self) -> f64 {
        self.congestion.estimate().unwrap() as f64 / 1e6
    }
}

#[test]
fn a_sender_that_obeys_settles_below_the_capacity_and_follows_it() {
    let mut path = Path::new(1e6);
    let obey = |estimate: Option<u64>| estimate.unwrap_or(2_000_000).min(5_000_000);
    path.run(5_000, obey);
    let mut worst = 0;
    for _ in 0..40 {
        path.run(250, obey);
        assert!(
            (0.6..1.15).contains(&path.estimate()),
            "{}",
            path.estimate()
        );
        worst = worst.max(path.free.saturating_sub(path.now));
    }
    assert!(worst < 250_000, "a queue of {worst} µs");
    path.capacity = 0.4e6;
    path.run(4_000, obey);
    assert!((0.2..0.5).contains(&path.estimate()), "{}", path.estimate());
    path.capacity = 2e6;
    path.run(25_000, obey);
    assert!(path.estimate() > 1.2, "{}", path.estimate());
}

#[test]
fn a_sender_that_cannot_obey_is_told_what_arrives() {
    let mut path = Path::new(0.5e6);
    path.run(6_000, |_| 2_500_000);
    assert!((0.3..0.7).contains(&path.estimate()), "{}", path.estimate());
    path.capacity = 3e6;
    path.run(3_000, |_| 2_500_000);
    assert!(
        path.estimate() > 2.0,
        "what arrives is carried: {}",
        path.estimate()
    );
}

#[test]
fn a_small_stream_says_little_until_the_path_is_probed() {
    let mut path = Path::new(3e6);
    path.run(10_000, |_| 400_000);
    assert!(path.estimate() < 0.7, "{}", path.estimate());
    assert_eq!(path.probes, 0, "nobody wants more");
    path.congestion.want(2_000_000);
    path.run(4_000, |_| 400_000);
    assert!((2.0..3.2).contains(&path.estimate()), "{}", path.estimate());
    let probes = path.probes;
    assert!(probes < 100, "{probes} packets");
    path.run(4_000, |_| 400_000);
    assert_eq!(path.probes, probes, "what was wanted was found");
}

#[test]
fn a_full_path_is_not_probed_to_death() {
    let mut path = Path::new(0.6e6);
    path.run(2_000, |_| 400_000);
    path.congestion.want(2_000_000);
    path.run(30_000, |_| 400_000);
    assert!(path.estimate() < 0.75, "{}", path.estimate());
    assert!(path.probes < 120, "{} packets", path.probes);
}

#[test]
fn room_that_came_back_is_found_though_losses_had_capped_the_estimate() {
    let mut path = Path::new(4e6);
    path.run(3_000, |_| 2_100_000);
    path.capacity = 0.5e6;
    path.run(2_000, |_| 2_100_000);
    path.congestion.want(2_500_000);
    let layers = |estimate: Option<u64>| match estimate.unwrap_or(0) {
        2_500_000.. => 2_100_000,
        720_000.. => 600_000,
        _ => 160_000,
    };
    path.run(8_000, layers);
    assert!(
        (0.15..0.6).contains(&path.estimate()),
        "{}",
        path.estimate()
    );
    path.capacity = 4e6;
    path.run(8_000, layers);
    assert!(path.estimate() > 2.4, "{}", path.estimate());
}

#[test]
fn random_loss_of_a_twentieth_does_not_hold_a_stream_down() {
    let mut path = Path::new(5e6);
    path.lossy = 20;
    path.run(10_000, |_| 2_000_000);
    assert!(path.estimate() > 1.8, "{}", path.estimate());
    path.lossy = 4;
    path.run(5_000, |_| 2_000_000);
    assert!(path.estimate() < 1.5, "a quarter lost: {}", path.estimate());
}

#[test]
fn clients_without_transport_feedback() {
    let mut quiet = Congestion::default();
    quiet.sent(at(0), Some(0), 1_200);
    assert_eq!(quiet.estimate(), None);
    assert!(!quiet.take_change());

    let mut remb = Congestion::default();
    remb.remb(at(0), 700_000);
    assert_eq!(remb.estimate(), Some(700_000));
    assert!(remb.take_change());
    remb.remb(at(1), 720_000);
    assert!(!remb.take_change(), "less than 5 %");
    remb.remb(at(2), 740_000);
    assert!(remb.take_change());

    let mut plain = Congestion::default();
    for second in 1..=6 {
        for _ in 0..200 {
            plain.sent(at(second * 1_000_000), None, 1_250);
        }
        plain.reported(at(second * 1_000_000), if second < 4 { 10 } else { 64 });
        if second < 4 {
            assert_eq!(plain.estimate(), None, "4 % lost: no limit");
        }
    }
    let limit = plain.estimate().unwrap();
    assert!((1_200_000..1_900_000).contains(&limit), "{limit}");
}

#[test]
fn junk_reports_change_nothing_and_memory_stays_small() {
    let mut congestion = Congestion::default();
    for n in 0..5_000u32 {
        let arrivals = Arrivals {
            first: (n * 7_919) as u16,
            reference: n.wrapping_mul(2_654_435_761) & 0xff_ffff,
            packets: vec![Some(n as i32); 100],
        };
        congestion.arrivals(at(u64::from(n) * 1_000), &arrivals);
    }
    assert_eq!(congestion.estimate(), None, "nothing of it was ever sent");
    let bytes = size_of::<Control>() + size_of::<Transport>() + 512 * 8;
    assert!(bytes < 6_000, "{bytes} bytes for a viewer that reports");
}
