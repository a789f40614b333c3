//! Confusable numbers, prices in every writing, and what is no number.

use super::{Fact, facts};

fn said(line: &str, language: &str) -> Vec<String> {
    let show = |fact: &Fact| match fact.unit {
        Some(unit) => format!("{} {}", fact.number.as_str(), unit.symbol()),
        None => fact.number.as_str().to_owned(),
    };
    facts(line, language).iter().map(show).collect()
}

#[track_caller]
fn check(language: &str, cases: &[(&str, &[&str])]) {
    for (line, expected) in cases {
        assert_eq!(said(line, language), *expected, "{line}");
    }
}

#[test]
fn prices_in_english() {
    check(
        "en",
        &[
            ("It is €1,299 today.", &["1299 EUR"]),
            (
                "one thousand two hundred and ninety-nine euros",
                &["1299 EUR"],
            ),
            ("$19.99, not US$ 90", &["19.99 USD", "90 USD"]),
            ("18 euros 90 for the candle", &["18.9 EUR"]),
            ("79 dollars and 99 cents", &["79.99 USD"]),
            ("199 reais or R$ 35", &["199 BRL", "35 BRL"]),
            ("88 yuan, 99 RMB and ¥60", &["88 CNY", "99 CNY", "60 CNY"]),
            ("two for 30 pounds", &["2", "30 GBP"]),
        ],
    );
}

#[test]
fn fifteen_is_not_fifty() {
    check(
        "en",
        &[
            ("fifteen pieces", &["15 piece"]),
            ("fifty pieces", &["50 piece"]),
            ("12 pieces at thirteen, 30 cm", &["12 piece", "13", "30 cm"]),
            ("80 percent wool, 2.5 % silk", &["80 %", "2.5 %"]),
            ("1.7 l at 30°C in 4 minutes", &["1.7 l", "30 °C", "4 min"]),
        ],
    );
}

#[test]
fn other_languages_part_their_numbers_otherwise() {
    check(
        "pt",
        &[
            ("1.299,00 €", &["1299 EUR"]),
            ("mil duzentos e noventa e nove euros", &["1299 EUR"]),
            ("R$ 1.890 por quinze peças", &["1890 BRL", "15 piece"]),
            ("1,299 euros", &["1.299 EUR"]),
            ("50 por cento, 12 pedaços", &["50 %", "12 fragment"]),
            ("18 euros e 90 cêntimos", &["18.9 EUR"]),
        ],
    );
    check(
        "de",
        &[("1.299,50 Euro für 3 Stück", &["1299.5 EUR", "3 piece"])],
    );
    check("fr", &[("1\u{202f}299 euros", &["1299 EUR"])]);
    check("es", &[("dos mil quinientos dólares", &["2500 USD"])]);
    check("zh", &[("今天1,299元", &["1299 CNY"])]);
}

#[test]
fn a_rank_is_one_piece_and_loose() {
    let fact = &facts("o 17o lugar", "pt")[0];
    assert_eq!((fact.range.clone(), fact.is_firm()), (2..5, true));
    assert!(!facts("1st the lamp", "en")[0].is_firm());
}

#[test]
fn what_a_reader_gets_is_in_the_readers_form() {
    let written = |line: &str, to: &str| facts(line, "en")[0].write(to);
    assert_eq!(written("€1,299.50", "pt"), "1.299,50 euros");
    assert_eq!(written("12 pieces", "pt"), "12 peças");
    assert_eq!(written("R$ 450", "pt"), "450 reais");
    assert_eq!(written("$19.90", "en"), "$19.90");
    assert_eq!(written("in 1972", "pt"), "1972");
    assert_eq!(written("50 percent", "pt"), "50%");
    assert_eq!(written("€49", "ja"), "49 EUR");
}
