//! A wall clock that jumps, for a server under test: `libfaketime` stands between the process and
//! the system, so that the product needs no door for it. Timers go on as they do when an operator
//! sets the time: the monotonic clock is not touched.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

/// The clock of one or more servers.
pub struct Clock {
    library: PathBuf,
    folder: tempfile::TempDir,
}

impl Clock {
    /// One that shows the right time.
    ///
    /// # Errors
    /// When the library is missing; says how to install it.
    pub fn new() -> Result<Clock> {
        let mut folders = std::fs::read_dir("/usr/lib")?
            .flatten()
            .map(|entry| entry.path());
        let library = |folder: PathBuf| folder.join("faketime/libfaketimeMT.so.1");
        let library =
            folders.find_map(|folder| Some(library(folder)).filter(|path| path.is_file()));
        let clock = Clock {
            library: library.context("libfaketime is missing: run `.ci/setup test`")?,
            folder: tempfile::tempdir()?,
        };
        clock.set(0)?;
        Ok(clock)
    }

    /// Puts it so many seconds before or behind the right time; servers see it within a second.
    ///
    /// # Errors
    /// When the system does not write.
    pub fn set(&self, ahead_s: i64) -> Result<()> {
        // Renamed into place: a server never reads half of it.
        let new = self.folder.path().join("new");
        std::fs::write(&new, format!("{ahead_s:+}\n"))?;
        Ok(std::fs::rename(new, self.file())?)
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("offset")
    }

    /// A program that goes by it.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("LD_PRELOAD", &self.library)
            .env("FAKETIME_TIMESTAMP_FILE", self.file())
            .env("FAKETIME_CACHE_DURATION", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        command
    }
}
