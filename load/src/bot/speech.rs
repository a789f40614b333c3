//! What the publishers of a caption scenario say: real speech from a folder of clips, encoded once
//! before anything is measured.

use std::path::Path;
use std::sync::Arc;

use ::tests::words::normal;
use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use opus::{Application, Channels, Encoder};
use serde::Deserialize;
use translate::file::AudioFile;
use translate::ports::SAMPLE_RATE_HZ;

/// Samples of one packet: 20 ms.
const PACKET_SAMPLES: usize = SAMPLE_RATE_HZ as usize / 50;
/// Silence between two clips, as between two sentences of a host.
const PAUSE_SAMPLES: usize = SAMPLE_RATE_HZ as usize * 7 / 10;
/// More than 20 ms of speech ever need.
const PACKET_BYTES_MAX: usize = 400;

#[derive(Deserialize)]
struct Clip {
    file: String,
    language: String,
    text: Option<String>,
}

/// A speaker's words, to be repeated for ever.
#[derive(Clone)]
pub(crate) struct Speech {
    /// Opus, 20 ms each.
    pub packets: Arc<[Bytes]>,
    /// Words a second, pauses included.
    pub words_per_s: f64,
}

impl Speech {
    /// The clips of one language in a folder with a manifest, from the `first` one on.
    pub(crate) fn read(folder: &Path, language: &str, first: usize) -> Result<Speech> {
        let manifest = folder.join("manifest.json");
        let json = std::fs::read(&manifest)
            .with_context(|| format!("cannot read {}", manifest.display()))?;
        let clips: Vec<Clip> = serde_json::from_slice(&json)
            .with_context(|| format!("{} is no manifest", manifest.display()))?;
        let mut clips: Vec<&Clip> = clips
            .iter()
            .filter(|clip| clip.language == language && clip.text.is_some())
            .collect();
        ensure!(
            !clips.is_empty(),
            "no clips in `{language}` in {}",
            manifest.display()
        );
        let count = clips.len();
        clips.rotate_left(first % count);
        let (mut pcm, mut words) = (Vec::new(), 0);
        for clip in clips {
            let mut file = AudioFile::open(&folder.join(&clip.file))?;
            while file.next(&mut pcm)? {}
            pcm.resize(pcm.len() + PAUSE_SAMPLES, 0.0);
            words += normal(clip.text.as_deref().unwrap_or_default()).len();
        }
        let seconds = pcm.len() as f64 / f64::from(SAMPLE_RATE_HZ);
        Ok(Speech {
            packets: encode(&pcm)?.into(),
            words_per_s: words as f64 / seconds,
        })
    }
}

fn encode(pcm: &[f32]) -> Result<Vec<Bytes>> {
    let mut encoder = Encoder::new(SAMPLE_RATE_HZ, Channels::Mono, Application::Voip)?;
    let packets = pcm.chunks_exact(PACKET_SAMPLES);
    let encode = |samples| Ok(encoder.encode_vec_float(samples, PACKET_BYTES_MAX)?.into());
    packets.map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speakers_begin_with_different_clips_and_say_the_same_amount() {
        let folder = ::tests::tools::root().join("tests/fixtures/speech");
        let speech = |first| Speech::read(&folder, "en", first).unwrap();
        let (one, other) = (speech(0), speech(3));
        assert_ne!(one.packets[..50], other.packets[..50]);
        assert!((one.words_per_s - other.words_per_s).abs() < 1e-9);
        assert!((1.5..3.5).contains(&one.words_per_s), "{}", one.words_per_s);
        assert!(Speech::read(&folder, "tlh", 0).is_err());
    }
}
