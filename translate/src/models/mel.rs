//! The mel filter bank that a ggml Whisper file carries: slaney scale, slaney norm, as librosa
//! and OpenAI's `mel_filters.npz` have it.

/// Sample rate and window that Whisper was trained with.
const RATE_HZ: f64 = 16_000.0;
const WINDOW: usize = 400;

/// Frequency bins of one window.
pub(super) const BINS: usize = WINDOW / 2 + 1;

/// Linear below 1 kHz at 200/3 Hz a mel, logarithmic above: 27 mels to a factor of 6.4.
const HZ_PER_MEL: f64 = 200.0 / 3.0;
const BREAK_HZ: f64 = 1000.0;
const BREAK_MEL: f64 = BREAK_HZ / HZ_PER_MEL;

fn log_step() -> f64 {
    6.4_f64.ln() / 27.0
}

fn mel_from_hz(hz: f64) -> f64 {
    if hz < BREAK_HZ {
        hz / HZ_PER_MEL
    } else {
        BREAK_MEL + (hz / BREAK_HZ).ln() / log_step()
    }
}

fn hz_from_mel(mel: f64) -> f64 {
    if mel < BREAK_MEL {
        mel * HZ_PER_MEL
    } else {
        BREAK_HZ * (log_step() * (mel - BREAK_MEL)).exp()
    }
}

/// `mels` triangles over [`BINS`] bins, row by row.
pub(super) fn filters(mels: usize) -> Vec<f32> {
    let nyquist = RATE_HZ / 2.0;
    let top = mel_from_hz(nyquist);
    let edge = |i: usize| hz_from_mel(top * i as f64 / (mels + 1) as f64);
    let mut filters = Vec::with_capacity(mels * BINS);
    for m in 0..mels {
        let (low, centre, high) = (edge(m), edge(m + 1), edge(m + 2));
        // Slaney's norm gives every triangle the same area.
        let height = 2.0 / (high - low);
        for bin in 0..BINS {
            let hz = nyquist * bin as f64 / (BINS - 1) as f64;
            let rising = (hz - low) / (centre - low);
            let falling = (high - hz) / (high - centre);
            // Adding zero turns a negative zero into a plain one, so that the bytes are stable.
            filters.push((rising.min(falling).max(0.0) * height + 0.0) as f32);
        }
    }
    filters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_last_values_are_those_of_librosa() {
        // librosa.filters.mel(sr=16000, n_fft=400, n_mels=80)
        let filters = filters(80);
        assert_eq!(filters.len(), 80 * 201);
        assert!((filters[1] - 0.024_862_59).abs() < 1e-7, "{}", filters[1]);
        let peak = filters.iter().copied().fold(0.0_f32, f32::max);
        assert!((peak - 0.025_880_685).abs() < 1e-8, "{peak}");
    }

    #[test]
    fn every_filter_rises_once_and_falls_once() {
        for row in filters(80).chunks(BINS) {
            let peak = row.iter().copied().fold(0.0_f32, f32::max);
            let at = row.iter().position(|&v| v == peak).unwrap();
            assert!(peak > 0.0);
            assert!(row[..at].is_sorted() && row[at..].iter().rev().is_sorted());
        }
    }
}
