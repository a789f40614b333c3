//! Chat lines in the reader's language, by the engine of the captions: one at a time, so that a
//! chat never takes more than one core from them, and each line once for all who read it so.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::{mpsc, oneshot};
use translate::Language;
use translate::written::{Rendered, Unread};

use super::speech::Speech;
use crate::limits::{CHAT_TRANSLATIONS_KEPT, CHAT_TRANSLATIONS_WAITING_MAX};

/// A line of a show and the language it is to be read in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Way {
    show: String,
    line: u64,
    to: String,
}

/// Why there is no translation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotRead {
    /// There is no engine.
    #[error("translation is off: {0}")]
    Off(String),
    /// Others wait already.
    #[error("too many lines are waiting for a translation")]
    Busy,
    /// See there.
    #[error(transparent)]
    Line(#[from] Unread),
}

/// Translates chat lines. Cheap to clone; its task ends with the last clone.
#[derive(Clone)]
pub struct Interpreter {
    speech: Speech,
    jobs: mpsc::Sender<Job>,
    known: Arc<Mutex<Known>>,
}

struct Job {
    way: Way,
    text: String,
    reply: oneshot::Sender<Result<Rendered, Unread>>,
}

/// What was translated lately.
#[derive(Default)]
struct Known {
    lines: HashMap<Way, Result<Rendered, Unread>>,
    /// The oldest first.
    order: VecDeque<Way>,
}

impl Interpreter {
    /// With the engine of the captions.
    #[must_use]
    pub fn start(speech: Speech) -> Interpreter {
        let (jobs, queue) = mpsc::channel(CHAT_TRANSLATIONS_WAITING_MAX);
        let known = Arc::default();
        tokio::spawn(run(speech.clone(), queue, Arc::clone(&known)));
        Interpreter {
            speech,
            jobs,
            known,
        }
    }

    /// A line of a show's chat in a language.
    ///
    /// # Errors
    /// See [`NotRead`].
    pub async fn translate(
        &self,
        show: &str,
        line: u64,
        text: &str,
        to: &str,
    ) -> Result<Rendered, NotRead> {
        if let Some(why) = self.speech.why_off() {
            return Err(NotRead::Off(why.to_owned()));
        }
        let way = Way {
            show: show.to_owned(),
            line,
            to: to.to_owned(),
        };
        if let Some(known) = lock(&self.known).lines.get(&way) {
            return Ok(known.clone()?);
        }
        let (reply, answer) = oneshot::channel();
        let text = text.to_owned();
        let job = Job { way, text, reply };
        self.jobs.try_send(job).map_err(|_| NotRead::Busy)?;
        Ok(answer.await.map_err(|_| NotRead::Busy)??)
    }
}

async fn run(speech: Speech, mut queue: mpsc::Receiver<Job>, known: Arc<Mutex<Known>>) {
    while let Some(Job { way, text, reply }) = queue.recv().await {
        let found = lock(&known).lines.get(&way).cloned();
        let answer = match found {
            Some(found) => found,
            None => translate(&speech, &way, text).await,
        };
        keep(&mut lock(&known), way, &answer);
        // Who asked may be gone.
        drop(reply.send(answer));
    }
}

async fn translate(speech: &Speech, way: &Way, text: String) -> Result<Rendered, Unread> {
    let engine = speech
        .engine()
        .expect("lines are queued only with an engine")
        .clone();
    let glossary = speech.words_of(&way.show);
    let to = Language(way.to.clone());
    let work = move || engine.translate(&text, &to, &glossary);
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| {
        tracing::error!(%error, "a chat line was not translated");
        Err(Unread::Unknown)
    })
}

/// A failure of the engine may pass; all else stays as it is.
fn keep(known: &mut Known, way: Way, answer: &Result<Rendered, Unread>) {
    if matches!(answer, Err(Unread::Engine(_))) {
        return;
    }
    if known.lines.insert(way.clone(), answer.clone()).is_none() {
        known.order.push_back(way);
    }
    if known.order.len() > CHAT_TRANSLATIONS_KEPT
        && let Some(oldest) = known.order.pop_front()
    {
        known.lines.remove(&oldest);
    }
}

fn lock(known: &Mutex<Known>) -> MutexGuard<'_, Known> {
    known.lock().expect("no panic while the lines are locked")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_lines_are_remembered_and_failures_are_not() {
        let mut known = Known::default();
        let way = |line| Way {
            show: "lamp".into(),
            line,
            to: "en".into(),
        };
        let failed = translate::ports::EngineError {
            engine: "test",
            reason: "tired".into(),
        };
        keep(&mut known, way(0), &Err(Unread::Engine(failed)));
        assert!(known.lines.is_empty());
        for line in 0..=CHAT_TRANSLATIONS_KEPT as u64 {
            keep(&mut known, way(line), &Err(Unread::Same));
            keep(&mut known, way(line), &Err(Unread::Same));
        }
        assert_eq!(known.lines.len(), CHAT_TRANSLATIONS_KEPT);
        assert!(!known.lines.contains_key(&way(0)) && known.lines.contains_key(&way(1)));
    }

    #[tokio::test]
    async fn without_an_engine_it_says_so() {
        let off = Interpreter::start(Speech::new(Err("no models".into())));
        let answer = off.translate("lamp", 1, "olá", "en").await;
        assert_eq!(answer, Err(NotRead::Off("no models".into())));
    }
}
