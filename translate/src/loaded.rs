//! The installed models, loaded once and shared by all decode threads.

use std::path::Path;
use std::sync::Arc;

use crate::engine::bergamot::Bergamot;
use crate::engine::script::Scripts;
use crate::engine::whisper::WhisperModel;
use crate::languages::Languages;
use crate::models::{self, Installed, WHISPER_VARIABLE};
use crate::outside::Outside;
use crate::ports::{EngineError, Quality, Reach, Routes};
use crate::tag::Tag;
use crate::worker::Engines;
use crate::{Language, StartError};

/// Loaded models and what they reach.
#[derive(Clone)]
pub struct Loaded {
    whisper: WhisperModel,
    bergamot: Bergamot,
    scripts: Arc<Scripts>,
    languages: Arc<Languages>,
}

impl Loaded {
    /// Loads the recogniser of a model directory and finds its translation models. The
    /// environment variable `VITRINE_WHISPER` names another Whisper file than the standard one.
    ///
    /// # Errors
    /// When the recogniser is missing or damaged; the error says what to run.
    pub fn load(directory: Option<&Path>) -> Result<Loaded, StartError> {
        Loaded::load_with(directory, None)
    }

    /// The same with another Whisper file, by its name.
    ///
    /// # Errors
    /// As [`Loaded::load`].
    pub fn load_with(
        directory: Option<&Path>,
        whisper: Option<&str>,
    ) -> Result<Loaded, StartError> {
        let directory = models::directory(directory);
        let unreadable = |error: std::io::Error| StartError::Unusable {
            path: directory.clone(),
            reason: error.to_string(),
        };
        let installed = Installed::scan(&directory).map_err(unreadable)?;
        for problem in &installed.problems {
            tracing::warn!(path = %problem.path.display(), reason = problem.reason, "model left out");
        }
        let named = whisper.map(str::to_owned);
        let named = named.or_else(|| std::env::var(WHISPER_VARIABLE).ok());
        let named = named.filter(|name| !name.is_empty());
        let model = installed
            .recognizer(named.as_deref())
            .ok_or_else(|| StartError::Missing {
                name: named
                    .clone()
                    .unwrap_or_else(|| "ggml-base-q8_0.bin".to_owned()),
                directory: directory.clone(),
            })?;
        let whisper = WhisperModel::load(&model.path)?;
        tracing::info!(model = model.name, "recogniser loaded");
        Ok(Loaded {
            whisper,
            bergamot: Bergamot::new(&installed),
            scripts: Arc::default(),
            languages: Arc::new(Languages::of(&installed, Some(model))),
        })
    }

    /// The same with a translator outside this process for what local models do not reach.
    #[must_use]
    pub fn with_outside(mut self, outside: &Outside) -> Loaded {
        let languages = Languages::clone(&self.languages);
        self.languages = Arc::new(languages.with_outside(outside.offer()));
        self
    }

    /// Chinese characters.
    pub(crate) fn scripts(&self) -> Arc<Scripts> {
        Arc::clone(&self.scripts)
    }

    /// How text in one language comes to a reader of another.
    pub(crate) fn written(&self, from: &Language, to: &Language) -> Option<Reach> {
        self.languages.written(&Tag::from(from), &Tag::from(to))
    }

    /// Text to text.
    pub(crate) fn translator(&self) -> Bergamot {
        self.bergamot.clone()
    }

    /// The engines of one decode thread.
    ///
    /// # Errors
    /// When there is no memory for them.
    pub fn engines(&self) -> Result<Engines, EngineError> {
        Ok(Engines {
            recognizer: Box::new(self.whisper.recognizer()?),
            translator: Box::new(self.bergamot.clone()),
            scripts: Arc::clone(&self.scripts),
        })
    }

    /// What the models reach.
    #[must_use]
    pub fn routes(&self) -> Arc<dyn Routes> {
        Arc::clone(&self.languages) as Arc<dyn Routes>
    }

    /// Whether speech in `language` can be written down.
    #[must_use]
    pub fn hears(&self, language: &Language) -> bool {
        self.whisper.hears(language)
    }

    /// Languages a reader can choose for speech in `spoken`, or in any language.
    #[must_use]
    pub fn languages(&self, spoken: Option<&Language>) -> Vec<Language> {
        let spoken = spoken.map(Tag::from);
        self.languages
            .targets(spoken.as_ref())
            .iter()
            .map(Tag::language)
            .collect()
    }

    /// The same, each with what a reader may expect of it.
    #[must_use]
    pub fn menu(&self, spoken: Option<&Language>) -> Vec<(Language, Quality)> {
        let menu = self.languages.menu(spoken.map(Tag::from).as_ref());
        menu.into_iter()
            .map(|(tag, quality)| (tag.language(), quality))
            .collect()
    }

    /// The translation model to add, as its folder is named (`zhen`), when readers of `target`
    /// have nothing or only a gist of what is spoken in `spoken`.
    #[must_use]
    pub fn lacking(&self, spoken: &Language, target: &Language) -> Option<String> {
        let (from, to) = self
            .languages
            .lacking(&Tag::from(spoken), &Tag::from(target))?;
        Some(format!("{from}{to}"))
    }
}
