//! A show's room as a value: inputs in, effects out, no clock and no waiting. Every change of
//! the show is one entry of its log; what a page sees is the snapshot plus the entries after it.

mod captions;
mod chat;
mod course;
pub mod input;
mod log;
mod moderation;
mod reactions;
mod roster;
mod rules;
mod stage;
pub mod state;
mod words;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

pub use captions::{AS_SPOKEN, Spoken, is_language_tag};
pub(crate) use chat::Bucket;
pub use course::{Display, Plan};
pub use input::{Ask, Effect, Input, PeerId, Refusal, Seat};
pub use moderation::Kept;
pub use reactions::Counts;
pub(crate) use words::Words;

use crate::limits::analytics::NOTICED_MAX;
use crate::limits::{PINS_MAX, PRESENCE_PROCESSES_MAX, PRESENCE_TTL_MS};
use crate::protocol::client::{Phase, Step};
use crate::protocol::server::{
    CaptionView, ChatLine, DealView, LanguagePair, Pin, ProductView, RoomEvent, ShowInfo, ShowState,
};

/// One show in one process.
#[derive(Debug)]
pub struct Room {
    /// Invariant: the result of applying every entry of the log since the beginning.
    state: ShowState,
    log: log::Log,
    roster: roster::Roster,
    captions: captions::Captions,
    chat_ids: chat::Ids,
    moderation: moderation::Moderation,
    reactions: reactions::Reactions,
    /// WHEP players.
    watchers: usize,
    /// Viewers in other processes, and when they were last heard of.
    elsewhere: BTreeMap<String, (u32, u64)>,
    told_viewers: u32,
    /// Flash deals whose products were laid over the picture: once, for a host may take them off.
    dealt: BTreeSet<String>,
    effects: VecDeque<Effect>,
}

impl Room {
    /// A room for a show. `epoch` must be new for every room made; `salt` differs between
    /// processes.
    #[must_use]
    pub fn new(info: ShowInfo, epoch: String, salt: u64) -> Room {
        Room {
            state: state::empty(info),
            log: log::Log::new(epoch),
            roster: roster::Roster::default(),
            captions: captions::Captions::default(),
            chat_ids: chat::Ids::new(salt),
            moderation: moderation::Moderation::default(),
            reactions: reactions::Reactions::default(),
            watchers: 0,
            elsewhere: BTreeMap::new(),
            told_viewers: 0,
            dealt: BTreeSet::new(),
            effects: VecDeque::new(),
        }
    }

    /// Takes one input. Drain [`Room::poll`] afterwards.
    ///
    /// # Errors
    /// When it is refused; then nothing was changed.
    pub fn handle(&mut self, now_ms: u64, input: Input) -> Result<(), Refusal> {
        let may_change_wishes = may_change_wishes(&input);
        match input {
            Input::Join {
                peer,
                seat,
                resume,
                captions,
            } => {
                self.join(now_ms, peer, seat, resume.as_ref(), captions)?;
            }
            Input::Leave(peer) => self.leave(now_ms, peer),
            Input::Ask(peer, ask) => self.ask(now_ms, peer, ask)?,
            Input::Captions(peer, language) => self.choose(peer, language)?,
            Input::PublisherCame(seat) => self.publisher_came(now_ms, seat)?,
            Input::PublisherLeft(participant) => self.publisher_left(now_ms, &participant),
            Input::WatcherCame => self.watchers += 1,
            Input::WatcherLeft => self.watchers = self.watchers.saturating_sub(1),
            Input::TrackAdded(track) => self.track_added(now_ms, track)?,
            Input::LayersWanted(participant, source, layers) => {
                let person = self.roster.person(&participant);
                if let Some(peer) = person.and_then(|person| person.peer) {
                    self.effects.push_back(Effect::Layers(peer, source, layers));
                }
            }
            Input::TrackRemoved(id) => self.track_removed(now_ms, id),
            Input::Product(product) => self.product(now_ms, product),
            Input::ProductRemoved(product) => self.product_removed(now_ms, product),
            Input::Stock(product, variant, available) => {
                self.stock(now_ms, product, variant, available)?;
            }
            Input::Plan(plan) => self.plan(now_ms, plan),
            Input::Order(products) => self.order(now_ms, products),
            Input::Languages(languages, pairs) => self.languages(now_ms, languages, pairs),
            Input::Spoken(participant, language) => {
                self.set_spoken(now_ms, &participant, Some(language));
            }
            Input::Partial(mut caption) => {
                self.captions.present(&mut caption, false);
                self.effects.push_back(Effect::Partial(caption));
            }
            Input::Final(caption) => self.said(now_ms, caption),
            Input::Gap {
                participant,
                start_ms,
                end_ms,
            } => {
                let gap = RoomEvent::CaptionGap {
                    participant,
                    start_ms,
                    end_ms,
                };
                self.append_shared(now_ms, gap);
            }
            Input::Reads(language, for_ms) => self.captions.reads(now_ms, language, for_ms),
            Input::React(peer, reaction, count) => self.react(now_ms, peer, reaction, count),
            Input::Noticed(peer, step, products) => self.noticed(peer, step, products),
            Input::Restore(kept) => self.restore(now_ms, kept),
            Input::RestoreDisplay(display) => self.restore_display(now_ms, display),
            Input::Remote(event) => self.remote(now_ms, event),
            Input::RemoteJudgement(judgement) => self.judged(now_ms, &judgement),
            Input::RemoteReactions(counts) => self.reacted_elsewhere(&counts),
            Input::RemoteViewers(process, count) => self.heard(now_ms, process, count),
            Input::Tick => self.tick(now_ms),
        }
        if may_change_wishes {
            self.wish(now_ms);
        }
        Ok(())
    }

    /// The next thing to be done.
    pub fn poll(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// The whole state.
    #[must_use]
    pub fn state(&self) -> &ShowState {
        &self.state
    }

    /// Epoch of the log.
    #[must_use]
    pub fn epoch(&self) -> &str {
        self.log.epoch()
    }

    /// Sequence number of the newest entry.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.log.last_seq()
    }

    /// People watching in this process.
    #[must_use]
    pub fn viewers_here(&self) -> u32 {
        u32::try_from(self.roster.viewers() + self.watchers).unwrap_or(u32::MAX)
    }

    /// People watching in all processes.
    #[must_use]
    pub fn viewers(&self) -> u32 {
        let elsewhere = self.elsewhere.values().map(|(count, _)| *count);
        elsewhere.fold(self.viewers_here(), u32::saturating_add)
    }

    /// People watching in all processes, as last told to pages.
    #[must_use]
    pub fn viewers_told(&self) -> u32 {
        self.told_viewers
    }

    /// Recent final captions of one language, for WebVTT.
    #[must_use]
    pub fn cues(&self, language: &str) -> Vec<Spoken> {
        self.captions.cues(language)
    }

    /// Whether a page reads the language of a caption: the one it chose or the nearest to it, or
    /// what is spoken when there is none.
    #[must_use]
    pub fn is_reader(&self, peer: PeerId, caption: &CaptionView) -> bool {
        let choice = self
            .roster
            .peer(peer)
            .and_then(|peer| peer.captions.as_deref());
        choice.is_some_and(
            |choice| match captions::served(choice, &self.state.languages) {
                AS_SPOKEN => caption.language == caption.spoken,
                language => caption.language == language,
            },
        )
    }

    /// How many here read captions of each language, as far as it can be made.
    #[must_use]
    pub fn readers(&self) -> BTreeMap<&str, u64> {
        let mut readers = BTreeMap::new();
        for choice in self
            .roster
            .viewing()
            .filter_map(|peer| peer.captions.as_deref())
        {
            let language = captions::served(choice, &self.state.languages);
            *readers.entry(language).or_default() += 1;
        }
        readers
    }

    /// People who may not come in.
    #[must_use]
    pub fn banned(&self) -> &Arc<BTreeSet<String>> {
        self.moderation.banned()
    }

    /// A chat line that everybody sees, and the words that may not be in its translation.
    pub(crate) fn chat_line(&self, id: u64) -> Option<(ChatLine, Arc<Words>)> {
        let mut lines = self.state.chat.iter().chain(&self.state.chat_rules.pinned);
        let line = lines.find(|line| line.id == id)?.clone();
        Some((line, Arc::clone(self.moderation.words())))
    }

    fn append(&mut self, at_ms: u64, event: RoomEvent) {
        state::apply(&mut self.state, &event);
        match &event {
            RoomEvent::Caption(caption) => self.captions.keep(self.spoken(caption.clone())),
            RoomEvent::Show(info) => self.effects.push_back(Effect::Save(info.clone())),
            RoomEvent::Chat(line) => self.moderation.wrote(line, self.state.chat_rules.slow_s),
            RoomEvent::Pinned(_)
            | RoomEvent::Unpinned { .. }
            | RoomEvent::NowShowing { .. }
            | RoomEvent::ProductRemoved { .. } => self.keep_display(),
            _ => {}
        }
        let entry = self.log.append(at_ms, event);
        self.effects.push_back(Effect::Entry(entry));
    }

    /// For events that belong to the show, not to this process's tracks and sockets.
    fn append_shared(&mut self, at_ms: u64, event: RoomEvent) {
        self.effects.push_back(Effect::Share(event.clone()));
        self.append(at_ms, event);
    }

    /// A final caption of this process's engine: shown, told, and kept on disk.
    fn said(&mut self, now_ms: u64, mut caption: CaptionView) {
        self.captions.present(&mut caption, true);
        let spoken = self.spoken(caption.clone());
        self.effects.push_back(Effect::Keep(spoken));
        self.append_shared(now_ms, RoomEvent::Caption(caption));
    }

    fn spoken(&self, caption: CaptionView) -> Spoken {
        let people = &self.state.participants;
        let person = people.iter().find(|known| known.id == caption.participant);
        let speaker = person.map(|person| person.name.clone()).unwrap_or_default();
        Spoken { caption, speaker }
    }

    fn product(&mut self, now_ms: u64, product: ProductView) {
        let mut known = self.state.products.iter();
        let known = known.find(|known| known.id == product.id).cloned();
        if known.as_ref() == Some(&product) {
            return;
        }
        let before = known.as_ref().and_then(|known| known.deal.clone());
        let now = product.deal.clone();
        let id = product.id.clone();
        let event = RoomEvent::Product(product);
        match before == now {
            true => self.append(now_ms, event),
            // Other processes read the shelf again.
            false => self.append_shared(now_ms, event),
        }
        if let Some(known) = known {
            self.tell_change(now_ms, &known);
        }
        if let Some(over) = before.filter(|over| now.as_ref().is_none_or(|now| now.id != over.id)) {
            self.take_off(now_ms, &over);
        }
        if let Some(deal) = now {
            self.lay_over(now_ms, id, &deal);
        }
    }

    /// A flash deal lays its product over the picture, when there is room for it. Its time says
    /// whose pin that is, in every process and after a restart.
    fn lay_over(&mut self, now_ms: u64, product: String, deal: &DealView) {
        let is_pinned = self.state.pins.iter().any(|pin| pin.product == product);
        let is_new = self.dealt.insert(deal.id.clone());
        if is_new && !is_pinned && self.state.pins.len() < PINS_MAX {
            let at_ms = deal.counts_ms;
            self.append_shared(now_ms, RoomEvent::Pinned(Pin { product, at_ms }));
        }
    }

    /// And takes it off, unless the host laid it there.
    fn take_off(&mut self, now_ms: u64, deal: &DealView) {
        let product = deal.product.clone();
        let at_ms = deal.counts_ms;
        self.dealt.remove(&deal.id);
        let pin = Pin { product, at_ms };
        if self.state.pins.contains(&pin) {
            let Pin { product, .. } = pin;
            self.append_shared(now_ms, RoomEvent::Unpinned { product });
        }
    }

    fn product_removed(&mut self, now_ms: u64, product: String) {
        if self.has_product(&product) {
            self.append(now_ms, RoomEvent::ProductRemoved { product });
        }
    }

    fn stock(
        &mut self,
        now_ms: u64,
        product: String,
        variant: String,
        available: u32,
    ) -> Result<(), Refusal> {
        let before = self.state.products.iter().find(|known| known.id == product);
        let before = before.ok_or(Refusal::UnknownProduct)?;
        let mut known = before.variants.iter().filter(|known| known.id == variant);
        if known
            .next()
            .is_some_and(|known| known.available != available)
        {
            let before = before.clone();
            let stock = RoomEvent::Stock {
                product,
                variant,
                available,
            };
            self.append_shared(now_ms, stock);
            self.tell_change(now_ms, &before);
        }
        Ok(())
    }

    fn languages(&mut self, now_ms: u64, languages: Vec<String>, pairs: Vec<LanguagePair>) {
        if self.state.languages != languages || self.state.pairs != pairs {
            self.append(now_ms, RoomEvent::Languages { languages, pairs });
        }
    }

    fn set_phase(&mut self, now_ms: u64, phase: Phase) {
        let mut info = self.state.info.clone();
        info.phase = phase;
        if phase == Phase::Live && info.started_ms.is_none() {
            info.started_ms = Some(now_ms);
        }
        self.append_shared(now_ms, RoomEvent::Show(info));
    }

    /// Applies what another process told, without telling it again. Tracks, people and the
    /// shelf are each process's own.
    fn remote(&mut self, now_ms: u64, event: RoomEvent) {
        let is_news = match &event {
            RoomEvent::Show(info) => *info != self.state.info && info.name == self.state.info.name,
            RoomEvent::Pinned(pin) => {
                self.state
                    .products
                    .iter()
                    .any(|known| known.id == pin.product)
                    && !self.state.pins.contains(pin)
            }
            RoomEvent::Unpinned { product } => {
                self.state.pins.iter().any(|pin| pin.product == *product)
            }
            RoomEvent::NowShowing { product } => {
                *product != self.state.now_showing
                    && product.as_ref().is_none_or(|id| self.has_product(id))
            }
            RoomEvent::Chat(line) => {
                let is_banned = self.banned().contains(&line.participant);
                !is_banned && self.state.chat.iter().all(|known| known.id != line.id)
            }
            RoomEvent::Caption(_) | RoomEvent::CaptionGap { .. } => true,
            _ => false,
        };
        if is_news {
            self.append(now_ms, event);
        }
    }

    fn noticed(&mut self, peer: PeerId, step: Step, products: Vec<String>) {
        let shelf = &self.state.products;
        let Some(seen) = self.roster.seen_mut(peer) else {
            return;
        };
        for product in products.into_iter().take(NOTICED_MAX) {
            let is_here = shelf.iter().any(|known| known.id == product);
            if is_here && seen.insert((step, product.clone())) {
                self.effects.push_back(Effect::Noticed(step, product));
            }
        }
    }

    fn heard(&mut self, now_ms: u64, process: String, count: u32) {
        if self.elsewhere.contains_key(&process) || self.elsewhere.len() < PRESENCE_PROCESSES_MAX {
            self.elsewhere.insert(process, (count, now_ms));
        }
    }

    fn tick(&mut self, now_ms: u64) {
        self.tell_reactions();
        self.elsewhere
            .retain(|_, (_, heard_ms)| now_ms < *heard_ms + PRESENCE_TTL_MS);
        let viewers = self.viewers();
        if viewers != self.told_viewers {
            self.told_viewers = viewers;
            self.effects.push_back(Effect::Viewers(viewers));
        }
    }

    fn wish(&mut self, now_ms: u64) {
        let choices = self
            .roster
            .peers()
            .filter_map(|peer| peer.captions.as_deref());
        let info = &self.state.info;
        let is_recorded = info.transcript && info.phase == Phase::Live;
        let possible = &self.state.languages;
        let wanted = self.captions.wish(now_ms, choices, possible, is_recorded);
        if let Some(wanted) = wanted {
            self.effects.push_back(Effect::Wanted(wanted.clone()));
        }
        self.effects
            .extend(self.captions.unmet().map(Effect::Unmet));
    }
}

fn may_change_wishes(input: &Input) -> bool {
    matches!(
        input,
        Input::Join { .. }
            | Input::Leave(_)
            | Input::Captions(..)
            | Input::Reads(..)
            | Input::Ask(_, Ask::Phase(_) | Ask::Moderate(_))
            | Input::Languages(..)
            | Input::Tick
    )
}

fn checked_language(language: Option<String>) -> Result<Option<String>, Refusal> {
    match language {
        Some(tag) if !is_language_tag(&tag) => Err(Refusal::BadLanguage),
        other => Ok(other),
    }
}

#[cfg(test)]
mod tests;
