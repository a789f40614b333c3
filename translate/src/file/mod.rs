//! Captions of an audio file, through the same pipeline as a live stream.
//!
//! Without a real clock the file runs in virtual media time: audio is fed as fast as decoding
//! allows, and every decode takes the processor time it was measured to take. So the times of
//! the captions are those of a live show with a core of its own.

mod audio;
mod run;
mod subtitles;

pub use audio::{AudioFile, FileError};
pub use run::{Pace, Settings, Spent, caption};
pub use subtitles::{Subtitle, Subtitles, cues, subtitles};
