//! The three ports: what the pipeline asks of an engine. Each has one real engine in `engine/`
//! and a scripted one for unit tests.

use std::sync::Arc;

use crate::Language;
use crate::glossary::Glossary;

/// The one sample rate inside this crate: what Whisper and the voice detector read.
pub const SAMPLE_RATE_HZ: u32 = 16_000;

/// Why an engine could not do its job. The pipeline turns it into a gap and goes on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{engine}: {reason}")]
pub struct EngineError {
    /// Which engine: `opus`, `whisper`, `bergamot`.
    pub engine: &'static str,
    /// What it said.
    pub reason: String,
}

/// One Opus stream decoded to 16 kHz mono. It has a memory, so there is one per speaker.
pub trait OpusDecoder: Send {
    /// Appends the samples of one packet to `pcm`.
    ///
    /// # Errors
    /// When the payload is not Opus; nothing is appended.
    fn decode(&mut self, payload: &[u8], pcm: &mut Vec<f32>) -> Result<(), EngineError>;

    /// Appends `samples` invented samples for lost packets. When `next`, the packet after the
    /// loss, carries in-band redundancy, the last lost frame is recovered from it.
    ///
    /// # Errors
    /// When the decoder refuses; nothing is appended.
    fn conceal(
        &mut self,
        samples: usize,
        next: Option<&[u8]>,
        pcm: &mut Vec<f32>,
    ) -> Result<(), EngineError>;
}

/// What a recogniser is to write down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// The words in the spoken language.
    Transcribe,
    /// The words in English, whatever was spoken (Whisper's own translation).
    TranslateToEnglish,
}

/// One word of a hypothesis, or one character in scripts that do not space their words.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// The letters with their punctuation, without the space before.
    pub text: String,
    /// Whether a space stood before it.
    pub spaced: bool,
    /// Start, milliseconds from the first sample of the decoded audio.
    pub start_ms: u32,
    /// End, same clock.
    pub end_ms: u32,
    /// The recogniser's confidence, 0 to 1.
    pub probability: f32,
}

/// What was heard in one piece of audio.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hypothesis {
    /// Words in order.
    pub words: Vec<Word>,
    /// Probability that there is no speech at all.
    pub no_speech: f32,
    /// Mean log probability of the tokens; below -1 it is guesswork.
    pub mean_logprob: f32,
}

/// A spoken language as found by the recogniser.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    /// The language, a bare tag such as `zh`.
    pub language: Language,
    /// How sure, 0 to 1.
    pub probability: f32,
}

/// Speech to text. One per decode thread.
pub trait Recognizer: Send {
    /// Writes down 16 kHz mono `audio` in `language`. `given` are its first words as they were
    /// decided before; the hypothesis begins with them.
    ///
    /// # Errors
    /// When the engine fails; the audio is lost to captions.
    fn recognize(
        &mut self,
        audio: &[f32],
        language: &Language,
        task: Task,
        given: &[Word],
    ) -> Result<Hypothesis, EngineError>;

    /// The words of the next decodes are likely to be among these. An engine may ignore it.
    fn expect(&mut self, _glossary: &Arc<Glossary>) {}

    /// Finds the language of `audio`.
    ///
    /// # Errors
    /// When the engine fails.
    fn detect(&mut self, audio: &[f32]) -> Result<Detection, EngineError>;
}

/// How words spoken in one language come to a reader of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// By a [`Translator`], from the transcript.
    Text,
    /// By a translator outside this process ([`crate::outside`]), from the final transcript.
    Outside,
    /// By the recogniser's own translation to English, and from there by a [`Translator`] when
    /// the target is not English. Costs a second decode of every final.
    Speech,
}

/// What a reader may expect of a language, best first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// The words as they were spoken.
    Spoken,
    /// Translated by a model made for translation.
    Neural,
    /// The recogniser's own translation, from a language where that is usable.
    Speech,
    /// The recogniser's own translation, which often misses the meaning.
    Gist,
}

/// What the installed models reach.
pub trait Routes: Send + Sync {
    /// How to get from `spoken` to `target`; `None`: not at all.
    fn reach(&self, spoken: &Language, target: &Language) -> Option<Reach>;
}

/// Text to text, whole route included (a pivot through English, a change of script).
pub trait Translator: Send {
    /// Translates one line.
    ///
    /// # Errors
    /// When no installed model leads from `from` to `to`, or the engine fails.
    fn translate(
        &mut self,
        from: &Language,
        to: &Language,
        text: &str,
    ) -> Result<String, EngineError>;
}
