//! A line as words, numbers and marks, each with its place.

use std::borrow::Cow;
use std::ops::Range;

/// What a piece of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Digits with the separators between them.
    Digits,
    /// Letters, and digits after them.
    Word,
    /// Any other character.
    Mark,
}

/// A piece of a line.
#[derive(Debug, Clone)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    pub(super) range: Range<usize>,
    /// Whether it stands right behind the one before.
    pub(super) joined: bool,
}

/// The pieces of `line`; spaces and the hyphens between words fall away.
pub(super) fn tokens(line: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut at = 0;
    while let Some(first) = line[at..].chars().next() {
        let length = match first {
            '0'..='9' => digits(&line[at..]),
            _ if is_alone(first) => first.len_utf8(),
            _ if first.is_alphabetic() => {
                let rest = &line[at..];
                rest.find(|c: char| !c.is_alphanumeric() || is_alone(c))
                    .unwrap_or(rest.len())
            }
            _ => first.len_utf8(),
        };
        let range = at..at + length;
        at = range.end;
        if first.is_whitespace() || (first == '-' && !line[at..].starts_with(' ')) {
            continue;
        }
        let kind = match first {
            '0'..='9' => Kind::Digits,
            _ if first.is_alphabetic() => Kind::Word,
            _ => Kind::Mark,
        };
        let joined = tokens
            .last()
            .is_some_and(|last| last.range.end == range.start);
        tokens.push(Token {
            kind,
            text: &line[range.clone()],
            range,
            joined,
        });
    }
    tokens
}

/// Chinese characters are words of their own, and so are those that only units are made of.
fn is_alone(c: char) -> bool {
    matches!(
        c,
        '元' | '块'
            | '件'
            | '双'
            | '对'
            | '米'
            | '克'
            | '升'
            | '瓦'
            | '秒'
            | '天'
            | '周'
            | '年'
            | '度'
    )
}

/// The length of the number at the start: digits, and separators between digits.
fn digits(text: &str) -> usize {
    let mut end = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let is_digit = |next: Option<&(usize, char)>| next.is_some_and(|(_, c)| c.is_ascii_digit());
        match c {
            '0'..='9' => end = at + 1,
            '.' | ',' if is_digit(chars.peek()) => {}
            // A space parts thousands: three digits follow and no more.
            ' ' | '\u{a0}' | '\u{202f}' => {
                let rest = &text[at + c.len_utf8()..];
                let run = rest.chars().take_while(char::is_ascii_digit).count();
                if run != 3 || end > 3 || c == ' ' {
                    break;
                }
            }
            _ => break,
        }
    }
    end
}

impl text2num::Token for &Token<'_> {
    fn text(&self) -> Cow<'_, str> {
        self.text.into()
    }

    fn text_lowercase(&self) -> Cow<'_, str> {
        self.text.to_lowercase().into()
    }

    fn nt_separated(&self, _previous: &Self) -> bool {
        false
    }

    fn not_a_number_part(&self) -> bool {
        self.kind != Kind::Word
    }
}
