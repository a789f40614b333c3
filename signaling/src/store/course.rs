//! What belongs to a show's course beside the show itself: what is over the picture, so that a
//! restart changes nothing, and who asked to be reminded.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use sqlx::AnyPool;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::database::{Database, Use};
use crate::limits::{COURSE_RETRY, REMINDERS_MAX, REMINDERS_STALE_MS};
use crate::room::Display;

/// What is over the pictures. Cheap to clone; the writer ends with the last clone. A room does not
/// wait for the disk: of what it shows only the latest is written, at most one per show waits.
#[derive(Clone)]
pub struct DisplayStore {
    waiting: Arc<Mutex<BTreeMap<String, Display>>>,
    wake: mpsc::Sender<()>,
    reader: AnyPool,
}

impl DisplayStore {
    /// That of a database, and its writer.
    #[must_use]
    pub fn of(database: &Database) -> (DisplayStore, JoinHandle<()>) {
        let (wake, woken) = mpsc::channel(1);
        let waiting = Arc::default();
        let writer = tokio::spawn(write(
            database.pool(Use::Durable, 1),
            Arc::clone(&waiting),
            woken,
        ));
        let reader = database.pool(Use::Read, 1);
        let store = DisplayStore {
            waiting,
            wake,
            reader,
        };
        (store, writer)
    }

    /// Keeps what a show shows now.
    pub fn keep(&self, show: &str, display: Display) {
        lock(&self.waiting).insert(show.to_owned(), display);
        // Full: the writer is about to look.
        let _ = self.wake.try_send(());
    }

    /// What a show showed last.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn kept(&self, show: &str) -> Result<Display, sqlx::Error> {
        let query = sqlx::query_scalar("SELECT shown FROM display WHERE show = $1");
        let kept: Option<String> = query.bind(show).fetch_optional(&self.reader).await?;
        let kept = kept.as_deref().map(serde_json::from_str).transpose();
        Ok(kept
            .map_err(|error| sqlx::Error::Decode(Box::new(error)))?
            .unwrap_or_default())
    }
}

async fn write(
    pool: AnyPool,
    waiting: Arc<Mutex<BTreeMap<String, Display>>>,
    mut woken: mpsc::Receiver<()>,
) {
    while woken.recv().await.is_some() {
        loop {
            let first = lock(&waiting).pop_first();
            let Some((show, display)) = first else { break };
            let Err(error) = insert(&pool, &show, &display).await else {
                continue;
            };
            tracing::error!(%error, show, "what is shown is not stored yet");
            if woken.is_closed() {
                return;
            }
            // Unless there is a newer one.
            lock(&waiting).entry(show).or_insert(display);
            tokio::time::sleep(COURSE_RETRY).await;
        }
    }
}

async fn insert(pool: &AnyPool, show: &str, display: &Display) -> Result<(), sqlx::Error> {
    let query = sqlx::query(
        "INSERT INTO display (show, shown) VALUES ($1, $2) \
         ON CONFLICT (show) DO UPDATE SET shown = excluded.shown",
    );
    let shown = serde_json::to_string(display).expect("a display is plain data");
    query.bind(show).bind(shown).execute(pool).await?;
    Ok(())
}

fn lock(waiting: &Mutex<BTreeMap<String, Display>>) -> MutexGuard<'_, BTreeMap<String, Display>> {
    waiting.lock().expect("no panic while displays are locked")
}

/// Who asked to be reminded of a show: a random key of the visitor's page, and nothing else.
#[derive(Clone)]
pub struct ReminderStore {
    pool: AnyPool,
    counts: Arc<tokio::sync::Mutex<Counted>>,
}

/// Reminders by show.
type Counts = Arc<HashMap<String, u32>>;

/// Counts, and when they were read.
#[derive(Default)]
struct Counted {
    read_ms: u64,
    counts: Counts,
}

impl ReminderStore {
    /// Those of a database. A power cut may lose the last moment's.
    #[must_use]
    pub fn of(database: &Database) -> ReminderStore {
        ReminderStore {
            pool: database.pool(Use::Relaxed, 1),
            counts: Arc::default(),
        }
    }

    /// Notes or takes back one; once more changes nothing. False: the show has all it may.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn set(&self, show: &str, key: &str, is_wanted: bool) -> Result<bool, sqlx::Error> {
        let mut counted = self.counts.lock().await;
        let known = counted.counts.get(show).copied().unwrap_or_default();
        if is_wanted && known >= REMINDERS_MAX {
            return Ok(false);
        }
        let query = if is_wanted {
            "INSERT INTO reminder (show, key) VALUES ($1, $2) ON CONFLICT (show, key) DO NOTHING"
        } else {
            "DELETE FROM reminder WHERE show = $1 AND key = $2"
        };
        let query = sqlx::query(query).bind(show).bind(key);
        let done = query.execute(&self.pool).await?.rows_affected();
        let done = u32::try_from(done).unwrap_or_default();
        let now = if is_wanted {
            known.saturating_add(done)
        } else {
            known.saturating_sub(done)
        };
        Arc::make_mut(&mut counted.counts).insert(show.to_owned(), now);
        Ok(true)
    }

    /// How many there are, by show; what other processes noted a few seconds later.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn counts(&self, now_ms: u64) -> Result<Counts, sqlx::Error> {
        let mut counted = self.counts.lock().await;
        if counted.read_ms.abs_diff(now_ms) >= REMINDERS_STALE_MS {
            let query = sqlx::query_as("SELECT show, COUNT(*) FROM reminder GROUP BY show");
            let rows: Vec<(String, i64)> = query.fetch_all(&self.pool).await?;
            let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
            let rows = rows.into_iter().map(|(show, count)| (show, number(count)));
            *counted = Counted {
                read_ms: now_ms,
                counts: Arc::new(rows.collect()),
            };
        }
        Ok(Arc::clone(&counted.counts))
    }
}
