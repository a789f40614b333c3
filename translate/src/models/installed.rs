//! What a model directory holds, read from the files themselves: a Whisper file tells its size
//! and whether it is multilingual, a translation model its direction by the names Mozilla gives.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use super::ggml::{self, Header};
use super::sound;
use crate::tag::Tag;

/// How deep below `bergamot/` models are looked for: Mozilla's own tree is `tiny/enpt/…`.
const DEPTH_MAX: usize = 3;

/// The standard file, best of those measured for live use on a processor.
const STANDARD: &str = "ggml-base-q8_0.bin";

/// A ggml Whisper file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhisperModel {
    /// File name.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Whether it hears any language; English only otherwise.
    pub is_multilingual: bool,
    /// `tiny`, `base`, `small` …
    pub size: &'static str,
    /// How its matrices are stored: `f16`, `q8_0` …
    pub precision: &'static str,
    /// File size.
    pub bytes: u64,
    layers: i32,
}

/// A translation model: one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairModel {
    /// Language it reads.
    pub from: Tag,
    /// Language it writes.
    pub to: Tag,
    /// Its folder.
    pub directory: PathBuf,
    /// The network.
    pub model: PathBuf,
    /// Vocabulary of the source.
    pub source_vocabulary: PathBuf,
    /// Vocabulary of the target; the same file for most pairs.
    pub target_vocabulary: PathBuf,
    /// Lexical shortlist, which makes decoding faster.
    pub shortlist: Option<PathBuf>,
    /// Size of the network file.
    pub bytes: u64,
}

/// Something in the directory that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file or folder.
    pub path: PathBuf,
    /// Why, and what would help.
    pub reason: String,
}

/// The contents of a model directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Installed {
    /// The directory that was read.
    pub directory: PathBuf,
    /// Whisper files, by name.
    pub whisper: Vec<WhisperModel>,
    /// Translation models; at most one for each direction.
    pub pairs: Vec<PairModel>,
    /// What was there and could not be used.
    pub problems: Vec<Problem>,
}

impl Installed {
    /// Reads a model directory. One that does not exist holds nothing.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn scan(directory: &Path) -> io::Result<Installed> {
        let mut found = Installed {
            directory: directory.to_owned(),
            ..Installed::default()
        };
        for path in children(&directory.join("whisper"))? {
            found.add_whisper(&path);
        }
        found.add_pairs(&directory.join("bergamot"), 0)?;
        found.keep_best_pairs();
        Ok(found)
    }

    /// The Whisper file to use: the one named, else the standard one, else the multilingual one
    /// nearest to it in size, else an English one.
    #[must_use]
    pub fn recognizer(&self, name: Option<&str>) -> Option<&WhisperModel> {
        if let Some(name) = name {
            return self.whisper.iter().find(|model| model.name == name);
        }
        let standard_layers = 6;
        self.whisper.iter().min_by_key(|model| {
            let distance = (model.layers - standard_layers).abs();
            (
                model.name != STANDARD,
                !model.is_multilingual,
                distance,
                model.bytes,
            )
        })
    }

    fn add_whisper(&mut self, path: &Path) {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() || name.starts_with('.') || !name.ends_with(".bin") {
            return;
        }
        match File::open(path).and_then(|file| ggml::check(&mut BufReader::new(file))) {
            Ok(header) => self.whisper.push(whisper(name, path, &header)),
            Err(error) => self.problem(path, error.to_string()),
        }
    }

    fn add_pairs(&mut self, directory: &Path, depth: usize) -> io::Result<()> {
        let files = children(directory)?;
        if depth > 0 {
            match pair(directory, &files) {
                Ok(Some(pair)) => self.add_pair(pair),
                Ok(None) => {}
                Err(reason) => self.problem(directory, reason),
            }
        }
        if depth < DEPTH_MAX {
            files
                .iter()
                .filter(|path| path.is_dir())
                .try_for_each(|folder| self.add_pairs(folder, depth + 1))?;
        }
        Ok(())
    }

    /// Takes a model whose files are whole; one that is not is told file by file.
    fn add_pair(&mut self, pair: PairModel) {
        let vocabularies = BTreeSet::from([&pair.source_vocabulary, &pair.target_vocabulary]);
        let mut checks = vec![(&pair.model, sound::network(&pair.model))];
        checks.extend(
            vocabularies
                .iter()
                .map(|path| (*path, sound::vocabulary(path))),
        );
        checks.extend(
            pair.shortlist
                .iter()
                .map(|path| (path, sound::shortlist(path))),
        );
        let broken = checks.into_iter().filter_map(|(path, check)| {
            let (path, reason) = (path.clone(), check.err()?);
            Some(Problem { path, reason })
        });
        let broken: Vec<Problem> = broken.collect();
        if broken.is_empty() {
            self.pairs.push(pair);
        }
        self.problems.extend(broken);
    }

    /// Of two models for one direction the larger is used: students come as tiny and base.
    fn keep_best_pairs(&mut self) {
        self.pairs.sort_by(|a, b| {
            (&a.from, &a.to, b.bytes, &a.directory).cmp(&(&b.from, &b.to, a.bytes, &b.directory))
        });
        self.pairs
            .dedup_by(|later, kept| (&later.from, &later.to) == (&kept.from, &kept.to));
    }

    fn problem(&mut self, path: &Path, reason: String) {
        self.problems.push(Problem {
            path: path.to_owned(),
            reason,
        });
    }
}

fn whisper(name: String, path: &Path, header: &Header) -> WhisperModel {
    WhisperModel {
        name,
        path: path.to_owned(),
        is_multilingual: header.is_multilingual(),
        size: header.size(),
        precision: header.precision(),
        bytes: fs::metadata(path).map_or(0, |data| data.len()),
        layers: header.audio_layers,
    }
}

/// The paths in a folder, sorted; none when it does not exist.
fn children(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// The model whose files these are; `None` when there is none among them.
fn pair(directory: &Path, files: &[PathBuf]) -> Result<Option<PairModel>, String> {
    let find = |starts: &[&str], end: &str| {
        files.iter().find(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.ends_with(end) && starts.iter().any(|start| name.starts_with(start))
        })
    };
    let Some(model) = find(&["model"], ".bin") else {
        let packed = find(&["model"], ".gz").or_else(|| find(&["model"], ".zst"));
        return match packed {
            Some(_) => Err("the files are packed: unpack them (gunzip *.gz, unzstd *.zst)".into()),
            None => Ok(None),
        };
    };
    let source = find(&["srcvocab", "vocab"], ".spm").ok_or("there is no vocab*.spm")?;
    let target = find(&["trgvocab", "vocab"], ".spm").ok_or("there is no trgvocab*.spm")?;
    let (from, to) = direction_of(directory, model).ok_or(
        "the direction cannot be told: name the folder by its two languages, such as `en-de`",
    )?;
    Ok(Some(PairModel {
        from,
        to,
        directory: directory.to_owned(),
        model: model.clone(),
        source_vocabulary: source.clone(),
        target_vocabulary: target.clone(),
        shortlist: find(&["lex"], ".bin").cloned(),
        bytes: fs::metadata(model).map_or(0, |data| data.len()),
    }))
}

/// `model.enpt.intgemm.alphas.bin` tells it, else the folder's name.
fn direction_of(directory: &Path, model: &Path) -> Option<(Tag, Tag)> {
    let name = model.file_name()?.to_str()?;
    name.split('.')
        .nth(1)
        .and_then(direction)
        .or_else(|| direction(directory.file_name()?.to_str()?))
}

/// Two languages out of `enpt`, `en-pt`, `zh_hant-en`, `enzh_hant`, `enpt-1693087644` …
fn direction(name: &str) -> Option<(Tag, Tag)> {
    let parts: Vec<String> = name
        .split(['-', '_'])
        .map(str::to_ascii_lowercase)
        .collect();
    let is_script = |part: &&String| matches!(part.as_str(), "hans" | "hant");
    let is_language =
        |part: &str| matches!(part.len(), 2 | 3) && part.bytes().all(|b| b.is_ascii_lowercase());
    let mut rest = parts.iter();
    let first = rest.next()?;
    // Written together one of the two must be English, or `tiny` would be a direction.
    if first.len() == 4 && first.is_ascii() && (first.starts_with("en") || first.ends_with("en")) {
        let script = rest.next().filter(is_script);
        return Some((
            Tag::new(&first[..2], None),
            Tag::new(&first[2..], script.map(String::as_str)),
        ));
    }
    let mut rest = rest.peekable();
    let from_script = rest.next_if(|part| is_script(part));
    let second = rest.next()?;
    let to_script = rest.next_if(|part| is_script(part));
    (is_language(first) && is_language(second)).then(|| {
        let tag = |language: &str, script: Option<&String>| {
            Tag::new(language, script.map(String::as_str))
        };
        (tag(first, from_script), tag(second, to_script))
    })
}

#[cfg(test)]
mod tests;
