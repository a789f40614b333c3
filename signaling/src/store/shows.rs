//! Shows on disk: name, title, kind, phase. In the same database file as the shop, through a
//! connection of its own: shows change a few times an evening.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Row as _};
use tokio::sync::Mutex;

use crate::protocol::client::Phase;
use crate::protocol::server::{ShowInfo, ShowKind};

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The table of shows. Cheap to clone.
#[derive(Clone)]
pub struct ShowStore(Arc<Mutex<SqliteConnection>>);

impl ShowStore {
    /// Opens the database and brings its tables up to date.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub async fn open(path: &Path) -> Result<ShowStore, sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT);
        let mut connection = options.connect().await?;
        sqlx::migrate!("./migrations").run(&mut connection).await?;
        Ok(ShowStore(Arc::new(Mutex::new(connection))))
    }

    /// Writes a show, new or changed; on disk when it returns.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn save(&self, info: &ShowInfo) -> Result<(), sqlx::Error> {
        let query = sqlx::query(
            "INSERT INTO show (name, title, kind, phase, private, transcript, started_ms, cover) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?) \
             ON CONFLICT (name) DO UPDATE SET title = excluded.title, kind = excluded.kind, \
             phase = excluded.phase, private = excluded.private, \
             transcript = excluded.transcript, \
             started_ms = excluded.started_ms, cover = excluded.cover",
        )
        .bind(&info.name)
        .bind(&info.title)
        .bind(kind_name(info.kind))
        .bind(phase_name(info.phase))
        .bind(info.private)
        .bind(info.transcript)
        .bind(
            info.started_ms
                .map(|ms| i64::try_from(ms).unwrap_or(i64::MAX)),
        )
        .bind(&info.cover);
        query.execute(&mut *self.0.lock().await).await?;
        Ok(())
    }

    /// All shows, by name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn all(&self) -> Result<Vec<ShowInfo>, sqlx::Error> {
        let query = sqlx::query(
            "SELECT name, title, kind, phase, private, transcript, started_ms, cover FROM show \
             ORDER BY name",
        );
        let rows = query.fetch_all(&mut *self.0.lock().await).await?;
        rows.iter()
            .map(|row| {
                let started_ms: Option<i64> = row.try_get("started_ms")?;
                Ok(ShowInfo {
                    name: row.try_get("name")?,
                    title: row.try_get("title")?,
                    kind: kind_of(row.try_get("kind")?),
                    phase: phase_of(row.try_get("phase")?),
                    private: row.try_get("private")?,
                    transcript: row.try_get("transcript")?,
                    started_ms: started_ms.and_then(|ms| u64::try_from(ms).ok()),
                    cover: row.try_get("cover")?,
                })
            })
            .collect()
    }
}

fn kind_name(kind: ShowKind) -> &'static str {
    match kind {
        ShowKind::Live => "live",
        ShowKind::Call => "call",
        ShowKind::Tour => "tour",
    }
}

/// The table's CHECK leaves only the names above.
fn kind_of(name: &str) -> ShowKind {
    match name {
        "call" => ShowKind::Call,
        "tour" => ShowKind::Tour,
        _ => ShowKind::Live,
    }
}

fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Scheduled => "scheduled",
        Phase::Live => "live",
        Phase::Ended => "ended",
    }
}

fn phase_of(name: &str) -> Phase {
    match name {
        "live" => Phase::Live,
        "ended" => Phase::Ended,
        _ => Phase::Scheduled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn shows_are_there_after_a_restart() {
        let data = tempfile::tempdir().expect("a temporary folder");
        let path = data.path().join("vitrine.db");
        let mut info = ShowInfo {
            name: "lamp".into(),
            title: "Lamps".into(),
            kind: ShowKind::Tour,
            phase: Phase::Scheduled,
            private: true,
            transcript: true,
            started_ms: None,
            cover: Some("/c.png".into()),
        };
        let store = ShowStore::open(&path).await.expect("opened");
        store.save(&info).await.expect("written");
        info.phase = Phase::Live;
        info.started_ms = Some(5);
        store.save(&info).await.expect("written again");
        drop(store);
        let again = ShowStore::open(&path).await.expect("opened again");
        assert_eq!(again.all().await.expect("read"), [info]);
    }
}
