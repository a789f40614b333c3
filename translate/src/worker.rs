//! What a decode thread does: one job at a time with its own engines.

use std::sync::Arc;

use crate::Language;
use crate::engine::script::Scripts;
use crate::faithful;
use crate::pipeline::{Answer, Work};
use crate::ports::{EngineError, Recognizer, Task, Translator, Word};
use crate::tag::{Script, Tag};

/// The engines of one decode thread.
pub struct Engines {
    /// Speech to text.
    pub recognizer: Box<dyn Recognizer>,
    /// Text to text.
    pub translator: Box<dyn Translator>,
    /// Chinese characters.
    pub scripts: Arc<Scripts>,
}

impl Engines {
    /// Does one job. A failure is an answer too: the thread goes on.
    pub fn run(&mut self, work: &Work) -> Answer {
        let answer = match work {
            Work::Recognize {
                audio,
                language,
                check,
                task,
                given,
                glossary,
            } => {
                self.recognizer.expect(glossary);
                let language = (language.as_ref(), *check);
                self.recognize(audio, language, *task, given)
            }
            Work::Translate {
                source,
                target,
                text,
                glossary,
            } => faithful::translate(self.translator.as_mut(), source, target, text, glossary)
                .map(Answer::Translated),
        };
        answer.unwrap_or_else(Answer::Failed)
    }

    fn recognize(
        &mut self,
        audio: &[f32],
        (language, check): (Option<&Language>, bool),
        task: Task,
        given: &[Word],
    ) -> Result<Answer, EngineError> {
        // The encoder's work is used by both, so a check costs one step of the decoder.
        let detection = match language {
            Some(_) if !check => None,
            _ => Some(self.recognizer.detect(audio)?),
        };
        let found = detection.as_ref().map(|detection| &detection.language);
        let language = language.or(found).expect("given or just found");
        let mut hypothesis = self.recognizer.recognize(audio, language, task, given)?;
        if task == Task::Transcribe {
            self.write_one_script(&mut hypothesis.words, &Tag::from(language));
        }
        Ok(Answer::Heard {
            detection,
            hypothesis,
        })
    }

    /// Whisper mixes the two scripts of Chinese, even between two decodes of the same audio: one
    /// is chosen before hypotheses are compared. Readers of the other get theirs from it.
    fn write_one_script(&self, words: &mut [Word], spoken: &Tag) {
        if !spoken.is_chinese() {
            return;
        }
        let script = spoken.script().unwrap_or(Script::Hans);
        let line: String = words.iter().map(|word| word.text.as_str()).collect();
        let written: Vec<char> = self.scripts.write(&line, script).chars().collect();
        if written.len() != line.chars().count() {
            words
                .iter_mut()
                .for_each(|word| word.text = self.scripts.write(&word.text, script));
            return;
        }
        let mut from = 0;
        for word in words {
            let to = from + word.text.chars().count();
            word.text = written[from..to].iter().collect();
            from = to;
        }
    }
}
