//! The threads around the pipeline: one that feeds it and keeps its time, and one per core that
//! decodes. Everything between them is bounded, and a caller never waits.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError as OutputError;

use crate::clock::{Stopwatch, now_ms};
use crate::engine::opus::LibOpus;
use crate::engine::script::Scripts;
use crate::glossary::Glossary;
use crate::limits::{COMMANDS_MAX, FINALS_WAITING_MAX, OUTPUTS_MAX, SPEAKERS_MAX, TICK_MS};
use crate::outside::Outside;
use crate::pipeline::{Answer, Input, Job, JobId, Pipeline, Work};
use crate::ports::OpusDecoder;
use crate::worker::Engines;
use crate::{
    CaptionKind, Language, Loaded, Output, SpeakerId, SpeakerOptions, SpeechPacket, StartError,
    meter,
};

/// What reaches the pipeline thread.
enum Message {
    Packet(SpeakerId, SpeechPacket),
    /// Look at the wishes.
    Wake,
    Done {
        worker: usize,
        job: JobId,
        answer: Answer,
        ran_ms: u64,
    },
}

/// What callers asked for and the pipeline has not seen yet. The newest wish of each speaker
/// counts, so this is bounded by the number of speakers and nothing is ever lost.
#[derive(Debug, Default)]
struct Wish {
    open: Option<SpeakerOptions>,
    glossary: Option<Arc<Glossary>>,
    want: Option<BTreeSet<Language>>,
    close: bool,
}

/// The callers' side.
pub(crate) struct Shell {
    messages: SyncSender<Message>,
    wishes: Arc<Mutex<BTreeMap<SpeakerId, Wish>>>,
    stopping: Arc<AtomicBool>,
    packets_dropped: AtomicU64,
}

impl Shell {
    /// Starts the threads.
    pub(crate) fn start(
        loaded: &Loaded,
        threads: usize,
        outside: Option<Outside>,
    ) -> Result<(Shell, mpsc::Receiver<Output>), StartError> {
        let (messages, inbox) = sync_channel(COMMANDS_MAX);
        let (outputs, receiver) = mpsc::channel(OUTPUTS_MAX);
        let threads = threads.max(1);
        let mut workers = Vec::with_capacity(threads);
        for worker in 0..threads {
            let engines = loaded.engines().map_err(StartError::Engine)?;
            workers.push(start_worker(worker, engines, messages.clone())?);
        }
        let wishes = Arc::new(Mutex::new(BTreeMap::new()));
        let stopping = Arc::new(AtomicBool::new(false));
        let outside = outside.map(|outside| Outdoors {
            outside,
            scripts: loaded.scripts(),
            answers: Arc::default(),
            messages: messages.clone(),
        });
        let desk = Desk {
            outside,
            pipeline: Pipeline::new(threads, loaded.routes(), make_decoder),
            inbox,
            wishes: Arc::clone(&wishes),
            stopping: Arc::clone(&stopping),
            idle: (0..threads).collect(),
            workers,
            outputs,
            finals: VecDeque::new(),
        };
        spawn("captions".to_owned(), move || desk.run())?;
        let packets_dropped = AtomicU64::new(0);
        Ok((
            Shell {
                messages,
                wishes,
                stopping,
                packets_dropped,
            },
            receiver,
        ))
    }

    pub(crate) fn open(&self, speaker: SpeakerId, options: SpeakerOptions) {
        self.wish(speaker, |wish| wish.open = Some(options));
    }

    pub(crate) fn glossary(&self, speaker: SpeakerId, glossary: Arc<Glossary>) {
        self.wish(speaker, |wish| wish.glossary = Some(glossary));
    }

    pub(crate) fn want(&self, speaker: SpeakerId, languages: BTreeSet<Language>) {
        self.wish(speaker, |wish| wish.want = Some(languages));
    }

    pub(crate) fn close(&self, speaker: SpeakerId) {
        self.wish(speaker, |wish| wish.close = true);
    }

    pub(crate) fn push(&self, speaker: SpeakerId, packet: SpeechPacket) {
        if let Err(TrySendError::Full(_)) = self.messages.try_send(Message::Packet(speaker, packet))
        {
            meter::dropped("packet");
            let dropped = self.packets_dropped.fetch_add(1, Ordering::Relaxed) + 1;
            if dropped.is_power_of_two() {
                tracing::warn!(dropped, "captions cannot keep up: audio packets dropped");
            }
        }
    }

    fn wish(&self, speaker: SpeakerId, change: impl FnOnce(&mut Wish)) {
        let mut wishes = self.wishes.lock().unwrap_or_else(PoisonError::into_inner);
        if wishes.len() < 2 * SPEAKERS_MAX || wishes.contains_key(&speaker) {
            change(wishes.entry(speaker).or_default());
        }
        drop(wishes);
        // When the queue is full the pipeline is awake anyway and looks before it waits again.
        let _ = self.messages.try_send(Message::Wake);
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Release);
        let _ = self.messages.try_send(Message::Wake);
    }
}

/// The way to the translator outside.
struct Outdoors {
    outside: Outside,
    scripts: Arc<Scripts>,
    /// What came back and the pipeline has not seen yet: as many as are out, at most. Not a
    /// message each, because nobody out there may wait for room in the queue.
    answers: Arc<Mutex<Vec<(JobId, Answer)>>>,
    messages: SyncSender<Message>,
}

impl Outdoors {
    fn start(&self, job: Job) {
        let Work::Translate {
            source,
            target,
            text,
            glossary: _,
        } = job.work
        else {
            return;
        };
        let (answers, messages) = (Arc::clone(&self.answers), self.messages.clone());
        self.outside
            .hand_over(&self.scripts, (&source, &target), &text, move |answer| {
                let mut waiting = answers.lock().unwrap_or_else(PoisonError::into_inner);
                waiting.push((job.id, answer));
                drop(waiting);
                // When the queue is full the pipeline is awake anyway and looks.
                let _ = messages.try_send(Message::Wake);
            });
    }

    fn answers(&self) -> Vec<(JobId, Answer)> {
        std::mem::take(&mut *self.answers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The pipeline's side.
struct Desk {
    outside: Option<Outdoors>,
    pipeline: Pipeline,
    inbox: Receiver<Message>,
    wishes: Arc<Mutex<BTreeMap<SpeakerId, Wish>>>,
    stopping: Arc<AtomicBool>,
    workers: Vec<SyncSender<Job>>,
    idle: Vec<usize>,
    outputs: mpsc::Sender<Output>,
    /// What must not be dropped, while the reader is slow.
    finals: VecDeque<Output>,
}

impl Desk {
    fn run(mut self) {
        let mut ticked_ms = 0;
        while !self.stopping.load(Ordering::Acquire) && !self.outputs.is_closed() {
            let message = match self.inbox.recv_timeout(Duration::from_millis(TICK_MS)) {
                Ok(message) => Some(message),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let now = now_ms();
            self.take_wishes(now);
            match message {
                Some(Message::Packet(speaker, packet)) => {
                    self.pipeline.handle(now, Input::Packet(speaker, packet));
                }
                Some(Message::Done {
                    worker,
                    job,
                    answer,
                    ran_ms,
                }) => {
                    self.idle.push(worker);
                    self.pipeline.handle(
                        now,
                        Input::Done {
                            job,
                            answer,
                            ran_ms,
                        },
                    );
                }
                Some(Message::Wake) | None => {}
            }
            if now.saturating_sub(ticked_ms) >= TICK_MS {
                ticked_ms = now;
                self.pipeline.handle(now, Input::Tick);
                meter::step(self.pipeline.step_ms());
            }
            self.send_outputs();
            self.look_outside(now);
            self.start_jobs(now);
            self.send_outputs();
        }
    }

    fn take_wishes(&mut self, now: u64) {
        let wishes = {
            let mut wishes = self.wishes.lock().unwrap_or_else(PoisonError::into_inner);
            if wishes.is_empty() {
                return;
            }
            std::mem::take(&mut *wishes)
        };
        for (speaker, wish) in wishes {
            if let Some(options) = wish.open {
                self.pipeline.handle(now, Input::Open(speaker, options));
            }
            if let Some(glossary) = wish.glossary {
                self.pipeline
                    .handle(now, Input::Glossary(speaker, glossary));
            }
            if let Some(languages) = wish.want {
                self.pipeline.handle(now, Input::Want(speaker, languages));
            }
            if wish.close {
                self.pipeline.handle(now, Input::Close(speaker));
            }
        }
    }

    fn look_outside(&mut self, now: u64) {
        let Some(outdoors) = &self.outside else {
            return;
        };
        for (job, answer) in outdoors.answers() {
            let done = Input::Done {
                job,
                answer,
                ran_ms: 0,
            };
            self.pipeline.handle(now, done);
        }
        while let Some(job) = self.pipeline.next_outside(now) {
            outdoors.start(job);
        }
    }

    fn start_jobs(&mut self, now: u64) {
        while let Some(worker) = self.idle.pop() {
            let Some(job) = self.pipeline.next_job(now) else {
                self.idle.push(worker);
                return;
            };
            meter::started(&job);
            // The worker is idle, so its queue of one is empty; it is gone only if it panicked.
            if let Err(TrySendError::Disconnected(job) | TrySendError::Full(job)) =
                self.workers[worker].try_send(job)
            {
                tracing::error!(worker, "a decode thread is lost");
                let answer = Answer::lost();
                self.pipeline.handle(
                    now,
                    Input::Done {
                        job: job.id,
                        answer,
                        ran_ms: 0,
                    },
                );
            }
        }
    }

    /// Hands captions over. A partial that finds no room is dropped, everything else waits.
    fn send_outputs(&mut self) {
        while let Some(output) = self.finals.pop_front() {
            if let Err(OutputError::Full(output)) = self.outputs.try_send(output) {
                self.finals.push_front(output);
                break;
            }
        }
        while let Some(output) = self.pipeline.poll() {
            meter::emitted(&output);
            let room = self.finals.is_empty();
            let refused = if room {
                self.outputs.try_send(output)
            } else {
                Err(OutputError::Full(output))
            };
            if let Err(OutputError::Full(output)) = refused {
                if is_partial(&output) {
                    meter::dropped("partial");
                    continue;
                }
                if self.finals.len() >= FINALS_WAITING_MAX {
                    tracing::error!("nobody reads the captions: a final line is dropped");
                    meter::dropped("final");
                    self.finals.pop_front();
                }
                self.finals.push_back(output);
            }
        }
    }
}

fn is_partial(output: &Output) -> bool {
    matches!(output, Output::Caption { caption, .. } if caption.kind == CaptionKind::Partial)
}

fn start_worker(
    worker: usize,
    mut engines: Engines,
    messages: SyncSender<Message>,
) -> Result<SyncSender<Job>, StartError> {
    let (jobs, waiting) = sync_channel::<Job>(1);
    spawn(format!("decode-{worker}"), move || {
        for job in waiting {
            let watch = Stopwatch::start();
            let answer = engines.run(&job.work);
            let ran_ms = u64::try_from(watch.wall().as_millis()).unwrap_or(u64::MAX);
            meter::ran(job.kind, &job.work, ran_ms);
            let done = Message::Done {
                worker,
                job: job.id,
                answer,
                ran_ms,
            };
            if messages.send(done).is_err() {
                return;
            }
        }
    })?;
    Ok(jobs)
}

fn spawn(name: String, run: impl FnOnce() + Send + 'static) -> Result<(), StartError> {
    let started = std::thread::Builder::new().name(name).spawn(run);
    started.map(drop).map_err(StartError::Thread)
}

fn make_decoder() -> Box<dyn OpusDecoder> {
    Box::new(LibOpus::new().expect("libopus needs 30 kB for a decoder"))
}
