//! Speech to captions in other languages. Knows no network and no rooms.
//!
//! [`Captions`] is the handle: Opus packets of each speaker in, [`Caption`]s out. Inside, a
//! sans-IO pipeline decides what is decoded when; one decode thread per core does the work.

pub mod engine;
pub mod handle;
pub mod languages;
pub mod models;
pub mod ports;
mod sentences;
pub mod tag;

pub use handle::{
    Caption, CaptionId, CaptionKind, Captions, CaptionsConfig, Language, Output, SpeakerId,
    SpeakerOptions, SpeechPacket, StartError,
};
