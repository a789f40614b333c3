//! Orders and stock as rows: reading only. Used by readers on the pool and, inside a transaction,
//! by the writer.

use sqlx::any::{Any, AnyRow};
use sqlx::{AnyConnection, AnyPool, Executor, Row};

use crate::limits::shop::ORDERS_LISTED_MAX;
use crate::protocol::server::{HoldMode, OrderState};
use crate::protocol::shop::HostOrderView;
use crate::redacted::Redacted;
use crate::shop::money::Amount;
use crate::shop::order::{Contact, Line, Order, OrderId};
use crate::shop::store::Books;

pub(super) fn state_text(state: OrderState) -> &'static str {
    crate::shop::state_name(state)
}

fn state_of(text: &str) -> sqlx::Result<OrderState> {
    match text {
        "reserved" => Ok(OrderState::Reserved),
        "pending" => Ok(OrderState::Pending),
        "confirmed" => Ok(OrderState::Confirmed),
        "paid" => Ok(OrderState::Paid),
        "refunding" => Ok(OrderState::Refunding),
        "refunded" => Ok(OrderState::Refunded),
        "cancelled" => Ok(OrderState::Cancelled),
        "expired" => Ok(OrderState::Expired),
        other => Err(sqlx::Error::Decode(
            format!("unknown order state `{other}`").into(),
        )),
    }
}

pub(super) fn decode<E: std::error::Error + Send + Sync + 'static>(error: E) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

pub(super) fn amount(row: &AnyRow, minor: &str) -> sqlx::Result<Amount> {
    Amount::new(row.try_get(minor)?, row.try_get("currency")?).map_err(decode)
}

pub(super) fn count(row: &AnyRow, column: &str) -> sqlx::Result<u32> {
    u32::try_from(row.try_get::<i64, _>(column)?).map_err(decode)
}

/// A count, or none where it is NULL.
pub(super) fn maybe_count(row: &AnyRow, column: &str) -> sqlx::Result<Option<u32>> {
    let found: Option<i64> = row.try_get(column)?;
    found.map(|_| count(row, column)).transpose()
}

/// A time, or none where it is NULL.
pub(super) fn maybe_time(row: &AnyRow, column: &str) -> sqlx::Result<Option<u64>> {
    let found: Option<i64> = row.try_get(column)?;
    found.map(|_| time(row, column)).transpose()
}

pub(super) fn time(row: &AnyRow, column: &str) -> sqlx::Result<u64> {
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(decode)
}

/// A time as SQLite keeps it. Our clocks are far from its end.
pub(super) fn sql_time(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

/// A line as the query gives it: variant, product, title, options (JSON), quantity, minor units,
/// when it takes its pieces, flash deal.
type LineRow = (
    String,
    String,
    String,
    String,
    u32,
    i64,
    String,
    Option<String>,
);

/// Orders with their lines, to be followed by a condition.
macro_rules! select_orders {
    ($rest:literal) => {
        concat!(
            "SELECT orders.*, (SELECT '[' || string_agg('[' || json_quote(l.variant) || ','
                 || json_quote(l.product) || ',' || json_quote(l.title) || ','
                 || json_quote(l.options) || ',' || CAST(l.quantity AS TEXT) || ','
                 || CAST(l.unit_minor AS TEXT) || ',' || json_quote(l.hold_mode) || ','
                 || coalesce(json_quote(l.deal), 'null') || ']',
                 ',' ORDER BY l.position) || ']'
                 FROM order_lines l WHERE l.order_id = orders.id) AS lines ",
            $rest
        )
    };
}

/// When pieces are taken, as the tables write it; their CHECK leaves no other.
pub(super) fn hold_mode(text: &str) -> HoldMode {
    match text {
        "first_paid" => HoldMode::FirstPaid,
        _ => HoldMode::Hold,
    }
}

fn read_line(row: LineRow, currency: &str) -> sqlx::Result<Line> {
    let (variant, product, title, options, quantity, minor, mode, deal) = row;
    Ok(Line {
        variant,
        product,
        title,
        options: serde_json::from_str(&options).map_err(decode)?,
        quantity,
        price: Amount::new(minor, currency).map_err(decode)?,
        hold_mode: hold_mode(&mode),
        deal,
    })
}

fn read_order(row: &AnyRow) -> sqlx::Result<Order> {
    let hash: Vec<u8> = row.try_get("request_hash")?;
    let name: Option<String> = row.try_get("name")?;
    let reach: Option<String> = row.try_get("contact")?;
    let address: Option<String> = row.try_get("address")?;
    let contact = name.zip(reach).map(|(name, contact)| Contact {
        name: Redacted::new(name),
        contact: Redacted::new(contact),
        address: address.map(Redacted::new),
    });
    let lines: Vec<LineRow> = serde_json::from_str(row.try_get("lines")?).map_err(decode)?;
    let currency: &str = row.try_get("currency")?;
    Ok(Order {
        id: OrderId::from_text(row.try_get::<String, _>("id")?),
        merchant: row.try_get("merchant")?,
        show: row.try_get("show")?,
        lines: lines
            .into_iter()
            .map(|line| read_line(line, currency))
            .collect::<Result<_, _>>()?,
        country: row.try_get("country")?,
        coupon: row.try_get("coupon")?,
        discount: amount(row, "discount_minor")?,
        shipping: amount(row, "shipping_minor")?,
        total: amount(row, "total_minor")?,
        state: state_of(row.try_get("state")?)?,
        expires_ms: time(row, "expires_ms")?,
        created_ms: time(row, "created_ms")?,
        buyer: row.try_get("buyer")?,
        key: row.try_get("idempotency_key")?,
        request_hash: hash.as_slice().try_into().map_err(decode)?,
        contact,
    })
}

fn read_orders(rows: &[AnyRow]) -> sqlx::Result<Vec<Order>> {
    rows.iter().map(read_order).collect()
}

/// Orders of `[id, …]`.
pub(super) async fn orders_by_id<'c>(
    db: impl Executor<'c, Database = Any>,
    ids: String,
) -> sqlx::Result<Vec<Order>> {
    let sql = select_orders!("FROM orders WHERE id IN (SELECT atom FROM json_each($1))");
    read_orders(&sqlx::query(sql).bind(ids).fetch_all(db).await?)
}

/// Orders of `[[buyer, key], …]`.
pub(super) async fn orders_by_key<'c>(
    db: impl Executor<'c, Database = Any>,
    keys: String,
) -> sqlx::Result<Vec<Order>> {
    let sql = select_orders!(
        "FROM json_each($1) k JOIN orders
         ON orders.buyer = k.value ->> 0 AND orders.idempotency_key = k.value ->> 1"
    );
    read_orders(&sqlx::query(sql).bind(keys).fetch_all(db).await?)
}

/// Holds that ran out, the longest over first.
pub(super) async fn orders_over<'c>(
    db: impl Executor<'c, Database = Any>,
    now_ms: u64,
    limit: i64,
) -> sqlx::Result<Vec<Order>> {
    let sql = select_orders!(
        "FROM orders WHERE state IN ('reserved', 'pending') AND expires_ms <= $1
         ORDER BY expires_ms LIMIT $2"
    );
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
    db: impl Executor<'c, Database = Any>,
    show: &str,
) -> sqlx::Result<Vec<HostOrderView>> {
    let sql =
        select_orders!("FROM orders WHERE show = $1 ORDER BY created_ms DESC, orders.id LIMIT $2");
    let rows = sqlx::query(sql)
        .bind(show)
        .bind(ORDERS_LISTED_MAX)
        .fetch_all(db)
        .await?;
    let views = read_orders(&rows)?.iter().map(Order::host_view).collect();
    Ok(views)
}

/// How often anybody has written.
pub(super) async fn writes(db: &AnyPool) -> sqlx::Result<i64> {
    let query = sqlx::query_scalar("SELECT count FROM shop_writes");
    query.fetch_one(db).await
}

/// Counts a write; how many there are with it.
pub(super) async fn count_write(db: &mut AnyConnection) -> sqlx::Result<i64> {
    let sql = "UPDATE shop_writes SET count = count + 1 RETURNING count";
    sqlx::query_scalar(sql).fetch_one(db).await
}

pub(super) async fn next_expiry(db: &mut AnyConnection) -> sqlx::Result<Option<u64>> {
    let sql = "SELECT min(at_ms) FROM (
         SELECT min(expires_ms) AS at_ms FROM orders WHERE state IN ('reserved', 'pending')
         UNION ALL SELECT min(CASE phase WHEN 'planned' THEN counts_ms
                                         WHEN 'counted' THEN starts_ms ELSE ends_ms END)
         FROM deals WHERE phase <> 'over') next";
    let next: Option<i64> = sqlx::query_scalar(sql).fetch_one(db).await?;
    next.map(|ms| u64::try_from(ms).map_err(decode)).transpose()
}

/// The books of `[variant, …]`.
pub(super) async fn stock<'c>(
    db: impl Executor<'c, Database = Any>,
    variants: String,
) -> sqlx::Result<Vec<(String, Books)>> {
    let rows = sqlx::query(
        "SELECT variant, total, held, sold FROM stock
         WHERE variant IN (SELECT atom FROM json_each($1))",
    )
    .bind(variants)
    .fetch_all(db)
    .await?;
    let read = |row: &AnyRow| {
        let books = Books {
            total: count(row, "total")?,
            held: count(row, "held")?,
            sold: count(row, "sold")?,
        };
        Ok((row.try_get("variant")?, books))
    };
    rows.iter().map(read).collect()
}

/// The books of one variant.
pub(super) async fn books<'c>(
    db: impl Executor<'c, Database = Any>,
    variant: &str,
) -> sqlx::Result<Option<Books>> {
    let found = stock(db, serde_json::json!([variant]).to_string()).await?;
    Ok(found.into_iter().next().map(|(_, books)| books))
}
