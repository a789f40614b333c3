//! The handle and the vocabulary other crates see. SDP is opaque to them; ids are newtypes.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::ice::Credentials;
use crate::plane::Plane;
use crate::sdp::counter::CounterSsrcs;

/// A room: all tracks and viewers that can see each other. Signaling uses the show's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomId(pub String);

/// One peer connection, publishing or receiving. Unique for the life of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

/// One published track (all its layers). Unique for the life of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrackId(pub u64);

impl fmt::Display for TrackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t{}", self.0)
    }
}

/// Audio or video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Opus.
    Audio,
    /// VP8 or H.264.
    Video,
}

/// How the media plane is started.
#[derive(Debug, Clone)]
pub struct MediaConfig {
    /// Address the UDP sockets bind to, e.g. `0.0.0.0`.
    pub bind: IpAddr,
    /// UDP port of the first worker; worker `n` takes `port + n`. 0 lets the system choose.
    pub port: u16,
    /// TCP port for networks that let no UDP through (RFC 6544), one for all workers; 0 lets the
    /// system choose, `None`: there is none.
    pub tcp_port: Option<u16>,
    /// Worker threads, at least one.
    pub workers: usize,
    /// Addresses put into ICE candidates. Empty: the host's own addresses and loopback.
    pub public_addresses: Vec<IpAddr>,
}

/// Why the media plane could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The UDP port is taken or may not be bound.
    #[error("cannot bind UDP `{address}:{port}`: {source}")]
    Bind {
        /// Address asked for.
        address: IpAddr,
        /// Port asked for.
        port: u16,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The TCP port is taken or may not be bound.
    #[error("cannot bind TCP `{address}:{port}`: {source}")]
    BindTcp {
        /// Address asked for.
        address: IpAddr,
        /// Port asked for.
        port: u16,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The configuration cannot work; the text says what to change.
    #[error("{0}")]
    Config(String),
}

/// Why an offer was not accepted. The peer's mistake, except `Closed` and `Full`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// Not parseable as SDP, or an attribute that WebRTC requires is missing (HTTP 400).
    #[error("malformed SDP: {0}")]
    Malformed(String),
    /// Well-formed, but asks for something that is not offered here: codec, direction, too many
    /// m-lines (HTTP 422).
    #[error("unacceptable offer: {0}")]
    Unacceptable(String),
    /// A limit of this server is reached (HTTP 503 with Retry-After).
    #[error("server is full")]
    Full,
    /// The server is stopping (HTTP 503).
    #[error("server is stopping")]
    Stopping,
    /// The session named does not exist any more (HTTP 404).
    #[error("no such session")]
    NoSession,
}

/// What a publisher said its track shows; carried, never interpreted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Opaque to media: signaling puts the participant's id and the label here.
    pub owner: String,
}

/// An accepted offer.
#[derive(Debug, Clone)]
pub struct Session {
    /// The new session.
    pub id: SessionId,
    /// SDP answer, with every candidate in it (ICE-lite, no trickle).
    pub answer: String,
    /// For a receiver: its slots in m-line order. Empty for a publisher.
    pub slots: Vec<Slot>,
}

/// One receive slot of a viewer: an m-line that can be pointed at any track of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The m-line's `a=mid`.
    pub mid: String,
    /// Kind of track it can show.
    pub kind: Kind,
}

/// How many tracks a receiver may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receives {
    /// As many slots as the limit allows (pages).
    Slots,
    /// At most one audio and one video track (WHEP: a single MediaStream).
    OneOfEach,
}

/// An offer of the server to a receiver whose own was unacceptable (WHEP draft, "counter-offer").
/// The caller keeps it, as long as it means it; the workers know nothing of it until
/// [`Media::accept`].
#[derive(Debug, Clone)]
pub struct Invitation {
    /// The session it becomes.
    pub id: SessionId,
    /// SDP offer, with every candidate in it.
    pub offer: String,
    pub(crate) ice: Credentials,
    pub(crate) ssrcs: CounterSsrcs,
}

/// What a trickle fragment did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Patched {
    /// Candidates of the session's own credentials: taken note of.
    Noted,
    /// Other credentials: an ICE restart. The old ones hold until the peer uses the new ones.
    Restarted {
        /// Restarts of this session so far, this one included.
        restarts: u32,
        /// Our side: `application/trickle-ice-sdpfrag`.
        fragment: String,
    },
}

/// A published track as the room sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackInfo {
    /// The track.
    pub id: TrackId,
    /// The publishing session.
    pub session: SessionId,
    /// Audio or video.
    pub kind: Kind,
    /// What [`Media::publish`] was told.
    pub source: Source,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// [`Media::close`] was called, or a newer session of the same owner took its place.
    Local,
    /// DTLS close_notify or BYE from the peer.
    Peer,
    /// No consent (STUN) and no media for 30 s.
    Timeout,
    /// The peer broke the protocol (wrong fingerprint, failed DTLS).
    Failed,
}

/// What happened in the media plane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// DTLS is up; media may flow.
    Connected {
        /// Room of the session.
        room: RoomId,
        /// The session.
        session: SessionId,
    },
    /// First packet of a new track arrived.
    TrackAdded {
        /// Room of the track.
        room: RoomId,
        /// The track.
        track: TrackInfo,
    },
    /// The track ended: its publisher left.
    TrackRemoved {
        /// Room of the track.
        room: RoomId,
        /// The track.
        track: TrackId,
    },
    /// The session is gone. Always the last event of a session.
    Closed {
        /// Room of the session.
        room: RoomId,
        /// The session.
        session: SessionId,
        /// Why.
        reason: Closed,
    },
}

/// One audio packet copied off the forwarding path for captions. Lossy by design.
#[derive(Debug, Clone)]
pub struct TapPacket {
    /// Room of the track.
    pub room: RoomId,
    /// The audio track.
    pub track: TrackId,
    /// Extended RTP sequence number.
    pub seq: u64,
    /// RTP timestamp, 48 kHz.
    pub rtp_ts: u32,
    /// Server wall clock at arrival, milliseconds since the Unix epoch.
    pub arrival_ms: u64,
    /// Opus payload.
    pub payload: Bytes,
}

/// Counters of the whole media plane since start.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Stats {
    /// RTP packets received from publishers.
    pub packets_in: u64,
    /// RTP packets sent to viewers.
    pub packets_out: u64,
    /// Bytes sent to viewers.
    pub bytes_out: u64,
    /// NACKed packets resent to viewers.
    pub retransmitted: u64,
    /// NACKed packets not resent: no longer in the ring, a repeat under way, or too many.
    pub retransmit_misses: u64,
    /// Datagrams dropped, for any of the three reasons that follow or cut off by the socket.
    pub datagrams_dropped: u64,
    /// Dropped because no session is behind their address or ufrag.
    pub dropped_unknown: u64,
    /// Dropped because they do not authenticate: STUN, SRTCP of viewers, replays.
    pub dropped_unauthenticated: u64,
    /// Dropped because they are nothing that belongs here.
    pub dropped_malformed: u64,
    /// RTP packets from publishers' addresses that gave no media: forged, repeated, padding or
    /// before their keys (the publishers' engine does not tell them apart).
    pub publisher_packets_refused: u64,
    /// Packets viewers asked for again (NACK).
    pub nacked: u64,
    /// Key frames viewers asked for (PLI, FIR).
    pub keyframes_wanted: u64,
    /// Datagrams the socket could not take.
    pub send_dropped: u64,
    /// Packets another worker was too busy to take.
    pub relay_dropped: u64,
    /// Audio packets the tap could not deliver because its queue was full.
    pub tap_dropped: u64,
    /// Key frames asked of publishers.
    pub keyframe_requests: u64,
    /// Publishing sessions now.
    pub publishers: u64,
    /// Receiving sessions now.
    pub viewers: u64,
    /// From a viewer's offer to its first valid ICE check.
    pub join_checked: Spread,
    /// From a viewer's offer until DTLS is up.
    pub join_secured: Spread,
    /// Each worker, in order.
    pub workers: Vec<WorkerStats>,
}

/// How times are spread.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Spread {
    /// How many lie within each of [`Spread::BOUNDS`] and above the bound before; last, those
    /// above all.
    pub counts: [u64; Spread::BOUNDS.len() + 1],
    /// Their sum, microseconds.
    pub sum_us: u64,
}

impl Spread {
    /// Upper bounds of the buckets.
    pub const BOUNDS: [std::time::Duration; 7] = [
        std::time::Duration::from_millis(10),
        std::time::Duration::from_millis(30),
        std::time::Duration::from_millis(100),
        std::time::Duration::from_millis(300),
        std::time::Duration::from_secs(1),
        std::time::Duration::from_secs(3),
        std::time::Duration::from_secs(10),
    ];
}

/// One worker's load.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct WorkerStats {
    /// Microseconds at work since start; its share of the time passed is the load of its core.
    pub busy_us: u64,
    /// Publishing sessions on it now.
    pub publishers: u64,
    /// Receiving sessions on it now.
    pub viewers: u64,
}

/// Whether and where media can be reached, as far as the server itself can tell.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// UDP candidates of all workers, and whether a datagram sent to them from here arrived.
    pub udp: Vec<(SocketAddr, bool)>,
    /// TCP candidates; empty: there is no TCP port.
    pub tcp: Vec<SocketAddr>,
    /// Whether the kernel takes segmented sends (UDP GSO).
    pub gso: bool,
    /// Receive buffer of each socket, bytes.
    pub receive_buffer: usize,
    /// Send buffer of each socket, bytes.
    pub send_buffer: usize,
    /// What both were asked to be.
    pub buffer_wanted: usize,
}

/// The running media plane. Cheap to clone; the last clone's drop stops the workers.
#[derive(Clone)]
pub struct Media {
    plane: Arc<Plane>,
}

impl Media {
    /// Binds the sockets and starts the worker threads. The receiver yields [`Event`]s in order
    /// per session; it is bounded, and no event is ever lost: a worker keeps some while the queue
    /// is full, then waits.
    ///
    /// # Errors
    /// When a port cannot be bound or the configuration cannot work.
    pub fn start(config: MediaConfig) -> Result<(Media, mpsc::Receiver<Event>), StartError> {
        let (plane, events) = Plane::start(&config)?;
        Ok((
            Media {
                plane: Arc::new(plane),
            },
            events,
        ))
    }

    /// Accepts a publisher (RFC 9725 WHIP offer or a page's sendonly offer). A new session of the
    /// same owner in the same room closes the one before it.
    ///
    /// # Errors
    /// See [`OfferError`]; nothing was changed.
    pub async fn publish(
        &self,
        room: &RoomId,
        source: Source,
        offer: String,
    ) -> Result<Session, OfferError> {
        self.plane.publish(room.clone(), source, offer).await
    }

    /// Accepts a receiver (WHEP, or a page with a fixed set of receive slots). Its slots are
    /// pointed at the room's tracks automatically, in the order they were published, until
    /// [`Media::assign`] fixes one.
    ///
    /// # Errors
    /// See [`OfferError`]; nothing was changed.
    pub async fn view(&self, room: &RoomId, offer: String) -> Result<Session, OfferError> {
        let receives = Receives::Slots;
        self.plane.view(room.clone(), offer, receives).await
    }

    /// Like [`Media::view`], for a player by WHEP: at most one audio and one video track.
    ///
    /// # Errors
    /// See [`OfferError`]; nothing was changed.
    pub async fn play(&self, room: &RoomId, offer: String) -> Result<Session, OfferError> {
        let receives = Receives::OneOfEach;
        self.plane.view(room.clone(), offer, receives).await
    }

    /// Makes an offer to a player. Nothing is kept.
    ///
    /// # Errors
    /// `Stopping`.
    pub async fn invite(&self) -> Result<Invitation, OfferError> {
        self.plane.invite().await
    }

    /// Takes the player's answer to an [`Invitation`], once. The session's answer is empty.
    ///
    /// # Errors
    /// See [`OfferError`]; nothing was changed, and another answer may be tried.
    pub async fn accept(
        &self,
        room: &RoomId,
        invitation: Invitation,
        answer: String,
    ) -> Result<Session, OfferError> {
        let room = room.clone();
        self.plane.accept(room, invitation, answer).await
    }

    /// Takes a trickle fragment (RFC 8840) of a publisher or receiver: candidates are noted,
    /// other credentials restart ICE. DTLS, SRTP and media go on.
    ///
    /// # Errors
    /// `NoSession`, or `Malformed`; the session goes on as it was.
    pub async fn patch(&self, session: SessionId, fragment: String) -> Result<Patched, OfferError> {
        self.plane.patch(session, fragment).await
    }

    /// Points a receive slot at a track (`Some`), or empties it (`None`). No renegotiation; a
    /// video slot starts at the last key frame when it is still at hand, or else at the next,
    /// which is asked for at once.
    ///
    /// # Errors
    /// `NoSession` when the viewer is gone, `Unacceptable` for an unknown mid or a track of the
    /// other kind.
    pub async fn assign(
        &self,
        viewer: SessionId,
        mid: &str,
        track: Option<TrackId>,
    ) -> Result<(), OfferError> {
        self.plane.assign(viewer, mid.to_owned(), track).await
    }

    /// What each slot of a viewer shows now, in m-line order.
    ///
    /// # Errors
    /// `NoSession` when the viewer is gone.
    pub async fn slots(
        &self,
        viewer: SessionId,
    ) -> Result<Vec<(Slot, Option<TrackId>)>, OfferError> {
        self.plane.slots(viewer).await
    }

    /// Ends a session. Unknown sessions are ignored: the peer may have left first.
    pub async fn close(&self, session: SessionId) {
        self.plane.close(session).await;
    }

    /// Starts copying the room's audio into `tap` (replacing an earlier tap of the room). A full
    /// queue drops the packet and counts it: forwarding never waits for speech.
    pub async fn tap(&self, room: &RoomId, tap: mpsc::Sender<TapPacket>) {
        self.plane.tap(room, &tap).await;
    }

    /// Tries whether media can be reached: sends a datagram to every candidate and sees whether
    /// it arrives. Takes up to a third of a second for each that does not.
    pub async fn self_test(&self) -> Reach {
        self.plane.self_test().await
    }

    /// Counters since start.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.plane.stats()
    }

    /// Stops the workers: every session is closed (DTLS close_notify), then threads end.
    pub async fn shutdown(&self) {
        self.plane.shutdown().await;
    }
}
