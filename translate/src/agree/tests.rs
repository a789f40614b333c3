//! Agreement told as rows of hypotheses, and its law: what was committed stays.

use proptest::prelude::*;

use super::{Agreement, join, key};
use crate::ports::Word;

fn words(text: &str) -> Vec<Word> {
    let word = |(i, text): (usize, &str)| Word {
        text: text.to_owned(),
        spaced: i > 0,
        start_ms: i as u32 * 300,
        end_ms: i as u32 * 300 + 250,
        probability: 0.9,
    };
    text.split_whitespace().enumerate().map(word).collect()
}

/// Feeds hypotheses and shows `committed | tentative` after each.
fn check(heard: &[&str], expected: &[&str]) {
    let mut agreement = Agreement::default();
    for (heard, expected) in heard.iter().zip(expected) {
        agreement.update(words(heard), u32::MAX);
        let shown = format!(
            "{} | {}",
            join(agreement.committed()),
            join(agreement.tentative())
        );
        assert_eq!(&shown, expected, "after `{heard}`");
    }
}

#[test]
fn two_in_a_row_commit() {
    check(
        &[
            "and so my",
            "And so, my fellow",
            "and so my fellow Americans.",
        ],
        &[
            " | and so my",
            "And so, my | fellow",
            "And so, my fellow | Americans.",
        ],
    );
}

#[test]
fn a_number_stays_only_whole() {
    check(
        &[
            "for 100",
            "for 100",
            "for 149 euros",
            "for 149 euros now",
            "for 149 euros now",
        ],
        &[
            " | for 100",
            "for | 100",
            "for | 149 euros",
            "for 149 euros | now",
            "for 149 euros now | ",
        ],
    );
}

#[test]
fn a_list_of_numbers_does_not_wait_for_its_end() {
    let list = "one two three four five six seven";
    let (once, twice) = (format!(" | {list}"), format!("{list} | "));
    check(&[list, list], &[&once, &twice]);
}

#[test]
fn the_full_stop_of_a_cut_sentence_is_not_kept() {
    check(
        &[
            "for you.",
            "for you.",
            "for you, ask what",
            "for you, ask what",
        ],
        &[
            " | for you.",
            "for you | ",
            "for you | ask what",
            "for you, ask what | ",
        ],
    );
}

#[test]
fn words_at_the_very_end_wait_for_more_sound() {
    let mut agreement = Agreement::default();
    agreement.update(words("ask what"), 500);
    agreement.update(words("ask what"), 500);
    assert_eq!(join(agreement.committed()), "ask");
    agreement.update(words("ask what you"), 800);
    assert_eq!(join(agreement.committed()), "ask what");
}

#[test]
fn unlikely_words_at_the_very_end_are_shown_when_heard_twice() {
    let unsure = |text| {
        let mut words = words(text);
        words.iter_mut().for_each(|word| word.probability = 0.3);
        words
    };
    let mut agreement = Agreement::default();
    agreement.update(unsure("ask what"), 0);
    assert_eq!(join(&agreement.show(0, 300)), "ask");
    agreement.update(unsure("ask what you"), 0);
    assert_eq!(join(&agreement.show(0, 300)), "ask what");
    // What is on screen stays there while it is heard.
    agreement.update(unsure("ask what are"), 0);
    assert_eq!(join(&agreement.show(0, 0)), "ask what");
    agreement.update(unsure("ask that are"), 0);
    assert_eq!(join(&agreement.show(0, 0)), "ask");
    // Likely words do not wait.
    agreement.update(words("ask this is"), 0);
    assert_eq!(join(&agreement.show(0, 0)), "ask this is");
}

#[test]
fn a_rewritten_beginning_does_not_repeat_words() {
    check(
        &[
            "I have a dog",
            "I have a dog named",
            "I've a dog named Rex",
            "I've a dog named Rex now",
        ],
        &[
            " | I have a dog",
            "I have a dog | named",
            "I have a dog named | Rex",
            "I have a dog named Rex | now",
        ],
    );
}

#[test]
fn finishing_keeps_the_committed_and_takes_the_rest() {
    let mut agreement = Agreement::default();
    agreement.update(words("ask what you"), u32::MAX);
    agreement.update(words("ask what you can"), u32::MAX);
    agreement.finish(&words("Ask what you can do."));
    assert_eq!(join(agreement.committed()), "ask what you can do.");
    assert!(agreement.tentative().is_empty());
}

#[test]
fn finishing_closes_the_last_word() {
    let mut agreement = Agreement::default();
    agreement.update(words("thank you."), u32::MAX);
    agreement.update(words("thank you."), u32::MAX);
    agreement.finish(&words("Thank you."));
    assert_eq!(join(agreement.committed()), "thank you.");
}

#[test]
fn settling_keeps_the_ending() {
    let mut agreement = Agreement::default();
    agreement.update(words("thank you."), u32::MAX);
    agreement.update(words("thank you."), u32::MAX);
    assert_eq!(join(&agreement.show(0, 0)), "thank you.");
    agreement.settle();
    assert_eq!(join(agreement.committed()), "thank you.");
}

#[test]
fn keys_ignore_case_and_punctuation() {
    assert_eq!(key("\u{201c}Don't,"), "dont");
    assert_eq!(key("Österreich!"), "österreich");
}

proptest! {
    #[test]
    fn committed_text_is_append_only(
        rows in prop::collection::vec(
            prop::collection::vec(prop::sample::select(vec!["a", "b", "B.", "c,", "d?", "e"]), 0..9),
            1..14,
        ),
    ) {
        let mut agreement = Agreement::default();
        let mut before = String::new();
        let (last, rows) = rows.split_last().expect("at least one row");
        for row in rows {
            agreement.update(words(&row.join(" ")), u32::MAX);
            let after = join(agreement.committed());
            prop_assert!(after.starts_with(&before), "`{before}` became `{after}`");
            before = after;
        }
        agreement.finish(&words(&last.join(" ")));
        let after = join(agreement.committed());
        prop_assert!(after.starts_with(&before), "`{before}` became `{after}`");
    }
}
