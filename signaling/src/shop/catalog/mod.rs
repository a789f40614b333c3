//! The catalogue's files: a file becomes checked products, or a list of all its mistakes, row by
//! row; and back. Pure: bytes in, products out. [`csv`] and [`jsonld`] read the two formats into
//! drafts, [`check`] and [`fields`] have the rules, [`export`] writes what [`csv`] reads.

mod check;
mod csv;
mod draft;
mod export;
mod fields;
mod jsonld;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::money::Amount;
use super::pricing::Tier;
use crate::protocol::server::HoldMode;
use crate::protocol::shop::{ProductBody, RowError};

pub use export::write;
pub(super) use fields::check_id;

/// A product as the merchant describes it; every rule has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Id, unique in the catalogue.
    pub id: String,
    /// Title.
    pub title: String,
    /// Description, plain text.
    pub description: String,
    /// Picture URLs, first is the cover.
    pub images: Vec<String>,
    /// Titles in other languages, by BCP 47 tag.
    pub translations: BTreeMap<String, String>,
    /// Descriptions in other languages, by BCP 47 tag.
    pub descriptions: BTreeMap<String, String>,
    /// When an order takes its pieces.
    pub hold_mode: HoldMode,
    /// Most pieces for each buyer.
    pub per_buyer: Option<u32>,
    /// What can be bought, at least one.
    pub variants: Vec<Variant>,
}

/// A variant of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// The merchant's SKU.
    pub id: String,
    /// Which one: option and value. Empty for a product without options.
    pub options: BTreeMap<String, String>,
    /// Fewest pieces in an order.
    pub min_quantity: u32,
    /// One per currency, at least one.
    pub prices: Vec<Price>,
    /// Pieces there ever were to sell: sold and held ones count.
    pub stock: u32,
    /// Version of `stock` in the merchant's system: the books keep the newest.
    pub stock_version: Option<i64>,
}

/// What a variant costs in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// Price of one piece.
    pub price: Amount,
    /// Earlier price, above `price` and in its currency.
    pub compare_at: Option<Amount>,
    /// Prices from some quantity on, by rising quantity and in the same currency.
    pub tiers: Vec<Tier>,
}

/// Formats of a catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `text/csv`.
    Csv,
    /// `application/ld+json` with schema.org Products.
    JsonLd,
}

/// Reads a catalogue: all products with the row each came from, or all mistakes.
pub fn read(format: Format, bytes: &[u8]) -> Result<Vec<(u32, Product)>, Vec<RowError>> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let rows = match format {
        Format::Csv => csv::read(bytes),
        Format::JsonLd => jsonld::read(bytes),
    };
    check::products(rows.map_err(|whole| vec![whole])?)
}

/// Checks one product that came by itself; rows of mistakes are its variants, from 1.
pub fn check_one(id: &str, body: ProductBody) -> Result<Product, Vec<RowError>> {
    let rows = draft::of_body(id, body);
    let mut products = check::products(rows)?;
    Ok(products.swap_remove(0).1)
}

fn mistake(row: u32, field: &str, message: impl Into<String>) -> RowError {
    RowError {
        row,
        field: field.into(),
        message: message.into(),
    }
}
