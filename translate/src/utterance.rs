//! One stretch of speech while it is being written down: its audio, what two decodes agreed on,
//! which lines are already out, when a partial is due and where the buffer is cut.

use std::sync::Arc;

use crate::agree::{Agreement, join};
use crate::limits::{
    BUFFER_MS_HARD, BUFFER_MS_MAX, COMMIT_HELD_MS, CUT_REST_MS_MIN, FIRST_DECODE_MS, PAUSE_MS,
    SHOW_HELD_MS, STEP_VOICED_MS, VOICED_MS_MIN,
};
use crate::lines::{ends_clause, ends_sentence, first_line};
use crate::ports::Word;
use crate::voice::FRAME_SAMPLES;
use crate::{CaptionId, CaptionKind};

/// Samples in a millisecond.
const SAMPLES_PER_MS: usize = 16;
/// Silence that must follow the last voiced frame for a decode to count as the last one.
const TAIL_MS: u64 = 160;
/// A pause is not read before there is this much of audio: less is noise more often than speech.
const PAUSE_DECODE_MS_MIN: u64 = 700;
/// How far a cut may move to find a quieter place.
const CUT_SEARCH_FRAMES: usize = 12;

/// A line to show, its words and where they were spoken.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// Partial or final.
    pub(crate) kind: CaptionKind,
    /// Stable from first partial to final.
    pub(crate) id: CaptionId,
    /// The words; empty when a shown partial turned out to be nothing.
    pub(crate) text: String,
    /// Characters of `text` that stay.
    pub(crate) stable: usize,
    /// Media clock.
    pub(crate) start_ms: u64,
    /// Media clock.
    pub(crate) end_ms: u64,
    /// The speech of a final, when it was asked for.
    pub(crate) audio: Option<Arc<[f32]>>,
}

/// One stretch of speech.
#[derive(Debug)]
pub(crate) struct Utterance {
    /// Media clock of the first sample in the buffer.
    start_ms: u64,
    audio: Vec<f32>,
    /// One per frame of `audio`: was it voiced?
    voiced: Vec<bool>,
    /// Samples of the buffer that the newest decode has read.
    decoded: usize,
    agreement: Agreement,
    /// Committed words that are in finished lines already.
    lined: usize,
    /// The unfinished line, once it was shown.
    open: Option<CaptionId>,
    /// What was last shown of it.
    shown: String,
    /// Lines do not overlap.
    line_start_ms: u64,
    /// Media clock when the pause ended it.
    ended_ms: Option<u64>,
    /// The newest decode does not count as the last one: its language is in question.
    in_question: bool,
    /// Finals carry their audio: somebody wants them in a language only speech leads to.
    keep_audio: bool,
}

impl Utterance {
    /// Begins with the audio kept from before the onset, which starts at `start_ms`.
    #[must_use]
    pub(crate) fn new(start_ms: u64, before: &[f32]) -> Utterance {
        let frames = before.len() / FRAME_SAMPLES;
        Utterance {
            start_ms,
            audio: before[before.len() - frames * FRAME_SAMPLES..].to_vec(),
            voiced: vec![false; frames],
            decoded: 0,
            agreement: Agreement::default(),
            lined: 0,
            open: None,
            shown: String::new(),
            line_start_ms: start_ms,
            ended_ms: None,
            in_question: false,
            keep_audio: false,
        }
    }

    /// Says whether finals carry their audio from now on.
    pub(crate) fn keep_audio(&mut self, keep: bool) {
        self.keep_audio = keep;
    }

    /// Adds one detector frame.
    pub(crate) fn push(&mut self, frame: &[f32], voiced: bool) {
        self.audio.extend_from_slice(frame);
        self.voiced.push(voiced);
    }

    /// Says that speech ended; what follows belongs to another utterance.
    pub(crate) fn end(&mut self, now_ms: u64) {
        self.ended_ms.get_or_insert(now_ms);
    }

    /// When it ended.
    #[must_use]
    pub(crate) fn ended_ms(&self) -> Option<u64> {
        self.ended_ms
    }

    /// The audio in the buffer.
    #[must_use]
    pub(crate) fn audio(&self) -> &[f32] {
        &self.audio
    }

    /// The words of the buffer that stay.
    #[must_use]
    pub(crate) fn committed(&self) -> &[Word] {
        self.agreement.committed()
    }

    /// Media clock from first to last sample.
    #[must_use]
    pub(crate) fn span_ms(&self) -> (u64, u64) {
        (self.start_ms, self.start_ms + self.length_ms())
    }

    /// Length of the buffer.
    #[must_use]
    pub(crate) fn length_ms(&self) -> u64 {
        (self.audio.len() / SAMPLES_PER_MS) as u64
    }

    /// How much of the first `samples` of the buffer was voiced.
    #[must_use]
    pub(crate) fn voiced_ms(&self, samples: usize) -> u64 {
        let frames = (samples / FRAME_SAMPLES).min(self.voiced.len());
        let voiced = self.voiced[..frames]
            .iter()
            .filter(|voiced| **voiced)
            .count();
        (voiced * FRAME_SAMPLES / SAMPLES_PER_MS) as u64
    }

    /// Whether there is enough voice to be worth a decode.
    #[must_use]
    pub(crate) fn is_speech(&self) -> bool {
        self.voiced_ms(self.audio.len()) >= VOICED_MS_MIN
    }

    /// Media clock since when a partial is due: when there are `step_ms` of new audio with voice
    /// in it, or at once when a pause begins, which may be the end.
    #[must_use]
    pub(crate) fn partial_due_ms(&self, step_ms: u64) -> Option<u64> {
        if !self.is_speech() {
            return None;
        }
        let decoded_ms = (self.decoded / SAMPLES_PER_MS) as u64;
        let spoken_ms = (self.spoken() / SAMPLES_PER_MS) as u64;
        let length_ms = self.length_ms();
        let pause_ms = (spoken_ms + PAUSE_MS).max(PAUSE_DECODE_MS_MIN);
        if decoded_ms < spoken_ms + TAIL_MS && length_ms >= pause_ms {
            return Some(self.start_ms + pause_ms);
        }
        let needed_ms = FIRST_DECODE_MS.max(decoded_ms + step_ms);
        let new_ms = self.voiced_ms(self.audio.len()) - self.voiced_ms(self.decoded);
        let due = length_ms >= needed_ms && new_ms >= STEP_VOICED_MS;
        due.then_some(self.start_ms + needed_ms)
    }

    /// Samples up to the last voiced frame.
    fn spoken(&self) -> usize {
        let last = self.voiced.iter().rposition(|voiced| *voiced);
        last.map_or(0, |i| i + 1) * FRAME_SAMPLES
    }

    /// Until when words of a decode of the first `samples` are believed: in a pause to the end,
    /// else `held_ms` less, because the last sounds may be the beginning of another word.
    fn believed_ms(&self, samples: usize, held_ms: u64) -> u32 {
        let frames = (samples / FRAME_SAMPLES).min(self.voiced.len());
        let heard = self.voiced[..frames].iter().rev();
        let quiet = heard.take_while(|voiced| !**voiced).count() * FRAME_SAMPLES;
        if quiet >= TAIL_MS as usize * SAMPLES_PER_MS {
            return u32::MAX;
        }
        ((samples / SAMPLES_PER_MS) as u64).saturating_sub(held_ms) as u32
    }

    /// Whether the newest decode has already read all that was said.
    #[must_use]
    pub(crate) fn is_read(&self) -> bool {
        let needed = self.spoken() + TAIL_MS as usize * SAMPLES_PER_MS;
        let is_decoded = self.decoded > 0 && self.decoded >= needed;
        self.ended_ms.is_some() && is_decoded && !self.in_question
    }

    /// Whether no committed word offered a place to cut for too long.
    #[must_use]
    pub(crate) fn is_overlong(&self) -> bool {
        self.length_ms() >= BUFFER_MS_HARD
    }

    /// Takes a decode of the first `samples` of the buffer that the next one may still change.
    /// Without `commit`, nothing is agreed on yet: the language is not certain.
    pub(crate) fn partial(
        &mut self,
        samples: usize,
        heard: Vec<Word>,
        commit: bool,
        ids: &mut dyn FnMut() -> CaptionId,
        out: &mut Vec<Line>,
    ) {
        self.decoded = samples.min(self.audio.len());
        let mut settled_ms = self.believed_ms(samples, SHOW_HELD_MS);
        if commit {
            let sure_ms = self.believed_ms(samples, COMMIT_HELD_MS);
            self.agreement.update(heard, sure_ms);
        } else {
            self.agreement.propose(heard);
        }
        self.finish_lines(ids, out);
        if self.length_ms() > BUFFER_MS_MAX && self.ended_ms.is_none() {
            let cut_ms = self.cut(ids, out);
            settled_ms = settled_ms.saturating_sub(cut_ms as u32);
        }
        self.show(settled_ms, ids, out);
    }

    /// Says whether the newest decode may be in a wrong language, so that another one is needed.
    pub(crate) fn question(&mut self, in_question: bool) {
        self.in_question = in_question;
    }

    /// Gives up a decode of the first `samples`: the next partial waits for new audio.
    pub(crate) fn skip(&mut self, samples: usize) {
        self.decoded = samples.min(self.audio.len());
    }

    /// Takes the last decode: everything becomes final. Without `heard` what the newest partial
    /// heard is kept.
    pub(crate) fn finish(
        &mut self,
        heard: Option<&[Word]>,
        ids: &mut dyn FnMut() -> CaptionId,
        out: &mut Vec<Line>,
    ) {
        match heard {
            Some(heard) => self.agreement.finish(heard),
            None => self.agreement.settle(),
        }
        self.finish_lines(ids, out);
        let rest = self.agreement.committed().len();
        if rest > self.lined {
            self.finish_line(rest, ids, out);
        }
        self.retract(out);
    }

    /// Forgets what was heard since the last finished line: it was heard in a wrong language.
    /// What is shown of it is taken back, and its audio is due to be decoded again.
    pub(crate) fn hear_again(&mut self, out: &mut Vec<Line>) {
        self.retract(out);
        let lined_ms = self.line_start_ms.saturating_sub(self.start_ms);
        let frames = lined_ms as usize * SAMPLES_PER_MS / FRAME_SAMPLES;
        let frames = frames.min(self.voiced.len());
        self.audio.drain(..frames * FRAME_SAMPLES);
        self.voiced.drain(..frames);
        self.start_ms += (frames * FRAME_SAMPLES / SAMPLES_PER_MS) as u64;
        self.agreement = Agreement::default();
        self.lined = 0;
        self.decoded = 0;
    }

    /// Takes back a partial that turned out to be nothing.
    pub(crate) fn retract(&mut self, out: &mut Vec<Line>) {
        let Some(id) = self.open.take() else { return };
        let (start_ms, end_ms) = (self.line_start_ms, self.span_ms().1);
        let (kind, text) = (CaptionKind::Partial, String::new());
        out.push(Line {
            kind,
            id,
            text,
            stable: 0,
            start_ms,
            end_ms,
            audio: None,
        });
        self.shown.clear();
    }

    /// The audio spoken between two times, with a little around it.
    fn audio_between(&self, start_ms: u64, end_ms: u64) -> Arc<[f32]> {
        const AROUND_MS: u64 = 150;
        let sample = |ms: u64| {
            let from_start = ms.saturating_sub(self.start_ms) as usize * SAMPLES_PER_MS;
            from_start.min(self.audio.len())
        };
        let (start, end) = (
            sample(start_ms.saturating_sub(AROUND_MS)),
            sample(end_ms + AROUND_MS),
        );
        self.audio[start..end.max(start)].into()
    }

    fn finish_lines(&mut self, ids: &mut dyn FnMut() -> CaptionId, out: &mut Vec<Line>) {
        while let Some(count) = first_line(&self.agreement.committed()[self.lined..]) {
            self.finish_line(self.lined + count, ids, out);
        }
    }

    fn finish_line(&mut self, end: usize, ids: &mut dyn FnMut() -> CaptionId, out: &mut Vec<Line>) {
        let words = &self.agreement.committed()[self.lined..end];
        let (Some(first), Some(last)) = (words.first(), words.last()) else {
            return;
        };
        let (start_ms, end_ms) = self.times(first, last);
        let text = join(words);
        let id = self.open.take().unwrap_or_else(ids);
        let audio = self
            .keep_audio
            .then(|| self.audio_between(start_ms, end_ms));
        out.push(Line {
            kind: CaptionKind::Final,
            id,
            stable: text.chars().count(),
            text,
            start_ms,
            end_ms,
            audio,
        });
        self.lined = end;
        self.shown.clear();
        self.line_start_ms = end_ms;
    }

    /// Shows the unfinished line when it changed.
    fn show(&mut self, settled_ms: u32, ids: &mut dyn FnMut() -> CaptionId, out: &mut Vec<Line>) {
        let words = self.agreement.show(self.lined, settled_ms);
        let text = join(&words);
        if text == self.shown {
            return;
        }
        let (Some(first), Some(last)) = (words.first(), words.last()) else {
            return self.retract(out);
        };
        let (start_ms, end_ms) = self.times(first, last);
        let committed = &self.agreement.committed()[self.lined..];
        let stable = join(committed).chars().count();
        let id = *self.open.get_or_insert_with(ids);
        self.shown.clone_from(&text);
        let kind = CaptionKind::Partial;
        out.push(Line {
            kind,
            id,
            text,
            stable,
            start_ms,
            end_ms,
            audio: None,
        });
    }

    fn times(&self, first: &Word, last: &Word) -> (u64, u64) {
        let end = self.span_ms().1;
        let start_ms = (self.start_ms + u64::from(first.start_ms)).clamp(self.line_start_ms, end);
        let end_ms = (self.start_ms + u64::from(last.end_ms)).clamp(start_ms, end);
        (start_ms, end_ms)
    }

    /// Cuts the buffer after a committed word; the line before the cut is finished with it.
    /// Returns how much it cut.
    fn cut(&mut self, ids: &mut dyn FnMut() -> CaptionId, out: &mut Vec<Line>) -> u64 {
        let Some(after) = self.cut_after() else {
            return 0;
        };
        if after > self.lined {
            self.finish_line(after, ids, out);
        }
        let words = self.agreement.committed();
        let next = words
            .get(after)
            .or_else(|| self.agreement.tentative().first());
        let end_ms = words[after - 1].end_ms;
        let middle_ms = next.map_or(end_ms, |next| end_ms.midpoint(next.start_ms.max(end_ms)));
        let frame = self.quietest(middle_ms as usize * SAMPLES_PER_MS / FRAME_SAMPLES);
        let samples = frame * FRAME_SAMPLES;
        let cut_ms = (samples / SAMPLES_PER_MS) as u64;
        self.audio.drain(..samples);
        self.voiced.drain(..frame);
        self.decoded = self.decoded.saturating_sub(samples);
        self.start_ms += cut_ms;
        self.agreement.forget(after, cut_ms as u32);
        self.lined = self.lined.saturating_sub(after);
        cut_ms
    }

    /// After how many committed words to cut: the last sentence end, else the last clause end,
    /// else the widest gap between words of the second half.
    fn cut_after(&self) -> Option<usize> {
        let words = self.agreement.committed();
        let latest_ms = self.length_ms().saturating_sub(CUT_REST_MS_MIN) as u32;
        let inner = words.len().checked_sub(1)?;
        let may = |i: &usize| words[*i].end_ms < latest_ms && words[*i].end_ms > 1_000;
        let sentence = (0..inner)
            .rev()
            .filter(may)
            .find(|i| ends_sentence(&words[*i]));
        let clause = || {
            let late = |i: &usize| u64::from(words[*i].end_ms) > BUFFER_MS_MAX / 3;
            (0..inner)
                .rev()
                .filter(may)
                .filter(late)
                .find(|i| ends_clause(&words[*i]))
        };
        let gap = || {
            let wide = |i: &usize| words[i + 1].start_ms.saturating_sub(words[*i].end_ms);
            (words.len() / 2..inner).filter(may).max_by_key(wide)
        };
        sentence.or_else(clause).or_else(gap).map(|i| i + 1)
    }

    /// The frame with the least energy around `frame`.
    fn quietest(&self, frame: usize) -> usize {
        let last = self.voiced.len().saturating_sub(1);
        let (from, to) = (
            frame.saturating_sub(CUT_SEARCH_FRAMES),
            frame + CUT_SEARCH_FRAMES,
        );
        let energy = |i: &usize| {
            let start = i * FRAME_SAMPLES;
            self.audio[start..start + FRAME_SAMPLES]
                .iter()
                .map(|s| s * s)
                .sum::<f32>()
        };
        let by_energy = |a: &usize, b: &usize| energy(a).total_cmp(&energy(b));
        (from.min(last)..=to.min(last))
            .min_by(by_energy)
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
