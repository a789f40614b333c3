//! Who is here: sockets, people behind them, and the roles a host has changed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::chat::Bucket;
use super::input::{PeerId, Refusal, Seat};
use crate::limits::{
    CHAT_BURST, CHAT_REFILL_MS, PROMOTED_MAX, REACTIONS_BURST, REACTIONS_REFILL_MS, ROOM_PEERS_MAX,
};
use crate::protocol::client::{Role, Step};
use crate::protocol::server::Participant;

/// A socket.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) participant: String,
    pub(super) captions: Option<String>,
    /// What was done with products in this visit: at most every step of a whole shelf.
    seen: BTreeSet<(Step, String)>,
}

/// Somebody with a page open, or publishing without one.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) peer: Option<PeerId>,
    /// WHIP sessions; a restart overlaps the old one for a moment.
    pub(super) publishing: u32,
    pub(super) speaks: Option<String>,
    pub(super) chat: Bucket,
    pub(super) taps: Bucket,
}

impl Person {
    pub(super) fn is_on_stage(&self) -> bool {
        matches!(self.role, Role::Host | Role::Guide | Role::Guest)
    }

    pub(super) fn view(&self, id: &str) -> Participant {
        Participant {
            id: id.to_owned(),
            name: self.name.clone(),
            role: self.role,
            speaks: self.speaks.clone(),
        }
    }
}

/// Everybody here.
#[derive(Debug, Default)]
pub(super) struct Roster {
    peers: BTreeMap<PeerId, Peer>,
    people: HashMap<String, Person>,
    /// Roles changed by a host, kept over a reconnect. Oldest first, the oldest is forgotten.
    promoted: Vec<(String, Role)>,
}

impl Roster {
    /// Brings a person in, or an existing one up to date.
    pub(super) fn seat(&mut self, now_ms: u64, seat: Seat) -> &mut Person {
        let changed = self.promoted.iter().find(|(id, _)| *id == seat.participant);
        let role = changed.map_or(seat.role, |(_, role)| *role);
        let person = self
            .people
            .entry(seat.participant)
            .or_insert_with(|| Person {
                name: String::new(),
                role,
                peer: None,
                publishing: 0,
                speaks: None,
                chat: Bucket::new(now_ms, CHAT_BURST, CHAT_REFILL_MS),
                taps: Bucket::new(now_ms, REACTIONS_BURST, REACTIONS_REFILL_MS),
            });
        person.name = seat.name;
        person.role = role;
        person
    }

    /// Adds a socket; the person's earlier one is returned, to be sent away.
    pub(super) fn join(
        &mut self,
        now_ms: u64,
        peer: PeerId,
        seat: Seat,
        captions: Option<String>,
    ) -> Result<Option<PeerId>, Refusal> {
        if self.peers.len() >= ROOM_PEERS_MAX {
            return Err(Refusal::RoomFull);
        }
        let participant = seat.participant.clone();
        let replaced = self.seat(now_ms, seat).peer.replace(peer);
        if let Some(old) = replaced {
            self.peers.remove(&old);
        }
        self.peers.insert(
            peer,
            Peer {
                participant,
                captions,
                seen: BTreeSet::new(),
            },
        );
        Ok(replaced)
    }

    /// Removes a socket; its participant's id comes back when it was still the current one.
    pub(super) fn leave(&mut self, peer: PeerId) -> Option<String> {
        let participant = self.peers.remove(&peer)?.participant;
        if let Some(person) = self.people.get_mut(&participant) {
            person.peer = None;
        }
        Some(participant)
    }

    pub(super) fn peer(&self, peer: PeerId) -> Option<&Peer> {
        self.peers.get(&peer)
    }

    pub(super) fn peer_mut(&mut self, peer: PeerId) -> Option<&mut Peer> {
        self.peers.get_mut(&peer)
    }

    pub(super) fn peers(&self) -> impl Iterator<Item = &Peer> {
        self.peers.values()
    }

    pub(super) fn person(&self, id: &str) -> Option<&Person> {
        self.people.get(id)
    }

    pub(super) fn person_mut(&mut self, id: &str) -> Option<&mut Person> {
        self.people.get_mut(id)
    }

    /// Forgets somebody who has neither page nor WHIP session.
    pub(super) fn forget_absent(&mut self, id: &str) {
        if self
            .people
            .get(id)
            .is_some_and(|p| p.peer.is_none() && p.publishing == 0)
        {
            self.people.remove(id);
        }
    }

    /// Remembers a role given by a host.
    pub(super) fn promote(&mut self, id: &str, role: Role) {
        self.promoted.retain(|(known, _)| known != id);
        if self.promoted.len() == PROMOTED_MAX {
            self.promoted.remove(0);
        }
        self.promoted.push((id.to_owned(), role));
        if let Some(person) = self.people.get_mut(id) {
            person.role = role;
        }
    }

    /// Pages that watch: hosts and guides run the show, they do not count.
    pub(super) fn viewing(&self) -> impl Iterator<Item = &Peer> {
        self.peers.values().filter(|peer| !self.runs(peer))
    }

    /// How many those are.
    pub(super) fn viewers(&self) -> usize {
        self.viewing().count()
    }

    /// What a page that watches has told of products.
    pub(super) fn seen_mut(&mut self, peer: PeerId) -> Option<&mut BTreeSet<(Step, String)>> {
        if self.peers.get(&peer).is_none_or(|peer| self.runs(peer)) {
            return None;
        }
        self.peers.get_mut(&peer).map(|peer| &mut peer.seen)
    }

    fn runs(&self, peer: &Peer) -> bool {
        let person = self.people.get(&peer.participant);
        person.is_some_and(|person| matches!(person.role, Role::Host | Role::Guide))
    }
}
