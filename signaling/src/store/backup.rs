//! A copy of a database file while servers write to it, and the way back. For SQLite; PostgreSQL
//! has `pg_dump` and `pg_restore`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode};
use sqlx::{ConnectOptions as _, Connection as _};

/// Why there is no copy, or nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Mend the path.
    #[error("there is no database `{0}`")]
    Missing(PathBuf),
    /// Name another file, or say that this one may go.
    #[error("`{0}` exists already")]
    Exists(PathBuf),
    /// Stop the server first.
    #[error("a server uses `{0}`: stop it first")]
    InUse(PathBuf),
    /// Take another copy.
    #[error("`{file}` is damaged: {fault}")]
    Damaged {
        /// The copy.
        file: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
    /// The database could not be read or written.
    #[error("`{file}`: {cause}")]
    Database {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        cause: sqlx::Error,
    },
    /// The system said no.
    #[error("`{file}`: {cause}")]
    Io {
        /// Which file.
        file: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
}

/// Copies the database as it is at one moment. Servers go on writing meanwhile. The copy is
/// checked, and on disk when this returns; an unfinished one never has the file's name.
///
/// # Errors
/// When there is no database, the file exists, or one of them cannot be read or written.
pub async fn backup(database: &Path, to: &Path) -> Result<(), BackupError> {
    if to.exists() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let part = beside(to, "part");
    remove(&part)?;
    let mut source = open(database, false).await?;
    let text = part.to_string_lossy().into_owned();
    // One read transaction: in WAL mode it keeps nobody from writing.
    let copied = sqlx::query("VACUUM INTO ?").bind(text).execute(&mut source);
    copied.await.map_err(|cause| at(database, cause))?;
    check(&part).await?;
    put(&part, to)
}

/// Makes a copy the database. One that is there is kept beside it as `….replaced`, if it may be
/// replaced at all.
///
/// # Errors
/// When the copy is damaged, a database is there that may not be replaced, or a server uses it.
pub async fn restore(from: &Path, database: &Path, may_replace: bool) -> Result<(), BackupError> {
    check(from).await?;
    let is_there = database.exists();
    if is_there && !may_replace {
        return Err(BackupError::Exists(database.to_owned()));
    }
    let part = beside(database, "part");
    fs::copy(from, &part).map_err(|cause| io(&part, cause))?;
    if is_there {
        leave_whole(database).await?;
        let old = beside(database, "replaced");
        fs::rename(database, &old).map_err(|cause| io(&old, cause))?;
    }
    put(&part, database)
}

/// Whether a copy can be read to the last page, and every row's references lead somewhere.
async fn check(file: &Path) -> Result<(), BackupError> {
    let damaged = |fault: String| BackupError::Damaged {
        file: file.to_owned(),
        fault,
    };
    let mut copy = open(file, true).await?;
    let integrity = sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut copy);
    let integrity: Vec<String> = integrity
        .await
        .map_err(|cause| damaged(cause.to_string()))?;
    if integrity != ["ok"] {
        return Err(damaged(integrity.join("; ")));
    }
    let loose = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut copy);
    let loose = loose.await.map_err(|cause| at(file, cause))?.len();
    let tables = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE name = 'orders'");
    let tables: i64 = tables
        .fetch_one(&mut copy)
        .await
        .map_err(|cause| at(file, cause))?;
    match (loose, tables) {
        (0, 1) => copy.close().await.map_err(|cause| at(file, cause)),
        (0, _) => Err(damaged("it has no orders: it is no copy of ours".into())),
        (loose, _) => Err(damaged(format!("{loose} rows refer to nothing"))),
    }
}

/// Brings everything into the one file, which nobody else may have open.
async fn leave_whole(database: &Path) -> Result<(), BackupError> {
    let used = |cause: sqlx::Error| match &cause {
        sqlx::Error::Database(error) if error.message().contains("locked") => {
            BackupError::InUse(database.to_owned())
        }
        _ => at(database, cause),
    };
    let mut old = open(database, false).await?;
    // A server holds a shared lock as long as it has the file open.
    for alone in [
        "PRAGMA locking_mode = EXCLUSIVE",
        "BEGIN EXCLUSIVE",
        "COMMIT",
    ] {
        sqlx::query(alone).execute(&mut old).await.map_err(used)?;
    }
    let mode = sqlx::query("PRAGMA journal_mode = DELETE").execute(&mut old);
    mode.await.map_err(used)?;
    old.close().await.map_err(used)
}

async fn open(file: &Path, read_only: bool) -> Result<SqliteConnection, BackupError> {
    if !file.is_file() {
        return Err(BackupError::Missing(file.to_owned()));
    }
    let mut options = SqliteConnectOptions::new()
        .filename(file)
        .read_only(read_only);
    if !read_only {
        options = options.journal_mode(SqliteJournalMode::Wal);
    }
    options.connect().await.map_err(|cause| at(file, cause))
}

/// Gives a finished file its name, durably.
fn put(part: &Path, to: &Path) -> Result<(), BackupError> {
    let sync = |path: &Path| File::open(path).and_then(|file| file.sync_all());
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    sync(part).map_err(|cause| io(part, cause))?;
    fs::rename(part, to).map_err(|cause| io(to, cause))?;
    sync(folder).map_err(|cause| io(folder, cause))
}

fn remove(file: &Path) -> Result<(), BackupError> {
    match fs::remove_file(file) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => Err(io(file, cause)),
        _ => Ok(()),
    }
}

/// `vitrine.db` → `vitrine.db.part`.
fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

fn at(file: &Path, cause: sqlx::Error) -> BackupError {
    BackupError::Database {
        file: file.to_owned(),
        cause,
    }
}

fn io(file: &Path, cause: std::io::Error) -> BackupError {
    BackupError::Io {
        file: file.to_owned(),
        cause,
    }
}
