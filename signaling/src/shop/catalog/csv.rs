//! CSV (RFC 4180, UTF-8, with or without byte order mark). The header names the columns, in any
//! order: `id,title,description,price,currency,compare_at,stock,image`, further pictures in
//! `image2` to `image8`, titles in other languages in `title:pt` and the like.

use csv::ByteRecord;

use super::{Draft, Row, mistake};
use crate::protocol::shop::RowError;

/// Columns that every file has. `currency` may be missing when prices carry it: `19.90 EUR`.
const COLUMNS_NEEDED: [&str; 4] = ["id", "title", "price", "stock"];
const COLUMNS: &str = "id, title, description, price, currency, compare_at, stock, image, image2 \
                       to image8, and title:LANGUAGE";

/// What a column holds.
enum Column {
    Id,
    Title,
    Translation(String),
    Description,
    Price,
    Currency,
    CompareAt,
    Stock,
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

fn read_header(header: &ByteRecord) -> Result<Vec<Column>, RowError> {
    let mut names = Vec::new();
    for name in header {
        let name = std::str::from_utf8(name)
            .map_err(|_| mistake(1, "", "the file is not UTF-8; save it as CSV UTF-8"))?;
        names.push(name.trim().to_ascii_lowercase());
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
    names.iter().map(|name| read_column(name)).collect()
}

fn read_column(name: &str) -> Result<Column, RowError> {
    Ok(match name {
        "id" => Column::Id,
        "title" => Column::Title,
        "description" => Column::Description,
        "price" => Column::Price,
        "currency" => Column::Currency,
        "compare_at" => Column::CompareAt,
        "stock" => Column::Stock,
        "image" | "image2" | "image3" | "image4" | "image5" | "image6" | "image7" | "image8" => {
            Column::Image
        }
        _ => match name.split_once(':') {
            Some(("title", language)) => Column::Translation(language.to_owned()),
            _ => {
                return Err(mistake(
                    1,
                    name,
                    format!("unknown column; columns are {COLUMNS}"),
                ));
            }
        },
    })
}

fn read_row(row: u32, columns: &[Column], record: &ByteRecord) -> Result<Draft, Vec<RowError>> {
    if record.len() != columns.len() {
        let message = format!(
            "has {} columns, the header has {}; put text with commas in double quotes",
            record.len(),
            columns.len()
        );
        return Err(vec![mistake(row, "", message)]);
    }
    let mut draft = Draft::default();
    let mut mistakes = Vec::new();
    for (column, bytes) in columns.iter().zip(record) {
        match std::str::from_utf8(bytes) {
            Ok(text) => put(&mut draft, column, text.trim().to_owned()),
            Err(_) => mistakes.push(mistake(row, &field(column), "is not UTF-8")),
        }
    }
    if mistakes.is_empty() {
        Ok(draft)
    } else {
        Err(mistakes)
    }
}

fn put(draft: &mut Draft, column: &Column, text: String) {
    match column {
        Column::Id => draft.id = text,
        Column::Title => draft.title = text,
        Column::Description => draft.description = text,
        Column::Price => draft.price = text,
        Column::Currency => draft.currency = text,
        Column::CompareAt => draft.compare_at = text,
        Column::Stock => draft.stock = text,
        // An empty cell is no picture and no translation.
        Column::Image if text.is_empty() => {}
        Column::Image => draft.images.push(text),
        Column::Translation(_) if text.is_empty() => {}
        Column::Translation(language) => {
            draft.translations.insert(language.clone(), text);
        }
    }
}

fn field(column: &Column) -> String {
    match column {
        Column::Id => "id".into(),
        Column::Title => "title".into(),
        Column::Description => "description".into(),
        Column::Price => "price".into(),
        Column::Currency => "currency".into(),
        Column::CompareAt => "compare_at".into(),
        Column::Stock => "stock".into(),
        Column::Image => "image".into(),
        Column::Translation(language) => format!("title:{language}"),
    }
}
