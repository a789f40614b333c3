//! Words of the show made likelier: while the last tokens are the beginning of one, its next token
//! gains, and the first token of each gains a little always.

use std::collections::HashMap;
use std::sync::Arc;

use super::prices::Price;
use crate::agree::key;
use crate::glossary::Glossary;
use crate::sounds::sounds;

/// What tokens gain, in logits.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Gain {
    first: f32,
    next: f32,
    /// For a word that came and sounds the same, and how much like it that must sound.
    alike: f32,
    likeness_min: f32,
}

/// Shorter words sound like too many.
const SOUNDS_MIN: usize = 4;

/// A name of the shop: nothing else tells the recogniser how it is written.
const NAME: Gain = Gain {
    first: 2.0,
    next: 5.0,
    alike: 14.0,
    likeness_min: 0.5,
};
/// A word of the shop's money: short, and often said.
const CURRENCY: Gain = Gain { alike: 7.0, ..NAME };
/// Any other word of the shelf, which the recogniser knows.
const WORD: Gain = Gain {
    first: 0.5,
    next: 2.0,
    alike: 5.0,
    likeness_min: 0.6,
};

/// A word of the shelf by its sound.
#[derive(Debug, Clone)]
pub(super) struct Term {
    /// As words are compared.
    pub(super) key: String,
    /// As it is said in the middle of a line.
    pub(super) tokens: Vec<usize>,
    /// How it sounds.
    pub(super) sounds: Vec<char>,
    /// How much like it words must sound to be taken for it, 0 to 1.
    pub(super) likeness_min: f32,
    /// What speaks for a word that sounds the same, in logarithms of probability.
    pub(super) gain: f32,
}

/// The expected words as a tree of tokens.
#[derive(Debug, Clone, Default)]
pub(super) struct Expected {
    /// Made of this, for this language.
    glossary: Arc<Glossary>,
    language: String,
    terms: Vec<Term>,
    prices: Vec<Price>,
    /// Children of each node by token: where they are, and what the token gains.
    nodes: Vec<HashMap<usize, (usize, f32)>>,
}

impl Expected {
    /// The tree of `glossary` for speech in a language; `tokens` gives the tokens of a text.
    pub(super) fn new(
        glossary: &Arc<Glossary>,
        language: &str,
        tokens: impl Fn(&str) -> Vec<usize>,
    ) -> Expected {
        let prices = glossary.prices(language);
        let mut expected = Expected {
            glossary: Arc::clone(glossary),
            language: language.to_owned(),
            terms: Vec::new(),
            prices: prices.map(|price| Price::new(&price, &tokens)).collect(),
            nodes: vec![HashMap::new()],
        };
        for name in glossary.names() {
            expected.add(name, tokens(&format!(" {name}")), NAME);
        }
        for currency in glossary.currencies() {
            expected.add(currency, tokens(&format!(" {currency}")), CURRENCY);
        }
        for word in glossary.words() {
            expected.add(word, tokens(&format!(" {word}")), WORD);
        }
        expected
    }

    /// Whether it was made of `glossary` for this language.
    pub(super) fn is_of(&self, glossary: &Arc<Glossary>, language: &str) -> bool {
        Arc::ptr_eq(&self.glossary, glossary) && self.language == language
    }

    /// Whether nothing can have been misheard.
    pub(super) fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.prices.is_empty()
    }

    /// The prices of the shelf.
    pub(super) fn prices(&self) -> &[Price] {
        &self.prices
    }

    /// The words by their sounds.
    pub(super) fn terms(&self) -> &[Term] {
        &self.terms
    }

    fn add(&mut self, text: &str, tokens: Vec<usize>, gain: Gain) {
        let mut node = 0;
        for (at, token) in tokens.iter().enumerate() {
            let gained = if at == 0 { gain.first } else { gain.next };
            let free = self.nodes.len();
            let (child, known) = self.nodes[node].entry(*token).or_insert((free, gained));
            *known = known.max(gained);
            node = *child;
            if node == free {
                self.nodes.push(HashMap::new());
            }
        }
        let sounds = sounds(text);
        if sounds.len() >= SOUNDS_MIN && !text.contains(|c: char| c.is_ascii_digit()) {
            self.terms.push(Term {
                key: key(text),
                tokens,
                sounds,
                likeness_min: gain.likeness_min,
                gain: gain.alike,
            });
        }
    }

    /// Before the first token.
    pub(super) fn start(&self) -> Place<'_> {
        Place {
            expected: self,
            open: Vec::new(),
        }
    }
}

/// Where in the tree the tokens that came so far may be.
#[derive(Debug, Clone)]
pub(super) struct Place<'a> {
    expected: &'a Expected,
    open: Vec<usize>,
}

impl Place<'_> {
    /// Takes the token that came.
    pub(super) fn take(&mut self, token: usize) {
        let nodes = &self.expected.nodes;
        let child = |node: &usize| nodes.get(*node)?.get(&token).map(|(child, _)| *child);
        self.open = self.open.iter().chain(&[0]).filter_map(child).collect();
    }

    /// Raises what is expected next.
    pub(super) fn raise(&self, logits: &mut [f32]) {
        let nodes = &self.expected.nodes;
        for node in self.open.iter().chain(&[0]) {
            for (token, (_, gain)) in nodes.get(*node).into_iter().flatten() {
                if let Some(logit) = logits.get_mut(*token) {
                    *logit += gain;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Expected;
    use crate::glossary::{Glossary, Product};

    #[test]
    fn the_next_token_of_a_name_that_began_gains_most() {
        let product = Product {
            title: "Ab x".into(),
            titles: vec!["Ab".into()],
            ..Product::default()
        };
        // Letters are tokens: a space is 0, `A` 1, `b` 2.
        let letters = |text: &str| text.bytes().map(|b| usize::from(b % 32)).collect();
        let product = Product {
            title: "Abc x".into(),
            titles: vec!["Abc".into()],
            ..product
        };
        let expected = Expected::new(&Arc::new(Glossary::of(&[product])), "en", letters);
        let raised = |place: &super::Place<'_>| {
            let mut logits = vec![0.0; 5];
            place.raise(&mut logits);
            logits
        };
        let mut place = expected.start();
        let first = raised(&place);
        assert!(first[0] > 0.0 && first[1..] == [0.0; 4], "{first:?}");
        place.take(0);
        let next = raised(&place);
        assert!(next[1] > first[0] && next[2] == 0.0, "{next:?}");
        place.take(3);
        assert_eq!(raised(&place), first, "another word came");
    }
}
