//! Who speaks when: the `earshot` detector over 16 ms frames, and the gate that turns its
//! probabilities into onsets and ends.

use earshot::Detector;

use crate::limits::SILENCE_MS;

/// Samples in one detector frame, 16 ms.
pub(crate) const FRAME_SAMPLES: usize = 256;
const FRAME_MS: u64 = 16;

/// Above, silence turns to speech.
const ONSET: f32 = 0.5;
/// Below, speech turns to silence. The space between keeps soft syllables in.
const RELEASE: f32 = 0.35;

/// What one frame meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voicing {
    /// Nobody speaks.
    Silent,
    /// Speech begins with this frame.
    Onset,
    /// Speech goes on; `true` when this very frame is voiced, not a pause between words.
    Speaking(bool),
    /// The pause has lasted long enough: speech ended some frames ago.
    End,
}

/// Probabilities to onsets and ends, with hysteresis.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    speaking: bool,
    quiet_frames: u64,
}

impl Gate {
    /// Takes one frame's probability of voice.
    pub(crate) fn push(&mut self, probability: f32) -> Voicing {
        if !self.speaking {
            if probability < ONSET {
                return Voicing::Silent;
            }
            self.speaking = true;
            self.quiet_frames = 0;
            return Voicing::Onset;
        }
        let voiced = probability >= RELEASE;
        self.quiet_frames = if voiced { 0 } else { self.quiet_frames + 1 };
        if self.quiet_frames * FRAME_MS >= SILENCE_MS {
            self.speaking = false;
            return Voicing::End;
        }
        Voicing::Speaking(voiced)
    }

    /// Forgets that somebody was speaking.
    pub(crate) fn reset(&mut self) {
        *self = Gate::default();
    }
}

/// One speaker's voice detector.
pub(crate) struct Voice {
    detector: Box<Detector>,
    gate: Gate,
    frame: Vec<f32>,
}

impl Default for Voice {
    fn default() -> Self {
        let frame = Vec::with_capacity(FRAME_SAMPLES);
        Voice {
            detector: Box::default(),
            gate: Gate::default(),
            frame,
        }
    }
}

impl Voice {
    /// Takes samples and hands out every full frame with its meaning.
    pub(crate) fn push(&mut self, pcm: &[f32], mut each: impl FnMut(&[f32], Voicing)) {
        for &sample in pcm {
            self.frame.push(sample);
            if self.frame.len() == FRAME_SAMPLES {
                let probability = self.detector.predict_f32(&self.frame);
                each(&self.frame, self.gate.push(probability));
                self.frame.clear();
            }
        }
    }

    /// Samples held until their frame is full.
    #[must_use]
    pub(crate) fn held(&self) -> usize {
        self.frame.len()
    }

    /// Starts afresh: what follows does not continue what was before.
    pub(crate) fn reset(&mut self) {
        self.detector.reset();
        self.gate.reset();
        self.frame.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::{Gate, Voicing};

    #[test]
    fn a_pause_between_words_does_not_end_speech() {
        let mut gate = Gate::default();
        assert_eq!(gate.push(0.4), Voicing::Silent);
        assert_eq!(gate.push(0.9), Voicing::Onset);
        for _ in 0..24 {
            assert_eq!(gate.push(0.1), Voicing::Speaking(false));
        }
        assert_eq!(gate.push(0.4), Voicing::Speaking(true));
        for _ in 0..24 {
            gate.push(0.0);
        }
        assert_eq!(gate.push(0.0), Voicing::End);
        assert_eq!(gate.push(0.0), Voicing::Silent);
    }
}
