//! Rows and what they mean: reading only. Used by readers on the pool and, inside a transaction,
//! by the writer.

use std::collections::BTreeMap;

use sqlx::sqlite::{Sqlite, SqliteConnection, SqliteRow};
use sqlx::{Executor, Row};

use crate::limits::shop::ORDERS_LISTED_MAX;
use crate::protocol::server::{Money, OrderState, ProductView};
use crate::protocol::shop::HostOrderView;
use crate::redacted::Redacted;
use crate::shop::money::Amount;
use crate::shop::order::{Contact, Order, OrderId};
use crate::shop::quote::Offer;
use crate::shop::store::{Books, Level};

pub(super) fn state_text(state: OrderState) -> &'static str {
    crate::shop::state_name(state)
}

fn state_of(text: &str) -> sqlx::Result<OrderState> {
    match text {
        "reserved" => Ok(OrderState::Reserved),
        "confirmed" => Ok(OrderState::Confirmed),
        "cancelled" => Ok(OrderState::Cancelled),
        "expired" => Ok(OrderState::Expired),
        other => Err(sqlx::Error::Decode(
            format!("unknown order state `{other}`").into(),
        )),
    }
}

fn decode<E: std::error::Error + Send + Sync + 'static>(error: E) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

fn amount(row: &SqliteRow, minor: &str) -> sqlx::Result<Amount> {
    Amount::new(row.try_get(minor)?, row.try_get("currency")?).map_err(decode)
}

fn count(row: &SqliteRow, column: &str) -> sqlx::Result<u32> {
    u32::try_from(row.try_get::<i64, _>(column)?).map_err(decode)
}

fn time(row: &SqliteRow, column: &str) -> sqlx::Result<u64> {
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(decode)
}

/// A time as SQLite keeps it. Our clocks are far from its end.
pub(super) fn sql_time(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

fn read_product(row: &SqliteRow) -> sqlx::Result<ProductView> {
    let price = amount(row, "price_minor")?;
    let compare_at = match row.try_get::<Option<i64>, _>("compare_at_minor")? {
        Some(minor) => Some(Amount::new(minor, price.currency()).map_err(decode)?),
        None => None,
    };
    Ok(ProductView {
        id: row.try_get("id")?,
        title: row.try_get("title")?,
        description: row.try_get("description")?,
        images: serde_json::from_str(row.try_get("images")?).map_err(decode)?,
        price: price.into(),
        compare_at: compare_at.map(Money::from),
        available: count(row, "available")?,
        translations: serde_json::from_str(row.try_get("translations")?).map_err(decode)?,
    })
}

pub(super) async fn shelf<'c>(
    db: impl Executor<'c, Database = Sqlite>,
    show: &str,
) -> sqlx::Result<Vec<ProductView>> {
    let rows = sqlx::query(
        "SELECT p.*, s.total - s.held - s.sold AS available
         FROM shelf JOIN products p ON p.id = shelf.product JOIN stock s ON s.product = p.id
         WHERE shelf.show = ? ORDER BY shelf.position, shelf.product",
    )
    .bind(show)
    .fetch_all(db)
    .await?;
    rows.iter().map(read_product).collect()
}

pub(super) async fn product<'c>(
    db: impl Executor<'c, Database = Sqlite>,
    id: &str,
) -> sqlx::Result<Option<ProductView>> {
    let row = sqlx::query(
        "SELECT p.*, s.total - s.held - s.sold AS available
         FROM products p JOIN stock s ON s.product = p.id WHERE p.id = ?",
    )
    .bind(id)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(read_product).transpose()
}

/// Offers of `[[show, product], …]` that are on a shelf, with the title that an order keeps.
pub(super) async fn offers<'c>(
    db: impl Executor<'c, Database = Sqlite>,
    wanted: String,
) -> sqlx::Result<Vec<(Offer, String)>> {
    let rows = sqlx::query(
        "SELECT shelf.show, p.id, p.title, p.price_minor, p.currency, p.price_version,
                s.total - s.held - s.sold AS available
         FROM json_each(?) k
         CROSS JOIN shelf ON shelf.show = k.value ->> 0 AND shelf.product = k.value ->> 1
         JOIN products p ON p.id = shelf.product JOIN stock s ON s.product = p.id",
    )
    .bind(wanted)
    .fetch_all(db)
    .await?;
    let read = |row: &SqliteRow| {
        let offer = Offer {
            show: row.try_get("show")?,
            product: row.try_get("id")?,
            price: amount(row, "price_minor")?,
            price_version: row.try_get("price_version")?,
            available: count(row, "available")?,
        };
        Ok((offer, row.try_get("title")?))
    };
    rows.iter().map(read).collect()
}

fn read_order(row: &SqliteRow) -> sqlx::Result<Order> {
    let hash: Vec<u8> = row.try_get("request_hash")?;
    let name: Option<String> = row.try_get("name")?;
    let reach: Option<String> = row.try_get("contact")?;
    let address: Option<String> = row.try_get("address")?;
    let contact = name.zip(reach).map(|(name, contact)| Contact {
        name: Redacted::new(name),
        contact: Redacted::new(contact),
        address: address.map(Redacted::new),
    });
    Ok(Order {
        id: OrderId::from_text(row.try_get::<String, _>("id")?),
        show: row.try_get("show")?,
        product: row.try_get("product")?,
        title: row.try_get("title")?,
        quantity: count(row, "quantity")?,
        price: amount(row, "unit_minor")?,
        state: state_of(row.try_get("state")?)?,
        expires_ms: time(row, "expires_ms")?,
        created_ms: time(row, "created_ms")?,
        buyer: row.try_get("buyer")?,
        key: row.try_get("idempotency_key")?,
        request_hash: hash.as_slice().try_into().map_err(decode)?,
        contact,
    })
}

fn read_orders(rows: &[SqliteRow]) -> sqlx::Result<Vec<Order>> {
    rows.iter().map(read_order).collect()
}

/// Orders of `[id, …]`.
pub(super) async fn orders_by_id<'c>(
    db: impl Executor<'c, Database = Sqlite>,
    ids: String,
) -> sqlx::Result<Vec<Order>> {
    let sql = "SELECT * FROM orders WHERE id IN (SELECT value FROM json_each(?))";
    read_orders(&sqlx::query(sql).bind(ids).fetch_all(db).await?)
}

/// Orders of `[[buyer, key], …]`.
pub(super) async fn orders_by_key<'c>(
    db: impl Executor<'c, Database = Sqlite>,
    keys: String,
) -> sqlx::Result<Vec<Order>> {
    let sql = "SELECT orders.* FROM json_each(?) k CROSS JOIN orders
               ON orders.buyer = k.value ->> 0 AND orders.idempotency_key = k.value ->> 1";
    read_orders(&sqlx::query(sql).bind(keys).fetch_all(db).await?)
}

/// Holds that ran out, the longest over first.
pub(super) async fn orders_over<'c>(
    db: impl Executor<'c, Database = Sqlite>,
    now_ms: u64,
    limit: i64,
) -> sqlx::Result<Vec<Order>> {
    let sql = "SELECT * FROM orders WHERE state = 'reserved' AND expires_ms <= ?
               ORDER BY expires_ms LIMIT ?";
    read_orders(
        &sqlx::query(sql)
            .bind(sql_time(now_ms))
            .bind(limit)
            .fetch_all(db)
            .await?,
    )
}

/// The orders of a show, newest first.
pub(super) async fn orders<'c>(
    db: impl Executor<'c, Database = Sqlite>,
    show: &str,
) -> sqlx::Result<Vec<HostOrderView>> {
    let sql = "SELECT * FROM orders WHERE show = ? ORDER BY created_ms DESC, rowid DESC LIMIT ?";
    let rows = sqlx::query(sql)
        .bind(show)
        .bind(ORDERS_LISTED_MAX)
        .fetch_all(db)
        .await?;
    let view = |order: Order| HostOrderView {
        order: order.view(),
        contact: order
            .contact
            .as_ref()
            .map(|contact| contact.contact.reveal().clone()),
        address: order
            .contact
            .as_ref()
            .and_then(|contact| contact.address.as_ref())
            .map(|address| address.reveal().clone()),
    };
    Ok(read_orders(&rows)?.into_iter().map(view).collect())
}

pub(super) async fn shows(db: &mut SqliteConnection, product: &str) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("SELECT show FROM shelf WHERE product = ? ORDER BY show")
        .bind(product)
        .fetch_all(db)
        .await
}

/// Stock of `[product, …]`, with the shows that have them on the shelf.
pub(super) async fn levels(
    db: &mut SqliteConnection,
    products: String,
) -> sqlx::Result<Vec<Level>> {
    let mut levels: BTreeMap<String, Level> = stock(&mut *db, products.clone())
        .await?
        .into_iter()
        .map(|(product, books)| {
            let available = books.available();
            (
                product.clone(),
                Level {
                    product,
                    available,
                    shows: Vec::new(),
                },
            )
        })
        .collect();
    let shelves: Vec<(String, String)> = sqlx::query_as(
        "SELECT product, show FROM shelf
         WHERE product IN (SELECT value FROM json_each(?)) ORDER BY show",
    )
    .bind(products)
    .fetch_all(db)
    .await?;
    for (product, show) in shelves {
        if let Some(level) = levels.get_mut(&product) {
            level.shows.push(show);
        }
    }
    Ok(levels.into_values().collect())
}

/// Everything that is on a shelf.
pub(super) async fn shelved(db: &mut SqliteConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("SELECT DISTINCT product FROM shelf")
        .fetch_all(db)
        .await
}

pub(super) async fn next_expiry(db: &mut SqliteConnection) -> sqlx::Result<Option<u64>> {
    let next: Option<i64> =
        sqlx::query_scalar("SELECT min(expires_ms) FROM orders WHERE state = 'reserved'")
            .fetch_one(db)
            .await?;
    next.map(|ms| u64::try_from(ms).map_err(decode)).transpose()
}

/// The books of `[product, …]`.
pub(super) async fn stock<'c>(
    db: impl Executor<'c, Database = Sqlite>,
    products: String,
) -> sqlx::Result<Vec<(String, Books)>> {
    let rows = sqlx::query(
        "SELECT product, total, held, sold FROM stock
         WHERE product IN (SELECT value FROM json_each(?))",
    )
    .bind(products)
    .fetch_all(db)
    .await?;
    let read = |row: &SqliteRow| {
        let books = Books {
            total: count(row, "total")?,
            held: count(row, "held")?,
            sold: count(row, "sold")?,
        };
        Ok((row.try_get("product")?, books))
    };
    rows.iter().map(read).collect()
}

/// The books of one product.
pub(super) async fn books<'c>(
    db: impl Executor<'c, Database = Sqlite>,
    product: &str,
) -> sqlx::Result<Option<Books>> {
    let found = stock(db, serde_json::json!([product]).to_string()).await?;
    Ok(found.into_iter().next().map(|(_, books)| books))
}
