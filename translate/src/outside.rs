//! Translation by somebody else: the port for an engine outside this process. This crate knows no
//! network; whoever does takes lines here, gives answers back, and says what it can translate.
//!
//! It is a guest: the pipeline hands it only final lines that no local model reaches, a few at a
//! time, and goes on without waiting. A line that is not answered costs that line in that language.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::mpsc;

use crate::Language;
use crate::engine::script::Scripts;
use crate::faithful;
use crate::limits::OUTSIDE_LINES_OUT_MAX;
use crate::pipeline::Answer;
use crate::ports::EngineError;
use crate::tag::{Script, Tag};

/// What an outside engine translates just now. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Offer(Arc<RwLock<Directions>>);

/// By our tags, the codes the engine uses.
type Directions = BTreeMap<(Tag, Tag), (String, String)>;

/// How to ask an outside engine for a direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Way {
    /// The engine's own codes.
    pub(crate) codes: (String, String),
    /// Chinese is put into this script before it is sent.
    pub(crate) reads: Option<Script>,
    /// And into this one when it comes back.
    pub(crate) writes: Option<Script>,
}

impl Offer {
    /// Replaces what is offered: directions in the engine's own codes, such as `en` and `zt`.
    pub fn set<'a>(&self, directions: impl IntoIterator<Item = (&'a str, &'a str)>) {
        let mut found = Directions::new();
        for (from, to) in directions {
            let tags = (tag(from), tag(to));
            if tags.0.primary() != tags.1.primary() {
                let codes = (from.to_owned(), to.to_owned());
                found.entry(tags).or_insert(codes);
            }
        }
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = found;
    }

    /// How many directions are offered.
    #[must_use]
    pub fn directions(&self) -> usize {
        let offered = self.0.read().unwrap_or_else(PoisonError::into_inner);
        offered.len()
    }

    /// How to get from one language to another.
    pub(crate) fn way(&self, from: &Tag, to: &Tag) -> Option<Way> {
        let offered = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let wanted = |tag: &Tag| {
            tag.is_chinese()
                .then(|| tag.script().unwrap_or(Script::Hans))
        };
        let fits = |pair: &&(Tag, Tag)| {
            (pair.0.primary(), pair.1.primary()) == (from.primary(), to.primary())
        };
        let best = offered.keys().filter(fits).min_by_key(|(reads, writes)| {
            (wanted(writes) != wanted(to), wanted(reads) != wanted(from))
        })?;
        Some(Way {
            codes: offered[best].clone(),
            reads: wanted(&best.0),
            writes: wanted(to),
        })
    }

    /// The languages it writes.
    pub(crate) fn targets(&self) -> BTreeSet<String> {
        let offered = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let targets = offered.keys().map(|(_, to)| to.primary().to_owned());
        targets.collect()
    }
}

/// LibreTranslate's two codes that are no BCP 47.
fn tag(code: &str) -> Tag {
    match code {
        "zt" => Tag::new("zh", Some("hant")),
        "pb" => Tag::new("pt", None),
        other => Tag::parse(other),
    }
}

/// The pipeline's end: given to [`crate::CaptionsConfig`].
#[derive(Debug, Clone)]
pub struct Outside {
    offer: Offer,
    lines: mpsc::Sender<OutsideLine>,
}

/// The engine's end.
#[derive(Debug)]
pub struct OutsideDesk {
    /// What it translates, to be kept up to date.
    pub offer: Offer,
    /// Lines to translate.
    pub lines: mpsc::Receiver<OutsideLine>,
}

/// The two ends of the port.
#[must_use]
pub fn port() -> (Outside, OutsideDesk) {
    let offer = Offer::default();
    // One more than the captions have out: a line that was written.
    let (sender, lines) = mpsc::channel(OUTSIDE_LINES_OUT_MAX + 1);
    let outside = Outside {
        offer: offer.clone(),
        lines: sender,
    };
    (outside, OutsideDesk { offer, lines })
}

impl Outside {
    /// What is offered.
    #[must_use]
    pub fn offer(&self) -> Offer {
        self.offer.clone()
    }

    /// Hands a line over. `reply` is called once, with an error at once when nobody takes lines
    /// or too many are out.
    pub(crate) fn hand_over(
        &self,
        scripts: &Arc<Scripts>,
        (from, to): (&Language, &Language),
        text: &str,
        reply: impl FnOnce(Answer) + Send + 'static,
    ) {
        let Some(way) = self.offer.way(&Tag::from(from), &Tag::from(to)) else {
            return reply(Answer::Failed(failure(format!(
                "{}>{} is not offered any more",
                from.0, to.0
            ))));
        };
        let spoken = (text.to_owned(), from.clone(), to.clone());
        let text = match way.reads {
            Some(script) => scripts.write(text, script),
            None => text.to_owned(),
        };
        let scripts = Arc::clone(scripts);
        let writes = way.writes;
        let finish = move |answer: Result<String, String>| {
            let (spoken, from, to) = spoken;
            reply(match answer {
                Ok(text) => {
                    let text = match writes {
                        Some(script) => scripts.write(&text, script),
                        None => text,
                    };
                    Answer::Translated(faithful::checked(&spoken, &from, &text, &to))
                }
                Err(reason) => Answer::Failed(failure(reason)),
            });
        };
        let (from, to) = &way.codes;
        let line = OutsideLine::new((from, to), &text, finish);
        // A line that finds no room is dropped, and dropping answers it.
        let _ = self.lines.try_send(line);
    }
}

/// A line for an outside engine. Dropping it is an answer too: it was not translated.
pub struct OutsideLine {
    /// Code of its language, the engine's own.
    pub from: String,
    /// Code of the language wanted.
    pub to: String,
    /// The words.
    pub text: String,
    finish: Option<Finish>,
}

/// Takes the translation, or why there is none.
type Finish = Box<dyn FnOnce(Result<String, String>) + Send>;

impl OutsideLine {
    /// A line whose answer goes to `finish`; `answer` gives it back.
    #[must_use]
    pub fn new(
        (from, to): (&str, &str),
        text: &str,
        finish: impl FnOnce(Result<String, String>) + Send + 'static,
    ) -> OutsideLine {
        OutsideLine {
            from: from.to_owned(),
            to: to.to_owned(),
            text: text.to_owned(),
            finish: Some(Box::new(finish)),
        }
    }

    /// Gives the translation back, or why there is none.
    pub fn answer(mut self, answer: Result<String, String>) {
        if let Some(finish) = self.finish.take() {
            finish(answer);
        }
    }
}

impl Drop for OutsideLine {
    fn drop(&mut self) {
        if let Some(finish) = self.finish.take() {
            finish(Err("nobody translated it".to_owned()));
        }
    }
}

impl std::fmt::Debug for OutsideLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = self.text.len();
        write!(f, "OutsideLine({}>{}, {bytes} bytes)", self.from, self.to)
    }
}

fn failure(reason: String) -> EngineError {
    EngineError {
        engine: "outside",
        reason,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, sync_channel};

    use super::*;

    fn hand_over(outside: &Outside, from: &str, to: &str, text: &str) -> Receiver<Answer> {
        let (reply, answer) = sync_channel(1);
        let (from, to) = (Language(from.to_owned()), Language(to.to_owned()));
        outside.hand_over(&Arc::default(), (&from, &to), text, move |answer| {
            reply.send(answer).unwrap();
        });
        answer
    }

    #[test]
    fn lines_go_out_in_the_engines_codes_and_come_back_in_the_readers_script() {
        let (outside, mut desk) = port();
        desk.offer
            .set([("en", "zh"), ("zt", "en"), ("en", "en-GB")]);
        let answer = hand_over(&outside, "en-US", "zh-TW", "Welcome");
        let line = desk.lines.try_recv().unwrap();
        assert_eq!(
            (&*line.from, &*line.to, &*line.text),
            ("en", "zh", "Welcome")
        );
        line.answer(Ok("欢迎".to_owned()));
        assert!(matches!(answer.recv(), Ok(Answer::Translated(line)) if line.text == "歡迎"));
        let _answer = hand_over(&outside, "zh", "en", "欢迎");
        let line = desk.lines.try_recv().unwrap();
        assert_eq!(
            (&*line.from, &*line.text),
            ("zt", "歡迎"),
            "it reads the other script"
        );
    }

    #[test]
    fn a_wrong_number_from_outside_is_put_right_or_the_line_is_kept() {
        let (outside, mut desk) = port();
        desk.offer.set([("en", "de")]);
        let mut shown = |text: &str, translation: &str| {
            let answer = hand_over(&outside, "en", "de", text);
            let line = desk.lines.try_recv().unwrap();
            line.answer(Ok(translation.to_owned()));
            match answer.recv() {
                Ok(Answer::Translated(line)) => (line.text, line.kept),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(
            shown("Only 15 left.", "Nur noch 50 übrig."),
            ("Nur noch 15 übrig.".to_owned(), false)
        );
        assert_eq!(
            shown("It costs 19 euros.", "Sehr günstig."),
            ("It costs 19 euros.".to_owned(), true)
        );
    }

    #[test]
    fn a_line_nobody_takes_is_answered_all_the_same() {
        let (outside, mut desk) = port();
        let failed = |answer: Receiver<Answer>| {
            assert!(matches!(answer.try_recv(), Ok(Answer::Failed(_))));
        };
        failed(hand_over(&outside, "en", "ja", "not offered"));
        desk.offer.set([("en", "ja")]);
        let waiting: Vec<_> = (0..=OUTSIDE_LINES_OUT_MAX)
            .map(|_| hand_over(&outside, "en", "ja", "waits"))
            .collect();
        failed(hand_over(&outside, "en", "ja", "one too many"));
        drop(desk.lines.try_recv().unwrap());
        drop(desk);
        waiting.into_iter().for_each(failed);
        failed(hand_over(&outside, "en", "ja", "nobody is there"));
    }
}
