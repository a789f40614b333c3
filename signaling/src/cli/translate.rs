//! `vitrine translate`: lines in, lines out, through the same models and the same guard of numbers as
//! a live show's subtitles.

use std::io::{self, BufRead as _, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use translate::Language;
use translate::engine::bergamot::Bergamot;
use translate::faithful;
use translate::glossary::Glossary;
use translate::models::{self, Installed};

/// Arguments of `vitrine translate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Language of the lines on stdin, such as `en`
    #[arg(long, value_name = "TAG")]
    from: String,

    /// Language of the lines on stdout, such as `pt` or `zh-Hant`
    #[arg(long, value_name = "TAG")]
    to: String,

    /// Model directory; the XDG cache when not given
    #[arg(long, value_name = "DIR", env = models::DIRECTORY_VARIABLE)]
    models: Option<PathBuf>,
}

/// Runs `vitrine translate`.
///
/// # Errors
/// When no model leads from one language to the other, or a pipe breaks.
pub fn run(args: Args) -> anyhow::Result<()> {
    let directory = models::directory(args.models.as_deref());
    let installed = Installed::scan(&directory)
        .with_context(|| format!("the models in `{}` cannot be read", directory.display()))?;
    let (from, to) = (Language(args.from), Language(args.to));
    let mut translator = Bergamot::new(&installed);
    translator.warm(&from, &to)?;
    let glossary = Glossary::default();
    let mut out = io::stdout().lock();
    for (number, line) in (1..).zip(io::stdin().lock().lines()) {
        let line = line.context("stdin is not text")?;
        let shown = faithful::translate(&mut translator, &from, &to, &line, &glossary)?;
        if shown.kept {
            eprintln!("line {number}: no translation kept its numbers, so it stays as it is");
        }
        // One line in is one line out, also where a sentence was split.
        writeln!(out, "{}", shown.text.replace('\n', " ")).context("stdout was closed")?;
        out.flush().context("stdout was closed")?;
    }
    Ok(())
}
