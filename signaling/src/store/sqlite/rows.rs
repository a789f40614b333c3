//! Rows and what they mean: reading only. Used by readers on the pool and, inside a transaction,
//! by the writer.

use sqlx::sqlite::{Sqlite, SqliteConnection, SqliteRow};
use sqlx::{Executor, Row};

use crate::limits::shop::ORDERS_LISTED_MAX;
use crate::protocol::server::{Money, OrderState, OrderView, ProductView};
use crate::protocol::shop::HostOrderView;
use crate::shop::money::Amount;
use crate::shop::order::OrderId;
use crate::shop::quote::Offer;
use crate::shop::store::{Books, Level};

/// An order with what its views leave out.
pub(super) struct OrderRow {
    pub(super) view: OrderView,
    pub(super) expires_ms: u64,
    pub(super) request_hash: Vec<u8>,
    pub(super) contact: Option<String>,
    pub(super) address: Option<String>,
}

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

/// The offer of a product on a show's shelf, with the title that an order keeps.
pub(super) async fn offer_and_title<'c>(
    db: impl Executor<'c, Database = Sqlite>,
    show: &str,
    product: &str,
) -> sqlx::Result<Option<(Offer, String)>> {
    let row = sqlx::query(
        "SELECT p.title, p.price_minor, p.currency, p.price_version,
                s.total - s.held - s.sold AS available
         FROM shelf JOIN products p ON p.id = shelf.product JOIN stock s ON s.product = p.id
         WHERE shelf.show = ? AND shelf.product = ?",
    )
    .bind(show)
    .bind(product)
    .fetch_optional(db)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let offer = Offer {
        show: show.into(),
        product: product.into(),
        price: amount(&row, "price_minor")?,
        price_version: row.try_get("price_version")?,
        available: count(&row, "available")?,
    };
    Ok(Some((offer, row.try_get("title")?)))
}

pub(super) async fn offer<'c>(
    db: impl Executor<'c, Database = Sqlite>,
    show: &str,
    product: &str,
) -> sqlx::Result<Option<Offer>> {
    Ok(offer_and_title(db, show, product)
        .await?
        .map(|(offer, _)| offer))
}

pub(super) fn read_order(row: &SqliteRow) -> sqlx::Result<OrderRow> {
    let unit = amount(row, "unit_minor")?;
    let quantity = count(row, "quantity")?;
    let state = state_of(row.try_get("state")?)?;
    let expires_ms = time(row, "expires_ms")?;
    Ok(OrderRow {
        view: OrderView {
            id: row.try_get("id")?,
            show: row.try_get("show")?,
            product: row.try_get("product")?,
            title: row.try_get("title")?,
            quantity,
            unit_price: unit.into(),
            total: unit.times(quantity).map_err(decode)?.into(),
            state,
            expires_ms: (state == OrderState::Reserved).then_some(expires_ms),
            created_ms: time(row, "created_ms")?,
            buyer: row.try_get("name")?,
        },
        expires_ms,
        request_hash: row.try_get("request_hash")?,
        contact: row.try_get("contact")?,
        address: row.try_get("address")?,
    })
}

pub(super) async fn order<'c>(
    db: impl Executor<'c, Database = Sqlite>,
    id: &OrderId,
) -> sqlx::Result<Option<OrderRow>> {
    let row = sqlx::query("SELECT * FROM orders WHERE id = ?")
        .bind(id.as_str())
        .fetch_optional(db)
        .await?;
    row.as_ref().map(read_order).transpose()
}

pub(super) async fn order_by_key<'c>(
    db: impl Executor<'c, Database = Sqlite>,
    buyer: &str,
    key: &str,
) -> sqlx::Result<Option<OrderRow>> {
    let row = sqlx::query("SELECT * FROM orders WHERE buyer = ? AND idempotency_key = ?")
        .bind(buyer)
        .bind(key)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(read_order).transpose()
}

pub(super) async fn orders<'c>(
    db: impl Executor<'c, Database = Sqlite>,
    show: &str,
) -> sqlx::Result<Vec<HostOrderView>> {
    let rows = sqlx::query(
        "SELECT * FROM orders WHERE show = ? ORDER BY created_ms DESC, rowid DESC LIMIT ?",
    )
    .bind(show)
    .bind(ORDERS_LISTED_MAX)
    .fetch_all(db)
    .await?;
    let view = |row| {
        let OrderRow {
            view,
            contact,
            address,
            ..
        } = read_order(row)?;
        Ok(HostOrderView {
            order: view,
            contact,
            address,
        })
    };
    rows.iter().map(view).collect()
}

pub(super) async fn shows(db: &mut SqliteConnection, product: &str) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("SELECT show FROM shelf WHERE product = ? ORDER BY show")
        .bind(product)
        .fetch_all(db)
        .await
}

pub(super) async fn level(
    db: &mut SqliteConnection,
    product: String,
) -> sqlx::Result<Option<Level>> {
    let Some(Books { total, held, sold }) = books(&mut *db, &product).await? else {
        return Ok(None);
    };
    let shows = shows(db, &product).await?;
    Ok(Some(Level {
        product,
        available: total - held - sold,
        shows,
    }))
}

/// The stock of everything that is on a shelf.
pub(super) async fn levels(db: &mut SqliteConnection) -> sqlx::Result<Vec<Level>> {
    let products: Vec<String> = sqlx::query_scalar("SELECT DISTINCT product FROM shelf")
        .fetch_all(&mut *db)
        .await?;
    let mut levels = Vec::with_capacity(products.len());
    for product in products {
        levels.extend(level(db, product).await?);
    }
    Ok(levels)
}

pub(super) async fn next_expiry(db: &mut SqliteConnection) -> sqlx::Result<Option<u64>> {
    let next: Option<i64> =
        sqlx::query_scalar("SELECT min(expires_ms) FROM orders WHERE state = 'reserved'")
            .fetch_one(db)
            .await?;
    next.map(|ms| u64::try_from(ms).map_err(decode)).transpose()
}

pub(super) async fn books<'c>(
    db: impl Executor<'c, Database = Sqlite>,
    product: &str,
) -> sqlx::Result<Option<Books>> {
    let row = sqlx::query("SELECT total, held, sold FROM stock WHERE product = ?")
        .bind(product)
        .fetch_optional(db)
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    Ok(Some(Books {
        total: count(&row, "total")?,
        held: count(&row, "held")?,
        sold: count(&row, "sold")?,
    }))
}
