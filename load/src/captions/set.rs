//! A folder of clips: word errors of every language, translations where the same is also there in
//! English, and sounds that must give no text.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use tests::sound::{not_speech, write_wav};
use tests::words::{Errors, compare};
use translate::{Language, Loaded};

use super::chrf::Chrf;
use super::run::caption;
use crate::bench::row::Row;

/// How long each sound lasts that must give no text.
const QUIET_S: usize = 60;

#[derive(Debug, Deserialize)]
struct Clip {
    file: String,
    #[serde(alias = "lang")]
    language: String,
    text: Option<String>,
}

impl Clip {
    /// What is the same in all languages: `ast_agent-pass` of `es/ast_agent-pass.flac`.
    fn prompt(&self) -> &str {
        self.file.rsplit('/').next().unwrap_or_default()
    }
}

#[derive(Default)]
struct Tally {
    errors: Errors,
    clips: usize,
    audio_ms: u64,
    decoding_ms: u64,
    english: Chrf,
    translated: usize,
}

/// Word errors and cost of each language, and chrF of what is translated to English.
pub(super) fn measure(
    loaded: &Loaded,
    set: &Path,
    languages: &[String],
    text: bool,
) -> Result<Vec<Row>> {
    let manifest = set.join("manifest.json");
    let json =
        std::fs::read(&manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
    let clips: Vec<Clip> = serde_json::from_slice(&json)
        .with_context(|| format!("{} is no manifest", manifest.display()))?;
    let english: HashMap<&str, &str> = clips
        .iter()
        .filter(|clip| clip.language == "en")
        .filter_map(|clip| Some((clip.prompt(), clip.text.as_deref()?)))
        .collect();
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    for clip in &clips {
        let Some(reference) = &clip.text else {
            continue;
        };
        let left_out = !languages.is_empty() && !languages.contains(&clip.language);
        if left_out || !loaded.hears(&Language(clip.language.clone())) {
            continue;
        }
        let twin = english.get(clip.prompt()).filter(|_| clip.language != "en");
        let targets: &[&str] = if twin.is_some() { &["en"] } else { &[] };
        let run = caption(
            loaded,
            &set.join(&clip.file),
            Some(&clip.language),
            targets,
            &Arc::default(),
        )?;
        let heard = run.finals(&clip.language);
        let tally = tallies.entry(&clip.language).or_default();
        let errors = compare(reference, &heard);
        if text {
            println!("{:5.1} %  {}  {heard}", 100.0 * errors.rate(), clip.file);
        }
        tally.errors = tally.errors.and(errors);
        tally.clips += 1;
        tally.audio_ms += run.spent.audio_ms;
        tally.decoding_ms += run.spent.decoding_ms;
        if let Some(reference) = twin {
            tally.english.add(&run.finals("en"), reference);
            tally.translated += 1;
        }
    }
    Ok(tallies
        .iter()
        .flat_map(|(language, tally)| rows(language, tally))
        .collect())
}

fn rows(language: &str, tally: &Tally) -> Vec<Row> {
    let rate = tally.errors.rate();
    let cost = tally.decoding_ms as f64 / tally.audio_ms.max(1) as f64;
    let figure = format!(
        "{:.1} % ({} words in {} clips, {cost:.2} CPU s per audio s)",
        100.0 * rate,
        tally.errors.words,
        tally.clips
    );
    let mut rows = vec![Row::note(&format!("word errors, {language}"), rate, figure)];
    if tally.translated > 0 {
        let score = tally.english.score();
        let figure = format!("{score:.1} ({} clips)", tally.translated);
        rows.push(Row::note(
            &format!("chrF2 of {language} → en"),
            score,
            figure,
        ));
    }
    rows
}

/// Characters emitted on sounds that are no speech, whether the language is set or to be found.
pub(super) fn quiet(loaded: &Loaded) -> Result<Row> {
    let folder = tempfile::tempdir()?;
    let mut found = Vec::new();
    let mut characters = 0;
    for (name, samples) in not_speech(QUIET_S) {
        let file = folder.path().join("sound.wav");
        write_wav(&file, 16_000, &samples)?;
        for language in [None, Some("en")] {
            let run = caption(loaded, &file, language, &[], &Arc::default())?;
            let count: usize = run
                .captions
                .iter()
                .map(|caption| caption.text.chars().count())
                .sum();
            if count > 0 {
                found.push(format!("{name}: {count}"));
            }
            characters += count;
        }
    }
    let figure = if found.is_empty() {
        "none".to_owned()
    } else {
        found.join(", ")
    };
    Ok(Row::at_most(
        "characters shown on a minute each of silence, noise, hum, tones, music, applause, keyboard",
        "none",
        characters as f64,
        0.0,
        figure,
    ))
}
