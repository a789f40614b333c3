//! Any audio file as 16 kHz mono, read piece by piece: containers and most codecs by symphonia,
//! Opus by libopus.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

use crate::engine::opus::LibOpus;
use crate::pcm::{Converter, downmix};
use crate::ports::{OpusDecoder, SAMPLE_RATE_HZ};

/// Damaged packets in a row after which a file counts as damaged altogether.
const BAD_PACKETS_MAX: usize = 50;

/// Why a file cannot be captioned.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be opened or read.
    #[error("cannot read `{}`: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not audio, or of a kind that is not supported.
    #[error("`{}` is not an audio file this can read: {reason}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What was wrong with it.
        reason: String,
    },
    /// Its audio is damaged.
    #[error("the audio in `{}` is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was wrong with it.
        reason: String,
    },
}

enum Codec {
    Opus {
        decoder: Box<LibOpus>,
        skip: usize,
    },
    Other {
        decoder: Box<dyn AudioDecoder>,
        converter: Option<Box<Converter>>,
        rate_hz: u32,
    },
}

/// An open audio file.
pub struct AudioFile {
    path: PathBuf,
    format: Box<dyn FormatReader>,
    track: u32,
    codec: Codec,
    length_ms: Option<u64>,
    bad_packets: usize,
    heard_any: bool,
}

impl AudioFile {
    /// Opens a file and finds its first audio track.
    ///
    /// # Errors
    /// When it cannot be read, is no audio, or its codec is unknown.
    pub fn open(path: &Path) -> Result<AudioFile, FileError> {
        let unreadable = |source| FileError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(unreadable)?;
        if file.metadata().map_err(unreadable)?.is_dir() {
            return Err(unreadable(io::Error::from(io::ErrorKind::IsADirectory)));
        }
        let unsupported = |reason: String| FileError::Unsupported {
            path: path.to_owned(),
            reason,
        };
        let mut hint = Hint::new();
        if let Some(extension) = path.extension().and_then(|extension| extension.to_str()) {
            hint.with_extension(extension);
        }
        let stream = MediaSourceStream::new(Box::new(file), Default::default());
        let format = symphonia::default::get_probe()
            .probe(
                &hint,
                stream,
                FormatOptions::default(),
                MetadataOptions::default(),
            )
            .map_err(|error| match error {
                Error::IoError(_) => unsupported("no known container".to_owned()),
                error => unsupported(error.to_string()),
            })?;
        let track = format
            .default_track(TrackType::Audio)
            .ok_or_else(|| unsupported("it has no audio track".to_owned()))?;
        let parameters = track.codec_params.as_ref().and_then(|codec| codec.audio());
        let parameters =
            parameters.ok_or_else(|| unsupported("its audio codec is unknown".to_owned()))?;
        let codec = open_codec(parameters, track.delay).map_err(unsupported)?;
        let frames = track.num_frames.filter(|frames| *frames > 0);
        let rate_hz = parameters.sample_rate.map_or(1, u64::from).max(1);
        let length_ms = frames.map(|frames| frames * 1_000 / rate_hz);
        let (track, path) = (track.id, path.to_owned());
        Ok(AudioFile {
            path,
            format,
            track,
            codec,
            length_ms,
            bad_packets: 0,
            heard_any: false,
        })
    }

    /// How long it is, when it says so.
    #[must_use]
    pub fn length_ms(&self) -> Option<u64> {
        self.length_ms
    }

    /// Appends the next stretch of audio; `false` at the end of the file.
    ///
    /// # Errors
    /// When it cannot be read or is damaged throughout.
    pub fn next(&mut self, pcm: &mut Vec<f32>) -> Result<bool, FileError> {
        loop {
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) | Err(Error::ResetRequired) => return self.finish(pcm),
                // A file cut short ends where it ends, if anything was heard of it.
                Err(Error::IoError(error)) if self.ends(&error) => return self.finish(pcm),
                Err(Error::IoError(source)) => {
                    return Err(FileError::Unreadable {
                        path: self.path.clone(),
                        source,
                    });
                }
                Err(error) => return Err(self.damaged(error.to_string())),
            };
            if packet.track_id != self.track {
                continue;
            }
            match self.codec.decode(&packet, pcm) {
                Ok(()) => {
                    self.heard_any = true;
                    self.bad_packets = 0;
                    return Ok(true);
                }
                Err(reason) => {
                    self.bad_packets += 1;
                    if self.bad_packets > BAD_PACKETS_MAX {
                        return Err(self.damaged(reason));
                    }
                }
            }
        }
    }

    fn ends(&self, error: &io::Error) -> bool {
        self.heard_any && error.kind() == io::ErrorKind::UnexpectedEof
    }

    fn finish(&mut self, pcm: &mut Vec<f32>) -> Result<bool, FileError> {
        if !self.heard_any {
            return Err(self.damaged("nothing in it could be decoded".to_owned()));
        }
        if let Codec::Other { converter, .. } = &mut self.codec
            && let Some(converter) = converter.take()
        {
            converter
                .finish(pcm)
                .map_err(|error| self.damaged(error.to_string()))?;
        }
        Ok(false)
    }

    fn damaged(&self, reason: String) -> FileError {
        FileError::Damaged {
            path: self.path.clone(),
            reason,
        }
    }
}

fn open_codec(parameters: &AudioCodecParameters, delay: Option<u32>) -> Result<Codec, String> {
    if parameters.codec == CODEC_ID_OPUS {
        let channels = parameters
            .channels
            .as_ref()
            .map_or(1, |channels| channels.count());
        if channels > 2 {
            return Err(format!(
                "Opus with {channels} channels; at most 2 are supported"
            ));
        }
        let decoder = Box::new(LibOpus::new().map_err(|error| error.to_string())?);
        let skip = delay.map_or(0, |ticks| ticks as usize / 3);
        return Ok(Codec::Opus { decoder, skip });
    }
    let decoder = symphonia::default::get_codecs()
        .make_audio_decoder(parameters, &AudioDecoderOptions::default())
        .map_err(|error| error.to_string())?;
    Ok(Codec::Other {
        decoder,
        converter: None,
        rate_hz: 0,
    })
}

impl Codec {
    fn decode(
        &mut self,
        packet: &symphonia::core::packet::Packet,
        pcm: &mut Vec<f32>,
    ) -> Result<(), String> {
        match self {
            Codec::Opus { decoder, skip } => {
                let start = pcm.len();
                decoder
                    .decode(&packet.data, pcm)
                    .map_err(|error| error.to_string())?;
                let skipped = (*skip).min(pcm.len() - start);
                pcm.drain(start..start + skipped);
                *skip -= skipped;
            }
            Codec::Other {
                decoder,
                converter,
                rate_hz,
            } => {
                let decoded = decoder.decode(packet).map_err(|error| error.to_string())?;
                let spec = decoded.spec().clone();
                let mut interleaved = Vec::<f32>::new();
                decoded.copy_to_vec_interleaved(&mut interleaved);
                let mut mono = Vec::new();
                downmix(&interleaved, spec.channels().count(), &mut mono);
                if converter.is_none() || *rate_hz != spec.rate() {
                    *rate_hz = spec.rate();
                    *converter = Some(Box::new(
                        Converter::new(*rate_hz).map_err(|error| error.to_string())?,
                    ));
                }
                let converter = converter.as_mut().expect("set above");
                converter
                    .push(&mono, pcm)
                    .map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }
}

/// Samples in a millisecond.
pub(super) const SAMPLES_PER_MS: usize = SAMPLE_RATE_HZ as usize / 1_000;
