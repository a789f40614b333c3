//! A receiver's connection: ICE-lite consent, DTLS, SRTCP. What its slots show is the worker's
//! business (`sfu`); here is only who it is, where it is, and whether it is still there.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rtc_crypto::RTCCrypto;

use crate::batch::Path;
use crate::bwe::Congestion;
use crate::dtls::{self, Dtls};
use crate::handle::{Closed, RoomId, SessionId, Slot};
use crate::ice;
use crate::limits::{CONSENT_TIMEOUT, HANDSHAKE_MAX, REPORT_FIRST, REPORT_INTERVAL};
use crate::repair::Repairs;
use crate::route::Route;
use crate::rtcp::{Feedback, feedback};
use crate::srtp::{Sealer, Srtcp};
use crate::stun::Verified;

/// What the connection wants done.
#[derive(Debug)]
pub(crate) enum Output {
    /// A datagram for the path in use.
    Transmit(Vec<u8>),
    /// Media may flow.
    Connected,
    /// It is over.
    Closed(Closed),
}

/// A viewer. What the forwarding path touches comes first; the rest is one pointer away.
pub(crate) struct Viewer {
    /// Where media goes: what the route says, copied here.
    pub path: Option<Path>,
    /// Present from the moment DTLS is up.
    pub sealer: Option<Sealer>,
    /// What its path carries.
    pub congestion: Congestion,
    /// The rest.
    pub cold: Box<Cold>,
}

/// A viewer's way out while media may flow.
pub(crate) struct Link<'a> {
    /// Where to.
    pub path: Path,
    /// Its protection.
    pub sealer: &'a mut Sealer,
    /// Numbers what leaves, where the viewer reports arrivals.
    pub congestion: &'a mut Congestion,
    /// The time of this turn.
    pub now: Instant,
}

/// What forwarding does not need.
pub(crate) struct Cold {
    /// Its session.
    pub session: SessionId,
    /// Its room.
    pub room: RoomId,
    /// What checks are proven by.
    pub ice: ice::Session,
    /// Its slots in m-line order, each with its downtrack's place in the worker's table.
    pub slots: Vec<(Slot, usize)>,
    /// There was a picture to show when DTLS came up, and none has begun to leave yet.
    pub awaits_picture: bool,
    /// Earliest deadline the worker's timers hold for it.
    pub scheduled: Option<Instant>,
    dtls: Dtls,
    dtls_deadline: Option<Instant>,
    srtcp: Option<Srtcp>,
    route: Route,
    born: Instant,
    heard: Instant,
    report_at: Option<Instant>,
    outputs: VecDeque<Output>,
    repairs: Repairs,
    done: bool,
}

impl Viewer {
    pub(crate) fn new(
        session: SessionId,
        room: RoomId,
        ice: ice::Session,
        dtls: Dtls,
        now: Instant,
    ) -> Viewer {
        let cold = Cold {
            session,
            room,
            ice,
            slots: Vec::new(),
            awaits_picture: false,
            scheduled: None,
            dtls,
            dtls_deadline: None,
            srtcp: None,
            route: Route::default(),
            born: now,
            heard: now,
            report_at: None,
            outputs: VecDeque::new(),
            repairs: Repairs::new(now),
            done: false,
        };
        Viewer {
            path: None,
            sealer: None,
            congestion: Congestion::default(),
            cold: Box::new(cold),
        }
    }

    /// Bits per second its path carries; `None` while nothing says that it is limited.
    pub(crate) fn estimate(&self) -> Option<u64> {
        self.congestion.estimate()
    }

    /// The way out; `None` until DTLS is up.
    pub(crate) fn link(&mut self, now: Instant) -> Option<Link<'_>> {
        Some(Link {
            path: self.path?,
            sealer: self.sealer.as_mut()?,
            congestion: &mut self.congestion,
            now,
        })
    }

    /// A Binding request with valid integrity came over `path`.
    pub(crate) fn handle_stun(
        &mut self,
        now: Instant,
        request: &Verified,
        path: Path,
        crypto: &dyn RTCCrypto,
    ) {
        self.cold.heard = now;
        let first = self.path.is_none();
        if self.cold.route.checked(now, path, request.nominates) {
            self.path = Some(path);
        }
        if first {
            self.cold.dtls.begin(now);
            self.drain_dtls(crypto);
        }
    }

    /// A DTLS datagram came from an address proven by ICE.
    pub(crate) fn handle_dtls(&mut self, now: Instant, datagram: &[u8], crypto: &dyn RTCCrypto) {
        self.cold.dtls.handle(now, datagram);
        self.drain_dtls(crypto);
    }

    /// An SRTCP datagram came; `None` when it is forged, replayed or early.
    pub(crate) fn handle_rtcp(
        &mut self,
        now: Instant,
        path: Path,
        datagram: &[u8],
    ) -> Option<Vec<Feedback>> {
        let compound = self.cold.srtcp.as_mut()?.open(datagram)?;
        self.cold.heard = now;
        self.cold.route.heard(now, path);
        self.cold.dtls.confirm();
        Some(feedback(&compound))
    }

    /// Advances time.
    pub(crate) fn handle_timeout(&mut self, now: Instant, crypto: &dyn RTCCrypto) {
        if now >= self.cold.heard + CONSENT_TIMEOUT {
            self.end(Closed::Timeout);
            return;
        }
        if self.handshake_limit().is_some_and(|at| now >= at) {
            self.end(Closed::Failed);
            return;
        }
        if self.cold.dtls_deadline.is_some_and(|at| at <= now) {
            self.cold.dtls.handle_timeout(now);
            self.drain_dtls(crypto);
        }
    }

    /// Says goodbye and ends.
    pub(crate) fn close(&mut self, crypto: &dyn RTCCrypto) {
        self.cold.dtls.close();
        self.drain_dtls(crypto);
        self.end(Closed::Local);
    }

    pub(crate) fn poll(&mut self) -> Option<Output> {
        self.cold.outputs.pop_front()
    }

    /// When to call [`Viewer::handle_timeout`] (or send reports) next.
    pub(crate) fn deadline(&self) -> Instant {
        let consent = self.cold.heard + CONSENT_TIMEOUT;
        let others = [
            self.cold.dtls_deadline,
            self.cold.report_at,
            self.handshake_limit(),
            self.congestion.deadline(),
        ];
        others
            .into_iter()
            .flatten()
            .min()
            .map_or(consent, |at| at.min(consent))
    }

    /// Time since its offer.
    pub(crate) fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.cold.born)
    }

    /// Who only ever checks holds a place that another could use.
    fn handshake_limit(&self) -> Option<Instant> {
        self.sealer
            .is_none()
            .then_some(self.cold.born + HANDSHAKE_MAX)
    }

    /// A slot began to send: its report must follow soon, because players need it to tell the
    /// media's time.
    pub(crate) fn hasten_report(&mut self, now: Instant) {
        let soon = now + REPORT_FIRST;
        self.cold.report_at = Some(self.cold.report_at.map_or(soon, |at| at.min(soon)));
    }

    /// Whether sender reports are due; plans the next.
    pub(crate) fn take_report(&mut self, now: Instant) -> bool {
        let due = self.cold.report_at.is_some_and(|at| at <= now);
        if due {
            self.cold.report_at = Some(now + REPORT_INTERVAL);
        }
        due
    }

    /// Protects an RTCP compound for this viewer.
    pub(crate) fn seal_rtcp(&mut self, compound: &[u8]) -> Option<Vec<u8>> {
        self.cold.srtcp.as_mut()?.seal(compound)
    }

    /// Whether packet `source` of slot `place` is to be sent again now.
    pub(crate) fn take_repair(&mut self, now: Instant, place: usize, source: u64) -> bool {
        let (estimate, rtt) = (self.congestion.estimate(), self.congestion.round_trip());
        self.cold.repairs.take(now, place, source, estimate, rtt)
    }

    fn drain_dtls(&mut self, crypto: &dyn RTCCrypto) {
        if self.path.is_none() {
            return;
        }
        loop {
            match self.cold.dtls.poll() {
                dtls::Output::Transmit(record) => {
                    self.cold.outputs.push_back(Output::Transmit(record));
                }
                dtls::Output::Timeout(at) => {
                    self.cold.dtls_deadline = Some(at);
                    return;
                }
                dtls::Output::Connected(keys) => {
                    match (Sealer::new(&keys, crypto), Srtcp::new(&keys, crypto)) {
                        (Ok(sealer), Ok(srtcp)) => {
                            self.sealer = Some(sealer);
                            self.cold.srtcp = Some(srtcp);
                            self.cold.outputs.push_back(Output::Connected);
                        }
                        (Err(error), _) | (_, Err(error)) => {
                            tracing::error!(session = self.cold.session.0, %error);
                            return self.end(Closed::Failed);
                        }
                    }
                }
                dtls::Output::Closed => return self.end(Closed::Peer),
                dtls::Output::Failed(why) => {
                    tracing::info!(session = self.cold.session.0, why, "viewer refused");
                    return self.end(Closed::Failed);
                }
            }
        }
    }

    fn end(&mut self, why: Closed) {
        if !self.cold.done {
            self.cold.done = true;
            self.sealer = None;
            self.cold.outputs.push_back(Output::Closed(why));
        }
    }
}
