//! What the pipeline asks of a decode thread, and what comes back.

use std::sync::Arc;

use crate::faithful::Faithful;
use crate::glossary::Glossary;
use crate::ports::{Detection, EngineError, Hypothesis, Task, Word};
use crate::{CaptionId, Language, SpeakerId};

/// Identifies a job for the life of a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u64);

/// One piece of work for one thread.
#[derive(Debug, Clone)]
pub struct Job {
    /// To be given back with the answer.
    pub id: JobId,
    /// What for.
    pub kind: Kind,
    /// When the answer should be there, media clock ms.
    pub deadline_ms: u64,
    /// How long it was due before it was given out, ms.
    pub waited_ms: u64,
    /// What to do.
    pub work: Work,
}

/// What a job is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A decode whose words stay.
    Final,
    /// A decode that the next one replaces.
    Partial,
    /// A translation of text.
    Translation,
}

impl Kind {
    /// As a label.
    #[must_use]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Final => "final",
            Kind::Partial => "partial",
            Kind::Translation => "translation",
        }
    }
}

/// What to do.
#[derive(Debug, Clone)]
pub enum Work {
    /// Write down 16 kHz mono audio; find its language first when none is given.
    Recognize {
        /// The samples.
        audio: Arc<[f32]>,
        /// Spoken language.
        language: Option<Language>,
        /// Find the language as well, to see whether it is still the one that is given.
        check: bool,
        /// Transcribe or translate.
        task: Task,
        /// Words of its beginning that are committed already.
        given: Vec<Word>,
        /// Words to expect.
        glossary: Arc<Glossary>,
    },
    /// Translate a line.
    Translate {
        /// From.
        source: Language,
        /// To.
        target: Language,
        /// The line.
        text: String,
        /// Names that stay as they are.
        glossary: Arc<Glossary>,
    },
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Words, with the language when it had to be found.
    Heard {
        /// The language found.
        detection: Option<Detection>,
        /// The words.
        hypothesis: Hypothesis,
    },
    /// A translated line.
    Translated(Faithful),
    /// Nothing.
    Failed(EngineError),
}

impl Answer {
    /// The answer of a thread that is gone.
    #[must_use]
    pub fn lost() -> Answer {
        let reason = "its thread is gone".to_owned();
        Answer::Failed(EngineError {
            engine: "decode",
            reason,
        })
    }
}

/// What a running job is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purpose {
    /// The last decode of an utterance.
    Final(SpeakerId),
    /// A decode of an utterance that goes on.
    Partial(SpeakerId),
    /// A finished line once more, to English.
    Speech(CaptionId),
    /// A line into a language; whether it is final.
    Text(CaptionId, Language, bool),
    /// A final line into a language, by the translator outside.
    Outside(CaptionId, Language),
}

impl Purpose {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Purpose::Final(_) | Purpose::Speech(_) => Kind::Final,
            Purpose::Partial(_) => Kind::Partial,
            Purpose::Text(..) | Purpose::Outside(..) => Kind::Translation,
        }
    }
}

/// A job that is out.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) purpose: Purpose,
    /// How long it was due before it started.
    pub(super) waited_ms: u64,
}
