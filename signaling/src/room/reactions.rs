//! Taps of many viewers as counts: what was tapped since they were last told.

use std::collections::BTreeMap;

use super::Room;
use super::input::{Effect, PeerId};
use crate::limits::REACTIONS_MESSAGE_MAX;
use crate::protocol::client::Reaction;

/// How many of each.
pub type Counts = BTreeMap<Reaction, u32>;

/// What waits to be told.
#[derive(Debug, Default)]
pub(super) struct Reactions {
    /// To the pages here: taps of all processes.
    here: Counts,
    /// To other processes: taps of this one.
    elsewhere: Counts,
}

impl Room {
    /// Somebody tapped. Beyond their rate, or when nobody is to hear them, it is passed over.
    pub(super) fn react(&mut self, now_ms: u64, peer: PeerId, reaction: Reaction, count: u32) {
        let Some(who) = self.roster.peer(peer).map(|peer| peer.participant.clone()) else {
            return;
        };
        if self.moderation.is_unheard(&who, now_ms) {
            return;
        }
        let Some(person) = self.roster.person_mut(&who) else {
            return;
        };
        let count = person.taps.take(now_ms, count.min(REACTIONS_MESSAGE_MAX));
        if count > 0 {
            let counts = Counts::from([(reaction, count)]);
            add(&mut self.reactions.here, &counts);
            add(&mut self.reactions.elsewhere, &counts);
        }
    }

    /// Taps of another process.
    pub(super) fn reacted_elsewhere(&mut self, counts: &Counts) {
        add(&mut self.reactions.here, counts);
    }

    /// Tells what waits.
    pub(super) fn tell_reactions(&mut self) {
        let Reactions { here, elsewhere } = std::mem::take(&mut self.reactions);
        if !here.is_empty() {
            self.effects.push_back(Effect::Reactions(here));
        }
        if !elsewhere.is_empty() {
            self.effects.push_back(Effect::ShareReactions(elsewhere));
        }
    }
}

fn add(sum: &mut Counts, more: &Counts) {
    for (reaction, count) in more {
        let known = sum.entry(*reaction).or_default();
        *known = known.saturating_add(*count);
    }
}
