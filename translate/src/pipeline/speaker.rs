//! One speaker: packets to samples to utterances, decodes to lines, and the spoken language.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::job::{Answer, Work};
use super::spoken::{Learnt, Spoken};
use super::turns::{Serial, Turns};
use crate::glossary::Glossary;
use crate::handle::AS_SPOKEN;
use crate::limits::{GAP_MS_MIN, SILENCE_FILL_MS_MAX};
use crate::ports::{Detection, Hypothesis, OpusDecoder, Task};
use crate::timeline::{Piece, Timeline};
use crate::typography::Typesetter;
use crate::utterance::Line;
use crate::voice::Voice;
use crate::{CaptionId, CaptionKind, Language, SpeakerOptions, SpeechPacket, guard};

/// Silence of the line after which speech counts as ended, on the wall.
const STALLED_MS: u64 = 1_000;

/// What a speaker wants done.
pub(super) enum Event {
    /// A line in the spoken language.
    Line { spoken: Language, line: Line },
    /// The language was found.
    Spoken(Language),
    /// Speech that is lost to captions.
    Gap { start_ms: u64, end_ms: u64 },
}

/// Where a speaker puts what it wants done.
pub(super) struct Out<'a> {
    pub(super) events: &'a mut Vec<Event>,
    pub(super) next_id: &'a mut u64,
}

/// A decode that is out.
#[derive(Debug, Clone, Copy)]
struct Decode {
    of: Serial,
    samples: usize,
    is_final: bool,
}

/// One speaker.
pub(super) struct Speaker {
    timeline: Timeline,
    decoder: Box<dyn OpusDecoder>,
    voice: Voice,
    turns: Turns,
    spoken: Spoken,
    typesetter: Typesetter,
    wanted: BTreeSet<Language>,
    glossary: Arc<Glossary>,
    out: Option<Decode>,
    last_audio_ms: u64,
    closing: bool,
}

impl Speaker {
    pub(super) fn new(decoder: Box<dyn OpusDecoder>, options: SpeakerOptions) -> Speaker {
        Speaker {
            timeline: Timeline::default(),
            decoder,
            voice: Voice::default(),
            turns: Turns::default(),
            spoken: Spoken::new(options.language),
            typesetter: Typesetter::default(),
            wanted: BTreeSet::new(),
            glossary: Arc::default(),
            out: None,
            last_audio_ms: 0,
            closing: false,
        }
    }

    /// Returns the language when it was set to another one. Without one it is looked for anew.
    pub(super) fn set_options(&mut self, options: SpeakerOptions) -> Option<Language> {
        self.spoken.set(options.language)
    }

    pub(super) fn wanted(&self) -> BTreeSet<Language> {
        self.wanted.clone()
    }

    pub(super) fn set_glossary(&mut self, glossary: Arc<Glossary>) {
        self.glossary = glossary;
    }

    pub(super) fn glossary(&self) -> Arc<Glossary> {
        Arc::clone(&self.glossary)
    }

    pub(super) fn want(&mut self, now_ms: u64, wanted: BTreeSet<Language>, out: &mut Out<'_>) {
        self.wanted = wanted;
        if self.wanted.is_empty() {
            self.end(now_ms, out);
            self.timeline = Timeline::default();
            self.voice.reset();
            self.turns.reset();
        }
    }

    pub(super) fn close(&mut self, now_ms: u64, out: &mut Out<'_>) {
        self.closing = true;
        self.timeline.flush();
        self.drain(now_ms, out);
        self.end(now_ms, out);
    }

    /// Nothing is left of it.
    pub(super) fn is_gone(&self) -> bool {
        self.closing && self.out.is_none() && self.turns.oldest_closed().is_none()
    }

    pub(super) fn is_speaking(&self) -> bool {
        self.turns.current().is_some()
    }

    pub(super) fn has_finals(&self) -> bool {
        self.out.is_some() || self.turns.oldest_closed().is_some()
    }

    pub(super) fn packet(&mut self, now_ms: u64, packet: SpeechPacket, out: &mut Out<'_>) {
        if self.wanted.is_empty() || self.closing {
            return;
        }
        self.timeline.push(packet);
        self.drain(now_ms, out);
    }

    pub(super) fn tick(&mut self, now_ms: u64, out: &mut Out<'_>) {
        if now_ms.saturating_sub(self.last_audio_ms) > STALLED_MS {
            self.timeline.flush();
            self.drain(now_ms, out);
            self.end(now_ms, out);
        }
    }

    fn drain(&mut self, now_ms: u64, out: &mut Out<'_>) {
        let mut pcm = Vec::new();
        while let Some(piece) = self.timeline.poll() {
            pcm.clear();
            let silence = |ms: u64| vec![0.0; ms as usize * 16];
            match piece {
                Piece::Packet { at_ms, ms, payload } => {
                    if let Err(error) = self.decoder.decode(&payload, &mut pcm) {
                        tracing::debug!(%error, "packet skipped");
                        pcm = silence(ms);
                    }
                    self.pcm(now_ms, at_ms, &pcm, out);
                }
                Piece::Lost { at_ms, ms, next } => {
                    let samples = ms as usize * 16;
                    if self
                        .decoder
                        .conceal(samples, Some(&next), &mut pcm)
                        .is_err()
                    {
                        pcm = silence(ms);
                    }
                    self.pcm(now_ms, at_ms, &pcm, out);
                }
                Piece::Silence { at_ms, ms, lost_ms } => {
                    if lost_ms >= GAP_MS_MIN && self.is_speaking() {
                        out.events.push(Event::Gap {
                            start_ms: at_ms,
                            end_ms: at_ms + lost_ms,
                        });
                    }
                    self.pcm(now_ms, at_ms, &silence(ms.min(SILENCE_FILL_MS_MAX)), out);
                }
                Piece::Break => {
                    self.end(now_ms, out);
                    self.voice.reset();
                    self.turns.reset();
                }
            }
        }
    }

    /// Takes samples that start at `at_ms`.
    pub(super) fn pcm(&mut self, now_ms: u64, at_ms: u64, pcm: &[f32], out: &mut Out<'_>) {
        if self.wanted.is_empty() {
            return;
        }
        self.last_audio_ms = now_ms;
        let turns = &mut self.turns;
        let mut frame_ms = at_ms.saturating_sub((self.voice.held() / 16) as u64);
        self.voice.push(pcm, |frame, voicing| {
            if let Some((start_ms, end_ms)) = turns.frame(now_ms, frame_ms, frame, voicing) {
                out.events.push(Event::Gap { start_ms, end_ms });
            }
            frame_ms += 16;
        });
        self.settle(out);
    }

    fn end(&mut self, now_ms: u64, out: &mut Out<'_>) {
        if let Some((start_ms, end_ms)) = self.turns.end(now_ms) {
            out.events.push(Event::Gap { start_ms, end_ms });
        }
        self.voice.reset();
        self.settle(out);
    }

    /// Media clock when the oldest utterance that needs its last decode ended.
    pub(super) fn final_waiting(&self) -> Option<u64> {
        let (_, utterance) = self.turns.oldest_closed().filter(|_| self.out.is_none())?;
        utterance.ended_ms()
    }

    /// Media clock since when a partial is due.
    pub(super) fn partial_due_ms(&self, step_ms: u64) -> Option<u64> {
        let free = self.out.is_none() && self.turns.oldest_closed().is_none();
        let (_, utterance) = self.turns.current().filter(|_| free)?;
        utterance.partial_due_ms(step_ms)
    }

    /// Begins the decode that was asked for.
    pub(super) fn start(&mut self, is_final: bool) -> Work {
        let chosen = if is_final {
            self.turns.oldest_closed()
        } else {
            self.turns.current()
        };
        let (of, utterance) = chosen.expect("a decode is asked for only while there is speech");
        self.out = Some(Decode {
            of,
            samples: utterance.audio().len(),
            is_final,
        });
        let voiced_ms = utterance.voiced_ms(utterance.audio().len());
        Work::Recognize {
            audio: utterance.audio().into(),
            language: self.spoken.known(),
            check: self.spoken.wants_check(of, voiced_ms),
            task: Task::Transcribe,
            given: utterance.committed().to_vec(),
            glossary: Arc::clone(&self.glossary),
        }
    }

    /// Gives up the oldest utterance that waits.
    pub(super) fn drop_final(&mut self, out: &mut Out<'_>) {
        let Some(mut utterance) = self.turns.take_closed() else {
            return;
        };
        let (start_ms, end_ms) = utterance.span_ms();
        out.events.push(Event::Gap { start_ms, end_ms });
        self.lines(out, |ids, lines| utterance.finish(None, ids, lines));
    }

    /// Takes the answer of a decode.
    pub(super) fn heard(&mut self, answer: Answer, out: &mut Out<'_>) {
        let Some(decode) = self.out.take() else {
            return;
        };
        match answer {
            Answer::Heard {
                detection,
                hypothesis,
            } => {
                let learnt = detection.map(|found| self.learn(found, decode, out));
                if learnt == Some(Learnt::Switched) {
                    self.settle(out);
                    return;
                }
                self.spoken.doubt(hypothesis.mean_logprob);
                self.write(decode, hypothesis, out);
            }
            Answer::Translated(_) => {}
            Answer::Failed(error) => {
                tracing::warn!(%error, "decode failed");
                if decode.is_final && self.is_oldest(decode.of) {
                    self.drop_final(out);
                } else if let Some(utterance) = self.turns.find(decode.of) {
                    utterance.skip(decode.samples);
                }
            }
        }
        self.settle(out);
    }

    fn is_oldest(&self, serial: Serial) -> bool {
        self.turns
            .oldest_closed()
            .is_some_and(|(oldest, _)| oldest == serial)
    }

    fn learn(&mut self, found: Detection, decode: Decode, out: &mut Out<'_>) -> Learnt {
        let Some(utterance) = self.turns.find(decode.of) else {
            return Learnt::Nothing;
        };
        let voiced_ms = utterance.voiced_ms(decode.samples);
        let old = self.spoken.language();
        let learnt = self
            .spoken
            .learn(found, (decode.of, voiced_ms, decode.is_final));
        let mut lines = Vec::new();
        match learnt {
            Learnt::Moved => utterance.retract(&mut lines),
            Learnt::Switched => utterance.hear_again(&mut lines),
            Learnt::Nothing | Learnt::Found => {}
        }
        if let Some(old) = old {
            let event = |line| Event::Line {
                spoken: old.clone(),
                line,
            };
            out.events.extend(lines.into_iter().map(event));
        }
        if let Some(language) = self.spoken.news() {
            out.events.push(Event::Spoken(language));
        }
        learnt
    }

    fn write(&mut self, decode: Decode, hypothesis: Hypothesis, out: &mut Out<'_>) {
        let keep_audio = self.wants_speech();
        let (known, shown) = (self.spoken.is_certain(), self.spoken.is_shown());
        let believed = self.spoken.is_believed();
        let in_question = self.spoken.is_suspicious();
        self.turns
            .all()
            .for_each(|utterance| utterance.keep_audio(keep_audio));
        let Some(utterance) = self.turns.find(decode.of) else {
            return;
        };
        let voiced_ms = utterance.voiced_ms(decode.samples);
        let words = guard::clean(hypothesis, voiced_ms);
        if decode.is_final {
            if !self.is_oldest(decode.of) {
                return;
            }
            let Some(mut utterance) = self.turns.take_closed() else {
                return;
            };
            let words = if believed { words } else { Vec::new() };
            self.lines(out, |ids, lines| utterance.finish(Some(&words), ids, lines));
            return;
        }
        utterance.question(in_question);
        let words = if shown { words } else { Vec::new() };
        let mut lines = Vec::new();
        let next = &mut *out.next_id;
        utterance.partial(
            decode.samples,
            words,
            known,
            &mut || fresh(next),
            &mut lines,
        );
        self.emit(lines, out);
    }

    /// Whether somebody may want finals as speech: another language from one that is not English.
    fn wants_speech(&self) -> bool {
        let spoken = self.spoken.language();
        spoken.is_some_and(|spoken| {
            spoken.base() != "en"
                && self
                    .wanted
                    .iter()
                    .any(|wanted| wanted.base() != spoken.base() && wanted.0 != AS_SPOKEN)
        })
    }

    /// Finishes closed utterances that need no further decode.
    fn settle(&mut self, out: &mut Out<'_>) {
        while let Some((serial, utterance)) = self.turns.oldest_closed() {
            let busy = self.out.is_some_and(|decode| decode.of == serial);
            let ready = utterance.is_read() || !utterance.is_speech();
            if busy || !ready {
                return;
            }
            let Some(mut utterance) = self.turns.take_closed() else {
                return;
            };
            self.lines(out, |ids, lines| utterance.finish(None, ids, lines));
        }
    }

    fn lines(
        &mut self,
        out: &mut Out<'_>,
        write: impl FnOnce(&mut dyn FnMut() -> CaptionId, &mut Vec<Line>),
    ) {
        let mut lines = Vec::new();
        let next = &mut *out.next_id;
        write(&mut || fresh(next), &mut lines);
        self.emit(lines, out);
    }

    fn emit(&mut self, lines: Vec<Line>, out: &mut Out<'_>) {
        let Some(spoken) = self.spoken.language() else {
            return;
        };
        for mut line in lines {
            line.text = self.typesetter.set(&line.text);
            if line.kind == CaptionKind::Final {
                self.typesetter.finished(&line.text);
            }
            let spoken = spoken.clone();
            out.events.push(Event::Line { spoken, line });
        }
    }
}

fn fresh(next: &mut u64) -> CaptionId {
    let id = CaptionId(*next);
    *next += 1;
    id
}
