//! Who may do what in a room, and what it does. Everything is checked before anything changes.

use super::input::{Ask, Effect, PeerId, Refusal};
use super::{Room, chat, checked_language};
use crate::limits::{PINS_MAX, STAGE_MAX};
use crate::protocol::client::{Phase, Role};
use crate::protocol::server::{ChatLine, Pin, RoomEvent};

impl Room {
    pub(super) fn ask(&mut self, now_ms: u64, peer: PeerId, ask: Ask) -> Result<(), Refusal> {
        let who = self
            .roster
            .peer(peer)
            .ok_or(Refusal::NotJoined)?
            .participant
            .clone();
        let role = self.roster.person(&who).ok_or(Refusal::NotJoined)?.role;
        match ask {
            Ask::Pin(product) => self.pin(now_ms, role, product),
            Ask::Unpin(product) => self.unpin(now_ms, role, product),
            Ask::NowShowing(product) => self.show_now(now_ms, role, product),
            Ask::Chat(text) => self.chat(now_ms, peer, &who, &text),
            Ask::Moderate(act) => self.moderate(now_ms, &who, act),
            Ask::Promote(participant, role_new) => {
                self.promote(now_ms, role, &participant, role_new)
            }
            Ask::Phase(phase) => self.phase(now_ms, role, phase),
            Ask::SpeechLanguage(participant, language) => {
                self.speech_language(now_ms, (&who, role), &participant, language)
            }
        }
    }

    fn pin(&mut self, now_ms: u64, role: Role, product: String) -> Result<(), Refusal> {
        presenter(role)?;
        if self.state.products.iter().all(|known| known.id != product) {
            return Err(Refusal::UnknownProduct);
        }
        if self.state.pins.iter().any(|pin| pin.product == product) {
            return Err(Refusal::AlreadyPinned);
        }
        if self.state.pins.len() >= PINS_MAX {
            return Err(Refusal::PinsFull);
        }
        self.append_shared(
            now_ms,
            RoomEvent::Pinned(Pin {
                product,
                at_ms: now_ms,
            }),
        );
        Ok(())
    }

    fn unpin(&mut self, now_ms: u64, role: Role, product: String) -> Result<(), Refusal> {
        presenter(role)?;
        if self.state.pins.iter().all(|pin| pin.product != product) {
            return Err(Refusal::NotPinned);
        }
        self.append_shared(now_ms, RoomEvent::Unpinned { product });
        Ok(())
    }

    fn chat(&mut self, now_ms: u64, peer: PeerId, who: &str, text: &str) -> Result<(), Refusal> {
        let text = chat::clean(text).ok_or(Refusal::BadChat)?;
        let person = self.roster.person_mut(who).ok_or(Refusal::NotJoined)?;
        if person.chat.take(now_ms, 1) == 0 {
            return Err(Refusal::ChatTooFast);
        }
        let (name, role) = (person.name.clone(), person.role);
        self.may_write(now_ms, who, role)?;
        self.may_say(role, &text)?;
        self.may_say(role, &name)?;
        let id = self.chat_ids.next(now_ms);
        let participant = who.to_owned();
        let line = ChatLine {
            id,
            participant,
            name,
            role,
            text,
            at_ms: now_ms,
        };
        self.say(now_ms, peer, line);
        Ok(())
    }

    fn promote(
        &mut self,
        now_ms: u64,
        role: Role,
        participant: &str,
        role_new: Role,
    ) -> Result<(), Refusal> {
        host(role)?;
        let person = self
            .roster
            .person(participant)
            .ok_or(Refusal::UnknownParticipant)?;
        let is_movable = |role| matches!(role, Role::Viewer | Role::Guest | Role::Moderator);
        if !is_movable(person.role) || !is_movable(role_new) {
            return Err(Refusal::RoleFixed);
        }
        if person.role == role_new {
            return Ok(());
        }
        if role_new == Role::Guest && self.state.participants.len() >= STAGE_MAX {
            return Err(Refusal::StageFull);
        }
        let peer = person.peer;
        self.roster.promote(participant, role_new);
        self.restage(now_ms, participant);
        if role_new != Role::Guest {
            self.effects
                .push_back(Effect::StopPublishing(participant.to_owned()));
        }
        if let Some(peer) = peer {
            self.effects.push_back(Effect::Role(peer, role_new));
            self.tell_moderation(peer, role_new);
        }
        Ok(())
    }

    fn phase(&mut self, now_ms: u64, role: Role, phase: Phase) -> Result<(), Refusal> {
        host(role)?;
        let current = self.state.info.phase;
        if phase == current {
            return Ok(());
        }
        if phase == Phase::Scheduled {
            return Err(Refusal::BadPhase);
        }
        self.set_phase(now_ms, phase);
        Ok(())
    }

    fn speech_language(
        &mut self,
        now_ms: u64,
        (who, role): (&str, Role),
        participant: &str,
        language: Option<String>,
    ) -> Result<(), Refusal> {
        if who != participant {
            host(role)?;
        }
        let language = checked_language(language)?;
        let person = self
            .roster
            .person(participant)
            .ok_or(Refusal::UnknownParticipant)?;
        if !person.is_on_stage() {
            return Err(Refusal::NotOnStage);
        }
        self.set_spoken(now_ms, participant, language.clone());
        self.effects
            .push_back(Effect::Speaks(participant.to_owned(), language));
        Ok(())
    }
}

fn host(role: Role) -> Result<(), Refusal> {
    (role == Role::Host).then_some(()).ok_or(Refusal::NotHost)
}

pub(super) fn presenter(role: Role) -> Result<(), Refusal> {
    matches!(role, Role::Host | Role::Guide)
        .then_some(())
        .ok_or(Refusal::NotPresenter)
}
