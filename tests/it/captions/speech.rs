//! The clips of `tests/fixtures/speech`, and `vitrine caption` run on a file.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, ensure};
use serde::Deserialize;

/// One clip of the manifest.
#[derive(Debug, Deserialize)]
pub(crate) struct Clip {
    /// Path below the folder.
    pub file: String,
    /// Spoken language.
    pub language: String,
    /// What is said, where it is known.
    pub text: Option<String>,
}

/// One object `vitrine caption --format json` prints.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line {
    /// `partial` or `final`.
    pub kind: String,
    /// The line.
    pub id: u64,
    /// Language of `text`.
    pub language: String,
    /// The words.
    pub text: String,
    /// Characters of `text` that stay.
    pub stable: usize,
    /// No translation could be trusted.
    #[allow(dead_code)] // Read so that an unknown field is an error.
    pub kept: bool,
    /// Media clock.
    pub start_ms: u64,
    /// Media clock.
    pub end_ms: u64,
    /// Media clock.
    pub emitted_ms: u64,
}

impl Line {
    /// Whether it never changes again.
    pub(crate) fn is_final(&self) -> bool {
        self.kind == "final"
    }
}

/// A path in the fixtures.
pub(crate) fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/speech")
        .join(file)
}

/// All clips in one language.
pub(crate) fn clips(chosen: impl Fn(&str) -> bool) -> anyhow::Result<Vec<Clip>> {
    let manifest = std::fs::read(path("manifest.json"))?;
    let clips: Vec<Clip> = serde_json::from_slice(&manifest)?;
    Ok(clips
        .into_iter()
        .filter(|clip| chosen(&clip.language))
        .collect())
}

/// Runs `vitrine caption FILE ARGS`.
pub(crate) fn run(file: &Path, args: &[&str]) -> anyhow::Result<Output> {
    Command::new(env!("CARGO_BIN_EXE_vitrine-tested"))
        .arg("caption")
        .arg(file)
        .args(args)
        .output()
        .context("`vitrine caption` does not start")
}

/// Runs it and returns stdout.
pub(crate) fn text(file: &Path, args: &[&str]) -> anyhow::Result<String> {
    let output = run(file, args)?;
    let message = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{}`: {message}", file.display());
    Ok(String::from_utf8(output.stdout)?)
}

/// Runs it with `--format json` and checks what holds for every run.
pub(crate) fn lines(file: &Path, args: &[&str]) -> anyhow::Result<Vec<Line>> {
    let text = text(file, &[args, &["--format", "json"]].concat())?;
    let lines: Vec<Line> = text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .context(text.clone())?;
    let mut emitted_ms = 0;
    for (i, line) in lines.iter().enumerate() {
        let earlier = |other: &&Line| other.id == line.id && other.language == line.language;
        ensure!(
            !lines[..i].iter().filter(earlier).any(Line::is_final),
            "{line:?} comes after its final"
        );
        ensure!(
            line.start_ms <= line.end_ms,
            "{line:?} ends before it starts"
        );
        ensure!(line.emitted_ms >= emitted_ms, "{line:?} goes back in time");
        // Shown before it is over is possible, shown before it begins is not.
        ensure!(
            line.emitted_ms > line.start_ms,
            "{line:?} was shown before it was said"
        );
        ensure!(line.stable <= line.text.chars().count(), "{line:?}");
        emitted_ms = line.emitted_ms;
    }
    Ok(lines)
}

/// The finals in one language as one text.
pub(crate) fn finals(lines: &[Line], language: &str) -> String {
    let chosen = lines
        .iter()
        .filter(|line| line.is_final() && line.language == language);
    chosen
        .map(|line| line.text.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}
