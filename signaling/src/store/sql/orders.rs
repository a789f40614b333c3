//! Orders inside a transaction: read what the batch touches into a [`Ledger`], let it decide,
//! write its decisions back. A handful of statements, however many orders are in the batch:
//! lists travel as one JSON parameter.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sqlx::AnyConnection;

use super::{Batch, coupons, deals, payments, rations, rows, shelf};
use crate::limits::shop::EXPIRIES_PER_BATCH_MAX;
use crate::protocol::server::OrderState;
use crate::shop::ledger::{Ledger, Writes, offer_keys};
use crate::shop::order::Order;
use crate::shop::payment::Event;
use crate::shop::store::{Books, Command, Outcome};

impl Batch {
    /// Decides all commands about orders; outcomes in their order.
    pub(super) async fn orders(
        &mut self,
        db: &mut AnyConnection,
        commands: &[&Command],
    ) -> sqlx::Result<Vec<Outcome>> {
        let mut ledger = read(db, self.now_ms, commands).await?;
        self.changes.expired = ledger.expire();
        let decide = |command: &&Command| match command {
            Command::Reserve(reserve) => ledger.reserve(reserve),
            Command::Confirm {
                order,
                contact,
                country,
                is_hosted,
            } => ledger.confirm(order, contact, country.as_deref(), *is_hosted),
            Command::Cancel { order } => ledger.cancel(order),
            Command::Host { show, order, wish } => ledger.host(show, order, *wish),
            Command::Hear(event) => ledger.hear(event),
            Command::Learn(news) => ledger.learn(news),
            other => unreachable!("merchants' commands are done before {other:?}: apply_batch"),
        };
        let outcomes = commands.iter().map(decide).collect();
        let writes = ledger.writes();
        self.has_written |= !writes.is_empty();
        self.touched
            .extend(writes.stock.iter().map(|(variant, ..)| variant.clone()));
        write(db, self.now_ms, writes).await?;
        Ok(outcomes)
    }
}

async fn read(db: &mut AnyConnection, now_ms: u64, commands: &[&Command]) -> sqlx::Result<Ledger> {
    let (mut ids, mut keys, mut offers) = (Vec::new(), Vec::new(), BTreeSet::new());
    for command in commands {
        match command {
            Command::Reserve(reserve) => {
                keys.push(json!([reserve.buyer, reserve.key]));
                offers.extend(offer_keys(reserve));
            }
            Command::Confirm { order, .. }
            | Command::Cancel { order }
            | Command::Host { order, .. } => ids.push(json!(order.as_str())),
            Command::Hear(Event { news, .. }) | Command::Learn(news) => {
                ids.push(json!(news.charge().order.as_str()));
            }
            _ => {}
        }
    }
    let mut ledger = Ledger::new(now_ms);
    let mut orders = rows::orders_over(&mut *db, now_ms, EXPIRIES_PER_BATCH_MAX).await?;
    if !ids.is_empty() {
        orders.extend(rows::orders_by_id(&mut *db, list(ids)).await?);
    }
    payments::read(&mut *db, commands, &mut ledger).await?;
    if !keys.is_empty() {
        orders.extend(rows::orders_by_key(&mut *db, list(keys)).await?);
        for (currency, offer) in shelf::offers(&mut *db, json!(offers).to_string()).await? {
            ledger.read_offer(currency.expect("quotes name a currency"), offer);
        }
        let merchants = json!(ledger.merchants()).to_string();
        for (merchant, zone) in shelf::zones(&mut *db, merchants).await? {
            ledger.read_zone(merchant, zone);
        }
    }
    for order in orders {
        ledger.read_order(order);
    }
    rations::read(&mut *db, commands, &mut ledger).await?;
    let variants = json!(ledger.variants()).to_string();
    for (variant, books) in rows::stock(&mut *db, variants).await? {
        ledger.read_stock(variant, books);
    }
    Ok(ledger)
}

pub(super) fn list(items: Vec<Value>) -> String {
    Value::Array(items).to_string()
}

async fn write(db: &mut AnyConnection, now_ms: u64, writes: Writes) -> sqlx::Result<()> {
    let Writes {
        made,
        moved,
        stock,
        payments,
        events,
        deals,
        coupons: uses,
    } = writes;
    if !made.is_empty() {
        insert_orders(db, now_ms, &made).await?;
    }
    if !moved.is_empty() {
        let rows = list(moved.iter().map(moved_row).collect());
        let done = sqlx::query(
            "UPDATE orders SET state = k.value ->> 2, changed_ms = $2, name = k.value ->> 3,
                 contact = k.value ->> 4, address = k.value ->> 5
             FROM json_each($1) k
             WHERE orders.id = k.value ->> 0 AND orders.state = k.value ->> 1",
        )
        .bind(rows)
        .bind(rows::sql_time(now_ms))
        .execute(&mut *db)
        .await?;
        expect_rows(done.rows_affected(), moved.len())?;
    }
    outbox(db, now_ms, &made, &moved).await?;
    if !stock.is_empty() {
        let row = |(variant, was, is): &(String, _, _)| stock_row(variant, *was, *is);
        let rows = list(stock.iter().map(row).collect());
        let done = sqlx::query(
            "UPDATE stock SET held = CAST(k.value ->> 3 AS BIGINT),
                 sold = CAST(k.value ->> 4 AS BIGINT)
             FROM json_each($1) k
             WHERE stock.variant = k.value ->> 0
               AND stock.held = CAST(k.value ->> 1 AS BIGINT)
               AND stock.sold = CAST(k.value ->> 2 AS BIGINT)",
        )
        .bind(rows)
        .execute(&mut *db)
        .await?;
        expect_rows(done.rows_affected(), stock.len())?;
    }
    deals::write(&mut *db, &deals).await?;
    coupons::write(&mut *db, &uses).await?;
    payments::write(db, now_ms, &payments, &events).await
}

async fn insert_orders(db: &mut AnyConnection, now_ms: u64, made: &[Order]) -> sqlx::Result<()> {
    let rows = list(made.iter().map(|order| made_row(order, now_ms)).collect());
    let done = sqlx::query(
        "INSERT INTO orders (id, merchant, show, currency, country, shipping_minor, total_minor,
             state, expires_ms, created_ms, changed_ms, buyer, idempotency_key, request_hash,
             name, contact, address, coupon, discount_minor)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4,
                CAST(value ->> 5 AS BIGINT), CAST(value ->> 6 AS BIGINT), value ->> 7,
                CAST(value ->> 8 AS BIGINT), CAST(value ->> 9 AS BIGINT),
                CAST(value ->> 10 AS BIGINT),
                value ->> 11, value ->> 12, unhex(value ->> 13),
                value ->> 14, value ->> 15, value ->> 16, value ->> 17,
                CAST(value ->> 18 AS BIGINT)
         FROM json_each($1)",
    )
    .bind(rows)
    .execute(&mut *db)
    .await?;
    expect_rows(done.rows_affected(), made.len())?;
    let rows: Vec<_> = made.iter().flat_map(line_rows).collect();
    let count = rows.len();
    let done = sqlx::query(
        "INSERT INTO order_lines (order_id, position, variant, product, title, options, quantity,
             unit_minor, hold_mode, deal)
         SELECT value ->> 0, CAST(value ->> 1 AS BIGINT), value ->> 2, value ->> 3, value ->> 4,
                value ->> 5, CAST(value ->> 6 AS BIGINT), CAST(value ->> 7 AS BIGINT), value ->> 8,
                value ->> 9
         FROM json_each($1)",
    )
    .bind(list(rows))
    .execute(db)
    .await?;
    expect_rows(done.rows_affected(), count)
}

/// Notes what happened to which order, in the transaction that makes it happen.
async fn outbox(
    db: &mut AnyConnection,
    now_ms: u64,
    made: &[Order],
    moved: &[(OrderState, Order)],
) -> sqlx::Result<()> {
    let orders = made.iter().chain(moved.iter().map(|(_, order)| order));
    let note =
        |order: &Order| json!([order.show, rows::state_text(order.state), order.id.as_str()]);
    let notes: Vec<Value> = orders.map(note).collect();
    let count = notes.len();
    if count == 0 {
        return Ok(());
    }
    let done = sqlx::query(
        "INSERT INTO outbox (show, seq, state, order_id, at_ms)
         SELECT show, (SELECT coalesce(max(seq), 0) FROM outbox o WHERE o.show = k.show)
                + row_number() OVER (PARTITION BY show ORDER BY place), state, id, $2
         FROM (SELECT key AS place, value ->> 0 AS show, value ->> 1 AS state, value ->> 2 AS id
               FROM json_each($1)) k",
    )
    .bind(list(notes))
    .bind(rows::sql_time(now_ms))
    .execute(db)
    .await?;
    expect_rows(done.rows_affected(), count)
}

/// Every row must still be as it was read. The transaction holds the write lock, so it is; were
/// it ever not, this error rolls everything back and nobody is told that something was bought.
pub(super) fn expect_rows(found: u64, expected: usize) -> sqlx::Result<()> {
    if found == expected as u64 {
        Ok(())
    } else {
        Err(sqlx::Error::RowNotFound)
    }
}

fn made_row(order: &Order, now_ms: u64) -> Value {
    let hash: String = order
        .request_hash
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let (name, contact, address) = contact_columns(order);
    json!([
        order.id.as_str(),
        order.merchant,
        order.show,
        order.total.currency(),
        order.country,
        order.shipping.minor(),
        order.total.minor(),
        rows::state_text(order.state),
        rows::sql_time(order.expires_ms),
        rows::sql_time(order.created_ms),
        rows::sql_time(now_ms),
        order.buyer,
        order.key,
        hash,
        name,
        contact,
        address,
        order.coupon,
        order.discount.minor()
    ])
}

fn line_rows(order: &Order) -> impl Iterator<Item = Value> + '_ {
    order.lines.iter().enumerate().map(|(position, line)| {
        json!([
            order.id.as_str(),
            position,
            line.variant,
            line.product,
            line.title,
            json!(line.options).to_string(),
            line.quantity,
            line.price.minor(),
            line.hold_mode,
            line.deal
        ])
    })
}

fn moved_row((was, order): &(OrderState, Order)) -> Value {
    let (name, contact, address) = contact_columns(order);
    json!([
        order.id.as_str(),
        rows::state_text(*was),
        rows::state_text(order.state),
        name,
        contact,
        address
    ])
}

fn stock_row(variant: &str, was: Books, is: Books) -> Value {
    json!([variant, was.held, was.sold, is.held, is.sold])
}

/// The personal data of an order, on its way to its row.
fn contact_columns(order: &Order) -> (Option<&String>, Option<&String>, Option<&String>) {
    let contact = order.contact.as_ref();
    (
        contact.map(|contact| contact.name.reveal()),
        contact.map(|contact| contact.contact.reveal()),
        contact
            .and_then(|contact| contact.address.as_ref())
            .map(|address| address.reveal()),
    )
}
