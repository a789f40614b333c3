//! The database, SQLite or PostgreSQL, through one driver interface (`sqlx::Any`): every statement
//! is written once, in the SQL that both understand. What differs stands here: how to connect,
//! how long to wait, and how writers take turns.
//!
//! Rules for statements: parameters are `$1`, numbers `BIGINT` or `INTEGER` and read as `i64`,
//! truth is 0 or 1, texts are `TEXT`, a condition is never a number. Lists travel as JSON arrays
//! of arrays: `json_each($1) k`, `k.value ->> 0`, with `CAST(… AS BIGINT)` around numbers; in
//! PostgreSQL `migrations/postgres` makes the functions that SQLite has.

use std::path::Path;
use std::sync::Once;
use std::time::Duration;

use sqlx::any::{Any, AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, Executor as _, Transaction};

use super::migrations::migrations;
use crate::config;
use crate::shop::store::StoreError;

/// How long a writer of another process, or an unreachable database, may keep us waiting.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The advisory lock of whoever writes to the shop's books: any number, the same everywhere.
const WRITER_LOCK: &str = "SELECT pg_advisory_xact_lock(8674665223082153551)";

/// Settings of a PostgreSQL connection. What is committed is on disk, whatever the server's
/// default says; a writer that hangs does not keep the others out for long; and tables that were
/// empty when a statement was first planned grow by thousands of rows a second.
const POSTGRES_SESSION: &str = "SET synchronous_commit = on; SET lock_timeout = '5s'; \
     SET idle_in_transaction_session_timeout = '10s'; SET statement_timeout = '30s'; \
     SET plan_cache_mode = force_custom_plan";

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file; one machine.
    Sqlite,
    /// A server that several machines may share.
    Postgres,
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Changes that must survive a power cut.
    Durable,
    /// Changes of which the last may be lost in a power cut, never in a crash of ours.
    Relaxed,
    /// Reading.
    Read,
}

/// A database whose tables are up to date.
#[derive(Clone)]
pub struct Database {
    kind: Kind,
    options: AnyConnectOptions,
}

impl Database {
    /// Connects, and brings the tables up to date.
    ///
    /// # Errors
    /// When it cannot be reached or written.
    pub async fn open(config: &config::Database) -> Result<Database, StoreError> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(sqlx::any::install_default_drivers);
        let (kind, url) = match config {
            config::Database::File(file) => (Kind::Sqlite, url_of(file)),
            config::Database::Postgres(url) => (Kind::Postgres, url.reveal().clone()),
        };
        let options = url.parse().map_err(failed("read the database's address"))?;
        let database = Database { kind, options };
        let pool = database.pool(Use::Durable, 1);
        let mut connection = pool.acquire().await.map_err(failed("reach the database"))?;
        let migrated = migrations(kind).run(&mut *connection).await;
        migrated.map_err(failed("bring the database up to date"))?;
        Ok(database)
    }

    /// Opens an SQLite file.
    ///
    /// # Errors
    /// Those of [`Database::open`].
    pub async fn file(path: &Path) -> Result<Database, StoreError> {
        Database::open(&config::Database::File(path.to_owned())).await
    }

    /// So many connections, made when needed and made again when lost.
    pub fn pool(&self, used: Use, max: u32) -> AnyPool {
        let kind = self.kind;
        AnyPoolOptions::new()
            .max_connections(max)
            .acquire_timeout(BUSY_TIMEOUT)
            .after_connect(move |connection, _| {
                Box::pin(async move { prepare(connection, kind, used).await })
            })
            .connect_lazy_with(self.options.clone())
    }

    /// A transaction beside which nobody else writes to the books: two processes take turns. The
    /// one after sees all that the one before committed.
    ///
    /// # Errors
    /// When the others take too long, or the database is gone.
    pub async fn begin_alone(&self, pool: &AnyPool) -> sqlx::Result<Transaction<'static, Any>> {
        match self.kind {
            Kind::Sqlite => pool.begin_with("BEGIN IMMEDIATE").await,
            Kind::Postgres => {
                // Each statement sees what is committed when it begins; so those after the lock
                // see everything. The lock goes with the transaction, however that ends.
                let begin = "BEGIN ISOLATION LEVEL READ COMMITTED";
                let mut transaction = pool.begin_with(begin).await?;
                transaction.execute(WRITER_LOCK).await?;
                Ok(transaction)
            }
        }
    }
}

async fn prepare(connection: &mut AnyConnection, kind: Kind, used: Use) -> sqlx::Result<()> {
    let settings = match (kind, used) {
        (Kind::Postgres, _) => POSTGRES_SESSION,
        // The mode is the file's; whoever reads finds it so.
        (Kind::Sqlite, Use::Durable) => {
            "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
             PRAGMA foreign_keys = ON"
        }
        (Kind::Sqlite, Use::Relaxed) => {
            "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
             PRAGMA foreign_keys = ON"
        }
        (Kind::Sqlite, Use::Read) => "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON",
    };
    connection.execute(settings).await?;
    Ok(())
}

/// `sqlite:///path/to/file`, whatever characters are in the path.
fn url_of(file: &Path) -> String {
    let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let url = reqwest::Url::from_file_path(absolute).expect("an absolute path has a URL");
    format!("sqlite://{}?mode=rwc", url.path())
}

pub(super) fn failed<E>(context: impl Into<String>) -> impl FnOnce(E) -> StoreError
where
    E: std::error::Error + Send + Sync + 'static,
{
    move |cause| StoreError {
        context: context.into(),
        cause: Box::new(cause),
    }
}
