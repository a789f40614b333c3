//! Viewers: real ICE, DTLS and SRTP through the `rtc` crate until the first twenty packets are
//! authenticated; from then on packets are only counted, so that the generator is not what is
//! measured. One thread holds them all.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver as Inbox, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ::tests::peer::{Peer, Receiver};
use ::tests::session::{is_media, socket_to};
use ::tests::wait::now;
use ::tests::whip;
use anyhow::{Context as _, Result, bail};
use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token, Waker};
use reqwest::Client;

/// Packets of a viewer that must pass SRTP authentication before the rest is counted.
const AUTHENTICATED: u32 = 20;
/// How often timers of all viewers are looked at.
const TICK: Duration = Duration::from_millis(20);
/// Arrivals waiting for the swarm's thread: more than come in one tick.
const ARRIVALS_MAX: usize = 256;
/// Datagram sizes kept for the `sendto` floor.
const SIZES_MAX: usize = 1_000;
/// What the kernel keeps for a viewer while the thread is not scheduled: a whole group of pictures
/// comes at once when one joins. The system may grant less (`net.core.rmem_max`).
const RECEIVE_BUFFER: usize = 4 << 20;
/// The token of the waker; viewers count from 0.
const WAKE: Token = Token(usize::MAX);

/// One stream of a viewer.
#[derive(Debug, Clone, Copy)]
struct Stream {
    first: u64,
    last: u64,
    received: u64,
}

impl Stream {
    fn new(seq: u16) -> Stream {
        let first = 1 << 32 | u64::from(seq);
        Stream {
            first,
            last: first,
            received: 1,
        }
    }

    fn count(&mut self, seq: u16) {
        let step = seq.wrapping_sub(self.last as u16) as i16;
        let seq = self.last.wrapping_add_signed(step.into());
        self.first = self.first.min(seq);
        self.last = self.last.max(seq);
        self.received += 1;
    }

    fn expected(&self) -> u64 {
        self.last - self.first + 1
    }
}

/// A viewer with its answer, on its way to the swarm.
struct Arrival {
    peer: Peer,
    socket: std::net::UdpSocket,
    since: Instant,
}

struct Viewer {
    peer: Peer,
    socket: UdpSocket,
    since: Instant,
    authenticated: u32,
    joined: Option<Duration>,
    streams: HashMap<u32, Stream>,
    heard: Instant,
}

/// What one viewer saw in the end.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// From POST to the first authenticated packet.
    pub joined: Option<Duration>,
    /// Packets by sequence numbers.
    pub expected: u64,
    /// Packets that came.
    pub received: u64,
    /// When the last one came.
    pub heard: Instant,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    joined: AtomicU64,
    packets: AtomicU64,
    addresses: Mutex<Vec<SocketAddr>>,
    sizes: Mutex<Vec<usize>>,
}

/// All viewers and their thread.
pub(crate) struct Swarm {
    arrivals: SyncSender<Arrival>,
    waker: Arc<Waker>,
    shared: Arc<Shared>,
    thread: JoinHandle<Vec<Seen>>,
}

impl Swarm {
    /// Starts the thread.
    pub(crate) fn start() -> Result<Swarm> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKE)?);
        let (arrivals, inbox) = sync_channel(ARRIVALS_MAX);
        let shared = Arc::new(Shared::default());
        let theirs = shared.clone();
        let thread = std::thread::Builder::new()
            .name("viewers".into())
            .spawn(move || {
                Loop {
                    poll,
                    inbox,
                    shared: theirs,
                    viewers: Vec::new(),
                }
                .run()
            })?;
        Ok(Swarm {
            arrivals,
            waker,
            shared,
            thread,
        })
    }

    /// Lets one more viewer come: offer, POST, and over to the thread.
    pub(crate) async fn join(&self, http: &Client, endpoint: &str) -> Result<()> {
        let since = now();
        let socket = socket_to(endpoint)?;
        socket2::SockRef::from(&socket).set_recv_buffer_size(RECEIVE_BUFFER)?;
        let mut peer = Peer::receiver(since, socket.local_addr()?, Receiver::Mute)?;
        let offer = peer.offer(since)?;
        let answer = whip::post(http, endpoint, None, offer).await?.answer;
        peer.answer(now(), answer).context("the WHEP answer")?;
        socket.set_nonblocking(true)?;
        self.shared
            .addresses
            .lock()
            .expect("no panics")
            .push(socket.local_addr()?);
        if self
            .arrivals
            .send(Arrival {
                peer,
                socket,
                since,
            })
            .is_err()
        {
            bail!("the viewers' thread ended");
        }
        Ok(self.waker.wake()?)
    }

    /// Viewers that have pictures.
    pub(crate) fn joined(&self) -> u64 {
        self.shared.joined.load(Ordering::Relaxed)
    }

    /// Media packets of all viewers.
    pub(crate) fn packets(&self) -> u64 {
        self.shared.packets.load(Ordering::Relaxed)
    }

    /// Where the viewers listen, and sizes of datagrams they got.
    pub(crate) fn destinations(&self) -> (Vec<SocketAddr>, Vec<usize>) {
        let addresses = self.shared.addresses.lock().expect("no panics").clone();
        (
            addresses,
            self.shared.sizes.lock().expect("no panics").clone(),
        )
    }

    /// Sends everybody home.
    pub(crate) fn stop(self) -> Result<Vec<Seen>> {
        self.shared.stop.store(true, Ordering::Release);
        self.waker.wake()?;
        Ok(self
            .thread
            .join()
            .expect("the viewers' thread does not panic"))
    }
}

/// The swarm's thread.
struct Loop {
    poll: Poll,
    inbox: Inbox<Arrival>,
    shared: Arc<Shared>,
    viewers: Vec<Viewer>,
}

impl Loop {
    fn run(mut self) -> Vec<Seen> {
        let mut events = Events::with_capacity(1024);
        let mut buffer = [0; 2048];
        let mut tick = now();
        while !self.shared.stop.load(Ordering::Acquire) {
            // An interrupted wait is a wait of zero.
            let _ = self.poll.poll(&mut events, Some(TICK));
            for event in events.iter().filter(|event| event.token() != WAKE) {
                self.viewers[event.token().0].read(&self.shared, &mut buffer);
            }
            while let Ok(arrival) = self.inbox.try_recv() {
                self.take(arrival);
            }
            if now() >= tick {
                tick = now() + TICK;
                self.viewers.iter_mut().for_each(Viewer::tick);
            }
        }
        for viewer in &mut self.viewers {
            viewer.peer.close();
            viewer.flush();
        }
        self.viewers.iter().map(Viewer::seen).collect()
    }

    fn take(&mut self, arrival: Arrival) {
        let mut socket = UdpSocket::from_std(arrival.socket);
        let token = Token(self.viewers.len());
        self.poll
            .registry()
            .register(&mut socket, token, Interest::READABLE)
            .expect("a fresh socket can be watched");
        let mut viewer = Viewer {
            peer: arrival.peer,
            socket,
            since: arrival.since,
            authenticated: 0,
            joined: None,
            streams: HashMap::new(),
            heard: arrival.since,
        };
        viewer.tick();
        self.viewers.push(viewer);
    }
}

impl Viewer {
    fn read(&mut self, shared: &Shared, buffer: &mut [u8]) {
        let mut wants_flush = false;
        while let Ok((len, from)) = self.socket.recv_from(buffer) {
            let datagram = &buffer[..len];
            if is_media(datagram) {
                self.media(from, datagram, shared);
            } else if datagram.first().is_some_and(|octet| *octet < 64) && len > 1 {
                self.peer.handle_datagram(now(), from, datagram);
                wants_flush = true;
            }
        }
        if wants_flush {
            self.tick();
        }
    }

    fn media(&mut self, from: SocketAddr, datagram: &[u8], shared: &Shared) {
        let Some(header) = datagram.first_chunk::<12>() else {
            return;
        };
        if self.authenticated < AUTHENTICATED {
            self.peer.handle_datagram(now(), from, datagram);
            while self.peer.poll_packet().is_some() {
                self.authenticated += 1;
            }
            if self.joined.is_none() && self.authenticated > 0 {
                self.joined = Some(now() - self.since);
                shared.joined.fetch_add(1, Ordering::Relaxed);
            }
        }
        let seq = u16::from_be_bytes([header[2], header[3]]);
        let ssrc = u32::from_be_bytes([header[8], header[9], header[10], header[11]]);
        let stream = self.streams.entry(ssrc);
        stream
            .and_modify(|stream| stream.count(seq))
            .or_insert_with(|| Stream::new(seq));
        self.heard = now();
        if shared.packets.fetch_add(1, Ordering::Relaxed) < SIZES_MAX as u64 {
            shared.sizes.lock().expect("no panics").push(datagram.len());
        }
    }

    fn tick(&mut self) {
        self.peer.handle_timeout(now());
        self.flush();
    }

    fn flush(&mut self) {
        while let Some((to, data)) = self.peer.poll_datagram() {
            // A full socket loses the datagram, as a network would.
            let _ = self.socket.send_to(&data, to);
        }
    }

    fn seen(&self) -> Seen {
        Seen {
            // Not authenticated to the end means that the pictures were not real.
            joined: self.joined.filter(|_| self.authenticated >= AUTHENTICATED),
            expected: self.streams.values().map(Stream::expected).sum(),
            received: self.streams.values().map(|stream| stream.received).sum(),
            heard: self.heard,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_and_wraps_are_counted() {
        let mut stream = Stream::new(65_534);
        for seq in [65_535, 1, 0, 4] {
            stream.count(seq);
        }
        assert_eq!((stream.expected(), stream.received), (7, 5));
    }
}
