//! The hot path: one frame to every slot that shows it, sealed straight into the send slab.
//! Nothing is allocated per forwarded packet.

use std::collections::VecDeque;

use slab::Slab;

use super::{Sfu, Timer};
use crate::batch::{Batch, Path};
use crate::clock::Now;
use crate::downtrack::{Downtrack, Flow, Meeting, SEALED_MAX, segment_of};
use crate::handle::{Kind, TrackId};
use crate::limits::{REPLAY_BURST, REPLAY_INTERVAL};
use crate::packet::Packet;
use crate::stats::{Counters, count};
use crate::viewer::{Link, Viewer};

/// Frames whose buffers are kept for reuse.
const SPARE_FRAMES: usize = 32;

/// One frame on its way to the slots of its track.
struct Job {
    track: TrackId,
    layer: u8,
    frame: Vec<Packet>,
    /// A packet of an audio track that leaves in the same send where it fits. The job behind this
    /// one serves those where it did not.
    sound: Option<(TrackId, Packet)>,
    /// Slots done.
    next: usize,
}

impl Job {
    fn newest(&self) -> Option<(TrackId, Packet)> {
        Some((self.track, self.frame.last()?.clone()))
    }
}

/// What waits to leave.
#[derive(Default)]
pub(super) struct Outbound {
    /// STUN, DTLS and RTCP, ready made.
    pub control: VecDeque<(Path, Vec<u8>)>,
    /// Audio and calls: few packets that must not wait behind a large fan-out.
    urgent: VecDeque<Job>,
    /// Frames of tracks with many viewers.
    jobs: VecDeque<Job>,
    /// (slot, source sequence number) asked for by NACK.
    resends: VecDeque<(usize, u64)>,
    /// Slots whose next replay burst is due, and those that wait for the next round.
    replays: VecDeque<usize>,
    replays_later: Vec<usize>,
    replay_scheduled: bool,
    spare: Vec<Vec<Packet>>,
}

impl Outbound {
    pub(super) fn resend(&mut self, place: usize, source: u64) {
        self.resends.push_back((place, source));
    }

    pub(super) fn start_replay(&mut self, place: usize) {
        if !self.replays.contains(&place) && !self.replays_later.contains(&place) {
            self.replays.push_back(place);
        }
    }

    /// A slot whose burst exceeds what its path takes at once.
    fn hold_back(&mut self, place: usize) {
        self.replays_later.push(place);
    }

    fn recycle(&mut self, mut job: Job) {
        job.frame.clear();
        if self.spare.len() < SPARE_FRAMES {
            self.spare.push(job.frame);
        }
    }

    /// The slot at this position of a track is gone: those behind it moved up.
    pub(super) fn unlinked(&mut self, track: TrackId, at: usize) {
        for job in self.urgent.iter_mut().chain(&mut self.jobs) {
            job.next -= usize::from(job.track == track && at < job.next);
        }
    }

    pub(super) fn wake_replays(&mut self) {
        self.replay_scheduled = false;
        self.replays.extend(self.replays_later.drain(..));
    }
}

impl Sfu {
    /// A packet of a track, from its publisher or another worker: into the ring, and on.
    pub(super) fn forward(&mut self, now: Now, id: TrackId, layer: u8, packet: Packet) {
        let Some(track) = self.tracks.get_mut(&id) else {
            return;
        };
        let inserted = track.up.insert(now, layer, packet);
        if track.up.is_tick_due(now.instant) {
            self.tick_layers(now, id);
        }
        match inserted {
            Some(complete) if complete && !self.waits_for_frame(now, id) => {
                self.release_frame(id, layer);
            }
            Some(_) => self.schedule_track(id),
            None => {}
        }
    }

    /// Lets audio wait for packets of its publisher's frame that are held anyway or due within
    /// milliseconds: one trip through the kernel instead of two.
    fn waits_for_frame(&mut self, now: Now, id: TrackId) -> bool {
        let up = &self.tracks[&id].up;
        if up.info.kind != Kind::Audio || up.is_call() {
            return false;
        }
        let begun = self.sisters(id).find(|other| {
            let up = &self.tracks[other].up;
            up.info.kind == Kind::Video && up.is_mid_frame(now.instant)
        });
        let begun = begun.and_then(|begun| self.tracks.get_mut(&begun));
        begun.map(|track| track.up.sound = Some(id)).is_some()
    }

    /// Tracks of the same publisher, itself among them.
    fn sisters(&self, id: TrackId) -> impl Iterator<Item = TrackId> {
        let up = &self.tracks[&id].up;
        let session = up.info.session;
        let room = self.rooms.get(&up.room);
        let tracks = room.map_or(&[][..], |room| &room.tracks[..]).iter();
        tracks
            .copied()
            .filter(move |other| self.tracks[other].up.info.session == session)
    }

    /// Lets go what has been held long enough. Sound that waited takes along the frame that came
    /// meanwhile.
    pub(super) fn release_due(&mut self, id: TrackId, layer: u8) {
        let company = self.sisters(id).find_map(|other| {
            let up = &self.tracks[&other].up;
            let held = up.held_layer().filter(|_| up.sound == Some(id))?;
            Some((other, held))
        });
        let (id, layer) = company.unwrap_or((id, layer));
        self.release_frame(id, layer);
    }

    /// Puts a gathered frame on its way.
    pub(super) fn release_frame(&mut self, id: TrackId, layer: u8) {
        let Some(track) = self.tracks.get_mut(&id) else {
            return;
        };
        let Some(state) = track.up.layer_mut(layer) else {
            return;
        };
        let frame = state.release(self.outbound.spare.pop().unwrap_or_default());
        let urgent = track.up.info.kind == Kind::Audio || track.up.is_call();
        let sound = track.up.sound.take().and_then(|id| self.release_sound(id));
        let job = Job {
            track: id,
            layer,
            frame,
            sound: sound.as_ref().and_then(Job::newest),
            next: 0,
        };
        let queue = match urgent {
            true => &mut self.outbound.urgent,
            false => &mut self.outbound.jobs,
        };
        queue.push_back(job);
        queue.extend(sound);
    }

    /// What was gathered of an audio track, if it has not left by itself.
    fn release_sound(&mut self, id: TrackId) -> Option<Job> {
        let state = self.tracks.get_mut(&id)?.up.layer_mut(0)?;
        let frame = state.release(self.outbound.spare.pop().unwrap_or_default());
        (!frame.is_empty()).then_some(Job {
            track: id,
            layer: 0,
            frame,
            sound: None,
            next: 0,
        })
    }

    /// Fills `batch` with what waits to leave. `true`: there is more; send this and call again.
    pub(crate) fn transmit(&mut self, now: Now, batch: &mut Batch) -> bool {
        while let Some((_, datagram)) = self.outbound.control.front() {
            if !batch.has_room(1, datagram.len()) {
                return true;
            }
            if let Some((path, datagram)) = self.outbound.control.pop_front() {
                batch.push(path, &datagram);
            }
        }
        while let Some(mut job) = self.outbound.urgent.pop_front() {
            if !self.run(now, &mut job, batch) {
                self.outbound.urgent.push_front(job);
                return true;
            }
            self.outbound.recycle(job);
        }
        while let Some(mut job) = self.outbound.jobs.pop_front() {
            if !self.run(now, &mut job, batch) {
                self.outbound.jobs.push_front(job);
                return true;
            }
            self.outbound.recycle(job);
        }
        while let Some((place, source)) = self.outbound.resends.front().copied() {
            if !batch.has_room(1, SEALED_MAX) {
                return true;
            }
            self.outbound.resends.pop_front();
            self.resend(now, place, source, batch);
        }
        while let Some(place) = self.outbound.replays.front().copied() {
            if !batch.has_room(REPLAY_BURST, REPLAY_BURST * SEALED_MAX) {
                return true;
            }
            self.outbound.replays.pop_front();
            if self.replay(now, place, batch) {
                self.outbound.replays_later.push(place);
            } else {
                self.settle(now, place);
                self.refresh_waiting(now, place);
            }
        }
        if !self.outbound.replays_later.is_empty() && !self.outbound.replay_scheduled {
            self.outbound.replay_scheduled = true;
            let at = Some(now.instant + REPLAY_INTERVAL);
            self.timers.schedule(&mut None, at, Timer::Replay);
        }
        false
    }

    /// Sends a frame to the slots not yet served. `false`: the batch is full.
    fn run(&mut self, now: Now, job: &mut Job, batch: &mut Batch) -> bool {
        let Some(track) = self.tracks.get(&job.track) else {
            return true;
        };
        let up = &track.up;
        let (clock_hz, is_audio) = (up.codec.clock_hz(), up.info.kind == Kind::Audio);
        let start = if is_audio {
            Some(0)
        } else {
            job.frame.iter().position(|p| p.keyframe)
        };
        let segment = segment_of(&job.frame);
        // Every packet is given the room of the largest while it is written.
        let bytes = job.frame.len() * (segment + SEAL_ROOM) + SEALED_MAX;
        let (mut started, mut full) = (Vec::new(), false);
        let outbound = &mut self.outbound;
        for place in &up.downtracks[job.next.min(up.downtracks.len())..] {
            if !batch.has_room(job.frame.len(), bytes) {
                full = true;
                break;
            }
            job.next += 1;
            let downtrack = &mut self.downtracks[*place];
            let viewer = downtrack.viewer;
            let Some(mut link) = self.viewers[viewer].link(now.instant) else {
                continue;
            };
            let mut from = 0;
            match (downtrack.meets(job.layer), start) {
                (Meeting::GoesOn, _) => {}
                (Meeting::MayStart, Some(start)) => {
                    downtrack.layer = job.layer;
                    downtrack.start(&job.frame[start], clock_hz, None, now.instant);
                    downtrack.catch_up();
                    from = start;
                    started.push(*place);
                }
                (Meeting::MayStart, None) | (Meeting::None, _) => continue,
            }
            let frame = &job.frame[from..];
            let counters = &self.shard.counters;
            let held = send_frame(downtrack, frame, segment, &mut link, batch, counters);
            if let Some(held) = held {
                downtrack.fall_behind(now.instant, held);
                outbound.hold_back(*place);
            }
            if let Some(sound) = &job.sound {
                let viewer = &mut self.viewers[viewer];
                send_along(&mut self.downtracks, viewer, sound, now, batch, counters);
            }
        }
        for place in started {
            self.hasten_report(now, place);
            self.settle(now, place);
        }
        !full
    }

    fn resend(&mut self, now: Now, place: usize, source: u64, batch: &mut Batch) {
        let sent = self.downtracks.get_mut(place).and_then(|downtrack| {
            let viewer = self.viewers.get_mut(downtrack.viewer)?;
            let ring = &self
                .tracks
                .get(&downtrack.track?)?
                .up
                .layer(downtrack.layer)?
                .ring;
            let packet = ring.get(source)?;
            downtrack.resend(packet, &mut viewer.link(now.instant)?, batch)
        });
        let counters = &self.shard.counters;
        match sent {
            Some(bytes) => {
                count(&counters.retransmitted, 1);
                count(&counters.packets_out, 1);
                count(&counters.bytes_out, bytes as u64);
            }
            None => count(&counters.retransmit_misses, 1),
        }
    }

    /// One burst of a slot that catches up from the ring. `true`: more to come.
    fn replay(&mut self, now: Now, place: usize, batch: &mut Batch) -> bool {
        let Some(downtrack) = self.downtracks.get_mut(place) else {
            return false;
        };
        let (Flow::Replay(mut next), Some(id)) = (downtrack.flow, downtrack.track) else {
            return false;
        };
        let up = self.tracks.get(&id).map(|track| &track.up);
        let Some(layer) = up.and_then(|up| up.layer(downtrack.layer)) else {
            return false;
        };
        let Some(mut link) = self.viewers[downtrack.viewer].link(now.instant) else {
            return false;
        };
        let head = layer.ring.head().unwrap_or(0);
        for _ in 0..REPLAY_BURST {
            if next > head {
                break;
            }
            if let Some(packet) = layer.ring.get(next) {
                let (frame, counters) = (std::slice::from_ref(packet), &self.shard.counters);
                if send_frame(downtrack, frame, 0, &mut link, batch, counters).is_some() {
                    break;
                }
            }
            next += 1;
        }
        if next > head {
            downtrack.catch_up();
            return false;
        }
        downtrack.fall_behind(now.instant, next);
        !downtrack.give_up(now.instant)
    }
}

/// Header extension, padding and tag around a header and payload.
const SEAL_ROOM: usize = 48;

/// Sends a frame as far as the path takes it at once. `Some`: the first packet that has to wait.
/// Audio never waits.
fn send_frame(
    downtrack: &mut Downtrack,
    frame: &[Packet],
    segment: usize,
    link: &mut Link<'_>,
    batch: &mut Batch,
    counters: &Counters,
) -> Option<u64> {
    for packet in frame {
        if !downtrack.may_send(packet, link) {
            return Some(packet.seq);
        }
        if let Some(bytes) = downtrack.send(packet, segment, link, batch) {
            count(&counters.packets_out, 1);
            count(&counters.bytes_out, bytes as u64);
        }
    }
    None
}

/// Sends a packet of audio where it leaves in the same run as the frame before it: GSO takes
/// datagrams of one length and a shorter one at the end.
fn send_along(
    downtracks: &mut Slab<Downtrack>,
    viewer: &mut Viewer,
    (track, packet): &(TrackId, Packet),
    now: Now,
    batch: &mut Batch,
    counters: &Counters,
) {
    let fits = |path| batch.takes_along(path, packet.payload.len() + SEAL_ROOM);
    if !viewer.path.is_some_and(fits) {
        return;
    }
    let places = viewer.cold.slots.iter().map(|(_, place)| *place);
    let place = places
        .into_iter()
        .find(|place| downtracks[*place].track == Some(*track));
    let slot = place.map(|place| &mut downtracks[place]);
    let Some(slot) = slot.filter(|slot| slot.flow == Flow::Live) else {
        return;
    };
    if let Some(mut link) = viewer.link(now.instant) {
        let frame = std::slice::from_ref(packet);
        send_frame(slot, frame, 0, &mut link, batch, counters);
    }
}
