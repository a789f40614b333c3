//! Numbers in digits and in words, in the separators and words of a language. The words are read by
//! `text2num`, which knows seven of our languages; in others only digits count.

use std::ops::Range;

use text2num::{find_numbers, get_interpreter_for};

use super::token::{Kind, Token};

/// A number: digits with at most one point, no zeros that say nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number(String);

/// A number and its place among the tokens.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) number: Number,
    pub(super) tokens: Range<usize>,
    /// Written in words.
    pub(super) in_words: bool,
}

impl Number {
    /// Reads digits as `language` separates them.
    pub(crate) fn read(digits: &str, language: &str) -> Number {
        let digits: String = digits.chars().filter(|c| !c.is_whitespace()).collect();
        let points_group = !decimal_is_point(language);
        let (last, marks) = (digits.rfind(['.', ',']), digits.matches(['.', ',']).count());
        let Some(last) = last else {
            return Number::trimmed(&digits, "");
        };
        let (whole, fraction) = (&digits[..last], &digits[last + 1..]);
        let mark_groups = (digits.as_bytes()[last] == b'.') == points_group;
        let both = digits.contains('.') && digits.contains(',');
        let repeated = marks > 1 && !both;
        let groups = fraction.len() == 3
            && !whole.starts_with('0')
            && (repeated || (!both && mark_groups && whole.len() <= 3));
        if groups {
            Number::trimmed(&digits, "")
        } else {
            Number::trimmed(whole, fraction)
        }
    }

    /// From a whole number and hundredths.
    pub(super) fn with_cents(&self, cents: &Number) -> Option<Number> {
        let fits = !self.0.contains('.') && !cents.0.contains('.') && cents.0.len() <= 2;
        fits.then(|| Number::trimmed(&self.0, &format!("{:0>2}", cents.0)))
    }

    fn trimmed(whole: &str, fraction: &str) -> Number {
        let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
        let whole = match whole.trim_start_matches('0') {
            "" => "0",
            digits => digits,
        };
        match fraction.trim_end_matches('0') {
            "" => Number(whole.to_owned()),
            fraction => Number(format!("{whole}.{fraction}")),
        }
    }

    pub(super) fn is_one(&self) -> bool {
        self.0 == "1"
    }

    /// As `language` writes it; of money the hundredths in full.
    pub(crate) fn write(&self, is_money: bool, language: &str) -> String {
        let (point, group) = if decimal_is_point(language) {
            (".", ",")
        } else {
            (",", ".")
        };
        let (whole, fraction) = self.0.split_once('.').unwrap_or((&self.0, ""));
        let mut text = String::new();
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                text.push_str(group);
            }
            text.push(digit);
        }
        match fraction {
            "" => text,
            tenths if is_money && tenths.len() == 1 => format!("{text}{point}{tenths}0"),
            fraction => format!("{text}{point}{fraction}"),
        }
    }

    /// Canonical form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether `1.5` is one and a half.
fn decimal_is_point(language: &str) -> bool {
    matches!(
        language,
        "en" | "zh" | "ja" | "ko" | "th" | "he" | "hi" | "ms"
    )
}

/// All numbers of a line.
pub(super) fn numbers(tokens: &[Token<'_>], language: &str) -> Vec<Place> {
    let mut places: Vec<Place> = tokens
        .iter()
        .enumerate()
        .filter(|(_, token)| token.kind == Kind::Digits)
        .map(|(at, token)| Place {
            number: Number::read(token.text, language),
            tokens: at..at + 1,
            in_words: false,
        })
        .collect();
    if let Some(words) = get_interpreter_for(language) {
        let found = find_numbers(tokens.iter(), &words, 0.0).into_iter();
        places.extend(
            found
                .filter(|found| !found.is_ordinal && found.value >= 0.0)
                .map(|found| Place {
                    number: Number::trimmed_of(found.value),
                    tokens: found.start..found.end,
                    in_words: true,
                }),
        );
    }
    places.sort_by_key(|place| place.tokens.start);
    places
}

impl Number {
    fn trimmed_of(value: f64) -> Number {
        let text = format!("{value:.3}");
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        Number::trimmed(whole, fraction)
    }
}
