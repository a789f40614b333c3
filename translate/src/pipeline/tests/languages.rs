//! Speakers who change their language, hosts who know better, and two who speak at once.

use std::sync::Mutex;

use super::*;
use crate::engine::scripted::ScriptedPolyglot;

const BO: SpeakerId = SpeakerId(8);

type Tongue = Arc<Mutex<(&'static str, f32)>>;

/// Somebody who speaks whatever the second value says just then.
fn stage(set: Option<&str>) -> (Stage, Tongue) {
    let tongue: Tongue = Arc::new(Mutex::new(("en", 0.98)));
    let recognizer = ScriptedPolyglot(Arc::clone(&tongue));
    let stage = Stage::with(Box::new(recognizer), set, &["en", "pt"]);
    (stage, tongue)
}

fn speak(tongue: &Tongue, language: &'static str, probability: f32) {
    *tongue.lock().unwrap() = (language, probability);
}

/// The languages found, in order.
fn found(stage: &Stage) -> Vec<&str> {
    let outputs = stage.seen.iter();
    let languages = outputs.filter_map(|output| match output {
        Output::Spoken { language, .. } => Some(language.0.as_str()),
        Output::Caption { .. } | Output::Gap { .. } => None,
    });
    languages.collect()
}

/// What a reader of the spoken language has on the screen in the end: `id text`, by id.
fn spoken_lines(stage: &Stage) -> Vec<String> {
    let mut lines = BTreeMap::new();
    for output in &stage.seen {
        if let Output::Caption {
            spoken, caption, ..
        } = output
            && *spoken == caption.language
        {
            lines.insert(caption.id, format!("{} {}", spoken.0, caption.text));
        }
    }
    lines
        .into_values()
        .filter(|line| line.trim().contains(' '))
        .collect()
}

#[test]
fn a_speaker_who_goes_over_to_another_language_is_followed() {
    let (mut stage, tongue) = stage(None);
    stage.speak(300, false);
    stage.speak(2_600, true);
    stage.speak(700, false);
    speak(&tongue, "pt", 0.95);
    stage.speak(3_000, true);
    stage.speak(700, false);
    speak(&tongue, "en", 0.95);
    stage.speak(3_000, true);
    stage.speak(700, false);
    stage.close();
    assert_eq!(found(&stage), ["en", "pt", "en"]);
    let lines = spoken_lines(&stage);
    assert!(
        !lines.iter().any(|line| line.contains("wrong")),
        "{lines:#?}"
    );
    let begins: Vec<&str> = lines.iter().map(|line| &line[..6]).collect();
    assert!(
        begins.contains(&"pt 0pt") && begins.last() == Some(&"en 0en"),
        "{lines:#?}"
    );
}

#[test]
fn a_change_without_a_pause_is_noticed_by_the_doubt_it_causes() {
    let (mut stage, tongue) = stage(None);
    stage.speak(300, false);
    stage.speak(2_600, true);
    assert_eq!(found(&stage), ["en"]);
    speak(&tongue, "pt", 0.95);
    stage.speak(3_000, true);
    stage.speak(700, false);
    assert_eq!(found(&stage), ["en", "pt"]);
}

#[test]
fn a_short_answer_in_another_language_is_not_lost() {
    let (mut stage, tongue) = stage(None);
    stage.speak(300, false);
    stage.speak(2_600, true);
    stage.speak(700, false);
    speak(&tongue, "pt", 0.95);
    stage.speak(1_800, true);
    stage.speak(700, false);
    stage.close();
    assert_eq!(found(&stage), ["en", "pt"]);
    let lines = spoken_lines(&stage);
    assert!(
        lines.last().is_some_and(|line| line.starts_with("pt 0pt")),
        "{lines:#?}"
    );
}

#[test]
fn a_foreign_name_is_not_another_language() {
    let (mut stage, tongue) = stage(None);
    stage.speak(300, false);
    stage.speak(2_600, true);
    stage.speak(700, false);
    for (probability, ms) in [(0.95, 1_000), (0.6, 3_000)] {
        speak(&tongue, "fr", probability);
        stage.speak(ms, true);
        stage.speak(700, false);
    }
    stage.close();
    assert_eq!(found(&stage), ["en"], "too short, and too unsure");
}

#[test]
fn what_the_host_says_stands_until_the_host_lets_go() {
    let (mut stage, tongue) = stage(Some("en"));
    speak(&tongue, "pt", 0.99);
    stage.speak(300, false);
    stage.speak(3_000, true);
    stage.speak(700, false);
    assert_eq!(found(&stage), ["en"]);
    stage.pipeline.handle(
        stage.now_ms,
        Input::Open(ANA, SpeakerOptions { language: None }),
    );
    stage.speak(3_000, true);
    stage.speak(700, false);
    assert_eq!(found(&stage), ["en", "pt"]);
}

#[test]
fn an_unsure_recogniser_looks_again_until_it_is_sure() {
    let (mut stage, tongue) = stage(None);
    speak(&tongue, "pt", 0.45);
    stage.speak(300, false);
    stage.speak(3_500, true);
    assert_eq!(found(&stage), [""; 0]);
    assert_eq!(stage.captions(), [""; 0], "nothing is shown in a guess");
    speak(&tongue, "pt", 0.95);
    stage.speak(1_500, true);
    assert_eq!(found(&stage), ["pt"]);
}

/// Both speak for the same five seconds; each is decoded by a recogniser of their language.
fn speak_at_once(stage: &mut Stage) {
    for frame in 0..250_usize {
        let at_ms = frame as u64 * 20;
        let voiced = (20..200).contains(&frame);
        let samples: Vec<f32> = (frame * 320..(frame + 1) * 320)
            .map(|i| vowel(i, voiced))
            .collect();
        for speaker in [ANA, BO] {
            let samples = samples.clone();
            let input = Input::Pcm {
                speaker,
                at_ms,
                samples,
            };
            stage.pipeline.handle(at_ms + 20, input);
        }
        stage.now_ms = at_ms + 20;
        while let Some(job) = stage.pipeline.next_job(stage.now_ms) {
            if let Work::Recognize { language, .. } = &job.work {
                let is_portuguese = language.as_ref().map(Language::base) == Some("pt");
                let tongue = (if is_portuguese { "pt" } else { "en" }, 0.99);
                let recognizer = ScriptedPolyglot(Arc::new(Mutex::new(tongue)));
                stage.engines.recognizer = Box::new(recognizer);
            }
            let answer = stage.engines.run(&job.work);
            let done = Input::Done {
                job: job.id,
                answer,
                ran_ms: 40,
            };
            stage.pipeline.handle(stage.now_ms, done);
        }
        stage
            .seen
            .extend(std::iter::from_fn(|| stage.pipeline.poll()));
    }
}

#[test]
fn two_who_speak_at_once_have_their_own_lines_and_languages() {
    let (mut stage, _) = stage(Some("en"));
    let options = SpeakerOptions {
        language: Some(language("pt")),
    };
    stage.pipeline.handle(0, Input::Open(BO, options));
    let wanted = BTreeSet::from(["en", "pt"].map(language));
    stage.pipeline.handle(0, Input::Want(BO, wanted));
    speak_at_once(&mut stage);
    let mut ids: BTreeMap<CaptionId, SpeakerId> = BTreeMap::new();
    let mut finals: BTreeMap<SpeakerId, usize> = BTreeMap::new();
    for output in &stage.seen {
        let Output::Caption {
            speaker,
            spoken,
            caption,
        } = output
        else {
            continue;
        };
        let own = if *speaker == ANA { "en" } else { "pt" };
        assert_eq!(spoken.0, own, "{output:?}");
        let owner = ids.entry(caption.id).or_insert(*speaker);
        assert_eq!(owner, speaker, "a line has one speaker: {output:?}");
        if spoken == &caption.language {
            let is_own = |word: &str| word.ends_with(own);
            assert!(caption.text.split(' ').all(is_own), "{output:?}");
        }
        *finals.entry(*speaker).or_default() += usize::from(caption.kind == CaptionKind::Final);
    }
    for speaker in [ANA, BO] {
        let count = finals.get(&speaker).copied().unwrap_or_default();
        assert!(count >= 2 && count % 2 == 0, "{speaker:?}: each line twice");
    }
}
