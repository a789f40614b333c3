//! What a reader of a translation may trust: names, numbers, prices and measures are those of the
//! spoken line, or the reader gets the spoken line. It judges text alone, so it serves every engine.

use crate::Language;
use crate::facts::{Fact, Unit, facts};
use crate::glossary::Glossary;
use crate::ports::{EngineError, Translator};

/// A line for a reader of another language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faithful {
    /// The line.
    pub text: String,
    /// No translation of it could be trusted: `text` is what was spoken.
    pub kept: bool,
}

/// Translates `line`; at most three times, until names and numbers are right.
///
/// # Errors
/// When the translator fails.
pub fn translate(
    translator: &mut dyn Translator,
    from: &Language,
    to: &Language,
    line: &str,
    glossary: &Glossary,
) -> Result<Faithful, EngineError> {
    if from.base() == to.base() {
        return Ok(Faithful {
            text: translator.translate(from, to, line)?,
            kept: false,
        });
    }
    let prices_said = rewritten(line, from, |fact| fact.unit.is_some_and(Unit::is_money));
    let all_in_digits = rewritten(line, from, |fact| {
        fact.unit.is_some() || fact.in_words && fact.is_firm()
    });
    let mut ways = vec![glossary.hide(&prices_said), glossary.hide(&all_in_digits)];
    ways.dedup();
    for way in ways {
        let translation = translator.translate(from, to, &way.line)?;
        let shown = way.show(&translation);
        if let Some(text) = shown.and_then(|text| right(line, from, &text, to)) {
            return Ok(Faithful { text, kept: false });
        }
    }
    Ok(Faithful {
        text: line.to_owned(),
        kept: true,
    })
}

/// What a reader may see of a `translation` that cannot be asked for again: put right, or the
/// spoken line.
#[must_use]
pub fn checked(source: &str, from: &Language, translation: &str, to: &Language) -> Faithful {
    let shown = right(source, from, translation, to);
    Faithful {
        kept: shown.is_none(),
        text: shown.unwrap_or_else(|| source.to_owned()),
    }
}

/// `translation` when it says the numbers of `source`: as it is, or with a wrong one put right.
/// Nothing when it cannot be put right.
#[must_use]
pub fn right(source: &str, from: &Language, translation: &str, to: &Language) -> Option<String> {
    let said = facts(source, from.base());
    let mut shown: Vec<Option<Fact>> = facts(translation, to.base())
        .into_iter()
        .map(Some)
        .collect();
    let (mut lost, mut loose): (Vec<&Fact>, Vec<&Fact>) = Default::default();
    for fact in &said {
        let same = |other: &&mut Option<Fact>| other.as_ref().is_some_and(|other| fact.says(other));
        match shown.iter_mut().find(same) {
            Some(found) => *found = None,
            None if fact.is_firm() => lost.push(fact),
            None => loose.push(fact),
        }
    }
    let left: Vec<Fact> = shown.into_iter().flatten().collect();
    // A `two` may become `both`, but it does not become a `three`.
    let counts = |fact: &Fact| !fact.is_firm() && fact.number.as_str() > "1";
    if loose.into_iter().any(counts) && left.iter().any(counts) {
        return None;
    }
    let mut extra: Vec<Fact> = left.into_iter().filter(Fact::is_added).collect();
    let mut text = translation.to_owned();
    // From the end, so that the places before it stay.
    while let Some(wrong) = extra.pop() {
        let at = nearest(&lost, &wrong, extra.len())?;
        let fact = lost.remove(at);
        text.replace_range(wrong.range.clone(), &fact.write(to.base()));
    }
    lost.is_empty().then_some(text)
}

/// Which lost fact belongs where `wrong` stands: the one with the same number, else of the same
/// unit, else the only one left.
fn nearest(lost: &[&Fact], wrong: &Fact, others: usize) -> Option<usize> {
    let only = |matches: &dyn Fn(&Fact) -> bool| {
        let mut found = lost.iter().enumerate().filter(|(_, fact)| matches(fact));
        let first = found.next()?.0;
        found.next().is_none().then_some(first)
    };
    only(&|fact| fact.number == wrong.number)
        .or_else(|| only(&|fact| fact.unit.is_some() && fact.unit == wrong.unit))
        .or_else(|| (others == 0 && lost.len() == 1 && compatible(lost[0], wrong)).then_some(0))
}

/// Euros may not stand where metres stood.
fn compatible(fact: &Fact, wrong: &Fact) -> bool {
    fact.unit.is_none() || wrong.unit.is_none() || fact.unit == wrong.unit
}

/// The line with some of its numbers as models copy them best: digits, and the unit as a word. Some
/// models do not even know the sign for the euro.
fn rewritten(line: &str, language: &Language, which: impl Fn(&Fact) -> bool) -> String {
    let mut written = line.to_owned();
    for fact in facts(line, language.base())
        .iter()
        .rev()
        .filter(|fact| which(fact))
    {
        written.replace_range(fact.range.clone(), &fact.say(language.base()));
    }
    written
}

#[cfg(test)]
mod tests {
    use super::{Faithful, right, translate};
    use crate::Language;
    use crate::glossary::{Glossary, Product};
    use crate::ports::{EngineError, Translator};

    fn tag(tag: &str) -> Language {
        Language(tag.to_owned())
    }

    #[track_caller]
    fn check(source: &str, translation: &str, expected: Option<&str>) {
        let found = right(source, &tag("en"), translation, &tag("pt-BR"));
        assert_eq!(found.as_deref(), expected, "{source} | {translation}");
    }

    #[test]
    fn a_right_translation_stays_as_it_is() {
        check(
            "It is €1,299.",
            "Custa 1.299,00 €.",
            Some("Custa 1.299,00 €."),
        );
        check(
            "Only fifteen pieces",
            "Só quinze peças",
            Some("Só quinze peças"),
        );
        check(
            "One of them is red",
            "Um deles é vermelho",
            Some("Um deles é vermelho"),
        );
        check(
            "both, two for you",
            "ambos para você",
            Some("ambos para você"),
        );
        check("an hour", "uma hora", Some("uma hora"));
        check("no numbers", "sem números", Some("sem números"));
    }

    #[test]
    fn a_wrong_price_is_put_right() {
        check(
            "It is fifteen euros.",
            "São 50 euros.",
            Some("São 15 euros."),
        );
        check("It is €49.", "São 49 dólares.", Some("São 49 euros."));
        check("It is €49.", "São 49.", Some("São 49 euros."));
        check(
            "It is $1,299.",
            "São 1,299 dólares.",
            Some("São 1.299 dólares."),
        );
        check(
            "12 pieces at €30",
            "12 pedaços a 30 euros",
            Some("12 peças a 30 euros"),
        );
        check(
            "13 cm by 30 cm",
            "13 cm por 30 metros",
            Some("13 cm por 30 centímetros"),
        );
    }

    #[test]
    fn what_cannot_be_put_right_is_refused() {
        check("It is fifteen euros.", "É barato.", None);
        check("It is cheap.", "São 50 euros.", None);
        check("€15, not €50 or €60", "70 euros, não 80", None);
        check("30 cm", "São 50 euros", None);
        check("Take two for €30", "Pegue três por 30 euros", None);
    }

    /// Says what it was told to, once after the other.
    struct Says(Vec<&'static str>);

    impl Translator for Says {
        fn translate(
            &mut self,
            _: &Language,
            _: &Language,
            _: &str,
        ) -> Result<String, EngineError> {
            Ok(self.0.remove(0).to_owned())
        }
    }

    #[test]
    fn the_spoken_line_is_kept_and_marked_when_nothing_helps() {
        let product = Product {
            title: "Aurora lamp".to_owned(),
            titles: vec!["Lâmpada Aurora".to_owned()],
            ..Product::default()
        };
        let glossary = Glossary::of(&[product]);
        let run = |says: &[&'static str], line: &str| {
            translate(
                &mut Says(says.to_vec()),
                &tag("en"),
                &tag("pt"),
                line,
                &glossary,
            )
            .unwrap()
        };
        let kept = |text: &str, kept| Faithful {
            text: text.to_owned(),
            kept,
        };
        assert_eq!(
            run(&["O Sony custa 15 euros"], "The aurora is €15"),
            kept("O Aurora custa 15 euros", false)
        );
        assert_eq!(
            run(&["A aurora custa 15 euros"], "The Aurora is €15"),
            kept("The Aurora is €15", true)
        );
        // Number words are tried again as digits.
        assert_eq!(
            run(&["É caro", "Só 15 peças"], "Only fifteen pieces"),
            kept("Só 15 peças", false)
        );
        assert_eq!(
            run(&["É caro", "É barato"], "Only fifteen pieces"),
            kept("Only fifteen pieces", true)
        );
    }
}
