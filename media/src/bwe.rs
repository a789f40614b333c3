//! Congestion control of one viewer: how much its path carries. A machine per viewer, made when
//! the viewer first reports; one that never does costs a counter.
//!
//! With transport-wide feedback the estimate is Google Congestion Control's
//! (draft-ietf-rmcat-gcc-02; Carlucci et al. 2016): [`arrival`] groups packets and compares how
//! far apart they left and arrived, [`trend`] finds whether a queue grows, [`aimd`] turns that
//! into a rate, [`loss`] caps it when packets vanish, [`probe`] looks for room above what is sent.
//! With REMB the viewer's own estimate stands; with reception reports alone only loss limits.

mod acked;
mod aimd;
mod arrival;
mod history;
mod loss;
mod pacer;
mod probe;
mod transport;
mod trend;

use std::time::{Duration, Instant};

use crate::rtcp::Arrivals;

use loss::LossLimit;
use pacer::Pacer;
use transport::Transport;

/// A REMB older than this says nothing any more. Browsers repeat theirs every second.
const REMB_LIFETIME: Duration = Duration::from_secs(5);

/// Bounds of every estimate in bits per second: below the first no video is of use, above the
/// second no stream here is.
pub(crate) const RATE_MIN: u64 = 50_000;
pub(crate) const RATE_MAX: u64 = 50_000_000;

/// What the sending path touches, and the rest behind a pointer.
#[derive(Default)]
pub(crate) struct Congestion {
    /// Transport-wide sequence number of the next packet.
    number: u16,
    /// Bytes sent, wrapping.
    bytes: u32,
    control: Option<Box<Control>>,
}

/// What a viewer's reports have taught.
struct Control {
    transport: Option<Box<Transport>>,
    remb: Option<(u64, Instant)>,
    loss: LossLimit,
    pacer: Pacer,
    /// Bytes counted and time at the last reception report.
    reported: (u32, Instant),
    /// Worst loss of the reception reports since then, in 256ths.
    worst: u8,
    estimate: Option<u64>,
    /// The estimate last told to the allocator.
    announced: Option<u64>,
    wanted: u64,
}

impl Congestion {
    /// The number of the next packet.
    pub(crate) fn number(&mut self) -> u16 {
        let number = self.number;
        self.number = number.wrapping_add(1);
        number
    }

    /// A packet of `bytes` leaves, numbered or not.
    pub(crate) fn sent(&mut self, now: Instant, number: Option<u16>, bytes: usize) {
        self.bytes = self.bytes.wrapping_add(bytes as u32);
        if let Some(control) = &mut self.control {
            control.pacer.sent(bytes);
            if let (Some(transport), Some(number)) = (&mut control.transport, number) {
                transport.sent(now, number, bytes);
            }
        }
    }

    /// Transport-wide feedback came.
    pub(crate) fn arrivals(&mut self, now: Instant, arrivals: &Arrivals) {
        let next = self.number;
        let control = self.control(now);
        // What left before the first report was not remembered.
        let transport = control
            .transport
            .get_or_insert_with(|| Box::new(Transport::new(now, next)));
        let (counted, shown) = transport.feedback(now, arrivals);
        if let (Some(current), Some(arriving)) = (transport.estimate(), transport.arriving()) {
            control.loss.observe(now, counted, current, arriving);
        }
        if let Some(shown) = shown {
            control.loss.lift(shown);
        }
        control.combine(now);
        control.plan(now, next);
    }

    /// The viewer's own estimate came.
    pub(crate) fn remb(&mut self, now: Instant, bits_per_second: u64) {
        let control = self.control(now);
        control.remb = Some((bits_per_second.clamp(RATE_MIN, RATE_MAX), now));
        control.combine(now);
    }

    /// A reception report block came. Several blocks of one report, or of one round of reports,
    /// count as one: the worst stream's.
    pub(crate) fn reported(&mut self, now: Instant, fraction: u8) {
        let bytes = self.bytes;
        let control = self.control(now);
        control.worst = control.worst.max(fraction);
        let since = now.saturating_duration_since(control.reported.1);
        if control.transport.is_some() || since < loss::REPORT_INTERVAL {
            return;
        }
        let sent = bytes.wrapping_sub(control.reported.0);
        let rate = f64::from(sent) * 8.0 / since.as_secs_f64();
        control.loss.report(f64::from(control.worst) / 256.0, rate);
        control.worst = 0;
        control.reported = (bytes, now);
        control.combine(now);
    }

    /// Bits per second the path carries, everything counted; `None` while nothing says that it is
    /// limited.
    pub(crate) fn estimate(&self) -> Option<u64> {
        self.control.as_ref()?.estimate
    }

    /// Time from a packet's departure to the report of its arrival, where arrivals are reported.
    pub(crate) fn round_trip(&self) -> Option<Duration> {
        let transport = self.control.as_ref()?.transport.as_ref()?;
        Some(transport.round_trip())
    }

    /// Whether the estimate has moved by 5 % or more since the last `true`.
    pub(crate) fn take_change(&mut self) -> bool {
        let Some(control) = &mut self.control else {
            return false;
        };
        let changed = match (control.announced, control.estimate) {
            (Some(before), Some(after)) => before.abs_diff(after) * 20 >= before,
            (before, after) => before != after,
        };
        if changed {
            control.announced = control.estimate;
        }
        changed
    }

    /// The rate at which something better could be shown, in bits per second; 0: everything is
    /// shown as well as it can be. While it lies above the estimate, the path is probed.
    pub(crate) fn want(&mut self, bits_per_second: u64) {
        if let Some(control) = &mut self.control {
            control.wanted = bits_per_second;
        }
    }

    /// When [`Congestion::probe`] has something to send, if it has.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let control = self.control.as_ref()?;
        control.transport.as_ref()?.probe_deadline()
    }

    /// How many packets of so many bytes (more than none) to send now beyond the media, to see
    /// whether the path carries more.
    pub(crate) fn probe(&mut self, now: Instant, bytes: usize) -> usize {
        let number = self.number;
        let transport = self
            .control
            .as_mut()
            .and_then(|control| control.transport.as_mut());
        transport.map_or(0, |transport| transport.probe(now, number, bytes))
    }

    /// There is nothing to probe with now.
    pub(crate) fn put_off_probe(&mut self, now: Instant) {
        let control = self.control.as_mut();
        if let Some(transport) = control.and_then(|control| control.transport.as_mut()) {
            transport.put_off_probe(now);
        }
    }

    /// Whether a packet of `bytes` may leave now, or has to wait so that a burst does not
    /// overflow the path. Never held without an estimate.
    pub(crate) fn may_send(&mut self, now: Instant, bytes: usize) -> bool {
        self.control
            .as_mut()
            .is_none_or(|control| control.pacer.may_send(now, bytes))
    }

    fn control(&mut self, now: Instant) -> &mut Control {
        let bytes = self.bytes;
        self.control.get_or_insert_with(|| {
            Box::new(Control {
                transport: None,
                remb: None,
                loss: LossLimit::default(),
                pacer: Pacer::new(now),
                reported: (bytes, now),
                worst: 0,
                estimate: None,
                announced: None,
                wanted: 0,
            })
        })
    }
}

impl Control {
    fn combine(&mut self, now: Instant) {
        let remb = self
            .remb
            .filter(|(_, at)| now.saturating_duration_since(*at) < REMB_LIFETIME)
            .map(|(rate, _)| rate);
        let limits = match &self.transport {
            // Its own silence at the start is not filled by others.
            Some(transport) => transport
                .estimate()
                .map(|rate| self.loss.limit().map_or(rate, |limit| limit.min(rate))),
            None => [remb, self.loss.limit()].into_iter().flatten().min(),
        };
        self.estimate = limits.map(|rate| rate.clamp(RATE_MIN, RATE_MAX));
        self.pacer.pace(now, self.estimate);
    }

    /// What is probed for is what the whole estimate lacks, whichever part of it is the lowest.
    fn plan(&mut self, now: Instant, next: u16) {
        if let (Some(transport), Some(estimate)) = (&mut self.transport, self.estimate) {
            transport.plan(now, next, (estimate, self.wanted), self.loss.fell());
        }
    }
}

#[cfg(test)]
mod tests;
