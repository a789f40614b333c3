//! What a reader saw over time: when each word was there for the first time, when it was there
//! to stay, and how much was taken back.

use std::collections::BTreeMap;

use ::tests::words::{Rest, align, normal};
use translate::Caption;

/// A word of the reference and when it was said; no time where none is known.
#[derive(Debug, Clone)]
pub(super) struct Said {
    /// In comparable form.
    pub(super) word: String,
    /// Media clock.
    pub(super) start_ms: Option<f64>,
    /// Media clock.
    pub(super) end_ms: Option<f64>,
}

/// What was on screen from one moment on.
#[derive(Debug, Clone, Default)]
struct Screen {
    at_ms: u64,
    /// All that was shown.
    text: String,
    /// The part of it that stays.
    stable: String,
}

/// The screens of one language, in order.
#[derive(Debug, Default)]
pub(super) struct Seen {
    screens: Vec<Screen>,
}

/// What was taken back.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Flicker {
    /// Words erased or changed, over the words that remained.
    pub(super) changed: f64,
    /// Normalised erasure: words after the first change count as well.
    pub(super) erasure: f64,
    /// Words that were said to stay and did not.
    pub(super) broken: usize,
}

impl Seen {
    /// The captions of one language.
    pub(super) fn of<'a>(captions: impl IntoIterator<Item = &'a Caption>) -> Seen {
        let mut lines: BTreeMap<u64, (String, String)> = BTreeMap::new();
        let mut screens: Vec<Screen> = Vec::new();
        for caption in captions {
            let stable = caption.text.chars().take(caption.stable).collect();
            lines.insert(caption.id.0, (caption.text.clone(), stable));
            let all = |part: fn(&(String, String)) -> &String| {
                let parts: Vec<&str> = lines.values().map(|line| part(line).as_str()).collect();
                parts.join(" ")
            };
            let screen = Screen {
                at_ms: caption.emitted_ms,
                text: all(|line| &line.0),
                stable: all(|line| &line.1),
            };
            // What is emitted together is seen together.
            screens.pop_if(|last| last.at_ms == screen.at_ms);
            screens.push(screen);
        }
        Seen { screens }
    }

    /// Delay of each word that was read right, from its end until it was first shown, ms.
    pub(super) fn shown(&self, said: &[Said]) -> Vec<f64> {
        delays(&self.screens, said, |screen| &screen.text)
    }

    /// Delay of each word that was read right, from its end until it was there to stay, ms.
    pub(super) fn committed(&self, said: &[Said]) -> Vec<f64> {
        delays(&self.screens, said, |screen| &screen.stable)
    }

    /// What was taken back.
    pub(super) fn flicker(&self) -> Flicker {
        let (mut changed, mut erased, mut broken) = (0, 0, 0);
        let (mut old, mut kept): (Vec<String>, Vec<String>) = Default::default();
        for screen in &self.screens {
            let new = normal(&screen.text);
            let (places, _) = align(&old, &new, Rest::Missing);
            changed += places.iter().filter(|place| place.is_none()).count();
            erased += old.len() - common(&old, &new);
            old = new;
            let stays = normal(&screen.stable);
            broken += kept.len() - common(&kept, &stays);
            kept = stays;
        }
        let words = old.len().max(1) as f64;
        Flicker {
            changed: f64::from(changed as u32) / words,
            erasure: f64::from(erased as u32) / words,
            broken,
        }
    }
}

fn common(old: &[String], new: &[String]) -> usize {
    old.iter().zip(new).take_while(|(a, b)| a == b).count()
}

fn delays(screens: &[Screen], said: &[Said], part: impl Fn(&Screen) -> &String) -> Vec<f64> {
    let words: Vec<String> = said.iter().map(|said| said.word.clone()).collect();
    let mut first: Vec<Option<f64>> = vec![None; said.len()];
    let mut before = "";
    for screen in screens {
        let text = part(screen);
        if text == before {
            continue;
        }
        before = text;
        let (places, _) = align(&words, &normal(text), Rest::ToCome);
        let at_ms = screen.at_ms as f64;
        for ((place, said), first) in places.iter().zip(said).zip(&mut first) {
            // A word that was never said yet is another one that looks the same.
            let is_said = said.start_ms.is_some_and(|start_ms| at_ms > start_ms);
            if place.is_some() && is_said {
                first.get_or_insert(at_ms);
            }
        }
    }
    let ends = said.iter().map(|said| said.end_ms);
    first
        .iter()
        .zip(ends)
        .filter_map(|(first, end_ms)| Some((*first)? - end_ms?))
        .collect()
}

/// The value below which `share` of the figures lie; zero of none.
pub(super) fn percentile(figures: &[f64], share: f64) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    let at = (share * last as f64).round() as usize;
    sorted.get(at).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::{Flicker, Said, Seen, percentile};
    use translate::{Caption, CaptionId, CaptionKind, Language};

    fn caption(at_ms: u64, id: u64, text: &str, stable: usize) -> Caption {
        Caption {
            kind: CaptionKind::Partial,
            id: CaptionId(id),
            language: Language("en".to_owned()),
            text: text.to_owned(),
            stable,
            kept: false,
            start_ms: 0,
            end_ms: 0,
            emitted_ms: at_ms,
            recalled: false,
        }
    }

    fn said(words: &[(&str, f64)]) -> Vec<Said> {
        let said = |(word, end_ms): &(&str, f64)| Said {
            word: (*word).to_owned(),
            start_ms: Some(end_ms - 300.0),
            end_ms: Some(*end_ms),
        };
        words.iter().map(said).collect()
    }

    #[test]
    fn words_are_timed_from_their_end() {
        let seen = Seen::of(&[
            caption(1_000, 1, "red lamb", 0),
            caption(2_000, 1, "red lamp is", 3),
            caption(3_000, 1, "Red lamp.", 9),
            caption(3_000, 2, "Is new", 0),
            caption(4_000, 2, "Is new", 6),
        ]);
        let said = said(&[
            ("red", 600.0),
            ("lamp", 900.0),
            ("is", 1_500.0),
            ("new", 2_600.0),
        ]);
        assert_eq!(seen.shown(&said), [400.0, 1_100.0, 500.0, 400.0]);
        assert_eq!(seen.committed(&said), [1_400.0, 2_100.0, 2_500.0, 1_400.0]);
    }

    #[test]
    fn what_is_taken_back_is_counted() {
        let seen = Seen::of(&[
            caption(1_000, 1, "red lamb", 8),
            caption(2_000, 1, "red lamp is", 3),
            caption(3_000, 1, "Red lamp.", 9),
            caption(3_000, 2, "Is new", 0),
        ]);
        let expected = Flicker {
            changed: 0.25,
            erasure: 0.25,
            broken: 1,
        };
        assert_eq!(seen.flicker(), expected);
    }

    #[test]
    fn percentiles_are_figures_that_occurred() {
        assert_eq!(percentile(&[3.0, 1.0, 2.0], 0.5), 2.0);
        assert_eq!(percentile(&[3.0, 1.0, 2.0], 0.95), 3.0);
        assert_eq!(percentile(&[], 0.5), 0.0);
    }
}
