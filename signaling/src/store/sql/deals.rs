//! Flash deals as rows. They begin and end at the start of a transaction, so that what follows in
//! it sees the price of the moment.

use std::collections::BTreeSet;

use serde_json::json;
use sqlx::any::{Any, AnyRow};
use sqlx::{AnyConnection, Executor, Row};

use super::rows::{amount, count, decode, sql_time, time};
use super::{Batch, orders, rows};
use crate::protocol::server::{DealPrice, DealView};
use crate::shop::deal::Deal;
use crate::shop::money::Amount;
use crate::shop::store::{Outcome, Refusal};

impl Batch {
    /// Counts down, begins and ends deals whose time has come.
    pub(super) async fn turn_deals(&mut self, db: &mut AnyConnection) -> sqlx::Result<()> {
        let turned = sqlx::query_scalar(
            "UPDATE deals SET phase = CASE WHEN ends_ms <= $1 THEN 'over'
                 WHEN starts_ms <= $1 THEN 'on' ELSE 'counted' END
             WHERE phase <> 'over' AND (ends_ms <= $1 OR (phase <> 'on' AND starts_ms <= $1)
                 OR (phase = 'planned' AND counts_ms <= $1))
             RETURNING product",
        );
        let turned = turned.bind(sql_time(self.now_ms)).fetch_all(db).await?;
        self.tell_of(turned);
        Ok(())
    }

    /// Ends deals whose pieces are sold, by them or otherwise. What is only held may come back.
    pub(super) async fn end_sold_deals(&mut self, db: &mut AnyConnection) -> sqlx::Result<()> {
        if self.touched.is_empty() {
            return Ok(());
        }
        let ended = sqlx::query_scalar(
            "UPDATE deals SET phase = 'over' WHERE phase = 'on'
               AND id IN (SELECT deal FROM deal_prices
                          WHERE variant IN (SELECT atom FROM json_each($1)))
               AND (NOT EXISTS (SELECT 1 FROM deal_prices i JOIN stock s ON s.variant = i.variant
                                WHERE i.deal = deals.id AND s.sold < s.total)
                    OR (taken >= total AND total <= (
                        SELECT coalesce(sum(l.quantity), 0)
                        FROM order_lines l JOIN orders o ON o.id = l.order_id
                        WHERE l.deal = deals.id AND o.state IN ('confirmed', 'paid'))))
             RETURNING product",
        );
        let ended = ended.bind(json!(self.touched).to_string());
        let ended = ended.fetch_all(db).await?;
        self.tell_of(ended);
        Ok(())
    }

    /// These products look otherwise now.
    fn tell_of(&mut self, products: Vec<String>) {
        self.has_written |= !products.is_empty();
        self.described.extend(products);
    }

    /// Announces a deal: by the merchant whose product it is, for less than it costs.
    pub(super) async fn announce(
        &mut self,
        db: &mut AnyConnection,
        merchant: &str,
        deal: &Deal,
    ) -> sqlx::Result<Outcome> {
        let owner = "SELECT p.merchant FROM shelf JOIN products p ON p.id = shelf.product
                     WHERE shelf.show = $1 AND p.id = $2";
        let owner = sqlx::query_scalar(owner).bind(&deal.show);
        let owner: Option<String> = owner.bind(&deal.product).fetch_optional(&mut *db).await?;
        let product = deal.product.clone();
        match owner {
            None => return Ok(Outcome::Refused(Refusal::UnknownProduct(product))),
            Some(owner) if owner != merchant => {
                return Ok(Outcome::Refused(Refusal::NoConsent { product, owner }));
            }
            Some(_) => {}
        }
        let rows = match check(deal, &usual_prices(&mut *db, &product).await?) {
            Ok(rows) => rows,
            Err(refusal) => return Ok(Outcome::Refused(refusal)),
        };
        if !insert(&mut *db, deal).await? {
            return Ok(Outcome::Refused(Refusal::DealIsOn(product)));
        }
        let prices = "INSERT INTO deal_prices (deal, variant, currency, minor)
                      SELECT $1, value ->> 0, value ->> 1, CAST(value ->> 2 AS BIGINT)
                      FROM json_each($2)";
        let prices = sqlx::query(prices).bind(&deal.id);
        prices
            .bind(json!(rows).to_string())
            .execute(&mut *db)
            .await?;
        // One that begins at once is on for the orders of this batch.
        self.turn_deals(db).await?;
        Ok(Outcome::Set)
    }

    /// Ends a deal of a show before its time.
    pub(super) async fn end_deal(
        &mut self,
        db: &mut AnyConnection,
        merchant: &str,
        show: &str,
        id: &str,
    ) -> sqlx::Result<Outcome> {
        let ended = sqlx::query_scalar(
            "UPDATE deals SET phase = 'over' WHERE id = $1 AND show = $2
               AND product IN (SELECT id FROM products WHERE merchant = $3)
             RETURNING product",
        );
        let ended = ended.bind(id).bind(show).bind(merchant);
        let ended: Vec<String> = ended.fetch_all(db).await?;
        if ended.is_empty() {
            return Ok(Outcome::Refused(Refusal::UnknownDeal));
        }
        self.tell_of(ended);
        Ok(Outcome::Set)
    }
}

/// What the variants of a product cost: variant, price.
async fn usual_prices(
    db: &mut AnyConnection,
    product: &str,
) -> sqlx::Result<Vec<(String, Amount)>> {
    let sql = "SELECT v.id, r.currency, r.minor FROM variants v JOIN prices r ON r.variant = v.id
               WHERE v.product = $1 AND v.active = 1 ORDER BY v.position";
    let rows = sqlx::query(sql).bind(product).fetch_all(db).await?;
    let read = |row: &AnyRow| Ok((row.try_get("id")?, amount(row, "minor")?));
    rows.iter().map(read).collect()
}

/// The rows of a deal's prices: variant, currency, minor units.
fn check(
    deal: &Deal,
    usual: &[(String, Amount)],
) -> Result<Vec<(String, &'static str, i64)>, Refusal> {
    let variants: BTreeSet<&String> = match deal.variants.as_slice() {
        [] => usual.iter().map(|(variant, _)| variant).collect(),
        some => some.iter().collect(),
    };
    let mut rows = Vec::new();
    for variant in variants {
        let own = usual.iter().filter(|(known, _)| known == variant);
        let own: Vec<Amount> = own.map(|(_, price)| *price).collect();
        if own.is_empty() {
            return Err(Refusal::UnknownVariant(variant.clone()));
        }
        for price in &deal.prices {
            let is_less =
                |usual: &Amount| usual.same_currency(*price) && price.minor() < usual.minor();
            let (variant, currency) = (variant.clone(), price.currency());
            if !own.iter().any(is_less) {
                let currency = currency.into();
                return Err(Refusal::NoDeal { variant, currency });
            }
            rows.push((variant, currency, price.minor()));
        }
    }
    Ok(rows)
}

/// Whether there was none yet.
async fn insert(db: &mut AnyConnection, deal: &Deal) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "INSERT INTO deals (id, show, product, counts_ms, starts_ms, ends_ms, total, per_buyer,
             taken, phase)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, 0, 'planned'
         WHERE NOT EXISTS (SELECT 1 FROM deals
             WHERE show = $2 AND product = $3 AND phase <> 'over')",
    )
    .bind(&deal.id)
    .bind(&deal.show)
    .bind(&deal.product)
    .bind(sql_time(deal.counts_ms))
    .bind(sql_time(deal.starts_ms))
    .bind(sql_time(deal.ends_ms))
    .bind(i64::from(deal.total))
    .bind(deal.per_buyer.map(i64::from))
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Writes how much of the deals is taken.
pub(super) async fn write(
    db: &mut AnyConnection,
    counts: &[(String, u32, u32)],
) -> sqlx::Result<()> {
    if counts.is_empty() {
        return Ok(());
    }
    let done = sqlx::query(
        "UPDATE deals SET taken = CAST(k.value ->> 2 AS BIGINT) FROM json_each($1) k
         WHERE deals.id = k.value ->> 0 AND deals.taken = CAST(k.value ->> 1 AS BIGINT)",
    );
    let done = done.bind(json!(counts).to_string()).execute(db).await?;
    orders::expect_rows(done.rows_affected(), counts.len())
}

/// The deals of a show that are not over, the next first; those that pages see, or all.
pub(super) async fn of_show<'c>(
    db: impl Executor<'c, Database = Any>,
    show: &str,
    is_all: bool,
) -> sqlx::Result<Vec<DealView>> {
    let rows = sqlx::query(
        "SELECT d.*, (SELECT '[' || string_agg('[' || json_quote(i.variant) || ','
             || json_quote(i.currency) || ',' || CAST(i.minor AS TEXT) || ']',
             ',' ORDER BY i.variant, i.currency) || ']'
             FROM deal_prices i WHERE i.deal = d.id) AS prices
         FROM deals d WHERE d.show = $1 AND d.phase IN ('counted', 'on', $2)
         ORDER BY d.starts_ms, d.id",
    );
    let more = if is_all { "planned" } else { "on" };
    let rows = rows.bind(show).bind(more).fetch_all(db).await?;
    rows.iter().map(view).collect()
}

fn view(row: &AnyRow) -> sqlx::Result<DealView> {
    let prices: Vec<(String, String, i64)> =
        serde_json::from_str(row.try_get("prices")?).map_err(decode)?;
    let price = |(variant, currency, minor): (String, String, i64)| {
        let price = Amount::new(minor, &currency).map_err(decode)?.into();
        Ok(DealPrice { variant, price })
    };
    Ok(DealView {
        id: row.try_get("id")?,
        product: row.try_get("product")?,
        prices: prices.into_iter().map(price).collect::<sqlx::Result<_>>()?,
        counts_ms: time(row, "counts_ms")?,
        starts_ms: time(row, "starts_ms")?,
        ends_ms: time(row, "ends_ms")?,
        is_on: row.try_get::<&str, _>("phase")? == "on",
        total: count(row, "total")?,
        per_buyer: rows::maybe_count(row, "per_buyer")?,
    })
}
