//! The word list of a show: whole words and phrases, and their obvious disguises (case, accents,
//! wide or invisible letters, digits and signs for letters, stars, drawn out or taken apart). Pure.

use unicode_normalization::UnicodeNormalization as _;

/// Letters of other alphabets that look like Latin ones, side by side.
const LOOKALIKES: (&str, &str) = ("аеорсухіјѕԁвнкмтαεοικνρτυχ", "aeopcyxijsdbhkmtaeoikvptux");

/// What nobody may write.
#[derive(Debug, Default)]
pub(crate) struct Words {
    listed: Vec<String>,
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
enum Pattern {
    /// One word after another.
    Phrase(Vec<Vec<char>>),
    /// Anywhere: of a script that does not part words.
    Inside(Vec<char>),
}

impl Words {
    /// A list as the host wrote it; what has neither letter nor digit is passed over.
    pub(crate) fn new(listed: Vec<String>) -> Words {
        let pattern = |word: &String| {
            let folded = fold(word);
            if folded
                .chars()
                .any(|c| is_unparted(c) && c.is_alphanumeric())
            {
                return Some(Pattern::Inside(letters(&folded)));
            }
            let words: Vec<_> = plain(&folded).collect();
            (!words.is_empty()).then_some(Pattern::Phrase(words))
        };
        let patterns = listed.iter().filter_map(pattern).collect();
        Words { listed, patterns }
    }

    /// As the host wrote it.
    pub(crate) fn listed(&self) -> &[String] {
        &self.listed
    }

    /// Whether a text says one of them.
    pub(crate) fn forbid(&self, text: &str) -> bool {
        if self.patterns.is_empty() {
            return false;
        }
        let folded = fold(text);
        let plain: Vec<_> = plain(&folded).collect();
        let disguised: Vec<_> = folded.split_whitespace().map(undisguised).collect();
        let (joined, spelled) = (letters(&folded), spelled(&disguised));
        self.patterns.iter().any(|pattern| match pattern {
            Pattern::Inside(word) => contains(&joined, word),
            Pattern::Phrase(words) => {
                let said = |seen: &[Vec<char>]| {
                    let mut windows = seen.windows(words.len());
                    windows.any(|seen| words.iter().zip(seen).all(|(word, seen)| says(seen, word)))
                };
                let is_one = words.len() == 1;
                said(&plain)
                    || said(&disguised)
                    || is_one && spelled.iter().any(|run| contains(run, &words[0]))
            }
        })
    }
}

/// Compatibility forms and cases made one, accents and invisible characters left out. Upper case
/// first: that way ß is ss, and the two small sigmas are one.
fn fold(text: &str) -> String {
    let one_form = text.nfkc().filter(|c| !is_invisible(*c));
    let one_case = one_form
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase);
    one_case
        .nfd()
        .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
        .nfc()
        .collect()
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// Thai, Lao, Burmese, Khmer, Japanese and Chinese write words without a space between them.
fn is_unparted(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{20000}'..='\u{3ffff}')
}

fn letters(text: &str) -> Vec<char> {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The words as anybody would read them.
fn plain(folded: &str) -> impl Iterator<Item = Vec<char>> {
    let words = folded.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().collect())
}

/// A word whose signs may stand for letters, and whose other signs only part them.
fn undisguised(word: &str) -> Vec<char> {
    let word = word.trim_matches(['!', '*', '|', '+']);
    let kept = word
        .chars()
        .filter(|c| c.is_alphanumeric() || "@$!|*+€".contains(*c));
    let word: Vec<char> = kept.collect();
    let has = |range: std::ops::RangeInclusive<char>| word.iter().any(|c| range.contains(c));
    if !(has('a'..='z') && (has('\u{370}'..='\u{3ff}') || has('\u{400}'..='\u{52f}'))) {
        return word;
    }
    let latin = |c: &char| {
        let place = LOOKALIKES.0.chars().position(|other| other == *c);
        place
            .and_then(|place| LOOKALIKES.1.chars().nth(place))
            .unwrap_or(*c)
    };
    word.iter().map(latin).collect()
}

/// Runs of three and more single letters: `f o o`.
fn spelled(words: &[Vec<char>]) -> Vec<Vec<char>> {
    let runs = words.split(|word| word.len() != 1);
    runs.filter(|run| run.len() > 2)
        .map(<[_]>::concat)
        .collect()
}

fn contains(text: &[char], word: &[char]) -> bool {
    text.windows(word.len()).any(|seen| seen == word)
}

/// Whether a word is the listed one. Stars hide at most half of it, and digits stand for letters
/// only beside letters: 55 is a price.
fn says(seen: &[char], listed: &[char]) -> bool {
    let count = seen.iter().filter(|c| c.is_alphabetic()).count();
    let stars = seen.iter().filter(|c| **c == '*').count();
    stars <= count && is_spelled(seen, listed, count > 0)
}

/// Letter by letter; one that is there three times or more is drawn out.
fn is_spelled(seen: &[char], listed: &[char], is_word: bool) -> bool {
    let (Some((&first, after)), Some((&letter, rest))) = (seen.split_first(), listed.split_first())
    else {
        return seen.is_empty() && listed.is_empty();
    };
    if first != letter && !(is_word && stands_for(first, letter)) {
        return false;
    }
    let run = |text: &[char], of: char| text.iter().take_while(|c| **c == of).count();
    let (drawn, wanted) = (run(seen, first), run(listed, letter));
    let is_drawn_out = drawn >= wanted.max(3);
    is_spelled(after, rest, is_word)
        || is_drawn_out && is_spelled(&seen[drawn..], &listed[wanted..], is_word)
}

fn stands_for(sign: char, letter: char) -> bool {
    let stands = match sign {
        '*' => return letter.is_alphabetic(),
        '0' => "o",
        '1' | '!' | '|' => "il",
        '3' | '€' => "e",
        '4' | '@' => "a",
        '5' | '$' => "s",
        '7' | '+' => "t",
        '8' => "b",
        _ => return false,
    };
    stands.contains(letter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_and_their_disguises_are_found_and_longer_words_are_not() {
        let list = [
            "ass",
            "shit",
            "Straße",
            "free money",
            "傻瓜",
            "сор",
            "b1tch",
        ];
        let words = Words::new(list.map(String::from).to_vec());
        for said in [
            "You ASS!",
            "what an áss.",
            "a\u{200b}ss",
            "ａｓｓ",
            "@ss",
            "4ss",
            "a$$",
            "asssss",
            "a*s",
            "a.s.s",
            "a-s-s",
            "a s s",
            "oh s h i t",
            "sh!t!!",
            "5hit",
            "ѕhit",
            "(shit)",
            "shiiiit",
            "STRASSE",
            "strasse",
            "get FREE  money now",
            "free-money",
            "你是傻瓜吗",
            "傻 瓜",
            "сор",
            "b1tch",
        ] {
            assert!(words.forbid(said), "{said}");
        }
        for said in [
            "class",
            "as",
            "pass it",
            "assess",
            "shitake",
            "it costs 455",
            "a s",
            "money for free",
            "free",
            "***",
            "s",
            "",
            "傻",
            "cop",
            "bitch",
            "¡hola!",
        ] {
            assert!(!words.forbid(said), "{said}");
        }
        assert!(!Words::default().forbid("shit"));
        assert!(
            !Words::new(vec!["...".into()]).forbid("wait..."),
            "a list of signs forbids nothing"
        );
    }

    proptest! {
        #[test]
        fn a_listed_word_is_found_wherever_it_stands_and_however_it_is_cased(
            word in "[a-z]{3,12}", before in "[a-z]{0,5}", after in "[A-Z]{0,5}", upper in any::<bool>(),
        ) {
            let words = Words::new(vec![word.clone()]);
            let said = if upper { word.to_uppercase() } else { word.clone() };
            let (dotted, text) = (
                said.chars().map(|c| format!("{c}.")).collect::<String>(),
                format!("{before} {said}, {after}"),
            );
            prop_assert!(words.forbid(&text), "{}", text);
            prop_assert!(words.forbid(&dotted), "{}", dotted);
        }

        #[test]
        fn any_text_is_judged(list in prop::collection::vec(".{0,12}", 0..6), text in ".{0,80}") {
            Words::new(list).forbid(&text);
        }
    }
}
