//! A publisher of the feed that keeps time: frames leave whole, as OBS and FFmpeg send them, or
//! paced as browsers do. It answers key frame requests and notes when each packet left.

use std::collections::VecDeque;
use std::net::UdpSocket;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ::tests::feed::{Due, Feed, Kind};
use ::tests::peer::Peer;
use ::tests::session::socket_to;
use ::tests::wait::now;
use ::tests::whip;
use anyhow::{Context as _, Result, bail};
use reqwest::Client;

use crate::socket::unix_ns;

/// Longest time from answer to connected.
const CONNECT: Duration = Duration::from_secs(20);
/// A browser's pacer, as measured: up to three packets every five milliseconds.
const PACE: Duration = Duration::from_millis(5);
const PACE_PACKETS: usize = 3;
/// Longest sleep: how late feedback may be read.
const NAP: Duration = Duration::from_millis(2);

/// How frames leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Not at all.
    Paused = 0,
    /// All packets of a frame at once.
    Whole = 1,
    /// Three packets every five milliseconds.
    Paced = 2,
}

/// A video packet that left.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Left {
    /// RTP sequence number.
    pub seq: u16,
    /// Last of its frame.
    pub marker: bool,
    /// When, Unix nanoseconds.
    pub at_ns: u64,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    connected: AtomicBool,
    mode: AtomicU8,
    packets: AtomicU64,
    keyframes: AtomicU64,
    notes: AtomicBool,
    left: Mutex<Vec<Left>>,
}

/// A publisher with its thread.
pub(crate) struct Publisher {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Publisher {
    /// Publishes a feed to a WHIP endpoint, paused; returns when connected.
    pub(crate) async fn start(
        http: &Client,
        endpoint: &str,
        token: Option<&str>,
        feed: Feed,
    ) -> Result<Publisher> {
        let socket = socket_to(endpoint)?;
        let mut peer = Peer::publisher(now(), socket.local_addr()?)?;
        let offer = peer.offer(now())?;
        let answer = whip::post(http, endpoint, token, offer).await?.answer;
        peer.answer(now(), answer).context("the WHIP answer")?;
        socket.set_nonblocking(true)?;
        let shared = Arc::new(Shared::default());
        let theirs = shared.clone();
        let thread = std::thread::Builder::new()
            .name("publisher".into())
            .spawn(move || Loop::new(socket, peer, theirs, feed).run())?;
        let publisher = Publisher {
            shared,
            thread: Some(thread),
        };
        let end = now() + CONNECT;
        while !publisher.shared.connected.load(Ordering::Acquire) {
            let ended = publisher
                .thread
                .as_ref()
                .is_none_or(JoinHandle::is_finished);
            if ended || now() > end {
                bail!("the publisher did not connect within {CONNECT:?}");
            }
            tokio::time::sleep(NAP).await;
        }
        Ok(publisher)
    }

    /// From now on frames leave like this.
    pub(crate) fn set(&self, mode: Mode) {
        self.shared.mode.store(mode as u8, Ordering::Release);
    }

    /// Media packets sent so far.
    pub(crate) fn packets(&self) -> u64 {
        self.shared.packets.load(Ordering::Relaxed)
    }

    /// Key frames the server has asked for so far.
    pub(crate) fn keyframes_wanted(&self) -> u64 {
        self.shared.keyframes.load(Ordering::Relaxed)
    }

    /// Starts or stops noting when video packets leave.
    pub(crate) fn note(&self, notes: bool) {
        self.shared.notes.store(notes, Ordering::Release);
    }

    /// What was noted since the last call.
    pub(crate) fn take_left(&self) -> Vec<Left> {
        std::mem::take(&mut *self.shared.left.lock().expect("no panics"))
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The publisher's thread.
struct Loop {
    socket: UdpSocket,
    peer: Peer,
    shared: Arc<Shared>,
    feed: Feed,
    /// Time on air before the last pause, and since when it is on air again.
    played: Duration,
    since: Option<Instant>,
    /// Packets that the pacer holds, and when it lets the next ones go.
    held: VecDeque<Due>,
    pace_at: Instant,
}

impl Loop {
    fn new(socket: UdpSocket, peer: Peer, shared: Arc<Shared>, feed: Feed) -> Loop {
        Loop {
            socket,
            peer,
            shared,
            feed,
            played: Duration::ZERO,
            since: None,
            held: VecDeque::new(),
            pace_at: now(),
        }
    }

    fn run(mut self) {
        let mut buffer = [0; 2048];
        while !self.shared.stop.load(Ordering::Acquire) && !self.peer.is_failed() {
            while let Ok((len, from)) = self.socket.recv_from(&mut buffer) {
                self.peer.handle_datagram(now(), from, &buffer[..len]);
            }
            self.peer.handle_timeout(now());
            self.answer_keyframes();
            let next = self.play();
            self.flush();
            let nap = next.map_or(NAP, |at| at.saturating_duration_since(now()));
            std::thread::sleep(nap.min(NAP));
        }
        self.peer.close();
        self.flush();
    }

    fn answer_keyframes(&mut self) {
        // A publisher is sent no media: what comes is feedback.
        while self.peer.poll_packet().is_some() {}
        let wanted = self.peer.take_keyframes_wanted();
        if wanted > 0 {
            self.feed.restart();
            self.shared
                .keyframes
                .fetch_add(wanted.into(), Ordering::Relaxed);
        }
        if self.peer.is_connected() {
            self.shared.connected.store(true, Ordering::Release);
        }
    }

    /// Sends what is due; says when the next is.
    fn play(&mut self) -> Option<Instant> {
        let mode = self.shared.mode.load(Ordering::Acquire);
        if mode == Mode::Paused as u8 || !self.peer.is_connected() {
            if let Some(since) = self.since.take() {
                self.played += now() - since;
            }
            return None;
        }
        let since = *self.since.get_or_insert_with(now);
        for due in self.feed.due(self.played + (now() - since)) {
            // What is held goes first, also after a change of mode.
            let hold = mode == Mode::Paced as u8 || !self.held.is_empty();
            if hold && due.kind == Kind::Video {
                self.held.push_back(due);
            } else {
                self.send(due);
            }
        }
        if !self.held.is_empty() && now() >= self.pace_at {
            self.pace_at = now() + PACE;
            for _ in 0..PACE_PACKETS {
                if let Some(due) = self.held.pop_front() {
                    self.send(due);
                }
            }
        }
        let next = since + self.feed.next_due().saturating_sub(self.played);
        Some(match self.held.is_empty() {
            true => next,
            false => next.min(self.pace_at),
        })
    }

    fn send(&mut self, due: Due) {
        let (seq, marker, kind) = (due.seq, due.marker, due.kind);
        if self.peer.send(now(), due).is_err() {
            return;
        }
        self.shared.packets.fetch_add(1, Ordering::Relaxed);
        let at_ns = unix_ns();
        self.flush();
        if kind == Kind::Video && self.shared.notes.load(Ordering::Acquire) {
            let mut left = self.shared.left.lock().expect("no panics");
            left.push(Left { seq, marker, at_ns });
        }
    }

    fn flush(&mut self) {
        while let Some((to, data)) = self.peer.poll_datagram() {
            // A full socket loses the datagram, as a network would.
            let _ = self.socket.send_to(&data, to);
        }
    }
}
