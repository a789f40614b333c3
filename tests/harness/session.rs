//! Peers with a socket and a thread: [`Publisher`] sends the feed by WHIP, [`Player`] plays by
//! WHEP and counts what it was given.

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use reqwest::Client;

use crate::feed::Feed;
use crate::peer::{Peer, Receiver};
use crate::wait::now;
use crate::whip::{self, Resource};

/// Longest time from answer to connected.
const CONNECT: Duration = Duration::from_secs(20);
/// Longest sleep of a peer's thread, so that it notices that it shall stop.
const NAP: Duration = Duration::from_millis(5);

/// Runs a future to its end on a runtime of its own, for code outside of tokio.
///
/// # Errors
/// Those of the future.
pub fn block_on<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(future)
}

/// A publisher of the feed.
#[derive(Debug)]
pub struct Publisher {
    shared: Arc<Sent>,
    thread: Option<JoinHandle<()>>,
    resource: Resource,
}

/// What a publisher has done.
#[derive(Debug, Default)]
struct Sent {
    stop: AtomicBool,
    connected: AtomicBool,
    packets: AtomicU64,
}

impl Publisher {
    /// Publishes to a WHIP endpoint; returns when connected.
    ///
    /// # Errors
    /// When the endpoint refuses or the connection does not come up.
    pub async fn start(http: &Client, endpoint: &str, token: Option<&str>) -> Result<Publisher> {
        let socket = socket_to(endpoint)?;
        let mut peer = Peer::publisher(now(), socket.local_addr()?)?;
        let offer = peer.offer(now())?;
        let resource = whip::post(http, endpoint, token, offer).await?;
        peer.answer(now(), resource.answer.clone())
            .context("the WHIP answer")?;
        let shared = Arc::new(Sent::default());
        let mine = shared.clone();
        let thread = std::thread::Builder::new()
            .name("publisher".into())
            .spawn(move || publish(&socket, peer, &mine))?;
        let mut publisher = Publisher {
            shared,
            thread: Some(thread),
            resource,
        };
        let end = now() + CONNECT;
        while !publisher.shared.connected.load(Ordering::Acquire) {
            if now() > end
                || publisher
                    .thread
                    .as_ref()
                    .is_none_or(JoinHandle::is_finished)
            {
                publisher.stop();
                bail!("the publisher did not connect within {CONNECT:?}");
            }
            tokio::time::sleep(NAP).await;
        }
        Ok(publisher)
    }

    /// Media packets sent so far.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.shared.packets.load(Ordering::Relaxed)
    }

    /// The accepted session, e.g. to DELETE it.
    #[must_use]
    pub fn resource(&self) -> &Resource {
        &self.resource
    }

    /// Stops sending, with a goodbye.
    pub fn stop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.stop();
    }
}

fn publish(socket: &UdpSocket, mut peer: Peer, shared: &Sent) {
    let mut feed = Feed::new();
    let mut start: Option<Instant> = None;
    let mut buffer = [0; 2048];
    while !shared.stop.load(Ordering::Acquire) && !peer.is_failed() {
        if start.is_none() && peer.is_connected() {
            start = Some(now());
            shared.connected.store(true, Ordering::Release);
        }
        if let Some(start) = start {
            for due in feed.due(now() - start) {
                if peer.send(now(), due).is_ok() {
                    shared.packets.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        let next = start.map(|start| start + feed.next_due());
        turn(socket, &mut peer, next, &mut buffer, |_| true);
    }
    peer.close();
    flush(socket, &mut peer);
}

/// What a player was given.
#[derive(Debug, Clone, Default)]
pub struct Received {
    /// Connected at all.
    pub connected: bool,
    /// By payload type, then by extended sequence number: how often, with the payload's length.
    pub packets: BTreeMap<u8, BTreeMap<u64, (u32, usize)>>,
    /// First payload octets by payload type, to see what a stream starts with.
    pub first: BTreeMap<u8, Vec<u8>>,
    /// Time from start to the first media packet.
    pub first_after: Option<Duration>,
    /// Datagrams thrown away on purpose.
    pub dropped: u64,
}

impl Received {
    /// Packets of all streams.
    #[must_use]
    pub fn total(&self) -> usize {
        self.packets.values().map(BTreeMap::len).sum()
    }

    /// Numbers missing between a stream's first and last packet.
    #[must_use]
    pub fn gaps(&self) -> u64 {
        let gaps = self.packets.values().filter_map(|seqs| {
            let (first, last) = (seqs.keys().next()?, seqs.keys().last()?);
            Some(last - first + 1 - seqs.len() as u64)
        });
        gaps.sum()
    }
}

/// A player of one show.
#[derive(Debug)]
pub struct Player {
    received: Arc<Mutex<Received>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    resource: Resource,
}

impl Player {
    /// Plays a WHEP endpoint; every `drop_every`th media datagram is thrown away (0: none).
    ///
    /// # Errors
    /// When the endpoint refuses.
    pub async fn start(
        http: &Client,
        endpoint: &str,
        ability: Receiver,
        drop_every: u64,
    ) -> Result<Player> {
        let start = now();
        let socket = socket_to(endpoint)?;
        let mut peer = Peer::receiver(start, socket.local_addr()?, ability)?;
        let offer = peer.offer(now())?;
        let resource = whip::post(http, endpoint, None, offer).await?;
        peer.answer(now(), resource.answer.clone())
            .context("the WHEP answer")?;
        let received = Arc::new(Mutex::new(Received::default()));
        let stop = Arc::new(AtomicBool::new(false));
        let (theirs, ended) = (received.clone(), stop.clone());
        let thread = std::thread::Builder::new()
            .name("player".into())
            .spawn(move || play(&socket, peer, start, drop_every, &theirs, &ended))?;
        Ok(Player {
            received,
            stop,
            thread: Some(thread),
            resource,
        })
    }

    /// A copy of what was received so far.
    #[must_use]
    pub fn received(&self) -> Received {
        self.received
            .lock()
            .expect("the player's thread does not panic")
            .clone()
    }

    /// The accepted session.
    #[must_use]
    pub fn resource(&self) -> &Resource {
        &self.resource
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn play(
    socket: &UdpSocket,
    mut peer: Peer,
    start: Instant,
    drop_every: u64,
    received: &Mutex<Received>,
    stop: &AtomicBool,
) {
    let mut buffer = [0; 2048];
    let mut media = 0_u64;
    while !stop.load(Ordering::Acquire) && !peer.is_failed() {
        let mut dropped = 0;
        turn(socket, &mut peer, None, &mut buffer, |datagram| {
            if !is_media(datagram) {
                return true;
            }
            media += 1;
            let drop = drop_every > 0 && media.is_multiple_of(drop_every);
            dropped += u64::from(drop);
            !drop
        });
        let mut received = received.lock().expect("nobody panics with the lock");
        received.connected |= peer.is_connected();
        received.dropped += dropped;
        while let Some(packet) = peer.poll_packet() {
            note(&mut received, &packet, start);
        }
    }
    peer.close();
    flush(socket, &mut peer);
}

fn note(received: &mut Received, packet: &rtc::rtp::Packet, start: Instant) {
    if packet.payload.is_empty() {
        return;
    }
    let pt = packet.header.payload_type;
    received.first_after.get_or_insert_with(|| now() - start);
    received
        .first
        .entry(pt)
        .or_insert_with(|| packet.payload.iter().take(16).copied().collect());
    let seqs = received.packets.entry(pt).or_default();
    let last = seqs
        .keys()
        .last()
        .copied()
        .unwrap_or(1 << 32 | u64::from(packet.header.sequence_number));
    let step = packet.header.sequence_number.wrapping_sub(last as u16) as i16;
    let entry = seqs
        .entry(last.wrapping_add_signed(step.into()))
        .or_insert((0, 0));
    *entry = (entry.0 + 1, packet.payload.len());
}

/// Whether a datagram is RTP (RFC 7983 §7), not RTCP (RFC 5761 §4).
#[must_use]
pub fn is_media(datagram: &[u8]) -> bool {
    matches!(datagram, [128..=191, kind, ..] if !(64..96).contains(&(kind & 0x7f)))
}

/// Sends what there is, then waits for a datagram until something is due.
pub fn turn(
    socket: &UdpSocket,
    peer: &mut Peer,
    next: Option<Instant>,
    buffer: &mut [u8],
    mut keep: impl FnMut(&[u8]) -> bool,
) {
    peer.handle_timeout(now());
    flush(socket, peer);
    let deadline = [next, peer.next_timeout()].into_iter().flatten().min();
    let nap = deadline
        .map_or(NAP, |at| at.saturating_duration_since(now()))
        .min(NAP);
    let _ = socket.set_read_timeout(Some(nap.max(Duration::from_micros(100))));
    while let Ok((len, from)) = socket.recv_from(buffer) {
        if keep(&buffer[..len]) {
            peer.handle_datagram(now(), from, &buffer[..len]);
        }
        let _ = socket.set_read_timeout(Some(Duration::from_micros(100)));
        if next.is_some_and(|at| at <= now()) {
            break;
        }
    }
    flush(socket, peer);
}

fn flush(socket: &UdpSocket, peer: &mut Peer) {
    while let Some((to, data)) = peer.poll_datagram() {
        // A full socket loses the datagram, as a network would.
        let _ = socket.send_to(&data, to);
    }
}

/// A UDP socket on the address by which this host reaches `endpoint`.
///
/// # Errors
/// When the host of the endpoint is unknown or unreachable.
pub fn socket_to(endpoint: &str) -> Result<UdpSocket> {
    let url: reqwest::Url = endpoint.parse()?;
    let server = url
        .socket_addrs(|| None)?
        .into_iter()
        .next()
        .context("the host has no address")?;
    let any: SocketAddr = if server.is_ipv4() {
        "0.0.0.0:0"
    } else {
        "[::]:0"
    }
    .parse()?;
    let probe = UdpSocket::bind(any)?;
    probe.connect(server)?;
    Ok(UdpSocket::bind(SocketAddr::new(
        probe.local_addr()?.ip(),
        0,
    ))?)
}
