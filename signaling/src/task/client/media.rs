//! The media of a page: its receive slots and what it publishes.

use futures_util::future::join_all;

use super::{Client, Refused};
use crate::limits::SLOTS_MAX;
use crate::task::media::{kind_of, track_of};
use crate::task::slots::{self, Slot};

impl Client {
    /// Opens the receive side anew; returns the answer.
    pub(super) async fn view(&mut self, offer: String) -> Result<String, Refused> {
        let session = self.state.media.view(&self.show, offer).await?;
        if session.slots.len() > SLOTS_MAX {
            self.state.media.close(session.id).await;
            let message = format!("at most {SLOTS_MAX} receive slots");
            return Err(Refused::new("too_many_slots", message));
        }
        if let Some(old) = self.viewer.replace(session.id) {
            self.state.media.close(old).await;
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

    pub(super) async fn assign(&self, indexes: &[usize]) {
        let Some(viewer) = self.viewer else { return };
        let calls = indexes.iter().map(|n| {
            let slot = &self.slots[*n];
            let track = slot.track.as_deref().and_then(track_of);
            self.state.media.assign(viewer, &slot.mid, track)
        });
        for result in join_all(calls).await {
            // The track or the viewer went away meanwhile: the next change tells.
            if let Err(error) = result {
                tracing::debug!(%error, "slot not assigned");
            }
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
