//! The handle and the vocabulary other crates see.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::Loaded;
use crate::glossary::Glossary;
use crate::outside::Outside;
use crate::ports::{EngineError, Quality};
use crate::shell::Shell;
use crate::written::{self, Rendered, Unread};

/// BCP 47 "undetermined": no translation leads to it.
pub const AS_SPOKEN: &str = "und";

/// A BCP 47 tag as the menus show it: `en`, `pt`, `zh-Hans`, `zh-Hant`, `de`.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Language(pub String);

impl Language {
    /// The tag without script and region: `zh` of `zh-Hant`.
    #[must_use]
    pub fn base(&self) -> &str {
        self.0.split(['-', '_']).next().unwrap_or_default()
    }

    /// What to want for speech written down as it was spoken, in whatever language, and nothing
    /// translated: a transcript.
    #[must_use]
    pub fn as_spoken() -> Language {
        Language(AS_SPOKEN.to_owned())
    }
}

/// One speaker: one audio track. Chosen by the caller, unique for the life of the handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpeakerId(pub u64);

/// A line of speech. Stable from its first partial to its final and its translations. A partial
/// with empty text takes back what was shown under its id: it was not speech.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct CaptionId(pub u64);

/// How captions are started.
#[derive(Debug, Clone)]
pub struct CaptionsConfig {
    /// Model directory; `None`: `VITRINE_MODELS`, else the XDG cache.
    pub models: Option<PathBuf>,
    /// Whisper file by name; `None`: `VITRINE_WHISPER`, else the standard one.
    pub whisper: Option<String>,
    /// Decode threads, one decode at a time each. At least one.
    pub threads: usize,
    /// A translator outside this process, for what local models do not reach.
    pub outside: Option<Outside>,
}

/// Why captions could not start; the text says what to do next.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A model is not there: run `vitrine models fetch`.
    #[error("model `{name}` is not in `{}`: run `vitrine models fetch`", directory.display())]
    Missing {
        /// Model name.
        name: String,
        /// Where it was looked for.
        directory: PathBuf,
    },
    /// A model file is damaged or of an unknown kind.
    #[error("model file `{}` cannot be used: {reason}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// An engine could not be set up.
    #[error("{0}")]
    Engine(EngineError),
    /// The system gave no thread.
    #[error("no thread for captions: {0}")]
    Thread(std::io::Error),
}

/// What is known about a speaker.
#[derive(Debug, Clone, Default)]
pub struct SpeakerOptions {
    /// Spoken language; `None`: found once from the first speech.
    pub language: Option<Language>,
}

/// One Opus packet of a speaker.
#[derive(Debug, Clone)]
pub struct SpeechPacket {
    /// Extended RTP sequence number; gaps are losses.
    pub seq: u64,
    /// RTP timestamp, 48 kHz.
    pub rtp_ts: u32,
    /// Media clock at arrival, milliseconds (the server's Unix clock).
    pub arrival_ms: u64,
    /// Opus payload.
    pub payload: bytes::Bytes,
}

/// Whether a caption may still change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CaptionKind {
    /// Replaces earlier partials of the same id and language.
    Partial,
    /// Never changes again.
    Final,
}

/// One line in one language.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Caption {
    /// Partial or final.
    pub kind: CaptionKind,
    /// The line; a translation keeps its source's id.
    pub id: CaptionId,
    /// Language of `text`.
    pub language: Language,
    /// The words.
    pub text: String,
    /// How many characters of `text` stay as they are: all of a final, none of a translation that
    /// is not final. Only the punctuation after them may still change.
    pub stable: usize,
    /// No translation could be trusted with its names and numbers: `text` is what was spoken.
    pub kept: bool,
    /// Media clock where the line's speech starts, ms.
    pub start_ms: u64,
    /// Media clock where it ends (so far), ms.
    pub end_ms: u64,
    /// Media clock when it was emitted, decode time included, ms.
    pub emitted_ms: u64,
    /// An earlier line, translated for who changed the language just now: its lag says nothing
    /// about the engine.
    #[serde(skip)]
    pub recalled: bool,
}

/// What comes out of the pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// A line, new or changed.
    Caption {
        /// Who spoke.
        speaker: SpeakerId,
        /// The language it was spoken in; equal to `caption.language` unless translated.
        spoken: Language,
        /// The line.
        caption: Caption,
    },
    /// The speaker's language was found (or set).
    Spoken {
        /// Who.
        speaker: SpeakerId,
        /// Which language.
        language: Language,
    },
    /// Speech that was not captioned, because the machine was too busy or packets were lost.
    Gap {
        /// Who.
        speaker: SpeakerId,
        /// From, media clock ms.
        start_ms: u64,
        /// To, media clock ms.
        end_ms: u64,
    },
}

/// The running caption engine. Cheap to clone; no call blocks. When the last clone is dropped
/// the threads end.
#[derive(Clone)]
pub struct Captions {
    loaded: Loaded,
    outside: Option<Outside>,
    shell: Arc<Shell>,
}

impl Captions {
    /// Loads the models and starts the decode threads. The receiver is bounded: when it is full,
    /// partials are dropped and finals wait.
    ///
    /// # Errors
    /// When a model is missing or damaged; the error says what to run.
    pub fn start(config: CaptionsConfig) -> Result<(Captions, mpsc::Receiver<Output>), StartError> {
        let whisper = config.whisper.as_deref();
        let mut loaded = Loaded::load_with(config.models.as_deref(), whisper)?;
        if let Some(outside) = &config.outside {
            loaded = loaded.with_outside(outside);
        }
        let outside = config.outside.clone();
        let (shell, outputs) = Shell::start(&loaded, config.threads, config.outside)?;
        Ok((
            Captions {
                loaded,
                outside,
                shell: Arc::new(shell),
            },
            outputs,
        ))
    }

    /// Begins captioning a speaker. Calling it again changes the options (a host sets the
    /// language).
    pub fn open(&self, speaker: SpeakerId, options: SpeakerOptions) {
        self.shell.open(speaker, options);
    }

    /// The words of the show a speaker is in: names that translations leave alone, and words the
    /// recogniser should expect. The newest counts.
    pub fn glossary(&self, speaker: SpeakerId, glossary: Arc<Glossary>) {
        self.shell.glossary(speaker, glossary);
    }

    /// Hands over one packet. When the queue is full the packet is dropped and counts as lost on
    /// the way; lost speech is reported as a [`Output::Gap`].
    pub fn push(&self, speaker: SpeakerId, packet: SpeechPacket) {
        self.shell.push(speaker, packet);
    }

    /// Languages somebody wants to read of this speaker. Empty: recognition pauses. What was
    /// spoken is emitted in its own language whenever anything is wanted
    /// ([`Language::as_spoken`]: nothing but that). Languages that were not wanted before get the
    /// speaker's last lines at once.
    pub fn want(&self, speaker: SpeakerId, languages: BTreeSet<Language>) {
        self.shell.want(speaker, languages);
    }

    /// Ends a speaker; what was said is finished and emitted.
    pub fn close(&self, speaker: SpeakerId) {
        self.shell.close(speaker);
    }

    /// Languages a viewer can choose for speech in `spoken` (or in any language when `None`),
    /// the spoken language itself included: what the installed models reach.
    #[must_use]
    pub fn languages(&self, spoken: Option<&Language>) -> Vec<Language> {
        self.loaded.languages(spoken)
    }

    /// The same languages with what a reader may expect of each.
    #[must_use]
    pub fn menu(&self, spoken: Option<&Language>) -> Vec<(Language, Quality)> {
        self.loaded.menu(spoken)
    }

    /// Translates a line that was written. Unlike all other calls it blocks, for some tens of
    /// milliseconds, or up to [`WRITTEN_WAIT`](crate::limits::WRITTEN_WAIT) for a translator
    /// outside; any thread may call it.
    ///
    /// # Errors
    /// See [`Unread`].
    pub fn translate(
        &self,
        line: &str,
        to: &Language,
        glossary: &Glossary,
    ) -> Result<Rendered, Unread> {
        written::translate(&self.loaded, self.outside.as_ref(), line, to, glossary)
    }

    /// See [`Loaded::lacking`].
    #[must_use]
    pub fn lacking(&self, spoken: &Language, target: &Language) -> Option<String> {
        self.loaded.lacking(spoken, target)
    }
}
