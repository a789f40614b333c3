//! Words that came and sound like a word or a price of the shelf: the recogniser is asked whether
//! it could have been that.

use super::expect::{Expected, Term};
use super::greedy::{Layout, Token};
use super::prices::{Figures, misheard};
use crate::agree::key;
use crate::sounds::{alike, sounds};

/// Second thoughts in one decode; each costs the tokens behind it again.
pub(super) const SUSPECTS_MAX: usize = 4;
/// A name may be heard as up to so many words.
const SPAN_WORDS_MAX: usize = 3;
/// What speaks for a price of the shelf instead of the same number in pieces, in logarithms of
/// probability.
const PRICE_GAIN: f32 = 6.0;

/// A place where a term of the shelf may have been said.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Suspect {
    /// The token it would begin at.
    pub(super) at: usize,
    /// Its tokens.
    pub(super) term: Vec<usize>,
    /// What speaks for it beside the audio.
    pub(super) gain: f32,
}

/// A word as it came.
struct Heard {
    /// Its first token.
    at: usize,
    /// As words are compared.
    key: String,
    sounds: Vec<char>,
    figures: Figures,
}

/// Where terms of the shelf may have been said instead of what came, the most alike first.
pub(super) fn suspects(
    tokens: &[Token],
    layout: Layout,
    bytes: impl Fn(usize) -> Vec<u8>,
    expected: &Expected,
) -> Vec<Suspect> {
    let terms = expected.terms();
    if expected.is_empty() {
        return Vec::new();
    }
    let words = words(tokens, layout, bytes);
    let figures: Vec<&Figures> = words.iter().map(|word| &word.figures).collect();
    let prices = misheard(&figures, expected.prices()).into_iter();
    let price = |(likeness, at, tokens): (f32, usize, &[usize])| {
        let (term, gain) = (tokens.to_vec(), PRICE_GAIN * likeness);
        (likeness, Suspect { at, term, gain })
    };
    let mut found: Vec<(f32, Suspect)> = prices.map(price).collect();
    for unsure in without_terms(&words, terms) {
        let spans: Vec<(&[Heard], Vec<char>)> = (0..unsure.len())
            .flat_map(|first| {
                (1..=SPAN_WORDS_MAX).filter_map(move |length| unsure.get(first..first + length))
            })
            .map(|span| {
                let sounds = span.iter().flat_map(|word| &word.sounds);
                (span, sounds.copied().collect())
            })
            .collect();
        for term in terms {
            // Where it is most alike: `the Kastral` is no better a Kestrel than `Kastral`.
            let best = spans
                .iter()
                .filter(|(span, _)| !is_inflected(span, term))
                .map(|(span, sounds)| (alike(sounds, &term.sounds), span[0].at))
                .max_by(|(a, _), (b, _)| a.total_cmp(b));
            if let Some((likeness, at)) =
                best.filter(|(likeness, _)| *likeness >= term.likeness_min)
            {
                let (term, gain) = (term.tokens.clone(), term.gain * likeness);
                found.push((likeness, Suspect { at, term, gain }));
            }
        }
    }
    found.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    found.into_iter().map(|(_, suspect)| suspect).collect()
}

/// The stretches of words between those that are terms already.
fn without_terms<'a>(words: &'a [Heard], terms: &[Term]) -> Vec<&'a [Heard]> {
    let (mut stretches, mut from, mut at) = (Vec::new(), 0, 0);
    while at < words.len() {
        let spans = (1..=SPAN_WORDS_MAX).filter_map(|length| words.get(at..at + length));
        let is_term = |span: &[Heard]| {
            let text: String = span.iter().map(|word| word.key.as_str()).collect();
            terms.iter().any(|term| term.key == text)
        };
        match spans.rev().find(|span| is_term(span)).map(<[_]>::len) {
            Some(length) => {
                stretches.push(&words[from..at]);
                at += length;
                from = at;
            }
            None => at += 1,
        }
    }
    stretches.push(&words[from..]);
    stretches
}

/// Whether a word is the term but for its ending: one mug, two mugs.
fn is_inflected(span: &[Heard], term: &Term) -> bool {
    let meant = without_plural(&term.key);
    span.iter().any(|word| without_plural(&word.key) == meant)
}

fn without_plural(word: &str) -> &str {
    word.strip_suffix('s').unwrap_or(word)
}

/// The words of the tokens; those of scripts without spaces are one.
fn words(tokens: &[Token], layout: Layout, bytes: impl Fn(usize) -> Vec<u8>) -> Vec<Heard> {
    let mut words: Vec<(usize, Option<usize>, Vec<u8>)> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if token.id >= layout.end {
            continue;
        }
        let bytes = bytes(token.id);
        let digit = bytes.iter().any(u8::is_ascii_digit).then_some(at);
        match words.last_mut().filter(|_| bytes.first() != Some(&b' ')) {
            Some((_, digit_before, word)) => {
                *digit_before = digit_before.or(digit);
                word.extend(bytes);
            }
            None => words.push((at, digit, bytes)),
        }
    }
    let heard = |(at, digit, bytes): (usize, Option<usize>, Vec<u8>)| {
        let text = String::from_utf8_lossy(&bytes);
        Heard {
            at,
            key: key(&text),
            sounds: sounds(&text),
            figures: Figures::new(&text, digit.map(|digit| (digit, digit == at))),
        }
    };
    words.into_iter().map(heard).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Suspect, suspects};
    use crate::engine::whisper::expect::Expected;
    use crate::engine::whisper::greedy::{Layout, Token};
    use crate::glossary::{Glossary, Product};

    const LAYOUT: Layout = Layout {
        end: 1_000,
        zero: 1_001,
        blank: None,
    };

    /// The words that may have been something else, and what.
    fn found(line: &str) -> Vec<(String, String)> {
        let product = |title: &str, currency: &str| Product {
            title: title.to_owned(),
            titles: vec![title.to_owned()],
            currency: currency.to_owned(),
            ..Product::default()
        };
        let shelf = [
            product("Kestrel", "GBP"),
            product("Tamsin", "GBP"),
            product("Mokka", "GBP"),
        ];
        // A term is one token, the number of its first letter.
        let letter = |text: &str| usize::from(text.trim().as_bytes()[0]);
        let glossary = Arc::new(Glossary::of(&shelf));
        let expected = Expected::new(&glossary, "en", |text| vec![letter(text)]);
        let words: Vec<&str> = line.split(' ').collect();
        let tokens: Vec<Token> = (0..words.len())
            .map(|id| Token {
                id,
                probability: 1.0,
                logprob: 0.0,
                time: None,
            })
            .collect();
        let bytes = |id: usize| format!(" {}", words[id]).into_bytes();
        suspects(&tokens, LAYOUT, bytes, &expected)
            .into_iter()
            .map(|Suspect { at, term, .. }| {
                let name = ["Kestrel", "Tamsin", "Mokka"]
                    .into_iter()
                    .find(|name| vec![letter(name)] == term);
                (words[at].to_owned(), name.unwrap_or("money").to_owned())
            })
            .collect()
    }

    fn pair(heard: &str, term: &str) -> (String, String) {
        (heard.to_owned(), term.to_owned())
    }

    #[test]
    fn words_that_sound_like_a_name_are_asked_about() {
        assert_eq!(
            found("This is the Kastral, and"),
            [pair("Kastral,", "Kestrel")]
        );
        assert_eq!(
            found("the tans in made of leather"),
            [pair("tans", "Tamsin")]
        );
        assert_eq!(found("It is a large table"), []);
    }

    #[test]
    fn the_most_alike_first() {
        let suspects = found("the Mokha beside the Tamson");
        assert_eq!(
            suspects[..2],
            [pair("Tamson", "Tamsin"), pair("Mokha", "Mokka")]
        );
    }

    #[test]
    fn what_is_right_already_is_not_asked_about() {
        assert_eq!(found("the Kestrel, the mokka"), []);
        assert_eq!(found("press the pound key"), [], "one pound, two pounds");
    }
}
