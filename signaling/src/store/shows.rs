//! Shows on disk: name, title, kind, phase. In the same database as the shop, through a connection
//! of its own: shows change a few times an evening.

use sqlx::{AnyPool, Row as _};

use super::database::{Database, Use};
use crate::protocol::client::Phase;
use crate::protocol::server::{ShowInfo, ShowKind};

/// The table of shows. Cheap to clone.
#[derive(Clone)]
pub struct ShowStore(AnyPool);

impl ShowStore {
    /// The shows in a database.
    #[must_use]
    pub fn of(database: &Database) -> ShowStore {
        ShowStore(database.pool(Use::Durable, 1))
    }

    /// Writes a show, new or changed; on disk when it returns.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn save(&self, info: &ShowInfo) -> Result<(), sqlx::Error> {
        let query = sqlx::query(
            "INSERT INTO show (name, title, kind, phase, private, transcript, started_ms, cover, \
             starts_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
             ON CONFLICT (name) DO UPDATE SET title = excluded.title, kind = excluded.kind, \
             phase = excluded.phase, private = excluded.private, \
             transcript = excluded.transcript, \
             started_ms = excluded.started_ms, cover = excluded.cover, \
             starts_ms = excluded.starts_ms",
        )
        .bind(&info.name)
        .bind(&info.title)
        .bind(kind_name(info.kind))
        .bind(phase_name(info.phase))
        .bind(i64::from(info.private))
        .bind(i64::from(info.transcript))
        .bind(info.started_ms.map(number))
        .bind(&info.cover)
        .bind(info.starts_ms.map(number));
        query.execute(&self.0).await?;
        Ok(())
    }

    /// All shows, by name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn all(&self) -> Result<Vec<ShowInfo>, sqlx::Error> {
        let query = sqlx::query(
            "SELECT name, title, kind, phase, private, transcript, started_ms, cover, starts_ms \
             FROM show ORDER BY name",
        );
        let rows = query.fetch_all(&self.0).await?;
        rows.iter()
            .map(|row| {
                let time = |column: &str| -> Result<Option<u64>, sqlx::Error> {
                    let ms: Option<i64> = row.try_get(column)?;
                    Ok(ms.and_then(|ms| u64::try_from(ms).ok()))
                };
                Ok(ShowInfo {
                    name: row.try_get("name")?,
                    title: row.try_get("title")?,
                    kind: kind_of(row.try_get("kind")?),
                    phase: phase_of(row.try_get("phase")?),
                    private: row.try_get::<i64, _>("private")? != 0,
                    transcript: row.try_get::<i64, _>("transcript")? != 0,
                    started_ms: time("started_ms")?,
                    cover: row.try_get("cover")?,
                    starts_ms: time("starts_ms")?,
                })
            })
            .collect()
    }
}

fn number(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
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
            starts_ms: Some(4),
        };
        let database = Database::file(&path).await.expect("opened");
        let store = ShowStore::of(&database);
        store.save(&info).await.expect("written");
        info.phase = Phase::Live;
        info.started_ms = Some(5);
        store.save(&info).await.expect("written again");
        drop(store);
        let database = Database::file(&path).await.expect("opened again");
        let again = ShowStore::of(&database);
        assert_eq!(again.all().await.expect("read"), [info]);
    }
}
