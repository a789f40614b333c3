//! What each viewer's slots show.

use super::Sfu;
use crate::clock::Now;
use crate::downtrack::Flow;
use crate::handle::{Kind, OfferError, RoomId, SessionId, Slot, TrackId};
use crate::rtcp::{Report, sender_reports};

impl Sfu {
    /// Fixes a slot at a track, or at nothing.
    pub(crate) fn assign(
        &mut self,
        now: Now,
        session: SessionId,
        mid: &str,
        track: Option<TrackId>,
    ) -> Result<(), OfferError> {
        let index = *self.sessions.get(&session).ok_or(OfferError::NoSession)?;
        let cold = &self.viewers[index].cold;
        let found = cold.slots.iter().find(|(slot, _)| slot.mid == mid);
        let (slot, place) = found
            .ok_or_else(|| OfferError::Unacceptable(format!("no receive slot `{mid}`")))?
            .clone();
        if let Some(track) = track {
            self.check_assignment(index, &slot, place, track)?;
        }
        let others: Vec<_> = self.places(index).filter(|other| *other != place).collect();
        self.downtracks[place].pinned = true;
        if self.downtracks[place].track != track {
            self.point(now, place, track);
        }
        // A track asked for here need not also fill a slot that follows the room by itself.
        for other in others {
            let downtrack = &self.downtracks[other];
            if track.is_some() && !downtrack.pinned && downtrack.track == track {
                self.point(now, other, None);
            }
        }
        self.fill_slots(now, index);
        Ok(())
    }

    fn check_assignment(
        &self,
        index: usize,
        slot: &Slot,
        place: usize,
        track: TrackId,
    ) -> Result<(), OfferError> {
        let known = self.tracks.get(&track).map(|track| &track.up);
        let up = known
            .filter(|up| up.room == self.viewers[index].cold.room)
            .ok_or_else(|| OfferError::Unacceptable(format!("no track `{track}` in this room")))?;
        let mid = &slot.mid;
        if up.info.kind != slot.kind {
            return Err(OfferError::Unacceptable(format!(
                "slot `{mid}` and track `{track}` are of different kinds"
            )));
        }
        if !self.downtracks[place].accepts(up.codec) {
            let codec = up.codec.name();
            return Err(OfferError::Codec { track, codec });
        }
        Ok(())
    }

    /// What each slot shows.
    pub(crate) fn slots(
        &self,
        session: SessionId,
    ) -> Result<Vec<(Slot, Option<TrackId>)>, OfferError> {
        if self.publishers.contains_key(&session) {
            return Ok(Vec::new());
        }
        let index = *self.sessions.get(&session).ok_or(OfferError::NoSession)?;
        let slots = self.viewers[index].cold.slots.iter();
        Ok(slots
            .map(|(slot, place)| (slot.clone(), self.downtracks[*place].track))
            .collect())
    }

    /// Points free slots at tracks of the room that the viewer does not see yet.
    pub(super) fn fill_slots(&mut self, now: Now, index: usize) {
        let slots = self.viewers[index].cold.slots.clone();
        for (slot, place) in slots {
            let downtrack = &self.downtracks[place];
            if downtrack.pinned || downtrack.track.is_some() {
                continue;
            }
            if let Some(track) = self.next_track(index, slot.kind, place) {
                self.point(now, place, Some(track));
            }
        }
    }

    fn next_track(&self, index: usize, kind: Kind, place: usize) -> Option<TrackId> {
        let room = self.rooms.get(&self.viewers[index].cold.room)?;
        room.tracks.iter().copied().find(|id| {
            let up = &self.tracks[id].up;
            up.info.kind == kind
                && self.downtracks[place].accepts(up.codec)
                && self
                    .places(index)
                    .all(|other| self.downtracks[other].track != Some(*id))
        })
    }

    fn places(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        self.viewers[index]
            .cold
            .slots
            .iter()
            .map(|(_, place)| *place)
    }

    pub(super) fn fill_room(&mut self, now: Now, room: &RoomId) {
        let viewers = self
            .rooms
            .get(room)
            .map(|room| room.viewers.clone())
            .unwrap_or_default();
        for index in viewers {
            self.fill_slots(now, index);
        }
    }

    /// Points a slot at a track or at nothing.
    pub(super) fn point(&mut self, now: Now, place: usize, track: Option<TrackId>) {
        self.unlink(now, place);
        let Some(id) = track else {
            self.downtracks[place].show(None);
            return;
        };
        let up = &mut self
            .tracks
            .get_mut(&id)
            .expect("callers look the track up")
            .up;
        up.downtracks.push(place);
        let codec = up.codec;
        let downtrack = &mut self.downtracks[place];
        downtrack.show(Some((id, codec)));
        let viewer = downtrack.viewer;
        self.reallocate(now, viewer);
        self.settle(now, place);
        self.begin(now, place);
    }

    /// Takes a slot off its track.
    pub(super) fn unlink(&mut self, now: Now, place: usize) {
        let Some(id) = self.downtracks[place].track.take() else {
            return;
        };
        let Some(track) = self.tracks.get_mut(&id) else {
            return;
        };
        let up = &mut track.up;
        if let Some(at) = up.downtracks.iter().position(|known| *known == place) {
            up.downtracks.remove(at);
            self.outbound.unlinked(id, at);
        }
        let before = std::mem::take(&mut self.downtracks[place].taking);
        if up.retake(before, 0) {
            self.demand_changed(now, id);
        }
    }

    /// Lets a slot start as soon as it can: from the ring, or at the next key frame.
    pub(super) fn begin(&mut self, now: Now, place: usize) {
        let downtrack = &mut self.downtracks[place];
        let connected = self.viewers[downtrack.viewer].sealer.is_some();
        if !connected || downtrack.flow != Flow::Waiting {
            return;
        }
        let Some(id) = downtrack.track else { return };
        let up = &self.tracks[&id].up;
        if up.info.kind == Kind::Audio {
            return;
        }
        // The best there is to start with at once; the target follows at its next key frame.
        let target = downtrack.target.layer;
        let layers = (0..=target).rev();
        let found = layers
            .filter(|layer| up.state(*layer).alive)
            .find_map(|layer| Some((layer, up.replay_from(layer)?)));
        match found {
            Some((layer, (first, pivot))) => {
                downtrack.layer = layer;
                downtrack.start(&first, up.codec.clock_hz(), Some(pivot), now.instant);
                downtrack.fall_behind(now.instant, first.seq);
                self.outbound.start_replay(place);
                self.hasten_report(now, place);
                self.settle(now, place);
            }
            None => {
                let layer = up.alive_upto(target).unwrap_or(target);
                self.want_keyframe(now, id, layer);
            }
        }
    }

    /// A slot that gave up what was past waits for a key frame: of the layer it is to show now.
    pub(super) fn refresh_waiting(&mut self, now: Now, place: usize) {
        let Some(downtrack) = self.downtracks.get(place) else {
            return;
        };
        let (target, waits) = (downtrack.target.layer, downtrack.flow == Flow::Waiting);
        if let Some(id) = downtrack.track.filter(|_| waits)
            && let Some(track) = self.tracks.get(&id)
        {
            let layer = track.up.alive_upto(target).unwrap_or(target);
            self.want_keyframe(now, id, layer);
        }
    }

    pub(super) fn hasten_report(&mut self, now: Now, place: usize) {
        let downtrack = &self.downtracks[place];
        let track = downtrack.track.and_then(|id| self.tracks.get(&id));
        let is_picture = track.is_some_and(|track| track.up.info.kind == Kind::Video);
        let index = downtrack.viewer;
        let viewer = &mut self.viewers[index];
        if is_picture && std::mem::take(&mut viewer.cold.awaits_picture) {
            let waited = viewer.age(now.instant);
            self.shard.counters.join_shown.time(waited);
        }
        viewer.hasten_report(now.instant);
        self.schedule_viewer(index);
    }

    /// A viewer's decoder needs a key frame. A publisher that cannot be asked is helped out with
    /// the last one from the ring.
    pub(super) fn refresh(&mut self, now: Now, place: usize) {
        let downtrack = &mut self.downtracks[place];
        let layer = downtrack.layer;
        let Some((id, track)) = downtrack
            .track
            .and_then(|id| Some((id, self.tracks.get(&id)?)))
        else {
            return;
        };
        if track.up.keyframes_on_request {
            self.want_keyframe(now, id, layer);
        } else if downtrack.may_replay_again(now.instant) {
            downtrack.flow = Flow::Waiting;
            self.begin(now, place);
        }
    }

    /// Passes a wish for a key frame on, now or when the throttle allows.
    pub(super) fn want_keyframe(&mut self, now: Now, id: TrackId, layer: u8) {
        let Some(track) = self.tracks.get_mut(&id) else {
            return;
        };
        if !track.up.keyframes_on_request {
            return;
        }
        if let Some(layer) = track.up.layer_mut(layer) {
            layer.throttle.want();
        }
        self.ask_keyframes(now, id);
    }

    /// Asks for the key frames that are wanted and due.
    pub(super) fn ask_keyframes(&mut self, now: Now, id: TrackId) {
        let Some(track) = self.tracks.get_mut(&id) else {
            return;
        };
        let session = track.up.session();
        for layer in track.up.poll_keyframes(now.instant) {
            self.request_keyframe(now, id, session, layer);
        }
        self.schedule_track(id);
    }

    /// Sends the viewer's sender reports.
    pub(super) fn report(&mut self, now: Now, index: usize) {
        let places = self.viewers[index].cold.slots.iter();
        let reports: Vec<_> = places
            .filter_map(|(_, place)| self.slot_report(now, *place))
            .collect();
        let viewer = &mut self.viewers[index];
        let Some(path) = viewer.path.filter(|_| !reports.is_empty()) else {
            return;
        };
        let compound = sender_reports(&reports);
        if let Some(datagram) = compound.and_then(|compound| viewer.seal_rtcp(&compound)) {
            self.send(path, datagram);
        }
    }

    fn slot_report(&self, now: Now, place: usize) -> Option<Report> {
        let downtrack = &self.downtracks[place];
        let started = matches!(downtrack.flow, Flow::Live | Flow::Replay(_));
        let up = &self.tracks.get(&downtrack.track.filter(|_| started)?)?.up;
        let rtp_ts = up.layer(downtrack.layer)?.time.timestamp_at(now.unix_us)?;
        let (packets, octets) = downtrack.counts();
        Some(Report {
            ssrc: downtrack.ssrc(),
            unix_us: now.unix_us,
            rtp_ts: downtrack.timestamp(rtp_ts),
            packets,
            octets,
        })
    }

    /// A track's deadline: a held frame goes, a delayed wish is passed on.
    pub(super) fn wake_track(&mut self, now: Now, id: TrackId) {
        let Some(track) = self.tracks.get_mut(&id) else {
            return;
        };
        track.scheduled = None;
        let tick = track.up.is_tick_due(now.instant);
        let due: Vec<_> = track.up.due_frames(now.instant).collect();
        for layer in due {
            self.release_due(id, layer);
        }
        if tick {
            self.tick_layers(now, id);
        }
        self.ask_keyframes(now, id);
    }

    pub(super) fn wake_viewer(&mut self, now: Now, index: usize) {
        let crypto = self.crypto();
        let viewer = &mut self.viewers[index];
        viewer.cold.scheduled = None;
        viewer.handle_timeout(now.instant, crypto.crypto());
        if viewer.take_report(now.instant) {
            self.report(now, index);
        }
        self.probe(now, index);
        self.drain_viewer(now, index);
    }
}
