//! Counts on their way to the store: gathered in memory by whoever counts, written once a second
//! by one task, old ones forgotten once an hour. A host reads what is stored, so that all
//! processes are in it.

use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::analytics::{Measure, Tally};
use crate::clock::now_ms;
use crate::limits::analytics::{FORGET_EVERY, WRITE_EVERY};
use crate::store::analytics::AnalyticsStore;

/// Where things are counted. Cheap to clone; the last counts are written when the last clone is
/// dropped.
#[derive(Clone)]
pub struct Analytics {
    tally: Arc<Mutex<Tally>>,
    /// Counts are kept so many days; 0: nothing is counted.
    days: u32,
    /// What is stored.
    pub store: AnalyticsStore,
    _open: Arc<watch::Sender<()>>,
}

impl Analytics {
    /// Starts the writer.
    #[must_use]
    pub fn spawn(store: AnalyticsStore, days: u32) -> (Analytics, JoinHandle<()>) {
        let (open, closed) = watch::channel(());
        let analytics = Analytics {
            tally: Arc::default(),
            days,
            store: store.clone(),
            _open: Arc::new(open),
        };
        let tally = Arc::clone(&analytics.tally);
        (analytics, tokio::spawn(write(store, tally, days, closed)))
    }

    /// Whether anything is counted.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.days > 0
    }

    /// Counts something.
    pub fn count(&self, show: &str, measure: Measure, item: &str, count: u64) {
        if self.is_on() {
            lock(&self.tally).count(show, now_ms(), measure, item, count);
        }
    }
}

async fn write(
    store: AnalyticsStore,
    tally: Arc<Mutex<Tally>>,
    days: u32,
    mut closed: watch::Receiver<()>,
) {
    let mut tick = tokio::time::interval(WRITE_EVERY);
    let mut forget = tokio::time::interval(FORGET_EVERY);
    loop {
        let is_over = tokio::select! {
            _ = tick.tick() => false,
            _ = forget.tick() => {
                let before = (now_ms() / 60_000).saturating_sub(u64::from(days) * 24 * 60);
                if let Err(error) = store.forget(before).await {
                    tracing::warn!(%error, "old counts are not forgotten yet");
                }
                false
            }
            // Nothing is ever sent: it ends when the last handle does.
            _ = closed.changed() => true,
        };
        let counts = lock(&tally).take();
        if !counts.is_empty()
            && let Err(error) = store.add(&counts).await
        {
            tracing::warn!(%error, "counts are not stored yet");
            let mut tally = lock(&tally);
            counts
                .into_iter()
                .for_each(|(place, count)| tally.add(place, count));
        }
        if is_over {
            return;
        }
    }
}

fn lock(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().expect("no panic while the tally is locked")
}
