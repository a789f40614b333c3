//! People and their tracks: who enters, who is on stage, what is on air. The log is made to agree
//! with the roster; sockets that only watch leave no entries.

use super::input::{Effect, PeerId, Refusal, Seat};
use super::{Room, checked_language};
use crate::limits::{STAGE_MAX, TRACKS_MAX};
use crate::protocol::client::{Phase, Resume, Role};
use crate::protocol::server::{JoinState, RoomEvent, ShowState, TrackView};

impl Room {
    pub(super) fn join(
        &mut self,
        now_ms: u64,
        peer: PeerId,
        seat: Seat,
        resume: Option<&Resume>,
        captions: Option<String>,
    ) -> Result<(), Refusal> {
        self.check_seat(&seat)?;
        let captions = checked_language(captions)?;
        let participant = seat.participant.clone();
        if let Some(old) = self.roster.join(now_ms, peer, seat, captions)? {
            self.effects.push_back(Effect::Replaced(old));
        }
        self.restage(now_ms, &participant);
        let person = self.roster.person(&participant).expect("joined just now");
        let state = match resume.and_then(|resume| self.log.since(resume)) {
            Some(entries) => JoinState::Entries { entries },
            None => JoinState::Snapshot {
                seq: self.log.last_seq(),
                show: Box::new(self.state_for(&participant)),
            },
        };
        let you = person.view(&participant);
        let role = you.role;
        // As last told: counting thousands anew for each of thousands who join would add up.
        let viewers = self.told_viewers;
        self.effects.push_back(Effect::Welcome {
            peer,
            you,
            state,
            viewers,
        });
        self.tell_moderation(peer, role);
        Ok(())
    }

    pub(super) fn leave(&mut self, now_ms: u64, peer: PeerId) {
        if let Some(participant) = self.roster.leave(peer) {
            self.roster.forget_absent(&participant);
            self.restage(now_ms, &participant);
        }
    }

    pub(super) fn choose(&mut self, peer: PeerId, language: Option<String>) -> Result<(), Refusal> {
        let language = checked_language(language)?;
        self.roster
            .peer_mut(peer)
            .ok_or(Refusal::NotJoined)?
            .captions = language;
        Ok(())
    }

    pub(super) fn publisher_came(&mut self, now_ms: u64, seat: Seat) -> Result<(), Refusal> {
        self.check_seat(&seat)?;
        let participant = seat.participant.clone();
        self.roster.seat(now_ms, seat).publishing += 1;
        self.restage(now_ms, &participant);
        Ok(())
    }

    pub(super) fn publisher_left(&mut self, now_ms: u64, participant: &str) {
        if let Some(person) = self.roster.person_mut(participant) {
            person.publishing = person.publishing.saturating_sub(1);
        }
        self.roster.forget_absent(participant);
        self.restage(now_ms, participant);
    }

    /// The state as somebody sees it: with the lines that reach only them.
    fn state_for(&self, participant: &str) -> ShowState {
        let mut state = self.state.clone();
        let whispers = self.moderation.whispers(participant).cloned();
        let known = state.chat.len();
        state.chat.extend(whispers);
        if state.chat.len() > known {
            state.chat.sort_by_key(|line| line.id);
        }
        state
    }

    /// A newcomer is not banned, and finds room on the stage or is none for it.
    fn check_seat(&self, seat: &Seat) -> Result<(), Refusal> {
        if self.moderation.banned().contains(&seat.participant) {
            return Err(Refusal::Banned);
        }
        let is_for_stage = matches!(seat.role, Role::Host | Role::Guide | Role::Guest);
        let is_there = self
            .state
            .participants
            .iter()
            .any(|p| p.id == seat.participant);
        if is_for_stage && !is_there && self.state.participants.len() >= STAGE_MAX {
            return Err(Refusal::StageFull);
        }
        Ok(())
    }

    /// Makes the log agree with the roster about one person: on stage, changed, or gone. Who
    /// lost the socket but still sends stays on stage until the tracks end.
    pub(super) fn restage(&mut self, now_ms: u64, participant: &str) {
        let person = self
            .roster
            .person(participant)
            .filter(|person| person.is_on_stage());
        let wanted = person.map(|person| person.view(participant));
        let shown = self.state.participants.iter().find(|p| p.id == participant);
        let has_tracks = self
            .state
            .tracks
            .iter()
            .any(|t| t.participant == participant);
        let is_sent_away = self
            .roster
            .person(participant)
            .is_some_and(|p| !p.is_on_stage());
        match (wanted, shown) {
            (Some(wanted), shown) if shown != Some(&wanted) => {
                self.append(now_ms, RoomEvent::Participant(wanted));
            }
            (None, Some(_)) if is_sent_away || !has_tracks => {
                self.append(
                    now_ms,
                    RoomEvent::ParticipantLeft {
                        id: participant.to_owned(),
                    },
                );
            }
            _ => {}
        }
    }

    pub(super) fn track_added(&mut self, now_ms: u64, track: TrackView) -> Result<(), Refusal> {
        let on_stage = self
            .state
            .participants
            .iter()
            .find(|p| p.id == track.participant);
        let role = on_stage.ok_or(Refusal::NotOnStage)?.role;
        if self.state.tracks.len() >= TRACKS_MAX {
            return Err(Refusal::TracksFull);
        }
        self.append(now_ms, RoomEvent::TrackAdded(track));
        // A show is on air when its host is: WHIP has no other way to say so.
        if role != Role::Guest && self.state.info.phase != Phase::Live {
            self.set_phase(now_ms, Phase::Live);
        }
        Ok(())
    }

    pub(super) fn track_removed(&mut self, now_ms: u64, id: String) {
        let Some(track) = self.state.tracks.iter().find(|track| track.id == id) else {
            return;
        };
        let participant = track.participant.clone();
        self.append(now_ms, RoomEvent::TrackRemoved { id });
        self.restage(now_ms, &participant);
    }

    pub(super) fn set_spoken(&mut self, now_ms: u64, participant: &str, language: Option<String>) {
        if let Some(person) = self.roster.person_mut(participant) {
            person.speaks = language;
            self.restage(now_ms, participant);
        }
    }
}
