//! Text to text by Mozilla's and Bergamot's student models, run by `fxtranslate`.
//!
//! Each installed direction is loaded at first use and then shared by all threads: the engine is
//! immutable after loading. A route of several steps (a pivot, a change of script) is walked
//! here, so callers name only the two languages.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use fxtranslate::engine::Engine;
use fxtranslate::segment::{Segmenter, Span};

use super::script::Scripts;
use crate::Language;
use crate::languages::{Languages, Step};
use crate::models::{Installed, PairModel};
use crate::ports::{EngineError, Translator};
use crate::sentences::sentences;
use crate::tag::Tag;

/// Longest text translated at once: four minutes of speech, far above any line.
const TRANSLATION_BYTES_MAX: usize = 8_192;

/// All installed translation models. Cheap to clone; the models are shared.
#[derive(Clone)]
pub struct Bergamot(Arc<Shared>);

struct Shared {
    languages: Languages,
    pairs: BTreeMap<(Tag, Tag), Pair>,
    scripts: Scripts,
}

struct Pair {
    model: PairModel,
    /// Loaded once and kept to the end of the program: the engine may be read by all threads but
    /// not be dropped by another than the one that made it.
    engine: OnceLock<Result<&'static Engine, String>>,
}

impl Bergamot {
    /// The models of `installed`; none is loaded yet.
    #[must_use]
    pub fn new(installed: &Installed) -> Bergamot {
        let pairs = installed.pairs.iter().map(|model| {
            let direction = (model.from.clone(), model.to.clone());
            (
                direction,
                Pair {
                    model: model.clone(),
                    engine: OnceLock::new(),
                },
            )
        });
        Bergamot(Arc::new(Shared {
            languages: Languages::of(installed, installed.recognizer(None)),
            pairs: pairs.collect(),
            scripts: Scripts::default(),
        }))
    }

    /// Loads the models on the way from `from` to `to`, so that the first line does not wait.
    ///
    /// # Errors
    /// When there is no way, or a model on it is damaged.
    pub fn warm(&self, from: &Language, to: &Language) -> Result<(), EngineError> {
        for step in self.route(from, to)? {
            if let Step::Pair(from, to) = step {
                self.engine(&from, &to)?;
            }
        }
        Ok(())
    }

    /// Translates one line; every thread may call it at once.
    ///
    /// # Errors
    /// When no installed model leads from `from` to `to`, or one of them is damaged.
    pub fn translate(
        &self,
        from: &Language,
        to: &Language,
        text: &str,
    ) -> Result<String, EngineError> {
        let text = clipped(text.trim());
        let mut text = text.to_owned();
        for step in self.route(from, to)? {
            text = match step {
                Step::Write(script) => self.0.scripts.write(&text, script),
                // A price or a count alone says the same in every language.
                Step::Pair(..) if !text.chars().any(char::is_alphabetic) => text,
                Step::Pair(from, to) => self.step(&from, &to, &text)?,
            };
        }
        Ok(text)
    }

    fn route(&self, from: &Language, to: &Language) -> Result<Vec<Step>, EngineError> {
        let languages = &self.0.languages;
        languages
            .route(&Tag::from(from), &Tag::from(to))
            .ok_or_else(|| {
                let installed = match languages.directions() {
                    none if none.is_empty() => {
                        "none; `vitrine models fetch` gets en>pt and pt>en".into()
                    }
                    directions => directions,
                };
                let (from, to) = (&from.0, &to.0);
                failure(format!(
                    "no model leads from `{from}` to `{to}` (installed: {installed})"
                ))
            })
    }

    fn step(&self, from: &Tag, to: &Tag, text: &str) -> Result<String, EngineError> {
        let engine = self.engine(from, to)?;
        // The engine indexes by what the model file says; a bad file must cost one line, not
        // the thread.
        catch_unwind(AssertUnwindSafe(|| {
            engine.translate_segmented(text, &BySentence)
        }))
        .map_err(|_| failure(format!("the model {from}>{to} failed on a line")))
    }

    fn engine(&self, from: &Tag, to: &Tag) -> Result<&'static Engine, EngineError> {
        let pair = self
            .0
            .pairs
            .get(&(from.clone(), to.clone()))
            .expect("a route names only installed models: both come from one scan");
        let engine = pair.engine.get_or_init(|| load(&pair.model));
        engine.clone().map_err(failure)
    }
}

impl Translator for Bergamot {
    fn translate(
        &mut self,
        from: &Language,
        to: &Language,
        text: &str,
    ) -> Result<String, EngineError> {
        Bergamot::translate(self, from, to, text)
    }
}

struct BySentence;

impl Segmenter for BySentence {
    fn sentences(&self, text: &str) -> Vec<Span> {
        let spans = sentences(text).into_iter();
        spans
            .map(|range| Span {
                start: range.start,
                end: range.end,
            })
            .collect()
    }
}

fn load(model: &PairModel) -> Result<&'static Engine, String> {
    let build = || -> Result<Engine, String> {
        let engine = Engine::load_mmapped(
            &model.model,
            &model.source_vocabulary,
            &model.target_vocabulary,
        )?;
        let engine = match &model.shortlist {
            Some(path) => engine.with_shortlist_bytes(&read(path)?),
            None => engine,
        };
        // One line through the whole network: a file of the wrong shape fails here.
        engine.translate("ok.");
        Ok(engine)
    };
    let built = catch_unwind(AssertUnwindSafe(build));
    let built = built.unwrap_or_else(|_| Err("it is damaged, or not a Bergamot model".to_owned()));
    built
        .map(|engine| &*Box::leak(Box::new(engine)))
        .map_err(|reason| format!("`{}` cannot be used: {reason}", model.directory.display()))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("`{}`: {error}", path.display()))
}

fn clipped(text: &str) -> &str {
    let mut end = text.len().min(TRANSLATION_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn failure(reason: String) -> EngineError {
    EngineError {
        engine: "bergamot",
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(tag: &str) -> Language {
        Language(tag.to_owned())
    }

    #[test]
    fn a_way_that_is_not_there_names_those_that_are() {
        let none = Bergamot::new(&Installed::default());
        let error = none
            .translate(&language("en"), &language("de"), "hello")
            .unwrap_err();
        assert!(
            error.to_string().contains("vitrine models fetch"),
            "{error}"
        );
        assert!(none.warm(&language("en"), &language("de")).is_err());
    }

    #[test]
    fn the_same_language_passes_and_chinese_changes_script_without_any_model() {
        let none = Bergamot::new(&Installed::default());
        let same = none.translate(&language("pt-BR"), &language("pt"), " olá ");
        assert_eq!(same.as_deref(), Ok("olá"));
        let script = none.translate(&language("zh"), &language("zh-TW"), "欢迎");
        assert_eq!(script.as_deref(), Ok("歡迎"));
    }

    #[test]
    fn a_damaged_model_costs_an_error_and_not_the_thread() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("bergamot/en-de");
        fs::create_dir_all(&own).unwrap();
        // Whole files as far as their headers tell, and no network in them.
        let no_tensors = [1_u64, 0, 0].map(u64::to_le_bytes).concat();
        fs::write(own.join("model.bin"), no_tensors).unwrap();
        fs::write(own.join("vocab.spm"), [0x0a, 2, 0x0a, 0]).unwrap();
        let installed = Installed::scan(folder.path()).unwrap();
        assert_eq!(installed.pairs.len(), 1, "{:?}", installed.problems);
        let bergamot = Bergamot::new(&installed);
        let error = bergamot
            .translate(&language("en"), &language("de"), "hello")
            .unwrap_err();
        assert!(error.reason.contains("bergamot/en-de"), "{error}");
    }

    #[test]
    fn an_overlong_line_is_clipped_between_characters() {
        let text = "é".repeat(TRANSLATION_BYTES_MAX);
        let clipped = clipped(&text);
        assert!(clipped.len() <= TRANSLATION_BYTES_MAX && clipped.ends_with('é'));
    }
}
