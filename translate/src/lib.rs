//! Speech to captions in other languages. Knows no network and no rooms.
//!
//! [`Captions`] is the handle: Opus packets of each speaker in, [`Caption`]s out. Inside, a
//! sans-IO pipeline decides what is decoded when; one decode thread per core does the work.

mod agree;
mod clock;
pub mod engine;
pub mod facts;
pub mod faithful;
pub mod file;
pub mod glossary;
mod guard;
pub mod handle;
pub mod languages;
mod limits;
mod lines;
mod loaded;
mod meter;
pub mod models;
pub mod outside;
mod pcm;
pub mod pipeline;
pub mod ports;
pub mod present;
mod schedule;
mod sentences;
mod shell;
mod sounds;
mod steady;
pub mod tag;
mod timeline;
mod typography;
mod utterance;
mod voice;
mod words;
pub mod worker;
pub mod written;

pub use handle::{
    AS_SPOKEN, Caption, CaptionId, CaptionKind, Captions, CaptionsConfig, Language, Output,
    SpeakerId, SpeakerOptions, SpeechPacket, StartError,
};
pub use loaded::Loaded;
