//! A translator outside the process: it gets final lines only, a few at a time, and whatever it
//! does the other languages come as if it were not there.

use super::*;
use crate::limits::{FINAL_LAG_MS_MAX, OUTSIDE_LINES_MAX, OUTSIDE_LINES_OUT_MAX};
use crate::pipeline::Job;

/// A line is spoken.
fn say(stage: &mut Stage) {
    stage.speak(1_500, true);
    stage.speak(700, false);
}

fn lines_out(stage: &mut Stage) -> Vec<Job> {
    let now_ms = stage.now_ms;
    std::iter::from_fn(|| stage.pipeline.next_outside(now_ms)).collect()
}

fn answer(stage: &mut Stage, job: &Job, answer: Answer) {
    let done = Input::Done {
        job: job.id,
        answer,
        ran_ms: 0,
    };
    stage.pipeline.handle(stage.now_ms, done);
    stage.work();
}

fn finals(stage: &Stage, language: &str) -> usize {
    let marked = format!(" {language}=");
    let captions = stage.captions();
    captions
        .iter()
        .filter(|line| line.contains(&marked))
        .count()
}

#[test]
fn it_gets_finals_only_and_nobody_waits_for_it() {
    let mut stage = Stage::new(
        &["hello", "hello there", "hello friends."],
        "en",
        true,
        &["en", "ja", "pt"],
    );
    stage.speak(300, false);
    stage.speak(1_500, true);
    assert!(lines_out(&mut stage).is_empty(), "a partial is not sent");
    stage.speak(700, false);
    let out = lines_out(&mut stage);
    assert_eq!(out.len(), 1, "{:?}", stage.captions());
    assert!(matches!(&out[0].work, Work::Translate { target, .. } if target.0 == "ja"));
    assert_eq!(
        (finals(&stage, "en"), finals(&stage, "pt")),
        (1, 1),
        "it has not answered yet"
    );
    assert!(!stage.pipeline.is_idle());
    answer(&mut stage, &out[0], translated("こんにちは"));
    assert!(stage.captions().contains(&"1 ja=こんにちは".to_owned()));
    assert!(stage.pipeline.is_idle());
}

#[test]
fn one_that_never_answers_costs_its_language_only() {
    let mut stage = Stage::new(&["hello friends."], "en", true, &["en", "ja", "pt"]);
    stage.speak(300, false);
    let mut out = 0;
    // The detector takes some of these vowels for one.
    while finals(&stage, "en") < OUTSIDE_LINES_OUT_MAX + OUTSIDE_LINES_MAX + 9 {
        say(&mut stage);
        out += lines_out(&mut stage).len();
        assert_eq!(finals(&stage, "en"), finals(&stage, "pt"));
        let (lines, _) = stage.pipeline.texts.held();
        assert!(
            lines <= OUTSIDE_LINES_OUT_MAX + OUTSIDE_LINES_MAX,
            "{lines}"
        );
    }
    assert_eq!((finals(&stage, "ja"), out), (0, OUTSIDE_LINES_OUT_MAX));
    assert!(
        lines_out(&mut stage).is_empty(),
        "no more than {OUTSIDE_LINES_OUT_MAX} are out"
    );
}

#[test]
fn what_waited_too_long_for_it_is_left_out() {
    let mut stage = Stage::new(&["hello friends."], "en", true, &["ja"]);
    stage.speak(300, false);
    let mut out = Vec::new();
    for _ in 0..OUTSIDE_LINES_OUT_MAX + 3 {
        say(&mut stage);
        out.extend(lines_out(&mut stage));
    }
    assert_eq!(out.len(), OUTSIDE_LINES_OUT_MAX);
    stage.now_ms += FINAL_LAG_MS_MAX + 1;
    answer(&mut stage, &out[0], Answer::lost());
    assert!(
        lines_out(&mut stage).is_empty(),
        "three were waiting, all too old"
    );
    say(&mut stage);
    assert_eq!(lines_out(&mut stage).len(), 1, "a new line goes out");
}
