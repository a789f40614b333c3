//! One worker's machine and a network in virtual time: datagrams arrive after a delay, or not.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Caller, Wish, origin};
use crate::batch::Batch;
use crate::clock::Now;
use crate::dtls::Identity;
use crate::handle::{Event, Receives, RoomId, SessionId, Source, Stats};
use crate::ingest::{IngestConfig, SharedCert};
use crate::relay::Relay;
use crate::sfu::{Output, Sfu, Shard, id_of};
use crate::stats::Counters;

/// One way through the network.
const DELAY: Duration = Duration::from_millis(20);

/// Time, the machine, its callers, and what is on the wire.
pub(crate) struct World {
    pub sfu: Sfu,
    pub callers: Vec<Caller>,
    /// Every event so far.
    pub events: Vec<Event>,
    /// Whether the network loses the next datagram.
    pub lose: Box<dyn FnMut() -> bool>,
    /// When a datagram of so many bytes sent now to a caller's place arrives, if it does.
    pub route: Box<dyn FnMut(Instant, usize, usize) -> Option<Instant>>,
    /// What the machine told other workers.
    pub relayed: Vec<Relay>,
    /// Callers check their path this often; `None`: only when a test does it.
    pub checks: Option<Duration>,
    /// What the machine sent to addresses where no caller is.
    pub astray: Vec<(SocketAddr, Vec<u8>)>,
    local: SocketAddr,
    now: Instant,
    next_check: Instant,
    counters: Arc<Counters>,
    sessions: u64,
    /// By arrival, then order of sending.
    wire: BTreeMap<(Instant, u64), Datagram>,
    sent: u64,
    batch: Batch,
}

enum Datagram {
    ToServer(SocketAddr, Vec<u8>),
    ToPeer(SocketAddr, Vec<u8>),
}

impl World {
    pub(crate) fn new(local: SocketAddr) -> World {
        let counters = Arc::<Counters>::default();
        let sfu = Sfu::new(Shard {
            worker: 0,
            workers: 1,
            ingest: IngestConfig {
                candidates: vec![local],
                tcp_candidates: Vec::new(),
                worker: 0,
                cert: SharedCert::generate(),
            },
            identity: Identity::generate().unwrap(),
            crypto: rtc_crypto::default_provider().unwrap(),
            counters: counters.clone(),
        });
        World {
            sfu,
            callers: Vec::new(),
            events: Vec::new(),
            lose: Box::new(|| false),
            route: Box::new(|now, _, _| Some(now + DELAY)),
            relayed: Vec::new(),
            checks: Some(Duration::from_millis(500)),
            astray: Vec::new(),
            local,
            now: origin(),
            next_check: origin(),
            counters,
            sessions: 0,
            wire: BTreeMap::new(),
            sent: 0,
            batch: Batch::new(),
        }
    }

    pub(crate) fn now(&self) -> Now {
        let since = self.now - origin();
        Now {
            instant: self.now,
            unix_us: 1_700_000_000_000_000 + since.as_micros() as u64,
        }
    }

    pub(crate) fn stats(&self) -> Stats {
        let mut stats = Stats::default();
        self.counters.add_to(&mut stats);
        stats
    }

    /// Lets a caller in; returns its place and session.
    pub(crate) fn admit(&mut self, wish: Wish, mut caller: Caller) -> (usize, SessionId) {
        self.sessions += 1;
        let session = SessionId(id_of(self.sessions, 0));
        let (now, room, offer) = (self.now(), RoomId("show".into()), caller.offer());
        let accepted = match wish {
            Wish::View => self.sfu.view(now, session, room, &offer, Receives::Slots),
            Wish::Publish => {
                let owner = format!("host/{}", self.sessions);
                self.sfu
                    .publish(now, session, room, Source { owner }, &offer)
            }
        };
        caller.accept(self.now, &accepted.unwrap().answer);
        self.callers.push(caller);
        self.pump();
        (self.callers.len() - 1, session)
    }

    /// Puts a datagram on the wire, from anywhere.
    pub(crate) fn send_from(&mut self, source: SocketAddr, bytes: Vec<u8>) {
        self.put(Datagram::ToServer(source, bytes));
    }

    /// A caller sends a datagram.
    pub(crate) fn send(&mut self, place: usize, bytes: Vec<u8>) {
        self.send_from(self.callers[place].address, bytes);
    }

    fn put(&mut self, datagram: Datagram) {
        if (self.lose)() {
            return;
        }
        let arrival = match &datagram {
            Datagram::ToServer(..) => Some(self.now + DELAY),
            Datagram::ToPeer(to, bytes) => {
                let mut callers = self.callers.iter();
                // An address nobody is at any more is as far away as any.
                match callers.position(|caller| caller.address == *to) {
                    Some(place) => (self.route)(self.now, place, bytes.len()),
                    None => Some(self.now + DELAY),
                }
            }
        };
        if let Some(arrival) = arrival {
            self.sent += 1;
            self.wire.insert((arrival, self.sent), datagram);
        }
    }

    /// Lets time pass.
    pub(crate) fn run(&mut self, time: Duration) {
        self.run_until(time, |_| false);
    }

    /// Lets time pass until it is so; `false`: it never was.
    pub(crate) fn run_until(&mut self, time: Duration, done: impl Fn(&World) -> bool) -> bool {
        let end = self.now + time;
        loop {
            if done(self) {
                return true;
            }
            let checks = self.checks.map(|_| self.next_check);
            let wire = self.wire.keys().next().map(|(at, _)| *at);
            let callers = self.callers.iter().filter_map(Caller::deadline).min();
            let next = [self.sfu.deadline(), callers, wire, checks];
            let Some(next) = next.into_iter().flatten().min().filter(|at| *at < end) else {
                self.now = end;
                return false;
            };
            self.now = self.now.max(next);
            self.step();
        }
    }

    /// Does what is due now.
    fn step(&mut self) {
        if let Some(interval) = self.checks
            && self.next_check <= self.now
        {
            self.next_check = self.now + interval;
            for place in 0..self.callers.len() {
                if !self.callers[place].ended {
                    let check = self.callers[place].check(true);
                    self.send(place, check);
                }
            }
        }
        while let Some(entry) = self.wire.first_entry() {
            if entry.key().0 > self.now {
                break;
            }
            match entry.remove() {
                Datagram::ToServer(source, bytes) => {
                    let now = self.now();
                    self.sfu.handle_datagram(now, source, self.local, &bytes);
                    self.pump();
                }
                Datagram::ToPeer(to, bytes) => {
                    match self.callers.iter_mut().find(|caller| caller.address == to) {
                        Some(caller) => {
                            let first = caller.answers == 0;
                            caller.handle(self.now, &bytes);
                            if first && caller.answers > 0 {
                                // ICE is done: DTLS begins.
                                caller.handle_timeout(self.now);
                            }
                        }
                        None => self.astray.push((to, bytes)),
                    }
                }
            }
        }
        let now = self.now;
        for place in 0..self.callers.len() {
            let caller = &mut self.callers[place];
            if caller.deadline().is_some_and(|at| at <= now) {
                caller.handle_timeout(now);
            }
            for datagram in self.callers[place].take() {
                self.send(place, datagram);
            }
        }
        self.sfu.handle_timeout(self.now());
        self.pump();
    }

    /// Takes what the machine made.
    pub(crate) fn pump(&mut self) {
        loop {
            let now = self.now();
            self.batch.clear();
            let more = self.sfu.transmit(now, &mut self.batch);
            let mut sent = Vec::new();
            for run in self.batch.runs() {
                let bytes = self.batch.bytes(run);
                sent.extend(
                    bytes
                        .chunks(run.segment)
                        .map(|datagram| Datagram::ToPeer(run.path.remote, datagram.to_vec())),
                );
            }
            for datagram in sent {
                self.put(datagram);
            }
            if !more {
                break;
            }
        }
        while let Some(output) = self.sfu.poll() {
            match output {
                Output::Event(event) => self.events.push(event),
                Output::Relay(_, message) => self.relayed.push(message),
            }
        }
    }
}
