//! Sounds for caption tests: WAV files, and what must give no text however long it lasts.

use std::f32::consts::TAU;
use std::path::Path;

const RATE_HZ: usize = 16_000;

/// Noise between -1 and 1, the same in every run.
struct Noise(u32);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as f32 / 8_388_608.0 - 1.0
    }
}

fn tone(i: usize, hz: f32) -> f32 {
    // In double precision: after a minute the phase of a float is noise.
    let turns = i as f64 * f64::from(hz) / RATE_HZ as f64;
    (turns.fract() as f32 * TAU).sin()
}

/// A chord a second, plucked twice.
fn chord(i: usize) -> f32 {
    let root = [220.0, 174.6, 196.0, 261.6][i / RATE_HZ % 4];
    let beat = 1.0 - (i % 8_000) as f32 / 8_000.0;
    0.2 * beat * (tone(i, root) + tone(i, root * 1.25) + tone(i, root * 1.5))
}

/// Many hands: each clap a short burst of noise, thousands a minute at random times.
fn applause(samples: usize) -> Vec<f32> {
    const CLAP: usize = RATE_HZ / 50;
    let mut noise = Noise(11);
    let mut sound = vec![0.0; samples];
    for _ in 0..samples / 400 {
        let at = ((noise.next() + 1.0) / 2.0 * samples as f32) as usize;
        let level = 0.05 + 0.1 * noise.next().abs();
        let clap = &mut sound[at..(at + CLAP).min(samples)];
        for (i, sample) in clap.iter_mut().enumerate() {
            let fade = 1.0 - i as f32 / CLAP as f32;
            *sample += level * fade * fade * noise.next();
        }
    }
    sound
}

/// Keys struck four to eight times a second, each a click and a duller thud.
fn keyboard(samples: usize) -> Vec<f32> {
    let mut noise = Noise(5);
    let mut sound: Vec<f32> = (0..samples).map(|_| 0.002 * noise.next()).collect();
    let mut at = 0;
    while at < samples {
        let stroke = &mut sound[at..(at + RATE_HZ / 40).min(samples)];
        for (i, sample) in stroke.iter_mut().enumerate() {
            let t = i as f32 / RATE_HZ as f32;
            let click = (-t * 900.0).exp() * noise.next();
            let thud = (-t * 150.0).exp() * tone(i, 180.0);
            *sample += 0.3 * click + 0.1 * thud;
        }
        at += 2_000 + ((noise.next() + 1.0) * 1_000.0) as usize;
    }
    sound
}

/// What is not speech, `seconds` of each, at 16 kHz, with its name.
#[must_use]
pub fn not_speech(seconds: usize) -> Vec<(&'static str, Vec<f32>)> {
    let samples = seconds * RATE_HZ;
    let all = |sound: &dyn Fn(usize) -> f32| (0..samples).map(sound).collect::<Vec<f32>>();
    let mut noise = Noise(7);
    vec![
        ("silence", vec![0.0; samples]),
        ("noise", (0..samples).map(|_| 0.1 * noise.next()).collect()),
        ("hum", all(&|i| 0.2 * tone(i, 50.0) + 0.1 * tone(i, 150.0))),
        (
            "two tones",
            all(&|i| 0.15 * tone(i, 440.0) + 0.15 * tone(i, 480.0)),
        ),
        ("music", all(&chord)),
        ("applause", applause(samples)),
        ("keyboard", keyboard(samples)),
    ]
}

/// Writes 16-bit mono samples as a WAV file.
///
/// # Errors
/// When the file cannot be written, or is too long for its format.
pub fn write_wav(path: &Path, rate_hz: u32, samples: &[f32]) -> anyhow::Result<()> {
    let bytes = u32::try_from(samples.len() * 2)?;
    let mut file = Vec::with_capacity(44 + samples.len() * 2);
    file.extend(b"RIFF");
    file.extend((36 + bytes).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16u32.to_le_bytes());
    file.extend([1u16, 1].map(u16::to_le_bytes).concat());
    file.extend([rate_hz, rate_hz * 2].map(u32::to_le_bytes).concat());
    file.extend([2u16, 16].map(u16::to_le_bytes).concat());
    file.extend(b"data");
    file.extend(bytes.to_le_bytes());
    let sample = |s: &f32| ((s.clamp(-1.0, 1.0) * 32_767.0) as i16).to_le_bytes();
    file.extend(samples.iter().flat_map(sample));
    Ok(std::fs::write(path, file)?)
}
