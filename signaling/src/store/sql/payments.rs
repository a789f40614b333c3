//! Payments and the provider's events as rows. A payment that is owed back is its own order to
//! refund it: it is written with the decision, and read by whoever asks the provider.

use std::collections::HashSet;

use serde_json::{Value, json};
use sqlx::any::{Any, AnyRow};
use sqlx::{AnyConnection, AnyPool, Executor, Row};

use super::orders::{expect_rows, list};
use super::rows::sql_time;
use crate::shop::ledger::{Ledger, Payment};
use crate::shop::order::OrderId;
use crate::shop::payment::{Charge, Event, Standing};
use crate::shop::store::Command;

const STANDINGS: [(Standing, &str); 3] = [
    (Standing::Kept, "kept"),
    (Standing::Owed, "owed"),
    (Standing::Refunded, "refunded"),
];

fn standing_text(standing: Standing) -> &'static str {
    let found = STANDINGS.iter().find(|(known, _)| *known == standing);
    found.map_or("", |(_, text)| text)
}

fn charge(row: &AnyRow) -> sqlx::Result<Charge> {
    Ok(Charge {
        payment: row.try_get("id")?,
        order: OrderId::from_text(row.try_get::<String, _>("order_id")?),
        minor: row.try_get("minor")?,
        currency: row.try_get("currency")?,
    })
}

fn payment(row: &AnyRow) -> sqlx::Result<Payment> {
    let text: &str = row.try_get("standing")?;
    let standing = STANDINGS.iter().find(|(_, known)| *known == text);
    let unknown = || sqlx::Error::Decode(format!("unknown standing `{text}`").into());
    Ok(Payment {
        charge: charge(row)?,
        standing: standing.ok_or_else(unknown)?.0,
    })
}

/// Reads into the ledger the payments of orders that the commands are about, and those of their
/// events that were taken before.
pub(super) async fn read(
    db: &mut AnyConnection,
    commands: &[&Command],
    ledger: &mut Ledger,
) -> sqlx::Result<()> {
    let (mut orders, mut payments, mut events) = (Vec::new(), Vec::new(), Vec::new());
    for command in commands {
        match command {
            Command::Host { order, .. } => orders.push(json!(order.as_str())),
            Command::Hear(Event { news, .. }) | Command::Learn(news) => {
                let charge = news.charge();
                orders.push(json!(charge.order.as_str()));
                payments.push(json!(charge.payment));
            }
            _ => {}
        }
        if let Command::Hear(Event { id, .. }) = command {
            events.push(json!(id));
        }
    }
    if orders.is_empty() {
        return Ok(());
    }
    let rows = sqlx::query(
        "SELECT * FROM payments WHERE order_id IN (SELECT atom FROM json_each($1))
         UNION SELECT * FROM payments WHERE id IN (SELECT atom FROM json_each($2))",
    );
    let rows = rows.bind(list(orders)).bind(list(payments));
    for row in rows.fetch_all(&mut *db).await? {
        ledger.read_payment(payment(&row)?);
    }
    let known = "SELECT id FROM payment_events WHERE id IN (SELECT atom FROM json_each($1))";
    let known = sqlx::query_scalar(known).bind(list(events));
    known
        .fetch_all(db)
        .await?
        .into_iter()
        .for_each(|event| ledger.read_event(event));
    Ok(())
}

/// Writes what the ledger decided.
pub(super) async fn write(
    db: &mut AnyConnection,
    now_ms: u64,
    payments: &[(Option<Standing>, Payment)],
    events: &[String],
) -> sqlx::Result<()> {
    let (made, moved): (Vec<_>, Vec<_>) = payments.iter().partition(|(was, _)| was.is_none());
    if !made.is_empty() {
        let done = sqlx::query(
            "INSERT INTO payments (id, order_id, minor, currency, standing, at_ms)
             SELECT value ->> 0, value ->> 1, CAST(value ->> 2 AS BIGINT), value ->> 3,
                    value ->> 4, $2
             FROM json_each($1)",
        );
        let rows = list(made.iter().map(|(_, payment)| made_row(payment)).collect());
        let done = done.bind(rows).bind(sql_time(now_ms)).execute(&mut *db);
        expect_rows(done.await?.rows_affected(), made.len())?;
    }
    if !moved.is_empty() {
        let row = |(was, payment): &&(Option<Standing>, Payment)| {
            let is = standing_text(payment.standing);
            json!([payment.charge.payment, was.map(standing_text), is])
        };
        let done = sqlx::query(
            "UPDATE payments SET standing = k.value ->> 2 FROM json_each($1) k
             WHERE payments.id = k.value ->> 0 AND payments.standing = k.value ->> 1",
        );
        let rows = list(moved.iter().map(row).collect());
        let done = done.bind(rows).execute(&mut *db);
        expect_rows(done.await?.rows_affected(), moved.len())?;
    }
    if !events.is_empty() {
        let sql = "INSERT INTO payment_events (id, at_ms) SELECT atom, $2 FROM json_each($1)";
        let done = sqlx::query(sql)
            .bind(json!(events).to_string())
            .bind(sql_time(now_ms))
            .execute(db);
        expect_rows(done.await?.rows_affected(), events.len())?;
    }
    Ok(())
}

fn made_row(Payment { charge, standing }: &Payment) -> Value {
    let order = charge.order.as_str();
    let standing = standing_text(*standing);
    json!([
        charge.payment,
        order,
        charge.minor,
        charge.currency,
        standing
    ])
}

/// Charges that are owed back, the longest first.
pub(super) async fn owed<'c>(
    db: impl Executor<'c, Database = Any>,
    limit: i64,
) -> sqlx::Result<Vec<Charge>> {
    let sql = "SELECT * FROM payments WHERE standing = 'owed' ORDER BY at_ms, id LIMIT $1";
    let rows = sqlx::query(sql).bind(limit).fetch_all(db).await?;
    rows.iter().map(charge).collect()
}

/// Forgets events that came before.
pub(super) async fn forget(db: &AnyPool, before_ms: u64) -> sqlx::Result<()> {
    let query = sqlx::query("DELETE FROM payment_events WHERE at_ms < $1");
    query.bind(sql_time(before_ms)).execute(db).await.map(drop)
}

/// Orders of a show for which there is money that did not go back.
pub(super) async fn charged<'c>(
    db: impl Executor<'c, Database = Any>,
    show: &str,
) -> sqlx::Result<HashSet<String>> {
    let sql = "SELECT p.order_id FROM payments p JOIN orders o ON o.id = p.order_id
               WHERE o.show = $1 AND p.standing <> 'refunded'";
    let rows: Vec<String> = sqlx::query_scalar(sql).bind(show).fetch_all(db).await?;
    Ok(rows.into_iter().collect())
}
