//! Datagrams from the network, and what the publishers' machines make of them.

use std::net::SocketAddr;

use super::{Sfu, Timer, Track};
use crate::batch::Path;
use crate::clock::Now;
use crate::demux::{Content, Peer};
use crate::handle::{Event, Kind, SessionId, TapPacket, TrackId, TrackInfo};
use crate::ingest::{IngestOutput, IngestTrack};
use crate::packet::{Codec, Packet};
use crate::relay::Relay;
use crate::rtcp::Feedback;
use crate::stats::count;
use crate::stun::Request;
use crate::uptrack::Uptrack;
use crate::viewer::Output as ViewerOutput;

/// Why a datagram is dropped.
enum Refused {
    /// No session is behind its address or ufrag.
    Unknown,
    /// It does not prove to be from its session's peer.
    Unauthenticated,
    /// It is nothing that belongs here.
    Malformed,
}

impl Sfu {
    /// Takes one UDP datagram; `local` is the address it was sent to.
    pub(crate) fn handle_datagram(
        &mut self,
        now: Now,
        source: SocketAddr,
        local: SocketAddr,
        datagram: &[u8],
    ) {
        let path = Path::udp(source, local.ip());
        self.handle_input(now, path, local, datagram);
    }

    /// Takes one datagram that came by TCP.
    pub(crate) fn handle_stream(&mut self, now: Now, path: Path, datagram: &[u8]) {
        let candidates = &self.shard.ingest.tcp_candidates;
        let port = candidates.first().map_or(0, SocketAddr::port);
        self.handle_input(now, path, SocketAddr::new(path.local, port), datagram);
    }

    fn handle_input(&mut self, now: Now, path: Path, local: SocketAddr, datagram: &[u8]) {
        let taken = match Content::of(datagram) {
            Some(Content::Stun) => self.handle_stun(now, path, local, datagram),
            Some(content) => match self.demux.by_address((path.remote, path.proto)) {
                Some(Peer::Publisher(session)) => {
                    self.feed_publisher(now, session, path, local, datagram)
                }
                Some(Peer::Viewer(index)) => self.feed_viewer(now, index, path, content, datagram),
                None => Err(Refused::Unknown),
            },
            None => Err(Refused::Malformed),
        };
        if let Err(why) = taken {
            let counters = &self.shard.counters;
            count(&counters.datagrams_dropped, 1);
            count(
                match why {
                    Refused::Unknown => &counters.dropped_unknown,
                    Refused::Unauthenticated => &counters.dropped_unauthenticated,
                    Refused::Malformed => &counters.dropped_malformed,
                },
                1,
            );
        }
    }

    fn handle_stun(
        &mut self,
        now: Now,
        path: Path,
        local: SocketAddr,
        datagram: &[u8],
    ) -> Result<(), Refused> {
        let request = match Request::parse(datagram) {
            Some(request) => request,
            // A publisher's engine may await STUN that is not a request.
            None => match self.demux.by_address((path.remote, path.proto)) {
                Some(Peer::Publisher(session)) => {
                    return self.feed_publisher(now, session, path, local, datagram);
                }
                Some(Peer::Viewer(_)) | None => return Err(Refused::Malformed),
            },
        };
        let crypto = self.crypto();
        let crypto = crypto.crypto();
        let known = self.demux.by_ufrag(request.ufrag());
        let (peer, password) = known.ok_or(Refused::Unknown)?;
        let (password, ufrag) = (password.to_owned(), request.ufrag().to_owned());
        let request = request
            .verify(&password, crypto)
            .ok_or(Refused::Unauthenticated)?;
        let address = (path.remote, path.proto);
        if !self.demux.learn(now.instant, address, peer) {
            return Err(Refused::Unauthenticated);
        }
        self.confirm_restart(now, peer, &ufrag);
        match peer {
            Peer::Publisher(session) => {
                let publisher = self.publishers.get_mut(&session);
                let publisher = publisher.ok_or(Refused::Unknown)?;
                publisher
                    .route
                    .checked(now.instant, path, request.nominates);
                self.feed_publisher(now, session, path, local, datagram)
            }
            Peer::Viewer(index) => {
                let answer = request.answer(path.remote, &password, crypto);
                self.send(path, answer.ok_or(Refused::Malformed)?);
                if self.viewers[index].path.is_none() {
                    let waited = self.viewers[index].age(now.instant);
                    self.shard.counters.join_checked.time(waited);
                }
                self.viewers[index].handle_stun(now.instant, &request, path, crypto);
                self.drain_viewer(now, index);
                Ok(())
            }
        }
    }

    fn feed_viewer(
        &mut self,
        now: Now,
        index: usize,
        path: Path,
        content: Content,
        datagram: &[u8],
    ) -> Result<(), Refused> {
        let crypto = self.crypto();
        let viewer = &mut self.viewers[index];
        match content {
            Content::Dtls => {
                viewer.handle_dtls(now.instant, datagram, crypto.crypto());
                self.drain_viewer(now, index);
                Ok(())
            }
            Content::Rtcp => {
                let feedback = viewer.handle_rtcp(now.instant, path, datagram);
                let feedback = feedback.ok_or(Refused::Unauthenticated)?;
                for wish in feedback {
                    self.serve(now, index, wish);
                }
                if self.viewers[index].congestion.take_change() {
                    self.reallocate(now, index);
                }
                self.schedule_viewer(index);
                Ok(())
            }
            // A viewer has no media to send.
            Content::Rtp | Content::Stun => Err(Refused::Malformed),
        }
    }

    /// Does what a viewer's RTCP asks for.
    fn serve(&mut self, now: Now, index: usize, wish: Feedback) {
        let by_ssrc = |ssrc| {
            let places = self.viewers[index]
                .cold
                .slots
                .iter()
                .map(|(_, place)| *place);
            places
                .into_iter()
                .find(|place| self.downtracks[*place].ssrc() == ssrc)
        };
        match wish {
            Feedback::Nack { ssrc, lost } => {
                let Some(place) = by_ssrc(ssrc) else { return };
                count(&self.shard.counters.nacked, lost.len() as u64);
                for seq in lost {
                    let source = self.downtracks[place].source_of(seq);
                    match source.filter(|source| {
                        self.viewers[index].take_repair(now.instant, place, *source)
                    }) {
                        Some(source) => self.outbound.resend(place, source),
                        None => count(&self.shard.counters.retransmit_misses, 1),
                    }
                }
            }
            Feedback::Keyframe { ssrc } => {
                let Some(place) = by_ssrc(ssrc) else { return };
                count(&self.shard.counters.keyframes_wanted, 1);
                self.refresh(now, place);
            }
            Feedback::Arrivals(arrivals) => {
                self.viewers[index]
                    .congestion
                    .arrivals(now.instant, &arrivals);
            }
            Feedback::Bandwidth(rate) => self.viewers[index].congestion.remb(now.instant, rate),
            Feedback::Loss { ssrc, fraction } => {
                if by_ssrc(ssrc).is_some() {
                    self.viewers[index]
                        .congestion
                        .reported(now.instant, fraction);
                }
            }
        }
    }

    pub(super) fn drain_viewer(&mut self, now: Now, index: usize) {
        while let Some(output) = self.viewers[index].poll() {
            match output {
                ViewerOutput::Transmit(datagram) => {
                    if let Some(path) = self.viewers[index].path {
                        self.send(path, datagram);
                    }
                }
                ViewerOutput::Connected => {
                    let waited = self.viewers[index].age(now.instant);
                    self.shard.counters.join_secured.time(waited);
                    let cold = &mut self.viewers[index].cold;
                    cold.awaits_picture = cold.slots.iter().any(|(slot, place)| {
                        slot.kind == Kind::Video && self.downtracks[*place].track.is_some()
                    });
                    let (room, session) = (cold.room.clone(), cold.session);
                    let places: Vec<_> = cold.slots.iter().map(|(_, place)| *place).collect();
                    self.event(Event::Connected { room, session });
                    for place in places {
                        self.begin(now, place);
                    }
                }
                ViewerOutput::Closed(reason) => {
                    self.remove_viewer(now, index, reason);
                    return;
                }
            }
        }
        self.schedule_viewer(index);
    }

    fn feed_publisher(
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
