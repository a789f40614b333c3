//! What workers tell each other: a track's packets go to every worker whose viewers show it;
//! upwards go only small wishes.

use crate::handle::{RoomId, SessionId, TrackId, TrackInfo};
use crate::layers::LayerState;
use crate::packet::{Codec, Packet};

/// One message.
#[derive(Debug, Clone)]
pub(crate) enum Relay {
    /// A track began.
    TrackAdded {
        /// The track.
        info: TrackInfo,
        /// Its room.
        room: RoomId,
        /// What it is coded with.
        codec: Codec,
        /// Whether its publisher can be asked for key frames.
        keyframes_on_request: bool,
    },
    /// A track ended.
    TrackRemoved(TrackId),
    /// A newer session of this owner publishes in this room; older ones end.
    OwnerTaken {
        /// The room.
        room: RoomId,
        /// The owner.
        owner: String,
        /// The newer session.
        session: SessionId,
    },
    /// To the publisher's worker: send these layers of this track to me, and no others.
    Subscribe {
        /// The track.
        track: TrackId,
        /// Bit per layer; 0 when nobody shows the track any more.
        layers: u8,
        /// Who asks.
        worker: usize,
    },
    /// What the publisher's worker measured of a track's layers, the lowest first.
    Layers {
        /// The track.
        track: TrackId,
        /// Their states.
        states: Vec<LayerState>,
    },
    /// To the publisher's worker: a viewer here needs a key frame.
    KeyframeWanted {
        /// The track.
        track: TrackId,
        /// The layer.
        layer: u8,
    },
    /// A layer's packets since its last key frame, for a worker that joins.
    History {
        /// The track.
        track: TrackId,
        /// The layer.
        layer: u8,
        /// In order.
        packets: Vec<Packet>,
    },
    /// One packet.
    Packet {
        /// The track.
        track: TrackId,
        /// The layer.
        layer: u8,
        /// The packet.
        packet: Packet,
    },
}

impl Relay {
    /// Whether the message may be lost when the other worker is behind.
    pub(crate) fn is_lossy(&self) -> bool {
        matches!(self, Relay::Packet { .. })
    }
}
