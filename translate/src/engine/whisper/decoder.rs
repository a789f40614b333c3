//! One decode of encoded audio: the likeliest token again and again, then second thoughts about
//! words that sound like the shelf's.

use whisper_rs::{WhisperError, WhisperState};

use super::expect::{Expected, Place};
use super::greedy::{Layout, POSITION_MS, Rules, Token};
use super::suspect::{SUSPECTS_MAX, Suspect, suspects};

/// A time stamp this close to the end of the audio ends the text.
const END_MS: u32 = 100;

/// The decoder behind one encoded piece of audio.
pub(super) struct Decoder<'a> {
    state: &'a mut WhisperState,
    layout: Layout,
    no_speech_token: usize,
    no_speech: f32,
    expected: &'a Expected,
    /// The task and the words that are given.
    prompt: Vec<i32>,
    /// What the rules and the shelf know after the prompt.
    start: (Rules, Place<'a>),
    most: usize,
    audio_ms: u32,
    /// What the decoder has read: tokens in its memory.
    read: Vec<i32>,
}

impl<'a> Decoder<'a> {
    /// A decoder that writes at most `most` tokens after the task and the given words.
    pub(super) fn new(
        state: &'a mut WhisperState,
        (layout, no_speech_token): (Layout, usize),
        expected: &'a Expected,
        (mut prompt, given): (Vec<i32>, Vec<i32>),
        (most, audio_ms): (usize, u32),
    ) -> Decoder<'a> {
        let (mut rules, mut place) = (Rules::new(layout), expected.start());
        for id in &given {
            rules.take(*id as usize);
            place.take(*id as usize);
        }
        prompt.extend(given);
        Decoder {
            state,
            layout,
            no_speech_token,
            no_speech: 0.0,
            expected,
            prompt,
            start: (rules, place),
            most,
            audio_ms,
            read: Vec::new(),
        }
    }

    /// The probability that there is no speech, once something was decoded without given words.
    pub(super) fn no_speech(&self) -> f32 {
        self.no_speech
    }

    /// The tokens that come after `before`: those that are `wished`, then the likeliest.
    pub(super) fn go_on(
        &mut self,
        before: &[Token],
        wished: &[usize],
    ) -> Result<Vec<Token>, WhisperError> {
        let (mut rules, mut place) = self.start.clone();
        for token in before {
            rules.take(token.id);
            place.take(token.id);
        }
        let mut context = self.prompt.clone();
        context.extend(before.iter().map(|token| token.id as i32));
        let mut tokens: Vec<Token> = Vec::new();
        while before.len() + tokens.len() < self.most {
            let mut logits = self.read(&context)?;
            if context.len() == self.prompt.len() && !self.is_given() {
                self.no_speech = share(&logits, self.no_speech_token);
            }
            place.raise(&mut logits);
            let token = rules.choose(&logits, wished.get(tokens.len()).copied());
            place.take(token.id);
            context.push(token.id as i32);
            tokens.push(token);
            if token.id == self.layout.end || self.is_at_end(&token) {
                break;
            }
        }
        Ok(tokens)
    }

    /// `tokens`, where words of the shelf that sound like those that came are heard as well or
    /// nearly, with these instead.
    pub(super) fn reconsider(
        &mut self,
        mut tokens: Vec<Token>,
        bytes: impl Fn(usize) -> Vec<u8>,
    ) -> Result<Vec<Token>, WhisperError> {
        let mut asked: Vec<Suspect> = Vec::new();
        let mut found = suspects(&tokens, self.layout, &bytes, self.expected).into_iter();
        while asked.len() < SUSPECTS_MAX {
            let Some(suspect) = found.find(|suspect| !asked.contains(suspect)) else {
                break;
            };
            let mut other = self.go_on(&tokens[..suspect.at], &suspect.term)?;
            if score(&other) + suspect.gain > score(&tokens[suspect.at..]) {
                lift(&mut other, suspect.term.len(), suspect.gain);
                tokens.truncate(suspect.at);
                tokens.extend(other);
                found = suspects(&tokens, self.layout, &bytes, self.expected).into_iter();
            }
            asked.push(suspect);
        }
        Ok(tokens)
    }

    /// The logits after `context`. What was read before is not read again.
    fn read(&mut self, context: &[i32]) -> Result<Vec<f32>, WhisperError> {
        let (next, before) = context.split_last().expect("there is a task");
        let same = self.read.iter().zip(before).take_while(|(a, b)| a == b);
        let same = same.count();
        // Logits are those of the first token of a batch, so the last one goes alone.
        if same < before.len() {
            self.state.decode(&before[same..], same, 1)?;
        }
        self.state.decode(&[*next], before.len(), 1)?;
        self.read.clear();
        self.read.extend_from_slice(context);
        Ok(self.state.get_logits()?.to_vec())
    }

    /// Whether words were given: their time stamp is part of the prompt.
    fn is_given(&self) -> bool {
        self.prompt
            .iter()
            .any(|id| *id as usize >= self.layout.zero)
    }

    fn is_at_end(&self, token: &Token) -> bool {
        let end_ms = (token.id >= self.layout.zero)
            .then_some(token.time)
            .flatten();
        end_ms.is_some_and(|time| time as u32 * POSITION_MS + END_MS >= self.audio_ms)
    }
}

/// Makes the first tokens likelier by what speaks for them beside the audio, so that a line with a
/// rare name is not taken for guesswork.
fn lift(tokens: &mut [Token], count: usize, mut gain: f32) {
    for token in tokens.iter_mut().take(count) {
        let lifted = gain.min(-token.logprob);
        token.logprob += lifted;
        gain -= lifted;
    }
}

/// How likely tokens are together.
fn score(tokens: &[Token]) -> f32 {
    tokens.iter().map(|token| token.logprob).sum()
}

/// The share of one token among all.
fn share(logits: &[f32], token: usize) -> f32 {
    let highest = logits.iter().copied().fold(f32::MIN, f32::max);
    let all: f32 = logits.iter().map(|logit| (logit - highest).exp()).sum();
    logits
        .get(token)
        .map_or(0.0, |logit| (logit - highest).exp() / all)
}

#[cfg(test)]
mod tests {
    use super::{Token, lift};

    #[test]
    fn what_speaks_for_a_term_counts_for_its_tokens_and_no_more() {
        let token = |logprob| Token {
            id: 1,
            probability: 1.0,
            logprob,
            time: None,
        };
        let mut tokens = [token(-9.0), token(-3.0), token(-2.0)];
        lift(&mut tokens, 2, 11.0);
        assert_eq!(tokens.map(|token| token.logprob), [0.0, -1.0, -2.0]);
        lift(&mut tokens, 2, 11.0);
        assert_eq!(tokens.map(|token| token.logprob), [0.0, 0.0, -2.0]);
    }
}
