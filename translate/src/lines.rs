//! Where one subtitle line ends and the next begins, by the words alone.

use crate::agree::key;
use crate::limits::{LINE_WORDS_MAX, LINE_WORDS_SOFT};
use crate::ports::Word;

/// Marks that end a sentence.
const SENTENCE_END: [char; 7] = ['.', '?', '!', '。', '？', '！', '…'];
/// Marks at which a long line may end.
const CLAUSE_END: [char; 8] = [',', ';', ':', '，', '、', '；', '：', '–'];
/// Closing marks that may follow either.
const CLOSING: [char; 8] = ['"', '\'', '”', '’', ')', '»', '」', '）'];
/// Words whose full stop ends nothing.
const ABBREVIATIONS: [&str; 20] = [
    "mr", "mrs", "ms", "dr", "st", "no", "vs", "etc", "jr", "sr", "sra", "prof", "approx", "dept",
    "inc", "ltd", "bzw", "z", "nr", "núm",
];
/// Two rows of subtitles hold this many characters of a script without spaces.
const UNSPACED_PER_WORD: usize = 2;

/// Whether a sentence ends with this word.
#[must_use]
pub(crate) fn ends_sentence(word: &Word) -> bool {
    ends_with(&word.text, word.spaced)
}

/// Whether a sentence ends with this line.
#[must_use]
pub(crate) fn closes_sentence(line: &str) -> bool {
    let last = line.rsplit(char::is_whitespace).next();
    last.is_some_and(|last| ends_with(last, true))
}

fn ends_with(word: &str, spaced: bool) -> bool {
    let bare = word.trim_end_matches(CLOSING);
    if !bare.ends_with(SENTENCE_END) {
        return false;
    }
    if !bare.ends_with('.') || bare.ends_with("...") {
        return true;
    }
    let key = key(bare);
    let initial = key.chars().count() == 1 && key.chars().all(char::is_alphabetic) && spaced;
    !initial && !ABBREVIATIONS.contains(&key.as_str())
}

/// Whether a clause ends with this word.
#[must_use]
pub(crate) fn ends_clause(word: &Word) -> bool {
    word.text.trim_end_matches(CLOSING).ends_with(CLAUSE_END)
}

/// How many of `words` make the first line, when a line ends inside them. The last word never
/// ends one: its punctuation is not known yet.
#[must_use]
pub(crate) fn first_line(words: &[Word]) -> Option<usize> {
    let inner = words.len().checked_sub(1)?;
    let unspaced = words.iter().filter(|word| !word.spaced).count() * 2 > words.len();
    let scale = if unspaced { UNSPACED_PER_WORD } else { 1 };
    let ends = |i: &usize| {
        let long = i + 1 >= LINE_WORDS_SOFT * scale;
        ends_sentence(&words[*i]) || (long && ends_clause(&words[*i]))
    };
    let end = (0..inner).find(ends).map(|i| i + 1);
    match end {
        Some(end) if end <= LINE_WORDS_MAX * scale => Some(end),
        _ if words.len() > LINE_WORDS_MAX * scale => Some(LINE_WORDS_MAX * scale),
        end => end,
    }
}

#[cfg(test)]
mod tests {
    use super::first_line;
    use crate::ports::Word;

    fn check(text: &str, expected: Option<usize>) {
        let word = |text: &str| Word {
            text: text.to_owned(),
            spaced: true,
            start_ms: 0,
            end_ms: 0,
            probability: 1.0,
        };
        let words: Vec<Word> = text.split(' ').map(word).collect();
        assert_eq!(first_line(&words), expected, "`{text}`");
    }

    #[test]
    fn lines_end_with_sentences() {
        check("Welcome. This", Some(1));
        check("Welcome.", None);
        check("Ask Mr. Quilter why", None);
        check("It is nineteen dollars, and it ships today.", None);
        check("\u{201c}Stop!\u{201d} he said", Some(1));
    }

    #[test]
    fn long_lines_end_at_a_comma_or_by_force() {
        check("a b c d e f, g h", None);
        check("a b c d e f g h i j, k", Some(10));
        check(&["word"; 30].join(" "), Some(16));
    }
}
