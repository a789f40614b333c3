//! Any sample rate and channel count to 16 kHz mono. Live Opus does not come through here:
//! libopus decodes to 16 kHz mono by itself, with the upper bands left out before decimation.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Indexing, Resampler};

use crate::ports::SAMPLE_RATE_HZ;

/// Frames handed to the resampler at a time.
const CHUNK_FRAMES: usize = 1_024;

/// A rate that cannot be converted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot convert {rate_hz} Hz to {SAMPLE_RATE_HZ} Hz: {reason}")]
pub(crate) struct RateError {
    /// The rate asked for.
    pub(crate) rate_hz: u32,
    /// What the resampler said.
    pub(crate) reason: String,
}

/// Averages interleaved channels into one.
pub(crate) fn downmix(interleaved: &[f32], channels: usize, mono: &mut Vec<f32>) {
    let channels = channels.max(1);
    let scale = 1.0 / channels as f32;
    mono.extend(
        interleaved
            .chunks_exact(channels)
            .map(|frame| frame.iter().sum::<f32>() * scale),
    );
}

/// A band-limited converter from one fixed rate to 16 kHz.
pub(crate) struct Converter {
    /// `None`: nothing to convert.
    resampler: Option<Fft<f32>>,
    rate_hz: u32,
    waiting: Vec<f32>,
    frames_in: u64,
    frames_out: u64,
    /// Output frames still to be left out: the filter's delay.
    delay: usize,
}

impl Converter {
    /// A converter from `rate_hz`.
    ///
    /// # Errors
    /// When the rate is zero or absurd.
    pub(crate) fn new(rate_hz: u32) -> Result<Converter, RateError> {
        let wrong = |reason: String| RateError { rate_hz, reason };
        let to = SAMPLE_RATE_HZ as usize;
        let resampler = if rate_hz == SAMPLE_RATE_HZ {
            None
        } else {
            let made = Fft::new(rate_hz as usize, to, CHUNK_FRAMES, 1, FixedSync::Input);
            Some(made.map_err(|error| wrong(error.to_string()))?)
        };
        let delay = resampler.as_ref().map_or(0, Resampler::output_delay);
        let waiting = Vec::new();
        Ok(Converter {
            resampler,
            rate_hz,
            waiting,
            frames_in: 0,
            frames_out: 0,
            delay,
        })
    }

    /// Converts mono samples.
    ///
    /// # Errors
    /// When the resampler refuses, which its own lengths rule out.
    pub(crate) fn push(&mut self, mono: &[f32], out: &mut Vec<f32>) -> Result<(), RateError> {
        self.frames_in += mono.len() as u64;
        if self.resampler.is_none() {
            out.extend_from_slice(mono);
            return Ok(());
        }
        self.waiting.extend_from_slice(mono);
        while self
            .resampler
            .as_ref()
            .is_some_and(|r| self.waiting.len() >= r.input_frames_next())
        {
            let needed = self
                .resampler
                .as_ref()
                .map_or(0, Resampler::input_frames_next);
            self.step(needed, needed, out)?;
            self.waiting.drain(..needed);
        }
        Ok(())
    }

    /// Converts what is left and pads to the exact length.
    ///
    /// # Errors
    /// As [`Converter::push`].
    pub(crate) fn finish(mut self, out: &mut Vec<f32>) -> Result<(), RateError> {
        if self.resampler.is_none() {
            return Ok(());
        }
        let rate = u64::from(self.rate_hz);
        let target = (self.frames_in * u64::from(SAMPLE_RATE_HZ)).div_ceil(rate);
        while self.frames_out < target {
            let needed = self
                .resampler
                .as_ref()
                .map_or(0, Resampler::input_frames_next);
            let held = self.waiting.len().min(needed);
            self.waiting.resize(needed, 0.0);
            self.step(needed, held, out)?;
            self.waiting.clear();
        }
        let surplus = usize::try_from(self.frames_out - target).unwrap_or(0);
        out.truncate(out.len().saturating_sub(surplus));
        Ok(())
    }

    fn step(&mut self, needed: usize, held: usize, out: &mut Vec<f32>) -> Result<(), RateError> {
        let rate_hz = self.rate_hz;
        let wrong = |reason: String| RateError { rate_hz, reason };
        let resampler = self
            .resampler
            .as_mut()
            .expect("only called with a resampler");
        let input = InterleavedSlice::new(&self.waiting, 1, needed)
            .map_err(|error| wrong(error.to_string()))?;
        let indexing = Indexing::new().partial_len(held);
        let made = resampler
            .process(&input, Some(&indexing))
            .map_err(|error| wrong(error.to_string()))?
            .take_data();
        let skipped = self.delay.min(made.len());
        self.delay -= skipped;
        self.frames_out += (made.len() - skipped) as u64;
        out.extend_from_slice(&made[skipped..]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Converter, downmix};

    fn convert(rate_hz: u32, hz: f32, seconds: f32) -> Vec<f32> {
        let frames = (rate_hz as f32 * seconds) as usize;
        let tone = |i: usize| (i as f32 * hz * std::f32::consts::TAU / rate_hz as f32).sin();
        let mono: Vec<f32> = (0..frames).map(tone).collect();
        let mut converter = Converter::new(rate_hz).expect("a common rate");
        let mut out = Vec::new();
        for chunk in mono.chunks(700) {
            converter.push(chunk, &mut out).expect("converts");
        }
        converter.finish(&mut out).expect("finishes");
        out
    }

    fn rms(samples: &[f32]) -> f32 {
        let middle = &samples[samples.len() / 4..samples.len() * 3 / 4];
        (middle.iter().map(|s| s * s).sum::<f32>() / middle.len() as f32).sqrt()
    }

    #[test]
    fn length_is_exact_and_speech_band_passes() {
        for rate_hz in [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000] {
            let out = convert(rate_hz, 1_000.0, 1.5);
            assert!(
                out.len().abs_diff(24_000) <= 1,
                "{rate_hz} Hz gave {}",
                out.len()
            );
            assert!(
                (rms(&out) - 0.707).abs() < 0.01,
                "{rate_hz} Hz: rms {}",
                rms(&out)
            );
        }
    }

    #[test]
    fn what_would_alias_is_gone() {
        assert!(rms(&convert(48_000, 11_000.0, 1.0)) < 0.001);
        assert!(rms(&convert(44_100, 15_000.0, 1.0)) < 0.001);
    }

    #[test]
    fn channels_are_averaged() {
        let mut mono = Vec::new();
        downmix(&[1.0, 0.0, 0.5, 0.5], 2, &mut mono);
        assert_eq!(mono, [0.5, 0.5]);
    }
}
