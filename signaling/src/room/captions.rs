//! Which languages somebody wants to read, how captions are laid out for them, and those kept
//! for rolling WebVTT.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use translate::present::{Cue, Presenter};
use translate::tag::lookup;

use crate::limits::{CUES_MAX, LANGUAGES_WANTED_MAX, PRESENTERS_MAX};
use crate::protocol::server::{CaptionView, CueView};

/// The language to want for what is said as it is said: for a transcript, or a reader who named
/// none. BCP 47 "undetermined".
pub const AS_SPOKEN: &str = "und";

/// A final caption and its speaker's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    /// The line.
    pub caption: CaptionView,
    /// Display name when it was said.
    pub speaker: String,
}

/// The caption side of a room.
#[derive(Debug, Default)]
pub(super) struct Captions {
    said: VecDeque<Spoken>,
    /// The pace of each language.
    presenters: BTreeMap<String, Presenter>,
    /// Languages read without a page (WebVTT, event streams), and until when that counts.
    readers: BTreeMap<String, u64>,
    wanted: BTreeSet<String>,
    /// Languages that somebody wants and nothing leads to.
    unmet: BTreeSet<String>,
    /// They changed and nobody asked since.
    has_news: bool,
}

impl Captions {
    /// Lays a caption out in screens.
    pub(super) fn present(&mut self, caption: &mut CaptionView, is_final: bool) {
        let CaptionView {
            language,
            text,
            start_ms,
            end_ms,
            ..
        } = &*caption;
        if self.presenters.len() >= PRESENTERS_MAX && !self.presenters.contains_key(language) {
            self.presenters.clear();
        }
        let presenter = self.presenters.entry(language.clone()).or_default();
        let cues = match is_final {
            true => presenter.take(text, *start_ms, *end_ms),
            false => presenter.preview(text, *start_ms, *end_ms),
        };
        let view = |cue: Cue| CueView {
            rows: cue.rows,
            start_ms: cue.start_ms,
            end_ms: cue.end_ms,
        };
        caption.cues = cues.into_iter().map(view).collect();
    }

    pub(super) fn keep(&mut self, spoken: Spoken) {
        if self.said.len() == CUES_MAX {
            self.said.pop_front();
        }
        self.said.push_back(spoken);
    }

    /// Recent lines of one language, or those in the language they were spoken in, in the order
    /// they came.
    pub(super) fn cues(&self, language: &str) -> Vec<Spoken> {
        let is_read = |CaptionView {
                           language: own,
                           spoken,
                           ..
                       }: &CaptionView| {
            own == language || language == AS_SPOKEN && own == spoken
        };
        let said = self.said.iter().filter(|said| is_read(&said.caption));
        said.cloned().collect()
    }

    /// Somebody without a page reads a language.
    pub(super) fn reads(&mut self, now_ms: u64, language: String, for_ms: u64) {
        if self.readers.contains_key(&language) || self.readers.len() < LANGUAGES_WANTED_MAX {
            let until_ms = self.readers.entry(language).or_default();
            *until_ms = (*until_ms).max(now_ms + for_ms);
        }
    }

    /// Counts the wishes anew. The new set comes back when it differs from the last one. Each
    /// wish is served by the nearest language that can be made, else by what is spoken; beyond
    /// the limit the least wanted are left out. A show that is recorded wants what is spoken, and
    /// nothing else when nobody reads.
    pub(super) fn wish<'a>(
        &'a mut self,
        now_ms: u64,
        choices: impl Iterator<Item = &'a str>,
        possible: &'a [String],
        is_recorded: bool,
    ) -> Option<&'a BTreeSet<String>> {
        self.readers.retain(|_, until_ms| *until_ms > now_ms);
        let mut votes = BTreeMap::<&str, usize>::new();
        let recorded = is_recorded.then_some(AS_SPOKEN);
        let readers = self.readers.keys().map(String::as_str);
        let mut unmet = BTreeSet::new();
        for language in readers.chain(choices).chain(recorded) {
            let served = served(language, possible);
            if served == AS_SPOKEN && language != AS_SPOKEN && unmet.len() < LANGUAGES_WANTED_MAX {
                unmet.insert(language.to_owned());
            }
            *votes.entry(served).or_default() += 1;
        }
        self.has_news |= unmet != self.unmet;
        self.unmet = unmet;
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

    /// Languages that somebody wants and nothing leads to, once when they change.
    pub(super) fn unmet(&mut self) -> Option<BTreeSet<String>> {
        std::mem::take(&mut self.has_news).then(|| self.unmet.clone())
    }
}

/// The language that serves a wish: one that can be made, else [`AS_SPOKEN`].
pub(super) fn served<'a>(wish: &str, possible: &'a [String]) -> &'a str {
    lookup(wish, possible).unwrap_or(AS_SPOKEN)
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
        let wish = |captions: &mut Captions, now_ms, choices: &[&'static str], recorded| {
            let wanted = captions.wish(now_ms, choices.iter().copied(), &possible, recorded);
            wanted.map(|wanted| wanted.iter().cloned().collect::<Vec<_>>().join(" "))
        };
        let mut captions = Captions::default();
        let first = wish(&mut captions, 0, &["en", "xx", "en"], false);
        assert_eq!(
            first.as_deref(),
            Some("en und"),
            "who cannot be served reads the original"
        );
        assert_eq!(captions.unmet(), Some(BTreeSet::from(["xx".to_owned()])));
        let near = wish(&mut captions, 0, &["en-GB"], false);
        assert_eq!(near.as_deref(), Some("en"), "RFC 4647");
        assert_eq!(captions.unmet(), Some(BTreeSet::new()));
        assert_eq!(wish(&mut captions, 0, &["en"], false), None);
        assert_eq!(captions.unmet(), None);
        captions.reads(0, "pt".into(), 5_000);
        captions.reads(1, "pt".into(), 100);
        let both = wish(&mut captions, 1, &["en"], false);
        assert_eq!(both.as_deref(), Some("en pt"), "a WebVTT reader counts");
        let kept = wish(&mut captions, 4_999, &["en"], false);
        assert_eq!(kept, None, "as long as it said");
        let later = wish(&mut captions, 5_000, &[], false);
        assert_eq!(later.as_deref(), Some(""), "and is forgotten when it stops");
        let recorded = wish(&mut captions, 5_000, &[], true);
        assert_eq!(recorded.as_deref(), Some("und"), "nobody reads, it is kept");
        captions.reads(5_000, AS_SPOKEN.into(), 100);
        assert_eq!(wish(&mut captions, 5_050, &[], true), None);
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
