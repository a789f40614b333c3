//! Feeds a file to the pipeline and runs its jobs, in virtual time or on the wall clock.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use super::audio::SAMPLES_PER_MS;
use super::{AudioFile, FileError};
use crate::clock::Stopwatch;
use crate::engine::opus::LibOpus;
use crate::glossary::Glossary;
use crate::limits::FILE_FRAME_MS;
use crate::pipeline::{Answer, Input, Job, JobId, Pipeline, Work};
use crate::ports::Routes;
use crate::worker::Engines;
use crate::{Language, Output, SpeakerId, SpeakerOptions};

/// The one speaker of a file.
const SPEAKER: SpeakerId = SpeakerId(0);

/// How fast a file is fed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As fast as decoding allows, in virtual time.
    Virtual,
    /// As it would be spoken.
    RealTime,
}

/// How a file is captioned.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Spoken language; `None`: found.
    pub language: Option<Language>,
    /// Languages to translate to.
    pub targets: BTreeSet<Language>,
    /// Words of the show.
    pub glossary: Arc<Glossary>,
    /// How fast it is fed.
    pub pace: Pace,
}

/// What the decode thread did for a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Audio fed, ms.
    pub audio_ms: u64,
    /// Pieces of audio decoded.
    pub decodes: u64,
    /// Time that took: processor time in virtual time, else time on the wall.
    pub decoding_ms: u64,
    /// Lines translated.
    pub translations: u64,
    /// Time that took.
    pub translating_ms: u64,
}

impl Spent {
    fn add(&mut self, recognized: bool, ran_ms: u64) {
        let (count, sum) = if recognized {
            (&mut self.decodes, &mut self.decoding_ms)
        } else {
            (&mut self.translations, &mut self.translating_ms)
        };
        *count += 1;
        *sum += ran_ms;
    }
}

/// Captions a file and says what that took. `each` is given every output as it is made, `progress` the milliseconds of
/// audio fed so far. Times are on a media clock that starts with the file.
///
/// # Errors
/// When the file cannot be read to its end.
pub fn caption(
    mut file: AudioFile,
    engines: Engines,
    routes: Arc<dyn Routes>,
    settings: &Settings,
    mut each: impl FnMut(Output),
    mut progress: impl FnMut(u64),
) -> Result<Spent, FileError> {
    let make_decoder = || {
        let decoder = LibOpus::new().expect("libopus needs 30 kB for a decoder");
        Box::new(decoder) as Box<dyn crate::ports::OpusDecoder>
    };
    let mut pipeline = Pipeline::new(1, routes, make_decoder);
    let options = SpeakerOptions {
        language: settings.language.clone(),
    };
    pipeline.handle(0, Input::Open(SPEAKER, options));
    pipeline.handle(0, Input::Glossary(SPEAKER, Arc::clone(&settings.glossary)));
    // The spoken language is always shown; wanting something keeps recognition awake.
    let mut wanted = settings.targets.clone();
    wanted.extend(settings.language.clone());
    if wanted.is_empty() {
        wanted.insert(Language("und".to_owned()));
    }
    pipeline.handle(0, Input::Want(SPEAKER, wanted));
    let mut runner: Box<dyn Runner> = match settings.pace {
        Pace::Virtual => Box::new(Virtual {
            engines,
            running: None,
            spent: Spent::default(),
        }),
        Pace::RealTime => Box::new(RealTime::start(engines)),
    };
    let (mut pcm, mut fed_ms, mut more) = (Vec::new(), 0u64, true);
    while more {
        more = file.next(&mut pcm)?;
        let frame = FILE_FRAME_MS as usize * SAMPLES_PER_MS;
        let whole = if more {
            pcm.len() / frame * frame
        } else {
            pcm.len()
        };
        for samples in pcm[..whole].chunks(frame) {
            let at_ms = fed_ms;
            fed_ms += FILE_FRAME_MS;
            runner.advance(&mut pipeline, fed_ms, &mut each);
            let samples = samples.to_vec();
            pipeline.handle(
                fed_ms,
                Input::Pcm {
                    speaker: SPEAKER,
                    at_ms,
                    samples,
                },
            );
            runner.start_jobs(&mut pipeline, fed_ms, &mut each);
            progress(fed_ms);
        }
        pcm.drain(..whole);
    }
    pipeline.handle(fed_ms, Input::Close(SPEAKER));
    runner.finish(&mut pipeline, fed_ms, &mut each);
    Ok(Spent {
        audio_ms: fed_ms,
        ..runner.spent()
    })
}

/// Runs jobs and keeps the time.
trait Runner {
    /// Lets time pass until `until_ms`, taking in what is done before.
    fn advance(&mut self, pipeline: &mut Pipeline, until_ms: u64, each: &mut dyn FnMut(Output));
    /// Starts what can be started now.
    fn start_jobs(&mut self, pipeline: &mut Pipeline, now_ms: u64, each: &mut dyn FnMut(Output));
    /// Lets time pass until nothing is left to do.
    fn finish(&mut self, pipeline: &mut Pipeline, now_ms: u64, each: &mut dyn FnMut(Output));
    /// What the jobs took.
    fn spent(&self) -> Spent;
}

fn is_recognition(work: &Work) -> bool {
    matches!(work, Work::Recognize { .. })
}

fn drain(pipeline: &mut Pipeline, each: &mut dyn FnMut(Output)) {
    while let Some(output) = pipeline.poll() {
        each(output);
    }
}

/// One decode thread in virtual time: a job is done at once, its answer arrives when the
/// measured processor time has passed.
struct Virtual {
    engines: Engines,
    running: Option<Done>,
    spent: Spent,
}

struct Done {
    at_ms: u64,
    job: JobId,
    answer: Answer,
    ran_ms: u64,
}

impl Runner for Virtual {
    fn advance(&mut self, pipeline: &mut Pipeline, until_ms: u64, each: &mut dyn FnMut(Output)) {
        while let Some(done) = self.running.take_if(|done| done.at_ms <= until_ms) {
            let Done {
                at_ms,
                job,
                answer,
                ran_ms,
            } = done;
            pipeline.handle(
                at_ms,
                Input::Done {
                    job,
                    answer,
                    ran_ms,
                },
            );
            self.start_jobs(pipeline, at_ms, each);
        }
    }

    fn start_jobs(&mut self, pipeline: &mut Pipeline, now_ms: u64, each: &mut dyn FnMut(Output)) {
        drain(pipeline, each);
        if self.running.is_none()
            && let Some(Job { id, work, .. }) = pipeline.next_job(now_ms)
        {
            let watch = Stopwatch::start();
            let answer = self.engines.run(&work);
            let ran_ms = watch.cpu().as_micros().div_ceil(1_000) as u64;
            self.spent.add(is_recognition(&work), ran_ms);
            self.running = Some(Done {
                at_ms: now_ms + ran_ms,
                job: id,
                answer,
                ran_ms,
            });
        }
        drain(pipeline, each);
    }

    fn finish(&mut self, pipeline: &mut Pipeline, now_ms: u64, each: &mut dyn FnMut(Output)) {
        self.start_jobs(pipeline, now_ms, each);
        while let Some(done) = &self.running {
            let at_ms = done.at_ms;
            self.advance(pipeline, at_ms, each);
        }
    }

    fn spent(&self) -> Spent {
        self.spent
    }
}

/// One decode thread on the wall clock.
struct RealTime {
    watch: Stopwatch,
    jobs: SyncSender<Job>,
    done: Receiver<(JobId, Answer, u64)>,
    /// Whether a job is out, and whether it is a recognition.
    busy: Option<bool>,
    spent: Spent,
}

impl RealTime {
    fn start(mut engines: Engines) -> RealTime {
        let (jobs, waiting) = sync_channel::<Job>(1);
        let (finished, done) = sync_channel(1);
        std::thread::spawn(move || {
            for job in waiting {
                let watch = Stopwatch::start();
                let answer = engines.run(&job.work);
                let ran_ms = watch.wall().as_millis() as u64;
                if finished.send((job.id, answer, ran_ms)).is_err() {
                    return;
                }
            }
        });
        RealTime {
            watch: Stopwatch::start(),
            jobs,
            done,
            busy: None,
            spent: Spent::default(),
        }
    }

    fn now_ms(&self) -> u64 {
        self.watch.wall().as_millis() as u64
    }

    /// Waits for an answer, but not past `until_ms`. `false` when time is up.
    fn wait(
        &mut self,
        pipeline: &mut Pipeline,
        until_ms: u64,
        each: &mut dyn FnMut(Output),
    ) -> bool {
        let left = Duration::from_millis(until_ms.saturating_sub(self.now_ms()));
        match self.done.recv_timeout(left) {
            Ok((job, answer, ran_ms)) => {
                self.spent.add(self.busy.take() == Some(true), ran_ms);
                let now_ms = self.now_ms();
                pipeline.handle(
                    now_ms,
                    Input::Done {
                        job,
                        answer,
                        ran_ms,
                    },
                );
                self.start_jobs(pipeline, now_ms, each);
                true
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => false,
        }
    }
}

impl Runner for RealTime {
    fn advance(&mut self, pipeline: &mut Pipeline, until_ms: u64, each: &mut dyn FnMut(Output)) {
        while self.wait(pipeline, until_ms, each) {}
    }

    fn start_jobs(&mut self, pipeline: &mut Pipeline, _now_ms: u64, each: &mut dyn FnMut(Output)) {
        drain(pipeline, each);
        let now_ms = self.now_ms();
        if self.busy.is_none()
            && let Some(job) = pipeline.next_job(now_ms)
        {
            let recognition = is_recognition(&job.work);
            self.busy = self.jobs.send(job).is_ok().then_some(recognition);
        }
        drain(pipeline, each);
    }

    fn finish(&mut self, pipeline: &mut Pipeline, now_ms: u64, each: &mut dyn FnMut(Output)) {
        /// No decode takes this long; a lost thread must not hang the command.
        const PATIENCE_MS: u64 = 60_000;
        self.start_jobs(pipeline, now_ms, each);
        while self.busy.is_some() && self.wait(pipeline, self.now_ms() + PATIENCE_MS, each) {}
    }

    fn spent(&self) -> Spent {
        self.spent
    }
}
