//! Keeping the chat in order: who may write, what is done to whom, and who is told of it. An act
//! comes from a page here ([`Room::moderate`]) or from another process ([`Room::judged`]); both
//! do the same to the room.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use super::Room;
use super::input::{Effect, PeerId, Refusal};
use super::words::Words;
use crate::limits::{
    CHAT_LINES_MAX, MUTE_S_MAX, ROOM_PEERS_MAX, SANCTIONS_MAX, SANCTIONS_SHOWN, SLOW_S_MAX,
    WORD_CHARS_MAX, WORDS_MAX,
};
use crate::protocol::chat::{Act, Judgement, ModerationView, Person, Sanction};
use crate::protocol::client::Role;
use crate::protocol::server::{ChatLine, ChatRules, RoomEvent};

/// What a show's moderation is made of, for the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// What everybody sees.
    pub rules: ChatRules,
    /// What nobody may write.
    pub words: Vec<String>,
    /// What is done to people.
    pub sanctions: Vec<Sanction>,
}

/// What a room knows beside the rules that everybody sees.
#[derive(Debug, Default)]
pub(super) struct Moderation {
    words: Arc<Words>,
    sanctions: BTreeMap<String, Sanction>,
    /// Who of them may not come in.
    banned: Arc<BTreeSet<String>>,
    /// When viewers last wrote, for slow mode.
    wrote_ms: HashMap<String, u64>,
    /// Recent lines that reached only their writer.
    whispers: VecDeque<ChatLine>,
}

impl Moderation {
    pub(super) fn banned(&self) -> &Arc<BTreeSet<String>> {
        &self.banned
    }

    pub(super) fn words(&self) -> &Arc<Words> {
        &self.words
    }

    /// Somebody's line was taken.
    pub(super) fn wrote(&mut self, line: &ChatLine, slow_s: u32) {
        let since_ms = line.at_ms.saturating_sub(u64::from(slow_s) * 1_000);
        if self.wrote_ms.len() >= ROOM_PEERS_MAX {
            self.wrote_ms.retain(|_, wrote_ms| *wrote_ms > since_ms);
        }
        if slow_s > 0 && self.wrote_ms.len() < ROOM_PEERS_MAX {
            self.wrote_ms.insert(line.participant.clone(), line.at_ms);
        }
    }

    /// Whether somebody's lines and reactions reach nobody.
    pub(super) fn is_unheard(&self, who: &str, now_ms: u64) -> bool {
        let sanction = self.sanctions.get(who);
        sanction.is_some_and(|sanction| sanction.shadowed || mute_ms(sanction, now_ms) > 0)
    }

    pub(super) fn whispers<'a>(&'a self, who: &'a str) -> impl Iterator<Item = &'a ChatLine> {
        self.whispers
            .iter()
            .filter(move |line| line.participant == who)
    }

    fn whisper(&mut self, line: ChatLine) {
        if self.whispers.len() == CHAT_LINES_MAX {
            self.whispers.pop_front();
        }
        self.whispers.push_back(line);
    }

    /// Takes a sanction over; none takes it back. Full: the oldest is forgotten.
    fn set(&mut self, who: &str, sanction: Option<Sanction>) {
        self.sanctions.remove(who);
        if let Some(sanction) = sanction {
            let oldest = self
                .sanctions
                .values()
                .min_by_key(|sanction| sanction.at_ms);
            if let Some(oldest) = oldest.map(|oldest| oldest.participant.clone())
                && self.sanctions.len() >= SANCTIONS_MAX
            {
                self.sanctions.remove(&oldest);
            }
            self.sanctions.insert(who.to_owned(), sanction);
        }
        self.note_banned();
    }

    fn note_banned(&mut self) {
        let banned = self.sanctions.values().filter(|sanction| sanction.banned);
        self.banned = Arc::new(
            banned
                .map(|sanction| sanction.participant.clone())
                .collect(),
        );
    }

    fn view(&self) -> ModerationView {
        let mut sanctions: Vec<_> = self.sanctions.values().cloned().collect();
        sanctions.sort_by_key(|sanction| std::cmp::Reverse(sanction.at_ms));
        sanctions.truncate(SANCTIONS_SHOWN);
        ModerationView {
            words: self.words.listed().to_vec(),
            sanctions,
        }
    }
}

impl Room {
    /// Takes over what the store kept.
    pub(super) fn restore(&mut self, now_ms: u64, kept: Kept) {
        self.moderation.words = Arc::new(Words::new(kept.words));
        let sanctions = kept.sanctions.into_iter();
        let by_person = |sanction: Sanction| (sanction.participant.clone(), sanction);
        self.moderation.sanctions = sanctions.map(by_person).collect();
        self.moderation.note_banned();
        self.set_rules(now_ms, kept.rules);
    }

    /// Whether a viewer may write now.
    pub(super) fn may_write(&self, now_ms: u64, who: &str, role: Role) -> Result<(), Refusal> {
        if runs(role) {
            return Ok(());
        }
        let Moderation {
            sanctions,
            wrote_ms,
            ..
        } = &self.moderation;
        let mute = sanctions
            .get(who)
            .map_or(0, |sanction| mute_ms(sanction, now_ms));
        if mute > 0 {
            return Err(Refusal::Muted(mute));
        }
        let slow_ms = u64::from(self.state.chat_rules.slow_s) * 1_000;
        let next_ms = wrote_ms.get(who).map_or(0, |wrote_ms| wrote_ms + slow_ms);
        match u32::try_from(next_ms.saturating_sub(now_ms)).unwrap_or(u32::MAX) {
            0 => Ok(()),
            wait_ms => Err(Refusal::SlowMode(wait_ms)),
        }
    }

    /// Whether somebody may say so in this show.
    pub(super) fn may_say(&self, role: Role, text: &str) -> Result<(), Refusal> {
        let is_free = runs(role) || !self.moderation.words.forbid(text);
        is_free.then_some(()).ok_or(Refusal::BlockedWords)
    }

    /// Shows a line to everybody, or to its writer alone.
    pub(super) fn say(&mut self, now_ms: u64, peer: PeerId, line: ChatLine) {
        let sanction = self.moderation.sanctions.get(&line.participant);
        if sanction.is_some_and(|sanction| sanction.shadowed) {
            self.moderation.wrote(&line, self.state.chat_rules.slow_s);
            self.moderation.whisper(line.clone());
            self.effects.push_back(Effect::Whisper(peer, line));
        } else {
            self.append_shared(now_ms, RoomEvent::Chat(line));
        }
    }

    /// A host or moderator does something; it is written down and told to other processes.
    pub(super) fn moderate(&mut self, now_ms: u64, who: &str, act: Act) -> Result<(), Refusal> {
        let by = self.roster.person(who).ok_or(Refusal::NotJoined)?;
        if !matches!(by.role, Role::Host | Role::Moderator) {
            return Err(Refusal::NotModerator);
        }
        let by = Person {
            id: who.to_owned(),
            name: by.name.clone(),
        };
        check_bounds(&act)?;
        let line = match &act {
            Act::Remove { id } | Act::PinLine { id: Some(id) } => Some(self.line(*id)?.clone()),
            _ => None,
        };
        let whom = match (act.person(), &line) {
            (Some(id), _) => Some(self.subject(id, &act)?),
            (None, Some(line)) => Some(Person {
                id: line.participant.clone(),
                name: line.name.clone(),
            }),
            (None, None) => None,
        };
        let judgement = Judgement {
            id: self.chat_ids.next(now_ms),
            at_ms: now_ms,
            by,
            act,
            whom,
            line,
        };
        self.judged(now_ms, &judgement);
        let touched = judgement.act.person();
        let touched = touched.and_then(|id| self.moderation.sanctions.get(id));
        let kept = Kept {
            rules: self.state.chat_rules.clone(),
            words: self.moderation.words.listed().to_vec(),
            sanctions: touched.into_iter().cloned().collect(),
        };
        self.effects
            .push_back(Effect::Judged(Box::new((judgement, kept))));
        Ok(())
    }

    /// Carries an act out.
    pub(super) fn judged(&mut self, now_ms: u64, judgement: &Judgement) {
        let rules = self.state.chat_rules.clone();
        match &judgement.act {
            Act::Remove { id } => self.remove_lines(now_ms, |line| line.id == *id),
            Act::PinLine { .. } => {
                let pinned = judgement.line.clone();
                self.set_rules(now_ms, ChatRules { pinned, ..rules });
            }
            Act::SlowMode { seconds } => {
                let slow_s = *seconds;
                self.set_rules(now_ms, ChatRules { slow_s, ..rules });
            }
            Act::Words { words } => self.moderation.words = Arc::new(Words::new(words.clone())),
            Act::Pardon { participant } => self.moderation.set(participant, None),
            Act::Mute { participant, .. }
            | Act::Ban { participant }
            | Act::Shadow { participant } => {
                let sanction = self.moderation.sanctions.get(participant);
                let sanction = after(sanction.cloned().unwrap_or_default(), judgement);
                self.moderation.set(participant, Some(sanction));
            }
        }
        if let Act::Ban { participant } = &judgement.act {
            self.remove_lines(now_ms, |line| line.participant == *participant);
            self.send_away(now_ms, participant);
        }
        if judgement.act.person().is_some() || matches!(judgement.act, Act::Words { .. }) {
            let view = self.moderation.view();
            self.effects.push_back(Effect::Moderation(None, view));
        }
    }

    /// Tells a page how the chat is kept in order, when it is for it to know.
    pub(super) fn tell_moderation(&mut self, peer: PeerId, role: Role) {
        if matches!(role, Role::Host | Role::Moderator) {
            let view = self.moderation.view();
            self.effects.push_back(Effect::Moderation(Some(peer), view));
        }
    }

    fn line(&self, id: u64) -> Result<&ChatLine, Refusal> {
        let lines = self.state.chat.iter().chain(&self.state.chat_rules.pinned);
        let mut lines = lines.filter(|line| line.id == id);
        lines.next().ok_or(Refusal::UnknownChatLine)
    }

    /// Somebody to whom it may be done: here, or known from a line or an earlier act.
    fn subject(&self, id: &str, act: &Act) -> Result<Person, Refusal> {
        let sanction = self.moderation.sanctions.get(id);
        if matches!(act, Act::Pardon { .. }) && sanction.is_none() {
            return Err(Refusal::NotSanctioned);
        }
        let here = self
            .roster
            .person(id)
            .map(|person| (person.role, &person.name));
        let wrote = self.state.chat.iter().rfind(|line| line.participant == id);
        let wrote = wrote.map(|line| (line.role, &line.name));
        let known = sanction.map(|sanction| (Role::Viewer, &sanction.name));
        match here
            .or(wrote)
            .or(known)
            .ok_or(Refusal::UnknownParticipant)?
        {
            (role, _) if runs(role) => Err(Refusal::RunsTheShow),
            (_, name) => Ok(Person {
                id: id.to_owned(),
                name: name.clone(),
            }),
        }
    }

    fn set_rules(&mut self, now_ms: u64, rules: ChatRules) {
        if rules != self.state.chat_rules {
            self.append(now_ms, RoomEvent::ChatRules(rules));
        }
    }

    /// Takes lines away for everybody: from what is shown, and out of the log.
    fn remove_lines(&mut self, now_ms: u64, is_meant: impl Fn(&ChatLine) -> bool) {
        let lines = self.state.chat.iter().chain(&self.state.chat_rules.pinned);
        let ids: BTreeSet<u64> = lines
            .filter(|line| is_meant(line))
            .map(|line| line.id)
            .collect();
        for id in ids {
            self.log.forget_line(id);
            self.append(now_ms, RoomEvent::ChatRemoved { id });
        }
        self.moderation.whispers.retain(|line| !is_meant(line));
    }

    fn send_away(&mut self, now_ms: u64, who: &str) {
        let Some(person) = self.roster.person(who) else {
            return;
        };
        let peer = person.peer;
        if person.is_on_stage() {
            self.roster.promote(who, Role::Viewer);
            self.effects
                .push_back(Effect::StopPublishing(who.to_owned()));
        }
        if let Some(peer) = peer {
            self.roster.leave(peer);
            self.effects.push_back(Effect::Banned(peer));
        }
        self.restage(now_ms, who);
        self.roster.forget_absent(who);
    }
}

/// Who runs a show is not held to the rules of its chat, and not moderated.
fn runs(role: Role) -> bool {
    matches!(role, Role::Host | Role::Guide | Role::Moderator)
}

/// For how long somebody is still muted.
fn mute_ms(sanction: &Sanction, now_ms: u64) -> u32 {
    let left_ms = sanction.muted_until_ms.unwrap_or(0).saturating_sub(now_ms);
    u32::try_from(left_ms).unwrap_or(u32::MAX)
}

/// What is done to somebody after one more act.
fn after(before: Sanction, judgement: &Judgement) -> Sanction {
    let Judgement {
        at_ms, act, whom, ..
    } = judgement;
    let mut sanction = Sanction {
        participant: act.person().unwrap_or_default().to_owned(),
        name: whom.as_ref().map_or(before.name, |whom| whom.name.clone()),
        at_ms: *at_ms,
        ..before
    };
    match act {
        Act::Mute { seconds, .. } => {
            sanction.muted_until_ms = Some(at_ms + u64::from(*seconds) * 1_000);
        }
        Act::Ban { .. } => sanction.banned = true,
        _ => sanction.shadowed = true,
    }
    sanction
}

fn check_bounds(act: &Act) -> Result<(), Refusal> {
    let is_good = match act {
        Act::SlowMode { seconds } => *seconds <= SLOW_S_MAX,
        Act::Mute { seconds, .. } => (1..=MUTE_S_MAX).contains(seconds),
        Act::Words { words } => {
            let fits = |word: &String| (1..=WORD_CHARS_MAX).contains(&word.trim().chars().count());
            words.len() <= WORDS_MAX && words.iter().all(fits)
        }
        _ => true,
    };
    is_good.then_some(()).ok_or(Refusal::BadAct)
}

#[cfg(test)]
mod tests;
