//! The English stream with known word times: the rows about latency, errors, flicker and cost.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use tests::words::{compare, normal};
use translate::{Caption, CaptionKind, Loaded};

use super::run::{Run, caption};
use super::seen::{Said, Seen, percentile};
use crate::bench::row::Row;

/// Goals, seconds and shares (the second figure of a pair is the 95th percentile).
const SHOWN_S: (f64, f64) = (0.6, 1.2);
const COMMITTED_S: (f64, f64) = (1.3, 2.2);
const WORD_ERRORS: f64 = 0.05;
const FLICKER: f64 = 0.10;
const STREAMS_A_CORE: f64 = 4.0;
const TRANSLATION_LAG_S: f64 = 0.15;

/// Rows of a reader of English alone.
pub(super) fn measure(loaded: &Loaded, file: &Path, words: &Path, text: bool) -> Result<Vec<Row>> {
    let said = read_words(words)?;
    let run = caption(loaded, file, Some("en"), &["en"], &Arc::default())?;
    let heard = run.finals("en");
    if text {
        println!("{heard}\n");
    }
    let mut rows = delays(&run, &said);
    let reference: Vec<&str> = said.iter().map(|said| said.word.as_str()).collect();
    let errors = compare(&reference.join(" "), &heard);
    let rate = errors.rate();
    let figure = format!(
        "{:.1} % ({} of {} words)",
        100.0 * rate,
        errors.errors,
        errors.words
    );
    rows.push(Row::at_most(
        "word errors of committed text, English stream",
        "at most 5.0 %",
        rate,
        WORD_ERRORS,
        figure,
    ));
    let flicker = Seen::of(english(&run)).flicker();
    let figure = format!(
        "{:.2} (normalised erasure {:.2})",
        flicker.changed, flicker.erasure
    );
    rows.push(Row::at_most(
        "words erased or changed over final words, as shown",
        "at most 0.10",
        flicker.changed,
        FLICKER,
        figure,
    ));
    rows.push(Row::at_most(
        "committed words that changed",
        "none",
        flicker.broken as f64,
        0.0,
        flicker.broken.to_string(),
    ));
    let cost = run.spent.decoding_ms as f64 / run.spent.audio_ms as f64;
    let figure = format!(
        "{:.1} ({cost:.3} CPU s per audio s, {} decodes of {} ms)",
        1.0 / cost,
        run.spent.decodes,
        run.spent.decoding_ms / run.spent.decodes.max(1)
    );
    rows.push(Row::at_least(
        "live streams a core with partials",
        "at least 4",
        1.0 / cost,
        STREAMS_A_CORE,
        figure,
    ));
    Ok(rows)
}

/// Rows of the same stream while somebody reads Portuguese.
pub(super) fn translation(loaded: &Loaded, file: &Path, words: &Path) -> Result<Vec<Row>> {
    let said = read_words(words)?;
    let run = caption(loaded, file, Some("en"), &["en", "pt"], &Arc::default())?;
    let finals = |language: &str| {
        let chosen = |caption: &&Caption| {
            caption.kind == CaptionKind::Final && caption.language.0 == language
        };
        run.captions.iter().filter(chosen).collect::<Vec<_>>()
    };
    let (sources, translations) = (finals("en"), finals("pt"));
    let lag = |line: &&Caption| {
        let source = sources.iter().find(|source| source.id == line.id)?;
        Some((line.emitted_ms - source.emitted_ms) as f64 / 1_000.0)
    };
    let lags: Vec<f64> = translations.iter().filter_map(lag).collect();
    let (p50, p95) = (percentile(&lags, 0.5), percentile(&lags, 0.95));
    let figure = format!(
        "{p50:.2} s (p95 {p95:.2}, {} of {} lines)",
        lags.len(),
        sources.len()
    );
    let mut rows = vec![Row::at_most(
        "translated line after its source, p50",
        "at most 0.15 s",
        p50,
        TRANSLATION_LAG_S,
        figure,
    )];
    for row in delays(&run, &said) {
        rows.push(Row::note(
            &format!("{}, with a reader of Portuguese", row.what),
            row.value,
            row.figure,
        ));
    }
    let cost = run.spent.translating_ms as f64 / run.spent.audio_ms as f64;
    let figure = format!(
        "{cost:.3} CPU s per audio s, {} lines of {} ms",
        run.spent.translations,
        run.spent.translating_ms / run.spent.translations.max(1)
    );
    rows.push(Row::note(
        "translation of partials and finals",
        cost,
        figure,
    ));
    Ok(rows)
}

fn english(run: &Run) -> impl Iterator<Item = &Caption> {
    run.captions
        .iter()
        .filter(|caption| caption.language.0 == "en")
}

fn delays(run: &Run, said: &[Said]) -> Vec<Row> {
    let seen = Seen::of(english(run));
    let row = |what: &str, delays: &[f64], (p50, p95): (f64, f64)| {
        let value = |share| percentile(delays, share) / 1_000.0;
        let (median, tail) = (value(0.5), value(0.95));
        let goal = format!("p50 at most {p50} s, p95 {p95} s");
        let figure = format!(
            "p50 {median:.2} s, p95 {tail:.2} s ({} words)",
            delays.len()
        );
        Row {
            met: Some(median <= p50 && tail <= p95),
            ..Row::at_most(what, &goal, median, p50, figure)
        }
    };
    vec![
        row("word first shown after its end", &seen.shown(said), SHOWN_S),
        row(
            "word committed after its end",
            &seen.committed(said),
            COMMITTED_S,
        ),
    ]
}

/// Reads `[["word", start_s, end_s], …]`. A word of the file may be several of ours (`10001`).
fn read_words(path: &Path) -> Result<Vec<Said>> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let words: Vec<(String, Option<f64>, Option<f64>)> = serde_json::from_str(&text)
        .with_context(|| format!("{} is not a list of [word, start, end]", path.display()))?;
    let mut said = Vec::with_capacity(words.len());
    for (word, start_s, end_s) in words {
        let parts = normal(&word);
        // Only a word that is one of ours has a time that is its own.
        let own = |seconds: Option<f64>| seconds.filter(|_| parts.len() == 1).map(|s| s * 1_000.0);
        let (start_ms, end_ms) = (own(start_s), own(end_s));
        said.extend(parts.into_iter().map(|word| Said {
            word,
            start_ms,
            end_ms,
        }));
    }
    Ok(said)
}
