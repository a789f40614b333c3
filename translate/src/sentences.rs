//! Where a line is cut into sentences before translation: the models were trained on single
//! sentences, and a line of several loses the later ones.

use std::ops::Range;

/// Words whose point does not end a sentence, lower case.
const ABBREVIATIONS: [&str; 27] = [
    "approx", "av", "ca", "co", "dr", "dra", "e.g", "etc", "fig", "i.e", "inc", "jr", "ltd", "max",
    "min", "mr", "mrs", "ms", "no", "nr", "p.ex", "prof", "sr", "sra", "st", "vs", "z.b",
];

/// The byte ranges of the sentences in `text`, without the space around them.
#[must_use]
pub(crate) fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let is_end = match c {
            '。' | '！' | '？' | '｡' | '\n' => true,
            '.' | '!' | '?' | '…' => {
                // Closing marks belong to the sentence they close.
                while chars.next_if(|&(_, next)| is_closing(next)).is_some() {}
                let is_open = chars.peek().is_some_and(|&(_, next)| !next.is_whitespace());
                !(is_open || c == '.' && is_abbreviation(&text[start..at]))
            }
            _ => false,
        };
        if is_end {
            let end = chars.peek().map_or(text.len(), |&(next, _)| next);
            ranges.extend(trimmed(text, start..end));
            start = end;
        }
    }
    ranges.extend(trimmed(text, start..text.len()));
    ranges
}

fn is_closing(c: char) -> bool {
    matches!(
        c,
        '.' | '!' | '?' | '…' | '"' | '\'' | ')' | ']' | '”' | '’' | '»'
    )
}

/// Whether the word before a point is an abbreviation or a lone initial.
fn is_abbreviation(before: &str) -> bool {
    let word = before
        .rsplit(char::is_whitespace)
        .next()
        .unwrap_or_default();
    let word = word
        .trim_start_matches(['(', '"', '“', '‘', '['])
        .to_lowercase();
    let mut letters = word.chars();
    let is_initial =
        letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none() && word != "i";
    is_initial || ABBREVIATIONS.contains(&word.as_str())
}

fn trimmed(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let slice = &text[range.clone()];
    let start = range.start + (slice.len() - slice.trim_start().len());
    let end = start + slice.trim().len();
    (start < end).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sentences_end_where_a_reader_would_end_them() {
        let check = |text: &str, expected: &[&str]| {
            let found: Vec<&str> = sentences(text)
                .into_iter()
                .map(|range| &text[range])
                .collect();
            assert_eq!(found, expected);
        };
        check("One. Two! Three?", &["One.", "Two!", "Three?"]);
        check("  no end here ", &["no end here"]);
        check(
            "It costs $19.99 today. Only 3.5 kg.",
            &["It costs $19.99 today.", "Only 3.5 kg."],
        );
        check(
            "Ask Mr. Smith vs. Dr. Who.",
            &["Ask Mr. Smith vs. Dr. Who."],
        );
        check("By J. K. Lamp. New.", &["By J. K. Lamp.", "New."]);
        check("So do I. You too.", &["So do I.", "You too."]);
        check(
            "She said \"wow!\" Then left.",
            &["She said \"wow!\"", "Then left."],
        );
        check("Wait... What?!", &["Wait...", "What?!"]);
        check("今天打折。明天没有！", &["今天打折。", "明天没有！"]);
        check("first line\nsecond line", &["first line", "second line"]);
        check("vitrine.example is open", &["vitrine.example is open"]);
        check("", &[]);
        check(" \n ", &[]);
    }

    proptest! {
        #[test]
        fn nothing_but_white_space_is_lost(text in "[a-zA-Zé。！. !?\"\n]{0,60}") {
            let kept: String = sentences(&text).into_iter().map(|range| &text[range]).collect();
            let without = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(without(&kept), without(&text));
        }
    }
}
