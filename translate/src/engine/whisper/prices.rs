//! Prices of the shelf that were heard as other numbers: `104-9 euros` for 149, `1,200 to 99` for
//! 1,299. Numbers are compared as they are said, part by part. Pure.

/// A price may be heard as up to so many words: `3rd to 4 euros 50` for 34.50.
const SPAN_WORDS_MAX: usize = 5;
/// Less of a price than this is another number.
pub(super) const LIKENESS_MIN: f32 = 0.6;

/// A price of the shelf.
#[derive(Debug, Clone)]
pub(super) struct Price {
    /// Its digits alone.
    digits: String,
    parts: Vec<u32>,
    /// Its tokens after a space.
    spaced: Vec<usize>,
    /// Its tokens right after a sign such as `$`.
    bare: Vec<usize>,
}

impl Price {
    /// A price as the recogniser writes it in this language; `tokens` gives the tokens of a text.
    pub(super) fn new(text: &str, tokens: impl Fn(&str) -> Vec<usize>) -> Price {
        Price {
            digits: digits(text),
            parts: parts(text),
            spaced: tokens(&format!(" {text}")),
            bare: tokens(text),
        }
    }
}

/// The numbers of a word that came.
#[derive(Debug, Clone, Default)]
pub(super) struct Figures {
    digits: String,
    parts: Vec<u32>,
    /// The token of the first digit, and whether the word begins with it.
    at: Option<(usize, bool)>,
}

impl Figures {
    /// Those of a word with its first digit in this token.
    pub(super) fn new(text: &str, at: Option<(usize, bool)>) -> Figures {
        Figures {
            digits: digits(text),
            parts: parts(text),
            at,
        }
    }
}

/// Where prices may have been said instead of the numbers that came: how alike they are, the token
/// they would begin at, and their tokens.
pub(super) fn misheard<'a>(
    words: &[&Figures],
    prices: &'a [Price],
) -> Vec<(f32, usize, &'a [usize])> {
    let mut found = Vec::new();
    let is_right = |word: &&Figures| prices.iter().any(|price| price.digits == word.digits);
    for unsure in words.split(is_right) {
        for price in prices {
            let starts = (0..unsure.len()).filter_map(|first| Some((first, unsure[first].at?)));
            let rated = starts.flat_map(|(first, (at, is_start))| {
                let lengths = 1..=SPAN_WORDS_MAX.min(unsure.len() - first);
                lengths.map(move |length| {
                    let said = unsure[first..first + length].iter();
                    let said: Vec<u32> = said.flat_map(|word| &word.parts).copied().collect();
                    (alike(&said, &price.parts), at, is_start)
                })
            });
            let best = rated.max_by(|(a, ..), (b, ..)| a.total_cmp(b));
            if let Some((likeness, at, is_start)) = best.filter(|best| best.0 >= LIKENESS_MIN) {
                let tokens = if is_start { &price.spaced } else { &price.bare };
                found.push((likeness, at, tokens.as_slice()));
            }
        }
    }
    found
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// The numbers in a text as they are said: 149 is 100, 40 and 9; 18.90 is 18 and 90.
fn parts(text: &str) -> Vec<u32> {
    let mut runs: Vec<String> = Vec::new();
    let mut before = None;
    for run in text.split_inclusive(|c: char| !c.is_ascii_digit()) {
        let figures = digits(run);
        // `1,299` is one number.
        let is_group = figures.len() == 3 && matches!(before, Some(',' | '.'));
        match runs.last_mut().filter(|_| is_group) {
            Some(number) => number.push_str(&figures),
            None if figures.is_empty() => {}
            None => runs.push(figures.clone()),
        }
        before = run.chars().last().filter(|_| !figures.is_empty());
    }
    let numbers = runs.iter().filter_map(|run| run.parse::<u32>().ok());
    let mut said = Vec::new();
    numbers.for_each(|number| say(number, &mut said));
    said
}

fn say(number: u32, said: &mut Vec<u32>) {
    match number {
        1_000.. => {
            if number >= 2_000 {
                say(number / 1_000, said);
            }
            said.push(1_000);
            if !number.is_multiple_of(1_000) {
                say(number % 1_000, said);
            }
        }
        20..100 if !number.is_multiple_of(10) => said.extend([number / 10 * 10, number % 10]),
        100..1_000 if !number.is_multiple_of(100) => {
            said.push(number / 100 * 100);
            say(number % 100, said);
        }
        whole => said.push(whole),
    }
}

/// From 1, the same, downwards: what it takes to turn what was `said` into what was `meant`, as a
/// share of the latter.
fn alike(said: &[u32], meant: &[u32]) -> f32 {
    let mut row: Vec<f32> = (0..=meant.len()).map(|length| length as f32).collect();
    for part in said {
        let mut diagonal = row[0];
        row[0] += 1.0;
        for (at, other) in meant.iter().enumerate() {
            let replaced = diagonal + difference(*part, *other);
            diagonal = row[at + 1];
            row[at + 1] = replaced.min(row[at] + 1.0).min(diagonal + 1.0);
        }
    }
    1.0 - row[meant.len()] / meant.len().max(1) as f32
}

/// Four, fourteen and forty are taken for each other.
fn difference(a: u32, b: u32) -> f32 {
    let (less, more) = (a.min(b), a.max(b));
    let teen = |number: u32| (11..20).contains(&number).then(|| number - 10);
    let is_near = less * 10 == more
        || teen(more) == Some(less)
        || teen(less).is_some_and(|unit| unit * 10 == more);
    match (a == b, is_near) {
        (true, _) => 0.0,
        (false, true) => 0.5,
        (false, false) => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::{Figures, Price, misheard, parts};

    #[test]
    fn numbers_are_said_in_parts() {
        for (text, said) in [
            ("149", vec![100, 40, 9]),
            ("€1,299.", vec![1_000, 200, 90, 9]),
            ("25.000", vec![20, 5, 1_000]),
            ("18.90", vec![18, 90]),
            ("104-9", vec![100, 4, 9]),
            ("100", vec![100]),
            ("no", vec![]),
        ] {
            assert_eq!(parts(text), said, "{text}");
        }
    }

    /// The prices that a line may hold instead of its numbers; a token is a word.
    fn found(line: &str) -> Vec<(String, String)> {
        let shelf = ["129", "149", "18.90", "34.50", "95", "1,299"];
        let prices = shelf.map(|price| {
            let place = shelf.iter().position(|other| *other == price);
            Price::new(price, |text| {
                vec![place.unwrap_or(0), usize::from(text.starts_with(' '))]
            })
        });
        let words: Vec<&str> = line.split(' ').collect();
        let figures: Vec<Figures> = words
            .iter()
            .enumerate()
            .map(|(at, word)| {
                let digit = word.find(|c: char| c.is_ascii_digit());
                Figures::new(word, digit.map(|digit| (at, digit == 0)))
            })
            .collect();
        let mut found = misheard(&figures.iter().collect::<Vec<_>>(), &prices);
        found.sort_by(|(a, ..), (b, ..)| b.total_cmp(a));
        let told = found.into_iter().map(|(_, at, tokens)| {
            assert_eq!(tokens[1] == 1, !words[at].starts_with('$'));
            (words[at].to_owned(), shelf[tokens[0]].to_owned())
        });
        told.collect()
    }

    #[test]
    fn a_price_in_pieces_is_asked_about() {
        for (line, heard, price) in [
            ("is 129 euros, down from 104-9 euros", "104-9", "149"),
            ("left at 1,200 to 99 euros", "1,200", "1,299"),
            ("only 3rd to 4 euros 50", "3rd", "34.50"),
            ("18 years 90, that is", "18", "18.90"),
            ("was 9 to 5 euros", "9", "95"),
            ("for $104-9", "$104-9", "149"),
        ] {
            let likeliest = found(line).into_iter().next();
            assert_eq!(
                likeliest,
                Some((heard.to_owned(), price.to_owned())),
                "{line}"
            );
        }
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for line in [
            "it is 149 euros, or 1,299",
            "only 12 pieces at 18.90",
            "size 42 and 30 cm",
            "we sold 130 of them",
        ] {
            assert_eq!(found(line), [], "{line}");
        }
    }
}
