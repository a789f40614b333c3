//! `vitrine models`: fetch, list and verify the models of speech and translation.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use translate::languages::Languages;
use translate::models::{self, Installed, Listing, Progress, State};
use translate::tag::Tag;

/// Arguments of `vitrine models`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,

    /// Model directory; the XDG cache when not given
    #[arg(long, value_name = "DIR", global = true, env = models::DIRECTORY_VARIABLE)]
    models: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Download and convert what is not there yet
    Fetch {
        /// Names from `vitrine models list`; all when none is given
        names: Vec<String>,
    },
    /// Show each model with its languages, size, state and licence
    List,
    /// Hash every file again and compare
    Verify,
}

/// Runs `vitrine models`.
///
/// # Errors
/// When a model cannot be fetched, or one is missing or damaged on `verify`.
pub fn run(args: Args) -> anyhow::Result<()> {
    let directory = models::directory(args.models.as_deref());
    let unreadable = || format!("the models in `{}` cannot be read", directory.display());
    match args.action {
        Action::Fetch { names } => Ok(models::fetch(&directory, &names, &Progress::detect())?),
        Action::List => {
            let listings = models::list(&directory).with_context(unreadable)?;
            print(&directory, &listings).context("stdout was closed")?;
            let installed = Installed::scan(&directory).with_context(unreadable)?;
            advise(&installed).context("stdout was closed")
        }
        Action::Verify => {
            let listings =
                models::verify(&directory, &Progress::detect()).with_context(unreadable)?;
            print(&directory, &listings).context("stdout was closed")?;
            let is_bad = |l: &&Listing| matches!(l.state, State::Missing | State::Damaged(_));
            match listings.iter().filter(is_bad).count() {
                0 => Ok(()),
                bad => bail!("{bad} of {} are missing or damaged", listings.len()),
            }
        }
    }
}

fn print(directory: &Path, listings: &[Listing]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", directory.display())?;
    let name_width = listings
        .iter()
        .map(|listing| listing.name.len())
        .max()
        .unwrap_or(0);
    for listing in listings {
        let Listing {
            name,
            languages,
            licence,
            ..
        } = listing;
        let state = state(&listing.state);
        let size = models::megabytes(listing.bytes);
        writeln!(out, "  {name:name_width$}  {size:>8}  {state}")?;
        if !languages.is_empty() {
            writeln!(out, "  {:name_width$}            {languages}", "")?;
        }
        writeln!(out, "  {:name_width$}            licence: {licence}", "")?;
    }
    out.flush()
}

/// Says which models would make good subtitles between the languages of the pages.
fn advise(installed: &Installed) -> io::Result<()> {
    const PAGES: [&str; 5] = ["de", "en", "es", "pt", "zh"];
    let languages = Languages::of(installed, installed.recognizer(None));
    let tags = PAGES.map(Tag::parse);
    let ways = tags
        .iter()
        .flat_map(|spoken| tags.iter().map(move |read| (spoken, read)));
    let lacking: BTreeSet<String> = ways
        .filter_map(|(spoken, read)| languages.lacking(spoken, read))
        .map(|(from, to)| format!("bergamot/{from}{to}"))
        .collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let lacking: Vec<String> = lacking.into_iter().collect();
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "\nFor good subtitles between all languages of the pages add: {} (docs/models.md)",
        lacking.join(", ")
    )
}

fn state(state: &State) -> String {
    match state {
        State::Missing => "missing: run `vitrine models fetch`".to_owned(),
        State::Present => "present".to_owned(),
        State::Verified => "verified".to_owned(),
        State::Own => "your own".to_owned(),
        State::Damaged(reason) => format!("unusable: {reason}"),
    }
}
