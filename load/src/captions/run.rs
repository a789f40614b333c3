//! One file through the pipeline, and everything that came of it.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use translate::file::{AudioFile, Pace, Settings, Spent};
use translate::glossary::Glossary;
use translate::{Caption, CaptionKind, Language, Loaded, Output};

/// What came of a file.
pub(super) struct Run {
    /// Every caption in the order it was emitted.
    pub(super) captions: Vec<Caption>,
    /// What decoding took.
    pub(super) spent: Spent,
}

impl Run {
    /// Whether a line is what was spoken, because no translation could be trusted.
    pub(super) fn is_kept(&self) -> bool {
        self.captions
            .iter()
            .any(|caption| caption.kind == CaptionKind::Final && caption.kept)
    }

    /// The final lines in one language as one text.
    pub(super) fn finals(&self, language: &str) -> String {
        let chosen = self
            .captions
            .iter()
            .filter(|caption| caption.kind == CaptionKind::Final && caption.language.0 == language);
        let texts: Vec<&str> = chosen.map(|caption| caption.text.as_str()).collect();
        texts.join(" ")
    }
}

/// Captions a file spoken in `language` (`None`: found) for readers of `targets`.
pub(super) fn caption(
    loaded: &Loaded,
    file: &Path,
    language: Option<&str>,
    targets: &[&str],
    glossary: &Arc<Glossary>,
) -> Result<Run> {
    let tag = |tag: &str| Language(tag.to_owned());
    let settings = Settings {
        language: language.map(tag),
        targets: targets.iter().copied().map(tag).collect::<BTreeSet<_>>(),
        glossary: Arc::clone(glossary),
        pace: Pace::Virtual,
    };
    let mut captions = Vec::new();
    let each = |output| {
        if let Output::Caption { caption, .. } = output {
            captions.push(caption);
        }
    };
    let audio = AudioFile::open(file)?;
    let engines = loaded.engines()?;
    let spent = translate::file::caption(audio, engines, loaded.routes(), &settings, each, |_| ())
        .with_context(|| format!("captions of {} end early", file.display()))?;
    Ok(Run { captions, spent })
}
