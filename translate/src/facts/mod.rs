//! Numbers, prices and measures in a line, in one form for all languages, so that a line and its
//! translation can be compared. Pure: a line in, what it says out.

mod number;
mod token;
mod unit;

use std::ops::Range;

pub use number::Number;
pub use unit::Unit;

use number::{Place, numbers};
use token::{Kind, Token, tokens};

/// A number with what it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// How many.
    pub number: Number,
    /// Of what, where it is money, a measure or a count we know.
    pub unit: Option<Unit>,
    /// Bytes of the line.
    pub range: Range<usize>,
    /// Written in words or as a rank: `one` may be no number at all then.
    pub in_words: bool,
}

impl Fact {
    /// Whether `other` says the same, in whichever language.
    #[must_use]
    pub fn says(&self, other: &Fact) -> bool {
        self.number == other.number
            && match (self.unit, other.unit) {
                (Some(ours), Some(theirs)) => ours == theirs,
                (Some(unit), None) | (None, Some(unit)) => !unit.is_strict(),
                (None, None) => true,
            }
    }

    /// Whether it must be found again in a translation: a lone `one` is an article, a lone `two`
    /// may become `both`.
    #[must_use]
    pub fn is_firm(&self) -> bool {
        !(self.in_words && self.unit.is_none() && self.number.as_str().len() == 1)
    }

    /// Whether a translation that says it adds something: `uma peça` is only `a piece`.
    #[must_use]
    pub fn is_added(&self) -> bool {
        self.is_firm() && !(self.in_words && self.number.is_one())
    }

    /// As it is said: `70 euros` for `€70`.
    #[must_use]
    pub fn say(&self, language: &str) -> String {
        let is_money = self.unit.is_some_and(Unit::is_money);
        let number = self.number.write(is_money, language);
        let named = self
            .unit
            .and_then(|unit| unit.name(&number, self.number.is_one(), language));
        named.unwrap_or_else(|| self.write(language))
    }

    /// As `language` writes it.
    #[must_use]
    pub fn write(&self, language: &str) -> String {
        let is_money = self.unit.is_some_and(Unit::is_money);
        // A year has no thousands.
        let digits = match (self.unit, self.number.as_str()) {
            (None, plain) if plain.len() <= 4 && !plain.contains('.') => plain.to_owned(),
            _ => self.number.write(is_money, language),
        };
        match self.unit {
            Some(unit) => unit.write(&digits, self.number.is_one(), language),
            None => digits,
        }
    }
}

/// Everything countable in `line`, in order. `language` is a bare tag: `pt`.
#[must_use]
pub fn facts(line: &str, language: &str) -> Vec<Fact> {
    let tokens = tokens(line);
    let places = numbers(&tokens, language);
    let mut facts = Vec::new();
    let mut taken = 0;
    for (at, place) in places.iter().enumerate() {
        if place.tokens.start < taken {
            continue;
        }
        let mut found = Found::new(place);
        found.read_before(&tokens, taken, language);
        found.read_behind(&tokens, language);
        found.read_cents(&tokens, places.get(at + 1), language);
        // `1st` may become `primeiro`: it is as loose as a number in words.
        let in_words = found.read_rank(&tokens) || place.in_words;
        taken = found.tokens.end;
        facts.push(found.fact(&tokens, in_words));
    }
    facts
}

/// A fact while it is read.
struct Found {
    number: Number,
    unit: Option<Unit>,
    tokens: Range<usize>,
}

impl Found {
    fn new(place: &Place) -> Found {
        Found {
            number: place.number.clone(),
            unit: None,
            tokens: place.tokens.clone(),
        }
    }

    /// `€49`, `US$ 49`, `R$ 49`.
    fn read_before(&mut self, tokens: &[Token<'_>], taken: usize, language: &str) {
        let start = self.tokens.start;
        if start <= taken {
            return;
        }
        let before = &tokens[start - 1];
        let letters = (start >= taken + 2).then(|| &tokens[start - 2]);
        let letters = letters
            .filter(|_| before.text == "$" && before.joined)
            .map(|token| token.text);
        let (sign, length) = match letters {
            Some("R" | "r") => ("R$", 2),
            Some("US" | "us" | "U") => ("$", 2),
            _ => (before.text, 1),
        };
        // A word stands behind its number, a sign of money before it.
        let unit = Unit::of(sign, language).filter(|unit| unit.is_money() && sign.len() < 4);
        if unit.is_some() {
            self.unit = unit;
            self.tokens.start -= length;
        }
    }

    /// `49 €`, `49 euros`, `30 cm`, `50 por cento`, `US dollars`.
    fn read_behind(&mut self, tokens: &[Token<'_>], language: &str) {
        if self.unit.is_some() {
            return;
        }
        let word = |at: usize| tokens.get(at).map_or("", |token| token.text);
        let end = self.tokens.end;
        let (unit, length) = match (word(end).to_lowercase().as_str(), word(end + 1)) {
            ("per" | "por", next)
                if matches!(next.to_lowercase().as_str(), "cent" | "cento" | "ciento") =>
            {
                (Unit::of("%", language), 2)
            }
            ("us" | "r", "$") => (
                Unit::of(if word(end) == "R" { "R$" } else { "$" }, language),
                2,
            ),
            ("us" | "british" | "de", next) => {
                (Unit::of(next, language).filter(|unit| unit.is_money()), 2)
            }
            ("°" | "º", next) if next.eq_ignore_ascii_case("c") => (Unit::of("°", language), 2),
            (first, _) => (Unit::of(first, language), 1),
        };
        // `30 m` but not `thirty I'm`: a lone letter is a unit behind digits only.
        let is_lone = word(end).len() == 1 && word(end).chars().all(char::is_alphabetic);
        let behind_digits = tokens[end - 1].kind == Kind::Digits;
        if unit.is_some() && (!is_lone || behind_digits) {
            self.unit = unit;
            self.tokens.end += length;
        }
    }

    /// `18 euros 90`, `19 dollars and 99 cents`.
    fn read_cents(&mut self, tokens: &[Token<'_>], next: Option<&Place>, language: &str) {
        let Some(next) = next.filter(|_| self.unit.is_some_and(Unit::is_money)) else {
            return;
        };
        let Some(between) = tokens.get(self.tokens.end..next.tokens.start) else {
            return;
        };
        let between: Vec<&str> = between.iter().map(|token| token.text).collect();
        let behind = tokens.get(next.tokens.end);
        let has_coins = behind.is_some_and(|token| unit::is_cents(token.text));
        let is_measure = behind.is_some_and(|token| Unit::of(token.text, language).is_some());
        let follows = match between[..] {
            [] => !is_measure && next.number.as_str().len() == 2,
            ["and" | "e" | "y" | "et" | "und" | ","] | [",", "and"] => has_coins,
            _ => false,
        };
        if let Some(number) = self.number.with_cents(&next.number).filter(|_| follows) {
            self.number = number;
            self.tokens.end = next.tokens.end + usize::from(has_coins);
        }
    }

    /// `17th`, `17º`: what makes a rank of it belongs to the number.
    fn read_rank(&mut self, tokens: &[Token<'_>]) -> bool {
        const RANKS: [&str; 9] = ["st", "nd", "rd", "th", "o", "a", "º", "ª", "°"];
        let behind = tokens
            .get(self.tokens.end)
            .filter(|token| token.joined && self.unit.is_none());
        let is_rank = behind.is_some_and(|token| RANKS.contains(&token.text));
        self.tokens.end += usize::from(is_rank);
        is_rank
    }

    fn fact(self, tokens: &[Token<'_>], in_words: bool) -> Fact {
        let range = tokens[self.tokens.start].range.start..tokens[self.tokens.end - 1].range.end;
        Fact {
            number: self.number,
            unit: self.unit,
            range,
            in_words,
        }
    }
}

#[cfg(test)]
mod tests;
