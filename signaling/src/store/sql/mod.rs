//! The book of record in SQL: SQLite on one machine, PostgreSQL when several share it. One writer
//! at a time ([`Database::begin_alone`]), so that a transaction sees no stock that another process
//! is selling; others read beside it. What is committed is on disk (`synchronous=FULL`,
//! `synchronous_commit=on`) and survives `kill -9` and power loss.

mod catalog;
mod coupons;
mod deals;
mod orders;
mod payments;
mod rations;
mod rows;
mod shelf;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use futures_util::future::BoxFuture;
use sqlx::{AnyConnection, AnyPool};

use self::catalog::set_zones;
use super::database::{Database, Use, failed};
use crate::limits::shop::STORE_READERS_MAX;
use crate::protocol::server::{DealView, OrderView, ProductView};
use crate::protocol::shop::HostOrderView;
use crate::shop::catalog::Product;
use crate::shop::coupon::Coupon;
use crate::shop::order::{Order, OrderId};
use crate::shop::payment::Charge;
use crate::shop::pricing::Zone;
use crate::shop::quote::Offer;
use crate::shop::store::{
    Applied, Books, Changes, Command, Observed, OrderStore, Outcome, StoreError,
};

/// The books in a database.
pub struct SqlStore {
    database: Database,
    /// One connection: a process writes one batch after the other.
    writer: AnyPool,
    readers: AnyPool,
    seen: Mutex<Seen>,
}

/// How often anybody had written, when this process last knew.
#[derive(Debug, Clone, Copy)]
struct Seen {
    writes: i64,
    /// Others wrote between two of our own.
    has_news: bool,
}

impl SqlStore {
    /// The books in a database.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn of(database: &Database) -> Result<SqlStore, StoreError> {
        let readers = database.pool(Use::Read, STORE_READERS_MAX);
        let writes = rows::writes(&readers).await;
        let seen = Seen {
            writes: writes.map_err(failed("read the books"))?,
            has_news: false,
        };
        Ok(SqlStore {
            database: database.clone(),
            writer: database.pool(Use::Durable, 1),
            readers,
            seen: Mutex::new(seen),
        })
    }

    /// The books in an SQLite file.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn file(path: &Path) -> Result<SqlStore, StoreError> {
        SqlStore::of(&Database::file(path).await?).await
    }

    async fn apply_batch(&self, now_ms: u64, commands: &[Command]) -> sqlx::Result<Applied> {
        let mut transaction = self.database.begin_alone(&self.writer).await?;
        let mut batch = Batch {
            now_ms,
            ..Batch::default()
        };
        batch.turn_deals(&mut transaction).await?;
        let mut outcomes: Vec<Option<Outcome>> = vec![None; commands.len()];
        let (catalogue, orders): (Vec<_>, Vec<_>) = commands
            .iter()
            .enumerate()
            .partition(|(_, command)| is_catalogue(command));
        for (at, command) in catalogue {
            outcomes[at] = Some(batch.catalogue(&mut transaction, command).await?);
            batch.has_written = true;
        }
        let (places, orders): (Vec<_>, Vec<_>) = orders.into_iter().unzip();
        let decided = batch.orders(&mut transaction, &orders).await?;
        for (at, outcome) in places.into_iter().zip(decided) {
            outcomes[at] = Some(outcome);
        }
        batch.end_sold_deals(&mut transaction).await?;
        let outcomes = outcomes.into_iter().flatten().collect();
        let has_written = batch.has_written;
        let changes = batch.changes(&mut transaction).await?;
        let next_expiry_ms = rows::next_expiry(&mut transaction).await?;
        let writes = match has_written {
            true => Some(rows::count_write(&mut transaction).await?),
            // A rush for what is sold out costs no disk.
            false => None,
        };
        transaction.commit().await?;
        if let Some(writes) = writes {
            let mut seen = self.seen();
            seen.has_news |= writes != seen.writes + 1;
            seen.writes = writes;
        }
        Ok(Applied {
            outcomes,
            changes,
            next_expiry_ms,
        })
    }

    async fn look(&self) -> sqlx::Result<Option<Observed>> {
        let writes = rows::writes(&self.readers).await?;
        let now = Seen {
            writes,
            has_news: false,
        };
        let before = std::mem::replace(&mut *self.seen(), now);
        if before.writes == writes && !before.has_news {
            return Ok(None);
        }
        let mut connection = self.readers.acquire().await?;
        let shelved = serde_json::json!(shelf::shelved(&mut connection).await?).to_string();
        let levels = shelf::levels(&mut connection, shelved).await?;
        let next_expiry_ms = rows::next_expiry(&mut connection).await?;
        Ok(Some(Observed {
            changes: Changes {
                levels,
                ..Changes::default()
            },
            next_expiry_ms,
        }))
    }

    async fn read(&self, order: &OrderId) -> Result<Option<Order>, StoreError> {
        let wanted = serde_json::json!([order.as_str()]).to_string();
        let orders = rows::orders_by_id(&self.readers, wanted).await;
        Ok(orders.map_err(failed("read an order"))?.pop())
    }

    async fn host_orders(&self, show: &str) -> sqlx::Result<Vec<HostOrderView>> {
        let mut orders = rows::orders(&self.readers, show).await?;
        let charged = payments::charged(&self.readers, show).await?;
        for view in &mut orders {
            view.has_charge = charged.contains(&view.order.id);
        }
        Ok(orders)
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A transaction under way: what it touched, so that its end can tell.
#[derive(Default)]
struct Batch {
    now_ms: u64,
    /// Whether other processes have something to look at.
    has_written: bool,
    /// Variants whose stock moved.
    touched: Vec<String>,
    /// Products whose description or shelf changed.
    described: Vec<String>,
    changes: Changes,
}

impl Batch {
    async fn catalogue(
        &mut self,
        db: &mut AnyConnection,
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
            Command::Announce { merchant, deal } => self.announce(db, merchant, deal).await,
            Command::EndDeal {
                merchant,
                show,
                deal,
            } => self.end_deal(db, merchant, show, deal).await,
            Command::PutCoupon(coupon) => self.put_coupon(db, coupon).await,
            Command::DropCoupon { merchant, code } => self.drop_coupon(db, merchant, code).await,
            other => unreachable!("`is_catalogue` does not let {other:?} through"),
        }
    }

    /// What everybody should know, read back from the tables before the commit.
    async fn changes(mut self, db: &mut AnyConnection) -> sqlx::Result<Changes> {
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

/// Whether it is about what is sold, rather than about orders.
fn is_catalogue(command: &Command) -> bool {
    matches!(
        command,
        Command::Import { .. }
            | Command::Shelve { .. }
            | Command::Consent { .. }
            | Command::SetZones { .. }
            | Command::Announce { .. }
            | Command::EndDeal { .. }
            | Command::PutCoupon(_)
            | Command::DropCoupon { .. }
    )
}

impl OrderStore for SqlStore {
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
            let shelf = shelf::shelf(&self.readers, show).await;
            let mut shelf = shelf.map_err(failed("read a shelf"))?;
            let deals = deals::of_show(&self.readers, show, false).await;
            for deal in deals.map_err(failed("read flash deals"))? {
                let dealt = shelf.iter_mut().find(|product| product.id == deal.product);
                dealt
                    .into_iter()
                    .for_each(|product| product.deal = Some(Box::new(deal.clone())));
            }
            Ok(shelf)
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
        Box::pin(async move { Ok(self.read(order).await?.map(|order| order.view())) })
    }

    fn owed(&self, limit: i64) -> BoxFuture<'_, Result<Vec<Charge>, StoreError>> {
        Box::pin(async move {
            let owed = payments::owed(&self.readers, limit).await;
            owed.map_err(failed("read what is owed back"))
        })
    }

    fn forget_events(&self, before_ms: u64) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let forgotten = payments::forget(&self.writer, before_ms).await;
            forgotten.map_err(failed("forget old events"))
        })
    }

    fn deals<'a>(&'a self, show: &'a str) -> BoxFuture<'a, Result<Vec<DealView>, StoreError>> {
        Box::pin(async move {
            let deals = deals::of_show(&self.readers, show, true).await;
            deals.map_err(failed("read flash deals"))
        })
    }

    fn coupon<'a>(
        &'a self,
        merchant: &'a str,
        code: &'a str,
    ) -> BoxFuture<'a, Result<Option<Coupon>, StoreError>> {
        Box::pin(async move {
            let wanted = serde_json::json!([[merchant, code]]).to_string();
            let found = coupons::named(&self.readers, wanted).await;
            Ok(found.map_err(failed("read a coupon"))?.pop())
        })
    }

    fn coupons<'a>(&'a self, merchant: &'a str) -> BoxFuture<'a, Result<Vec<Coupon>, StoreError>> {
        Box::pin(async move {
            let found = coupons::of_merchant(&self.readers, merchant).await;
            found.map_err(failed("read coupons"))
        })
    }

    fn host_order<'a>(
        &'a self,
        order: &'a OrderId,
    ) -> BoxFuture<'a, Result<Option<HostOrderView>, StoreError>> {
        Box::pin(async move { Ok(self.read(order).await?.map(|order| order.host_view())) })
    }

    fn orders<'a>(
        &'a self,
        show: &'a str,
    ) -> BoxFuture<'a, Result<Vec<HostOrderView>, StoreError>> {
        Box::pin(async move {
            let orders = self.host_orders(show).await;
            orders.map_err(failed("read the orders of a show"))
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
