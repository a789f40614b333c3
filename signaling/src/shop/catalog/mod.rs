//! The catalogue's import: a file becomes checked products, or a list of all its mistakes, row by
//! row. Pure: bytes in, products out. [`csv`] and [`jsonld`] read the two formats into [`Draft`]s;
//! the rules for a product are here, once.

mod csv;
mod jsonld;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use super::money::{Amount, MoneyError};
use super::pricing::Tier;
use crate::limits::shop::{
    DESCRIPTION_CHARS_MAX, IMAGE_URL_CHARS_MAX, IMAGES_MAX, IMPORT_ERRORS_MAX, IMPORT_PRODUCTS_MAX,
    PRODUCT_ID_CHARS_MAX, STOCK_MAX, TITLE_CHARS_MAX,
};
use crate::protocol::server::HoldMode;
use crate::protocol::shop::RowError;

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
    let drafts = match format {
        Format::Csv => csv::read(bytes),
        Format::JsonLd => jsonld::read(bytes),
    };
    check_all(drafts)
}

/// A product as the file has it: texts, not yet checked.
#[derive(Debug, Default)]
struct Draft {
    id: String,
    title: String,
    description: String,
    price: String,
    currency: String,
    compare_at: String,
    stock: String,
    images: Vec<String>,
    translations: BTreeMap<String, String>,
}

/// A row: a draft or what made it unreadable.
type Row = (u32, Result<Draft, Vec<RowError>>);

fn mistake(row: u32, field: &str, message: impl Into<String>) -> RowError {
    RowError {
        row,
        field: field.into(),
        message: message.into(),
    }
}

fn check_all(rows: Result<Vec<Row>, RowError>) -> Result<Vec<(u32, Product)>, Vec<RowError>> {
    let rows = rows.map_err(|whole| vec![whole])?;
    if rows.is_empty() {
        return Err(vec![mistake(0, "", "there is no product in the file")]);
    }
    if rows.len() > IMPORT_PRODUCTS_MAX {
        let message = format!(
            "{} products; at most {IMPORT_PRODUCTS_MAX} a file",
            rows.len()
        );
        return Err(vec![mistake(0, "", message)]);
    }
    let (mut products, mut mistakes) = (Vec::with_capacity(rows.len()), Vec::new());
    let mut seen: HashMap<String, u32> = HashMap::new();
    for (row, draft) in rows {
        if let Ok(draft) = &draft
            && let Some(first) = seen.insert(draft.id.clone(), row)
            && !draft.id.is_empty()
        {
            mistakes.push(mistake(
                row,
                "id",
                format!("`{}` is already in row {first}", draft.id),
            ));
        }
        match draft.and_then(|draft| check(row, draft)) {
            Ok(product) => products.push((row, product)),
            Err(found) => mistakes.extend(found),
        }
        if mistakes.len() >= IMPORT_ERRORS_MAX {
            mistakes.truncate(IMPORT_ERRORS_MAX);
            break;
        }
    }
    if mistakes.is_empty() {
        Ok(products)
    } else {
        Err(mistakes)
    }
}

/// The rules of a product. Reports every field that breaks one.
fn check(row: u32, draft: Draft) -> Result<Product, Vec<RowError>> {
    let mut mistakes = Vec::new();
    let mut note = |field: &str, found: Result<(), String>| {
        if let Err(message) = found {
            mistakes.push(mistake(row, field, message));
        }
    };
    note("id", check_id(&draft.id));
    note("title", check_text(&draft.title, 1, TITLE_CHARS_MAX));
    note(
        "description",
        check_text(&draft.description, 0, DESCRIPTION_CHARS_MAX),
    );
    note("image", check_images(&draft.images));
    for (language, title) in &draft.translations {
        let field = format!("title:{language}");
        note(&field, check_language(language));
        note(&field, check_text(title, 1, TITLE_CHARS_MAX));
    }
    let stock = parse_stock(&draft.stock);
    note("stock", stock.as_ref().map(|_| ()).map_err(Clone::clone));
    let beside = (!draft.currency.is_empty()).then_some(draft.currency.as_str());
    let price = Amount::parse(&draft.price, beside);
    note(
        price_field(&price),
        price.as_ref().map(|_| ()).map_err(ToString::to_string),
    );
    let compare_at = parse_compare_at(&draft.compare_at, price.as_ref().ok());
    note(
        "compare_at",
        compare_at.as_ref().map(|_| ()).map_err(Clone::clone),
    );
    match (price, compare_at, stock) {
        (Ok(price), Ok(compare_at), Ok(stock)) if mistakes.is_empty() => Ok(Product {
            variants: vec![Variant {
                id: draft.id.clone(),
                options: BTreeMap::new(),
                min_quantity: 1,
                prices: vec![Price {
                    price,
                    compare_at,
                    tiers: Vec::new(),
                }],
                stock,
                stock_version: None,
            }],
            id: draft.id,
            title: draft.title,
            description: draft.description,
            images: draft.images,
            translations: draft.translations,
            descriptions: BTreeMap::new(),
            hold_mode: HoldMode::default(),
        }),
        _ => Err(mistakes),
    }
}

/// The column to look at for a price that cannot be read.
fn price_field(price: &Result<Amount, MoneyError>) -> &'static str {
    match price {
        Err(
            MoneyError::UnknownCurrency(_)
            | MoneyError::NoMinorUnit(_)
            | MoneyError::MissingCurrency(_),
        ) => "currency",
        _ => "price",
    }
}

fn check_id(id: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    match id.chars().find(|c| !fits(*c)) {
        _ if id.is_empty() => Err("is missing".into()),
        Some(odd) => Err(format!(
            "has `{odd}`; use letters, digits, `.`, `_` and `-`"
        )),
        None if id.len() > PRODUCT_ID_CHARS_MAX => {
            Err(format!("is longer than {PRODUCT_ID_CHARS_MAX} characters"))
        }
        None => Ok(()),
    }
}

fn check_text(text: &str, min: usize, max: usize) -> Result<(), String> {
    let length = text.chars().count();
    if length < min {
        return Err("is missing".into());
    }
    if length > max {
        return Err(format!("has {length} characters; at most {max}"));
    }
    match text
        .chars()
        .find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        Some(odd) => Err(format!(
            "has the control character U+{:04X}",
            u32::from(odd)
        )),
        None => Ok(()),
    }
}

/// A tag's shape only: which languages exist is not the shop's matter.
fn check_language(tag: &str) -> Result<(), String> {
    let part = |p: &str| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric());
    let primary = tag.split('-').next().unwrap_or("");
    if (2..=3).contains(&primary.len()) && tag.split('-').all(part) {
        Ok(())
    } else {
        Err(format!("`{tag}` is not a language tag like pt or pt-BR"))
    }
}

fn check_images(images: &[String]) -> Result<(), String> {
    if images.len() > IMAGES_MAX {
        return Err(format!("{} pictures; at most {IMAGES_MAX}", images.len()));
    }
    for url in images {
        let is_web = url.starts_with("https://") || url.starts_with("http://");
        let is_path = url.starts_with('/') && !url.starts_with("//");
        if !(is_web || is_path) {
            return Err(format!("`{url}` must begin with https://, http:// or /"));
        }
        if url.len() > IMAGE_URL_CHARS_MAX {
            return Err(format!(
                "URL is longer than {IMAGE_URL_CHARS_MAX} characters"
            ));
        }
        if url
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || "\"'<>\\".contains(c))
        {
            return Err(format!(
                "`{url}` has a character that must be percent-encoded"
            ));
        }
    }
    Ok(())
}

fn parse_stock(text: &str) -> Result<u32, String> {
    if text.is_empty() {
        return Err("is missing; write 0 for a product that cannot be bought yet".into());
    }
    match text.parse::<i128>() {
        Ok(..0) => Err(format!("`{text}` is negative")),
        Ok(stock) => match u32::try_from(stock) {
            Ok(stock) if stock <= STOCK_MAX => Ok(stock),
            _ => Err(format!("`{text}` is more than {STOCK_MAX}")),
        },
        Err(_) => Err(format!("`{text}` is not a whole number")),
    }
}

fn parse_compare_at(text: &str, price: Option<&Amount>) -> Result<Option<Amount>, String> {
    let Some(price) = price.filter(|_| !text.is_empty()) else {
        return Ok(None);
    };
    let before = Amount::parse(text, Some(price.currency())).map_err(|e| e.to_string())?;
    if before.minor() > price.minor() {
        Ok(Some(before))
    } else {
        Err(format!("{before} is not above the price, {price}"))
    }
}
