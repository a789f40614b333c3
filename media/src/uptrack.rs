//! A track as this worker sees it: its layers' rings, who shows it, and when its publisher is
//! asked for a key frame. The same whether the publisher is on this worker or another.

use std::time::{Duration, Instant};

use crate::clock::Now;
use crate::handle::{Kind, RoomId, SessionId, TrackId, TrackInfo};
use crate::keyframe::KeyframeThrottle;
use crate::limits::{
    CALL_VIEWERS_MAX, FRAME_HOLD_MAX, FRAME_PACKETS_MAX, LAYER_SILENCE_MAX, LAYERS_MAX,
    REPLAY_PACKETS_MAX,
};
use crate::mediatime::MediaTime;
use crate::munger::Pivot;
use crate::packet::{Codec, Packet};
use crate::ring::Ring;

/// One layer of a track.
pub(crate) struct Layer {
    /// Its packets.
    pub ring: Ring,
    /// Its requests.
    pub throttle: KeyframeThrottle,
    /// Its clock.
    pub time: MediaTime,
    /// Packets of the frame being gathered.
    gathered: Vec<Packet>,
    /// When they leave at the latest.
    hold: Option<Instant>,
    /// Newest arrival.
    heard: Option<Instant>,
}

/// A track.
pub(crate) struct Uptrack {
    /// As the room sees it.
    pub info: TrackInfo,
    /// Its room.
    pub room: RoomId,
    /// What it is coded with.
    pub codec: Codec,
    /// Whether its publisher answers requests for key frames.
    pub keyframes_on_request: bool,
    /// Slots showing it, by their place in the worker's table.
    pub downtracks: Vec<usize>,
    /// Other workers that want its packets (bit per worker). Only at the publisher's worker.
    pub relayed_to: u64,
    /// Audio of the same publisher that leaves with the frame being gathered.
    pub sound: Option<TrackId>,
    /// Whether this worker has asked the publisher's worker for the packets.
    pub subscribed: bool,
    layers: Vec<Layer>,
}

impl Layer {
    fn new(clock_hz: u32) -> Layer {
        Layer {
            ring: Ring::new(),
            throttle: KeyframeThrottle::default(),
            time: MediaTime::new(clock_hz),
            gathered: Vec::new(),
            hold: None,
            heard: None,
        }
    }

    /// Gathers a packet for at most `hold`. `true`: the frame is complete (or long enough), let it
    /// go now.
    fn gather(&mut self, now: Instant, packet: Packet, kind: Kind, hold: Duration) -> bool {
        let next_frame = self
            .gathered
            .last()
            .is_some_and(|last| last.rtp_ts != packet.rtp_ts);
        let complete = kind == Kind::Audio || packet.marker || next_frame;
        self.gathered.push(packet);
        self.hold.get_or_insert(now + hold);
        complete || self.gathered.len() >= FRAME_PACKETS_MAX
    }

    /// Takes what was gathered, leaving `spare` in its place so that nothing is allocated.
    pub(crate) fn release(&mut self, spare: Vec<Packet>) -> Vec<Packet> {
        self.hold = None;
        std::mem::replace(&mut self.gathered, spare)
    }
}

impl Uptrack {
    pub(crate) fn new(
        info: TrackInfo,
        room: RoomId,
        codec: Codec,
        keyframes_on_request: bool,
    ) -> Uptrack {
        Uptrack {
            info,
            room,
            codec,
            keyframes_on_request,
            downtracks: Vec::new(),
            relayed_to: 0,
            sound: None,
            subscribed: false,
            layers: Vec::new(),
        }
    }

    /// Whether a frame is being gathered.
    pub(crate) fn is_held(&self) -> bool {
        self.layers.iter().any(|layer| layer.hold.is_some())
    }

    /// Whether it has so few viewers here that delay counts for more than the cost of a send.
    pub(crate) fn is_call(&self) -> bool {
        self.downtracks.len() <= CALL_VIEWERS_MAX
    }

    pub(crate) fn session(&self) -> SessionId {
        self.info.session
    }

    /// Takes a packet. `None`: a duplicate. `Some(true)`: the layer's frame can go.
    pub(crate) fn insert(&mut self, now: Now, layer: u8, packet: Packet) -> Option<bool> {
        let kind = self.info.kind;
        // Packets of a call go on with what was read from the socket together with them.
        let hold = if self.is_call() {
            Duration::ZERO
        } else {
            FRAME_HOLD_MAX
        };
        let layer = self.layer_mut(layer)?;
        if !layer.ring.insert(packet.clone()) {
            return None;
        }
        layer.heard = Some(packet.arrival);
        layer
            .time
            .observe(packet.rtp_ts, now.unix_us_at(packet.arrival));
        if packet.keyframe {
            layer.throttle.arrived();
        }
        Some(layer.gather(now.instant, packet, kind, hold))
    }

    /// Fills the ring without forwarding: history from the publisher's worker.
    pub(crate) fn backfill(&mut self, now: Now, layer: u8, packet: Packet) {
        if let Some(layer) = self.layer_mut(layer) {
            layer
                .time
                .observe(packet.rtp_ts, now.unix_us_at(packet.arrival));
            layer.ring.insert(packet);
        }
    }

    pub(crate) fn layer(&self, layer: u8) -> Option<&Layer> {
        self.layers.get(usize::from(layer))
    }

    pub(crate) fn layer_mut(&mut self, layer: u8) -> Option<&mut Layer> {
        let index = usize::from(layer);
        if index >= LAYERS_MAX {
            return None;
        }
        while self.layers.len() <= index {
            self.layers.push(Layer::new(self.codec.clock_hz()));
        }
        self.layers.get_mut(index)
    }

    pub(crate) fn layers(&self) -> impl Iterator<Item = (u8, &Layer)> {
        self.layers
            .iter()
            .enumerate()
            .map(|(n, layer)| (n as u8, layer))
    }

    /// The highest layer that is being sent now.
    pub(crate) fn best_layer(&self, now: Instant) -> u8 {
        let alive = |layer: &Layer| {
            layer
                .heard
                .is_some_and(|heard| now < heard + LAYER_SILENCE_MAX)
        };
        let best = self
            .layers()
            .filter(|(_, layer)| alive(layer))
            .map(|(n, _)| n)
            .max();
        best.unwrap_or(0)
    }

    /// Where a joiner can start at once: the first packet of the last key frame and the newest
    /// packet. `None`: it must wait for the next key frame.
    pub(crate) fn replay_from(&self, layer: u8) -> Option<(Packet, Pivot)> {
        let ring = &self.layer(layer)?.ring;
        let (first, head) = (ring.keyframe()?, ring.get(ring.head()?)?);
        let short = head.seq - first.seq < REPLAY_PACKETS_MAX;
        // A hole makes the replay useless, unless there is no other way to get a picture.
        let worthwhile = short && ring.is_complete_since_keyframe();
        let pivot = Pivot {
            seq: head.seq,
            rtp_ts: head.rtp_ts,
        };
        (worthwhile || !self.keyframes_on_request).then(|| (first.clone(), pivot))
    }

    /// When this track wants attention without a packet: a held frame, a delayed key frame wish.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let layers = self.layers.iter();
        layers
            .flat_map(|layer| [layer.hold, layer.throttle.deadline()])
            .flatten()
            .min()
    }

    /// Layers whose publisher is to be asked for a key frame now; they count as asked.
    pub(crate) fn poll_keyframes(&mut self, now: Instant) -> Vec<u8> {
        let layers = self.layers.iter_mut().enumerate();
        layers
            .filter_map(|(n, layer)| layer.throttle.poll(now).then_some(n as u8))
            .collect()
    }

    /// Forgets every packet: after a pause in the feed, what is kept is only past.
    pub(crate) fn forget_layers(&mut self) {
        self.layers.clear();
    }

    /// Layers whose held frame is due.
    pub(crate) fn due_frames(&self, now: Instant) -> impl Iterator<Item = u8> {
        let due = move |layer: &Layer| layer.hold.is_some_and(|hold| hold <= now);
        self.layers()
            .filter(move |(_, layer)| due(layer))
            .map(|(n, _)| n)
    }
}
