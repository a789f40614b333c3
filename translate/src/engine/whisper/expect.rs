//! Words of the show made likelier: while the last tokens are the beginning of one, its next token
//! gains, and the first token of each gains a little always.

use std::collections::HashMap;
use std::sync::Arc;

use crate::glossary::Glossary;

/// What tokens gain, in logits.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Gain {
    first: f32,
    next: f32,
}

/// A name of the shop: nothing else tells the recogniser how it is written.
const NAME: Gain = Gain {
    first: 2.0,
    next: 5.0,
};
/// Any other word of the shelf, which the recogniser knows.
const WORD: Gain = Gain {
    first: 0.5,
    next: 2.0,
};

/// The expected words as a tree of tokens.
#[derive(Debug, Clone, Default)]
pub(super) struct Expected {
    /// Made of this.
    glossary: Arc<Glossary>,
    /// Children of each node by token: where they are, and what the token gains.
    nodes: Vec<HashMap<usize, (usize, f32)>>,
}

impl Expected {
    /// The tree of `glossary`; `tokens` gives the tokens of a text.
    pub(super) fn new(glossary: &Arc<Glossary>, tokens: impl Fn(&str) -> Vec<usize>) -> Expected {
        let mut expected = Expected {
            glossary: Arc::clone(glossary),
            nodes: vec![HashMap::new()],
        };
        for name in glossary.strong() {
            expected.add(&tokens(&format!(" {name}")), NAME);
        }
        for word in glossary.words() {
            expected.add(&tokens(&format!(" {word}")), WORD);
        }
        expected
    }

    /// Whether it was made of `glossary`.
    pub(super) fn is_of(&self, glossary: &Arc<Glossary>) -> bool {
        Arc::ptr_eq(&self.glossary, glossary)
    }

    fn add(&mut self, tokens: &[usize], gain: Gain) {
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
        let expected = Expected::new(&Arc::new(Glossary::of(&[product])), letters);
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
