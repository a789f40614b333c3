//! SQLite, the book of record on one machine: WAL, `synchronous=FULL`, so a committed
//! transaction survives `kill -9` and power loss. One connection writes, `BEGIN IMMEDIATE`, so
//! a transaction sees no stock that another process is selling; others read beside it.

mod catalog;
mod orders;
mod rows;
mod shelf;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::Mutex;

use self::catalog::set_zones;
use crate::limits::shop::STORE_READERS_MAX;
use crate::protocol::server::{OrderView, ProductView};
use crate::protocol::shop::HostOrderView;
use crate::shop::catalog::Product;
use crate::shop::order::OrderId;
use crate::shop::pricing::Zone;
use crate::shop::quote::Offer;
use crate::shop::store::{
    Applied, Books, Changes, Command, Observed, OrderStore, Outcome, StoreError,
};

/// How long a transaction of another process may keep us waiting before we give up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// An open database.
pub struct SqliteStore {
    writer: Mutex<Writer>,
    readers: SqlitePool,
}

struct Writer {
    connection: SqliteConnection,
    /// SQLite's mark of writes by others, as last seen on this connection.
    data_version: i64,
}

impl SqliteStore {
    /// Opens the database file, creating it and bringing its tables up to date.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::from_str("sqlite:")
            .map_err(failed("read the options of the database"))?
            .filename(path)
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT);
        let mut connection = options
            .connect()
            .await
            .map_err(failed(format!("open {}", path.display())))?;
        sqlx::migrate!("./migrations")
            .run(&mut connection)
            .await
            .map_err(failed("bring the database up to date"))?;
        let readers = SqlitePoolOptions::new()
            .max_connections(STORE_READERS_MAX)
            .connect_lazy_with(options.create_if_missing(false).read_only(true));
        let data_version = sqlx::query_scalar("PRAGMA data_version")
            .fetch_one(&mut connection)
            .await
            .map_err(failed("read the database's version"))?;
        Ok(Self {
            writer: Mutex::new(Writer {
                connection,
                data_version,
            }),
            readers,
        })
    }

    async fn apply_batch(&self, now_ms: u64, commands: &[Command]) -> sqlx::Result<Applied> {
        let mut writer = self.writer.lock().await;
        let mut transaction = writer.connection.begin_with("BEGIN IMMEDIATE").await?;
        let mut batch = Batch {
            now_ms,
            ..Batch::default()
        };
        let mut outcomes: Vec<Option<Outcome>> = vec![None; commands.len()];
        let (catalogue, orders): (Vec<_>, Vec<_>) = commands
            .iter()
            .enumerate()
            .partition(|(_, command)| is_catalogue(command));
        for (at, command) in catalogue {
            outcomes[at] = Some(batch.catalogue(&mut transaction, command).await?);
        }
        let (places, orders): (Vec<_>, Vec<_>) = orders.into_iter().unzip();
        let decided = batch.orders(&mut transaction, &orders).await?;
        for (at, outcome) in places.into_iter().zip(decided) {
            outcomes[at] = Some(outcome);
        }
        let outcomes = outcomes.into_iter().flatten().collect();
        let changes = batch.changes(&mut transaction).await?;
        let next_expiry_ms = rows::next_expiry(&mut transaction).await?;
        transaction.commit().await?;
        Ok(Applied {
            outcomes,
            changes,
            next_expiry_ms,
        })
    }

    async fn look(&self) -> sqlx::Result<Option<Observed>> {
        let mut writer = self.writer.lock().await;
        let Writer {
            connection,
            data_version,
        } = &mut *writer;
        let seen = sqlx::query_scalar("PRAGMA data_version")
            .fetch_one(&mut *connection)
            .await?;
        if std::mem::replace(data_version, seen) == seen {
            return Ok(None);
        }
        let shelved = serde_json::json!(shelf::shelved(connection).await?).to_string();
        let levels = shelf::levels(connection, shelved).await?;
        let next_expiry_ms = rows::next_expiry(connection).await?;
        Ok(Some(Observed {
            changes: Changes {
                levels,
                ..Changes::default()
            },
            next_expiry_ms,
        }))
    }
}

/// A transaction under way: what it touched, so that its end can tell.
#[derive(Default)]
struct Batch {
    now_ms: u64,
    /// Variants whose stock moved.
    touched: Vec<String>,
    /// Products whose description or shelf changed.
    described: Vec<String>,
    changes: Changes,
}

impl Batch {
    async fn catalogue(
        &mut self,
        db: &mut SqliteConnection,
        command: &Command,
    ) -> sqlx::Result<Outcome> {
        match command {
            Command::Import {
                merchant,
                show,
                products,
            } => self.import(db, merchant, show.as_deref(), products).await,
            Command::Shelve {
                merchant,
                show,
                products,
            } => self.shelve(db, merchant, show, products).await,
            Command::Consent {
                owner,
                seller,
                is_given,
            } => self.consent(db, owner, seller, *is_given).await,
            Command::SetZones { merchant, zones } => set_zones(db, merchant, zones).await,
            other => unreachable!("`is_catalogue` does not let {other:?} through"),
        }
    }

    /// What everybody should know, read back from the tables before the commit.
    async fn changes(mut self, db: &mut SqliteConnection) -> sqlx::Result<Changes> {
        // In the order they were touched: an import puts products on the shelf in the file's order.
        let mut seen = HashSet::new();
        self.described.retain(|id| seen.insert(id.clone()));
        for id in self.described {
            let shows = shelf::shows(db, &id).await?;
            if let Some(product) = shelf::product(&mut *db, &id).await? {
                self.changes.products.push((shows, product));
            }
        }
        if !self.touched.is_empty() {
            let touched = serde_json::json!(self.touched).to_string();
            self.changes.levels = shelf::levels(db, touched).await?;
        }
        Ok(self.changes)
    }
}

/// Whether a merchant changes something, rather than a buyer.
fn is_catalogue(command: &Command) -> bool {
    !matches!(
        command,
        Command::Reserve(_) | Command::Confirm { .. } | Command::Cancel { .. }
    )
}

impl OrderStore for SqliteStore {
    fn apply<'a>(
        &'a self,
        now_ms: u64,
        commands: &'a [Command],
    ) -> BoxFuture<'a, Result<Applied, StoreError>> {
        let context = "apply a batch of the shop";
        Box::pin(async move {
            self.apply_batch(now_ms, commands)
                .await
                .map_err(failed(context))
        })
    }

    fn watch(&self) -> BoxFuture<'_, Result<Option<Observed>, StoreError>> {
        Box::pin(async { self.look().await.map_err(failed("look for other writers")) })
    }

    fn shelf<'a>(&'a self, show: &'a str) -> BoxFuture<'a, Result<Vec<ProductView>, StoreError>> {
        Box::pin(async move {
            shelf::shelf(&self.readers, show)
                .await
                .map_err(failed("read a shelf"))
        })
    }

    fn offers<'a>(
        &'a self,
        show: &'a str,
        variants: &'a [String],
        currency: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Vec<Offer>, StoreError>> {
        Box::pin(async move {
            let wanted = |variant: &String| serde_json::json!([show, variant, currency]);
            let wanted: Vec<_> = variants.iter().map(wanted).collect();
            let wanted = serde_json::Value::Array(wanted).to_string();
            let offers = shelf::offers(&self.readers, wanted).await;
            let offers = offers.map_err(failed("read offers"))?;
            Ok(offers.into_iter().map(|(_, offer)| offer).collect())
        })
    }

    fn zones<'a>(&'a self, merchant: &'a str) -> BoxFuture<'a, Result<Vec<Zone>, StoreError>> {
        Box::pin(async move {
            let wanted = serde_json::json!([merchant]).to_string();
            let zones = shelf::zones(&self.readers, wanted).await;
            let zones = zones.map_err(failed("read shipping zones"))?;
            Ok(zones.into_iter().map(|(_, zone)| zone).collect())
        })
    }

    fn catalogue<'a>(
        &'a self,
        merchant: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Product>, StoreError>> {
        Box::pin(async move {
            let products = shelf::catalogue(&self.readers, merchant).await;
            products.map_err(failed("read a catalogue"))
        })
    }

    fn order<'a>(
        &'a self,
        order: &'a OrderId,
    ) -> BoxFuture<'a, Result<Option<OrderView>, StoreError>> {
        Box::pin(async move {
            let wanted = serde_json::json!([order.as_str()]).to_string();
            let orders = rows::orders_by_id(&self.readers, wanted).await;
            let mut orders = orders.map_err(failed("read an order"))?;
            Ok(orders.pop().map(|order| order.view()))
        })
    }

    fn host_order<'a>(
        &'a self,
        order: &'a OrderId,
    ) -> BoxFuture<'a, Result<Option<HostOrderView>, StoreError>> {
        Box::pin(async move {
            let wanted = serde_json::json!([order.as_str()]).to_string();
            let orders = rows::orders_by_id(&self.readers, wanted).await;
            let mut orders = orders.map_err(failed("read an order"))?;
            Ok(orders.pop().map(|order| order.host_view()))
        })
    }

    fn orders<'a>(
        &'a self,
        show: &'a str,
    ) -> BoxFuture<'a, Result<Vec<HostOrderView>, StoreError>> {
        Box::pin(async move {
            rows::orders(&self.readers, show)
                .await
                .map_err(failed("read the orders of a show"))
        })
    }

    fn books<'a>(&'a self, variant: &'a str) -> BoxFuture<'a, Result<Option<Books>, StoreError>> {
        Box::pin(async move {
            rows::books(&self.readers, variant)
                .await
                .map_err(failed("read the books"))
        })
    }
}

fn failed<E>(context: impl Into<String>) -> impl FnOnce(E) -> StoreError
where
    E: std::error::Error + Send + Sync + 'static,
{
    move |cause| StoreError {
        context: context.into(),
        cause: Box::new(cause),
    }
}
