//! Requests of the application: sessions come and go.

use std::net::{IpAddr, Ipv4Addr};

use super::{Publisher, Sfu};
use crate::clock::Now;
use crate::demux::Peer;
use crate::downtrack::Downtrack;
use crate::dtls::Dtls;
use crate::handle::{
    Closed, Event, Invitation, OfferError, Receives, RoomId, Session, SessionId, Slot, Source,
    TapPacket, TrackId,
};
use crate::ice::{self, Credentials};
use crate::ingest::Ingest;
use crate::limits::{PUBLISHERS_MAX, VIEWERS_MAX};
use crate::relay::Relay;
use crate::sdp::{Offer, Payload, Ssrcs, Transport, counter};
use crate::stats::count;
use crate::viewer::Viewer;

impl Sfu {
    pub(crate) fn publish(
        &mut self,
        now: Now,
        session: SessionId,
        room: RoomId,
        source: Source,
        offer: &str,
    ) -> Result<Session, OfferError> {
        if self.publishers.len() >= PUBLISHERS_MAX {
            return Err(OfferError::Full);
        }
        let (ingest, answer) = Ingest::accept(now.instant, &self.shard.ingest, offer)?;
        let peer = Peer::Publisher(session);
        let (ufrag, password) = ingest.local_credentials();
        self.demux.insert(ufrag, password, peer);
        self.take_owner(now, &room, &source.owner, session);
        self.broadcast(&Relay::OwnerTaken {
            room: room.clone(),
            owner: source.owner.clone(),
            session,
        });
        let publisher = Publisher {
            room,
            source,
            ingest,
            tracks: Default::default(),
            scheduled: None,
            local: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            route: Default::default(),
        };
        self.publishers.insert(session, publisher);
        count(&self.shard.counters.publishers, 1);
        self.pump_publisher(now, session);
        Ok(Session {
            id: session,
            answer,
            slots: Vec::new(),
            undecodable: Vec::new(),
        })
    }

    /// A newer session of the same owner takes the place of older ones.
    pub(super) fn take_owner(&mut self, now: Now, room: &RoomId, owner: &str, newer: SessionId) {
        let same = |id: &SessionId, publisher: &Publisher| {
            id.0 < newer.0 && publisher.room == *room && publisher.source.owner == owner
        };
        let older: Vec<_> = self
            .publishers
            .iter()
            .filter(|(id, publisher)| same(id, publisher))
            .map(|(id, _)| *id)
            .collect();
        for session in older {
            self.close(now, session);
        }
    }

    pub(crate) fn view(
        &mut self,
        now: Now,
        session: SessionId,
        room: RoomId,
        offer: &str,
        receives: Receives,
    ) -> Result<Session, OfferError> {
        let offer = Offer::parse(offer)?;
        if receives == Receives::OneOfEach {
            offer.require_one_of_each()?;
        }
        let ice = self.free_credentials();
        let ssrcs: Vec<_> = offer.slots().map(|_| Ssrcs::random()).collect();
        let answer = offer.answer(&self.transport(session, &ice), &ssrcs);
        let slots = self.admit(now, session, room, &offer, ice, &ssrcs)?;
        Ok(Session {
            id: session,
            answer,
            slots,
            undecodable: self.undecodable(session),
        })
    }

    /// An offer of ours; nothing is kept until it is answered.
    pub(crate) fn invite(&self, session: SessionId) -> Invitation {
        let ice = self.free_credentials();
        let ssrcs = [Ssrcs::random(), Ssrcs::random()];
        let offer = counter::offer(&self.transport(session, &ice), &ssrcs);
        Invitation {
            id: session,
            offer,
            ice,
            ssrcs,
        }
    }

    /// The viewer that answers our offer.
    pub(crate) fn accept(
        &mut self,
        now: Now,
        room: RoomId,
        invitation: &Invitation,
        answer: &str,
    ) -> Result<Session, OfferError> {
        let (id, ice) = (invitation.id, invitation.ice.clone());
        let (answer, ssrcs) = counter::read_answer(answer, &invitation.ssrcs)?;
        if self.sessions.contains_key(&id) || self.demux.contains(&ice.ufrag) {
            return Err(OfferError::Unacceptable("answered before".to_owned()));
        }
        let slots = self.admit(now, id, room, &answer, ice, &ssrcs)?;
        Ok(Session {
            id,
            answer: String::new(),
            slots,
            undecodable: self.undecodable(id),
        })
    }

    fn transport<'a>(&'a self, session: SessionId, ice: &'a Credentials) -> Transport<'a> {
        Transport {
            session: session.0,
            ice,
            fingerprint: &self.shard.identity.fingerprint,
            candidates: &self.shard.ingest.candidates,
            tcp_candidates: &self.shard.ingest.tcp_candidates,
        }
    }

    /// Makes the viewer and its slots; `theirs` is its offer or answer.
    fn admit(
        &mut self,
        now: Now,
        session: SessionId,
        room: RoomId,
        theirs: &Offer,
        local: Credentials,
        ssrcs: &[Ssrcs],
    ) -> Result<Vec<Slot>, OfferError> {
        if self.viewers.len() >= VIEWERS_MAX {
            return Err(OfferError::Full);
        }
        let dtls = Dtls::new(
            &self.shard.identity,
            theirs.fingerprints.clone(),
            theirs.we_are_active,
            now.instant,
        );
        let (ufrag, pwd) = (local.ufrag.clone(), local.pwd.clone());
        let ice = ice::Session::new(local, theirs.ice.clone());
        let viewer = Viewer::new(session, room.clone(), ice, dtls, now.instant);
        let index = self.viewers.insert(viewer);
        for ((slot, payloads), ssrcs) in theirs.slots().zip(ssrcs) {
            let payloads = payloads.iter().map(Payload::slim).collect();
            let downtrack = Downtrack::new(index, *ssrcs, payloads, rand::random());
            let place = self.downtracks.insert(downtrack);
            self.viewers[index].cold.slots.push((slot, place));
        }
        self.demux.insert(&ufrag, &pwd, Peer::Viewer(index));
        self.sessions.insert(session, index);
        self.rooms.entry(room).or_default().viewers.push(index);
        count(&self.shard.counters.viewers, 1);
        self.fill_slots(now, index);
        self.schedule_viewer(index);
        let slots = self.viewers[index].cold.slots.iter();
        Ok(slots.map(|(slot, _)| slot.clone()).collect())
    }

    /// Ends a session; one that is gone already is ignored.
    pub(crate) fn close(&mut self, now: Now, session: SessionId) {
        if let Some(publisher) = self.publishers.get_mut(&session) {
            publisher.ingest.close();
            self.pump_publisher(now, session);
            // Whatever the engine still had to say, the session is over for the room.
            self.remove_publisher(now, session, Closed::Local);
        } else if let Some(index) = self.sessions.get(&session).copied() {
            let crypto = self.crypto();
            self.viewers[index].close(crypto.crypto());
            self.drain_viewer(now, index);
        }
    }

    /// Ends every session.
    pub(crate) fn close_all(&mut self, now: Now) {
        let publishers = self.publishers.keys().copied();
        let sessions: Vec<_> = publishers.chain(self.sessions.keys().copied()).collect();
        for session in sessions {
            self.close(now, session);
        }
    }

    /// Copies the audio of a room's publishers on this worker into `tap`.
    pub(crate) fn tap(&mut self, room: RoomId, tap: tokio::sync::mpsc::Sender<TapPacket>) {
        self.rooms.entry(room).or_default().tap = Some(tap);
    }

    pub(super) fn remove_publisher(&mut self, now: Now, session: SessionId, reason: Closed) {
        let Some(publisher) = self.publishers.remove(&session) else {
            return;
        };
        publisher
            .ingest
            .ice
            .ufrags()
            .for_each(|ufrag| self.demux.forget(ufrag));
        self.demux.remove(Peer::Publisher(session));
        count(&self.shard.counters.publishers, u64::MAX);
        let mut tracks: Vec<TrackId> = publisher.tracks.into_values().collect();
        tracks.sort_unstable();
        for track in tracks {
            self.remove_track(now, track);
            self.broadcast(&Relay::TrackRemoved(track));
            self.event(Event::TrackRemoved {
                room: publisher.room.clone(),
                track,
            });
        }
        self.event(Event::Closed {
            room: publisher.room,
            session,
            reason,
        });
    }

    pub(super) fn remove_viewer(&mut self, now: Now, index: usize, reason: Closed) {
        let slots = std::mem::take(&mut self.viewers[index].cold.slots);
        for (_, place) in slots {
            self.unlink(now, place);
            self.downtracks.remove(place);
        }
        let viewer = self.viewers.remove(index);
        let (session, room) = (viewer.cold.session, viewer.cold.room);
        viewer
            .cold
            .ice
            .ufrags()
            .for_each(|ufrag| self.demux.forget(ufrag));
        self.demux.remove(Peer::Viewer(index));
        self.sessions.remove(&session);
        if let Some(known) = self.rooms.get_mut(&room) {
            known.viewers.retain(|viewer| *viewer != index);
        }
        self.forget_room_if_empty(&room);
        count(&self.shard.counters.viewers, u64::MAX);
        self.event(Event::Closed {
            room,
            session,
            reason,
        });
    }

    pub(super) fn forget_room_if_empty(&mut self, room: &RoomId) {
        if let Some(known) = self.rooms.get_mut(room) {
            if known.tap.as_ref().is_some_and(|tap| tap.is_closed()) {
                known.tap = None;
            }
            if known.is_empty() {
                self.rooms.remove(room);
            }
        }
    }
}
