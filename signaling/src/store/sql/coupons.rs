//! Coupons as rows.

use serde_json::json;
use sqlx::any::{Any, AnyRow};
use sqlx::{AnyConnection, Executor, Row};

use super::orders::expect_rows;
use super::rows::{count, decode, maybe_count, maybe_time, sql_time};
use super::{Batch, catalog};
use crate::shop::coupon::{Coupon, Cut};
use crate::shop::money::Amount;
use crate::shop::store::{Outcome, Refusal};

fn read(row: &AnyRow) -> sqlx::Result<Coupon> {
    let currency: Option<&str> = row.try_get("currency")?;
    let amount = |minor: &str| -> sqlx::Result<Option<Amount>> {
        let minor: Option<i64> = row.try_get(minor)?;
        let amount = minor.zip(currency);
        let amount = amount.map(|(minor, currency)| Amount::new(minor, currency));
        amount.transpose().map_err(decode)
    };
    let cut = match maybe_count(row, "percent")? {
        Some(percent) => Cut::Percent(percent),
        None => Cut::Amount(amount("minor")?.ok_or(sqlx::Error::RowNotFound)?),
    };
    Ok(Coupon {
        merchant: row.try_get("merchant")?,
        code: row.try_get("code")?,
        cut,
        starts_ms: maybe_time(row, "starts_ms")?,
        ends_ms: maybe_time(row, "ends_ms")?,
        total: maybe_count(row, "total")?,
        per_buyer: maybe_count(row, "per_buyer")?,
        minimum: amount("least_minor")?,
        taken: count(row, "taken")?,
    })
}

/// The coupons of `[[merchant, code], …]`.
pub(super) async fn named<'c>(
    db: impl Executor<'c, Database = Any>,
    wanted: String,
) -> sqlx::Result<Vec<Coupon>> {
    let rows = sqlx::query(
        "SELECT c.* FROM json_each($1) k
         JOIN coupons c ON c.merchant = k.value ->> 0 AND c.code = k.value ->> 1",
    );
    rows.bind(wanted)
        .fetch_all(db)
        .await?
        .iter()
        .map(read)
        .collect()
}

/// All coupons of a merchant, by code.
pub(super) async fn of_merchant<'c>(
    db: impl Executor<'c, Database = Any>,
    merchant: &str,
) -> sqlx::Result<Vec<Coupon>> {
    let rows = sqlx::query("SELECT * FROM coupons WHERE merchant = $1 ORDER BY code");
    rows.bind(merchant)
        .fetch_all(db)
        .await?
        .iter()
        .map(read)
        .collect()
}

impl Batch {
    /// Makes a coupon or changes it: the uses it had stay counted.
    pub(super) async fn put_coupon(
        &mut self,
        db: &mut AnyConnection,
        coupon: &Coupon,
    ) -> sqlx::Result<Outcome> {
        catalog::ensure_merchant(&mut *db, &coupon.merchant).await?;
        // Also of one that was taken out of use and is made again.
        let taken = sqlx::query(
            "SELECT count(*) AS uses FROM orders WHERE merchant = $1 AND coupon = $2
               AND state IN ('reserved', 'pending', 'confirmed', 'paid')",
        );
        let taken = taken.bind(&coupon.merchant).bind(&coupon.code);
        let taken = count(&taken.fetch_one(&mut *db).await?, "uses")?;
        if coupon.total.is_some_and(|total| total < taken) {
            return Ok(Outcome::Refused(Refusal::CouponTaken(taken)));
        }
        let (percent, minor, currency) = match coupon.cut {
            Cut::Percent(percent) => {
                let currency = coupon.minimum.map(Amount::currency);
                (Some(i64::from(percent)), None, currency)
            }
            Cut::Amount(amount) => (None, Some(amount.minor()), Some(amount.currency())),
        };
        sqlx::query(
            "INSERT INTO coupons (merchant, code, percent, minor, currency, least_minor, starts_ms,
                 ends_ms, total, per_buyer, taken)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
             ON CONFLICT (merchant, code) DO UPDATE SET percent = $3, minor = $4, currency = $5,
                 least_minor = $6, starts_ms = $7, ends_ms = $8, total = $9, per_buyer = $10",
        )
        .bind(&coupon.merchant)
        .bind(&coupon.code)
        .bind(percent)
        .bind(minor)
        .bind(currency)
        .bind(coupon.minimum.map(Amount::minor))
        .bind(coupon.starts_ms.map(sql_time))
        .bind(coupon.ends_ms.map(sql_time))
        .bind(coupon.total.map(i64::from))
        .bind(coupon.per_buyer.map(i64::from))
        .bind(i64::from(taken))
        .execute(db)
        .await?;
        Ok(Outcome::Set)
    }

    /// Takes a coupon out of use. What was ordered with it stays.
    pub(super) async fn drop_coupon(
        &mut self,
        db: &mut AnyConnection,
        merchant: &str,
        code: &str,
    ) -> sqlx::Result<Outcome> {
        let gone = sqlx::query("DELETE FROM coupons WHERE merchant = $1 AND code = $2");
        let gone = gone.bind(merchant).bind(code).execute(db).await?;
        Ok(match gone.rows_affected() {
            0 => Outcome::Refused(Refusal::UnknownCoupon),
            _ => Outcome::Set,
        })
    }
}

/// Writes how often coupons are used: merchant, code, as read, as it shall be.
pub(super) async fn write(
    db: &mut AnyConnection,
    counts: &[(String, String, u32, u32)],
) -> sqlx::Result<()> {
    if counts.is_empty() {
        return Ok(());
    }
    let done = sqlx::query(
        "UPDATE coupons SET taken = CAST(k.value ->> 3 AS BIGINT) FROM json_each($1) k
         WHERE coupons.merchant = k.value ->> 0 AND coupons.code = k.value ->> 1
           AND coupons.taken = CAST(k.value ->> 2 AS BIGINT)",
    );
    let done = done.bind(json!(counts).to_string()).execute(db).await?;
    expect_rows(done.rows_affected(), counts.len())
}
