//! The media of a page: its receive slots and what it publishes.

use ::media::{OfferError, TrackId, Wanted};
use futures_util::future::join_all;

use super::{Client, Refused};
use crate::limits::SLOTS_MAX;
use crate::protocol::server::ServerMessage;
use crate::task::media::{kind_of, track_name, track_of};
use crate::task::slots::{self, Slot};

impl Client {
    /// Opens the receive side anew; returns the answer.
    pub(super) async fn view(&mut self, offer: String) -> Result<String, Refused> {
        let session = self.state.media.view(&self.show, offer).await?;
        self.undecodable.clear();
        if session.slots.len() > SLOTS_MAX {
            self.state.media.close(session.id).await;
            let message = format!("at most {SLOTS_MAX} receive slots");
            return Err(Refused::new("too_many_slots", message));
        }
        if let Some(old) = self.viewer.replace(session.id) {
            self.state.media.close(old).await;
        }
        for track in session.undecodable {
            self.tell_undecodable(track.id, track.codec);
        }
        let slots = session.slots.into_iter();
        self.slots = slots
            .map(|slot| Slot::new(slot.mid, kind_of(slot.kind)))
            .collect();
        // None is left to media's own choice, which does not know who the page belongs to.
        let all: Vec<usize> = (0..self.slots.len()).collect();
        self.refill();
        self.assign(&all).await;
        Ok(session.answer)
    }

    pub(super) fn refill(&mut self) -> Vec<usize> {
        let view = self.changes.borrow_and_update().clone();
        slots::fill(&mut self.slots, &view.tracks, &self.participant)
    }

    /// Re-points the slots for the tracks on air; whether any changed.
    pub(super) async fn fill_slots(&mut self) -> bool {
        let changed = self.refill();
        self.assign(&changed).await;
        !changed.is_empty()
    }

    /// Points slots at what they are to show. A track that none can take is told of once.
    pub(super) async fn assign(&mut self, indexes: &[usize]) {
        let Some(viewer) = self.viewer else { return };
        let calls = indexes.iter().map(|n| {
            let slot = &self.slots[*n];
            let track = slot.track.as_deref().and_then(track_of);
            self.state.media.assign(viewer, &slot.mid, track)
        });
        for result in join_all(calls).await {
            match result {
                Ok(()) => {}
                Err(OfferError::Codec { track, codec }) => self.tell_undecodable(track, codec),
                // The track or the viewer went away meanwhile: the next change tells.
                Err(error) => tracing::debug!(%error, "slot not assigned"),
            }
        }
    }

    fn tell_undecodable(&mut self, track: TrackId, codec: &str) {
        if self.undecodable.insert(track) {
            let (track, codec) = (track_name(track), codec.to_owned());
            self.send(ServerMessage::Undecodable { track, codec });
        }
    }

    /// The page said what a slot's picture is used for. A slot that is gone needs no answer: the
    /// page has been told of its new ones.
    pub(super) async fn watch(&self, mid: String, wanted: Wanted) {
        let Some(viewer) = self.viewer else { return };
        if let Err(error) = self.state.media.want(viewer, &mid, wanted).await {
            tracing::debug!(%error, mid, "wish for a slot not taken");
        }
    }

    pub(super) async fn close_publishing(&mut self) {
        for (_, session) in self.publishing.drain() {
            self.state.media.close(session).await;
        }
    }

    pub(super) async fn close_media(&mut self) {
        self.close_publishing().await;
        if let Some(viewer) = self.viewer.take() {
            self.state.media.close(viewer).await;
        }
    }
}
