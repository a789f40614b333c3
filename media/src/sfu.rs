//! One worker's shard of all rooms: publishers, tracks, viewers and their slots. A machine:
//! the worker hands it datagrams, requests and time, then drains what it wants done.
//!
//! Invariant: after each round of inputs the caller calls [`Sfu::transmit`] at least once, again
//! before it waits until that answers `false`, and [`Sfu::poll`] until it answers `None`. A frame
//! may be half served when the next input comes.

mod allocate;
mod congestion;
mod control;
mod forward;
mod inbound;
mod layers;
mod publishing;
mod relaying;
mod restart;
mod slots;

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use rtc_crypto::RTCCryptoProvider;
use slab::Slab;
use tokio::sync::mpsc;

use crate::batch::{Path, Proto};
use crate::clock::Now;
use crate::demux::Demux;
use crate::downtrack::Downtrack;
use crate::dtls::Identity;
use crate::handle::{Event, RoomId, SessionId, Source, TapPacket, TrackId};
use crate::ingest::{Ingest, IngestConfig, IngestTrack};
use crate::relay::Relay;
use crate::route::Route;
use crate::stats::Counters;
use crate::timers::{Timer, Timers};
use crate::uptrack::Uptrack;
use crate::viewer::Viewer;

use forward::Outbound;

/// What the machine wants told to others.
#[derive(Debug)]
pub(crate) enum Output {
    /// To the application.
    Event(Event),
    /// To another worker.
    Relay(usize, Relay),
}

/// What a worker is given at its start.
pub(crate) struct Shard {
    /// This worker's number.
    pub worker: usize,
    /// How many there are.
    pub workers: usize,
    /// This worker's candidates.
    pub ingest: IngestConfig,
    /// Certificate of the viewer plane.
    pub identity: Identity,
    /// Crypto of rtc-stun and rtc-srtp.
    pub crypto: Arc<dyn RTCCryptoProvider>,
    /// This worker's counters.
    pub counters: Arc<Counters>,
}

/// The worker's number in an id, its lowest byte.
pub(crate) fn worker_of(id: u64) -> usize {
    (id & 0xff) as usize
}

/// The n-th id of a worker.
pub(crate) fn id_of(n: u64, worker: usize) -> u64 {
    (n << 8) | worker as u64
}

#[derive(Default)]
struct Room {
    /// In publish order.
    tracks: Vec<TrackId>,
    viewers: Vec<usize>,
    tap: Option<mpsc::Sender<TapPacket>>,
}

impl Room {
    fn is_empty(&self) -> bool {
        self.tracks.is_empty() && self.viewers.is_empty() && self.tap.is_none()
    }
}

struct Publisher {
    room: RoomId,
    source: Source,
    ingest: Ingest,
    tracks: HashMap<IngestTrack, TrackId>,
    scheduled: Option<Instant>,
    /// Our address it last spoke to.
    local: IpAddr,
    /// Where it is.
    route: Route,
}

/// A track and the earliest deadline the timers hold for it.
struct Track {
    up: Uptrack,
    scheduled: Option<Instant>,
}

/// The shard.
pub(crate) struct Sfu {
    shard: Shard,
    demux: Demux,
    publishers: HashMap<SessionId, Publisher>,
    viewers: Slab<Viewer>,
    sessions: HashMap<SessionId, usize>,
    downtracks: Slab<Downtrack>,
    tracks: HashMap<TrackId, Track>,
    rooms: HashMap<RoomId, Room>,
    timers: Timers,
    outbound: Outbound,
    outputs: VecDeque<Output>,
    tracks_made: u64,
}

impl Sfu {
    pub(crate) fn new(shard: Shard) -> Sfu {
        Sfu {
            shard,
            demux: Demux::default(),
            publishers: HashMap::new(),
            viewers: Slab::new(),
            sessions: HashMap::new(),
            downtracks: Slab::new(),
            tracks: HashMap::new(),
            rooms: HashMap::new(),
            timers: Timers::default(),
            outbound: Outbound::default(),
            outputs: VecDeque::new(),
            tracks_made: 0,
        }
    }

    /// The next thing to tell others.
    pub(crate) fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`Sfu::handle_timeout`] next.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.timers.deadline()
    }

    /// Advances time.
    pub(crate) fn handle_timeout(&mut self, now: Now) {
        while let Some(timer) = self.timers.pop(now.instant) {
            match timer {
                Timer::Publisher(session) => {
                    if let Some(publisher) = self.publishers.get_mut(&session) {
                        publisher.scheduled = None;
                        publisher.ingest.handle_timeout(now.instant);
                        self.pump_publisher(now, session);
                    }
                }
                Timer::Viewer(index, session) => {
                    if self.sessions.get(&session) == Some(&index) {
                        self.wake_viewer(now, index);
                    }
                }
                Timer::Track(track) => self.wake_track(now, track),
                Timer::Replay => self.outbound.wake_replays(),
            }
        }
    }

    fn crypto(&self) -> Arc<dyn RTCCryptoProvider> {
        self.shard.crypto.clone()
    }

    fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    /// Tells every other worker.
    fn broadcast(&mut self, message: &Relay) {
        for worker in (0..self.shard.workers).filter(|worker| *worker != self.shard.worker) {
            self.outputs
                .push_back(Output::Relay(worker, message.clone()));
        }
    }

    fn send(&mut self, path: Path, datagram: Vec<u8>) {
        self.outbound.control.push_back((path, datagram));
    }

    fn schedule_viewer(&mut self, index: usize) {
        let viewer = &mut self.viewers[index];
        let deadline = Some(viewer.deadline());
        let timer = Timer::Viewer(index, viewer.cold.session);
        self.timers
            .schedule(&mut viewer.cold.scheduled, deadline, timer);
    }

    fn schedule_track(&mut self, id: TrackId) {
        if let Some(track) = self.tracks.get_mut(&id) {
            let deadline = track.up.deadline();
            self.timers
                .schedule(&mut track.scheduled, deadline, Timer::Track(id));
        }
    }

    /// The candidate a datagram was meant for: behind a NAT our own address is none of them, and
    /// the first of its family stands for it.
    fn destination(&self, local: SocketAddr, proto: Proto) -> SocketAddr {
        let ingest = &self.shard.ingest;
        let candidates = || match proto {
            Proto::Udp => ingest.candidates.iter(),
            Proto::Tcp => ingest.tcp_candidates.iter(),
        };
        let exact = candidates().find(|candidate| **candidate == local);
        let family = || candidates().find(|candidate| candidate.is_ipv4() == local.is_ipv4());
        exact.or_else(family).copied().unwrap_or(local)
    }
}

#[cfg(test)]
mod tests;
