//! Viewers: real ICE, DTLS and SRTP through the `rtc` crate until the first twenty packets are
//! authenticated and the first picture is whole; from then on packets are only counted, so that
//! the generator is not what is measured. One thread holds them all.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver as Inbound, SyncSender, sync_channel};
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

use crate::bot::picture::{FirstPicture, Piece};
use crate::bot::stream::Stream;
use crate::socket::{self, Inbox};

/// Packets of a viewer that must pass SRTP authentication before the rest is counted.
const AUTHENTICATED: u32 = 20;
/// How often timers of a viewer are looked at while it joins, and later.
const TICK: Duration = Duration::from_millis(20);
const TICK_LATER: Duration = Duration::from_secs(1);
/// Arrivals waiting for the swarm's thread: more than come in one tick.
const ARRIVALS_MAX: usize = 256;
/// Datagram sizes kept for the `sendto` floor.
const SIZES_MAX: usize = 1_000;
/// What the kernel keeps for a viewer while the thread is not scheduled: a whole group of pictures
/// comes at once when one joins. The system may grant less (`net.core.rmem_max`).
const RECEIVE_BUFFER: usize = 4 << 20;
/// One viewer in so many has its packets' arrivals noted.
const NOTED_EVERY: usize = 10;
/// The `rtc` crate nominates a checked pair only at its next check, 200 ms later. Browsers do it
/// at once, so the viewer's clock is put forward by this when a check is answered.
const CHECK_INTERVAL: Duration = Duration::from_millis(201);
/// The token of the waker; viewers count from 0.
const WAKE: Token = Token(usize::MAX);

/// How viewers receive.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Manner {
    /// Joined by UDP GRO: costs the generator less, and the server's kernel too.
    pub joined: bool,
    /// As browsers do: authenticate everything, report, ask for what is missing.
    pub feedback: bool,
}

/// A viewer with its answer, on its way to the swarm.
pub(crate) struct Arrival {
    peer: Peer,
    socket: std::net::UdpSocket,
    /// Before the offer was posted, and when the answer came.
    since: Instant,
    answered: Instant,
}

/// A viewer that has made its offer.
pub(crate) struct Visitor {
    peer: Peer,
    socket: std::net::UdpSocket,
    since: Instant,
}

impl Visitor {
    /// Makes an offer for a viewer of `endpoint`.
    pub(crate) fn new(endpoint: &str, manner: Manner) -> Result<(Visitor, String)> {
        let since = now();
        let socket = socket_to(endpoint)?;
        socket2::SockRef::from(&socket).set_recv_buffer_size(RECEIVE_BUFFER)?;
        if manner.joined {
            socket::join_segments(&socket)?;
        }
        let ability = match manner.feedback {
            true => Receiver::Full,
            false => Receiver::Mute,
        };
        let mut peer = Peer::receiver(since, socket.local_addr()?, ability)?;
        let offer = peer.offer(since)?;
        let visitor = Visitor {
            peer,
            socket,
            since,
        };
        Ok((visitor, offer))
    }

    /// Takes the answer.
    pub(crate) fn answered(mut self, answer: String) -> Result<Arrival> {
        let answered = now();
        self.peer.answer(answered, answer).context("the answer")?;
        self.socket.set_nonblocking(true)?;
        Ok(Arrival {
            peer: self.peer,
            socket: self.socket,
            since: self.since,
            answered,
        })
    }
}

/// An RTP packet's arrival at a noted viewer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Came {
    /// Viewer and SSRC.
    pub stream: (usize, u32),
    /// RTP sequence number.
    pub seq: u16,
    /// Last of its frame.
    pub marker: bool,
    /// When the kernel had it, Unix nanoseconds.
    pub at_ns: u64,
}

/// What one viewer saw in the end.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// From POST to the first authenticated packet.
    pub joined: Option<Duration>,
    /// From the answer to the last packet of the first key frame.
    pub picture: Option<Duration>,
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
    connected: AtomicU64,
    joined: AtomicU64,
    pictures: AtomicU64,
    packets: AtomicU64,
    expected: AtomicU64,
    notes: AtomicBool,
    addresses: Mutex<Vec<SocketAddr>>,
    sizes: Mutex<Vec<usize>>,
    came: Mutex<Vec<Came>>,
}

/// All viewers and their thread.
pub(crate) struct Swarm {
    manner: Manner,
    arrivals: SyncSender<Arrival>,
    waker: Arc<Waker>,
    shared: Arc<Shared>,
    thread: JoinHandle<Vec<Seen>>,
}

impl Swarm {
    /// Starts the thread.
    pub(crate) fn start(manner: Manner) -> Result<Swarm> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKE)?);
        let (arrivals, inbound) = sync_channel(ARRIVALS_MAX);
        let shared = Arc::new(Shared::default());
        let theirs = shared.clone();
        let thread = std::thread::Builder::new()
            .name("viewers".into())
            .spawn(move || {
                Loop {
                    poll,
                    inbound,
                    manner,
                    shared: theirs,
                    viewers: Vec::new(),
                }
                .run()
            })?;
        Ok(Swarm {
            manner,
            arrivals,
            waker,
            shared,
            thread,
        })
    }

    /// Lets one more viewer come: offer, POST, and over to the thread.
    pub(crate) async fn join(&self, http: &Client, endpoint: &str) -> Result<()> {
        let (visitor, offer) = Visitor::new(endpoint, self.manner)?;
        let answer = whip::post(http, endpoint, None, offer).await?.answer;
        self.take(visitor.answered(answer)?)
    }

    /// Lets a viewer come that has its answer.
    pub(crate) fn take(&self, arrival: Arrival) -> Result<()> {
        let address = arrival.socket.local_addr()?;
        self.shared
            .addresses
            .lock()
            .expect("no panics")
            .push(address);
        if self.arrivals.send(arrival).is_err() {
            bail!("the viewers' thread ended");
        }
        Ok(self.waker.wake()?)
    }

    /// How its viewers receive.
    pub(crate) fn manner(&self) -> Manner {
        self.manner
    }

    /// Viewers whose ICE and DTLS are up.
    pub(crate) fn connected(&self) -> u64 {
        self.shared.connected.load(Ordering::Relaxed)
    }

    /// Viewers that have media.
    pub(crate) fn joined(&self) -> u64 {
        self.shared.joined.load(Ordering::Relaxed)
    }

    /// Viewers that have had a whole key frame.
    pub(crate) fn pictures(&self) -> u64 {
        self.shared.pictures.load(Ordering::Relaxed)
    }

    /// Media packets of all viewers.
    pub(crate) fn packets(&self) -> u64 {
        self.shared.packets.load(Ordering::Relaxed)
    }

    /// Media packets that all viewers should have got, by their sequence numbers.
    pub(crate) fn expected(&self) -> u64 {
        self.shared.expected.load(Ordering::Relaxed)
    }

    /// Starts or stops noting when packets come to some of the viewers.
    pub(crate) fn note(&self, notes: bool) {
        self.shared.notes.store(notes, Ordering::Release);
    }

    /// What was noted since the last call.
    pub(crate) fn take_came(&self) -> Vec<Came> {
        std::mem::take(&mut *self.shared.came.lock().expect("no panics"))
    }

    /// Where the viewers listen, and sizes of datagrams they got.
    pub(crate) fn destinations(&self) -> (Vec<SocketAddr>, Vec<usize>) {
        let addresses = self.shared.addresses.lock().expect("no panics").clone();
        let sizes = self.shared.sizes.lock().expect("no panics").clone();
        (addresses, sizes)
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
    inbound: Inbound<Arrival>,
    manner: Manner,
    shared: Arc<Shared>,
    viewers: Vec<Viewer>,
}

impl Loop {
    fn run(mut self) -> Vec<Seen> {
        let mut events = Events::with_capacity(1024);
        let mut inbox = Inbox::new(self.manner.joined);
        let mut tick = now();
        while !self.shared.stop.load(Ordering::Acquire) {
            // An interrupted wait is a wait of zero.
            let _ = self.poll.poll(&mut events, Some(TICK));
            for event in events.iter().filter(|event| event.token() != WAKE) {
                self.viewers[event.token().0].read(&self.shared, &mut inbox);
            }
            while let Ok(arrival) = self.inbound.try_recv() {
                self.take(arrival);
            }
            let time = now();
            if time >= tick {
                tick = time + TICK;
                let due = self.viewers.iter_mut().filter(|viewer| viewer.next <= time);
                due.for_each(|viewer| viewer.tick(&self.shared));
            }
        }
        for viewer in &mut self.viewers {
            viewer.peer.close();
            viewer.flush();
        }
        self.viewers.iter().map(Viewer::seen).collect()
    }

    fn take(&mut self, arrival: Arrival) {
        let number = self.viewers.len();
        if number.is_multiple_of(NOTED_EVERY) {
            socket::stamp_arrivals(&arrival.socket).expect("Linux stamps");
        }
        let mut socket = UdpSocket::from_std(arrival.socket);
        self.poll
            .registry()
            .register(&mut socket, Token(number), Interest::READABLE)
            .expect("a fresh socket can be watched");
        let mut viewer = Viewer {
            number,
            peer: arrival.peer,
            socket,
            since: arrival.since,
            answered: arrival.answered,
            ahead: Duration::ZERO,
            next: arrival.since,
            feedback: self.manner.feedback,
            connected: false,
            authenticated: 0,
            joined: None,
            first: FirstPicture::default(),
            picture: None,
            streams: Vec::new(),
            heard: arrival.since,
        };
        viewer.tick(&self.shared);
        self.viewers.push(viewer);
    }
}

struct Viewer {
    number: usize,
    peer: Peer,
    socket: UdpSocket,
    since: Instant,
    answered: Instant,
    /// How far its clock was put forward.
    ahead: Duration,
    /// When its timers are looked at.
    next: Instant,
    feedback: bool,
    connected: bool,
    authenticated: u32,
    joined: Option<Duration>,
    first: FirstPicture,
    picture: Option<Duration>,
    streams: Vec<Stream>,
    heard: Instant,
}

impl Viewer {
    fn read(&mut self, shared: &Shared, inbox: &mut Inbox) {
        let mut wants_flush = self.feedback;
        loop {
            let more = inbox.receive(&self.socket);
            for message in inbox.messages() {
                for datagram in message.datagrams() {
                    if is_media(datagram) {
                        self.media(message.from, message.at_ns, datagram, shared);
                    } else if datagram.len() > 1 && (datagram[0] < 64 || self.feedback) {
                        self.control(message.from, datagram);
                        wants_flush = true;
                    }
                }
            }
            if !more {
                break;
            }
        }
        if wants_flush {
            self.tick(shared);
        }
    }

    /// STUN (RFC 7983: first octet 0 to 3), DTLS, and RTCP where feedback is wanted.
    fn control(&mut self, from: SocketAddr, datagram: &[u8]) {
        self.peer.handle_datagram(self.time(), from, datagram);
        if datagram[0] < 4 && !self.connected {
            self.ahead += CHECK_INTERVAL;
        }
    }

    fn media(&mut self, from: SocketAddr, at_ns: Option<u64>, datagram: &[u8], shared: &Shared) {
        let Some(header) = datagram.first_chunk::<12>() else {
            return;
        };
        if !self.has_arrived() || self.feedback {
            self.authenticate(from, datagram, shared);
        }
        let seq = u16::from_be_bytes([header[2], header[3]]);
        let ssrc = u32::from_be_bytes([header[8], header[9], header[10], header[11]]);
        let known = self.streams.iter_mut().find(|stream| stream.ssrc == ssrc);
        let grown = match known {
            Some(stream) => stream.count(seq),
            None => {
                self.streams.push(Stream::new(ssrc, seq));
                1
            }
        };
        shared.expected.fetch_add(grown, Ordering::Relaxed);
        self.heard = now();
        if shared.packets.fetch_add(1, Ordering::Relaxed) < SIZES_MAX as u64 {
            shared.sizes.lock().expect("no panics").push(datagram.len());
        }
        if let Some(at_ns) = at_ns.filter(|_| shared.notes.load(Ordering::Acquire)) {
            shared.came.lock().expect("no panics").push(Came {
                stream: (self.number, ssrc),
                seq,
                marker: header[1] & 0x80 != 0,
                at_ns,
            });
        }
    }

    fn authenticate(&mut self, from: SocketAddr, datagram: &[u8], shared: &Shared) {
        self.peer.handle_datagram(self.time(), from, datagram);
        while let Some(packet) = self.peer.poll_packet() {
            self.authenticated += 1;
            self.first.take(Piece {
                payload_type: packet.header.payload_type,
                seq: packet.header.sequence_number,
                rtp_ts: packet.header.timestamp,
                marker: packet.header.marker,
                payload: &packet.payload,
            });
        }
        if self.joined.is_none() && self.authenticated > 0 {
            self.joined = Some(now() - self.since);
            shared.joined.fetch_add(1, Ordering::Relaxed);
        }
        if self.picture.is_none() && self.first.is_complete() {
            self.picture = Some(now() - self.answered);
            shared.pictures.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Whether it has proven that its pictures are real.
    fn has_arrived(&self) -> bool {
        self.authenticated >= AUTHENTICATED && self.picture.is_some()
    }

    fn time(&self) -> Instant {
        now() + self.ahead
    }

    fn tick(&mut self, shared: &Shared) {
        self.peer.handle_timeout(self.time());
        self.flush();
        if !self.connected && self.peer.is_connected() {
            self.connected = true;
            shared.connected.fetch_add(1, Ordering::Relaxed);
        }
        let settled = self.connected && !self.feedback;
        self.next = now() + if settled { TICK_LATER } else { TICK };
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
            picture: self.picture,
            expected: self.streams.iter().map(Stream::expected).sum(),
            received: self.streams.iter().map(|stream| stream.received).sum(),
            heard: self.heard,
        }
    }
}
