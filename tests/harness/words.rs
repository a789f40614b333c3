//! Word errors: texts made comparable (case, punctuation, numbers, contractions, accents of other
//! languages), then edit distance over words.

pub(crate) const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
pub(crate) const TENS: [&str; 10] = [
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];
/// Written together in English, and the words they stand for, as Whisper's own normaliser has it.
const CONTRACTED: [(&str, &str); 10] = [
    ("won't", "will not"),
    ("can't", "can not"),
    ("let's", "let us"),
    ("n't", " not"),
    ("'re", " are"),
    ("'s", " is"),
    ("'d", " would"),
    ("'ll", " will"),
    ("'ve", " have"),
    ("'m", " am"),
];
/// Sounds that nobody counts as words.
const SOUNDS: [&str; 6] = ["hmm", "mm", "mhm", "uh", "um", "ah"];

/// Errors and words of the reference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Errors {
    /// Substitutions, deletions and insertions.
    pub errors: usize,
    /// Words of the reference.
    pub words: usize,
}

impl Errors {
    /// Errors over words.
    #[must_use]
    pub fn rate(self) -> f64 {
        self.errors as f64 / self.words.max(1) as f64
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Errors) -> Errors {
        Errors {
            errors: self.errors + other.errors,
            words: self.words + other.words,
        }
    }
}

/// Compares a text with its reference.
#[must_use]
pub fn compare(reference: &str, heard: &str) -> Errors {
    let (reference, heard) = (normal(reference), normal(heard));
    let (_, errors) = align(&reference, &heard, Rest::Missing);
    Errors {
        errors,
        words: reference.len(),
    }
}

/// What the words of the reference are that come after all that was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// Errors.
    Missing,
    /// Still to be said.
    ToCome,
}

/// For each word of the reference the place in `heard` where it stands, and the number of errors.
#[must_use]
pub fn align(reference: &[String], heard: &[String], rest: Rest) -> (Vec<Option<usize>>, usize) {
    let width = heard.len() + 1;
    let mut cost = vec![0usize; (reference.len() + 1) * width];
    for (j, first) in cost[..width].iter_mut().enumerate() {
        *first = j;
    }
    for i in 1..=reference.len() {
        cost[i * width] = i;
        for j in 1..width {
            let replaced =
                cost[(i - 1) * width + j - 1] + usize::from(reference[i - 1] != heard[j - 1]);
            let missed = cost[(i - 1) * width + j] + 1;
            let added = cost[i * width + j - 1] + 1;
            cost[i * width + j] = replaced.min(missed).min(added);
        }
    }
    let mut i = match rest {
        Rest::Missing => reference.len(),
        Rest::ToCome => (0..=reference.len())
            .min_by_key(|i| cost[i * width + width - 1])
            .unwrap_or(0),
    };
    let mut j = heard.len();
    let errors = cost[i * width + j];
    let mut places = vec![None; reference.len()];
    while i > 0 && j > 0 {
        let here = cost[i * width + j];
        let same = reference[i - 1] == heard[j - 1];
        if here == cost[(i - 1) * width + j - 1] + usize::from(!same) {
            (i, j) = (i - 1, j - 1);
            places[i] = same.then_some(j);
        } else if here == cost[(i - 1) * width + j] + 1 {
            i -= 1;
        } else {
            j -= 1;
        }
    }
    (places, errors)
}

/// The words in comparable form. Characters of scripts without spaces are words of their own.
#[must_use]
pub fn normal(text: &str) -> Vec<String> {
    let text: String = text.to_lowercase().replace('\u{2019}', "'");
    let letters: Vec<char> = text.chars().map(plain).collect();
    let is_digit = |i: Option<usize>| {
        i.and_then(|i| letters.get(i))
            .is_some_and(char::is_ascii_digit)
    };
    let mut spaced = String::with_capacity(text.len());
    for (i, &letter) in letters.iter().enumerate() {
        let thousands = letter == ',' && is_digit(i.checked_sub(1)) && is_digit(Some(i + 1));
        if is_unspaced(letter) {
            spaced.extend([' ', letter, ' ']);
        } else if letter.is_alphanumeric() || letter == '\'' {
            spaced.push(letter);
        } else if !thousands {
            spaced.push(' ');
        }
    }
    let mut words: Vec<String> = spaced
        .split_whitespace()
        .flat_map(|word| spell(&expand(word)))
        .filter(|word| !word.is_empty() && !SOUNDS.contains(&word.as_str()))
        .collect();
    name_zeros(&mut words);
    words
}

/// `don't` as two words; any other apostrophe is left out.
fn expand(word: &str) -> String {
    let short = CONTRACTED.iter().find(|(short, _)| word.ends_with(short));
    let word = match short {
        Some((short, long)) => format!("{}{long}", &word[..word.len() - short.len()]),
        None => word.to_owned(),
    };
    word.replace('\'', "")
}

fn spell(words: &str) -> Vec<String> {
    let spelled = |word: &str| match word {
        "mr" => "mister".to_owned(),
        "mrs" => "missus".to_owned(),
        "ok" => "okay".to_owned(),
        _ => match ordinal(word).or_else(|| digits(word)) {
            Some(words) => words,
            None => word.to_owned(),
        },
    };
    let words: Vec<String> = words.split(' ').map(spelled).collect();
    words
        .iter()
        .flat_map(|word| word.split(' '))
        .map(str::to_owned)
        .collect()
}

/// A row of digits as it is spoken: codes digit by digit.
fn digits(word: &str) -> Option<String> {
    let value = word.parse().ok()?;
    let code = word.len() > 4 || (word.len() > 1 && word.starts_with('0'));
    if code {
        let names = word.bytes().map(|digit| ONES[usize::from(digit - b'0')]);
        return Some(names.collect::<Vec<_>>().join(" "));
    }
    Some(number(value))
}

/// `oh` next to a digit is a zero.
fn name_zeros(words: &mut [String]) {
    let is_digit =
        |word: Option<&String>| word.is_some_and(|word| ONES[..10].contains(&word.as_str()));
    for i in 0..words.len() {
        let oh = words[i] == "oh" || words[i] == "o";
        let before = i.checked_sub(1).and_then(|i| words.get(i));
        if oh && (is_digit(before) || is_digit(words.get(i + 1))) {
            "zero".clone_into(&mut words[i]);
        }
    }
}

/// `15th` as it is spoken.
fn ordinal(word: &str) -> Option<String> {
    let digits = ["st", "nd", "rd", "th"]
        .iter()
        .find_map(|end| word.strip_suffix(end))?;
    let words = number(digits.parse().ok()?);
    let last = words.rsplit(' ').next()?.to_owned();
    let ended = match last.as_str() {
        "one" => "first".to_owned(),
        "two" => "second".to_owned(),
        "three" => "third".to_owned(),
        "five" => "fifth".to_owned(),
        "eight" => "eighth".to_owned(),
        "nine" => "ninth".to_owned(),
        "twelve" => "twelfth".to_owned(),
        other => other
            .strip_suffix('y')
            .map_or(format!("{other}th"), |stem| format!("{stem}ieth")),
    };
    Some(format!("{}{ended}", &words[..words.len() - last.len()]))
}

/// A number as it is spoken; most of four digits as a year.
fn number(number: u32) -> String {
    let n = number as usize;
    let rest = |rest: u32| match rest {
        0 => String::new(),
        rest => format!(" {}", self::number(rest)),
    };
    match n {
        0..20 => ONES[n].to_owned(),
        20..100 => format!("{}{}", TENS[n / 10], rest(number % 10)),
        100..1_000 => format!("{} hundred{}", ONES[n / 100], rest(number % 100)),
        1_100..2_000 if !n.is_multiple_of(100) => {
            format!("{}{}", self::number(number / 100), rest(number % 100))
        }
        1_000..10_000 => format!("{} thousand{}", ONES[n / 1_000], rest(number % 1_000)),
        _ => number.to_string(),
    }
}

/// Letters without their accents: typed prompts often lack them.
fn plain(letter: char) -> char {
    match letter {
        'á' | 'à' | 'â' | 'ã' | 'ä' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        other => other,
    }
}

/// Chinese characters and kana.
fn is_unspaced(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
}

#[cfg(test)]
mod tests {
    use super::{Rest, align, compare, normal};

    #[test]
    fn texts_are_comparable() {
        let check = |a: &str, b: &str| {
            assert_eq!(compare(a, b).errors, 0, "{:?} {:?}", normal(a), normal(b));
        };
        check("Mr. Quilter is 42.", "mister quilter is forty-two");
        check(
            "the 15th century, in 1455",
            "The fifteenth century in fourteen fifty-five.",
        );
        check("I'm first", "I am 1st");
        check("the party's 1st name", "the party is first name");
        check("10001, 01803", "one oh oh oh one zero 1 8 0 3");
        check("It's $1,299", "it is 1299");
        check("2500 of 100", "two thousand five hundred of one hundred");
        check("工廠 ok", "工 廠, okay!");
        assert_eq!(compare("a b c d", "a x c").errors, 2);
    }

    #[test]
    fn what_is_still_to_be_said_is_no_error() {
        let words = |text: &str| normal(text);
        let (places, errors) = align(&words("k l m n o p"), &words("k x m"), Rest::ToCome);
        assert_eq!(places, [Some(0), None, Some(2), None, None, None]);
        assert_eq!(errors, 1);
        let (_, errors) = align(&words("k l m n o p"), &words("k x m"), Rest::Missing);
        assert_eq!(errors, 4);
    }
}
