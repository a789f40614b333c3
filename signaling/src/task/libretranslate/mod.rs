//! The translator outside: a server that speaks LibreTranslate's HTTP interface translates what no
//! local model reaches. This is the adapter of [`translate::outside`]: it takes lines, gives
//! answers back, and says which directions work now, so that menus offer no others.
//!
//! Nothing waits for it. Each request has a time limit, a [`Breaker`] stops asking a server that
//! fails and takes its languages off the menus until a trial line comes back, and lines that come
//! meanwhile are answered at once with nothing.

mod breaker;
mod client;
#[cfg(test)]
mod tests;

use std::time::Duration;

use metrics::{counter, gauge};
use tokio::task::JoinSet;
use translate::outside::{Offer, OutsideDesk, OutsideLine};

use crate::clock::now_ms;
use breaker::Breaker;
pub use client::LibreTranslate;
use client::{Directions, Failure};

/// What a task brings back.
enum Done {
    Line(Result<(), Failure>),
    Trial(Result<Directions, Failure>),
}

/// Translates lines until nobody sends any more. `changed` is called whenever other directions
/// are on offer than before.
pub async fn run<F: Future<Output = ()>>(
    server: LibreTranslate,
    desk: OutsideDesk,
    mut changed: impl FnMut() -> F,
) {
    let OutsideDesk { offer, mut lines } = desk;
    let mut breaker = Breaker::default();
    // As many lines as the port lets out, and one trial.
    let mut tasks: JoinSet<Done> = JoinSet::new();
    loop {
        let trial = async {
            match breaker.trial_ms() {
                Some(at_ms) => {
                    let wait = at_ms.saturating_sub(now_ms());
                    tokio::time::sleep(Duration::from_millis(wait)).await;
                }
                None => std::future::pending().await,
            }
        };
        let done = tokio::select! {
            line = lines.recv() => match line {
                None => return,
                Some(line) => {
                    take(&server, &breaker, &mut tasks, line);
                    continue;
                }
            },
            Some(done) = tasks.join_next() => done,
            () = trial => {
                breaker.try_again();
                let server = server.clone();
                tasks.spawn(async move { Done::Trial(server.trial().await) });
                continue;
            }
        };
        // A task that panicked was logged by the panic hook; it counts as a failure.
        let done = done.unwrap_or_else(|_| Done::Line(Err(Failure::of("its task ended"))));
        if settle(&server, &mut breaker, &offer, done) {
            changed().await;
        }
    }
}

/// Sends a line out, or drops it, which answers it.
fn take(server: &LibreTranslate, breaker: &Breaker, tasks: &mut JoinSet<Done>, line: OutsideLine) {
    if !breaker.is_closed() {
        counter!("vitrine_outside_lines_total", "result" => "refused").increment(1);
        return;
    }
    let server = server.clone();
    tasks.spawn(async move {
        let answer = server.translate(&line.from, &line.to, &line.text).await;
        let told = answer.as_ref().map(|_| ()).map_err(Clone::clone);
        line.answer(answer.map_err(|failure| failure.reason));
        Done::Line(told)
    });
}

/// Draws the conclusions; returns whether other directions are on offer than before.
fn settle(server: &LibreTranslate, breaker: &mut Breaker, offer: &Offer, done: Done) -> bool {
    match done {
        Done::Line(Ok(())) => {
            counter!("vitrine_outside_lines_total", "result" => "ok").increment(1);
            breaker.succeeded();
            false
        }
        Done::Line(Err(failure)) => {
            counter!("vitrine_outside_lines_total", "result" => "failed").increment(1);
            let opened = breaker.failed(now_ms(), failure.blame);
            if opened {
                let reason = &failure.reason;
                tracing::warn!(%server, reason, "the translator outside fails: it is left alone for a while");
                offer.set([]);
                gauge!("vitrine_outside_up").set(0.0);
            }
            opened
        }
        Done::Trial(Ok(directions)) => {
            let count = directions.len();
            tracing::info!(%server, count, "the translator outside works");
            let pairs = directions
                .iter()
                .map(|(from, to)| (from.as_str(), to.as_str()));
            offer.set(pairs);
            gauge!("vitrine_outside_up").set(1.0);
            breaker.closes();
            true
        }
        Done::Trial(Err(failure)) => {
            let pause_ms = breaker.opens(now_ms());
            let reason = &failure.reason;
            tracing::warn!(%server, reason, pause_ms, "the translator outside does not work");
            gauge!("vitrine_outside_up").set(0.0);
            false
        }
    }
}
