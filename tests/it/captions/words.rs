//! Word errors: texts made comparable (case, punctuation, numbers, contractions, accents of other
//! languages), then edit distance over words.

const ONES: [&str; 20] = [
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
const TENS: [&str; 10] = [
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];

/// Errors and words of the reference.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Errors {
    /// Substitutions, deletions and insertions.
    pub errors: usize,
    /// Words of the reference.
    pub words: usize,
}

impl Errors {
    /// Errors over words.
    pub(crate) fn rate(self) -> f64 {
        self.errors as f64 / self.words.max(1) as f64
    }

    /// Both together.
    pub(crate) fn and(self, other: Errors) -> Errors {
        Errors {
            errors: self.errors + other.errors,
            words: self.words + other.words,
        }
    }
}

/// Compares a text with its reference.
pub(crate) fn compare(reference: &str, heard: &str) -> Errors {
    let (reference, heard) = (normal(reference), normal(heard));
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (i, word) in reference.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in heard.iter().enumerate() {
            let replaced = diagonal + usize::from(word != other);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    Errors {
        errors: row[heard.len()],
        words: reference.len(),
    }
}

/// The words in comparable form.
pub(crate) fn normal(text: &str) -> Vec<String> {
    let text = text
        .to_lowercase()
        .replace('\u{2019}', "'")
        .replace("i'm", "i am");
    let plain: String = text.chars().map(plain).collect();
    plain
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .map(|word| word.replace('\'', ""))
        .filter(|word| !word.is_empty())
        .flat_map(|word| spell(&word))
        .collect()
}

fn spell(word: &str) -> Vec<String> {
    let words = match word {
        "mr" => "mister".to_owned(),
        "ok" => "okay".to_owned(),
        _ => match ordinal(word).or_else(|| word.parse().ok().map(number)) {
            Some(words) => words,
            None => word.to_owned(),
        },
    };
    words.split(' ').map(str::to_owned).collect()
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

/// A number as it is spoken; four digits as a year.
fn number(number: u32) -> String {
    let n = number as usize;
    match n {
        0..20 => ONES[n].to_owned(),
        20..100 if n.is_multiple_of(10) => TENS[n / 10].to_owned(),
        20..100 => format!("{} {}", TENS[n / 10], ONES[n % 10]),
        1_100..2_000 if !n.is_multiple_of(100) => {
            format!(
                "{} {}",
                self::number(number / 100),
                self::number(number % 100)
            )
        }
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

#[test]
fn texts_are_comparable() {
    let check =
        |a: &str, b: &str| assert_eq!(compare(a, b).errors, 0, "{:?} {:?}", normal(a), normal(b));
    check("Mr. Quilter is 42.", "mister quilter is forty-two");
    check(
        "the 15th century, in 1455",
        "The fifteenth century in fourteen fifty-five.",
    );
    check("I'm first", "I am 1st");
    assert_eq!(compare("a b c d", "a x c").errors, 2);
}
