//! Limits of products, flash deals and coupons as rows, read into the ledger with what the buyers
//! of a batch have of them already.

use std::collections::BTreeSet;

use serde_json::json;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::coupons;
use super::rows::{count, maybe_count};
use crate::shop::ledger::{Ledger, Ration, Scope, Who, reached_at};
use crate::shop::store::Command;

/// Reads what limits the orders and offers of a ledger.
pub(super) async fn read(
    db: &mut AnyConnection,
    commands: &[&Command],
    ledger: &mut Ledger,
) -> sqlx::Result<()> {
    let (products, deals) = ledger.scopes();
    if products.is_empty() {
        return Ok(());
    }
    let (products, deals) = (json!(products).to_string(), json!(deals).to_string());
    let has_coupons = read_coupons(&mut *db, commands, ledger).await?;
    let rows = sqlx::query(
        "SELECT 'product' AS kind, id, NULL AS total, per_buyer, 0 AS taken FROM products
         WHERE per_buyer IS NOT NULL AND id IN (SELECT atom FROM json_each($1))
         UNION ALL SELECT 'deal', id, total, per_buyer, taken FROM deals
         WHERE id IN (SELECT atom FROM json_each($2))",
    );
    let rows = rows.bind(products).bind(deals).fetch_all(&mut *db).await?;
    let (mut products, mut deals) = (Vec::new(), Vec::new());
    for row in &rows {
        let id: String = row.try_get("id")?;
        let ration = Ration {
            total: maybe_count(row, "total")?,
            per_buyer: maybe_count(row, "per_buyer")?,
            taken: count(row, "taken")?,
        };
        let (list, scope) = match row.try_get::<&str, _>("kind")? {
            "deal" => (&mut deals, Scope::Deal(id.clone())),
            _ => (&mut products, Scope::Product(id.clone())),
        };
        if ration.per_buyer.is_some() {
            list.push(id);
        }
        ledger.read_ration(scope, ration);
    }
    let has_pieces = !products.is_empty() || !deals.is_empty();
    if !has_pieces && !has_coupons {
        return Ok(());
    }
    let people = people(commands, ledger);
    if has_pieces {
        read_shares(&mut *db, &people, ledger, (&products, &deals)).await?;
    }
    if has_coupons {
        read_uses(db, &people, ledger).await?;
    }
    Ok(())
}

/// Reads the coupons that are asked for or used; whether one has a limit for each buyer.
async fn read_coupons(
    db: &mut AnyConnection,
    commands: &[&Command],
    ledger: &mut Ledger,
) -> sqlx::Result<bool> {
    let codes = commands.iter().filter_map(|command| match command {
        Command::Reserve(reserve) => reserve.coupon.as_deref(),
        _ => None,
    });
    let wanted = ledger.coupons(&codes.collect::<Vec<_>>());
    if wanted.is_empty() {
        return Ok(false);
    }
    let found = coupons::named(db, json!(wanted).to_string()).await?;
    let is_limited = found.iter().any(|coupon| coupon.per_buyer.is_some());
    found
        .into_iter()
        .for_each(|coupon| ledger.read_coupon(coupon));
    Ok(is_limited)
}

/// Who asks, and whose orders were read: lists of buyers and of contacts.
fn people(commands: &[&Command], ledger: &Ledger) -> (String, String) {
    let asking = commands.iter().filter_map(|command| match command {
        Command::Reserve(reserve) => Some(Who::Buyer(reserve.buyer.clone())),
        Command::Confirm { contact, .. } => Some(reached_at(contact)),
        _ => None,
    });
    let (mut buyers, mut contacts) = (BTreeSet::new(), BTreeSet::new());
    for who in asking.chain(ledger.buyers()) {
        match who {
            Who::Buyer(buyer) => buyers.insert(buyer),
            Who::Contact(contact) => contacts.insert(contact),
        };
    }
    (json!(buyers).to_string(), json!(contacts).to_string())
}

/// Reads how often those people use coupons: in orders that are open or bought.
async fn read_uses(
    db: &mut AnyConnection,
    (buyers, contacts): &(String, String),
    ledger: &mut Ledger,
) -> sqlx::Result<()> {
    let rows = sqlx::query(
        "SELECT merchant, coupon, buyer, lower(contact) AS contact, count(*) AS uses FROM orders
         WHERE (buyer IN (SELECT atom FROM json_each($1))
                OR lower(contact) IN (SELECT atom FROM json_each($2)))
           AND state IN ('reserved', 'pending', 'confirmed', 'paid') AND coupon IS NOT NULL
         GROUP BY merchant, coupon, buyer, lower(contact)",
    );
    let rows = rows.bind(buyers).bind(contacts).fetch_all(db).await?;
    for row in &rows {
        let scope = Scope::Coupon(row.try_get("merchant")?, row.try_get("coupon")?);
        for who in who(row)? {
            ledger.read_share(scope.clone(), who, count(row, "uses")?);
        }
    }
    Ok(())
}

/// Whose orders a row is about.
fn who(row: &AnyRow) -> sqlx::Result<impl Iterator<Item = Who>> {
    let buyer = Who::Buyer(row.try_get("buyer")?);
    let contact: Option<String> = row.try_get("contact")?;
    Ok([buyer].into_iter().chain(contact.map(Who::Contact)))
}

/// Reads what those people have of these products and deals.
async fn read_shares(
    db: &mut AnyConnection,
    (buyers, contacts): &(String, String),
    ledger: &mut Ledger,
    (products, deals): (&[String], &[String]),
) -> sqlx::Result<()> {
    // What orders hold or have, as `shop::order::stake` says.
    let rows = sqlx::query(
        "SELECT l.product, l.deal, o.buyer, lower(o.contact) AS contact,
                CAST(sum(l.quantity) AS BIGINT) AS pieces
         FROM orders o JOIN order_lines l ON l.order_id = o.id
         WHERE (o.buyer IN (SELECT atom FROM json_each($1))
                OR lower(o.contact) IN (SELECT atom FROM json_each($2)))
           AND (o.state IN ('confirmed', 'paid')
                OR (o.state IN ('reserved', 'pending') AND l.hold_mode = 'hold'))
           AND (l.product IN (SELECT atom FROM json_each($3))
                OR l.deal IN (SELECT atom FROM json_each($4)))
         GROUP BY l.product, l.deal, o.buyer, lower(o.contact)",
    )
    .bind(buyers)
    .bind(contacts)
    .bind(json!(products).to_string())
    .bind(json!(deals).to_string())
    .fetch_all(db)
    .await?;
    for row in &rows {
        let deal: Option<String> = row.try_get("deal")?;
        let product = Scope::Product(row.try_get("product")?);
        for scope in [product].into_iter().chain(deal.map(Scope::Deal)) {
            for who in who(row)? {
                ledger.read_share(scope.clone(), who, count(row, "pieces")?);
            }
        }
    }
    Ok(())
}
