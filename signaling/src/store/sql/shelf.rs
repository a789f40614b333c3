//! Products, variants, prices and shelves as rows: reading only. Prices and tiers come as JSON
//! inside their variant's row, so that a shelf is one statement.

use std::collections::BTreeMap;

use sqlx::any::{Any, AnyRow};
use sqlx::{AnyConnection, Executor, Row};

use super::rows::{amount, count, decode, hold_mode, maybe_count};
use crate::protocol::server::{PriceView, ProductView, VariantView};
use crate::shop::catalog::{Price, Product, Variant};
use crate::shop::money::Amount;
use crate::shop::pricing::{Terms, Tier, Zone};
use crate::shop::quote::{Offer, tier_views};
use crate::shop::store::{Books, Level};

/// One row for each variant that is sold, with its product; to be followed by a condition.
macro_rules! select_variants {
    ($from:literal) => {
        concat!(
            "SELECT p.id AS product, p.merchant, p.title, p.description, p.images, p.translations,
                    p.descriptions, p.hold_mode, p.per_buyer, v.id, v.options, v.min_quantity, s.total, s.held,
                    s.sold, s.version,
                    (SELECT '[' || string_agg('[' || json_quote(r.currency) || ','
                        || CAST(r.minor AS TEXT) || ','
                        || coalesce(CAST(r.compare_at_minor AS TEXT), 'null') || ','
                        || r.tiers || ']', ',' ORDER BY r.position) || ']'
                     FROM prices r WHERE r.variant = v.id) AS prices
             FROM ",
            $from
        )
    };
}

/// A price as the query gives it: currency, minor units, earlier price, tiers.
type PriceRow = (String, i64, Option<i64>, Vec<TierRow>);
/// Least quantity and minor units.
type TierRow = (u32, i64);

fn read_tiers(rows: &[TierRow], currency: &str) -> sqlx::Result<Vec<Tier>> {
    let tier = |&(min_quantity, minor): &TierRow| {
        let price = Amount::new(minor, currency).map_err(decode)?;
        Ok(Tier {
            min_quantity,
            price,
        })
    };
    rows.iter().map(tier).collect()
}

fn read_price((currency, minor, before, tiers): PriceRow) -> sqlx::Result<Price> {
    let amount = |minor| Amount::new(minor, &currency).map_err(decode);
    Ok(Price {
        price: amount(minor)?,
        compare_at: before.map(amount).transpose()?,
        tiers: read_tiers(&tiers, &currency)?,
    })
}

fn read_books(row: &AnyRow) -> sqlx::Result<Books> {
    Ok(Books {
        total: count(row, "total")?,
        held: count(row, "held")?,
        sold: count(row, "sold")?,
    })
}

fn read_variant(row: &AnyRow) -> sqlx::Result<(Variant, Books)> {
    let json = |column| row.try_get::<&str, _>(column);
    let prices: Vec<PriceRow> = serde_json::from_str(json("prices")?).map_err(decode)?;
    let books = read_books(row)?;
    let variant = Variant {
        id: row.try_get("id")?,
        options: serde_json::from_str(json("options")?).map_err(decode)?,
        min_quantity: count(row, "min_quantity")?,
        prices: prices
            .into_iter()
            .map(read_price)
            .collect::<Result<_, _>>()?,
        stock: books.total,
        stock_version: Some(row.try_get("version")?),
    };
    Ok((variant, books))
}

/// A product and its merchant, still without variants.
fn read_product(row: &AnyRow) -> sqlx::Result<(String, Product)> {
    let json = |column| row.try_get::<&str, _>(column);
    let product = Product {
        id: row.try_get("product")?,
        title: row.try_get("title")?,
        description: row.try_get("description")?,
        images: serde_json::from_str(json("images")?).map_err(decode)?,
        translations: serde_json::from_str(json("translations")?).map_err(decode)?,
        descriptions: serde_json::from_str(json("descriptions")?).map_err(decode)?,
        hold_mode: hold_mode(row.try_get("hold_mode")?),
        per_buyer: maybe_count(row, "per_buyer")?,
        variants: Vec::new(),
    };
    Ok((row.try_get("merchant")?, product))
}

/// Products with merchant and books, from rows in which the variants of one stand together.
fn read_products(rows: &[AnyRow]) -> sqlx::Result<Vec<(String, Product, Vec<Books>)>> {
    let mut products: Vec<(String, Product, Vec<Books>)> = Vec::new();
    for row in rows {
        let id: &str = row.try_get("product")?;
        if products.last().is_none_or(|(_, last, _)| last.id != id) {
            let (merchant, product) = read_product(row)?;
            products.push((merchant, product, Vec::new()));
        }
        let (_, product, all) = products
            .last_mut()
            .expect("one was pushed if there was none");
        let (variant, books) = read_variant(row)?;
        product.variants.push(variant);
        all.push(books);
    }
    Ok(products)
}

fn view((merchant, product, books): (String, Product, Vec<Books>)) -> ProductView {
    let cheapest = product.variants.iter().map(|variant| &variant.prices[0]);
    let cheapest = cheapest.min_by_key(|price| price.price.minor());
    let cheapest = cheapest.expect("a product has a variant and a variant a price: the importer");
    let (price, compare_at) = (cheapest.price.into(), cheapest.compare_at.map(Into::into));
    let variants = product.variants.into_iter().zip(&books);
    let variants = variants.map(|(variant, books)| VariantView {
        id: variant.id,
        options: variant.options,
        prices: variant.prices.iter().map(price_view).collect(),
        min_quantity: variant.min_quantity,
        available: books.available(),
    });
    ProductView {
        id: product.id,
        merchant,
        title: product.title,
        description: product.description,
        images: product.images,
        price,
        compare_at,
        available: books
            .iter()
            .fold(0, |sum, b| sum.saturating_add(b.available())),
        translations: product.translations,
        descriptions: product.descriptions,
        hold_mode: product.hold_mode,
        per_buyer: product.per_buyer,
        deal: None,
        variants: variants.collect(),
    }
}

fn price_view(price: &Price) -> PriceView {
    PriceView {
        price: price.price.into(),
        compare_at: price.compare_at.map(Into::into),
        tiers: tier_views(&price.tiers),
    }
}

pub(super) async fn shelf<'c>(
    db: impl Executor<'c, Database = Any>,
    show: &str,
) -> sqlx::Result<Vec<ProductView>> {
    let sql = select_variants!(
        "shelf JOIN products p ON p.id = shelf.product
         JOIN variants v ON v.product = p.id AND v.active = 1 JOIN stock s ON s.variant = v.id
         WHERE shelf.show = $1 ORDER BY shelf.position, shelf.product, v.position"
    );
    let rows = sqlx::query(sql).bind(show).fetch_all(db).await?;
    Ok(read_products(&rows)?.into_iter().map(view).collect())
}

pub(super) async fn product<'c>(
    db: impl Executor<'c, Database = Any>,
    id: &str,
) -> sqlx::Result<Option<ProductView>> {
    let sql = select_variants!(
        "products p JOIN variants v ON v.product = p.id AND v.active = 1
         JOIN stock s ON s.variant = v.id WHERE p.id = $1 ORDER BY v.position"
    );
    let rows = sqlx::query(sql).bind(id).fetch_all(db).await?;
    Ok(read_products(&rows)?.into_iter().map(view).next())
}

/// All products of a merchant, by id.
pub(super) async fn catalogue<'c>(
    db: impl Executor<'c, Database = Any>,
    merchant: &str,
) -> sqlx::Result<Vec<Product>> {
    let sql = select_variants!(
        "products p JOIN variants v ON v.product = p.id AND v.active = 1
         JOIN stock s ON s.variant = v.id WHERE p.merchant = $1 ORDER BY p.id, v.position"
    );
    let rows = sqlx::query(sql).bind(merchant).fetch_all(db).await?;
    let products = read_products(&rows)?.into_iter();
    Ok(products.map(|(_, product, _)| product).collect())
}

/// Offers of `[[show, variant, currency or null], …]` that are on a shelf, each with the currency
/// that was asked for; a variant that has no price in it is offered in its first one. While a flash
/// deal is on they cost what it says, and less from a tier that is lower still.
pub(super) async fn offers<'c>(
    db: impl Executor<'c, Database = Any>,
    wanted: String,
) -> sqlx::Result<Vec<(Option<String>, Offer)>> {
    let rows = sqlx::query(
        "SELECT k.value ->> 2 AS wanted, shelf.show, p.merchant, p.id AS product, p.title,
                p.hold_mode, v.id, v.options, v.min_quantity, v.price_version, r.currency,
                coalesce(i.minor, r.minor) AS minor, i.deal, r.tiers,
                s.total, s.held, s.sold
         FROM json_each($1) k
         JOIN variants v ON v.id = k.value ->> 1 AND v.active = 1
         JOIN shelf ON shelf.show = k.value ->> 0 AND shelf.product = v.product
         JOIN products p ON p.id = v.product JOIN stock s ON s.variant = v.id
         JOIN prices r ON r.variant = v.id AND r.currency = coalesce(
             (SELECT currency FROM prices WHERE variant = v.id AND currency = k.value ->> 2),
             (SELECT currency FROM prices WHERE variant = v.id ORDER BY position LIMIT 1))
         LEFT JOIN deals d ON d.show = shelf.show AND d.product = v.product AND d.phase = 'on'
         LEFT JOIN deal_prices i ON i.deal = d.id AND i.variant = v.id
             AND i.currency = r.currency AND i.minor < r.minor",
    )
    .bind(wanted)
    .fetch_all(db)
    .await?;
    rows.iter().map(read_offer).collect()
}

fn read_offer(row: &AnyRow) -> sqlx::Result<(Option<String>, Offer)> {
    let json = |column| row.try_get::<&str, _>(column);
    let price = amount(row, "minor")?;
    let mut tiers: Vec<TierRow> = serde_json::from_str(json("tiers")?).map_err(decode)?;
    tiers.retain(|(_, minor)| *minor < price.minor());
    let offer = Offer {
        show: row.try_get("show")?,
        merchant: row.try_get("merchant")?,
        product: row.try_get("product")?,
        variant: row.try_get("id")?,
        title: row.try_get("title")?,
        options: serde_json::from_str(json("options")?).map_err(decode)?,
        terms: Terms {
            price,
            tiers: read_tiers(&tiers, price.currency())?,
            min_quantity: count(row, "min_quantity")?,
            version: row.try_get("price_version")?,
        },
        hold_mode: hold_mode(row.try_get("hold_mode")?),
        available: read_books(row)?.available(),
        deal: row.try_get("deal")?,
    };
    Ok((row.try_get("wanted")?, offer))
}

/// Zones of `[merchant, …]`, each with its merchant.
pub(super) async fn zones<'c>(
    db: impl Executor<'c, Database = Any>,
    merchants: String,
) -> sqlx::Result<Vec<(String, Zone)>> {
    let rows = sqlx::query(
        "SELECT * FROM shipping_zones WHERE merchant IN (SELECT atom FROM json_each($1))
         ORDER BY merchant, position",
    )
    .bind(merchants)
    .fetch_all(db)
    .await?;
    let read = |row: &AnyRow| {
        let rate = amount(row, "minor")?;
        let free_from: Option<i64> = row.try_get("free_from_minor")?;
        let free_from = free_from.map(|minor| Amount::new(minor, rate.currency()));
        let zone = Zone {
            countries: serde_json::from_str(row.try_get("countries")?).map_err(decode)?,
            rate,
            free_from: free_from.transpose().map_err(decode)?,
        };
        Ok((row.try_get("merchant")?, zone))
    };
    rows.iter().map(read).collect()
}

pub(super) async fn shows(db: &mut AnyConnection, product: &str) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("SELECT show FROM shelf WHERE product = $1 ORDER BY show")
        .bind(product)
        .fetch_all(db)
        .await
}

/// Stock of `[variant, …]`, with the shows that have their products on the shelf.
pub(super) async fn levels(db: &mut AnyConnection, variants: String) -> sqlx::Result<Vec<Level>> {
    let rows = sqlx::query(
        "SELECT v.product, v.id, s.total, s.held, s.sold, shelf.show
         FROM stock s JOIN variants v ON v.id = s.variant
         LEFT JOIN shelf ON shelf.product = v.product
         WHERE s.variant IN (SELECT atom FROM json_each($1)) ORDER BY shelf.show",
    )
    .bind(variants)
    .fetch_all(db)
    .await?;
    let mut levels: BTreeMap<String, Level> = BTreeMap::new();
    for row in &rows {
        let level = Level {
            product: row.try_get("product")?,
            variant: row.try_get("id")?,
            available: read_books(row)?.available(),
            shows: Vec::new(),
        };
        let level = levels.entry(level.variant.clone()).or_insert(level);
        level
            .shows
            .extend(row.try_get::<Option<String>, _>("show")?);
    }
    Ok(levels.into_values().collect())
}

/// Every variant of what is on a shelf.
pub(super) async fn shelved(db: &mut AnyConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT id FROM variants WHERE active = 1 AND product IN (SELECT product FROM shelf)",
    )
    .fetch_all(db)
    .await
}
