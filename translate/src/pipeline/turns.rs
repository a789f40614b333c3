//! One speaker's turns: the utterance being spoken and those that wait for their last decode.

use std::collections::VecDeque;

use crate::limits::{CLOSED_UTTERANCES_MAX, PRE_ROLL_MS};
use crate::utterance::Utterance;
use crate::voice::{FRAME_SAMPLES, Voicing};

/// Frames kept from before an onset.
const PRE_ROLL_FRAMES: usize = (PRE_ROLL_MS / 16) as usize;

/// Names an utterance of one speaker while decodes of it are out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Serial(pub(super) u64);

/// Frames in, utterances out.
#[derive(Debug, Default)]
pub(super) struct Turns {
    before: VecDeque<f32>,
    current: Option<(Serial, Utterance)>,
    closed: VecDeque<(Serial, Utterance)>,
    next: u64,
    /// Where the last utterance ended: the media clock may be set back a little when packets
    /// arrive faster than before, utterances do not overlap for that.
    ended_ms: u64,
}

impl Turns {
    /// Takes one detector frame that starts at `at_ms`. Returns the span of an utterance that
    /// was given up because too many wait.
    pub(super) fn frame(
        &mut self,
        now_ms: u64,
        at_ms: u64,
        frame: &[f32],
        voicing: Voicing,
    ) -> Option<(u64, u64)> {
        let Some((_, current)) = &mut self.current else {
            if voicing == Voicing::Silent {
                self.keep(frame);
            } else {
                self.begin(at_ms, frame);
            }
            return None;
        };
        current.push(
            frame,
            matches!(voicing, Voicing::Onset | Voicing::Speaking(true)),
        );
        let ends = matches!(voicing, Voicing::End | Voicing::Silent);
        if ends || current.is_overlong() {
            self.end(now_ms)
        } else {
            None
        }
    }

    /// Ends the current utterance, if any.
    pub(super) fn end(&mut self, now_ms: u64) -> Option<(u64, u64)> {
        let (serial, mut utterance) = self.current.take()?;
        utterance.end(now_ms);
        self.ended_ms = self.ended_ms.max(utterance.span_ms().1);
        self.closed.push_back((serial, utterance));
        let given_up = self.closed.len() > CLOSED_UTTERANCES_MAX;
        given_up
            .then(|| self.closed.pop_front())
            .flatten()
            .map(|(_, u)| u.span_ms())
    }

    pub(super) fn current(&self) -> Option<(Serial, &Utterance)> {
        self.current
            .as_ref()
            .map(|(serial, utterance)| (*serial, utterance))
    }

    pub(super) fn oldest_closed(&self) -> Option<(Serial, &Utterance)> {
        self.closed
            .front()
            .map(|(serial, utterance)| (*serial, utterance))
    }

    pub(super) fn take_closed(&mut self) -> Option<Utterance> {
        self.closed.pop_front().map(|(_, utterance)| utterance)
    }

    pub(super) fn find(&mut self, serial: Serial) -> Option<&mut Utterance> {
        let all = self.closed.iter_mut().chain(&mut self.current);
        all.into_iter()
            .find(|(other, _)| *other == serial)
            .map(|(_, utterance)| utterance)
    }

    pub(super) fn all(&mut self) -> impl Iterator<Item = &mut Utterance> {
        self.closed
            .iter_mut()
            .chain(&mut self.current)
            .map(|(_, utterance)| utterance)
    }

    /// Forgets the audio before: what follows does not continue it.
    pub(super) fn reset(&mut self) {
        self.before.clear();
    }

    fn begin(&mut self, at_ms: u64, frame: &[f32]) {
        let before = self.before.make_contiguous();
        let before_ms = (before.len() / FRAME_SAMPLES * 16) as u64;
        let start_ms = at_ms.saturating_sub(before_ms).max(self.ended_ms);
        let mut utterance = Utterance::new(start_ms, before);
        utterance.push(frame, true);
        self.before.clear();
        self.current = Some((Serial(self.next), utterance));
        self.next += 1;
    }

    fn keep(&mut self, frame: &[f32]) {
        self.before.extend(frame);
        let surplus = self
            .before
            .len()
            .saturating_sub(PRE_ROLL_FRAMES * FRAME_SAMPLES);
        self.before.drain(..surplus);
    }
}
