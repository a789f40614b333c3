//! What workers tell each other: a track's packets go to every worker whose viewers show it;
//! upwards go only small wishes.

use crate::handle::{RoomId, SessionId, TrackId, TrackInfo};
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
    /// To the publisher's worker: send this track's packets to me.
    Subscribe {
        /// The track.
        track: TrackId,
        /// Who asks.
        worker: usize,
    },
    /// To the publisher's worker: I have no viewer of this track any more.
    Unsubscribe {
        /// The track.
        track: TrackId,
        /// Who asks.
        worker: usize,
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
