//! A merchant's changes inside a transaction: catalogue, shelf, consent, shipping. An import
//! first looks for mistakes only the books can show, and writes when there are none: a refused
//! import has changed nothing.

use serde_json::{Value, json};
use sqlx::{AnyConnection, Row};

use super::{Batch, rows};
use crate::limits::shop::{IMPORT_ERRORS_MAX, IMPORT_PRODUCTS_MAX};
use crate::protocol::server::HoldMode;
use crate::protocol::shop::RowError;
use crate::shop::catalog::{Price, Product, Variant};
use crate::shop::pricing::Zone;
use crate::shop::store::{Books, Outcome, Refusal};

impl Batch {
    pub(super) async fn import(
        &mut self,
        db: &mut AnyConnection,
        merchant: &str,
        show: Option<&str>,
        products: &[(u32, Product)],
    ) -> sqlx::Result<Outcome> {
        let mut mistakes = Vec::new();
        for (row, product) in products {
            if mistakes.len() < IMPORT_ERRORS_MAX {
                mistakes.extend(check(db, merchant, *row, product).await?);
            }
        }
        if let Some(show) = show {
            mistakes.extend(check_room(db, show, products).await?);
        }
        if !mistakes.is_empty() {
            return Ok(Outcome::Refused(Refusal::Rows(mistakes)));
        }
        ensure_merchant(db, merchant).await?;
        for (_, product) in products {
            write_product(db, merchant, product).await?;
            if let Some(show) = show {
                append_to_shelf(db, show, &product.id).await?;
            }
            self.described.push(product.id.clone());
        }
        if let Some(show) = show {
            take_show(db, show, merchant).await?;
        }
        Ok(Outcome::Imported(
            u32::try_from(products.len()).unwrap_or(u32::MAX),
        ))
    }

    pub(super) async fn shelve(
        &mut self,
        db: &mut AnyConnection,
        merchant: &str,
        show: &str,
        products: &[String],
    ) -> sqlx::Result<Outcome> {
        for product in products {
            let Some(owner) = owner(db, product).await? else {
                return Ok(Outcome::Refused(Refusal::UnknownProduct(product.clone())));
            };
            if owner != merchant && !has_consent(db, &owner, merchant).await? {
                let product = product.clone();
                return Ok(Outcome::Refused(Refusal::NoConsent { product, owner }));
            }
        }
        ensure_merchant(db, merchant).await?;
        take_show(db, show, merchant).await?;
        let before = shelved(db, show).await?;
        sqlx::query("DELETE FROM shelf WHERE show = $1")
            .bind(show)
            .execute(&mut *db)
            .await?;
        for id in products {
            append_to_shelf(db, show, id).await?;
        }
        let gone = before.iter().filter(|id| !products.contains(id));
        self.changes
            .removed
            .extend(gone.map(|id| (show.to_owned(), id.clone())));
        self.described
            .extend(products.iter().filter(|id| !before.contains(id)).cloned());
        Ok(Outcome::Set)
    }

    /// A consent that is withdrawn takes the products off the other merchant's shelves.
    pub(super) async fn consent(
        &mut self,
        db: &mut AnyConnection,
        owner: &str,
        seller: &str,
        is_given: bool,
    ) -> sqlx::Result<Outcome> {
        ensure_merchant(db, owner).await?;
        ensure_merchant(db, seller).await?;
        let change = if is_given {
            "INSERT INTO consents (owner, seller) VALUES ($1, $2) ON CONFLICT DO NOTHING"
        } else {
            "DELETE FROM consents WHERE owner = $1 AND seller = $2"
        };
        let change = sqlx::query(change).bind(owner).bind(seller);
        change.execute(&mut *db).await?;
        if !is_given {
            let gone = sqlx::query(
                "DELETE FROM shelf
                 WHERE product IN (SELECT id FROM products WHERE merchant = $1)
                   AND show IN (SELECT show FROM show_merchants WHERE merchant = $2)
                   AND $1 <> $2
                 RETURNING show, product",
            );
            let gone = gone.bind(owner).bind(seller).fetch_all(db).await?;
            for row in gone {
                let left = (row.try_get("show")?, row.try_get("product")?);
                self.changes.removed.push(left);
            }
        }
        Ok(Outcome::Set)
    }
}

pub(super) async fn set_zones(
    db: &mut AnyConnection,
    merchant: &str,
    zones: &[Zone],
) -> sqlx::Result<Outcome> {
    ensure_merchant(db, merchant).await?;
    let old = sqlx::query("DELETE FROM shipping_zones WHERE merchant = $1").bind(merchant);
    old.execute(&mut *db).await?;
    for (position, zone) in zones.iter().enumerate() {
        sqlx::query(
            "INSERT INTO shipping_zones
                 (merchant, position, countries, currency, minor, free_from_minor)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(merchant)
        .bind(sql_count(position))
        .bind(json!(zone.countries).to_string())
        .bind(zone.rate.currency())
        .bind(zone.rate.minor())
        .bind(zone.free_from.map(|amount| amount.minor()))
        .execute(&mut *db)
        .await?;
    }
    Ok(Outcome::Set)
}

/// Mistakes of a product that only the books can show.
async fn check(
    db: &mut AnyConnection,
    merchant: &str,
    row: u32,
    product: &Product,
) -> sqlx::Result<Vec<RowError>> {
    let mut mistakes = Vec::new();
    let mut note = |field: &str, message: String| {
        let field = field.into();
        mistakes.push(RowError {
            row,
            field,
            message,
        });
    };
    if let Some(owner) = owner(db, &product.id).await?
        && owner != merchant
    {
        note(
            "id",
            format!("`{}` belongs to another merchant", product.id),
        );
    }
    for variant in &product.variants {
        let known = sqlx::query("SELECT product FROM variants WHERE id = $1").bind(&variant.id);
        if let Some(known) = known.fetch_optional(&mut *db).await? {
            let other: String = known.try_get("product")?;
            if other != product.id {
                note("sku", format!("`{}` is a variant of `{other}`", variant.id));
            }
        }
        if let Some(Books { held, sold, .. }) = rows::books(&mut *db, &variant.id).await?
            && variant.stock < held + sold
            && is_news(db, variant).await?
        {
            let message = format!(
                "{} is less than the {sold} sold and {held} held pieces; stock counts all \
                 pieces there ever were to sell",
                variant.stock
            );
            note("stock", message);
        }
    }
    Ok(mistakes)
}

/// Whether the books would take this stock: no version, or none older than theirs.
async fn is_news(db: &mut AnyConnection, variant: &Variant) -> sqlx::Result<bool> {
    let Some(version) = variant.stock_version else {
        return Ok(true);
    };
    let known: Option<i64> = sqlx::query_scalar("SELECT version FROM stock WHERE variant = $1")
        .bind(&variant.id)
        .fetch_optional(db)
        .await?;
    Ok(known.is_none_or(|known| known <= version))
}

async fn check_room(
    db: &mut AnyConnection,
    show: &str,
    products: &[(u32, Product)],
) -> sqlx::Result<Option<RowError>> {
    let shelved = shelved(db, show).await?;
    let is_new = |(_, product): &&(u32, Product)| !shelved.contains(&product.id);
    let new = products.iter().filter(is_new).count();
    Ok(
        (shelved.len() + new > IMPORT_PRODUCTS_MAX).then(|| RowError {
            row: 0,
            field: String::new(),
            message: format!("the shelf would have more than {IMPORT_PRODUCTS_MAX} products"),
        }),
    )
}

async fn owner(db: &mut AnyConnection, product: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT merchant FROM products WHERE id = $1")
        .bind(product)
        .fetch_optional(db)
        .await
}

async fn has_consent(db: &mut AnyConnection, owner: &str, seller: &str) -> sqlx::Result<bool> {
    let query = "SELECT count(*) FROM consents WHERE owner = $1 AND seller = $2";
    let query = sqlx::query_scalar(query).bind(owner).bind(seller);
    let count: i64 = query.fetch_one(db).await?;
    Ok(count > 0)
}

pub(super) async fn ensure_merchant(db: &mut AnyConnection, merchant: &str) -> sqlx::Result<()> {
    let sql = "INSERT INTO merchants (id, name) VALUES ($1, $1) ON CONFLICT DO NOTHING";
    sqlx::query(sql).bind(merchant).execute(db).await?;
    Ok(())
}

/// The merchant whose host fills the shelf is who sells in the show.
async fn take_show(db: &mut AnyConnection, show: &str, merchant: &str) -> sqlx::Result<()> {
    let sql = "INSERT INTO show_merchants (show, merchant) VALUES ($1, $2)
               ON CONFLICT (show) DO UPDATE SET merchant = $2";
    let query = sqlx::query(sql).bind(show).bind(merchant);
    query.execute(db).await?;
    Ok(())
}

async fn shelved(db: &mut AnyConnection, show: &str) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("SELECT product FROM shelf WHERE show = $1 ORDER BY position")
        .bind(show)
        .fetch_all(db)
        .await
}

async fn append_to_shelf(db: &mut AnyConnection, show: &str, id: &str) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO shelf (show, product, position)
         SELECT $1, $2, coalesce(max(position), 0) + 1 FROM shelf WHERE show = $1
         ON CONFLICT (show, product) DO NOTHING",
    )
    .bind(show)
    .bind(id)
    .execute(db)
    .await?;
    Ok(())
}

/// Creates or updates. Variants that are not named any more are sold no longer; their orders
/// and books stay.
async fn write_product(
    db: &mut AnyConnection,
    merchant: &str,
    product: &Product,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO products (id, merchant, title, description, images, translations,
             descriptions, hold_mode, per_buyer)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (id) DO UPDATE SET title = $3, description = $4, images = $5,
             translations = $6, descriptions = $7, hold_mode = $8, per_buyer = $9",
    )
    .bind(&product.id)
    .bind(merchant)
    .bind(&product.title)
    .bind(&product.description)
    .bind(json!(product.images).to_string())
    .bind(json!(product.translations).to_string())
    .bind(json!(product.descriptions).to_string())
    .bind(hold_mode_text(product.hold_mode))
    .bind(product.per_buyer.map(i64::from))
    .execute(&mut *db)
    .await?;
    let sql = "UPDATE variants SET active = 0 WHERE product = $1";
    sqlx::query(sql).bind(&product.id).execute(&mut *db).await?;
    for (position, variant) in product.variants.iter().enumerate() {
        write_variant(db, &product.id, position, variant).await?;
    }
    Ok(())
}

/// Terms that stay the same keep their version, so that quotes given for them stand.
async fn write_variant(
    db: &mut AnyConnection,
    product: &str,
    position: usize,
    variant: &Variant,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO variants (id, product, position, options, min_quantity, price_version, active)
         VALUES ($1, $2, $3, $4, $5, 1, 1)
         ON CONFLICT (id) DO UPDATE SET position = $3, options = $4, active = 1,
             price_version = variants.price_version
                 + CASE WHEN variants.min_quantity <> $5 THEN 1 ELSE 0 END, min_quantity = $5",
    )
    .bind(&variant.id)
    .bind(product)
    .bind(sql_count(position))
    .bind(json!(variant.options).to_string())
    .bind(i64::from(variant.min_quantity))
    .execute(&mut *db)
    .await?;
    let rows = variant.prices.iter().enumerate().map(price_row);
    let rows = Value::Array(rows.collect()).to_string();
    // Prices are compared as they are written, so that only a real change makes a new version.
    let sql = "DELETE FROM prices WHERE variant = $1 AND NOT EXISTS (
                   SELECT 1 FROM json_each($2) k
                   WHERE prices.currency = k.value ->> 0
                     AND prices.position = CAST(k.value ->> 1 AS BIGINT)
                     AND prices.minor = CAST(k.value ->> 2 AS BIGINT)
                     AND prices.compare_at_minor IS NOT DISTINCT FROM
                         CAST(k.value ->> 3 AS BIGINT)
                     AND prices.tiers = k.value ->> 4)";
    let query = sqlx::query(sql).bind(&variant.id).bind(&rows);
    let gone = query.execute(&mut *db).await?.rows_affected();
    let sql = "INSERT INTO prices (variant, currency, position, minor, compare_at_minor, tiers)
               SELECT $1, value ->> 0, CAST(value ->> 1 AS BIGINT), CAST(value ->> 2 AS BIGINT),
                      CAST(value ->> 3 AS BIGINT), value ->> 4
               FROM json_each($2) WHERE true ON CONFLICT DO NOTHING";
    let query = sqlx::query(sql).bind(&variant.id).bind(&rows);
    let come = query.execute(&mut *db).await?.rows_affected();
    if gone + come > 0 {
        let sql = "UPDATE variants SET price_version = price_version + 1 WHERE id = $1";
        sqlx::query(sql).bind(&variant.id).execute(&mut *db).await?;
    }
    sqlx::query(
        "INSERT INTO stock (variant, total, held, sold, version)
         VALUES ($1, $2, 0, 0, coalesce($3, 0))
         ON CONFLICT (variant) DO UPDATE SET total = $2, version = coalesce($3, stock.version)
         WHERE stock.version <= coalesce($3, stock.version)",
    )
    .bind(&variant.id)
    .bind(i64::from(variant.stock))
    .bind(variant.stock_version)
    .execute(db)
    .await?;
    Ok(())
}

/// A price on its way to its row; its tiers as text, as the row has them.
fn price_row((position, price): (usize, &Price)) -> Value {
    let tiers = price.tiers.iter();
    let tiers: Vec<_> = tiers.map(|t| (t.min_quantity, t.price.minor())).collect();
    json!([
        price.price.currency(),
        position,
        price.price.minor(),
        price.compare_at.map(|amount| amount.minor()),
        json!(tiers).to_string()
    ])
}

fn hold_mode_text(mode: HoldMode) -> &'static str {
    match mode {
        HoldMode::Hold => "hold",
        HoldMode::FirstPaid => "first_paid",
    }
}

/// A small number as SQLite keeps it.
fn sql_count(count: usize) -> i64 {
    i64::try_from(count).expect("lists are short: limits::shop")
}
