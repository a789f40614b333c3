//! Trickle fragments and ICE restarts, the same for publishers and viewers: a second pair of
//! credentials leads to the connection until a check proves that its peer has taken them over.
//! Keys, paths and media stay as they are.

use super::Sfu;
use crate::clock::Now;
use crate::demux::Peer;
use crate::handle::{OfferError, Patched, SessionId};
use crate::ice::{Credentials, Pair, Session as IceSession};
use crate::sdp::ICE_OPTIONS;
use crate::sdpfrag::{Fragment, Tagged, restarted};

impl Sfu {
    /// Takes a fragment; see [`crate::Media::patch`].
    pub(crate) fn patch(
        &mut self,
        session: SessionId,
        fragment: &str,
    ) -> Result<Patched, OfferError> {
        let peer = match self.sessions.get(&session) {
            Some(index) => Peer::Viewer(*index),
            None => Peer::Publisher(session),
        };
        let ice = self.ice(peer).ok_or(OfferError::NoSession)?;
        let remote = Fragment::parse(fragment)?.credentials;
        let Some(remote) = remote.filter(|remote| ice.is_news(remote)) else {
            return Ok(Patched::Noted);
        };
        let local = self.free_credentials();
        let fragment = self.restarted(peer, &local);
        self.demux.insert(&local.ufrag, &local.pwd, peer);
        let ice = self.ice_mut(peer).expect("it was there a moment ago");
        let (restarts, given_up) = ice.restart(Pair { local, remote });
        if let Some(ufrag) = given_up {
            self.demux.forget(&ufrag);
        }
        Ok(Patched::Restarted { restarts, fragment })
    }

    /// A check with valid integrity came for `ufrag`: when it is a restart's, the restart is done.
    pub(super) fn confirm_restart(&mut self, now: Now, peer: Peer, ufrag: &str) {
        let Some((pair, old)) = self.ice_mut(peer).and_then(|ice| {
            let (pair, old) = ice.confirm(ufrag)?;
            Some((pair.clone(), old))
        }) else {
            return;
        };
        self.demux.forget(&old);
        if let Peer::Publisher(session) = peer
            && let Some(publisher) = self.publishers.get_mut(&session)
        {
            publisher.ingest.restart(now.instant, &pair);
        }
    }

    /// Credentials no other connection of this worker has.
    pub(super) fn free_credentials(&self) -> Credentials {
        loop {
            let fresh = Credentials::random(self.shard.worker);
            if !self.demux.contains(&fresh.ufrag) {
                return fresh;
            }
        }
    }

    fn restarted(&self, peer: Peer, local: &Credentials) -> String {
        let ingest = &self.shard.ingest;
        let candidates = [&ingest.candidates[..], &ingest.tcp_candidates];
        match peer {
            Peer::Publisher(session) => {
                let (tagged, options) = self.publishers[&session].ingest.tagged();
                restarted(local, candidates, &tagged, options)
            }
            Peer::Viewer(index) => {
                let slots = &self.viewers[index].cold.slots;
                let tagged = Tagged {
                    kind: slots[0].0.kind,
                    mids: slots.iter().map(|(slot, _)| slot.mid.as_str()).collect(),
                };
                restarted(local, candidates, &tagged, ICE_OPTIONS)
            }
        }
    }

    fn ice(&self, peer: Peer) -> Option<&IceSession> {
        match peer {
            Peer::Publisher(session) => Some(&self.publishers.get(&session)?.ingest.ice),
            Peer::Viewer(index) => Some(&self.viewers.get(index)?.cold.ice),
        }
    }

    fn ice_mut(&mut self, peer: Peer) -> Option<&mut IceSession> {
        match peer {
            Peer::Publisher(session) => Some(&mut self.publishers.get_mut(&session)?.ingest.ice),
            Peer::Viewer(index) => Some(&mut self.viewers.get_mut(index)?.cold.ice),
        }
    }
}
