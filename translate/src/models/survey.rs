//! `vitrine models list` and `verify`: each model with its state.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::catalog::{ENTRIES, Entry};
use super::progress::Progress;
use super::{Installed, fetch, file};

/// How a model is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Not there: `vitrine models fetch` makes it.
    Missing,
    /// There, and of the right size; the hash was not computed.
    Present,
    /// There, and its hash is the pinned one.
    Verified,
    /// There, put by the operator, and of a kind that is understood.
    Own,
    /// There and not usable; the reason.
    Damaged(String),
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Model or file name.
    pub name: String,
    /// What it reads and writes.
    pub languages: String,
    /// Size of its files.
    pub bytes: u64,
    /// Licence, when it is known.
    pub licence: String,
    /// How it is.
    pub state: State,
}

/// The models that can be fetched and those an operator added.
///
/// # Errors
/// When the directory cannot be read.
pub fn list(directory: &Path) -> io::Result<Vec<Listing>> {
    survey(directory, |entry| Ok(state_by_size(entry, directory)))
}

/// The same, with every file of a known model hashed again.
///
/// # Errors
/// When the directory or a file cannot be read.
pub fn verify(directory: &Path, progress: &Progress) -> io::Result<Vec<Listing>> {
    survey(directory, |entry| match state_by_size(entry, directory) {
        State::Present => state_by_hash(entry, directory, progress),
        other => Ok(other),
    })
}

fn survey(
    directory: &Path,
    mut state: impl FnMut(&'static Entry) -> io::Result<State>,
) -> io::Result<Vec<Listing>> {
    let mut listings = Vec::new();
    for entry in &ENTRIES {
        listings.push(Listing {
            name: entry.name.to_owned(),
            languages: entry.languages.to_owned(),
            bytes: entry.bytes(),
            licence: entry.licence.to_owned(),
            state: state(entry)?,
        });
    }
    listings.extend(own(directory, &Installed::scan(directory)?));
    Ok(listings)
}

/// What lies in the directory and is not made by `fetch`.
fn own(directory: &Path, installed: &Installed) -> Vec<Listing> {
    let known: Vec<PathBuf> = ENTRIES
        .iter()
        .flat_map(|entry| entry.products)
        .map(|product| directory.join(product.path))
        .collect();
    let listing = |name: String, languages: String, bytes: u64, state: State| Listing {
        name,
        languages,
        bytes,
        licence: "the operator's to know".to_owned(),
        state,
    };
    let name = |path: &Path| {
        path.strip_prefix(directory)
            .unwrap_or(path)
            .to_string_lossy()
            .into_owned()
    };
    let is_known = |path: &PathBuf| known.contains(path);
    let whisper = installed
        .whisper
        .iter()
        .filter(|model| !is_known(&model.path))
        .map(|model| {
            let reach = if model.is_multilingual {
                "many spoken languages"
            } else {
                "spoken English"
            };
            let languages = format!("{reach} (Whisper {}, {})", model.size, model.precision);
            listing(name(&model.path), languages, model.bytes, State::Own)
        });
    let pairs = installed
        .pairs
        .iter()
        .filter(|pair| !is_known(&pair.model))
        .map(|pair| {
            let languages = format!("{} to {}", pair.from, pair.to);
            listing(name(&pair.directory), languages, pair.bytes, State::Own)
        });
    // A damaged file of a known model is told once, on the model's own line.
    let problems = installed
        .problems
        .iter()
        .filter(|problem| !is_known(&problem.path));
    let problems = problems.map(|problem| {
        let state = State::Damaged(problem.reason.clone());
        listing(name(&problem.path), String::new(), 0, state)
    });
    whisper.chain(pairs).chain(problems).collect()
}

fn state_by_size(entry: &Entry, directory: &Path) -> State {
    let mut missing = 0;
    for product in entry.products {
        let path = directory.join(product.path);
        match fs::metadata(&path) {
            Err(_) => missing += 1,
            Ok(_) if fetch::is_there(product, directory) => {}
            Ok(data) => {
                let (found, expected) = (data.len(), product.bytes);
                let path = product.path;
                return State::Damaged(format!("`{path}` has {found} bytes, not {expected}"));
            }
        }
    }
    if missing == 0 {
        State::Present
    } else {
        State::Missing
    }
}

fn state_by_hash(entry: &Entry, directory: &Path, progress: &Progress) -> io::Result<State> {
    for product in entry.products {
        let step = progress.step("verifying", product.path, product.bytes);
        let found = file::sha256(&directory.join(product.path), |bytes| step.at(bytes))?;
        if found != product.sha256 {
            let reason = format!(
                "`{}` is not the pinned file: remove it and fetch",
                product.path
            );
            return Ok(State::Damaged(reason));
        }
    }
    Ok(State::Verified)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Puts files of the right sizes and no contents where the model `name` has its own.
    fn pretend(directory: &Path, name: &str) {
        for product in Entry::find(name).unwrap().products {
            let path = directory.join(product.path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::File::create(path)
                .unwrap()
                .set_len(product.bytes)
                .unwrap();
        }
    }

    fn state<'a>(listings: &'a [Listing], name: &str) -> &'a State {
        &listings
            .iter()
            .find(|listing| listing.name == name)
            .unwrap()
            .state
    }

    #[test]
    fn an_empty_directory_lists_everything_as_missing() {
        let folder = tempfile::tempdir().unwrap();
        let listings = list(folder.path()).unwrap();
        assert_eq!(listings.len(), ENTRIES.len());
        assert!(
            listings
                .iter()
                .all(|listing| listing.state == State::Missing)
        );
    }

    #[test]
    fn only_verifying_notices_wrong_contents_of_the_right_size() {
        let folder = tempfile::tempdir().unwrap();
        pretend(folder.path(), "bergamot-enpt");
        let listings = list(folder.path()).unwrap();
        assert_eq!(*state(&listings, "bergamot-enpt"), State::Present);
        let listings = verify(folder.path(), &Progress::silent()).unwrap();
        let State::Damaged(reason) = state(&listings, "bergamot-enpt") else {
            panic!()
        };
        assert!(reason.contains("model.enpt.intgemm.alphas.bin"), "{reason}");
    }

    #[test]
    fn a_model_an_operator_added_is_listed_with_its_direction() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("bergamot/en-de");
        fs::create_dir_all(&own).unwrap();
        let no_tensors = [1_u64, 0, 0].map(u64::to_le_bytes).concat();
        fs::write(own.join("model.bin"), no_tensors).unwrap();
        fs::write(own.join("vocab.spm"), [0x0a, 2, 0x0a, 0]).unwrap();
        let listings = list(folder.path()).unwrap();
        let added = listings.last().unwrap();
        assert_eq!(
            (added.name.as_str(), added.languages.as_str()),
            ("bergamot/en-de", "en to de")
        );
        assert_eq!(added.state, State::Own);
    }
}
