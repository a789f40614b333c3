//! `load captions`: live captions against their goals. Files go through the pipeline of a live
//! show in virtual time: audio arrives on the media clock, every decode takes the processor time
//! it was measured to take, so a run needs no real time and a busy machine blurs it little.

mod chrf;
mod glossary;
mod run;
mod seen;
mod set;
mod stream;

use std::path::PathBuf;

use anyhow::{Result, ensure};
use translate::Loaded;

use crate::bench::figures::Figures;
use crate::measure::Ticks;

/// Arguments of `load captions`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder of clips with a manifest.json; its stream_en.flac and .words.json are used as well
    #[arg(long, value_name = "DIR")]
    set: Option<PathBuf>,
    /// English speech whose words have known times
    #[arg(long, value_name = "FILE", requires = "words")]
    stream: Option<PathBuf>,
    /// The words: `[["word", start_s, end_s], …]`
    #[arg(long, value_name = "JSON", requires = "stream")]
    words: Option<PathBuf>,
    /// Only these parts, e.g. `--only stream,quiet`
    #[arg(long, value_delimiter = ',')]
    only: Vec<Part>,
    /// Only these languages of the set
    #[arg(long, value_delimiter = ',', value_name = "TAG,TAG")]
    languages: Vec<String>,
    /// Folder of the glossary list read aloud
    #[arg(long, value_name = "DIR", default_value = "target/glossary")]
    glossary: PathBuf,
    /// Model directory [default: $VITRINE_MODELS, else the XDG cache]
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// Print what was heard
    #[arg(long)]
    text: bool,
    /// Exit with 1 when a goal is missed
    #[arg(long)]
    strict: bool,
    /// Write the rows here as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Latency, errors, flicker and cost of the English stream
    Stream,
    /// The same stream with a reader of Portuguese
    Translation,
    /// What must give no text
    Quiet,
    /// Errors in every language of the set, and its translations
    Set,
    /// Names, prices and quantities of a sale, read aloud by `.ci/glossary-speech`
    Glossary,
}

/// Whether a part is asked for that needs files given by the caller.
fn wanted_of_files(only: &[Part]) -> bool {
    only.is_empty()
        || only
            .iter()
            .any(|part| !matches!(part, Part::Quiet | Part::Glossary))
}

/// Prints the table; with `--strict`, whether all goals are met.
pub(crate) fn run(args: &Args) -> Result<bool> {
    let in_set = |name: &str| args.set.as_ref().map(|set| set.join(name));
    let stream = args.stream.clone().or_else(|| in_set("stream_en.flac"));
    let words = args
        .words
        .clone()
        .or_else(|| in_set("stream_en.words.json"));
    let stream = stream.zip(words).filter(|(stream, _)| stream.exists());
    let wanted = |part| args.only.is_empty() || args.only.contains(&part);
    ensure!(
        stream.is_some() || args.set.is_some() || !wanted_of_files(&args.only),
        "nothing to measure: give --set or --stream"
    );
    let loaded = Loaded::load(args.models.as_deref())?;
    let (before, mut rows) = (Ticks::now(), Vec::new());
    if let Some((file, words)) = stream {
        if wanted(Part::Stream) {
            rows.extend(stream::measure(&loaded, &file, &words, args.text)?);
        }
        if wanted(Part::Translation) {
            rows.extend(stream::translation(&loaded, &file, &words)?);
        }
    }
    if wanted(Part::Quiet) {
        rows.push(set::quiet(&loaded)?);
    }
    if wanted(Part::Set)
        && let Some(set) = &args.set
    {
        rows.extend(set::measure(&loaded, set, &args.languages, args.text)?);
    }
    let is_read_aloud = args.glossary.join("001.flac").exists();
    ensure!(
        is_read_aloud || !args.only.contains(&Part::Glossary),
        "nothing in {}: run .ci/glossary-speech first",
        args.glossary.display()
    );
    if wanted(Part::Glossary) && is_read_aloud {
        rows.extend(glossary::measure(&loaded, &args.glossary, args.text)?);
    }
    let all_met = Figures::new(before, rows).publish(args.json.as_deref())?;
    Ok(!args.strict || all_met)
}
