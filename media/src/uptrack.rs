//! A track as this worker sees it: its layers' rings, who shows it, and when its publisher is
//! asked for a key frame. The same whether the publisher is on this worker or another.

use std::time::{Duration, Instant};

use crate::clock::Now;
use crate::codec::picture_size;
use crate::dynacast::Dynacast;
use crate::handle::{Kind, LayerInfo, RoomId, SessionId, TrackId, TrackInfo};
use crate::keyframe::KeyframeThrottle;
use crate::layers::{LayerState, Meter};
use crate::limits::{
    BURST_GAP_MAX, CALL_VIEWERS_MAX, FRAME_HOLD_MAX, FRAME_PACKETS_MAX, LAYER_LAG_MAX, LAYER_TICK,
    LAYERS_MAX, REPLAY_PACKETS_MAX,
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
    /// Until when the rest of a frame that began is expected.
    rest: Option<Instant>,
    /// Newest arrival.
    heard: Option<Instant>,
    meter: Meter,
    size: Option<(u16, u16)>,
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
    /// Audio of the same publisher that leaves with the frame being gathered.
    pub sound: Option<TrackId>,
    /// Whether its publisher is on this worker, which then measures the layers.
    pub is_local: bool,
    /// Other workers that want a layer's packets (bit per worker). Only at the publisher's worker.
    pub relayed_to: [u64; LAYERS_MAX],
    /// Layers this worker has asked the publisher's worker for (bit per layer).
    pub subscribed: u8,
    /// What its publisher was asked to send. Only at the publisher's worker.
    pub dynacast: Dynacast,
    /// What is known of each layer, by measurement here or told by the publisher's worker.
    pub states: Vec<LayerState>,
    /// Slots here that take a layer.
    takers: [u32; LAYERS_MAX],
    layers: Vec<Layer>,
    /// When to look at the layers next. Only at the publisher's worker, only for video.
    tick_at: Option<Instant>,
}

impl Layer {
    fn new(clock_hz: u32) -> Layer {
        Layer {
            ring: Ring::new(),
            throttle: KeyframeThrottle::default(),
            time: MediaTime::new(clock_hz),
            gathered: Vec::new(),
            hold: None,
            rest: None,
            heard: None,
            meter: Meter::default(),
            size: None,
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
        let is_last = kind == Kind::Audio || packet.marker;
        self.rest = (!is_last).then(|| now + BURST_GAP_MAX);
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
            sound: None,
            is_local: false,
            relayed_to: [0; LAYERS_MAX],
            subscribed: 0,
            dynacast: Dynacast::default(),
            states: Vec::new(),
            takers: [0; LAYERS_MAX],
            layers: Vec::new(),
            tick_at: None,
        }
    }

    /// Whether a frame is being gathered, or its rest is about to be.
    pub(crate) fn is_mid_frame(&self, now: Instant) -> bool {
        let mid_frame =
            |layer: &Layer| layer.hold.is_some() || layer.rest.is_some_and(|rest| now < rest);
        self.layers.iter().any(mid_frame)
    }

    /// The layer whose frame is being gathered.
    pub(crate) fn held_layer(&self) -> Option<u8> {
        let held = self.layers.iter().position(|layer| layer.hold.is_some());
        held.map(|n| n as u8)
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
        let (kind, codec) = (self.info.kind, self.codec);
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
        let resumed = layer
            .heard
            .is_none_or(|heard| heard + LAYER_LAG_MAX <= packet.arrival);
        layer.heard = Some(packet.arrival);
        layer.meter.count(&packet);
        layer
            .time
            .observe(packet.rtp_ts, now.unix_us_at(packet.arrival));
        let mut resized = false;
        if packet.keyframe {
            layer.throttle.arrived();
            let size = picture_size(codec, &packet.payload).or(layer.size);
            resized = std::mem::replace(&mut layer.size, size) != size;
        }
        let complete = layer.gather(now.instant, packet, kind, hold);
        if self.is_local && kind == Kind::Video && (resumed || resized) {
            self.tick_at = Some(now.instant);
        }
        Some(complete)
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

    /// The best layer no better than `layer` whose packets come.
    pub(crate) fn alive_upto(&self, layer: u8) -> Option<u8> {
        let states = self.states.iter().enumerate().take(usize::from(layer) + 1);
        let alive = states.filter(|(_, state)| state.alive);
        alive.map(|(n, _)| n as u8).next_back()
    }

    /// Counts a slot that took the layers of `before` and now takes those of `after` (bit per
    /// layer). `true`: a layer is taken that was not, or the other way round.
    pub(crate) fn retake(&mut self, before: u8, after: u8) -> bool {
        let was = self.taken();
        for (n, takers) in self.takers.iter_mut().enumerate() {
            let bit = 1 << n;
            *takers += u32::from(after & bit != 0 && before & bit == 0);
            *takers -= u32::from(before & bit != 0 && after & bit == 0);
        }
        was != self.taken()
    }

    /// Layers that slots here take (bit per layer).
    pub(crate) fn taken(&self) -> u8 {
        bits(self.takers.map(|takers| takers > 0))
    }

    /// Layers that anybody takes, on this worker or another.
    pub(crate) fn taken_anywhere(&self) -> u8 {
        self.taken() | bits(self.relayed_to.map(|workers| workers != 0))
    }

    /// Whether it is time for [`Uptrack::tick`].
    pub(crate) fn is_tick_due(&self, now: Instant) -> bool {
        self.tick_at.is_some_and(|at| at <= now)
    }

    /// Looks at the layers: rates, and who is silent. `true`: more than a rate changed.
    pub(crate) fn tick(&mut self, now: Instant) -> bool {
        self.tick_at = Some(now + LAYER_TICK);
        let newest = self.layers.iter().filter_map(|layer| layer.heard).max();
        let mut states = Vec::with_capacity(self.layers.len());
        for (n, layer) in self.layers.iter_mut().enumerate() {
            // Compared with its sisters, so that a still screen does not count as silence.
            let alive = layer
                .heard
                .is_some_and(|heard| Some(heard + LAYER_LAG_MAX) > newest);
            if alive {
                layer.meter.tick(now);
            } else {
                layer.meter.pause();
            }
            states.push(LayerState {
                alive,
                resumable: !alive && self.dynacast.is_resumable(n as u8, now),
                rates: layer.meter.rates(),
                temporal: layer.meter.temporal(),
                size: layer.size,
            });
        }
        let shapes =
            |states: &[LayerState]| states.iter().map(LayerState::shape).collect::<Vec<_>>();
        let changed = shapes(&states) != shapes(&self.states);
        self.states = states;
        changed
    }

    /// What is known of a layer. Before anything is, the lowest counts as there.
    pub(crate) fn state(&self, layer: u8) -> LayerState {
        let unknown = LayerState {
            alive: layer == 0 && self.states.is_empty(),
            ..LayerState::default()
        };
        self.states
            .get(usize::from(layer))
            .copied()
            .unwrap_or(unknown)
    }

    /// Gives the layers sizes, as their key frames would.
    #[cfg(test)]
    pub(crate) fn set_sizes(&mut self, sizes: &[Option<(u16, u16)>]) {
        for (layer, size) in self.layers.iter_mut().zip(sizes) {
            layer.size = *size;
        }
        for (state, size) in self.states.iter_mut().zip(sizes) {
            state.size = *size;
        }
    }

    /// Layers of the track, sent or not; at least one.
    pub(crate) fn layer_count(&self) -> usize {
        self.info.rids.len().max(self.states.len()).max(1)
    }

    /// The layers as the application sees them, the lowest first.
    pub(crate) fn layer_infos(&self) -> Vec<LayerInfo> {
        let info = |n: usize| {
            let state = self.state(n as u8);
            LayerInfo {
                layer: n as u8,
                rid: self.info.rids.get(n).cloned(),
                active: state.alive,
                size: state.size,
                bitrates: (0..=state.temporal).map(|t| state.rate(t)).collect(),
            }
        };
        (0..self.layer_count()).map(info).collect()
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

    /// When this track wants attention without a packet: a held frame, a delayed key frame wish,
    /// a look at its layers.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let layers = self.layers.iter();
        layers
            .flat_map(|layer| [layer.hold, layer.throttle.deadline()])
            .chain([self.tick_at])
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

    /// Forgets a layer's packets: after a pause in the feed, what is kept is only past.
    pub(crate) fn forget_layer(&mut self, layer: u8) {
        let fresh = Layer::new(self.codec.clock_hz());
        if let Some(layer) = self.layers.get_mut(usize::from(layer)) {
            *layer = fresh;
        }
    }

    /// Layers whose held frame is due.
    pub(crate) fn due_frames(&self, now: Instant) -> impl Iterator<Item = u8> {
        let due = move |layer: &Layer| layer.hold.is_some_and(|hold| hold <= now);
        self.layers()
            .filter(move |(_, layer)| due(layer))
            .map(|(n, _)| n)
    }
}

fn bits(of: [bool; LAYERS_MAX]) -> u8 {
    of.iter()
        .rev()
        .fold(0, |bits, bit| bits << 1 | u8::from(*bit))
}
