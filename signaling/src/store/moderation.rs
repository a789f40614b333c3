//! Moderation on disk: the audit log, how each chat is run, and what is done to whom. A judgement
//! and what follows from it are one transaction.

use sqlx::{AnyPool, Row as _};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::database::{Database, Use};
use crate::limits::{JUDGEMENT_RETRY, JUDGEMENTS_LISTED_MAX, JUDGEMENTS_OWED_MAX, SANCTIONS_MAX};
use crate::protocol::chat::{Judgement, Sanction};
use crate::protocol::server::ChatRules;
use crate::room::{Kept, Refusal};

/// The tables of moderation. Cheap to clone; the writer ends with the last clone.
#[derive(Clone)]
pub struct ModerationStore {
    jobs: mpsc::Sender<Job>,
    reader: AnyPool,
}

struct Job {
    show: String,
    judgement: Judgement,
    kept: Kept,
    reply: Reply,
}

/// Who waits until it is on disk.
type Reply = oneshot::Sender<Result<(), Refusal>>;

impl ModerationStore {
    /// Those of a database, and their writer.
    #[must_use]
    pub fn of(database: &Database) -> (ModerationStore, JoinHandle<()>) {
        let (jobs, queue) = mpsc::channel(JUDGEMENTS_OWED_MAX);
        let reader = database.pool(Use::Relaxed, 1);
        let writer = tokio::spawn(write(database.pool(Use::Durable, 1), queue));
        (ModerationStore { jobs, reader }, writer)
    }

    /// Writes down what was done, how the chat is run since, and what is done to that person now.
    /// `reply` is answered when it is on disk.
    pub fn save(&self, show: &str, (judgement, kept): (Judgement, Kept), reply: Reply) {
        let show = show.to_owned();
        let job = Job {
            show,
            judgement,
            kept,
            reply,
        };
        if let Err(error) = self.jobs.try_send(job) {
            tracing::error!("an act of moderation is not stored: the store is behind");
            let _ = error.into_inner().reply.send(Err(Refusal::NotKept));
        }
    }

    /// How a show's chat is run, and what is done to people there.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn kept(&self, show: &str) -> Result<Kept, sqlx::Error> {
        let rules = sqlx::query("SELECT slow_s, words, pinned FROM chat_rules WHERE show = $1");
        let rules = rules.bind(show).fetch_optional(&self.reader).await?;
        let sanctions: Vec<String> = sqlx::query_scalar(
            "SELECT sanction FROM sanction WHERE show = $1 ORDER BY at_ms DESC LIMIT $2",
        )
        .bind(show)
        .bind(i64::try_from(SANCTIONS_MAX).unwrap_or(i64::MAX))
        .fetch_all(&self.reader)
        .await?;
        let sanctions = sanctions.iter().map(|text| read::<Sanction>(text));
        let mut kept = Kept {
            sanctions: sanctions.collect::<Result<_, _>>()?,
            ..Kept::default()
        };
        if let Some(row) = rules {
            let pinned: Option<String> = row.try_get("pinned")?;
            kept.words = read(row.try_get("words")?)?;
            kept.rules = ChatRules {
                slow_s: u32::try_from(row.try_get::<i64, _>("slow_s")?).unwrap_or_default(),
                pinned: pinned.as_deref().map(read).transpose()?,
            };
        }
        Ok(kept)
    }

    /// What was done in a show, the newest first, from before an id on.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn log(
        &self,
        show: &str,
        before: Option<u64>,
    ) -> Result<Vec<Judgement>, sqlx::Error> {
        let rows: Vec<String> = sqlx::query_scalar(
            "SELECT judgement FROM moderation_log WHERE show = $1 AND id < $2 \
             ORDER BY id DESC LIMIT $3",
        )
        .bind(show)
        .bind(before.map_or(i64::MAX, number))
        .bind(i64::from(JUDGEMENTS_LISTED_MAX))
        .fetch_all(&self.reader)
        .await?;
        rows.iter().map(|text| read(text)).collect()
    }
}

/// A store that is away is tried again: the order is that of the acts.
async fn write(pool: AnyPool, mut queue: mpsc::Receiver<Job>) {
    while let Some(job) = queue.recv().await {
        while let Err(error) = insert(&pool, &job).await {
            tracing::error!(%error, show = job.show, "an act of moderation is not stored yet");
            if queue.is_closed() {
                return;
            }
            tokio::time::sleep(JUDGEMENT_RETRY).await;
        }
        // Who asked may be gone.
        let _ = job.reply.send(Ok(()));
    }
}

async fn insert(pool: &AnyPool, job: &Job) -> Result<(), sqlx::Error> {
    let Job {
        show,
        judgement,
        kept,
        ..
    } = job;
    let mut transaction = pool.begin().await?;
    let log = sqlx::query(
        "INSERT INTO moderation_log (show, id, judgement) VALUES ($1, $2, $3) \
         ON CONFLICT (show, id) DO NOTHING",
    );
    let log = log
        .bind(show)
        .bind(number(judgement.id))
        .bind(json(judgement));
    log.execute(&mut *transaction).await?;
    let rules = sqlx::query(
        "INSERT INTO chat_rules (show, slow_s, words, pinned) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (show) DO UPDATE SET \
         slow_s = excluded.slow_s, words = excluded.words, pinned = excluded.pinned",
    );
    let rules = rules.bind(show).bind(i64::from(kept.rules.slow_s));
    let pinned = kept.rules.pinned.as_ref().map(json);
    let rules = rules.bind(json(&kept.words)).bind(pinned);
    rules.execute(&mut *transaction).await?;
    if let Some(person) = judgement.act.person() {
        let lifted = sqlx::query("DELETE FROM sanction WHERE show = $1 AND participant = $2");
        lifted
            .bind(show)
            .bind(person)
            .execute(&mut *transaction)
            .await?;
    }
    for sanction in &kept.sanctions {
        let imposed = sqlx::query(
            "INSERT INTO sanction (show, participant, at_ms, sanction) VALUES ($1, $2, $3, $4)",
        );
        let imposed = imposed.bind(show).bind(&sanction.participant);
        let imposed = imposed.bind(number(sanction.at_ms)).bind(json(sanction));
        imposed.execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("protocol types are plain data")
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, sqlx::Error> {
    serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}
