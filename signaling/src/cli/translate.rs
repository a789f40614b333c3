//! `vitrine translate`: lines in, lines out, through the same models as a live show's subtitles.

use std::io::{self, BufRead as _, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use translate::Language;
use translate::engine::bergamot::Bergamot;
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
    let translator = Bergamot::new(&installed);
    translator.warm(&from, &to)?;
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let text = translator.translate(&from, &to, &line.context("stdin is not text")?)?;
        // One line in is one line out, also where a sentence was split.
        writeln!(out, "{}", text.replace('\n', " ")).context("stdout was closed")?;
        out.flush().context("stdout was closed")?;
    }
    Ok(())
}
