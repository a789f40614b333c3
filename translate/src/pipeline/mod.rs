//! The machine: packets of all speakers in, decode jobs and captions out. It reads no clock,
//! waits for nothing and locks nothing; the shell says what time it is and runs the jobs.
//!
//! The loop's contract: `handle` one input, drain `poll`, then ask `next_job` once for every
//! thread that is free.

mod job;
mod recent;
mod speaker;
mod spoken;
mod text;
mod turns;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

pub use job::{Answer, Job, JobId, Kind, Work};

use crate::glossary::Glossary;
use crate::limits::{FINAL_DUE_MS, FINAL_LAG_MS_MAX, SPEAKERS_MAX};
use crate::ports::{OpusDecoder, Routes};
use crate::schedule::{Load, Request, Urgency, pick};
use crate::utterance::Line;
use crate::{Caption, CaptionKind, Language, Output, SpeakerId, SpeakerOptions, SpeechPacket};
use job::{Purpose, Running};
use speaker::{Event, Speaker};
use text::{Source, Texts};

/// One thing that happened.
pub enum Input {
    /// A speaker begins, or its options change.
    Open(SpeakerId, SpeakerOptions),
    /// An Opus packet.
    Packet(SpeakerId, SpeechPacket),
    /// 16 kHz mono samples of a speaker that does not come as Opus, such as a file.
    Pcm {
        /// Who.
        speaker: SpeakerId,
        /// Media clock of the first sample.
        at_ms: u64,
        /// The samples.
        samples: Vec<f32>,
    },
    /// The words of the show a speaker is in.
    Glossary(SpeakerId, Arc<Glossary>),
    /// What somebody wants to read.
    Want(SpeakerId, BTreeSet<Language>),
    /// A speaker is gone.
    Close(SpeakerId),
    /// Time went by: speech whose packets stopped coming is finished.
    Tick,
    /// A job came back.
    Done {
        /// Which.
        job: JobId,
        /// What came of it.
        answer: Answer,
        /// How long it ran.
        ran_ms: u64,
    },
}

/// All speakers of one process.
pub struct Pipeline {
    speakers: BTreeMap<SpeakerId, Speaker>,
    routes: Arc<dyn Routes>,
    make_decoder: Box<dyn FnMut() -> Box<dyn OpusDecoder> + Send>,
    load: Load,
    texts: Texts,
    running: BTreeMap<JobId, Running>,
    outputs: VecDeque<Output>,
    next_job: u64,
    next_caption: u64,
}

impl Pipeline {
    /// No speakers yet; `threads` decode threads will ask for jobs.
    pub fn new(
        threads: usize,
        routes: Arc<dyn Routes>,
        make_decoder: impl FnMut() -> Box<dyn OpusDecoder> + Send + 'static,
    ) -> Pipeline {
        Pipeline {
            speakers: BTreeMap::new(),
            routes,
            make_decoder: Box::new(make_decoder),
            load: Load::new(threads),
            texts: Texts::default(),
            running: BTreeMap::new(),
            outputs: VecDeque::new(),
            next_job: 0,
            next_caption: 1,
        }
    }

    /// Takes one input at `now_ms` of the media clock.
    pub fn handle(&mut self, now_ms: u64, input: Input) {
        match input {
            Input::Open(id, options) => self.open(id, options),
            Input::Packet(id, packet) => {
                self.with(now_ms, id, |speaker, out| {
                    speaker.packet(now_ms, packet, out)
                });
            }
            Input::Pcm {
                speaker: id,
                at_ms,
                samples,
            } => {
                self.with(now_ms, id, |speaker, out| {
                    speaker.pcm(now_ms, at_ms, &samples, out)
                });
            }
            Input::Glossary(id, glossary) => {
                self.with(now_ms, id, |speaker, _| speaker.set_glossary(glossary));
            }
            Input::Want(id, languages) => {
                self.texts
                    .recall(now_ms, id, &languages, self.routes.as_ref());
                self.with(now_ms, id, |speaker, out| {
                    speaker.want(now_ms, languages, out)
                });
            }
            Input::Close(id) => {
                self.with(now_ms, id, |speaker, out| speaker.close(now_ms, out));
            }
            Input::Tick => {
                let ids: Vec<SpeakerId> = self.speakers.keys().copied().collect();
                for id in ids {
                    self.with(now_ms, id, |speaker, out| speaker.tick(now_ms, out));
                }
            }
            Input::Done {
                job,
                answer,
                ran_ms,
            } => self.done(now_ms, job, answer, ran_ms),
        }
    }

    /// The next caption, found language or gap.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// What a free thread should do now: translated finals, then decodes of finals, then
    /// translated partials, then decodes of partials.
    pub fn next_job(&mut self, now_ms: u64) -> Option<Job> {
        self.drop_late(now_ms);
        if let Some(line) = self.texts.next_final() {
            return Some(self.start_text(now_ms, line));
        }
        let request = pick(self.requests());
        if request
            .as_ref()
            .is_none_or(|request| request.urgency == Urgency::Partial)
            && let Some(line) = self.texts.next_partial()
        {
            return Some(self.start_text(now_ms, line));
        }
        request.map(|request| self.start_decode(now_ms, &request))
    }

    /// The next line for the translator outside, if there is one and it has room. Its answer
    /// comes back as [`Input::Done`], whenever it comes.
    pub fn next_outside(&mut self, now_ms: u64) -> Option<Job> {
        let line = self.texts.next_outside(now_ms)?;
        Some(self.start_text(now_ms, line))
    }

    /// Whether nothing is left to do: no job runs, none is waiting.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.running.is_empty()
            && self.texts.is_empty()
            && self.speakers.values().all(|speaker| !speaker.has_finals())
    }

    fn open(&mut self, id: SpeakerId, options: SpeakerOptions) {
        if let Some(speaker) = self.speakers.get_mut(&id) {
            if let Some(language) = speaker.set_options(options) {
                self.outputs.push_back(Output::Spoken {
                    speaker: id,
                    language,
                });
            }
        } else if self.speakers.len() >= SPEAKERS_MAX {
            tracing::warn!(
                speaker = id.0,
                "too many speakers: this one is not captioned"
            );
        } else {
            if let Some(language) = options.language.clone() {
                self.outputs.push_back(Output::Spoken {
                    speaker: id,
                    language,
                });
            }
            self.speakers
                .insert(id, Speaker::new((self.make_decoder)(), options));
        }
    }

    /// Lets a speaker do something and carries out what it asks for.
    fn with(
        &mut self,
        now_ms: u64,
        id: SpeakerId,
        act: impl FnOnce(&mut Speaker, &mut speaker::Out<'_>),
    ) {
        let Some(speaker) = self.speakers.get_mut(&id) else {
            return;
        };
        let mut events = Vec::new();
        act(
            speaker,
            &mut speaker::Out {
                events: &mut events,
                next_id: &mut self.next_caption,
            },
        );
        let gone = speaker.is_gone();
        for event in events {
            self.carry_out(now_ms, id, event);
        }
        if gone {
            self.texts.forget(id);
            self.speakers.remove(&id);
        }
    }

    fn carry_out(&mut self, now_ms: u64, id: SpeakerId, event: Event) {
        match event {
            Event::Line { spoken, line } => {
                let speaker = self.speakers.get(&id);
                let wanted = speaker.map(Speaker::wanted).unwrap_or_default();
                let glossary = speaker.map(Speaker::glossary).unwrap_or_default();
                let (text, stable) = spelled(&line, &glossary);
                let caption = Caption {
                    kind: line.kind,
                    id: line.id,
                    language: spoken.clone(),
                    text,
                    stable,
                    kept: false,
                    start_ms: line.start_ms,
                    end_ms: line.end_ms,
                    emitted_ms: now_ms,
                    recalled: false,
                };
                let source = Source {
                    speaker: id,
                    caption: caption.clone(),
                    glossary,
                };
                self.outputs.push_back(Output::Caption {
                    speaker: id,
                    spoken,
                    caption,
                });
                let taken_back =
                    self.texts
                        .offer(&source, &wanted, line.audio, self.routes.as_ref());
                self.outputs.extend(taken_back);
            }
            Event::Spoken(language) => {
                self.outputs.push_back(Output::Spoken {
                    speaker: id,
                    language,
                });
            }
            Event::Gap { start_ms, end_ms } => {
                self.outputs.push_back(Output::Gap {
                    speaker: id,
                    start_ms,
                    end_ms,
                });
            }
        }
    }

    /// Milliseconds between two partials of a speaker now; `None`: partials are suspended.
    #[must_use]
    pub fn step_ms(&self) -> Option<u64> {
        let speaking = self
            .speakers
            .values()
            .filter(|speaker| speaker.is_speaking())
            .count();
        self.load.step_ms(speaking)
    }

    fn requests(&self) -> Vec<Request<Purpose>> {
        let step_ms = self.step_ms();
        let mut requests = Vec::new();
        for (id, speaker) in &self.speakers {
            if let Some(ended_ms) = speaker.final_waiting() {
                let deadline_ms = ended_ms + FINAL_DUE_MS;
                let from = Purpose::Final(*id);
                requests.push(Request {
                    from,
                    urgency: Urgency::Final,
                    deadline_ms,
                });
            } else if let Some(step_ms) = step_ms
                && let Some(due_ms) = speaker.partial_due_ms(step_ms)
            {
                let deadline_ms = due_ms + step_ms;
                let from = Purpose::Partial(*id);
                requests.push(Request {
                    from,
                    urgency: Urgency::Partial,
                    deadline_ms,
                });
            }
        }
        if let Some((id, deadline_ms)) = self.texts.next_speech() {
            let from = Purpose::Speech(id);
            requests.push(Request {
                from,
                urgency: Urgency::Final,
                deadline_ms,
            });
        }
        requests
    }

    fn start_decode(&mut self, now_ms: u64, request: &Request<Purpose>) -> Job {
        let due_ms = match request.urgency {
            Urgency::Final => request.deadline_ms.saturating_sub(FINAL_DUE_MS),
            Urgency::Partial => self
                .step_ms()
                .map_or(now_ms, |step| request.deadline_ms - step),
        };
        let waited_ms = now_ms.saturating_sub(due_ms);
        let work = match request.from {
            Purpose::Final(id) | Purpose::Partial(id) => {
                let speaker = self
                    .speakers
                    .get_mut(&id)
                    .expect("it asked for this decode");
                speaker.start(matches!(request.from, Purpose::Final(_)))
            }
            Purpose::Speech(_) | Purpose::Text(..) | Purpose::Outside(..) => {
                self.texts.start_speech().expect("it asked for this decode")
            }
        };
        self.start(request.deadline_ms, waited_ms, request.from.clone(), work)
    }

    fn start_text(&mut self, now_ms: u64, (purpose, work): (Purpose, Work)) -> Job {
        self.start(now_ms, 0, purpose, work)
    }

    fn start(&mut self, deadline_ms: u64, waited_ms: u64, purpose: Purpose, work: Work) -> Job {
        let id = JobId(self.next_job);
        self.next_job += 1;
        let kind = purpose.kind();
        self.running.insert(id, Running { purpose, waited_ms });
        Job {
            id,
            kind,
            deadline_ms,
            waited_ms,
            work,
        }
    }

    fn done(&mut self, now_ms: u64, job: JobId, answer: Answer, ran_ms: u64) {
        let Some(Running { purpose, waited_ms }) = self.running.remove(&job) else {
            return;
        };
        match purpose {
            Purpose::Final(id) | Purpose::Partial(id) => {
                self.load.observe(waited_ms, ran_ms);
                self.with(now_ms, id, |speaker, out| speaker.heard(answer, out));
            }
            Purpose::Speech(id) => {
                self.load.observe(waited_ms, ran_ms);
                self.outputs
                    .extend(self.texts.in_english(now_ms, id, answer));
            }
            Purpose::Outside(id, language) => {
                let way = (id, language);
                self.outputs
                    .extend(self.texts.outside_answered(now_ms, way, answer));
            }
            Purpose::Text(id, language, is_final) => {
                let way = (id, language);
                self.outputs
                    .extend(self.texts.translated(now_ms, way, is_final, answer));
            }
        }
    }

    /// Finals that nobody can use any more become gaps.
    fn drop_late(&mut self, now_ms: u64) {
        let oldest_ms = now_ms.saturating_sub(FINAL_LAG_MS_MAX);
        let late = |(id, speaker): (&SpeakerId, &Speaker)| {
            speaker
                .final_waiting()
                .is_some_and(|ended| ended < oldest_ms)
                .then_some(*id)
        };
        let late: Vec<SpeakerId> = self.speakers.iter().filter_map(late).collect();
        for id in late {
            self.with(now_ms, id, Speaker::drop_final);
        }
    }
}

/// A line with the shop's names in the shop's letters, and how much of it stays. Until it is final
/// no letter may move.
fn spelled(line: &Line, glossary: &Glossary) -> (String, usize) {
    let spelled = glossary.spell(&line.text);
    let length = spelled.chars().count();
    match line.kind {
        CaptionKind::Final => (spelled, length),
        CaptionKind::Partial if length == line.text.chars().count() => (spelled, line.stable),
        CaptionKind::Partial => (line.text.clone(), line.stable),
    }
}

#[cfg(test)]
mod tests;
