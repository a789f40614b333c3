//! Scripted engines for unit tests: they say what a test wrote down.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use crate::Language;
use crate::ports::{
    Detection, EngineError, Hypothesis, OpusDecoder, Reach, Recognizer, Routes, Task, Translator,
    Word,
};

/// Decodes every packet to 20 ms of the same level: the first payload byte over 255.
pub(crate) struct ScriptedOpus;

impl OpusDecoder for ScriptedOpus {
    fn decode(&mut self, payload: &[u8], pcm: &mut Vec<f32>) -> Result<(), EngineError> {
        let level = payload.first().copied().unwrap_or(0);
        pcm.extend([f32::from(level) / 255.0; 320]);
        Ok(())
    }

    fn conceal(
        &mut self,
        samples: usize,
        _next: Option<&[u8]>,
        pcm: &mut Vec<f32>,
    ) -> Result<(), EngineError> {
        pcm.extend(std::iter::repeat_n(0.0, samples));
        Ok(())
    }
}

/// Hears whichever language is spoken at the moment, and writes it down word by word: `0en 1en`,
/// one each 300 ms. In another language than the spoken one it doubts what it hears.
#[derive(Clone)]
pub(crate) struct ScriptedPolyglot(pub(crate) Arc<Mutex<(&'static str, f32)>>);

impl Recognizer for ScriptedPolyglot {
    fn recognize(
        &mut self,
        audio: &[f32],
        language: &Language,
        _task: Task,
        given: &[Word],
    ) -> Result<Hypothesis, EngineError> {
        let (spoken, _) = *self.0.lock().unwrap();
        let is_right = language.base() == spoken;
        let word = |i: u32| Word {
            text: format!("{i}{}", if is_right { spoken } else { "wrong" }),
            spaced: true,
            start_ms: i * 300,
            end_ms: i * 300 + 250,
            probability: 0.9,
        };
        let count = (audio.len() / 16 / 300) as u32;
        let rest = (given.len() as u32..count).map(word);
        Ok(Hypothesis {
            words: given.iter().cloned().chain(rest).collect(),
            no_speech: 0.0,
            mean_logprob: if is_right { -0.2 } else { -1.0 },
        })
    }

    fn detect(&mut self, _audio: &[f32]) -> Result<Detection, EngineError> {
        let (spoken, probability) = *self.0.lock().unwrap();
        Ok(Detection {
            language: Language(spoken.to_owned()),
            probability,
        })
    }
}

/// Says its lines one after the other, then repeats the last.
pub(crate) struct ScriptedRecognizer {
    pub(crate) lines: VecDeque<&'static str>,
    pub(crate) language: &'static str,
}

impl Recognizer for ScriptedRecognizer {
    fn recognize(
        &mut self,
        audio: &[f32],
        _language: &Language,
        task: Task,
        _given: &[Word],
    ) -> Result<Hypothesis, EngineError> {
        let line = match self.lines.len() {
            0 | 1 => self.lines.front().copied().unwrap_or(""),
            _ => self.lines.pop_front().unwrap_or(""),
        };
        let prefix = if task == Task::TranslateToEnglish {
            "english: "
        } else {
            ""
        };
        let line = format!("{prefix}{line}");
        let length_ms = (audio.len() / 16) as u32;
        let count = line.split_whitespace().count().max(1) as u32;
        let word = |(i, text): (usize, &str)| Word {
            text: text.to_owned(),
            spaced: true,
            start_ms: i as u32 * length_ms / count,
            end_ms: (i as u32 + 1) * length_ms / count,
            probability: 0.9,
        };
        let words = line.split_whitespace().enumerate().map(word).collect();
        Ok(Hypothesis {
            words,
            no_speech: 0.0,
            mean_logprob: -0.1,
        })
    }

    fn detect(&mut self, _audio: &[f32]) -> Result<Detection, EngineError> {
        Ok(Detection {
            language: Language(self.language.to_owned()),
            probability: 0.99,
        })
    }
}

/// `from>to: text`.
pub(crate) struct ScriptedTranslator;

impl Translator for ScriptedTranslator {
    fn translate(
        &mut self,
        from: &Language,
        to: &Language,
        text: &str,
    ) -> Result<String, EngineError> {
        Ok(format!("{}>{}: {text}", from.0, to.0))
    }
}

/// English and Portuguese by text, Japanese by the outside, anything else to English and
/// Portuguese by speech.
pub(crate) struct ScriptedRoutes;

impl Routes for ScriptedRoutes {
    fn reach(&self, spoken: &Language, target: &Language) -> Option<Reach> {
        let known = |language: &Language| ["en", "pt"].contains(&language.base());
        match (known(spoken), known(target)) {
            _ if target.base() == "ja" => Some(Reach::Outside),
            (true, true) => Some(Reach::Text),
            (false, true) => Some(Reach::Speech),
            _ => None,
        }
    }
}
