//! Lines on their way into other languages: one translation per wanted language, finals in
//! order and always, partials only in their newest form.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::job::{Answer, Purpose, Work};
use super::recent::Recent;
use crate::faithful::{self, Faithful};
use crate::glossary::Glossary;
use crate::limits::{
    FINAL_DUE_MS, FINAL_LAG_MS_MAX, FINALS_REMEMBERED, OUTSIDE_LINES_MAX, OUTSIDE_LINES_OUT_MAX,
    TEXT_JOBS_MAX,
};
use crate::ports::{Reach, Routes, Task};
use crate::steady::Steady;
use crate::{Caption, CaptionId, CaptionKind, Language, Output, SpeakerId, agree, guard};

/// A line as it was spoken.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) speaker: SpeakerId,
    /// In the spoken language.
    pub(super) caption: Caption,
    /// Words of the show.
    pub(super) glossary: Arc<Glossary>,
}

impl Source {
    fn output(&self, now_ms: u64, language: Language, text: String, kept: bool) -> Output {
        let spoken = self.caption.language.clone();
        let stable = match self.caption.kind {
            CaptionKind::Final => text.chars().count(),
            CaptionKind::Partial => 0,
        };
        let caption = Caption {
            language,
            text,
            stable,
            kept,
            emitted_ms: now_ms,
            ..self.caption.clone()
        };
        Output::Caption {
            speaker: self.speaker,
            spoken,
            caption,
        }
    }
}

/// One line to translate.
#[derive(Debug, Clone)]
struct Line {
    source: Source,
    /// The language of `text`: the spoken one, or English as a pivot.
    from: Language,
    text: String,
}

/// One line to decode once more, to English.
#[derive(Debug)]
struct Speech {
    source: Source,
    audio: Arc<[f32]>,
    targets: Vec<Language>,
}

/// A line and a language it goes to.
type Way = (CaptionId, Language);

/// All lines that wait for a translation or are out for one.
#[derive(Debug, Default)]
pub(super) struct Texts {
    finals: VecDeque<(Way, Line)>,
    partials: BTreeMap<Way, Line>,
    /// Lines a thread has now; a final may be out while a partial of it still is.
    out: BTreeMap<(Way, bool), Line>,
    speech: VecDeque<Speech>,
    speech_out: BTreeMap<CaptionId, Speech>,
    /// Finals for the translator outside, and how many it has.
    outside: VecDeque<(Way, Line)>,
    outside_out: usize,
    /// What is shown of lines that are still being spoken.
    steady: BTreeMap<Way, Steady>,
    /// Lines that have their final: no partial may follow it.
    finished: BTreeSet<CaptionId>,
    recent: Recent,
}

impl Texts {
    /// Takes a spoken line; returns what must be taken back in other languages.
    pub(super) fn offer(
        &mut self,
        source: &Source,
        wanted: &BTreeSet<Language>,
        audio: Option<Arc<[f32]>>,
        routes: &dyn Routes,
    ) -> Vec<Output> {
        let caption = &source.caption;
        let mut speech_targets = Vec::new();
        let mut taken_back = Vec::new();
        // What is taken back is over too: its id does not come again.
        if caption.kind == CaptionKind::Final || caption.text.is_empty() {
            self.finish(caption.id);
            if !caption.text.is_empty() {
                self.recent.keep(source, wanted);
            }
        }
        for target in wanted.iter().filter(|target| **target != caption.language) {
            let way = (caption.id, target.clone());
            match routes.reach(&caption.language, target) {
                Some(Reach::Text) if caption.text.is_empty() => {
                    self.partials.remove(&way);
                    let emitted_ms = caption.emitted_ms;
                    taken_back.push(source.output(
                        emitted_ms,
                        target.clone(),
                        String::new(),
                        false,
                    ));
                }
                Some(Reach::Text) => {
                    let from = caption.language.clone();
                    let text = caption.text.clone();
                    self.queue(
                        way,
                        Line {
                            source: source.clone(),
                            from,
                            text,
                        },
                    );
                }
                Some(Reach::Outside) if caption.kind == CaptionKind::Final => {
                    self.queue_outside(way, source);
                }
                Some(Reach::Speech) if caption.kind == CaptionKind::Final => {
                    speech_targets.push(target.clone());
                }
                Some(Reach::Outside | Reach::Speech) | None => {}
            }
        }
        if let Some(audio) = audio.filter(|_| !speech_targets.is_empty())
            && self.speech.len() < TEXT_JOBS_MAX
        {
            let targets = speech_targets;
            self.speech.push_back(Speech {
                source: source.clone(),
                audio,
                targets,
            });
        }
        taken_back
    }

    /// Somebody reads other languages of a speaker than before: the last lines follow in those
    /// that lack them, unless live lines fill half of the queue.
    pub(super) fn recall(
        &mut self,
        now_ms: u64,
        speaker: SpeakerId,
        wanted: &BTreeSet<Language>,
        routes: &dyn Routes,
    ) {
        for (mut source, lacking) in self.recent.missing(now_ms, speaker, wanted) {
            source.caption.recalled = true;
            let spoken = source.caption.language.clone();
            for target in lacking.into_iter().filter(|target| *target != spoken) {
                let is_text = routes.reach(&spoken, &target) == Some(Reach::Text);
                if is_text && self.finals.len() < TEXT_JOBS_MAX / 2 {
                    let (from, text) = (spoken.clone(), source.caption.text.clone());
                    let way = (source.caption.id, target);
                    let source = source.clone();
                    self.queue(way, Line { source, from, text });
                }
            }
        }
    }

    /// A speaker is gone.
    pub(super) fn forget(&mut self, speaker: SpeakerId) {
        self.recent.forget(speaker);
    }

    /// The next final line to translate.
    pub(super) fn next_final(&mut self) -> Option<(Purpose, Work)> {
        let (way, line) = self.finals.pop_front()?;
        Some(self.start(way, line))
    }

    /// The next partial to translate, if no older one of the same line is out.
    pub(super) fn next_partial(&mut self) -> Option<(Purpose, Work)> {
        let way = self.partials.keys().find(|way| !self.is_out(way))?.clone();
        let line = self.partials.remove(&way)?;
        Some(self.start(way, line))
    }

    /// The next final line for the translator outside, while it has room. Lines that nobody can
    /// use any more are passed over.
    pub(super) fn next_outside(&mut self, now_ms: u64) -> Option<(Purpose, Work)> {
        let oldest_ms = now_ms.saturating_sub(FINAL_LAG_MS_MAX);
        let is_late = |(_, line): &mut (Way, Line)| line.source.caption.emitted_ms < oldest_ms;
        while let Some((way, _)) = self.outside.pop_front_if(is_late) {
            tracing::warn!(
                target = way.1.0,
                "the translator outside is too slow: a line is left out"
            );
        }
        if self.outside_out >= OUTSIDE_LINES_OUT_MAX {
            return None;
        }
        let (way, line) = self.outside.pop_front()?;
        self.outside_out += 1;
        let (_, work) = self.start(way.clone(), line);
        Some((Purpose::Outside(way.0, way.1), work))
    }

    /// Takes what the translator outside gave back.
    pub(super) fn outside_answered(
        &mut self,
        now_ms: u64,
        way: Way,
        answer: Answer,
    ) -> Option<Output> {
        self.outside_out -= 1;
        self.translated(now_ms, way, true, answer)
    }

    /// The line whose speech is to be decoded to English next, and its deadline.
    pub(super) fn next_speech(&self) -> Option<(CaptionId, u64)> {
        let speech = self.speech.front()?;
        Some((
            speech.source.caption.id,
            speech.source.caption.emitted_ms + FINAL_DUE_MS,
        ))
    }

    /// Begins that decode.
    pub(super) fn start_speech(&mut self) -> Option<Work> {
        let speech = self.speech.pop_front()?;
        let language = Some(speech.source.caption.language.clone());
        let audio = Arc::clone(&speech.audio);
        let glossary = Arc::clone(&speech.source.glossary);
        self.speech_out.insert(speech.source.caption.id, speech);
        Some(Work::Recognize {
            audio,
            language,
            check: false,
            task: Task::TranslateToEnglish,
            given: Vec::new(),
            glossary,
        })
    }

    /// Takes a line back in its target language.
    pub(super) fn translated(
        &mut self,
        now_ms: u64,
        way: Way,
        is_final: bool,
        answer: Answer,
    ) -> Option<Output> {
        let line = self.out.remove(&(way.clone(), is_final))?;
        match answer {
            Answer::Translated(faithful) if is_final => {
                Some(
                    line.source
                        .output(now_ms, way.1, faithful.text, faithful.kept),
                )
            }
            Answer::Translated(faithful) if !self.finished.contains(&way.0) => {
                let shown = self
                    .steady
                    .entry(way.clone())
                    .or_default()
                    .grow(faithful.text)?;
                Some(
                    line.source
                        .output(now_ms, way.1, shown.to_owned(), faithful.kept),
                )
            }
            Answer::Failed(error) => {
                tracing::warn!(%error, target = way.1.0, "line not translated");
                None
            }
            Answer::Translated(_) | Answer::Heard { .. } => None,
        }
    }

    /// Takes a line that was decoded to English: shown to those who wanted English, translated
    /// on for the others.
    pub(super) fn in_english(&mut self, now_ms: u64, id: CaptionId, answer: Answer) -> Vec<Output> {
        let (Some(speech), Answer::Heard { hypothesis, .. }) =
            (self.speech_out.remove(&id), answer)
        else {
            return Vec::new();
        };
        let length_ms = (speech.audio.len() / 16) as u64;
        let text = agree::join(&guard::clean(hypothesis, length_ms));
        if text.is_empty() {
            return Vec::new();
        }
        let english = Language("en".to_owned());
        let spoken = &speech.source.caption;
        let Faithful { text, kept } =
            faithful::checked(&spoken.text, &spoken.language, &text, &english);
        if kept {
            // What is not English cannot be translated from it: every reader gets the spoken line.
            let line = |target: &Language| {
                speech
                    .source
                    .output(now_ms, target.clone(), text.clone(), kept)
            };
            return speech.targets.iter().map(line).collect();
        }
        for target in speech.targets.iter().filter(|target| **target != english) {
            let (source, from) = (speech.source.clone(), english.clone());
            self.queue(
                (id, target.clone()),
                Line {
                    source,
                    from,
                    text: text.clone(),
                },
            );
        }
        let shown = speech.targets.contains(&english);
        let output = shown.then(|| speech.source.output(now_ms, english, text, kept));
        output.into_iter().collect()
    }

    /// Whether nothing waits and nothing is out.
    pub(super) fn is_empty(&self) -> bool {
        self.finals.is_empty()
            && self.partials.is_empty()
            && self.out.is_empty()
            && self.speech.is_empty()
            && self.speech_out.is_empty()
            && self.outside.is_empty()
    }

    /// How many lines, parts of lines and remembered ids are held.
    #[cfg(test)]
    pub(super) fn held(&self) -> (usize, usize) {
        let waiting = self.finals.len() + self.partials.len() + self.outside.len();
        let speech = self.speech.len() + self.speech_out.len();
        let lines = waiting + speech + self.out.len() + self.steady.len();
        (lines, self.finished.len())
    }

    fn start(&mut self, way: Way, line: Line) -> (Purpose, Work) {
        let work = Work::Translate {
            source: line.from.clone(),
            target: way.1.clone(),
            text: line.text.clone(),
            glossary: Arc::clone(&line.source.glossary),
        };
        let is_final = line.source.caption.kind == CaptionKind::Final;
        self.out.insert((way.clone(), is_final), line);
        (Purpose::Text(way.0, way.1, is_final), work)
    }

    fn is_out(&self, way: &Way) -> bool {
        self.out.contains_key(&(way.clone(), false))
    }

    fn queue(&mut self, way: Way, line: Line) {
        if line.source.caption.kind == CaptionKind::Final {
            self.partials.remove(&way);
            if self.finals.len() < TEXT_JOBS_MAX {
                self.finals.push_back((way, line));
            } else {
                tracing::warn!(target = way.1.0, "too many lines: one is not translated");
            }
        } else if self.partials.len() < TEXT_JOBS_MAX || self.partials.contains_key(&way) {
            self.partials.insert(way, line);
        }
    }

    fn queue_outside(&mut self, way: Way, source: &Source) {
        if self.outside.len() >= OUTSIDE_LINES_MAX {
            tracing::warn!(
                target = way.1.0,
                "too many lines for the translator outside"
            );
            self.outside.pop_front();
        }
        let line = Line {
            from: source.caption.language.clone(),
            text: source.caption.text.clone(),
            source: source.clone(),
        };
        self.outside.push_back((way, line));
    }

    fn finish(&mut self, id: CaptionId) {
        self.steady.retain(|(line, _), _| *line != id);
        let oldest = CaptionId(id.0.saturating_sub(FINALS_REMEMBERED));
        self.finished = self.finished.split_off(&oldest);
        self.finished.insert(id);
    }
}
