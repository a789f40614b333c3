//! Behind [`crate::Media`]: the workers, which of them takes a session, and how requests reach
//! them.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

use crate::driver::mailbox::{Command, CommandSender, Reply, Shown, mailbox};
use crate::driver::socket::{Socket, interface_addresses};
use crate::driver::tcp::{Gate, streams};
use crate::driver::worker::Worker;
use crate::dtls::Identity;
use crate::handle::{
    Event, Invitation, LayerChoice, MediaConfig, OfferError, Patched, Reach, Receives, RoomId,
    Session, SessionId, SlotLayers, Source, StartError, Stats, TapPacket, TrackId, Wanted,
};
use crate::ingest::{IngestConfig, SharedCert};
use crate::limits::{EVENTS_MAX, SOCKET_BUFFER_BYTES, WORKERS_MAX};
use crate::reach::probe;
use crate::sfu::{Shard, id_of, worker_of};
use crate::stats::Counters;

/// The running workers.
pub(crate) struct Plane {
    workers: Vec<Reached>,
    sessions_made: AtomicU64,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// What the self-test knows before it tries.
    reach: Reach,
    /// Dropped, it ends the TCP thread.
    gate: Mutex<Option<oneshot::Sender<()>>>,
}

/// A worker as seen from outside.
struct Reached {
    commands: CommandSender,
    counters: Arc<Counters>,
}

impl Plane {
    pub(crate) fn start(
        config: &MediaConfig,
    ) -> Result<(Plane, mpsc::Receiver<Event>), StartError> {
        check(config)?;
        let addresses = candidate_addresses(config)?;
        let identity = Identity::generate().map_err(|error| system("DTLS", &error))?;
        let crypto = rtc_crypto::default_provider().map_err(|error| system("crypto", &error))?;
        let cert = SharedCert::generate();
        let (events_in, events) = mpsc::channel(EVENTS_MAX);
        let mut gate = bind_tcp(config)?;
        let tcp_port = gate.as_ref().map(Gate::port);
        let at_port = |port: u16| -> Vec<SocketAddr> {
            let addresses = addresses.iter();
            addresses.map(|ip| SocketAddr::new(*ip, port)).collect()
        };
        let (mut mailboxes, mut reached, mut relays) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..config.workers {
            let (mailbox, commands, relay) =
                mailbox().map_err(|error| system("cannot make a wake-up pipe", &error))?;
            mailboxes.push(mailbox);
            relays.push(relay);
            reached.push(Reached {
                commands,
                counters: Arc::default(),
            });
        }
        let mut reach = untried(tcp_port.map(at_port).unwrap_or_default());
        let mut workers = Vec::new();
        for (number, mailbox) in mailboxes.into_iter().enumerate() {
            let socket = bind(config, number)?;
            let (stream_sender, streams) = streams(reached[number].commands.waker());
            if let Some(gate) = &mut gate {
                gate.add_worker(stream_sender);
            }
            let candidates = at_port(socket.local_addr().port());
            reach.udp.extend(candidates.iter().map(|at| (*at, false)));
            (reach.receive_buffer, reach.send_buffer) = socket.buffers();
            let shard = Shard {
                worker: number,
                workers: config.workers,
                ingest: IngestConfig {
                    candidates,
                    tcp_candidates: tcp_port.map(at_port).unwrap_or_default(),
                    worker: number,
                    cert: cert.clone(),
                },
                identity: identity.clone(),
                crypto: crypto.clone(),
                counters: reached[number].counters.clone(),
            };
            workers.push(Worker::new(
                socket,
                mailbox,
                streams,
                relays.clone(),
                events_in.clone(),
                shard,
            ));
        }
        // Threads start only when every port is bound, so that an error leaves nothing behind.
        let (stop_gate, stopped) = oneshot::channel();
        let threads = spawn(workers, gate, stopped)
            .map_err(|error| system("cannot start a thread", &error))?;
        let plane = Plane {
            workers: reached,
            sessions_made: AtomicU64::new(0),
            threads: threads.into(),
            reach,
            gate: Some(stop_gate).into(),
        };
        Ok((plane, events))
    }

    pub(crate) async fn publish(
        &self,
        room: RoomId,
        source: Source,
        offer: String,
    ) -> Result<Session, OfferError> {
        let session = self.next_session(|counters| &counters.publishers);
        self.ask(session, |reply| {
            Command::Publish(session, room, source, offer, reply)
        })
        .await?
    }

    pub(crate) async fn view(
        &self,
        room: RoomId,
        offer: String,
        receives: Receives,
    ) -> Result<Session, OfferError> {
        let session = self.next_session(|counters| &counters.viewers);
        self.ask(session, |reply| {
            Command::View(session, room, offer, receives, reply)
        })
        .await?
    }

    pub(crate) async fn invite(&self) -> Result<Invitation, OfferError> {
        let session = self.next_session(|counters| &counters.viewers);
        self.ask(session, |reply| Command::Invite(session, reply))
            .await
    }

    pub(crate) async fn accept(
        &self,
        room: RoomId,
        invitation: Invitation,
        answer: String,
    ) -> Result<Session, OfferError> {
        let (session, invitation) = (invitation.id, Box::new(invitation));
        self.ask(session, |reply| {
            Command::Accept(room, invitation, answer, reply)
        })
        .await?
    }

    pub(crate) async fn patch(
        &self,
        session: SessionId,
        fragment: String,
    ) -> Result<Patched, OfferError> {
        self.ask(session, |reply| Command::Patch(session, fragment, reply))
            .await?
    }

    pub(crate) async fn assign(
        &self,
        viewer: SessionId,
        mid: String,
        track: Option<TrackId>,
    ) -> Result<(), OfferError> {
        self.ask(viewer, |reply| Command::Assign(viewer, mid, track, reply))
            .await?
    }

    pub(crate) async fn slots(&self, viewer: SessionId) -> Result<Shown, OfferError> {
        self.ask(viewer, |reply| Command::Slots(viewer, reply))
            .await?
    }

    pub(crate) async fn select_layer(
        &self,
        viewer: SessionId,
        mid: String,
        choice: LayerChoice,
    ) -> Result<(), OfferError> {
        self.ask(viewer, |reply| {
            Command::SelectLayer(viewer, mid, choice, reply)
        })
        .await?
    }

    pub(crate) async fn want(
        &self,
        viewer: SessionId,
        mid: String,
        wanted: Wanted,
    ) -> Result<(), OfferError> {
        self.ask(viewer, |reply| Command::Want(viewer, mid, wanted, reply))
            .await?
    }

    pub(crate) async fn layers(&self, viewer: SessionId) -> Result<Vec<SlotLayers>, OfferError> {
        self.ask(viewer, |reply| Command::Layers(viewer, reply))
            .await?
    }

    pub(crate) async fn close(&self, session: SessionId) {
        // A worker that has ended has closed its sessions.
        let _ = self
            .ask(session, |reply| Command::Close(session, reply))
            .await;
    }

    pub(crate) async fn tap(&self, room: &RoomId, tap: &mpsc::Sender<TapPacket>) {
        // The room's publishers may be on any worker, and later ones on others.
        for worker in &self.workers {
            let _ = worker
                .commands
                .send(Command::Tap(room.clone(), tap.clone()))
                .await;
        }
    }

    pub(crate) async fn self_test(&self) -> Reach {
        let addresses: Vec<_> = self.reach.udp.iter().map(|(address, _)| *address).collect();
        let counters: Vec<_> = self.workers.iter().map(|w| w.counters.clone()).collect();
        let dropped = move || {
            let dropped = counters.iter().map(|c| c.dropped_malformed.load(Relaxed));
            dropped.sum()
        };
        let probed = tokio::task::spawn_blocking(move || probe(&addresses, dropped)).await;
        Reach {
            // An error means that the runtime is ending.
            udp: probed.unwrap_or_default(),
            ..self.reach.clone()
        }
    }

    pub(crate) fn stats(&self) -> Stats {
        let mut stats = Stats::default();
        for worker in &self.workers {
            worker.counters.add_to(&mut stats);
        }
        stats
    }

    pub(crate) async fn shutdown(&self) {
        for worker in &self.workers {
            // An error means that it has stopped already.
            let _ = worker.commands.send(Command::Stop).await;
        }
        // Goodbyes on their way out pass the TCP thread before it ends.
        drop(self.gate.lock().expect("never held over a panic").take());
        let threads = std::mem::take(&mut *self.threads.lock().expect("never held over a panic"));
        let joined = tokio::task::spawn_blocking(move || {
            for thread in threads {
                if thread.join().is_err() {
                    tracing::error!("a media worker had panicked");
                }
            }
        });
        let _ = joined.await;
    }

    /// The least busy worker takes the next session; equals take turns.
    fn next_session(&self, load: impl Fn(&Counters) -> &AtomicU64) -> SessionId {
        let n = self.sessions_made.fetch_add(1, Relaxed) + 1;
        let count = self.workers.len();
        let turns = (0..count).map(|turn| (n as usize + turn) % count);
        let least = turns.min_by_key(|worker| load(&self.workers[*worker].counters).load(Relaxed));
        SessionId(id_of(n, least.expect("there is at least one worker")))
    }

    async fn ask<T>(
        &self,
        session: SessionId,
        command: impl FnOnce(Reply<T>) -> Command,
    ) -> Result<T, OfferError> {
        let worker = self
            .workers
            .get(worker_of(session.0))
            .ok_or(OfferError::NoSession)?;
        let (reply, answer) = oneshot::channel();
        worker.commands.send(command(reply)).await?;
        answer.await.map_err(|_| OfferError::Stopping)
    }
}

impl Drop for Plane {
    fn drop(&mut self) {
        for worker in &self.workers {
            worker.commands.stop();
        }
    }
}

/// The system refused what every start needs.
fn system(what: &str, error: &dyn std::fmt::Display) -> StartError {
    StartError::Config(format!("{what}: {error}"))
}

/// What is known of the plane's reach before the self-test.
fn untried(tcp: Vec<SocketAddr>) -> Reach {
    Reach {
        tcp,
        gso: Socket::segmentation_works(),
        buffer_wanted: SOCKET_BUFFER_BYTES,
        ..Reach::default()
    }
}

fn spawn(
    workers: Vec<Worker>,
    gate: Option<Gate>,
    stop_gate: oneshot::Receiver<()>,
) -> std::io::Result<Vec<JoinHandle<()>>> {
    let mut threads = Vec::new();
    for (number, worker) in workers.into_iter().enumerate() {
        threads.push(worker.spawn(number)?);
    }
    if let Some(gate) = gate {
        threads.push(gate.spawn(stop_gate)?);
    }
    Ok(threads)
}

fn check(config: &MediaConfig) -> Result<(), StartError> {
    let workers = config.workers;
    if workers == 0 || workers > WORKERS_MAX {
        return Err(StartError::Config(format!(
            "workers must be 1 to {WORKERS_MAX}, not {workers}"
        )));
    }
    if config.port != 0 && usize::from(config.port) + workers - 1 > usize::from(u16::MAX) {
        return Err(StartError::Config(format!(
            "{workers} workers need the ports from {} on, and there are not so many",
            config.port
        )));
    }
    Ok(())
}

fn bind(config: &MediaConfig, number: usize) -> Result<Socket, StartError> {
    let port = if config.port == 0 {
        0
    } else {
        config.port + number as u16
    };
    Socket::bind(SocketAddr::new(config.bind, port)).map_err(|source| StartError::Bind {
        address: config.bind,
        port,
        source,
    })
}

fn bind_tcp(config: &MediaConfig) -> Result<Option<Gate>, StartError> {
    let Some(port) = config.tcp_port else {
        return Ok(None);
    };
    let gate = Gate::bind(SocketAddr::new(config.bind, port));
    gate.map(Some).map_err(|source| StartError::BindTcp {
        address: config.bind,
        port,
        source,
    })
}

fn candidate_addresses(config: &MediaConfig) -> Result<Vec<IpAddr>, StartError> {
    if !config.public_addresses.is_empty() {
        return Ok(config.public_addresses.clone());
    }
    if !config.bind.is_unspecified() {
        return Ok(vec![config.bind]);
    }
    let mut addresses = interface_addresses()
        .map_err(|error| StartError::Config(format!("cannot list network interfaces: {error}")))?;
    addresses.retain(|ip| config.bind.is_ipv6() || ip.is_ipv4());
    if addresses.is_empty() {
        return Err(StartError::Config(
            "this host has no network address; name one as public address".to_owned(),
        ));
    }
    Ok(addresses)
}
