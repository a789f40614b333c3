//! The handle and the vocabulary other crates see. SDP is opaque to them; ids are newtypes.

mod stats;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::ice::Credentials;
use crate::plane::Plane;
use crate::sdp::counter::CounterSsrcs;

pub use stats::{Reach, Spread, Stats, WorkerStats};

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
    /// VP8, VP9, H.264 or AV1.
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
    /// The viewer did not negotiate what the publisher sends (HTTP 422).
    #[error("track `{track}` is {codec}, which this viewer did not offer to receive")]
    Codec {
        /// The track.
        track: TrackId,
        /// Its encoding name as SDP writes it.
        codec: &'static str,
    },
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
    /// For a receiver with video slots: video tracks on air whose codec none of them negotiated.
    /// Later ones come as [`Event::Undecodable`].
    pub undecodable: Vec<TrackInfo>,
}

/// One receive slot of a viewer: an m-line that can be pointed at any track of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The m-line's `a=mid`.
    pub mid: String,
    /// Which m-line of the SDP it is, from 0 on.
    pub line: usize,
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
    /// Encoding name as SDP writes it: `VP8`, `VP9`, `H264`, `AV1`, `opus`.
    pub codec: &'static str,
    /// Simulcast restriction ids of its layers, the lowest layer first; empty without simulcast.
    pub rids: Vec<String>,
}

/// One simulcast layer of a video track, or the whole of a track without simulcast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerInfo {
    /// 0 is the lowest.
    pub layer: u8,
    /// Restriction id (RFC 8851); `None` without simulcast.
    pub rid: Option<String>,
    /// Whether its publisher is sending it now.
    pub active: bool,
    /// Width and height in pixels, as far as the codec's headers tell without decoding.
    pub size: Option<(u16, u16)>,
    /// Measured bits per second with temporal layers `0..=n`, at index `n`: as many as there are
    /// temporal layers, at least one. Smoothed over about a second; 0 until measured.
    pub bitrates: Vec<u64>,
}

/// Which layer of its track a video slot shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LayerChoice {
    /// The best that the viewer's network and [`Wanted`] size allow.
    #[default]
    Auto,
    /// Like `Auto`, never larger than this: a layer whose size is not known counts as too large.
    /// Where every layer is, the lowest is shown.
    Within {
        /// Most pixels in a row; `None` for any.
        width: Option<u16>,
        /// Most rows; `None` for any.
        height: Option<u16>,
        /// Highest temporal layer; `None` for all.
        temporal: Option<u8>,
    },
    /// This one whatever the network says. While it is not sent, the nearest below it.
    Fixed {
        /// The layer.
        layer: u8,
        /// Highest temporal layer; `None` for all.
        temporal: Option<u8>,
    },
}

/// What a page does with a slot's picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Nothing is sent to a slot that is not visible; audio slots always play.
    pub visible: bool,
    /// Height of the picture on the screen in physical pixels; `None` for as good as can be.
    pub height: Option<u16>,
}

impl Default for Wanted {
    fn default() -> Wanted {
        Wanted {
            visible: true,
            height: None,
        }
    }
}

/// What a slot shows and could show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotLayers {
    /// The slot.
    pub slot: Slot,
    /// Its track.
    pub track: Option<TrackId>,
    /// The track's layers, the lowest first.
    pub layers: Vec<LayerInfo>,
    /// The layer being sent to the viewer; `None` before the first picture and while paused.
    pub showing: Option<u8>,
    /// What was asked for.
    pub choice: LayerChoice,
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
    /// A video track's layers changed: one began or ceased to be sent, or changed its size.
    /// Bitrates alone make no event.
    Layers {
        /// Room of the track.
        room: RoomId,
        /// The track.
        track: TrackId,
        /// All its layers, the lowest first.
        layers: Vec<LayerInfo>,
    },
    /// Which simulcast layers anybody takes changed: a publisher that can should stop encoding
    /// the others (and must start again at once when told). The lowest is always wanted.
    LayersWanted {
        /// Room of the track.
        room: RoomId,
        /// The publishing session.
        session: SessionId,
        /// What [`Media::publish`] was told.
        source: Source,
        /// The track.
        track: TrackId,
        /// Restriction id of each layer and whether it is wanted, the lowest first.
        wanted: Vec<(String, bool)>,
    },
    /// A viewer cannot be shown a track: no slot of its kind negotiated the track's codec.
    Undecodable {
        /// Room of both.
        room: RoomId,
        /// The viewer.
        session: SessionId,
        /// The track.
        track: TrackId,
        /// Encoding name as SDP writes it.
        codec: &'static str,
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
    /// other kind, `Codec` when the slot cannot take the track's codec.
    pub async fn assign(
        &self,
        viewer: SessionId,
        mid: &str,
        track: Option<TrackId>,
    ) -> Result<(), OfferError> {
        self.plane.assign(viewer, mid.to_owned(), track).await
    }

    /// What each slot of a session shows now, in m-line order. A publisher has none.
    ///
    /// # Errors
    /// `NoSession` when the session is over; its [`Event::Closed`] comes, or has come.
    pub async fn slots(
        &self,
        session: SessionId,
    ) -> Result<Vec<(Slot, Option<TrackId>)>, OfferError> {
        self.plane.slots(session).await
    }

    /// Chooses the layer a video slot shows. The choice stays with the slot whatever it shows; the
    /// picture changes at the layer's next key frame, which is asked for at once.
    ///
    /// # Errors
    /// `NoSession` when the viewer is gone, `Unacceptable` for an unknown mid, an audio slot, or a
    /// layer that the track shown does not have.
    pub async fn select_layer(
        &self,
        viewer: SessionId,
        mid: &str,
        choice: LayerChoice,
    ) -> Result<(), OfferError> {
        self.plane
            .select_layer(viewer, mid.to_owned(), choice)
            .await
    }

    /// Tells how large a video slot's picture is on the screen: no larger layer is sent than it
    /// can show, and none while it is not visible.
    ///
    /// # Errors
    /// `NoSession` when the viewer is gone, `Unacceptable` for an unknown mid or an audio slot.
    pub async fn want(
        &self,
        viewer: SessionId,
        mid: &str,
        wanted: Wanted,
    ) -> Result<(), OfferError> {
        self.plane.want(viewer, mid.to_owned(), wanted).await
    }

    /// What each video slot of a viewer shows and could show, in m-line order.
    ///
    /// # Errors
    /// `NoSession` when the viewer is gone.
    pub async fn layers(&self, viewer: SessionId) -> Result<Vec<SlotLayers>, OfferError> {
        self.plane.layers(viewer).await
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
