//! CSV (RFC 4180, UTF-8, with or without byte order mark). The header names the columns, in any
//! order; one row is one variant. `docs/shop.md` has the table of columns.

use csv::ByteRecord;

use super::draft::{Draft, DraftPrice, Row};
use super::mistake;
use crate::protocol::shop::RowError;

/// Columns that every file has. `currency` may be missing when prices carry it: `19.90 EUR`.
const COLUMNS_NEEDED: [&str; 4] = ["id", "title", "price", "stock"];
const COLUMNS: &str = "id, sku, title, description, price, currency, compare_at, tiers, stock, \
                       stock_version, min_quantity, hold, per_buyer, image, image2 to image8, \
                       title:LANGUAGE, description:LANGUAGE, option:NAME, and price:CURRENCY, \
                       compare_at:CURRENCY, tiers:CURRENCY";

/// What a column holds.
#[derive(Clone)]
enum Column {
    Id,
    Sku,
    Title,
    TitleIn(String),
    Description,
    DescriptionIn(String),
    Option(String),
    Price(String),
    CompareAt(String),
    Tiers(String),
    Currency,
    MinQuantity,
    Stock,
    StockVersion,
    Hold,
    PerBuyer,
    Image,
}

pub(super) fn read(bytes: &[u8]) -> Result<Vec<Row>, RowError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let header = reader
        .byte_headers()
        .map_err(|e| mistake(1, "", e.to_string()))?
        .clone();
    let columns = read_header(&header)?;
    let mut rows = Vec::new();
    let mut record = ByteRecord::new();
    // Rows are counted as a spreadsheet shows them: the header is 1.
    for row in 2.. {
        match reader.read_byte_record(&mut record) {
            Ok(true) => rows.push((row, read_row(row, &columns, &record))),
            Ok(false) => break,
            Err(e) => return Err(mistake(row, "", e.to_string())),
        }
    }
    Ok(rows)
}

/// Columns with their names.
fn read_header(header: &ByteRecord) -> Result<Vec<(String, Column)>, RowError> {
    let mut names = Vec::new();
    for name in header {
        let name = std::str::from_utf8(name)
            .map_err(|_| mistake(1, "", "the file is not UTF-8; save it as CSV UTF-8"))?;
        let name = name.trim();
        let (column, of) = name.split_at(name.find(':').unwrap_or(name.len()));
        names.push(column.to_ascii_lowercase() + of);
    }
    if let [only] = names.as_slice() {
        for (sign, word) in [(';', "semicolons"), ('\t', "tabs")] {
            if only.contains(sign) {
                let message = format!("columns are separated by {word}; save with commas");
                return Err(mistake(1, "", message));
            }
        }
    }
    for needed in COLUMNS_NEEDED {
        if !names.iter().any(|name| name == needed) {
            let message = format!("the header has no column `{needed}`; columns are {COLUMNS}");
            return Err(mistake(1, needed, message));
        }
    }
    for (at, name) in names.iter().enumerate() {
        if names[..at].contains(name) {
            return Err(mistake(1, name, "the header has this column twice"));
        }
    }
    let column = |name: String| read_column(&name).map(|column| (name, column));
    names.into_iter().map(column).collect()
}

fn read_column(name: &str) -> Result<Column, RowError> {
    let (name, of) = name
        .split_once(':')
        .map_or((name, None), |(a, b)| (a, Some(b)));
    Ok(match (name, of) {
        ("id", None) => Column::Id,
        ("sku", None) => Column::Sku,
        ("title", None) => Column::Title,
        ("title", Some(language)) => Column::TitleIn(language.into()),
        ("description", None) => Column::Description,
        ("description", Some(language)) => Column::DescriptionIn(language.into()),
        ("option", Some(name)) => Column::Option(name.into()),
        ("price", of) => Column::Price(of.unwrap_or("").to_ascii_uppercase()),
        ("compare_at", of) => Column::CompareAt(of.unwrap_or("").to_ascii_uppercase()),
        ("tiers", of) => Column::Tiers(of.unwrap_or("").to_ascii_uppercase()),
        ("currency", None) => Column::Currency,
        ("min_quantity", None) => Column::MinQuantity,
        ("stock", None) => Column::Stock,
        ("stock_version", None) => Column::StockVersion,
        ("hold", None) => Column::Hold,
        ("per_buyer", None) => Column::PerBuyer,
        (
            "image" | "image2" | "image3" | "image4" | "image5" | "image6" | "image7" | "image8",
            None,
        ) => Column::Image,
        _ => {
            let whole = of.map_or(name.to_owned(), |of| format!("{name}:{of}"));
            let message = format!("unknown column; columns are {COLUMNS}");
            return Err(mistake(1, &whole, message));
        }
    })
}

fn read_row(
    row: u32,
    columns: &[(String, Column)],
    record: &ByteRecord,
) -> Result<Draft, Vec<RowError>> {
    if record.len() != columns.len() {
        let message = format!(
            "has {} columns, the header has {}; put text with commas in double quotes",
            record.len(),
            columns.len()
        );
        return Err(vec![mistake(row, "", message)]);
    }
    let mut draft = Draft {
        prices: vec![DraftPrice::default()],
        ..Draft::default()
    };
    let mut mistakes = Vec::new();
    for ((name, column), bytes) in columns.iter().zip(record) {
        match std::str::from_utf8(bytes) {
            Ok(text) => put(&mut draft, column.clone(), text.trim().to_owned()),
            Err(_) => mistakes.push(mistake(row, name, "is not UTF-8")),
        }
    }
    if mistakes.is_empty() {
        Ok(draft)
    } else {
        Err(mistakes)
    }
}

fn put(draft: &mut Draft, column: Column, text: String) {
    let about = &mut draft.about;
    match column {
        Column::Id => draft.id = text,
        Column::Sku => draft.sku = text,
        Column::Title => about.title = text,
        Column::Description => about.description = text,
        Column::Currency => draft.prices[0].currency = text,
        Column::MinQuantity => draft.min_quantity = text,
        Column::Stock => draft.stock = text,
        Column::StockVersion => draft.stock_version = text,
        Column::Hold => about.hold_mode = text,
        Column::PerBuyer => about.per_buyer = text,
        // An empty cell is no picture, no translation, no option and no price.
        _ if text.is_empty() => {}
        Column::Image => about.images.push(text),
        Column::TitleIn(language) => drop(about.translations.insert(language, text)),
        Column::DescriptionIn(language) => drop(about.descriptions.insert(language, text)),
        Column::Option(name) => drop(draft.options.insert(name, text)),
        Column::Price(of) => price(draft, of).price = text,
        Column::CompareAt(of) => price(draft, of).compare_at = text,
        Column::Tiers(of) => price(draft, of).tiers = text,
    }
}

/// The price in a currency; the first one is named by no currency in the header.
fn price(draft: &mut Draft, of: String) -> &mut DraftPrice {
    let known = draft.prices.iter().position(|price| price.suffix == of);
    let at = known.unwrap_or_else(|| {
        draft.prices.push(DraftPrice {
            currency: of.clone(),
            suffix: of,
            ..DraftPrice::default()
        });
        draft.prices.len() - 1
    });
    &mut draft.prices[at]
}
