//! Which language a speaker speaks: found once from the first speech, set by a host, followed
//! when the speaker goes over to another. Pure: detections in, decisions out.
//!
//! A found language is looked at again at the beginning of each utterance and whenever the
//! recogniser doubts what it wrote. It is given up only when two looks in a row, or the look at a
//! whole utterance, are sure of the same other one: a foreign product name is no other language.
//! While one look disagrees nothing is shown, since it would be in the wrong language.

use super::turns::Serial;
use crate::Language;
use crate::limits::{LANGUAGE_VOICED_MS, SWITCH_VOICED_MS};
use crate::ports::Detection;

/// A found language is kept early when the recogniser is this sure of a second of voice …
const SURE: f32 = 0.9;
const SURE_VOICED_MS: u64 = 900;
/// … and late when it is at least this sure; until then every decode looks again.
const LIKELY: f32 = 0.5;
/// Partials are shown in a language at least this likely.
const SHOWN: f32 = 0.6;
/// Finals less likely than this in any language are no speech: chords reach 0.35, however long
/// they last.
const BELIEVED: f32 = 0.4;
/// Another language counts when the recogniser is at least this sure of it.
const OTHER: f32 = 0.85;
/// Text less likely than this is looked at for its language: heard in a wrong one it falls from
/// -0.3 to below -0.9.
const DOUBT_LOGPROB: f32 = -0.7;

/// What is known of the spoken language.
#[derive(Debug)]
pub(super) struct Spoken {
    state: State,
    /// The utterance whose language was confirmed.
    checked: Option<Serial>,
    /// The last text was doubtful.
    is_doubtful: bool,
    /// Another language that the last look was sure of.
    suspect: Option<Language>,
    /// Not told yet.
    news: Option<Language>,
}

#[derive(Debug)]
enum State {
    Unknown,
    Guess(Detection),
    Found(Language),
    /// By the host, who is right.
    Set(Language),
}

/// What a look at the language changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Learnt {
    /// Nothing.
    Nothing,
    /// It is another guess than before: what was shown is wrong.
    Moved,
    /// It is known from now on.
    Found,
    /// The speaker went over to another language: this utterance is to be heard again.
    Switched,
}

impl Spoken {
    /// Set by the host, or to be found.
    pub(super) fn new(language: Option<Language>) -> Spoken {
        Spoken {
            state: language.map_or(State::Unknown, State::Set),
            checked: None,
            is_doubtful: false,
            suspect: None,
            news: None,
        }
    }

    /// Sets it anew; returns the language when it is another one than before.
    pub(super) fn set(&mut self, language: Option<Language>) -> Option<Language> {
        let before = self.known();
        *self = Spoken::new(language.clone());
        language.filter(|language| before.as_ref() != Some(language))
    }

    /// The language as far as it is known.
    pub(super) fn language(&self) -> Option<Language> {
        match &self.state {
            State::Unknown => None,
            State::Guess(guess) => Some(guess.language.clone()),
            State::Found(language) | State::Set(language) => Some(language.clone()),
        }
    }

    /// The language to decode in, when it is known.
    pub(super) fn known(&self) -> Option<Language> {
        match &self.state {
            State::Unknown | State::Guess(_) => None,
            State::Found(language) | State::Set(language) => Some(language.clone()),
        }
    }

    /// Whether the next decode, of an utterance with so much voice, is to look at the language
    /// though one is known.
    pub(super) fn wants_check(&self, of: Serial, voiced_ms: u64) -> bool {
        matches!(self.state, State::Found(_))
            && voiced_ms >= SURE_VOICED_MS
            && (self.is_doubtful || self.checked != Some(of))
    }

    /// Takes a detection for an utterance: which one, how much voice it was made from, and
    /// whether it was made from all of it.
    pub(super) fn learn(
        &mut self,
        found: Detection,
        (of, voiced_ms, is_whole): (Serial, u64, bool),
    ) -> Learnt {
        let p = found.probability;
        match &self.state {
            State::Set(_) => return Learnt::Nothing,
            State::Found(known) if known.base() == found.language.base() => {
                self.checked = Some(of);
                self.is_doubtful = false;
                self.suspect = None;
                return Learnt::Nothing;
            }
            State::Found(_) => {
                let is_sure = p >= OTHER && voiced_ms >= SURE_VOICED_MS;
                let again = self.suspect.as_ref() == Some(&found.language);
                self.suspect = is_sure.then(|| found.language.clone());
                let is_enough = is_sure && voiced_ms >= SWITCH_VOICED_MS && (again || is_whole);
                if !is_enough {
                    return Learnt::Nothing;
                }
                self.keep(found.language, of);
                return Learnt::Switched;
            }
            State::Unknown | State::Guess(_) => {}
        }
        let moved = self.language().is_some_and(|old| old != found.language);
        if (p >= SURE && voiced_ms >= SURE_VOICED_MS)
            || (p >= LIKELY && voiced_ms >= LANGUAGE_VOICED_MS)
        {
            self.keep(found.language, of);
            return if moved { Learnt::Moved } else { Learnt::Found };
        }
        self.state = State::Guess(found);
        if moved {
            Learnt::Moved
        } else {
            Learnt::Nothing
        }
    }

    /// Takes how likely the newest text was.
    pub(super) fn doubt(&mut self, mean_logprob: f32) {
        self.is_doubtful = mean_logprob < DOUBT_LOGPROB;
    }

    /// The language, once, when it was found or changed.
    pub(super) fn news(&mut self) -> Option<Language> {
        self.news.take()
    }

    /// Whether the last look found another language and it is not decided yet.
    pub(super) fn is_suspicious(&self) -> bool {
        self.suspect.is_some()
    }

    /// Whether words may be kept for good.
    pub(super) fn is_certain(&self) -> bool {
        self.known().is_some() && self.suspect.is_none()
    }

    /// Whether a partial may be shown.
    pub(super) fn is_shown(&self) -> bool {
        self.suspect.is_none() && self.probability() >= SHOWN
    }

    /// Whether a final is speech at all.
    pub(super) fn is_believed(&self) -> bool {
        self.probability() >= BELIEVED
    }

    fn probability(&self) -> f32 {
        match &self.state {
            State::Unknown => 0.0,
            State::Guess(guess) => guess.probability,
            State::Found(_) | State::Set(_) => 1.0,
        }
    }

    fn keep(&mut self, language: Language, of: Serial) {
        self.news = Some(language.clone());
        self.state = State::Found(language);
        self.checked = Some(of);
        self.is_doubtful = false;
        self.suspect = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sure_look_within_an_utterance_is_not_enough() {
        let mut spoken = Spoken::new(None);
        let mut learn = |language: &str, serial, is_whole| {
            let found = Detection {
                language: Language(language.to_owned()),
                probability: 0.95,
            };
            spoken.learn(found, (Serial(serial), SWITCH_VOICED_MS + 1_000, is_whole))
        };
        assert_eq!(learn("en", 1, false), Learnt::Found);
        assert_eq!(learn("pt", 2, false), Learnt::Nothing);
        assert_eq!(learn("fr", 2, false), Learnt::Nothing, "another one");
        assert_eq!(learn("fr", 2, false), Learnt::Switched);
        assert_eq!(
            learn("pt", 3, true),
            Learnt::Switched,
            "all of it was heard"
        );
    }
}
