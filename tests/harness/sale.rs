//! Sentences of a live sale and the facts they hold (`fixtures/glossary`), and whether a line holds
//! them. It shares no code with what it judges: every way a fact may be written is spelled out here.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use regex::{Regex, RegexBuilder};

use crate::words::{ONES, TENS};

/// Where the list and its shelf are.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/glossary")
}

/// One sentence.
#[derive(Debug)]
pub struct Item {
    /// As a recogniser at its best writes it: numbers in digits.
    pub written: String,
    /// What it says.
    pub facts: Vec<Fact>,
}

/// Something a caption must not get wrong.
#[derive(Debug)]
pub struct Fact {
    /// As the list has it: `18.90 EUR`.
    pub name: String,
    english: Regex,
    portuguese: Regex,
}

/// Words of the sentences that count nothing, and how they may be written.
const LOOSE: [(&str, &str); 4] = [
    ("one", r"\b1\b"),
    ("first", r"\b1(?:st|[ºª°.oa])"),
    ("second", r"\b2(?:nd|[ºª°.oa])"),
    ("half", r"\b50 ?%|½"),
];

/// A language lines are judged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tongue {
    /// The spoken one.
    English,
    /// The one translated to.
    Portuguese,
}

/// Reads the list.
///
/// # Errors
/// When a line of it cannot be understood.
pub fn items() -> Result<Vec<Item>> {
    let path = folder().join("en-pt.txt");
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| item(line).with_context(|| line.to_owned()))
        .collect()
}

fn item(line: &str) -> Result<Item> {
    let (mut written, mut facts) = (String::new(), Vec::new());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('{') {
        let (inside, after) = after.split_once('}').context("`{` without `}`")?;
        let (name, second) = inside.split_once('|').unwrap_or((inside, ""));
        written.push_str(before);
        written.push_str(&as_written(name));
        facts.push(fact(name, second)?);
        rest = after;
    }
    written.push_str(rest);
    Ok(Item { written, facts })
}

impl Item {
    /// The facts that `line` does not hold, and digits in it that belong to none.
    #[must_use]
    pub fn wrong(&self, line: &str, tongue: Tongue) -> Vec<String> {
        let mut rest = line.replace(['\u{a0}', '\u{202f}'], " ").replace('’', "'");
        let mut wrong = Vec::new();
        // The longest first: `10` must not be found inside `10 %`.
        let mut facts: Vec<&Fact> = self.facts.iter().collect();
        facts.sort_by_key(|fact| std::cmp::Reverse(fact.name.len()));
        for fact in facts {
            let regex = match tongue {
                Tongue::English => &fact.english,
                Tongue::Portuguese => &fact.portuguese,
            };
            match regex.captures(&rest).and_then(|found| found.name("fact")) {
                Some(found) => rest.replace_range(found.range(), "·"),
                None => wrong.push(fact.name.clone()),
            }
        }
        // `First the lamp, one after the other` holds numbers that are no facts.
        for (word, digits) in LOOSE {
            for _ in 0..self.written.to_lowercase().matches(word).count() {
                let found = Regex::new(digits)
                    .ok()
                    .and_then(|digits| Some(digits.find(&rest)?.range()));
                if let Some(range) = found {
                    rest.replace_range(range, "·");
                }
            }
        }
        let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
        if !digits.is_empty() {
            wrong.push(format!("stray {digits}"));
        }
        wrong
    }
}

/// `18.90 EUR` is written `€18.90`.
fn as_written(name: &str) -> String {
    let (first, second) = name.split_once(' ').unwrap_or((name, ""));
    match second {
        "EUR" => format!("€{}", grouped(first)),
        "USD" => format!("${}", grouped(first)),
        "GBP" => format!("£{}", grouped(first)),
        "BRL" => format!("{} reais", grouped(first)),
        "CNY" => format!("{} yuan", grouped(first)),
        "%" | "°C" => format!("{first}{second}"),
        "November" | "December" | "March" => format!("{second} {first}"),
        _ if matches!(first, "name" | "word" | "sku") => second.to_owned(),
        _ => name.to_owned(),
    }
}

fn grouped(number: &str) -> String {
    let (whole, rest) = number
        .split_once('.')
        .map_or((number, ""), |(whole, _)| (whole, &number[whole.len()..]));
    match whole.len() {
        4.. => format!(
            "{},{}{rest}",
            &whole[..whole.len() - 3],
            &whole[whole.len() - 3..]
        ),
        _ => number.to_owned(),
    }
}

fn fact(name: &str, second: &str) -> Result<Fact> {
    let (first, rest) = name.split_once(' ').unwrap_or((name, ""));
    let (english, portuguese) = match first {
        "name" => (regex::escape(rest), regex::escape(rest)),
        "word" => {
            let words: Vec<&str> = second.split('/').chain([rest]).collect();
            (regex::escape(rest), words.join("|"))
        }
        "sku" => {
            let sku = article_number(rest);
            (sku.clone(), sku)
        }
        "size" => size(rest),
        _ => {
            ensure!(
                first.starts_with(|c: char| c.is_ascii_digit()),
                "what is `{name}`?"
            );
            quantity(first, rest)?
        }
    };
    Ok(Fact {
        name: name.to_owned(),
        english: alone(&english)?,
        portuguese: alone(&portuguese)?,
    })
}

/// Matches `pattern` where no letter or digit touches it, and no number goes on.
fn alone(pattern: &str) -> Result<Regex> {
    let pattern = format!(
        r"(?:^|[^\p{{L}}\d.,]|[^\d][.,])(?P<fact>{pattern})(?:$|[^\p{{L}}\d.,]|[.,](?:$|\D))"
    );
    Ok(RegexBuilder::new(&pattern).case_insensitive(true).build()?)
}

fn article_number(sku: &str) -> String {
    let parts = sku
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| match c.to_digit(10) {
            Some(digit) => format!("(?:{c}|{})", english(digit)),
            None => c.to_string(),
        });
    parts.collect::<Vec<_>>().join("[^a-z0-9]*")
}

fn size(size: &str) -> (String, String) {
    let size = match size.parse() {
        Ok(number) => (
            format!("(?:{size}|{})", english(number)),
            format!("(?:{size}|{})", portuguese(number)),
        ),
        Err(_) => {
            let letters: Vec<String> = size.chars().map(String::from).collect();
            let letters = letters.join("[ -]?");
            (letters.clone(), letters)
        }
    };
    (
        format!("sizes?[ -]*{}", size.0),
        format!(
            "(?:tamanhos?|tam\\.|números?|numeração|sizes?)[ -]*{}",
            size.1
        ),
    )
}

fn quantity(number: &str, unit: &str) -> Result<(String, String)> {
    let (en, pt) = (number_in(number, english), number_in(number, portuguese));
    Ok(match unit {
        "" => (en, pt),
        "EUR" => (
            money(number, &en, "€|eur|euros?"),
            money(number, &pt, "€|eur|euros?"),
        ),
        "USD" => (
            money(number, &en, r"us\$|\$|usd|(?:us )?dollars?"),
            money(number, &pt, r"us\$|u\$s|\$|usd|dólar(?:es)?"),
        ),
        "GBP" => (
            money(number, &en, "£|gbp|(?:british )?pounds?"),
            money(number, &pt, "£|gbp|libras?"),
        ),
        "BRL" => (
            money(number, &en, r"r\$|brl|reais|real"),
            money(number, &pt, r"r\$|brl|reais|real"),
        ),
        "CNY" => (
            money(number, &en, "¥|cn¥|rmb|cny|yuans?|renminbi"),
            money(number, &pt, "¥|cn¥|rmb|cny|yuans?|iuanes|renminbi"),
        ),
        "November" | "December" | "March" => (day_en(number, unit), day_pt(number, unit)),
        _ => {
            let (en_unit, pt_unit) = unit_words(unit)?;
            let join = "[ -]?";
            let (mut en, mut pt) = (
                format!("{en}{join}(?:{en_unit})"),
                format!("{pt}{join}(?:{pt_unit})"),
            );
            if number == "1.5" {
                en = format!("(?:{en}|(?:one|1) and a half (?:{en_unit})|1 ?½ ?(?:{en_unit}))");
                pt = format!("(?:{pt}|(?:um|1) (?:{pt_unit}) e meio|1 ?½ ?(?:{pt_unit}))");
            }
            (en, pt)
        }
    })
}

/// A number in digits with any separators, or in words.
fn number_in(number: &str, words: fn(u32) -> String) -> String {
    let (whole, cents) = number.split_once('.').unwrap_or((number, ""));
    let digits = match whole.len() {
        4.. => format!(
            "{}[., ]?{}",
            &whole[..whole.len() - 3],
            &whole[whole.len() - 3..]
        ),
        _ => whole.to_owned(),
    };
    let value = whole.parse().unwrap_or(0);
    if cents.is_empty() {
        return format!("(?:{digits}(?:[.,]00?)?|{})", words(value));
    }
    let short = cents.trim_end_matches('0');
    let said = words(short.parse().unwrap_or(0));
    let optional_zero = &cents[short.len()..];
    let zero = if optional_zero.is_empty() {
        String::new()
    } else {
        format!("(?:{optional_zero})?")
    };
    format!(
        "(?:{digits}[.,]{short}{zero}|{} (?:point|ponto|vírgula) {said})",
        words(value)
    )
}

/// Before or behind the number; the cents may come behind the currency.
fn money(number: &str, pattern: &str, currency: &str) -> String {
    let mut ways = vec![
        format!("(?:{currency}) ?{pattern}"),
        format!("{pattern}[ -]?(?:de )?(?:{currency})"),
    ];
    if let Some((whole, cents)) = number.split_once('.') {
        let (whole, cents) = (whole.parse().unwrap_or(0), cents.parse().unwrap_or(0));
        let w = format!("(?:{whole}|{}|{})", english(whole), portuguese(whole));
        let c = format!("(?:{cents:02}|{}|{})", english(cents), portuguese(cents));
        let coins = "(?: ?(?:cents?|pence|cêntimos?|centavos?|centimos?))?";
        ways.push(format!("{w} ?(?:{currency})(?:,? and | e |,? ?){c}{coins}"));
        ways.push(format!("(?:{currency}) ?{w}(?:,? and | e | ){c}{coins}"));
    }
    format!("(?:{})", ways.join("|"))
}

fn day_en(day: &str, month: &str) -> String {
    let said = match day {
        "24" => "twenty[ -]fourth",
        "20" => "twentieth",
        _ => "fifteenth",
    };
    let day = format!("(?:{day}(?:st|nd|rd|th)?|{said})");
    format!("(?:{month},? (?:the )?{day}|{day}(?: of)? {month})")
}

fn day_pt(day: &str, month: &str) -> String {
    let month = match month {
        "November" => "novembro",
        "December" => "dezembro",
        _ => "março",
    };
    let number = day.parse().map(portuguese).unwrap_or_default();
    format!("(?:{day}|{number})(?: de)? {month}")
}

fn unit_words(unit: &str) -> Result<(&'static str, &'static str)> {
    Ok(match unit.trim_end_matches('s') {
        "piece" => ("pieces?|pcs", "peças?|unidades?"),
        "pair" => ("pairs?", "pares|par"),
        "set" => ("sets?", "conjuntos?|jogos?|kits?|sets?"),
        "box" | "boxe" => ("box(?:es)?", "caixas?"),
        "cup" => ("cups?", "chávenas?|xícaras?|copos?"),
        "order" => ("orders?", "encomendas?|pedidos?"),
        "people" => ("people", "pessoas"),
        "second" => ("seconds?|sec|s", "segundos?|seg|s"),
        "minute" => ("minutes?|min", "minutos?|min"),
        "hour" => ("hours?|h", "horas?|h"),
        "day" => ("days?", "dias?"),
        "week" => ("weeks?", "semanas?"),
        "year" => ("years?", "anos?"),
        "mm" => ("mm|millimet(?:er|re)s?", "mm|milímetros?"),
        "cm" => ("cm|centimet(?:er|re)s?", "cm|centímetros?"),
        "m" => ("m|met(?:er|re)s?", "m|metros?"),
        "inche" => ("inch(?:es)?|in|\"|″|''", "polegadas?|\"|″|''"),
        "g" => ("g|gr|gram(?:me)?s?", "g|gr|gramas?"),
        "kg" => (
            "kg|kilos?|kilogram(?:me)?s?",
            "kg|quilos?|kilos?|quilogramas?",
        ),
        "ml" => ("ml|millilit(?:er|re)s?", "ml|mililitros?"),
        "l" => ("l|lit(?:er|re)s?", "l|litros?"),
        "W" => ("w|watts?", "w|watts?"),
        "%" => ("%|percent|per cent", "%|por cento"),
        "°C" => ("°c?|º|degrees?(?: celsius)?", "°c?|ºc?|graus?(?: celsius)?"),
        unknown => bail!("no words for the unit `{unknown}`"),
    })
}

/// 0 to 9,999 in English, as a pattern.
fn english(number: u32) -> String {
    match number {
        0..20 => ONES[number as usize].to_owned(),
        20..100 if number.is_multiple_of(10) => TENS[number as usize / 10].to_owned(),
        20..100 => format!(
            "{}[ -]?{}",
            TENS[number as usize / 10],
            english(number % 10)
        ),
        1972 => "(?:nineteen seventy[ -]two)".to_owned(),
        2026 => "(?:twenty twenty[ -]six)".to_owned(),
        100..1000 => {
            let hundreds = format!("(?:{}|a) hundred", english(number / 100));
            if number.is_multiple_of(100) {
                hundreds
            } else {
                format!("{hundreds} (?:and )?{}", english(number % 100))
            }
        }
        _ => {
            let thousands = format!("(?:{}|a) thousand", english(number / 1000));
            if number.is_multiple_of(1000) {
                thousands
            } else {
                format!("{thousands},? (?:and )?{}", english(number % 1000))
            }
        }
    }
}

const PORTUGUESE_ONES: [&str; 20] = [
    "zero",
    "uma?",
    "(?:dois|duas)",
    "três",
    "quatro",
    "cinco",
    "seis",
    "sete",
    "oito",
    "nove",
    "dez",
    "onze",
    "doze",
    "treze",
    "(?:ca|qua)torze",
    "quinze",
    "dez[ea]sseis",
    "dez[ea]ssete",
    "dezoito",
    "dez[ea]nove",
];
const PORTUGUESE_TENS: [&str; 10] = [
    "",
    "",
    "vinte",
    "trinta",
    "quarenta",
    "cinquenta",
    "sessenta",
    "setenta",
    "oitenta",
    "noventa",
];
const PORTUGUESE_HUNDREDS: [&str; 10] = [
    "",
    "cento",
    "duzent[oa]s",
    "trezent[oa]s",
    "quatrocent[oa]s",
    "quinhent[oa]s",
    "seiscent[oa]s",
    "setecent[oa]s",
    "oitocent[oa]s",
    "novecent[oa]s",
];

/// 0 to 9,999 in Portuguese of either side, as a pattern.
fn portuguese(number: u32) -> String {
    match number {
        0..20 => PORTUGUESE_ONES[number as usize].to_owned(),
        20..100 if number.is_multiple_of(10) => PORTUGUESE_TENS[number as usize / 10].to_owned(),
        20..100 => format!(
            "{} e {}",
            PORTUGUESE_TENS[number as usize / 10],
            portuguese(number % 10)
        ),
        100 => "cem".to_owned(),
        101..1000 if number.is_multiple_of(100) => {
            PORTUGUESE_HUNDREDS[number as usize / 100].to_owned()
        }
        101..1000 => format!(
            "{} e {}",
            PORTUGUESE_HUNDREDS[number as usize / 100],
            portuguese(number % 100)
        ),
        _ => {
            let count = if number < 2000 {
                "(?:um )?".to_owned()
            } else {
                format!("{} ", portuguese(number / 1000))
            };
            if number.is_multiple_of(1000) {
                format!("{count}mil")
            } else {
                format!("{count}mil,? (?:e )?{}", portuguese(number % 1000))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Tongue::{English, Portuguese};

    #[track_caller]
    fn check(fact: &str, line: &str, tongue: Tongue, is_right: bool) {
        let item = item(&format!("{{{fact}}}")).unwrap();
        let wrong = item.wrong(line, tongue);
        assert_eq!(wrong.is_empty(), is_right, "{fact} in `{line}`: {wrong:?}");
    }

    #[test]
    fn a_price_is_right_in_any_writing_and_wrong_with_another_number_or_currency() {
        for line in [
            "It is €1,299.",
            "1299 euros!",
            "one thousand two hundred and ninety-nine euros",
        ] {
            check("1299 EUR", line, English, true);
        }
        for line in [
            "Custa 1.299,00 €.",
            "€ 1.299",
            "mil duzentos e noventa e nove euros",
        ] {
            check("1299 EUR", line, Portuguese, true);
        }
        for line in ["$1,299", "€1,298", "€11,299", "€1,299.50", "1299"] {
            check("1299 EUR", line, English, false);
        }
        for line in [
            "18 euros 90",
            "€18.90",
            "18.9 euros",
            "eighteen euros ninety",
            "€18 and 90 cents",
        ] {
            check("18.90 EUR", line, English, true);
        }
        check("18.90 EUR", "18 euros e 90 cêntimos", Portuguese, true);
        check("18.90 EUR", "18 euros", English, false);
    }

    #[test]
    fn fifteen_is_not_fifty_and_no_digit_may_be_left_over() {
        check("15 pieces", "There are fifteen pieces.", English, true);
        check("15 pieces", "There are 50 pieces.", English, false);
        check(
            "15 pieces",
            "There are 15 pieces, 3 of them red.",
            English,
            false,
        );
        check("15 pieces", "São quinze peças.", Portuguese, true);
        check("15 pieces", "São 15 libras.", Portuguese, false);
    }

    #[test]
    fn names_sizes_days_and_article_numbers() {
        check("name Aurora", "The Aurora's light", English, true);
        check("name Aurora", "The Auroras", English, false);
        check("word walnut|nogueira/noz", "de nogueira", Portuguese, true);
        check("size XL", "o tamanho XL", Portuguese, true);
        check("24 November", "a 24 de novembro", Portuguese, true);
        check("sku AU-114", "It's AU one one four.", English, true);
        check("sku AU-114", "AU-140", English, false);
    }

    #[test]
    fn the_list_is_long_and_every_sentence_holds_its_own_facts() {
        let items = items().unwrap();
        assert!(items.len() >= 200, "{}", items.len());
        for item in items {
            assert_eq!(
                item.wrong(&item.written, English),
                [""; 0],
                "{}",
                item.written
            );
        }
    }
}
