//! Names, prices and quantities of a live sale (`fixtures/glossary`): through translation the whole
//! list, from the voice to the translation a few of its sentences.

use std::sync::Arc;

use anyhow::ensure;
use tests::sale::{Tongue, folder, items};
use tests::shelf::glossary;
use translate::file::{AudioFile, Pace, Settings};
use translate::glossary::Glossary;
use translate::{CaptionKind, Language, Loaded, Output, faithful};

/// Sentences whose translation holds every fact (docs/benchmarks.md has the figure), and the most
/// that may be kept as spoken. Neither may get worse.
const RIGHT_MIN: usize = 220;
const KEPT_MAX: usize = 2;

/// Sentences whose sound is kept here, and how many of them must arrive: five did when it was
/// measured, and the words a decode commits depend a little on the machine.
const CLIPS: [usize; 10] = [1, 26, 30, 31, 51, 74, 84, 96, 119, 186];
const CLIPS_RIGHT_MIN: usize = 4;

fn tag(tag: &str) -> Language {
    Language(tag.to_owned())
}

#[test]
fn a_translation_holds_the_facts_of_its_line() -> anyhow::Result<()> {
    let (items, glossary) = (items()?, glossary()?);
    let mut engines = Loaded::load(None)?.engines()?;
    let (mut right, mut kept) = (0, 0);
    for item in &items {
        let translator = engines.translator.as_mut();
        let line =
            faithful::translate(translator, &tag("en"), &tag("pt"), &item.written, &glossary)?;
        let wrong = item.wrong(&line.text, Tongue::Portuguese);
        kept += usize::from(line.kept);
        if wrong.is_empty() && !line.kept {
            right += 1;
        } else {
            println!("{}\n  {} {wrong:?}", item.written, line.text);
        }
    }
    println!("{right} of {} right, {kept} kept as spoken", items.len());
    ensure!(
        right >= RIGHT_MIN && kept <= KEPT_MAX,
        "{right} right, {kept} kept"
    );
    Ok(())
}

#[test]
fn what_is_said_aloud_arrives_in_another_language() -> anyhow::Result<()> {
    let (items, glossary) = (items()?, Arc::new(glossary()?));
    let loaded = Loaded::load(None)?;
    let mut right = 0;
    for number in CLIPS {
        let item = &items[number - 1];
        let heard = heard(&loaded, number, &glossary)?;
        let wrong = item.wrong(&heard, Tongue::Portuguese);
        println!("{number:03} {heard} {wrong:?}");
        right += usize::from(wrong.is_empty());
    }
    ensure!(right >= CLIPS_RIGHT_MIN, "{right} of {} right", CLIPS.len());
    Ok(())
}

/// The Portuguese lines of a clip.
fn heard(loaded: &Loaded, number: usize, glossary: &Arc<Glossary>) -> anyhow::Result<String> {
    let file = folder().join(format!("clips/{number:03}.flac"));
    let settings = Settings {
        language: Some(tag("en")),
        targets: [tag("pt")].into(),
        glossary: Arc::clone(glossary),
        pace: Pace::Virtual,
    };
    let mut lines = Vec::new();
    let each = |output| {
        if let Output::Caption { caption, .. } = output
            && caption.kind == CaptionKind::Final
            && caption.language == tag("pt")
        {
            lines.push(caption.text);
        }
    };
    let audio = AudioFile::open(&file)?;
    translate::file::caption(
        audio,
        loaded.engines()?,
        loaded.routes(),
        &settings,
        each,
        |_| (),
    )?;
    Ok(lines.join(" "))
}
