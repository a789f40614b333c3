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
        agreement.update(words(heard));
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
    agreement.update(words("ask what you"));
    agreement.update(words("ask what you can"));
    agreement.finish(&words("Ask what you can do."));
    assert_eq!(join(agreement.committed()), "ask what you can do.");
    assert!(agreement.tentative().is_empty());
}

#[test]
fn finishing_closes_the_last_word() {
    let mut agreement = Agreement::default();
    agreement.update(words("thank you."));
    agreement.update(words("thank you."));
    agreement.finish(&words("Thank you."));
    assert_eq!(join(agreement.committed()), "thank you.");
}

#[test]
fn settling_keeps_the_ending() {
    let mut agreement = Agreement::default();
    agreement.update(words("thank you."));
    agreement.update(words("thank you."));
    assert_eq!(join(&agreement.shown(0)), "thank you.");
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
            agreement.update(words(&row.join(" ")));
            let after = join(agreement.committed());
            prop_assert!(after.starts_with(&before), "`{before}` became `{after}`");
            before = after;
        }
        agreement.finish(&words(&last.join(" ")));
        let after = join(agreement.committed());
        prop_assert!(after.starts_with(&before), "`{before}` became `{after}`");
    }
}
