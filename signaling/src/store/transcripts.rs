//! What was said, on disk: final lines in every language they were made in. One task writes, in
//! batches, so that no room waits for a disk; reading goes beside it.

use sqlx::AnyPool;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::database::{Database, Use};
use crate::limits::{TRANSCRIPT_BATCH_MAX, TRANSCRIPT_LINES_MAX, TRANSCRIPT_QUEUE_MAX};
use crate::room::AS_SPOKEN;

/// A final line in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its id; translations share it.
    pub id: String,
    /// Who spoke.
    pub participant: String,
    /// Their name then.
    pub speaker: String,
    /// Language of `text`, BCP 47.
    pub language: String,
    /// Language it was spoken in.
    pub spoken: String,
    /// The words.
    pub text: String,
    /// Media time, Unix ms.
    pub start_ms: u64,
    /// Media time, Unix ms.
    pub end_ms: u64,
}

/// A line as it was spoken, and its translation when there is one.
pub type Beside = (Line, Option<String>);

/// The table of lines. Cheap to clone; the writer ends with the last clone.
#[derive(Clone)]
pub struct Transcripts {
    lines: mpsc::Sender<(String, Line)>,
    reader: AnyPool,
}

type Row = (String, String, String, String, String, String, i64, i64);

impl Transcripts {
    /// The transcripts in a database, and their writer, which ends with the last handle. A crash
    /// of the process loses nothing; one of the machine the last lines at most.
    #[must_use]
    pub fn of(database: &Database) -> (Transcripts, JoinHandle<()>) {
        let (lines, queue) = mpsc::channel(TRANSCRIPT_QUEUE_MAX);
        let reader = database.pool(Use::Relaxed, 1);
        let writer = database.pool(Use::Relaxed, 1);
        (
            Transcripts { lines, reader },
            tokio::spawn(write(writer, queue)),
        )
    }

    /// Keeps a line; dropped and counted when the disk is too slow for that.
    pub fn keep(&self, show: &str, line: Line) {
        if self.lines.try_send((show.to_owned(), line)).is_err() {
            metrics::counter!("vitrine_transcript_dropped_total").increment(1);
        }
    }

    /// The lines of one language, or those in the language they were spoken in
    /// ([`AS_SPOKEN`]), by time.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn lines(&self, show: &str, language: &str) -> Result<Vec<Line>, sqlx::Error> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, participant, speaker, language, spoken, text, start_ms, end_ms \
             FROM caption WHERE show = $1 AND \
             (language = $2 OR $2 = $3 AND language = spoken) \
             ORDER BY start_ms, id LIMIT $4",
        )
        .bind(show)
        .bind(language)
        .bind(AS_SPOKEN)
        .bind(TRANSCRIPT_LINES_MAX)
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.into_iter().map(line).collect())
    }

    /// Every line as it was spoken, with its translation into a language, by time.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn beside(&self, show: &str, language: &str) -> Result<Vec<Beside>, sqlx::Error> {
        let spoken = self.lines(show, AS_SPOKEN).await?;
        let translated = self.lines(show, language).await?;
        let mut translated: std::collections::HashMap<String, String> = translated
            .into_iter()
            .filter(|line| line.language != line.spoken)
            .map(|line| (line.id, line.text))
            .collect();
        let pair = |line: Line| {
            let translation = translated.remove(&line.id);
            (line, translation)
        };
        Ok(spoken.into_iter().map(pair).collect())
    }

    /// Languages there are lines in, by tag.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn languages(&self, show: &str) -> Result<Vec<String>, sqlx::Error> {
        sqlx::query_scalar(
            "SELECT DISTINCT language FROM caption WHERE show = $1 ORDER BY language",
        )
        .bind(show)
        .fetch_all(&self.reader)
        .await
    }

    /// Forgets all lines of a show.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn forget(&self, show: &str) -> Result<(), sqlx::Error> {
        let query = sqlx::query("DELETE FROM caption WHERE show = $1").bind(show);
        query.execute(&self.reader).await?;
        Ok(())
    }
}

async fn write(writer: AnyPool, mut queue: mpsc::Receiver<(String, Line)>) {
    let mut batch = Vec::with_capacity(TRANSCRIPT_BATCH_MAX);
    while queue.recv_many(&mut batch, TRANSCRIPT_BATCH_MAX).await > 0 {
        if let Err(error) = insert(&writer, &batch).await {
            tracing::error!(%error, lines = batch.len(), "lines of a transcript are lost");
            metrics::counter!("vitrine_transcript_dropped_total").increment(batch.len() as u64);
        }
        batch.clear();
    }
}

async fn insert(writer: &AnyPool, batch: &[(String, Line)]) -> Result<(), sqlx::Error> {
    let mut transaction = writer.begin().await?;
    for (show, line) in batch {
        sqlx::query(
            "INSERT INTO caption \
             (show, id, participant, speaker, language, spoken, text, start_ms, end_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
             ON CONFLICT (show, language, start_ms, id) DO UPDATE SET \
             participant = excluded.participant, speaker = excluded.speaker, \
             spoken = excluded.spoken, text = excluded.text, end_ms = excluded.end_ms",
        )
        .bind(show)
        .bind(&line.id)
        .bind(&line.participant)
        .bind(&line.speaker)
        .bind(&line.language)
        .bind(&line.spoken)
        .bind(&line.text)
        .bind(i64::try_from(line.start_ms).unwrap_or(i64::MAX))
        .bind(i64::try_from(line.end_ms).unwrap_or(i64::MAX))
        .execute(&mut *transaction)
        .await?;
    }
    transaction.commit().await
}

fn line(row: Row) -> Line {
    let (id, participant, speaker, language, spoken, text, start_ms, end_ms) = row;
    Line {
        id,
        participant,
        speaker,
        language,
        spoken,
        text,
        start_ms: u64::try_from(start_ms).unwrap_or_default(),
        end_ms: u64::try_from(end_ms).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(id: &str, language: &str, text: &str, start_ms: u64) -> Line {
        Line {
            id: id.into(),
            participant: "p".into(),
            speaker: "Ana".into(),
            language: language.into(),
            spoken: "en".into(),
            text: text.into(),
            start_ms,
            end_ms: start_ms + 500,
        }
    }

    #[tokio::test]
    async fn lines_are_there_after_a_restart_until_they_are_forgotten() {
        let data = tempfile::tempdir().expect("a temporary folder");
        let path = data.path().join("vitrine.db");
        let database = Database::file(&path).await.expect("opened");
        let (store, writer) = Transcripts::of(&database);
        store.keep("lamp", said("a-2", "en", "two", 2_000));
        store.keep("lamp", said("a-1", "en", "one", 1_000));
        store.keep("lamp", said("a-1", "pt", "um", 1_000));
        store.keep("lamp", said("a-1", "pt", "um", 1_000));
        store.keep("rug", said("a-3", "en", "three", 1_000));
        drop(store);
        writer.await.expect("all is written before it ends");

        let (store, _writer) = Transcripts::of(&database);
        let texts = async |language: &str| {
            let lines = store.lines("lamp", language).await.expect("read");
            lines.into_iter().map(|line| line.text).collect::<Vec<_>>()
        };
        assert_eq!(texts("en").await, ["one", "two"], "by time");
        assert_eq!(texts("pt").await, ["um"], "once");
        assert_eq!(texts(AS_SPOKEN).await, ["one", "two"]);
        let beside = store.beside("lamp", "pt").await.expect("read");
        let beside: Vec<_> = beside
            .iter()
            .map(|(line, translation)| (line.text.as_str(), translation.as_deref()))
            .collect();
        assert_eq!(beside, [("one", Some("um")), ("two", None)]);
        assert_eq!(store.languages("lamp").await.expect("read"), ["en", "pt"]);
        store.forget("lamp").await.expect("forgotten");
        assert!(texts("en").await.is_empty());
        assert_eq!(
            store.languages("rug").await.expect("read"),
            ["en"],
            "others stay"
        );
    }
}
