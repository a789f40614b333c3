//! The sentences of a sale read aloud: how many of their names, prices and quantities are right in
//! the committed English line and in its Portuguese translation.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, ensure};
use tests::sale::{self, Item, Tongue};
use tests::shelf::glossary;
use translate::Loaded;

use super::run::caption;
use crate::bench::row::Row;

/// Goal, share of the sentences.
const RIGHT: f64 = 0.99;

/// What was right of one kind of line.
#[derive(Debug, Default)]
struct Tally {
    items: usize,
    items_right: usize,
    facts: usize,
    facts_right: usize,
}

impl Tally {
    fn add(&mut self, item: &Item, wrong: &[String]) {
        let lost = wrong
            .iter()
            .filter(|wrong| !wrong.starts_with("stray"))
            .count();
        self.items += 1;
        self.items_right += usize::from(wrong.is_empty());
        self.facts += item.facts.len();
        self.facts_right += item.facts.len() - lost;
    }

    fn share(&self) -> f64 {
        self.items_right as f64 / self.items.max(1) as f64
    }

    fn figure(&self) -> String {
        format!(
            "{:.1} % of {} sentences, {:.1} % of {} facts",
            100.0 * self.share(),
            self.items,
            100.0 * self.facts_right as f64 / self.facts.max(1) as f64,
            self.facts,
        )
    }
}

/// The list in `folder`, through recogniser and translation.
pub(super) fn measure(loaded: &Loaded, folder: &Path, text: bool) -> Result<Vec<Row>> {
    let items = sale::items()?;
    let glossary = Arc::new(glossary()?);
    let (mut heard, mut translated) = (Tally::default(), Tally::default());
    let mut kept = 0;
    for (number, item) in (1..).zip(&items) {
        let file = folder.join(format!("{number:03}.flac"));
        ensure!(
            file.exists(),
            "{} is missing: run .ci/glossary-speech again",
            file.display()
        );
        let run = caption(loaded, &file, Some("en"), &["en", "pt"], &glossary)?;
        let (english, portuguese) = (run.finals("en"), run.finals("pt"));
        let wrong = item.wrong(&english, Tongue::English);
        let mut wrong_after = item.wrong(&portuguese, Tongue::Portuguese);
        if run.is_kept() {
            // The reader sees the spoken line, and that it is one; it counts as wrong.
            kept += 1;
            wrong_after = item.facts.iter().map(|fact| fact.name.clone()).collect();
        }
        if text && !(wrong.is_empty() && wrong_after.is_empty()) {
            println!(
                "{number:03} {}\n    en {english}\n       {wrong:?}",
                item.written
            );
            println!("    pt {portuguese}\n       {wrong_after:?}");
        }
        heard.add(item, &wrong);
        translated.add(item, &wrong_after);
    }
    Ok(vec![
        Row::note("facts of a sale, as heard", heard.share(), heard.figure()),
        Row::at_least(
            "facts of a sale, as translated",
            "at least 99 % of the sentences",
            translated.share(),
            RIGHT,
            format!("{}; {kept} kept as spoken and marked", translated.figure()),
        ),
    ])
}
