//! Words from a recogniser's tokens: bytes to characters, characters to words, and scripts that
//! do not space their words to characters that stand for themselves.

use crate::ports::Word;

/// One token: some bytes of UTF-8, not always whole characters.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    /// The bytes.
    pub(crate) bytes: Vec<u8>,
    /// Start.
    pub(crate) start_ms: u32,
    /// End.
    pub(crate) end_ms: u32,
    /// Confidence.
    pub(crate) probability: f32,
}

/// Puts the tokens' bytes together to words. `spaced` says whether the first would have a space
/// before it although it brings none.
#[must_use]
pub(crate) fn split(pieces: &[Piece], mut spaced: bool) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for (character, piece) in characters(pieces) {
        if character.is_whitespace() {
            spaced = true;
            continue;
        }
        let alone = |before: &Word| {
            let after_unspaced = before.text.chars().next_back().is_some_and(is_unspaced);
            is_unspaced(character) || (character.is_alphanumeric() && after_unspaced)
        };
        let grows = !spaced && words.last().is_some_and(|last| !alone(last));
        match words.last_mut().filter(|_| grows) {
            Some(last) => {
                last.text.push(character);
                last.end_ms = last.end_ms.max(piece.end_ms);
                last.probability = last.probability.min(piece.probability);
            }
            None => words.push(Word {
                text: character.to_string(),
                spaced: spaced && !is_unspaced(character),
                start_ms: piece.start_ms,
                end_ms: piece.end_ms.max(piece.start_ms),
                probability: piece.probability,
            }),
        }
        spaced = false;
    }
    words
}

/// Puts `100 and 49` together: some recognisers write a number of hundreds in two when it is said
/// with its `and`.
pub(crate) fn join_hundreds(words: &mut Vec<Word>) {
    let mut at = 0;
    while at + 2 < words.len() {
        let [hundreds, and, rest] = &words[at..at + 3] else {
            break;
        };
        let whole = hundreds.text.parse::<u32>().ok();
        let whole = whole.filter(|whole| (100..10_000).contains(whole) && whole % 100 == 0);
        let digits = rest.text.chars().take_while(char::is_ascii_digit).count();
        // Not `100 and 4.5`, `100 and 49th` or `100 and 049`.
        let mark = rest.text[digits..]
            .trim_end_matches(['.', ',', '!', '?'])
            .is_empty();
        let below = rest.text[..digits].parse::<u32>().ok();
        let below =
            below.filter(|below| (1..100).contains(below) && mark && !rest.text.starts_with('0'));
        if let (Some(whole), Some(below), "and") = (whole, below, and.text.as_str()) {
            let joined = Word {
                text: format!("{}{}", whole + below, &rest.text[digits..]),
                end_ms: rest.end_ms,
                probability: hundreds.probability.min(rest.probability),
                ..hundreds.clone()
            };
            words.splice(at..at + 3, [joined]);
        }
        at += 1;
    }
}

/// The characters of all tokens with the token each began in. Bytes that are no UTF-8 are left
/// out.
fn characters(pieces: &[Piece]) -> Vec<(char, &Piece)> {
    let mut found = Vec::new();
    let mut waiting: Vec<u8> = Vec::new();
    let mut began: Option<&Piece> = None;
    for piece in pieces {
        for &byte in &piece.bytes {
            if waiting.is_empty() {
                began = Some(piece);
            }
            waiting.push(byte);
            match std::str::from_utf8(&waiting) {
                Ok(text) => {
                    found.extend(text.chars().zip(began));
                    waiting.clear();
                }
                Err(error) if error.error_len().is_some() => waiting.clear(),
                Err(_) => {}
            }
        }
    }
    found
}

/// Whether words of this character's script stand without spaces between them.
fn is_unspaced(character: char) -> bool {
    matches!(character,
        '\u{0e00}'..='\u{0eff}'     // Thai, Lao
        | '\u{1000}'..='\u{109f}'   // Burmese
        | '\u{1780}'..='\u{17ff}'   // Khmer
        | '\u{3040}'..='\u{30ff}'   // Kana
        | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}'   // Han
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3134f}')
}

#[cfg(test)]
mod tests {
    use super::{Piece, join_hundreds, split};
    use crate::agree::join;
    use crate::ports::Word;

    fn check(tokens: &[&[u8]], expected: &[&str], line: &str) {
        let piece = |(i, bytes): (usize, &&[u8])| Piece {
            bytes: bytes.to_vec(),
            start_ms: i as u32 * 100,
            end_ms: i as u32 * 100 + 90,
            probability: 0.5,
        };
        let words = split(
            &tokens.iter().enumerate().map(piece).collect::<Vec<_>>(),
            true,
        );
        assert_eq!(
            words
                .iter()
                .map(|word| word.text.as_str())
                .collect::<Vec<_>>(),
            expected
        );
        assert_eq!(join(&words), line);
    }

    #[test]
    fn tokens_become_words() {
        check(
            &[b" And", b" so", b",", b" Ameri", b"cans"],
            &["And", "so,", "Americans"],
            "And so, Americans",
        );
    }

    #[test]
    fn half_characters_are_joined() {
        let text = "工廠".as_bytes();
        check(
            &[&text[..2], &text[2..4], &text[4..]],
            &["工", "廠"],
            "工廠",
        );
    }

    #[test]
    fn chinese_stands_for_itself_and_keeps_its_marks() {
        check(
            &["今天,價格是".as_bytes(), b"99", "元。".as_bytes()],
            &["今", "天,", "價", "格", "是", "99", "元。"],
            "今天,價格是99元。",
        );
    }

    #[test]
    fn broken_bytes_are_left_out() {
        check(
            &[b" ok", &[0xff, 0xfe], b" then"],
            &["ok", "then"],
            "ok then",
        );
    }

    #[test]
    fn a_number_of_hundreds_is_one_word() {
        let word = |text: &str| Word {
            text: text.to_owned(),
            spaced: true,
            start_ms: 0,
            end_ms: 0,
            probability: 1.0,
        };
        let joined = |line: &str| {
            let mut words: Vec<Word> = line.split(' ').map(word).collect();
            join_hundreds(&mut words);
            join(&words)
        };
        assert_eq!(joined("for 100 and 49 pounds."), "for 149 pounds.");
        assert_eq!(joined("it is 1200 and 9."), "it is 1209.");
        for other in [
            "100, and 49 pounds",
            "120 and 49",
            "100 and 149",
            "100 and 4.5",
            "100 and 49th",
            "0 and 5",
        ] {
            assert_eq!(joined(other), other);
        }
    }
}
