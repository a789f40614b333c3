//! whisper.cpp through `whisper_rs`, which only this folder names. It makes the spectrogram and
//! runs encoder and decoder; the tokens are chosen here, so that words which are committed already
//! are given to the decoder at once instead of being found again one by one. The settings are
//! measured ones: one thread (two burn the other core in spin locks), greedy, timestamps on and 64
//! positions of slack after the audio (leaving out either costs 20 points of word errors), no
//! prompt before the audio.

mod decoder;
mod expect;
mod greedy;
mod prices;
mod suspect;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperError,
    WhisperState, get_lang_id, get_lang_str,
};

use crate::agree::{join, key};
use crate::glossary::Glossary;
use crate::ports::{Detection, EngineError, Hypothesis, Recognizer, Task, Word};
use crate::words::split;
use crate::{Language, StartError};
use decoder::Decoder;
use expect::Expected;
use greedy::{Layout, Token, place};

/// Encoder positions in a second.
const POSITIONS_PER_SECOND: usize = 50;
/// Slack after the audio, without which Whisper goes on talking.
const POSITIONS_SLACK: usize = 64;
/// What their number is rounded up to: matrix products go by tiles.
const POSITIONS_STEP: usize = 16;
/// Whisper writes at most so many tokens for a second of speech.
const TOKENS_PER_SECOND: usize = 6;
const TOKENS_BASE: usize = 12;
const SAMPLES_PER_SECOND: usize = 16_000;
/// Places kept free in the decoder's window of 448 tokens.
const TOKENS_SPARE: usize = 8;

/// A loaded Whisper file, shared by all decode threads.
#[derive(Clone)]
pub struct WhisperModel {
    context: Arc<WhisperContext>,
    layout: Layout,
    /// The token that says there is no speech.
    no_speech: usize,
}

impl WhisperModel {
    /// Loads a ggml Whisper file.
    ///
    /// # Errors
    /// When whisper.cpp cannot read it.
    pub fn load(path: &Path) -> Result<WhisperModel, StartError> {
        whisper_rs::install_logging_hooks();
        // On a graphics processor when the program was built for one.
        let parameters = WhisperContextParameters::new();
        let context = WhisperContext::new_with_params(path, parameters).map_err(|error| {
            StartError::Unusable {
                path: path.to_owned(),
                reason: error.to_string(),
            }
        })?;
        let place = |token: i32| usize::try_from(token).unwrap_or(0);
        let blank = context.tokenize(" ", 4).ok();
        let layout = Layout {
            end: place(context.token_eot()),
            zero: place(context.token_beg()),
            blank: blank.and_then(|tokens| tokens.first().copied()).map(place),
        };
        Ok(WhisperModel {
            no_speech: place(context.token_nosp()),
            context: Arc::new(context),
            layout,
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
            encoded: Vec::new(),
            settings: HashMap::new(),
            glossary: Arc::default(),
            expected: Expected::default(),
        })
    }
}

/// A recogniser for one thread.
pub struct Whisper {
    model: WhisperModel,
    state: WhisperState,
    /// What the encoder has read already: detecting a language encodes as well.
    encoded: Vec<f32>,
    /// One set for each language: `set_language` leaks its string every time.
    settings: HashMap<String, FullParams<'static, 'static>>,
    /// What the next speech may be about.
    glossary: Arc<Glossary>,
    /// The same for the decoder, in the language that was decoded last.
    expected: Expected,
}

impl Recognizer for Whisper {
    fn recognize(
        &mut self,
        audio: &[f32],
        language: &Language,
        task: Task,
        given: &[Word],
    ) -> Result<Hypothesis, EngineError> {
        if !self.model.hears(language) {
            let reason = format!("the installed model does not hear `{}`", language.0);
            return Err(EngineError {
                engine: "whisper",
                reason,
            });
        }
        self.prepare(language.base());
        let code = code(language);
        if std::mem::take(&mut self.encoded) != audio {
            self.listen(audio, &code)?;
            self.state.encode(0, 1).map_err(|error| failed(&error))?;
        }
        self.decode(audio.len(), &code, task, given)
            .map_err(|error| failed(&error))
    }

    fn expect(&mut self, glossary: &Arc<Glossary>) {
        self.glossary = Arc::clone(glossary);
    }

    fn detect(&mut self, audio: &[f32]) -> Result<Detection, EngineError> {
        if !self.model.is_multilingual() {
            return Ok(Detection {
                language: Language("en".to_owned()),
                probability: 1.0,
            });
        }
        self.listen(audio, "en")?;
        let (id, probabilities) = self
            .state
            .lang_detect(0, 1)
            .map_err(|error| failed(&error))?;
        self.encoded = audio.to_vec();
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
    /// Makes what is expected of the glossary, when that or the language is another one.
    fn prepare(&mut self, language: &str) {
        if self.expected.is_of(&self.glossary, language) {
            return;
        }
        let context = &self.model.context;
        let tokens = |text: &str| {
            let tokens = context.tokenize(text, text.len() + 1).unwrap_or_default();
            tokens
                .into_iter()
                .filter_map(|token| usize::try_from(token).ok())
                .collect()
        };
        self.expected = Expected::new(&self.glossary, language, tokens);
    }

    /// Makes the spectrogram and sets the encoder's size.
    fn listen(&mut self, audio: &[f32], code: &str) -> Result<(), EngineError> {
        let made = self.settings.entry(code.to_owned());
        let mut settings = made.or_insert_with(|| settings(code)).clone();
        let positions = (audio.len() * POSITIONS_PER_SECOND).div_ceil(SAMPLES_PER_SECOND);
        let positions = (positions + POSITIONS_SLACK).next_multiple_of(POSITIONS_STEP);
        let most = self.model.context.model_n_audio_ctx();
        settings.set_audio_ctx(i32::try_from(positions).unwrap_or(most).min(most));
        self.state
            .full(settings, audio)
            .map_err(|error| failed(&error))
    }

    /// Finds the words in what was encoded, after those that are given.
    fn decode(
        &mut self,
        samples: usize,
        code: &str,
        task: Task,
        given: &[Word],
    ) -> Result<Hypothesis, WhisperError> {
        let layout = self.model.layout;
        let audio_ms = (samples * 1_000 / SAMPLES_PER_SECOND) as u32;
        let window = self.model.context.n_text_ctx() as usize - TOKENS_SPARE;
        let task = self.task_tokens(code, task);
        let given_tokens = self.given_tokens(given, window / 2)?;
        let given = if given_tokens.is_empty() { &[] } else { given };
        let from_ms = given.last().map_or(0, |word| word.end_ms).min(audio_ms);
        let most =
            TOKENS_BASE + ((audio_ms - from_ms) as usize * TOKENS_PER_SECOND).div_ceil(1_000);
        let mut decoder = Decoder::new(
            &mut self.state,
            (layout, self.model.no_speech),
            &self.expected,
            (task, given_tokens),
            (most.min(window), audio_ms),
        );
        let context = &self.model.context;
        let bytes = |id: usize| {
            let bytes = context.token_to_bytes(id as i32);
            bytes.unwrap_or_default().to_vec()
        };
        let path = decoder.go_on(&[], &[])?;
        let no_speech = decoder.no_speech();
        let tokens = decoder.reconsider(path, bytes)?;
        Ok(self.hypothesis(&tokens, given, no_speech, audio_ms))
    }

    /// Words for the decoder as a time stamp and their text; nothing when there are none, or more
    /// than `most` tokens of them.
    fn given_tokens(&self, words: &[Word], most: usize) -> Result<Vec<i32>, WhisperError> {
        let text = format!(" {}", join(words));
        // No token is shorter than a byte.
        let tokens = self.model.context.tokenize(&text, text.len())?;
        if words.is_empty() || tokens.len() > most {
            return Ok(Vec::new());
        }
        let zero = self.model.layout.zero as i32;
        Ok([vec![zero], tokens].concat())
    }

    /// Start, language and task; a model of English alone knows only the first.
    fn task_tokens(&self, code: &str, task: Task) -> Vec<i32> {
        let context = &self.model.context;
        let mut tokens = vec![context.token_sot()];
        if context.is_multilingual() {
            tokens.push(context.token_lang(get_lang_id(code).unwrap_or(0)));
            tokens.push(match task {
                Task::Transcribe => context.token_transcribe(),
                Task::TranslateToEnglish => context.token_translate(),
            });
        }
        tokens
    }

    /// Reads the words from the tokens' bytes: a token may be half a character.
    fn hypothesis(
        &self,
        tokens: &[Token],
        given: &[Word],
        no_speech: f32,
        audio_ms: u32,
    ) -> Hypothesis {
        let layout = self.model.layout;
        let bytes = |id: usize| {
            let bytes = self.model.context.token_to_bytes(id as i32);
            bytes.unwrap_or_default().to_vec()
        };
        let from_ms = given.last().map_or(0, |word| word.end_ms).min(audio_ms);
        let pieces = place(tokens, layout, bytes, (from_ms, audio_ms));
        let text = tokens.iter().filter(|token| token.id < layout.end);
        let count = text.clone().count().max(1) as f32;
        let mean_logprob = text.map(|token| token.logprob).sum::<f32>() / count;
        let mut found = split(&pieces, given.is_empty()).into_iter().peekable();
        let mut words = given.to_vec();
        // What closes the last given word belongs to it.
        if let Some(last) = words.last_mut()
            && let Some(mark) = found.next_if(|word| !word.spaced && key(&word.text).is_empty())
        {
            last.text.push_str(&mark.text);
        }
        words.extend(found);
        Hypothesis {
            words,
            no_speech,
            mean_logprob,
        }
    }
}

/// A pass over the first tenth of a second makes the spectrogram of everything and sets the
/// encoder's size, but ends before it encodes.
fn settings(code: &str) -> FullParams<'static, 'static> {
    let mut settings = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
    // `None` would ask for detection; the string is leaked once per language.
    let language: &'static str = get_lang_id(code).and_then(get_lang_str).unwrap_or("en");
    settings.set_language(Some(language));
    settings.set_n_threads(1);
    settings.set_no_context(true);
    settings.set_duration_ms(100);
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
