//! What the publishers' machines make of what comes in: tracks and their packets.

use std::net::SocketAddr;

use super::inbound::Refused;
use super::{Sfu, Timer, Track};
use crate::batch::Path;
use crate::clock::Now;
use crate::demux::Content;
use crate::handle::{Event, Kind, SessionId, TapPacket, TrackId, TrackInfo};
use crate::ingest::{IngestOutput, IngestTrack};
use crate::packet::{Codec, Packet};
use crate::relay::Relay;
use crate::stats::count;
use crate::uptrack::Uptrack;

impl Sfu {
    pub(super) fn feed_publisher(
        &mut self,
        now: Now,
        session: SessionId,
        path: Path,
        local: SocketAddr,
        datagram: &[u8],
    ) -> Result<(), Refused> {
        let destination = self.destination(local, path.proto);
        let publisher = self.publishers.get_mut(&session);
        let publisher = publisher.ok_or(Refused::Unknown)?;
        let is_media = publisher
            .ingest
            .handle_datagram(now.instant, path, destination, datagram);
        if is_media {
            publisher.route.heard(now.instant, path);
        } else if Content::of(datagram) == Some(Content::Rtp) {
            count(&self.shard.counters.publisher_packets_refused, 1);
        }
        publisher.local = path.local;
        self.pump_publisher(now, session);
        Ok(())
    }

    /// Drains a publisher's machine.
    pub(super) fn pump_publisher(&mut self, now: Now, session: SessionId) {
        while let Some(publisher) = self.publishers.get_mut(&session) {
            match publisher.ingest.poll() {
                IngestOutput::Timeout(at) => {
                    let timer = Timer::Publisher(session);
                    self.timers
                        .schedule(&mut publisher.scheduled, Some(at), timer);
                    return;
                }
                IngestOutput::Transmit {
                    proto,
                    destination,
                    data,
                } => {
                    // Answers go where the question came from; all else takes the path in use,
                    // which the engine would leave only 15 s after a NAT gave it a new address.
                    let back = Path {
                        remote: destination,
                        local: publisher.local,
                        proto,
                    };
                    let path = match Content::of(&data) {
                        Some(Content::Stun) => back,
                        _ => publisher.route.path().unwrap_or(back),
                    };
                    self.send(path, data);
                }
                IngestOutput::Connected => {
                    let room = publisher.room.clone();
                    self.event(Event::Connected { room, session });
                }
                IngestOutput::TrackAdded {
                    track,
                    codec,
                    keyframes_on_request,
                    rids,
                } => {
                    self.add_local_track(now, session, track, (codec, rids), keyframes_on_request);
                }
                IngestOutput::Packet {
                    track,
                    layer,
                    packet,
                } => {
                    if let Some(id) = publisher.tracks.get(&track).copied() {
                        count(&self.shard.counters.packets_in, 1);
                        self.take_packet(now, id, layer, packet);
                    }
                }
                IngestOutput::Closed(reason) => {
                    self.remove_publisher(now, session, reason);
                    return;
                }
            }
        }
    }

    fn add_local_track(
        &mut self,
        now: Now,
        session: SessionId,
        track: IngestTrack,
        (codec, rids): (Codec, Vec<String>),
        keyframes_on_request: bool,
    ) {
        self.tracks_made += 1;
        let id = TrackId(super::id_of(self.tracks_made, self.shard.worker));
        let publisher = self
            .publishers
            .get_mut(&session)
            .expect("it is being drained");
        publisher.tracks.insert(track, id);
        let (room, source) = (publisher.room.clone(), publisher.source.clone());
        let info = TrackInfo {
            id,
            session,
            kind: codec.kind(),
            source,
            codec: codec.name(),
            rids,
        };
        self.broadcast(&Relay::TrackAdded {
            info: info.clone(),
            room: room.clone(),
            codec,
            keyframes_on_request,
        });
        self.event(Event::TrackAdded {
            room: room.clone(),
            track: info.clone(),
        });
        self.add_track(now, Uptrack::new(info, room, codec, keyframes_on_request));
    }

    /// Makes a track known to this worker's room and shows it where a slot is free.
    pub(super) fn add_track(&mut self, now: Now, mut up: Uptrack) {
        let (id, room) = (up.info.id, up.room.clone());
        up.is_local = super::worker_of(id.0) == self.shard.worker;
        self.tracks.insert(
            id,
            Track {
                up,
                scheduled: None,
            },
        );
        self.rooms.entry(room.clone()).or_default().tracks.push(id);
        self.fill_room(now, &room);
        self.tell_undecodable(id);
    }

    /// The opposite of [`Sfu::add_track`]: slots that showed it are free again.
    pub(super) fn remove_track(&mut self, now: Now, id: TrackId) {
        let Some(track) = self.tracks.remove(&id) else {
            return;
        };
        let room = track.up.room;
        if let Some(known) = self.rooms.get_mut(&room) {
            known.tracks.retain(|other| *other != id);
        }
        for place in track.up.downtracks {
            self.downtracks[place].show(None);
        }
        self.fill_room(now, &room);
        self.forget_room_if_empty(&room);
    }

    /// One media packet of a publisher on this worker.
    fn take_packet(&mut self, now: Now, id: TrackId, layer: u8, packet: Packet) {
        let Some(track) = self.tracks.get(&id) else {
            return;
        };
        let up = &track.up;
        if up.info.kind == Kind::Audio {
            self.tap_packet(now, id, &packet);
        }
        let relayed_to = &self.tracks[&id].up.relayed_to;
        let workers = relayed_to.get(usize::from(layer)).copied().unwrap_or(0);
        for worker in 0..self.shard.workers {
            if workers & (1 << worker) != 0 {
                let message = Relay::Packet {
                    track: id,
                    layer,
                    packet: packet.clone(),
                };
                self.outputs
                    .push_back(super::Output::Relay(worker, message));
            }
        }
        self.forward(now, id, layer, packet);
    }

    fn tap_packet(&mut self, now: Now, id: TrackId, packet: &Packet) {
        let room = &self.tracks[&id].up.room;
        let Some(tap) = self.rooms.get(room).and_then(|room| room.tap.as_ref()) else {
            return;
        };
        let copy = TapPacket {
            room: room.clone(),
            track: id,
            seq: packet.seq,
            rtp_ts: packet.rtp_ts,
            arrival_ms: now.unix_us_at(packet.arrival) / 1_000,
            payload: packet.payload.clone(),
        };
        if tap.try_send(copy).is_err() {
            count(&self.shard.counters.tap_dropped, 1);
        }
    }

    /// Passes a key frame request to the publisher, wherever it is.
    pub(super) fn request_keyframe(
        &mut self,
        now: Now,
        id: TrackId,
        session: SessionId,
        layer: u8,
    ) {
        let origin = super::worker_of(id.0);
        if origin != self.shard.worker {
            let message = Relay::KeyframeWanted { track: id, layer };
            self.outputs
                .push_back(super::Output::Relay(origin, message));
            return;
        }
        let Some(publisher) = self.publishers.get_mut(&session) else {
            return;
        };
        let track = publisher.tracks.iter().find(|(_, known)| **known == id);
        if let Some(track) = track.map(|(track, _)| *track) {
            publisher.ingest.request_keyframe(track, layer);
            count(&self.shard.counters.keyframe_requests, 1);
            self.pump_publisher(now, session);
        }
    }
}
