//! The pipeline told with scripted engines: what somebody who speaks and somebody who reads see,
//! and that no packets in no order break it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;

use super::{Answer, Input, Pipeline, Work};
use crate::engine::scripted::{
    ScriptedOpus, ScriptedRecognizer, ScriptedRoutes, ScriptedTranslator,
};
use crate::faithful::Faithful;
use crate::glossary::{Glossary, Product};
use crate::ports::{Detection, EngineError, Hypothesis, Recognizer, Task, Translator, Word};
use crate::worker::Engines;
use crate::{
    Caption, CaptionId, CaptionKind, Language, Output, SpeakerId, SpeakerOptions, SpeechPacket,
};

mod languages;
mod outside;
mod soak;

const ANA: SpeakerId = SpeakerId(7);

fn language(tag: &str) -> Language {
    Language(tag.to_owned())
}

/// A speaker, a reader and one decode thread that takes `decode_ms` for everything.
struct Stage {
    pipeline: Pipeline,
    engines: Engines,
    now_ms: u64,
    decode_ms: u64,
    seen: Vec<Output>,
    decodes: usize,
}

impl Stage {
    fn new(lines: &[&'static str], spoken: &'static str, set: bool, wanted: &[&str]) -> Stage {
        let recognizer = ScriptedRecognizer {
            lines: lines.iter().copied().collect(),
            language: spoken,
        };
        Stage::with(Box::new(recognizer), set.then_some(spoken), wanted)
    }

    fn with(recognizer: Box<dyn Recognizer>, set: Option<&str>, wanted: &[&str]) -> Stage {
        let engines = Engines {
            recognizer,
            translator: Box::new(ScriptedTranslator),
            scripts: Arc::default(),
        };
        let mut pipeline = Pipeline::new(1, Arc::new(ScriptedRoutes), || Box::new(ScriptedOpus));
        let options = SpeakerOptions {
            language: set.map(language),
        };
        pipeline.handle(0, Input::Open(ANA, options));
        let wanted: BTreeSet<Language> = wanted.iter().map(|tag| language(tag)).collect();
        pipeline.handle(0, Input::Want(ANA, wanted));
        Stage {
            pipeline,
            engines,
            now_ms: 0,
            decode_ms: 100,
            seen: Vec::new(),
            decodes: 0,
        }
    }

    /// Feeds real speech, `false` for silence, in 20 ms frames.
    fn speak(&mut self, ms: u64, voiced: bool) {
        for _ in 0..ms / 20 {
            let start = self.now_ms as usize * 16;
            let samples: Vec<f32> = (start..start + 320).map(|i| vowel(i, voiced)).collect();
            let at_ms = self.now_ms;
            self.now_ms += 20;
            self.pipeline.handle(
                self.now_ms,
                Input::Pcm {
                    speaker: ANA,
                    at_ms,
                    samples,
                },
            );
            self.work();
        }
    }

    fn work(&mut self) {
        while let Some(job) = self.pipeline.next_job(self.now_ms) {
            if matches!(job.work, Work::Recognize { .. }) {
                self.decodes += 1;
            }
            let answer = self.engines.run(&job.work);
            let ran_ms = self.decode_ms;
            self.pipeline.handle(
                self.now_ms,
                Input::Done {
                    job: job.id,
                    answer,
                    ran_ms,
                },
            );
        }
        self.seen
            .extend(std::iter::from_fn(|| self.pipeline.poll()));
    }

    fn close(&mut self) {
        self.pipeline.handle(self.now_ms, Input::Close(ANA));
        self.work();
    }

    /// `id language kind text` of every caption.
    fn captions(&self) -> Vec<String> {
        let show = |caption: &Caption| {
            let kind = if caption.kind == CaptionKind::Final {
                '='
            } else {
                '~'
            };
            format!(
                "{} {}{kind}{}",
                caption.id.0, caption.language.0, caption.text
            )
        };
        self.seen.iter().filter_map(caption).map(show).collect()
    }
}

fn caption(output: &Output) -> Option<&Caption> {
    match output {
        Output::Caption { caption, .. } => Some(caption),
        Output::Spoken { .. } | Output::Gap { .. } => None,
    }
}

/// A buzz of 120 Hz with two formants, loud and soft four times a second: what the voice detector takes for speech.
fn vowel(i: usize, voiced: bool) -> f32 {
    if !voiced {
        return 0.0;
    }
    let t = i as f32 / 16_000.0;
    let syllable = 0.6 + 0.4 * (t * 4.0 * std::f32::consts::TAU).sin();
    let pitch = 120.0 + 15.0 * (t * 0.7 * std::f32::consts::TAU).sin();
    let harmonic = |k: usize| {
        let hz = pitch * k as f32;
        let formant = |center: f32, width: f32| (-((hz - center) / width).powi(2)).exp();
        let level = formant(600.0, 150.0) + 0.6 * formant(1_200.0, 200.0) + 0.05;
        level * (t * hz * std::f32::consts::TAU).sin()
    };
    0.15 * syllable * (1..25).map(harmonic).sum::<f32>()
}

#[test]
fn speech_becomes_a_line_and_its_translation() {
    let mut stage = Stage::new(
        &["Hello", "Hello there", "Hello there friends."],
        "en",
        true,
        &["en", "pt"],
    );
    stage.speak(500, false);
    stage.speak(2_300, true);
    stage.speak(1_000, false);
    stage.close();
    let captions = stage.captions();
    assert_eq!(
        captions.first().map(String::as_str),
        Some("1 en~Hello"),
        "{captions:?}"
    );
    // What two translations agree on, so that the row does not jump.
    assert!(
        captions.contains(&"1 pt~en>pt: Hello".to_owned()),
        "{captions:?}"
    );
    assert!(
        !captions[..2].contains(&"1 pt~en>pt: Hello".to_owned()),
        "{captions:?}"
    );
    assert!(
        captions.contains(&"1 en=Hello there friends.".to_owned()),
        "{captions:?}"
    );
    let last = captions.last().map(String::as_str);
    assert_eq!(
        last,
        Some("1 pt=en>pt: Hello there friends."),
        "{captions:?}"
    );
    assert!(stage.pipeline.is_idle());
}

fn translated(text: &str) -> Answer {
    Answer::Translated(Faithful {
        text: text.to_owned(),
        kept: false,
    })
}

/// Loses every number.
struct Careless;

impl Translator for Careless {
    fn translate(&mut self, _: &Language, _: &Language, _: &str) -> Result<String, EngineError> {
        Ok("barato".to_owned())
    }
}

fn finals(stage: &Stage) -> Vec<(&str, bool)> {
    let captions = stage.seen.iter().filter_map(caption);
    let finals = captions.filter(|caption| caption.kind == CaptionKind::Final);
    finals
        .map(|caption| (caption.text.as_str(), caption.kept))
        .collect()
}

#[test]
fn a_price_lost_in_translation_leaves_the_spoken_line_and_says_so() {
    let mut stage = Stage::new(&["it is 15 euros"], "en", true, &["en", "pt"]);
    stage.engines.translator = Box::new(Careless);
    stage.speak(2_000, true);
    stage.speak(1_000, false);
    stage.close();
    let expected = [("It is 15 euros", false), ("It is 15 euros", true)];
    assert_eq!(finals(&stage), expected);
}

/// Loses every number on the way from speech to English.
struct CarelessInterpreter(ScriptedRecognizer);

impl Recognizer for CarelessInterpreter {
    fn recognize(
        &mut self,
        audio: &[f32],
        language: &Language,
        task: Task,
        given: &[Word],
    ) -> Result<Hypothesis, EngineError> {
        if task == Task::TranslateToEnglish {
            self.0.lines = VecDeque::from(["it is cheap"]);
        }
        self.0.recognize(audio, language, Task::Transcribe, given)
    }

    fn detect(&mut self, audio: &[f32]) -> Result<Detection, EngineError> {
        self.0.detect(audio)
    }
}

#[test]
fn a_price_lost_by_the_speech_model_leaves_the_spoken_line_in_every_language() {
    let mut stage = Stage::new(&[], "de", true, &["en", "pt"]);
    stage.engines.recognizer = Box::new(CarelessInterpreter(ScriptedRecognizer {
        lines: VecDeque::from(["es sind 15 euro"]),
        language: "de",
    }));
    stage.speak(2_000, true);
    stage.speak(1_000, false);
    stage.close();
    let line = "Es sind 15 euro";
    assert_eq!(finals(&stage), [(line, false), (line, true), (line, true)]);
}

#[test]
fn names_of_the_shelf_are_spelled_as_the_shop_does_in_both_languages() {
    let mut stage = Stage::new(&["the aurora glows"], "en", true, &["en", "pt"]);
    let product = Product {
        title: "Aurora lamp".to_owned(),
        titles: vec!["Lâmpada Aurora".to_owned()],
        ..Product::default()
    };
    let glossary = Arc::new(Glossary::of(&[product]));
    stage.pipeline.handle(0, Input::Glossary(ANA, glossary));
    stage.speak(2_000, true);
    stage.speak(1_000, false);
    stage.close();
    let expected = [
        ("The Aurora glows", false),
        ("en>pt: The Aurora glows", false),
    ];
    assert_eq!(finals(&stage), expected);
}

#[test]
fn the_language_is_found_once() {
    let mut stage = Stage::new(&["olá"], "pt", false, &["pt"]);
    stage.speak(300, false);
    stage.speak(4_000, true);
    stage.speak(1_000, false);
    let spoken = |output: &&Output| matches!(output, Output::Spoken { .. });
    assert_eq!(stage.seen.iter().filter(spoken).count(), 1);
    assert!(
        stage.captions().iter().all(|line| line.contains(" pt")),
        "{:?}",
        stage.captions()
    );
}

#[test]
fn what_only_speech_reaches_is_decoded_once_more() {
    let mut stage = Stage::new(&["guten tag"], "de", true, &["en", "pt"]);
    stage.speak(300, false);
    stage.speak(2_000, true);
    stage.speak(1_000, false);
    stage.close();
    let captions = stage.captions();
    assert!(
        captions.contains(&"1 en=english: guten tag".to_owned()),
        "{captions:?}"
    );
    assert!(
        captions.contains(&"1 pt=en>pt: english: guten tag".to_owned()),
        "{captions:?}"
    );
}

#[test]
fn nobody_reading_costs_no_decode() {
    let mut stage = Stage::new(&["hello"], "en", true, &[]);
    stage.speak(3_000, true);
    stage.speak(1_000, false);
    assert_eq!(stage.decodes, 0);
    assert!(stage.seen.iter().all(|output| caption(output).is_none()));
}

#[test]
fn what_is_spoken_is_written_down_for_the_record_alone() {
    let mut stage = Stage::new(&["guten tag"], "de", true, &["und"]);
    stage.speak(2_000, true);
    stage.speak(1_000, false);
    stage.close();
    let captions = stage.captions();
    assert!(
        captions.contains(&"1 de=Guten tag".to_owned()),
        "{captions:?}"
    );
    assert!(
        captions.iter().all(|line| line.starts_with("1 de")),
        "{captions:?}"
    );
}

#[test]
fn the_first_reader_starts_recognition_and_the_last_one_ends_it() {
    let mut stage = Stage::new(&["hello"], "en", true, &[]);
    let want = |stage: &mut Stage, tags: &[&str]| {
        let tags = tags.iter().map(|tag| language(tag)).collect();
        stage.pipeline.handle(stage.now_ms, Input::Want(ANA, tags));
        stage.work();
    };
    stage.speak(2_000, true);
    assert_eq!(stage.decodes, 0);
    want(&mut stage, &["en"]);
    stage.speak(2_000, true);
    stage.speak(1_000, false);
    let decodes = stage.decodes;
    assert!(decodes > 0 && !stage.captions().is_empty());
    want(&mut stage, &[]);
    stage.speak(3_000, true);
    stage.speak(1_000, false);
    assert_eq!(stage.decodes, decodes, "nobody reads any more");
    assert!(stage.pipeline.is_idle());
}

#[test]
fn who_changes_the_language_reads_the_last_lines_once_more() {
    let mut stage = Stage::new(&["Hello."], "en", true, &["en"]);
    let want = |stage: &mut Stage, tags: &[&str]| {
        let tags = tags.iter().map(|tag| language(tag)).collect();
        stage.pipeline.handle(stage.now_ms, Input::Want(ANA, tags));
        stage.seen.clear();
        stage.work();
        stage.captions()
    };
    for _ in 0..8 {
        stage.speak(1_500, true);
        stage.speak(1_000, false);
    }
    let lines = want(&mut stage, &["en", "pt"]);
    let expected: Vec<String> = (3..=8).map(|id| format!("{id} pt=en>pt: Hello.")).collect();
    assert_eq!(lines, expected, "the last six, oldest first");
    assert!(
        stage
            .seen
            .iter()
            .filter_map(caption)
            .all(|line| line.recalled)
    );
    want(&mut stage, &["en"]);
    let again = want(&mut stage, &["en", "pt"]);
    assert!(again.is_empty(), "they have them: {again:?}");
    stage.speak(90_000, false);
    let late = want(&mut stage, &["en", "pt", "pt-BR"]);
    assert!(late.is_empty(), "too old: {late:?}");
}

#[test]
fn a_final_nobody_can_use_any_more_is_a_gap() {
    let mut stage = Stage::new(&["hello"], "en", true, &["en"]);
    let samples = |voiced| (0..32_000).map(|i| vowel(i, voiced)).collect::<Vec<f32>>();
    for (at_ms, voiced) in [(0, false), (2_000, true), (4_000, false)] {
        let input = Input::Pcm {
            speaker: ANA,
            at_ms,
            samples: samples(voiced),
        };
        stage.pipeline.handle(at_ms + 2_000, input);
    }
    stage.now_ms = 60_000;
    stage.work();
    assert!(
        stage
            .seen
            .iter()
            .any(|output| matches!(output, Output::Gap { .. })),
        "{:?}",
        stage.seen
    );
    assert_eq!(stage.decodes, 0);
}

#[test]
fn speech_whose_packets_stop_is_finished() {
    let mut stage = Stage::new(&["hello", "hello you"], "en", true, &["en"]);
    stage.speak(300, false);
    stage.speak(1_600, true);
    stage.now_ms += 1_500;
    stage.pipeline.handle(stage.now_ms, Input::Tick);
    stage.work();
    assert!(
        stage
            .captions()
            .iter()
            .any(|line| line.starts_with("1 en=")),
        "{:?}",
        stage.captions()
    );
}

#[test]
fn a_failing_engine_leaves_a_gap_and_the_next_line_comes() {
    let mut stage = Stage::new(&["hello you"], "en", true, &["en"]);
    stage.speak(300, false);
    stage.speak(800, true);
    stage.speak(600, false);
    // A second speaker's translation fails: its language is unknown to the translator's routes.
    stage.pipeline.handle(
        stage.now_ms,
        Input::Want(ANA, BTreeSet::from([language("xx")])),
    );
    stage.speak(800, true);
    stage.speak(600, false);
    stage.close();
    let finals = stage
        .captions()
        .iter()
        .filter(|line| line.contains("en="))
        .count();
    assert_eq!(finals, 2, "{:?}", stage.captions());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_packets_in_no_order_break_the_laws(
        packets in prop::collection::vec((0u64..600, any::<bool>(), 0u64..40_000), 1..400),
        decode_every in 1usize..6,
    ) {
        let mut stage = Stage::new(&["a b", "a b c.", "a b c. d", "e f g"], "en", true, &["en", "pt"]);
        for (i, (seq, loud, arrival_ms)) in packets.into_iter().enumerate() {
            stage.now_ms = stage.now_ms.max(arrival_ms);
            let level = if loud { 200 } else { 0 };
            let payload = Bytes::copy_from_slice(&[level, 31 << 3]);
            let packet = SpeechPacket { seq, rtp_ts: seq as u32 * 960, arrival_ms, payload };
            stage.pipeline.handle(stage.now_ms, Input::Packet(ANA, packet));
            if i % decode_every == 0 {
                stage.work();
            }
        }
        stage.close();
        check_laws(&stage.seen)?;
    }

    #[test]
    fn speech_and_pauses_of_any_length_keep_the_laws(
        stretches in prop::collection::vec((20u64..3_000, any::<bool>()), 1..10),
    ) {
        let mut stage = Stage::new(&["a b", "a b c.", "a b c. d", "e f. g h"], "en", true, &["en", "pt"]);
        for (ms, voiced) in stretches {
            stage.speak(ms, voiced);
        }
        stage.close();
        check_laws(&stage.seen)?;
        prop_assert!(stage.pipeline.is_idle());
    }
}

/// What was said to stay stays, whatever line it ends up in.
fn check_stable(seen: &[Output]) -> Result<(), TestCaseError> {
    let english = |caption: &&Caption| caption.language.0 == "en";
    let captions: Vec<&Caption> = seen.iter().filter_map(caption).filter(english).collect();
    let mut lines: BTreeMap<CaptionId, &Caption> = BTreeMap::new();
    let mut kept = String::new();
    for together in captions.chunk_by(|a, b| a.emitted_ms == b.emitted_ms) {
        lines.extend(together.iter().map(|caption| (caption.id, *caption)));
        let stable = |line: &&Caption| line.text.chars().take(line.stable).collect::<String>();
        let stays: String = lines.values().map(stable).collect();
        let stays: String = stays.chars().filter(|c| c.is_alphanumeric()).collect();
        prop_assert!(stays.starts_with(&kept), "`{kept}` becomes `{stays}`");
        kept = stays;
    }
    Ok(())
}

/// Nothing follows a final, ids of finals are unique in each language, time is monotone.
fn check_laws(seen: &[Output]) -> Result<(), TestCaseError> {
    check_stable(seen)?;
    let mut finals: BTreeSet<(CaptionId, &Language)> = BTreeSet::new();
    let mut ends: BTreeMap<&Language, u64> = BTreeMap::new();
    let mut emitted_ms = 0;
    for caption in seen.iter().filter_map(caption) {
        let way = (caption.id, &caption.language);
        prop_assert!(!finals.contains(&way), "{caption:?} follows its final");
        prop_assert!(caption.start_ms <= caption.end_ms);
        prop_assert!(caption.emitted_ms >= emitted_ms);
        emitted_ms = caption.emitted_ms;
        if caption.kind == CaptionKind::Final {
            finals.insert(way);
            let end = ends.entry(&caption.language).or_default();
            prop_assert!(caption.start_ms >= *end, "{caption:?} overlaps {end}");
            *end = caption.end_ms;
        }
    }
    Ok(())
}
