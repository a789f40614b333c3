//! What a page asks for after it has joined. Every request is answered once: `done`, its own
//! answer, or `refused` with nothing changed.

use ::media::{Source, Wanted};

use super::{Client, Refused};
use crate::clock::now_ms;
use crate::protocol::client::{ClientMessage, SourceKind};
use crate::protocol::server::ServerMessage;
use crate::room::{Ask, Input, Refusal};
use crate::task::media::{owner, stands};
use crate::task::sessions::{Door, HttpSession};

impl Client {
    /// Handles one text message. False: it cannot be answered, the connection ends.
    pub(super) async fn message(&mut self, text: &str) -> bool {
        match serde_json::from_str::<ClientMessage>(text) {
            Ok(message) => {
                let reply = self.request(message).await;
                let is_fatal = matches!(reply, Some(ServerMessage::Refused { request: None, .. }));
                if let Some(reply) = reply {
                    self.send(reply);
                }
                !is_fatal
            }
            Err(error) => {
                // A request with a number gets its answer; without one nobody waits for any.
                let request = serde_json::from_str::<serde_json::Value>(text)
                    .ok()
                    .and_then(|value| value.get("request")?.as_u64())
                    .and_then(|number| u32::try_from(number).ok());
                let refused = Refused::new("malformed_message", error.to_string());
                self.send(refused.message(request));
                request.is_some()
            }
        }
    }

    async fn request(&mut self, message: ClientMessage) -> Option<ServerMessage> {
        let (request, result) = match message {
            ClientMessage::Join { .. } => {
                return Some(Refused::new("joined", "this socket has joined").message(None));
            }
            ClientMessage::Clock { client_ms } => {
                #[allow(clippy::cast_precision_loss)] // Unix ms stay below 2^53 for ages.
                return Some(ServerMessage::Clock {
                    client_ms,
                    server_ms: now_ms() as f64,
                });
            }
            ClientMessage::Captions { language } => {
                let answer = self.ask(Input::Captions(self.peer, language)).await;
                return answer.err().map(|refused| refused.message(None));
            }
            ClientMessage::Watch {
                mid,
                visible,
                height,
            } => {
                self.watch(mid, Wanted { visible, height }).await;
                return None;
            }
            ClientMessage::React { reaction, count } => {
                self.room
                    .tell(Input::React(self.peer, reaction, count))
                    .await;
                return None;
            }
            ClientMessage::Noticed { step, products } => {
                self.room
                    .tell(Input::Noticed(self.peer, step, products))
                    .await;
                return None;
            }
            ClientMessage::Translate {
                request,
                id,
                language,
            } => {
                let refused = self.translate(request, id, language).err()?;
                (request, Err(refused))
            }
            ClientMessage::Offer { request, offer } => (request, self.offer(request, offer).await),
            ClientMessage::Publish {
                request,
                offer,
                source,
            } => (request, self.publish(request, offer, source).await),
            ClientMessage::Unpublish { request, source } => (
                request,
                self.unpublish(source).await.map(|()| done(request)),
            ),
            ClientMessage::Slot {
                request,
                mid,
                track,
            } => (
                request,
                self.slot(&mid, track).await.map(|()| done(request)),
            ),
            other => self.ask_room(other).await,
        };
        Some(result.unwrap_or_else(|refused| refused.message(Some(request))))
    }

    /// Requests that the room alone answers.
    async fn ask_room(&mut self, message: ClientMessage) -> (u32, Result<ServerMessage, Refused>) {
        let (request, ask) = match message {
            ClientMessage::SpeechLanguage {
                request,
                participant,
                language,
            } => (request, Ask::SpeechLanguage(participant, language)),
            ClientMessage::Chat { request, text } => (request, Ask::Chat(text)),
            ClientMessage::Moderate { request, act } => (request, Ask::Moderate(act)),
            ClientMessage::Pin { request, product } => (request, Ask::Pin(product)),
            ClientMessage::Unpin { request, product } => (request, Ask::Unpin(product)),
            ClientMessage::NowShowing { request, product } => (request, Ask::NowShowing(product)),
            ClientMessage::Promote {
                request,
                participant,
                role,
            } => (request, Ask::Promote(participant, role)),
            ClientMessage::Phase { request, phase } => (request, Ask::Phase(phase)),
            ClientMessage::Join { .. }
            | ClientMessage::Clock { .. }
            | ClientMessage::Captions { .. }
            | ClientMessage::Watch { .. }
            | ClientMessage::React { .. }
            | ClientMessage::Noticed { .. }
            | ClientMessage::Translate { .. }
            | ClientMessage::Offer { .. }
            | ClientMessage::Publish { .. }
            | ClientMessage::Unpublish { .. }
            | ClientMessage::Slot { .. } => unreachable!("answered by `request` itself"),
        };
        let answer = self.ask(Input::Ask(self.peer, ask)).await;
        (request, answer.map(|()| done(request)))
    }

    async fn ask(&self, input: Input) -> Result<(), Refused> {
        Ok(self.room.ask(input).await??)
    }

    async fn offer(&mut self, request: u32, offer: String) -> Result<ServerMessage, Refused> {
        let answer = self.view(offer).await?;
        Ok(ServerMessage::Answered {
            request,
            answer,
            slots: self.slot_views(),
        })
    }

    async fn publish(
        &mut self,
        request: u32,
        offer: String,
        source: SourceKind,
    ) -> Result<ServerMessage, Refused> {
        let role = self.outbox.role();
        if !role.is_on_stage() {
            return Err(Refusal::NotOnStage.into());
        }
        if !self.state.sessions.has_room() {
            return Err(::media::OfferError::Full.into());
        }
        let owner = owner(&self.participant, source);
        let session = self
            .state
            .media
            .publish(&self.show, Source { owner }, offer)
            .await?;
        let (show, participant) = (self.show.0.clone(), self.participant.clone());
        let entry = HttpSession {
            door: Door::Page,
            show,
            participant,
            id: session.id,
        };
        // Found again by its media id only; media's `Closed` takes it out.
        let key = self.state.sessions.add(entry).key;
        let (media, hub) = (&self.state.media, &self.state.hub);
        if !stands(media, hub, &self.state.sessions, &key).await {
            let why = "a newer session of the same source took its place";
            return Err(Refused::new("session_over", why));
        }
        // Media has closed the earlier session of this source itself.
        self.publishing.insert(source, session.id);
        if !self.outbox.role().is_on_stage() {
            // Sent back to the audience while media was asked.
            self.close_publishing().await;
            return Err(Refusal::NotOnStage.into());
        }
        Ok(ServerMessage::Published {
            request,
            answer: session.answer,
        })
    }

    async fn unpublish(&mut self, source: SourceKind) -> Result<(), Refused> {
        let session = self.publishing.remove(&source);
        let session =
            session.ok_or_else(|| Refused::new("not_publishing", "this is not published"))?;
        self.state.media.close(session).await;
        Ok(())
    }

    async fn slot(&mut self, mid: &str, track: Option<String>) -> Result<(), Refused> {
        let view = self.changes.borrow().clone();
        let unknown = |what: &str| Refused::new("unknown_slot", format!("there is no such {what}"));
        let slot = self.slots.iter_mut().find(|slot| slot.mid == mid);
        let slot = slot.ok_or_else(|| unknown("slot"))?;
        if let Some(id) = &track {
            let shown = view.tracks.iter().find(|known| known.id == *id);
            let shown = shown.ok_or_else(|| Refused::new("unknown_track", "no such track"))?;
            if shown.kind != slot.kind {
                return Err(Refused::new(
                    "wrong_kind",
                    "the slot takes tracks of another kind",
                ));
            }
        }
        slot.choice = Some(track);
        if self.fill_slots().await {
            self.send(ServerMessage::Slots {
                slots: self.slot_views(),
            });
        }
        Ok(())
    }
}

fn done(request: u32) -> ServerMessage {
    ServerMessage::Done { request }
}
