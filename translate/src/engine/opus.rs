//! libopus, which decodes straight to 16 kHz mono: it leaves the upper bands out before it
//! decimates, so no resampler is needed behind it.

use opus::{Channels, Decoder};

use crate::ports::{EngineError, OpusDecoder, SAMPLE_RATE_HZ};

/// 120 ms, the longest packet (RFC 6716 §2.1.4).
const PACKET_SAMPLES_MAX: usize = 1_920;
/// Concealment comes in steps of 2.5 ms.
const STEP_SAMPLES: usize = 40;

/// One speaker's decoder.
pub struct LibOpus {
    decoder: Decoder,
    scratch: Vec<f32>,
}

impl LibOpus {
    /// A fresh decoder.
    ///
    /// # Errors
    /// When libopus has no memory.
    pub fn new() -> Result<LibOpus, EngineError> {
        let decoder = Decoder::new(SAMPLE_RATE_HZ, Channels::Mono).map_err(failed)?;
        Ok(LibOpus {
            decoder,
            scratch: vec![0.0; PACKET_SAMPLES_MAX],
        })
    }

    fn run(
        &mut self,
        payload: &[u8],
        samples: usize,
        redundant: bool,
        pcm: &mut Vec<f32>,
    ) -> Result<(), EngineError> {
        let room = &mut self.scratch[..samples.min(PACKET_SAMPLES_MAX)];
        let made = self
            .decoder
            .decode_float(payload, room, redundant)
            .map_err(failed)?;
        pcm.extend_from_slice(&self.scratch[..made]);
        Ok(())
    }
}

impl OpusDecoder for LibOpus {
    fn decode(&mut self, payload: &[u8], pcm: &mut Vec<f32>) -> Result<(), EngineError> {
        self.run(payload, PACKET_SAMPLES_MAX, false, pcm)
    }

    fn conceal(
        &mut self,
        samples: usize,
        next: Option<&[u8]>,
        pcm: &mut Vec<f32>,
    ) -> Result<(), EngineError> {
        let start = pcm.len();
        let samples = samples.min(PACKET_SAMPLES_MAX);
        let next = next.filter(|payload| !payload.is_empty());
        let last =
            next.and_then(|payload| opus::packet::get_nb_samples(payload, SAMPLE_RATE_HZ).ok());
        let last = last.filter(|last| *last <= samples).unwrap_or(0);
        let invented = (samples - last) / STEP_SAMPLES * STEP_SAMPLES;
        if invented > 0 {
            self.run(&[], invented, false, pcm)?;
        }
        if let Some(payload) = next.filter(|_| last > 0) {
            self.run(payload, last, true, pcm)?;
        }
        pcm.resize(start + samples, 0.0);
        Ok(())
    }
}

fn failed(error: opus::Error) -> EngineError {
    EngineError {
        engine: "opus",
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use opus::{Application, Channels, Encoder};

    use super::{LibOpus, OpusDecoder};

    /// Stereo packets at 48 kHz, 20 ms each, with redundancy, as a browser sends them.
    fn packets(hz: f32, count: usize) -> Vec<Vec<u8>> {
        let mut encoder =
            Encoder::new(48_000, Channels::Stereo, Application::Voip).expect("an encoder");
        encoder.set_inband_fec(true).expect("fec");
        encoder.set_packet_loss_perc(20).expect("loss");
        let sample = |i: usize| (i as f32 * hz * std::f32::consts::TAU / 48_000.0).sin() * 0.5;
        let frame = |n: usize| -> Vec<f32> {
            (n * 960..(n + 1) * 960)
                .flat_map(|i| [sample(i), sample(i)])
                .collect()
        };
        (0..count)
            .map(|n| encoder.encode_vec_float(&frame(n), 1_500).expect("encodes"))
            .collect()
    }

    fn rms(samples: &[f32]) -> f32 {
        (samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32).sqrt()
    }

    #[test]
    fn a_browsers_stereo_becomes_sixteen_kilohertz_mono() {
        let mut decoder = LibOpus::new().expect("a decoder");
        let mut pcm = Vec::new();
        for packet in packets(440.0, 50) {
            decoder.decode(&packet, &mut pcm).expect("decodes");
        }
        assert_eq!(pcm.len(), 16_000);
        assert!(
            (rms(&pcm[4_000..]) - 0.354).abs() < 0.05,
            "{}",
            rms(&pcm[4_000..])
        );
    }

    #[test]
    fn losses_are_filled_to_length() {
        let mut decoder = LibOpus::new().expect("a decoder");
        let packets = packets(300.0, 20);
        let mut pcm = Vec::new();
        for packet in &packets[..10] {
            decoder.decode(packet, &mut pcm).expect("decodes");
        }
        pcm.clear();
        decoder
            .conceal(960, Some(&packets[13]), &mut pcm)
            .expect("conceals");
        assert_eq!(pcm.len(), 960);
        assert!(rms(&pcm) > 0.01);
        assert!(decoder.decode(&[0xff, 0xff], &mut pcm).is_err());
    }
}
