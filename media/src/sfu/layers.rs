//! Which layers flow: what each viewer's slots are given, who takes what, and what publishers and
//! other workers are told of it.

use super::allocate::{Wish, allocate};
use super::{Output, Sfu, worker_of};
use crate::clock::Now;
use crate::downtrack::{Flow, Pick};
use crate::handle::{
    Event, Kind, LayerChoice, OfferError, SessionId, SlotLayers, TrackId, TrackInfo, Wanted,
};
use crate::limits::AUDIO_RATE;
use crate::relay::Relay;
use crate::stats::count;

impl Sfu {
    /// See [`crate::Media::select_layer`].
    pub(crate) fn select_layer(
        &mut self,
        now: Now,
        session: SessionId,
        mid: &str,
        choice: LayerChoice,
    ) -> Result<(), OfferError> {
        let (index, place) = self.video_slot(session, mid)?;
        let shown = self.downtracks[place].track;
        let count = shown.and_then(|id| Some(self.tracks.get(&id)?.up.layer_count()));
        if let LayerChoice::Fixed { layer, .. } = choice
            && let Some(count) = count
            && usize::from(layer) >= count
        {
            let why = format!("layer {layer} of a track that has {count}");
            return Err(OfferError::Unacceptable(why));
        }
        self.downtracks[place].choice = choice;
        self.reallocate(now, index);
        Ok(())
    }

    /// See [`crate::Media::want`].
    pub(crate) fn want(
        &mut self,
        now: Now,
        session: SessionId,
        mid: &str,
        wanted: Wanted,
    ) -> Result<(), OfferError> {
        let (index, place) = self.video_slot(session, mid)?;
        self.downtracks[place].wanted = wanted;
        self.reallocate(now, index);
        Ok(())
    }

    /// See [`crate::Media::layers`].
    pub(crate) fn slot_layers(&self, session: SessionId) -> Result<Vec<SlotLayers>, OfferError> {
        let index = *self.sessions.get(&session).ok_or(OfferError::NoSession)?;
        let slots = self.viewers[index].cold.slots.iter();
        let video = slots.filter(|(slot, _)| slot.kind == Kind::Video);
        Ok(video
            .map(|(slot, place)| {
                let downtrack = &self.downtracks[*place];
                let track = downtrack.track.and_then(|id| self.tracks.get(&id));
                let flows = matches!(downtrack.flow, Flow::Live | Flow::Replay(_));
                SlotLayers {
                    slot: slot.clone(),
                    track: downtrack.track,
                    layers: track
                        .map(|track| track.up.layer_infos())
                        .unwrap_or_default(),
                    showing: flows.then_some(downtrack.layer),
                    choice: downtrack.choice,
                }
            })
            .collect())
    }

    fn video_slot(&self, session: SessionId, mid: &str) -> Result<(usize, usize), OfferError> {
        let index = *self.sessions.get(&session).ok_or(OfferError::NoSession)?;
        let mut slots = self.viewers[index].cold.slots.iter();
        match slots.find(|(slot, _)| slot.mid == mid) {
            Some((slot, place)) if slot.kind == Kind::Video => Ok((index, *place)),
            Some(_) => Err(OfferError::Unacceptable(format!("slot `{mid}` is audio"))),
            None => Err(OfferError::Unacceptable(format!("no receive slot `{mid}`"))),
        }
    }

    /// Decides anew what a viewer's slots get: something it depends on changed.
    pub(super) fn reallocate(&mut self, now: Now, index: usize) {
        let estimate = self.viewers[index].estimate();
        let (mut audio, mut places, mut wishes) = (0, Vec::new(), Vec::new());
        for (_, place) in &self.viewers[index].cold.slots {
            let downtrack = &self.downtracks[*place];
            let track = downtrack.track.and_then(|id| self.tracks.get(&id));
            let Some(track) = track.filter(|_| downtrack.flow != Flow::Idle) else {
                continue;
            };
            if track.up.info.kind == Kind::Audio {
                audio += AUDIO_RATE;
                continue;
            }
            places.push(*place);
            wishes.push(Wish {
                layers: &track.up.states,
                wanted: downtrack.wanted,
                choice: downtrack.choice,
                now: (downtrack.flow != Flow::Paused).then_some(downtrack.target),
            });
        }
        let given = allocate(estimate, audio, &wishes);
        self.viewers[index].congestion.want(given.better);
        for (place, pick) in places.into_iter().zip(given.picks) {
            self.aim(now, place, pick);
        }
    }

    /// Points a video slot at a layer of its track, or at none.
    fn aim(&mut self, now: Now, place: usize, pick: Option<Pick>) {
        let downtrack = &mut self.downtracks[place];
        let (before, was_paused) = (downtrack.target, downtrack.flow == Flow::Paused);
        match pick {
            None => downtrack.pause(),
            Some(pick) => {
                downtrack.target = pick;
                if was_paused {
                    downtrack.flow = Flow::Waiting;
                }
            }
        }
        let is_new = was_paused || downtrack.target.layer != before.layer;
        self.settle(now, place);
        // A slot that waits for the same layer as before starts with the frame that comes.
        if is_new {
            self.begin(now, place);
        }
    }

    /// After a slot's layer, target or flow changed: counts what it takes, and asks for the key
    /// frame that it switches at.
    pub(super) fn settle(&mut self, now: Now, place: usize) {
        let Some(downtrack) = self.downtracks.get_mut(place) else {
            return;
        };
        let Some(id) = downtrack.track else { return };
        let (before, after) = (downtrack.taking, downtrack.takes());
        downtrack.taking = after;
        let target = downtrack.is_switching().then_some(downtrack.target.layer);
        let Some(track) = self.tracks.get_mut(&id) else {
            return;
        };
        let target = target.filter(|layer| track.up.state(*layer).alive);
        if track.up.retake(before, after) {
            self.demand_changed(now, id);
        }
        if let Some(layer) = target {
            self.want_keyframe(now, id, layer);
        }
    }

    /// Somebody began or ceased to take a layer of a track, or time passed since: tells the
    /// publisher, or the worker that has it.
    pub(super) fn demand_changed(&mut self, now: Now, id: TrackId) {
        let Some(track) = self.tracks.get_mut(&id) else {
            return;
        };
        let up = &mut track.up;
        if !up.is_local {
            let (layers, worker) = (up.taken(), self.shard.worker);
            let dropped = up.subscribed & !layers;
            if std::mem::replace(&mut up.subscribed, layers) == layers {
                return;
            }
            // What comes when it is taken up again would leave a hole: the ring starts anew.
            for layer in (0..8).filter(|layer| dropped & (1 << layer) != 0) {
                up.forget_layer(layer);
            }
            let message = Relay::Subscribe {
                track: id,
                layers,
                worker,
            };
            self.outputs
                .push_back(Output::Relay(worker_of(id.0), message));
            return;
        }
        if up.info.rids.len() > 1 && up.dynacast.update(now.instant, up.taken_anywhere()) {
            let rids = up.info.rids.iter().zip(0u8..);
            let event = Event::LayersWanted {
                room: up.room.clone(),
                session: up.info.session,
                source: up.info.source.clone(),
                track: id,
                wanted: rids
                    .map(|(rid, layer)| (rid.clone(), up.dynacast.wants(layer)))
                    .collect(),
            };
            self.event(event);
        }
    }

    /// Looks at the layers of a track published here.
    pub(super) fn tick_layers(&mut self, now: Now, id: TrackId) {
        let Some(track) = self.tracks.get_mut(&id) else {
            return;
        };
        let changed = track.up.tick(now.instant);
        let up = &track.up;
        let message = Relay::Layers {
            track: id,
            states: up.states.clone(),
        };
        if changed {
            let event = Event::Layers {
                room: up.room.clone(),
                track: id,
                layers: up.layer_infos(),
            };
            self.event(event);
            self.broadcast(&message);
            self.layers_changed(now, id);
        } else {
            let workers = up.relayed_to.iter().fold(0, |all, workers| all | workers);
            for worker in (0..self.shard.workers).filter(|n| workers & (1 << n) != 0) {
                self.outputs
                    .push_back(Output::Relay(worker, message.clone()));
            }
            self.rates_drifted(now, id);
        }
        self.sample(id);
        self.demand_changed(now, id);
        self.schedule_track(id);
    }

    /// Counts what the track's viewers here are shown and what their paths carry. Done at every
    /// look at the layers, so that the rates of these counters are means over time.
    pub(super) fn sample(&self, id: TrackId) {
        let counters = &self.shard.counters;
        let places = self.tracks.get(&id).map(|track| &track.up.downtracks[..]);
        for place in places.unwrap_or_default() {
            let downtrack = &self.downtracks[*place];
            let shown = match downtrack.flow {
                Flow::Live | Flow::Replay(_) => {
                    counters.shown_layers.get(usize::from(downtrack.layer))
                }
                Flow::Idle | Flow::Waiting | Flow::Paused => Some(&counters.shown_nothing),
            };
            if let Some(shown) = shown {
                count(shown, 1);
            }
            if let Some(estimate) = self.viewers[downtrack.viewer].estimate() {
                counters.estimates.rate(estimate);
            }
        }
    }

    /// Layers came, went or changed their size: everybody who shows the track may want another.
    pub(super) fn layers_changed(&mut self, now: Now, id: TrackId) {
        for index in self.viewers_of(id) {
            self.reallocate(now, index);
        }
    }

    /// Only rates changed, which matter to viewers with an estimate.
    pub(super) fn rates_drifted(&mut self, now: Now, id: TrackId) {
        for index in self.viewers_of(id) {
            if self.viewers[index].estimate().is_some() {
                self.reallocate(now, index);
            }
        }
    }

    fn viewers_of(&self, id: TrackId) -> Vec<usize> {
        let Some(track) = self.tracks.get(&id) else {
            return Vec::new();
        };
        let places = track.up.downtracks.iter();
        places.map(|place| self.downtracks[*place].viewer).collect()
    }

    /// Video tracks of the room that none of a viewer's slots can take, though it has video slots.
    pub(super) fn undecodable(&self, session: SessionId) -> Vec<TrackInfo> {
        let Some(index) = self.sessions.get(&session) else {
            return Vec::new();
        };
        let cold = &self.viewers[*index].cold;
        let video: Vec<_> = (cold.slots.iter())
            .filter(|(slot, _)| slot.kind == Kind::Video)
            .map(|(_, place)| &self.downtracks[*place])
            .collect();
        let room = self.rooms.get(&cold.room);
        let tracks = room.into_iter().flat_map(|room| &room.tracks);
        tracks
            .filter_map(|id| Some(&self.tracks.get(id)?.up))
            .filter(|up| up.info.kind == Kind::Video && !video.is_empty())
            .filter(|up| !video.iter().any(|downtrack| downtrack.accepts(up.codec)))
            .map(|up| up.info.clone())
            .collect()
    }

    /// Tells of the viewers of a room that cannot be shown a track that came.
    pub(super) fn tell_undecodable(&mut self, id: TrackId) {
        let Some(room) = self.tracks.get(&id).map(|track| track.up.room.clone()) else {
            return;
        };
        let viewers = self.rooms.get(&room).map(|room| room.viewers.clone());
        for index in viewers.unwrap_or_default() {
            let session = self.viewers[index].cold.session;
            let mut tracks = self.undecodable(session).into_iter();
            if let Some(track) = tracks.find(|track| track.id == id) {
                tracing::info!(session = session.0, track = %id, codec = track.codec, "viewer cannot decode it");
                self.event(Event::Undecodable {
                    room: room.clone(),
                    session,
                    track: id,
                    codec: track.codec,
                });
            }
        }
    }
}
