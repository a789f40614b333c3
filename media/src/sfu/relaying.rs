//! Messages between workers.

use super::{Output, Sfu, worker_of};
use crate::clock::Now;
use crate::downtrack::Flow;
use crate::handle::TrackId;
use crate::layers::LayerState;
use crate::limits::LAYERS_MAX;
use crate::relay::Relay;
use crate::uptrack::Uptrack;

impl Sfu {
    /// Takes a message of another worker.
    pub(crate) fn handle_relay(&mut self, now: Now, message: Relay) {
        match message {
            Relay::TrackAdded {
                info,
                room,
                codec,
                keyframes_on_request,
            } => {
                self.add_track(now, Uptrack::new(info, room, codec, keyframes_on_request));
            }
            Relay::TrackRemoved(track) => self.remove_track(now, track),
            Relay::OwnerTaken {
                room,
                owner,
                session,
            } => {
                self.take_owner(now, &room, &owner, session);
            }
            Relay::Subscribe {
                track,
                layers,
                worker,
            } => self.subscribe(now, track, layers, worker),
            Relay::Layers { track, states } => {
                if let Some(known) = self.tracks.get_mut(&track) {
                    let shapes = |states: &[LayerState]| {
                        states.iter().map(LayerState::shape).collect::<Vec<_>>()
                    };
                    let changed = shapes(&states) != shapes(&known.up.states);
                    known.up.states = states;
                    if changed {
                        self.layers_changed(now, track);
                    } else {
                        self.rates_drifted(now, track);
                    }
                    self.sample(track);
                }
            }
            Relay::KeyframeWanted { track, layer } => self.want_keyframe(now, track, layer),
            Relay::History {
                track,
                layer,
                packets,
            } => {
                if let Some(known) = self.tracks.get_mut(&track) {
                    for packet in packets {
                        known.up.backfill(now, layer, packet);
                    }
                    self.begin_waiting(now, track);
                }
            }
            Relay::Packet {
                track,
                layer,
                packet,
            } => {
                // A packet may still be under way after the last viewer left.
                if self
                    .tracks
                    .get(&track)
                    .is_some_and(|track| track.up.subscribed & (1 << layer) != 0)
                {
                    self.forward(now, track, layer, packet);
                }
            }
        }
    }

    /// Sends another worker these layers and no others, each with what its joiners need to start
    /// at once.
    fn subscribe(&mut self, now: Now, id: TrackId, layers: u8, worker: usize) {
        debug_assert_eq!(worker_of(id.0), self.shard.worker);
        let Some(track) = self.tracks.get_mut(&id) else {
            return;
        };
        let up = &mut track.up;
        for layer in 0..LAYERS_MAX as u8 {
            let workers = &mut up.relayed_to[usize::from(layer)];
            let had = *workers & (1 << worker) != 0;
            let wants = layers & (1 << layer) != 0;
            *workers = *workers & !(1 << worker) | u64::from(wants) << worker;
            let Some(state) = up.layer(layer).filter(|_| wants && !had) else {
                continue;
            };
            let packets: Vec<_> = state.ring.since_keyframe().cloned().collect();
            if !packets.is_empty() {
                let message = Relay::History {
                    track: id,
                    layer,
                    packets,
                };
                self.outputs.push_back(Output::Relay(worker, message));
            }
        }
        self.demand_changed(now, id);
    }

    /// History came: whoever waits for a key frame may find it there.
    fn begin_waiting(&mut self, now: Now, id: TrackId) {
        let places = self
            .tracks
            .get(&id)
            .map(|track| track.up.downtracks.clone());
        for place in places.unwrap_or_default() {
            if self.downtracks[place].flow == Flow::Waiting {
                self.begin(now, place);
            }
        }
    }
}
