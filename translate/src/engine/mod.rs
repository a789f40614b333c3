//! The engines behind the ports. Only these files name a foreign engine.

pub mod bergamot;
pub mod opus;
pub mod script;
#[cfg(test)]
pub(crate) mod scripted;
pub mod whisper;
