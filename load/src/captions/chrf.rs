//! chrF2 (Popović 2015, as sacreBLEU computes it): how many character n-grams of a translation
//! and its reference are the same.

use std::collections::HashMap;

/// Longest n-gram.
const ORDER: usize = 6;
/// Recall counts twice as much as precision.
const BETA: f64 = 2.0;

/// Counts over many lines.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Chrf {
    /// For each length: n-grams of the translations, of the references, and in both.
    counts: [(u64, u64, u64); ORDER],
}

impl Chrf {
    /// Adds one line.
    pub(super) fn add(&mut self, translation: &str, reference: &str) {
        let letters =
            |text: &str| -> Vec<char> { text.chars().filter(|c| !c.is_whitespace()).collect() };
        let (ours, theirs) = (letters(translation), letters(reference));
        for (n, count) in (1..).zip(&mut self.counts) {
            let (ours, theirs) = (grams(&ours, n), grams(&theirs, n));
            count.0 += ours.values().sum::<u64>();
            count.1 += theirs.values().sum::<u64>();
            let both = |(gram, count): (&&[char], &u64)| {
                theirs.get(*gram).map_or(0, |other| *count.min(other))
            };
            count.2 += ours.iter().map(both).sum::<u64>();
        }
    }

    /// Between 0 and 100.
    pub(super) fn score(&self) -> f64 {
        let mut scores = Vec::new();
        for (ours, theirs, both) in self.counts {
            if ours == 0 || theirs == 0 {
                continue;
            }
            let (precision, recall) = (both as f64 / ours as f64, both as f64 / theirs as f64);
            let weighed = BETA * BETA * precision + recall;
            let score = (1.0 + BETA * BETA) * precision * recall / weighed.max(f64::MIN_POSITIVE);
            scores.push(score);
        }
        100.0 * scores.iter().sum::<f64>() / scores.len().max(1) as f64
    }
}

fn grams(letters: &[char], n: usize) -> HashMap<&[char], u64> {
    let mut grams = HashMap::new();
    for gram in letters.windows(n) {
        *grams.entry(gram).or_insert(0) += 1;
    }
    grams
}

#[cfg(test)]
mod tests {
    use super::Chrf;

    #[track_caller]
    fn check(translation: &str, reference: &str, expected: f64) {
        let mut chrf = Chrf::default();
        chrf.add(translation, reference);
        assert!((chrf.score() - expected).abs() < 0.05, "{}", chrf.score());
    }

    #[test]
    fn the_same_is_perfect_and_nothing_is_nothing() {
        check("The red lamp is new.", "The red lamp is new.", 100.0);
        check("xyz", "The red lamp", 0.0);
    }

    #[test]
    fn missing_letters_cost_more_than_added_ones() {
        // Lengths 1 to 3: precision 1, 1, 1 and recall 3/4, 2/3, 1/2; 5PR / (4P + R).
        check(
            "abc",
            "abcd",
            100.0 * (3.75 / 4.75 + 10.0 / 3.0 / (4.0 + 2.0 / 3.0) + 2.5 / 4.5) / 3.0,
        );
        let (mut less, mut more) = (Chrf::default(), Chrf::default());
        less.add("abc", "abcd");
        more.add("abcd", "abc");
        assert!(less.score() < more.score());
    }
}
