//! Eight hours of a show in virtual time, with a scripted recogniser: whatever is held for it at
//! the end was held after its first hour.

use std::sync::Mutex;

use super::*;
use crate::engine::scripted::ScriptedPolyglot;
use crate::limits::FINALS_REMEMBERED;
use crate::pipeline::Job;

const HOUR_MS: u64 = 3_600_000;
/// Somebody says something this often …
const TURN_MS: u64 = 30_000;
/// … for so long, with a pause after it.
const SPEECH_MS: u64 = 1_600;
const PAUSE_MS: u64 = 640;
/// Guests stay for so many turns each.
const GUEST_TURNS: u64 = 20;
/// By text, by the outside, and not at all.
const WANTED: [&str; 4] = ["en", "pt", "ja", "xx"];
/// Lines and parts of lines that may be held between two turns: those out with the slow
/// translator outside, and none else.
const HELD_MAX: usize = 24;

/// A turn of somebody's speech, made once: making it costs more than listening to it.
fn turn() -> Vec<f32> {
    let voiced = (0..SPEECH_MS as usize * 16).map(|i| vowel(i, true));
    let silent = (0..PAUSE_MS as usize * 16).map(|_| 0.0);
    voiced.chain(silent).collect()
}

/// Memory of this process that is in use, bytes; none where the system does not tell.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1_024)
}

fn hear(stage: &mut Stage, speaker: SpeakerId, turn: &[f32]) {
    for (i, samples) in turn.chunks(320).enumerate() {
        let at_ms = stage.now_ms + i as u64 * 20;
        let samples = samples.to_vec();
        let input = Input::Pcm {
            speaker,
            at_ms,
            samples,
        };
        stage.pipeline.handle(at_ms + 20, input);
        if i % 10 == 0 {
            let now_ms = std::mem::replace(&mut stage.now_ms, at_ms + 20);
            stage.work();
            stage.now_ms = now_ms;
        }
    }
    stage.now_ms += SPEECH_MS + PAUSE_MS;
    stage.work();
}

/// Packets as a broken sender sends them: restarts, jumps back, holes.
fn noise(stage: &mut Stage, speaker: SpeakerId, turn: u64) {
    for i in 0..12_u64 {
        let seq = (turn * 7_919 + i * i * 37) % 60_000;
        let packet = SpeechPacket {
            seq,
            rtp_ts: (seq as u32).wrapping_mul(960),
            arrival_ms: stage.now_ms,
            payload: Bytes::from_static(&[90, 31 << 3]),
        };
        stage
            .pipeline
            .handle(stage.now_ms, Input::Packet(speaker, packet));
    }
}

/// The guest before leaves, and this one comes.
fn change_guests(stage: &mut Stage, guest: SpeakerId) {
    let now_ms = stage.now_ms;
    let before = SpeakerId(guest.0 - 1);
    stage.pipeline.handle(now_ms, Input::Close(before));
    let options = SpeakerOptions::default();
    stage.pipeline.handle(now_ms, Input::Open(guest, options));
    let wanted = WANTED.map(language).into();
    stage.pipeline.handle(now_ms, Input::Want(guest, wanted));
}

#[test]
fn eight_hours_hold_no_more_than_the_first() {
    let tongue = Arc::new(Mutex::new(("en", 0.97)));
    let recognizer = ScriptedPolyglot(Arc::clone(&tongue));
    let mut stage = Stage::with(Box::new(recognizer), None, &WANTED);
    let turn_samples = turn();
    let mut late: Vec<Job> = Vec::new();
    let (mut finals, mut switches, mut after_an_hour) = (0, 0, None);
    for turn in 0..8 * HOUR_MS / TURN_MS {
        stage.now_ms = turn * TURN_MS;
        *tongue.lock().unwrap() = [("en", 0.97), ("pt", 0.97)][(turn / 30 % 2) as usize];
        let guest = SpeakerId(1_000 + turn / GUEST_TURNS);
        if turn % GUEST_TURNS == 0 {
            change_guests(&mut stage, guest);
        }
        let speaker = if turn % 3 == 0 { guest } else { ANA };
        hear(&mut stage, speaker, &turn_samples);
        noise(&mut stage, guest, turn);
        // The translator outside answers one turn late, and every other line not at all.
        for (i, job) in std::mem::take(&mut late).into_iter().enumerate() {
            let answer = match i % 2 {
                0 => translated(&"こんにちは".repeat(20)),
                _ => Answer::lost(),
            };
            let (job, ran_ms) = (job.id, 0);
            stage.pipeline.handle(
                stage.now_ms,
                Input::Done {
                    job,
                    answer,
                    ran_ms,
                },
            );
        }
        late.extend(std::iter::from_fn(|| {
            stage.pipeline.next_outside(stage.now_ms)
        }));
        stage.now_ms += 5_000;
        stage.pipeline.handle(stage.now_ms, Input::Tick);
        stage.work();
        for output in stage.seen.drain(..) {
            match output {
                Output::Caption { caption, .. } if caption.kind == CaptionKind::Final => {
                    finals += 1
                }
                Output::Spoken { .. } => switches += 1,
                Output::Caption { .. } | Output::Gap { .. } => {}
            }
        }
        let (lines, remembered) = stage.pipeline.texts.held();
        assert!(
            lines <= HELD_MAX,
            "{lines} lines are held after turn {turn}"
        );
        assert!(
            remembered <= FINALS_REMEMBERED as usize + 1,
            "{remembered} ids"
        );
        assert!(stage.pipeline.speakers.len() <= 3 && stage.pipeline.running.len() <= late.len());
        if turn == HOUR_MS / TURN_MS {
            after_an_hour = resident();
        }
    }
    assert!(finals > 2_000, "only {finals} finals");
    assert!(switches > 40, "only {switches} changes of language");
    if let (Some(early), Some(end)) = (after_an_hour, resident()) {
        let grown = end.saturating_sub(early);
        assert!(grown < 2 << 20, "{grown} bytes more than after an hour");
    }
}
