//! Which languages somebody wants to read, and the cues kept for the WebVTT door.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::limits::{CUES_MAX, LANGUAGES_WANTED_MAX, VTT_INTEREST_MS};
use crate::protocol::server::CaptionView;

/// The caption side of a room.
#[derive(Debug, Default)]
pub(super) struct Captions {
    cues: VecDeque<CaptionView>,
    /// Languages polled as WebVTT, and until when that counts.
    polled: BTreeMap<String, u64>,
    wanted: BTreeSet<String>,
}

impl Captions {
    pub(super) fn keep(&mut self, cue: CaptionView) {
        if self.cues.len() == CUES_MAX {
            self.cues.pop_front();
        }
        self.cues.push_back(cue);
    }

    /// Cues of one language, oldest first.
    pub(super) fn cues(&self, language: &str) -> Vec<CaptionView> {
        self.cues
            .iter()
            .filter(|cue| cue.language == language)
            .cloned()
            .collect()
    }

    /// Somebody reads the WebVTT of a language.
    pub(super) fn polled(&mut self, now_ms: u64, language: String) {
        if self.polled.contains_key(&language) || self.polled.len() < LANGUAGES_WANTED_MAX {
            self.polled.insert(language, now_ms + VTT_INTEREST_MS);
        }
    }

    /// Counts the wishes anew. The new set comes back when it differs from the last one. Only
    /// languages that can be made count; beyond the limit the least wanted are left out.
    pub(super) fn wish<'a>(
        &'a mut self,
        now_ms: u64,
        choices: impl Iterator<Item = &'a str>,
        possible: &[String],
    ) -> Option<&'a BTreeSet<String>> {
        self.polled.retain(|_, until_ms| *until_ms > now_ms);
        let mut votes = BTreeMap::<&str, usize>::new();
        for language in self.polled.keys().map(String::as_str) {
            *votes.entry(language).or_default() += 1;
        }
        for language in choices {
            *votes.entry(language).or_default() += 1;
        }
        votes.retain(|language, _| possible.iter().any(|known| known == language));
        let mut ranked: Vec<_> = votes.into_iter().collect();
        ranked.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let wanted: BTreeSet<String> = ranked
            .into_iter()
            .take(LANGUAGES_WANTED_MAX)
            .map(|(tag, _)| tag.to_owned())
            .collect();
        if wanted == self.wanted {
            return None;
        }
        self.wanted = wanted;
        Some(&self.wanted)
    }
}

/// Whether a text has the form of a BCP 47 tag (RFC 5646: letters and digits in groups of 1 to
/// 8, joined by `-`).
#[must_use]
pub fn is_language_tag(text: &str) -> bool {
    text.len() <= 35
        && text.split('-').all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_possible_languages_count_and_only_changes_are_told() {
        let possible = ["en", "pt"].map(str::to_owned);
        let mut captions = Captions::default();
        let first = captions
            .wish(0, ["en", "xx", "en"].into_iter(), &possible)
            .cloned();
        assert_eq!(first, Some(BTreeSet::from(["en".to_owned()])));
        assert_eq!(captions.wish(0, ["en"].into_iter(), &possible), None);
        captions.polled(0, "pt".into());
        let both = captions
            .wish(1, ["en"].into_iter(), &possible)
            .map(BTreeSet::len);
        assert_eq!(both, Some(2), "a WebVTT reader counts");
        let later = captions
            .wish(VTT_INTEREST_MS, std::iter::empty(), &possible)
            .cloned();
        assert_eq!(
            later,
            Some(BTreeSet::new()),
            "and is forgotten when it stops polling"
        );
    }

    #[test]
    fn language_tags() {
        for tag in ["en", "pt-BR", "zh-Hans", "x-a-1"] {
            assert!(is_language_tag(tag), "{tag}");
        }
        for text in ["", "-", "en-", "toolongpart", "en_US", "../x", "é"] {
            assert!(!is_language_tag(text), "{text}");
        }
    }
}
