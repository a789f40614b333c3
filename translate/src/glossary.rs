//! The words of a show's shelf: names that stay as they are in every language, and words the
//! recogniser should expect. Pure.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::facts::{Number, Unit};
use crate::limits::{GLOSSARY_TERM_CHARS_MAX, GLOSSARY_TERMS_MAX};

/// A product, as far as its words go.
#[derive(Debug, Clone, Default)]
pub struct Product {
    /// The merchant's number; a term when it has letters and digits.
    pub sku: String,
    /// Title in the shop's language.
    pub title: String,
    /// Description in the same.
    pub description: String,
    /// Titles in other languages.
    pub titles: Vec<String>,
    /// What its price is in, ISO 4217.
    pub currency: String,
    /// What it costs and did cost, as numbers with a decimal point: `18.90`.
    pub prices: Vec<String>,
}

/// What a show sells, in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Glossary {
    names: BTreeSet<String>,
    words: BTreeSet<String>,
    currencies: BTreeSet<&'static str>,
    prices: BTreeSet<Number>,
}

/// Names that every translation model leaves as they are; one stands in for a name of ours while a
/// line is translated.
const STAND_INS: [&str; 8] = [
    "Sony", "Nike", "Toyota", "Samsung", "Xiaomi", "Nokia", "Honda", "Canon",
];

/// Shorter words of a description are not worth a bias.
const WORD_CHARS_MIN: usize = 4;

impl Glossary {
    /// The words of some products. What is beyond the bounds is left out, names last.
    #[must_use]
    pub fn of(products: &[Product]) -> Glossary {
        let mut glossary = Glossary::default();
        for product in products {
            let names = names(product);
            if is_number(&product.sku) {
                glossary.add_name(&product.sku);
            }
            names.iter().for_each(|name| glossary.add_name(name));
            glossary
                .currencies
                .extend(Unit::money_words(&product.currency));
            let prices = product.prices.iter().map(|price| Number::read(price, "en"));
            glossary
                .prices
                .extend(prices.take(GLOSSARY_TERMS_MAX - glossary.prices.len()));
        }
        for product in products {
            for word in words(&product.title)
                .into_iter()
                .chain(words(&product.description))
            {
                let is_name = glossary
                    .names
                    .iter()
                    .any(|name| name.eq_ignore_ascii_case(word));
                let is_word = word.chars().count() >= WORD_CHARS_MIN && !is_name;
                if is_word && glossary.len() < GLOSSARY_TERMS_MAX {
                    glossary.words.insert(word.to_lowercase());
                }
            }
        }
        glossary
    }

    /// Names and article numbers: they stay as they are.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The words of its currencies.
    pub fn currencies(&self) -> impl Iterator<Item = &str> {
        self.currencies.iter().copied()
    }

    /// Its prices as a language writes them.
    pub fn prices(&self, language: &str) -> impl Iterator<Item = String> {
        self.prices.iter().map(|price| price.write(true, language))
    }

    /// Other words of the shelf: they are only more likely.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.words.is_empty()
    }

    /// `line` with its names hidden from a translation model.
    #[must_use]
    pub fn hide(&self, line: &str) -> Hidden {
        let mut stand_ins = STAND_INS
            .iter()
            .filter(|stand_in| !line.contains(**stand_in));
        let mut hidden = Hidden {
            line: String::new(),
            names: Vec::new(),
        };
        let mut at = 0;
        while let Some((range, name)) = self.next_name(line, at) {
            let known = hidden.names.iter().find(|(_, known)| known == name);
            let Some(stand_in) = known.map(|(stand_in, _)| *stand_in).or_else(|| {
                let stand_in = *stand_ins.next()?;
                hidden.names.push((stand_in, name.to_owned()));
                Some(stand_in)
            }) else {
                break;
            };
            hidden.line.push_str(&line[at..range.start]);
            hidden.line.push_str(stand_in);
            at = range.end;
        }
        hidden.line.push_str(&line[at..]);
        hidden
    }

    /// `line` with its names in the shop's own letters: `zenith` is the Zenith.
    #[must_use]
    pub fn spell(&self, line: &str) -> String {
        let (mut spelled, mut at) = (String::new(), 0);
        while let Some((range, name)) = self.next_name(line, at) {
            spelled.push_str(&line[at..range.start]);
            spelled.push_str(name);
            at = range.end;
        }
        spelled + &line[at..]
    }

    /// The first name from `from` on, the longest of those that begin there.
    fn next_name(&self, line: &str, from: usize) -> Option<(Range<usize>, &str)> {
        let starts = line[from..].char_indices().map(|(at, _)| from + at);
        let mut starts = starts.filter(|at| !line[..*at].ends_with(char::is_alphanumeric));
        starts.find_map(|at| {
            let found = self.names.iter().filter_map(|name| {
                let length = begins_with(&line[at..], name)?;
                Some((at..at + length, name.as_str()))
            });
            found.max_by_key(|(range, _)| range.len())
        })
    }

    fn add_name(&mut self, name: &str) {
        let fits = name.chars().count() <= GLOSSARY_TERM_CHARS_MAX;
        if fits && self.names.len() < GLOSSARY_TERMS_MAX {
            self.names.insert(name.to_owned());
        }
    }

    fn len(&self) -> usize {
        self.names.len() + self.words.len()
    }
}

/// How much of `text` is `name`, whatever the case and, in an article number, the marks; nothing
/// when a longer word begins there.
fn begins_with(text: &str, name: &str) -> Option<usize> {
    let loose = is_number(name);
    let mut text_chars = text.char_indices().peekable();
    let mut end = 0;
    for wanted in name.chars().filter(|c| !loose || c.is_alphanumeric()) {
        if loose && end > 0 {
            while text_chars
                .next_if(|(_, c)| matches!(c, ' ' | '-' | '.'))
                .is_some()
            {}
        }
        let (at, found) = text_chars.next()?;
        if !found.to_lowercase().eq(wanted.to_lowercase()) {
            return None;
        }
        end = at + found.len_utf8();
    }
    (!text[end..].starts_with(char::is_alphanumeric)).then_some(end)
}

/// A line without its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hidden {
    /// To be translated.
    pub line: String,
    names: Vec<(&'static str, String)>,
}

impl Hidden {
    /// Whether no name was in the line.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.names.is_empty()
    }

    /// The translation with the names again; nothing when one of them was lost on the way.
    #[must_use]
    pub fn show(&self, translation: &str) -> Option<String> {
        let mut shown = translation.to_owned();
        for (stand_in, name) in &self.names {
            let (before, after) = (
                self.line.matches(stand_in).count(),
                shown.matches(stand_in).count(),
            );
            if after != before {
                return None;
            }
            shown = shown.replace(stand_in, name);
        }
        Some(shown)
    }
}

/// An article number: letters and digits.
fn is_number(sku: &str) -> bool {
    let has = |kind: fn(char) -> bool| sku.contains(kind);
    has(|c| c.is_ascii_digit()) && has(char::is_alphabetic) && !sku.contains(char::is_whitespace)
}

/// The words of a title that are names: written with a capital letter, and the same in a title of
/// another language or within a sentence of the description.
fn names(product: &Product) -> Vec<&str> {
    let others: Vec<Vec<&str>> = product.titles.iter().map(|title| words(title)).collect();
    let described = words(&product.description);
    let within: BTreeSet<&str> = described
        .windows(2)
        .filter(|pair| is_lower(pair[0]) || matches!(pair[0], "The" | "Our" | "This"))
        .map(|pair| pair[1])
        .collect();
    let is_name = |word: &&str| {
        let same = others.iter().any(|words| words.contains(word));
        word.chars().count() > 2 && !is_lower(word) && (same || within.contains(word))
    };
    words(&product.title).into_iter().filter(is_name).collect()
}

fn is_lower(word: &str) -> bool {
    word.starts_with(char::is_lowercase)
}

fn words(text: &str) -> Vec<&str> {
    let parts = text.split(|c: char| !c.is_alphabetic() && c != '\'');
    parts.filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::{Glossary, Product};

    fn shelf() -> Glossary {
        let product = |sku: &str, title: &str, description: &str, other: &str| Product {
            sku: sku.to_owned(),
            title: title.to_owned(),
            description: description.to_owned(),
            titles: vec![other.to_owned()],
            currency: "EUR".to_owned(),
            prices: vec!["1299.00".to_owned(), "18.9".to_owned()],
        };
        Glossary::of(&[
            product(
                "AU-114",
                "Aurora desk lamp",
                "Solid walnut.",
                "Candeeiro Aurora",
            ),
            product(
                "cups",
                "Stoneware cups",
                "Speckled. Made by hand.",
                "Chávenas de grés",
            ),
            product(
                "ZN-066",
                "Zenith watch",
                "The Zenith has a titanium case.",
                "Relógio",
            ),
        ])
    }

    #[test]
    fn names_are_told_from_words() {
        let glossary = shelf();
        let names: Vec<&str> = glossary.names().collect();
        assert_eq!(names, ["AU-114", "Aurora", "ZN-066", "Zenith"]);
        let words: Vec<&str> = glossary.words().collect();
        assert!(
            words.contains(&"walnut") && words.contains(&"stoneware"),
            "{words:?}"
        );
    }

    #[test]
    fn prices_are_written_as_they_are_spoken_of() {
        let written = |language: &str| shelf().prices(language).collect::<Vec<_>>();
        assert_eq!(written("en"), ["1,299", "18.90"]);
        assert_eq!(written("de"), ["1.299", "18,90"]);
    }

    #[test]
    fn names_pass_a_translation_unchanged() {
        let hidden = shelf().hide("The aurora, AU114, and the Zenith's case; Auroras stay.");
        assert_eq!(
            hidden.line,
            "The Sony, Nike, and the Toyota's case; Auroras stay."
        );
        let shown = hidden.show("O Sony, Nike, e a caixa do Toyota; Auroras ficam.");
        let expected = "O Aurora, AU-114, e a caixa do Zenith; Auroras ficam.";
        assert_eq!(shown.as_deref(), Some(expected));
        assert_eq!(
            hidden.show("O Sony e a caixa do Toyota."),
            None,
            "one was lost"
        );
    }

    #[test]
    fn a_stand_in_is_never_a_word_of_the_line() {
        let hidden = shelf().hide("The Sony beside the Aurora");
        assert_eq!(hidden.line, "The Sony beside the Nike");
        assert_eq!(
            hidden.show("A Sony ao lado do Nike").as_deref(),
            Some("A Sony ao lado do Aurora")
        );
    }

    #[test]
    fn the_shops_own_letters() {
        assert_eq!(shelf().spell("the zenith, au 114"), "the Zenith, AU-114");
    }
}
