//! Messages between workers.

use super::{Output, Sfu, worker_of};
use crate::clock::Now;
use crate::downtrack::Flow;
use crate::handle::TrackId;
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
            Relay::Subscribe { track, worker } => self.subscribe(track, worker),
            Relay::Unsubscribe { track, worker } => {
                if let Some(track) = self.tracks.get_mut(&track) {
                    track.up.relayed_to &= !(1 << worker);
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
                    .is_some_and(|track| track.up.subscribed)
                {
                    self.forward(now, track, layer, packet);
                }
            }
        }
    }

    /// Starts sending a track to another worker, with what its joiners need to start at once.
    fn subscribe(&mut self, id: TrackId, worker: usize) {
        debug_assert_eq!(worker_of(id.0), self.shard.worker);
        let Some(track) = self.tracks.get_mut(&id) else {
            return;
        };
        track.up.relayed_to |= 1 << worker;
        for (layer, state) in track.up.layers() {
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
