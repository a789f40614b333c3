//! Captions as pages get them: lines laid out in screens, and what may be expected of a language.

use serde::{Deserialize, Serialize};

/// One caption line in one language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CaptionView {
    /// Line id; partial, final and translations of one line share it.
    pub id: String,
    /// Who spoke.
    pub participant: String,
    /// Language of the text, BCP 47.
    pub language: String,
    /// Language it was spoken in.
    pub spoken: String,
    /// The words.
    pub text: String,
    /// How many characters of `text` stay as they are: all of a final.
    #[serde(default)]
    pub stable: u32,
    /// No translation could be trusted with the names and numbers of the line: these are the words
    /// in the spoken language, to be marked as such.
    #[serde(default)]
    pub kept: bool,
    /// Media time the speech starts, Unix ms.
    #[cfg_attr(test, ts(type = "number"))]
    pub start_ms: u64,
    /// Media time it ends, Unix ms.
    #[cfg_attr(test, ts(type = "number"))]
    pub end_ms: u64,
    /// The text as screens that can be followed, in order.
    #[serde(default)]
    pub cues: Vec<CueView>,
}

/// What is on the screen at one time: at most two rows of 37 columns (18 full-width characters),
/// at least a second, at no more than 180 words a minute unless it would be three seconds late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CueView {
    /// One row or two.
    pub rows: Vec<String>,
    /// Media time from which it is shown, Unix ms.
    #[cfg_attr(test, ts(type = "number"))]
    pub start_ms: u64,
    /// Until when, unless the next one comes before.
    #[cfg_attr(test, ts(type = "number"))]
    pub end_ms: u64,
}

/// How well a caption language is reached from a spoken one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LanguagePair {
    /// Spoken, BCP 47.
    pub from: String,
    /// Read, BCP 47.
    pub to: String,
    /// What a reader may expect.
    pub quality: PairQuality,
    /// The model that would serve this pair well, when nothing installed does: for the host.
    pub lacking: Option<String>,
}

/// What a reader may expect of a caption language, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PairQuality {
    /// The words as they were spoken.
    Spoken,
    /// Translated by a model made for translation.
    Neural,
    /// The recogniser's own translation, from a language where that is usable.
    Speech,
    /// The recogniser's own translation, which often misses the meaning. No page chooses it by
    /// itself.
    Gist,
}
