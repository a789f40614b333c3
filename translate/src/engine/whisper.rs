//! whisper.cpp through `whisper_rs`, which only this file names. The settings are measured ones:
//! one thread (two burn the other core in spin locks), greedy, timestamps on and 64 positions of
//! slack after the audio (leaving out either costs 20 points of word errors), no prompt.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState,
    get_lang_id, get_lang_str,
};

use crate::ports::{Detection, EngineError, Hypothesis, Recognizer, Task};
use crate::words::{Piece, split};
use crate::{Language, StartError};

/// Encoder positions in a second.
const POSITIONS_PER_SECOND: usize = 50;
/// Slack after the audio, and the size positions are rounded up to.
const POSITIONS_STEP: usize = 64;
/// Whisper writes at most so many tokens for a second of speech.
const TOKENS_PER_SECOND: usize = 6;
const TOKENS_BASE: usize = 12;
const SAMPLES_PER_SECOND: usize = 16_000;

/// A loaded Whisper file, shared by all decode threads.
#[derive(Clone)]
pub struct WhisperModel {
    context: Arc<WhisperContext>,
}

impl WhisperModel {
    /// Loads a ggml Whisper file.
    ///
    /// # Errors
    /// When whisper.cpp cannot read it.
    pub fn load(path: &Path) -> Result<WhisperModel, StartError> {
        whisper_rs::install_logging_hooks();
        let mut parameters = WhisperContextParameters::new();
        parameters.use_gpu(false);
        let context = WhisperContext::new_with_params(path, parameters).map_err(|error| {
            StartError::Unusable {
                path: path.to_owned(),
                reason: error.to_string(),
            }
        })?;
        Ok(WhisperModel {
            context: Arc::new(context),
        })
    }

    /// Whether it hears more than English.
    #[must_use]
    pub fn is_multilingual(&self) -> bool {
        self.context.is_multilingual()
    }

    /// Whether it can write down `language`.
    #[must_use]
    pub fn hears(&self, language: &Language) -> bool {
        let code = code(language);
        get_lang_id(&code).is_some() && (self.is_multilingual() || code == "en")
    }

    /// One more decoder on this model, for one thread; 66 MB with base.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn recognizer(&self) -> Result<Whisper, EngineError> {
        let state = self
            .context
            .create_state()
            .map_err(|error| failed(&error))?;
        Ok(Whisper {
            model: self.clone(),
            state,
            settings: HashMap::new(),
        })
    }
}

/// A recogniser for one thread.
pub struct Whisper {
    model: WhisperModel,
    state: WhisperState,
    /// One set for each language and task: `set_language` leaks its string every time.
    settings: HashMap<(String, bool), FullParams<'static, 'static>>,
}

impl Recognizer for Whisper {
    fn recognize(
        &mut self,
        audio: &[f32],
        language: &Language,
        task: Task,
    ) -> Result<Hypothesis, EngineError> {
        if !self.model.hears(language) {
            let reason = format!("the installed model does not hear `{}`", language.0);
            return Err(EngineError {
                engine: "whisper",
                reason,
            });
        }
        let settings = self.settings(
            &code(language),
            task == Task::TranslateToEnglish,
            audio.len(),
        );
        self.state
            .full(settings, audio)
            .map_err(|error| failed(&error))?;
        Ok(self.hypothesis())
    }

    fn detect(&mut self, audio: &[f32]) -> Result<Detection, EngineError> {
        if !self.model.is_multilingual() {
            return Ok(Detection {
                language: Language("en".to_owned()),
                probability: 1.0,
            });
        }
        // A pass over the first tenth of a second makes the spectrogram of everything and sets
        // the encoder's size, but ends before it encodes: detection alone would use the size of
        // whatever was decoded before, thirty seconds at first.
        let mut settings = self.settings("en", false, audio.len());
        settings.set_duration_ms(100);
        self.state
            .full(settings, audio)
            .map_err(|error| failed(&error))?;
        let (id, probabilities) = self
            .state
            .lang_detect(0, 1)
            .map_err(|error| failed(&error))?;
        let code = get_lang_str(id).unwrap_or("en");
        let probability = usize::try_from(id)
            .ok()
            .and_then(|id| probabilities.get(id).copied());
        let language = Language(tag(code).to_owned());
        Ok(Detection {
            language,
            probability: probability.unwrap_or(0.0),
        })
    }
}

impl Whisper {
    fn settings(
        &mut self,
        code: &str,
        translate: bool,
        samples: usize,
    ) -> FullParams<'static, 'static> {
        let made = self.settings.entry((code.to_owned(), translate));
        let mut settings = made
            .or_insert_with(|| common_settings(code, translate))
            .clone();
        let positions = (samples * POSITIONS_PER_SECOND).div_ceil(SAMPLES_PER_SECOND);
        let positions = (positions + POSITIONS_STEP).next_multiple_of(POSITIONS_STEP);
        let most = self.model.context.model_n_audio_ctx();
        settings.set_audio_ctx(i32::try_from(positions).unwrap_or(most).min(most));
        let tokens = TOKENS_BASE + (samples * TOKENS_PER_SECOND).div_ceil(SAMPLES_PER_SECOND);
        settings.set_max_tokens(i32::try_from(tokens).unwrap_or(i32::MAX));
        settings
    }

    /// Reads the words from the tokens' bytes: a token may be half a character.
    fn hypothesis(&self) -> Hypothesis {
        let end_of_text = self.model.context.token_eot();
        let mut pieces = Vec::new();
        let (mut no_speech, mut logprobs, mut count) = (0.0f32, 0.0f32, 0u16);
        for segment in self.state.as_iter() {
            no_speech = no_speech.max(segment.no_speech_probability());
            for token in (0..segment.n_tokens()).filter_map(|i| segment.get_token(i)) {
                let data = token.token_data();
                if data.id >= end_of_text {
                    continue;
                }
                let Ok(bytes) = token.to_bytes() else {
                    continue;
                };
                let ms = |centiseconds: i64| u32::try_from(centiseconds * 10).unwrap_or(0);
                pieces.push(Piece {
                    bytes: bytes.to_vec(),
                    start_ms: ms(data.t0),
                    end_ms: ms(data.t1),
                    probability: data.p,
                });
                logprobs += data.plog;
                count += 1;
            }
        }
        let mean_logprob = logprobs / f32::from(count.max(1));
        Hypothesis {
            words: split(&pieces),
            no_speech,
            mean_logprob,
        }
    }
}

fn common_settings(code: &str, translate: bool) -> FullParams<'static, 'static> {
    let mut settings = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
    // `None` would ask for detection; the string is leaked once per language and task.
    let language: &'static str = get_lang_id(code).and_then(get_lang_str).unwrap_or("en");
    settings.set_language(Some(language));
    settings.set_translate(translate);
    settings.set_n_threads(1);
    settings.set_temperature(0.0);
    settings.set_temperature_inc(0.0);
    settings.set_no_context(true);
    settings.set_single_segment(true);
    settings.set_no_timestamps(false);
    settings.set_token_timestamps(true);
    settings.set_print_special(false);
    settings.set_print_progress(false);
    settings.set_print_realtime(false);
    settings.set_print_timestamps(false);
    settings
}

/// Whisper's name for a language.
fn code(language: &Language) -> String {
    match language.base() {
        "nb" | "nn" => "no",
        "jv" => "jw",
        "fil" => "tl",
        "iw" => "he",
        "cmn" => "zh",
        base => base,
    }
    .to_owned()
}

/// The tag for Whisper's name.
fn tag(code: &str) -> &str {
    if code == "jw" { "jv" } else { code }
}

fn failed(error: &whisper_rs::WhisperError) -> EngineError {
    EngineError {
        engine: "whisper",
        reason: error.to_string(),
    }
}
