//! Utterances fed with scripted decodes: what is shown, what is final, and the laws of both.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Line, Utterance};
use crate::ports::Word;
use crate::voice::FRAME_SAMPLES;
use crate::{CaptionId, CaptionKind};

/// Words spoken evenly over `ms` of audio.
fn words(text: &str, ms: u32) -> Vec<Word> {
    let texts: Vec<&str> = text.split_whitespace().collect();
    let each = ms / texts.len().max(1) as u32;
    let word = |(i, text): (usize, &&str)| Word {
        text: (*text).to_owned(),
        spaced: i > 0,
        start_ms: i as u32 * each,
        end_ms: (i as u32 + 1) * each - each / 8,
        probability: 0.9,
    };
    texts.iter().enumerate().map(word).collect()
}

fn speak(utterance: &mut Utterance, ms: u64) {
    for _ in 0..ms / 16 {
        utterance.push(&[0.1; FRAME_SAMPLES], true);
    }
}

fn counter() -> impl FnMut() -> CaptionId {
    let mut next = 0;
    move || {
        next += 1;
        CaptionId(next)
    }
}

fn show(lines: &[Line]) -> Vec<String> {
    let word = |line: &Line| match line.kind {
        CaptionKind::Partial => format!("{}~{}", line.id.0, line.text),
        CaptionKind::Final => format!("{}={}", line.id.0, line.text),
    };
    lines.iter().map(word).collect()
}

#[test]
fn a_sentence_becomes_final_while_the_next_is_spoken() {
    let (mut ids, mut lines) = (counter(), Vec::new());
    let mut utterance = Utterance::new(5_000, &[]);
    for heard in [
        "Hello there.",
        "Hello there. This is",
        "Hello there. This is mine",
        "Hello there. This is mine now.",
    ] {
        speak(&mut utterance, 1_000);
        let samples = utterance.audio().len();
        let heard = words(heard, utterance.length_ms() as u32);
        utterance.partial(samples, heard, true, &mut ids, &mut lines);
    }
    utterance.end(10_000);
    utterance.finish(None, &mut ids, &mut lines);
    assert_eq!(
        show(&lines),
        [
            "1~Hello there.",
            "1~Hello there. This is",
            "1=Hello there.",
            "2~This is mine",
            "2~This is mine now.",
            "2=This is mine now.",
        ]
    );
}

#[test]
fn a_long_speech_is_cut_and_loses_nothing() {
    let (mut ids, mut lines) = (counter(), Vec::new());
    let mut utterance = Utterance::new(0, &[]);
    let said: Vec<String> = (0..60).map(|i| format!("word{i}")).collect();
    let mut cut_ms = 0;
    for second in 1..=20u64 {
        speak(&mut utterance, 1_008);
        // Three words a second; the decode hears what is in the buffer.
        let from = (cut_ms * 3 / 1_000) as usize;
        let heard: Vec<Word> = said[from..(second * 3) as usize]
            .iter()
            .enumerate()
            .map(|(i, text)| Word {
                text: text.clone(),
                spaced: true,
                start_ms: ((from + i) as u64 * 333 - cut_ms.min((from + i) as u64 * 333)) as u32,
                end_ms: ((from + i) as u64 * 333 + 300).saturating_sub(cut_ms) as u32,
                probability: 0.9,
            })
            .collect();
        let samples = utterance.audio().len();
        utterance.partial(samples, heard, true, &mut ids, &mut lines);
        cut_ms = utterance.span_ms().0;
        assert!(utterance.length_ms() < 10_500, "{}", utterance.length_ms());
    }
    assert!(cut_ms > 5_000);
    utterance.finish(None, &mut ids, &mut lines);
    let finals = lines.iter().filter(|line| line.kind == CaptionKind::Final);
    let text: Vec<&str> = finals.flat_map(|line| line.text.split(' ')).collect();
    let mut distinct = text.clone();
    distinct.dedup();
    assert!(distinct.len() >= 58, "{text:?}");
}

fn pause(utterance: &mut Utterance, ms: u64) {
    for _ in 0..ms / 16 {
        utterance.push(&[0.0; FRAME_SAMPLES], false);
    }
}

#[test]
fn a_pause_is_read_at_once_and_leaves_nothing_to_decode() {
    let (mut ids, mut lines) = (counter(), Vec::new());
    let mut utterance = Utterance::new(0, &[]);
    speak(&mut utterance, 1_600);
    assert_eq!(utterance.partial_due_ms(600), Some(1_000));
    let samples = utterance.audio().len();
    utterance.partial(
        samples,
        words("red lamps", 1_600),
        true,
        &mut ids,
        &mut lines,
    );
    speak(&mut utterance, 160);
    assert_eq!(utterance.partial_due_ms(600), None);
    pause(&mut utterance, 208);
    assert_eq!(utterance.partial_due_ms(600), Some(1_960));
    let samples = utterance.audio().len();
    utterance.partial(
        samples,
        words("red lamps", 1_968),
        true,
        &mut ids,
        &mut lines,
    );
    assert_eq!(
        utterance.committed().len(),
        2,
        "nothing can make other words of them"
    );
    pause(&mut utterance, 800);
    assert_eq!(
        utterance.partial_due_ms(600),
        None,
        "nothing was said since"
    );
    utterance.end(3_000);
    assert!(utterance.is_read());
}

#[test]
fn a_partial_that_was_nothing_is_taken_back() {
    let (mut ids, mut lines) = (counter(), Vec::new());
    let mut utterance = Utterance::new(0, &[]);
    speak(&mut utterance, 1_200);
    utterance.partial(19_200, words("hm", 300), true, &mut ids, &mut lines);
    utterance.end(2_000);
    utterance.finish(Some(&[]), &mut ids, &mut lines);
    assert_eq!(show(&lines), ["1~hm", "1~"]);
}

proptest! {
    #[test]
    fn lines_keep_their_laws(
        decodes in prop::collection::vec(
            (
                prop::collection::vec(prop::sample::select(vec!["a", "b", "c.", "d,", "e?"]), 0..30),
                100u64..2_500,
            ),
            1..25,
        ),
    ) {
        let (mut ids, mut lines) = (counter(), Vec::new());
        let mut utterance = Utterance::new(1_000, &[0.0; 4_800]);
        for (heard, ms) in &decodes {
            speak(&mut utterance, *ms);
            let samples = utterance.audio().len();
            let heard = words(&heard.join(" "), utterance.length_ms() as u32);
            utterance.partial(samples, heard, true, &mut ids, &mut lines);
        }
        let last = words("the end.", 500);
        utterance.finish(Some(&last), &mut ids, &mut lines);
        let mut finals: BTreeMap<CaptionId, &Line> = BTreeMap::new();
        let mut end_ms = 0;
        for line in &lines {
            prop_assert!(line.start_ms <= line.end_ms);
            prop_assert!(!finals.contains_key(&line.id), "{line:?} after its final");
            if line.kind == CaptionKind::Final {
                prop_assert!(line.start_ms >= end_ms, "{line:?} overlaps");
                prop_assert!(!line.text.is_empty());
                end_ms = line.end_ms;
                finals.insert(line.id, line);
            }
        }
        let open = lines.iter().filter(|line| !finals.contains_key(&line.id));
        let mut shown: BTreeMap<CaptionId, &str> = BTreeMap::new();
        open.for_each(|line| { shown.insert(line.id, &line.text); });
        prop_assert!(shown.values().all(|text| text.is_empty()), "left open: {shown:?}");
    }
}
