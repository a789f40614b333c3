//! What a person sees while models are fetched: bars on a terminal, plain lines elsewhere.

use std::io::IsTerminal as _;
use std::path::Path;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// Where progress is shown; always on stderr, so that stdout stays clean.
#[derive(Clone)]
pub struct Progress(Shown);

#[derive(Clone)]
enum Shown {
    Bars(MultiProgress),
    Lines,
    Nowhere,
}

impl Progress {
    /// Bars when stderr is a terminal, lines when it is a file or a pipe.
    #[must_use]
    pub fn detect() -> Self {
        if std::io::stderr().is_terminal() {
            Progress(Shown::Bars(MultiProgress::new()))
        } else {
            Progress(Shown::Lines)
        }
    }

    /// Nothing at all.
    #[must_use]
    pub fn silent() -> Self {
        Progress(Shown::Nowhere)
    }

    /// Begins a step of `bytes`; it ends when the returned value is dropped.
    pub(super) fn step(&self, verb: &str, what: &str, bytes: u64) -> Step {
        match &self.0 {
            Shown::Bars(bars) => {
                let style = ProgressStyle::with_template(
                    "{prefix:>11} {msg:32} {bar:28} {bytes:>10} of {total_bytes:10} {eta:>4}",
                );
                let bar = ProgressBar::new(bytes)
                    .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
                    .with_prefix(verb.to_owned())
                    .with_message(what.to_owned());
                Step(Some(bars.add(bar)))
            }
            Shown::Lines => {
                eprintln!("{verb} {what} ({})", megabytes(bytes));
                Step(None)
            }
            Shown::Nowhere => Step(None),
        }
    }

    /// Says one line.
    pub(super) fn say(&self, line: &str) {
        match &self.0 {
            Shown::Bars(bars) => bars.suspend(|| eprintln!("{line}")),
            Shown::Lines => eprintln!("{line}"),
            Shown::Nowhere => {}
        }
    }
}

/// A step in progress.
pub(super) struct Step(Option<ProgressBar>);

impl Step {
    /// Says how many bytes are done.
    pub(super) fn at(&self, bytes: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(bytes);
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// `81.8 MB`.
#[must_use]
pub fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// Bytes of all files below `directory`, as far as it can be read.
pub(super) fn size_below(directory: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_dir() => size_below(&entry.path()),
            Ok(data) => data.len(),
            Err(_) => 0,
        })
        .sum()
}
