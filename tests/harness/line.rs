//! A peer on a socket that the test itself turns over, so that it can restart ICE, move to
//! another port, or answer an offer of the server.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::feed::{Due, Feed, Kind, keyframe_size};
use crate::peer::{Peer, Receiver};
use crate::session::{socket_to, turn};
use crate::wait::now;

/// Longest wait for what a test waits for.
const PATIENCE: Duration = Duration::from_secs(20);

/// The peer, its socket, and what went over it.
pub struct Line {
    /// The peer.
    pub peer: Peer,
    /// Media packets received: decrypted and authenticated.
    pub packets: usize,
    /// SSRCs among them.
    pub ssrcs: std::collections::BTreeSet<u32>,
    /// Height of the last key frame among them.
    pub height: Option<u16>,
    socket: UdpSocket,
    feed: Option<(Feed, std::time::Instant)>,
    layers: Vec<Layer>,
}

/// A simulcast layer being sent.
struct Layer {
    rid: &'static str,
    height: u16,
    seq: u16,
}

impl Line {
    /// One that publishes the feed to the server of `endpoint`.
    ///
    /// # Errors
    /// When the peer cannot be made.
    pub fn publisher(endpoint: &str) -> Result<Line> {
        Line::new(endpoint, |address| Peer::publisher(now(), address))
    }

    /// One that plays.
    ///
    /// # Errors
    /// When the peer cannot be made.
    pub fn player(endpoint: &str) -> Result<Line> {
        Line::new(endpoint, |address| {
            Peer::receiver(now(), address, Receiver::Full)
        })
    }

    /// One that publishes a cheap picture in simulcast layers of these rids and heights.
    ///
    /// # Errors
    /// When the peer cannot be made.
    pub fn simulcast(endpoint: &str, layers: &[(&'static str, u16)]) -> Result<Line> {
        let rids: Vec<_> = layers.iter().map(|(rid, _)| *rid).collect();
        let mut line = Line::new(endpoint, |address| Peer::simulcast(now(), address, &rids))?;
        let layers = layers.iter();
        line.layers = layers
            .map(|&(rid, height)| Layer {
                rid,
                height,
                seq: 1,
            })
            .collect();
        Ok(line)
    }

    fn new(endpoint: &str, peer: impl FnOnce(SocketAddr) -> Result<Peer>) -> Result<Line> {
        let socket = socket_to(endpoint)?;
        Ok(Line {
            peer: peer(socket.local_addr()?)?,
            packets: 0,
            ssrcs: Default::default(),
            height: None,
            socket,
            feed: None,
            layers: Vec::new(),
        })
    }

    /// Begins to send the feed.
    pub fn send_feed(&mut self) {
        self.feed = Some((Feed::new(), now()));
    }

    /// Ceases to send the last of its simulcast layers.
    pub fn stop_layer(&mut self) {
        self.layers.pop();
    }

    /// Goes on from another port, as after a change of networks. The peer does not notice.
    ///
    /// # Errors
    /// When there is no port.
    pub fn change_port(&mut self) -> Result<()> {
        let ip = self.socket.local_addr()?.ip();
        self.socket = UdpSocket::bind(SocketAddr::new(ip, 0))?;
        Ok(())
    }

    /// Does what is due, and waits a little.
    pub fn turn(&mut self) {
        if let Some((feed, start)) = &mut self.feed {
            if self.peer.take_keyframes_wanted() > 0 {
                feed.restart();
            }
            for due in feed.due(now() - *start) {
                self.send(due);
            }
        }
        turn(&self.socket, &mut self.peer, None, &mut [0; 2048], |_| true);
        while let Some(packet) = self.peer.poll_packet() {
            self.packets += usize::from(!packet.payload.is_empty());
            self.ssrcs.insert(packet.header.ssrc);
            let size = keyframe_size(&packet.payload);
            self.height = size.map(|(_, height)| height).or(self.height);
        }
    }

    /// Sends a packet of the feed. Before the connection is up it goes nowhere.
    fn send(&mut self, due: Due) {
        if self.layers.is_empty() || due.kind == Kind::Audio {
            let _ = self.peer.send(now(), due);
            return;
        }
        for (layer, n) in self.layers.iter_mut().zip(0..) {
            if let Some(due) = due.scaled(layer.seq, layer.height) {
                layer.seq = layer.seq.wrapping_add(1);
                let _ = self.peer.send_layer(now(), due, n, layer.rid);
            }
        }
    }
}

/// Turns lines over until something is so.
///
/// # Errors
/// When it does not become so in time; `what` says what was waited for.
pub fn until<const N: usize>(
    what: &str,
    lines: [&mut Line; N],
    mut is_so: impl FnMut(&[&mut Line; N]) -> bool,
) -> Result<()> {
    let end = now() + PATIENCE;
    let mut lines = lines;
    while !is_so(&lines) {
        if now() > end {
            bail!("waited {PATIENCE:?} in vain: {what}");
        }
        lines.iter_mut().for_each(|line| line.turn());
    }
    Ok(())
}

/// ICE user fragment and password of an SDP or fragment.
///
/// # Errors
/// When there are none.
pub fn credentials(sdp: &str) -> Result<(&str, &str)> {
    let find = |name: &str| sdp.lines().find_map(|line| line.strip_prefix(name));
    let ufrag = find("a=ice-ufrag:").context("no a=ice-ufrag")?;
    Ok((ufrag, find("a=ice-pwd:").context("no a=ice-pwd")?))
}
