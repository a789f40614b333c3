//! The last final lines of each speaker: who starts to read another language sees them in it at
//! once. Bounded by number and age; each line remembers the languages it was offered in.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::text::Source;
use crate::limits::{RECENT_LINES_MAX, RECENT_MS_MAX};
use crate::{Language, SpeakerId};

/// A final line and the languages it has, or will have.
type Kept = (Source, BTreeSet<Language>);

/// What was just said.
#[derive(Debug, Default)]
pub(super) struct Recent(BTreeMap<SpeakerId, VecDeque<Kept>>);

impl Recent {
    /// Remembers a final line that was offered in `wanted`.
    pub(super) fn keep(&mut self, source: &Source, wanted: &BTreeSet<Language>) {
        let lines = self.0.entry(source.speaker).or_default();
        if lines.len() == RECENT_LINES_MAX {
            lines.pop_front();
        }
        lines.push_back((source.clone(), wanted.clone()));
    }

    /// The lines that some of the wanted languages lack, oldest first, with those languages;
    /// from now on they count as having them.
    pub(super) fn missing(
        &mut self,
        now_ms: u64,
        speaker: SpeakerId,
        wanted: &BTreeSet<Language>,
    ) -> Vec<Kept> {
        let Some(lines) = self.0.get_mut(&speaker) else {
            return Vec::new();
        };
        lines.retain(|(source, _)| now_ms < source.caption.end_ms + RECENT_MS_MAX);
        let mut missing = Vec::new();
        for (source, had) in lines {
            let lacking: BTreeSet<Language> = wanted.difference(had).cloned().collect();
            if !lacking.is_empty() {
                had.extend(lacking.iter().cloned());
                missing.push((source.clone(), lacking));
            }
        }
        missing
    }

    /// A speaker is gone.
    pub(super) fn forget(&mut self, speaker: SpeakerId) {
        self.0.remove(&speaker);
    }
}
