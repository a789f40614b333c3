//! The delay-based estimate of a viewer that reports when each packet arrived.

use std::time::{Duration, Instant};

use crate::rtcp::Arrivals;

use super::acked::Acked;
use super::aimd::Aimd;
use super::arrival::Groups;
use super::history::History;
use super::loss::Counted;
use super::probe::Prober;
use super::trend::{Trend, Usage};

/// The first estimate: a little above what the path has carried without a queue.
const START: f64 = 1.2;

/// Length of a tick of the report's reference time (transport-wide-cc draft §3.1).
const REFERENCE_US: i64 = 64_000;
const REFERENCE_BITS: u32 = 24;

/// After this long without a packet the queue is empty, and what arrives is not known any more.
const SILENCE_US: i64 = 500_000;

/// Round trip assumed before the first report.
const RTT: Duration = Duration::from_millis(100);

/// The machine.
pub(super) struct Transport {
    epoch: Instant,
    history: History,
    /// Packets before this number were not remembered; `None` once they are past.
    first: Option<u16>,
    /// The last reference time, unwrapped.
    reference: Option<i64>,
    /// When the newest packet that arrived was sent.
    newest: i64,
    groups: Groups,
    trend: Trend,
    acked: Acked,
    aimd: Option<Aimd>,
    prober: Prober,
    rtt: Duration,
}

impl Transport {
    /// `next` is the number of the next packet to leave.
    pub(super) fn new(now: Instant, next: u16) -> Transport {
        Transport {
            epoch: now,
            history: History::new(),
            first: Some(next),
            reference: None,
            newest: 0,
            groups: Groups::default(),
            trend: Trend::new(),
            acked: Acked::default(),
            aimd: None,
            prober: Prober::default(),
            rtt: RTT,
        }
    }

    pub(super) fn sent(&mut self, now: Instant, number: u16, bytes: usize) {
        let at = self.micros(now) as u32;
        self.history.sent(number, at, bytes);
    }

    /// Bits per second; `None` until half a second of packets has arrived.
    pub(super) fn estimate(&self) -> Option<u64> {
        self.aimd.as_ref().map(Aimd::rate)
    }

    pub(super) fn round_trip(&self) -> Duration {
        self.rtt
    }

    /// Bits per second that arrive.
    pub(super) fn arriving(&self) -> Option<f64> {
        self.acked.rate()
    }

    /// Takes a report. Tells what it counted, and what a probe has shown that it completed.
    pub(super) fn feedback(&mut self, now: Instant, arrivals: &Arrivals) -> (Counted, Option<f64>) {
        let mut counted = Counted::default();
        let reference = self.unwrap_reference(arrivals.reference) * REFERENCE_US;
        let now_us = self.micros(now);
        let mut number = arrivals.first;
        for arrival in &arrivals.packets {
            if self.is_remembered(number) {
                match arrival {
                    Some(delta) => {
                        let arrived = reference + i64::from(*delta);
                        self.arrived(now_us, number, arrived, &mut counted);
                    }
                    None if self.history.missing(number) => {
                        counted.packets += 1;
                        counted.lost += 1;
                    }
                    None => {}
                }
            }
            number = number.wrapping_add(1);
        }
        let shown = self.steer(now, number.wrapping_sub(1));
        (counted, shown)
    }

    /// Begins a probe when more is wanted than the path is known to carry. `next` is the number
    /// of the next packet to leave; `fell` when losses last lowered the estimate.
    pub(super) fn plan(
        &mut self,
        now: Instant,
        next: u16,
        (estimate, wanted): (u64, u64),
        fell: Option<Instant>,
    ) {
        let decreased = self.aimd.as_ref().and_then(Aimd::decreased);
        let (estimate, wanted) = (estimate as f64, wanted as f64);
        self.prober
            .plan(now, next, estimate, wanted, decreased.max(fell));
    }

    pub(super) fn probe_deadline(&self) -> Option<Instant> {
        self.prober.deadline()
    }

    pub(super) fn probe(&mut self, now: Instant, number: u16, bytes: usize) -> usize {
        self.prober.take(now, number, bytes)
    }

    pub(super) fn put_off_probe(&mut self, now: Instant) {
        self.prober.put_off(now);
    }

    fn arrived(&mut self, now_us: i64, number: u16, arrived: i64, counted: &mut Counted) {
        let Some(told) = self.history.arrived(number) else {
            return;
        };
        if told.was_missing {
            counted.found += 1;
        } else {
            counted.packets += 1;
        }
        let age = i64::from((now_us as u32).wrapping_sub(told.sent));
        let sent = now_us - age;
        self.rtt = Duration::from_micros(age as u64);
        self.acked.add(arrived, told.bytes);
        self.prober.arrived(number, sent, arrived, told.bytes);
        if sent > self.newest + SILENCE_US {
            self.groups = Groups::default();
            self.trend.rest();
        }
        self.newest = self.newest.max(sent);
        if let Some(spread) = self.groups.add(sent, arrived) {
            self.trend.add(spread);
        }
    }

    /// Moves the estimate after a report that ended with packet `told`. Tells what a probe has
    /// shown while the queue did not grow.
    fn steer(&mut self, now: Instant, told: u16) -> Option<f64> {
        let shown = self.prober.result(now, told);
        let (acked, burst) = (self.acked.rate()?, self.acked.burst()?);
        let usage = self.trend.usage();
        let aimd = self
            .aimd
            .get_or_insert_with(|| Aimd::new(now, acked * START));
        aimd.update(now, usage, (acked, burst), self.rtt);
        let shown = shown.filter(|_| usage != Usage::Over)?;
        if shown > aimd.rate() as f64 {
            aimd.set(now, shown);
        }
        Some(shown)
    }

    fn is_remembered(&mut self, number: u16) -> bool {
        let Some(first) = self.first else { return true };
        let ahead = number.wrapping_sub(first);
        if ahead >= 0x8000 {
            return false;
        }
        if ahead > 0x1000 {
            self.first = None;
        }
        true
    }

    fn unwrap_reference(&mut self, reference: u32) -> i64 {
        let next = match self.reference {
            None => i64::from(reference),
            Some(last) => {
                let shift = 32 - REFERENCE_BITS;
                let step = (reference.wrapping_sub(last as u32) << shift) as i32 >> shift;
                last + i64::from(step)
            }
        };
        self.reference = Some(next);
        next
    }

    fn micros(&self, now: Instant) -> i64 {
        now.saturating_duration_since(self.epoch).as_micros() as i64
    }
}
