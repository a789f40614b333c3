//! The rules of a catalogue, once for all formats: rows become products with their variants.

use std::collections::{BTreeMap, HashMap};

use super::draft::{About, Draft, DraftPrice, Row};
use super::fields::{
    check_id, check_images, check_language, check_text, parse_compare_at, parse_hold,
    parse_per_buyer, parse_quantity, parse_stock, parse_tiers, parse_version,
};
use super::{Price, Product, Variant, mistake};
use crate::limits::shop::{
    CURRENCIES_MAX, DESCRIPTION_CHARS_MAX, IMPORT_ERRORS_MAX, IMPORT_PRODUCTS_MAX,
    OPTION_CHARS_MAX, OPTIONS_MAX, TITLE_CHARS_MAX, VARIANTS_MAX,
};
use crate::protocol::shop::RowError;
use crate::shop::money::{Amount, MoneyError};

/// A product under way: the row it began in, and what that row said of it.
struct Begun {
    row: u32,
    about: About,
    product: Product,
}

/// All products with the row each began in, or all mistakes.
pub(super) fn products(rows: Vec<Row>) -> Result<Vec<(u32, Product)>, Vec<RowError>> {
    if rows.is_empty() {
        return Err(vec![mistake(0, "", "there is no product in the file")]);
    }
    let mut catalogue = Catalogue::default();
    for (row, draft) in rows {
        match draft {
            Ok(draft) => catalogue.add(row, draft),
            Err(found) => catalogue.mistakes.extend(found),
        }
        if catalogue.mistakes.len() >= IMPORT_ERRORS_MAX {
            catalogue.mistakes.truncate(IMPORT_ERRORS_MAX);
            return Err(catalogue.mistakes);
        }
    }
    let Catalogue {
        begun,
        mut mistakes,
        ..
    } = catalogue;
    if begun.len() > IMPORT_PRODUCTS_MAX {
        let message = format!(
            "{} products; at most {IMPORT_PRODUCTS_MAX} a file",
            begun.len()
        );
        return Err(vec![mistake(0, "", message)]);
    }
    mistakes.extend(begun.iter().filter_map(check_variants));
    if mistakes.is_empty() {
        Ok(begun
            .into_iter()
            .map(|begun| (begun.row, begun.product))
            .collect())
    } else {
        Err(mistakes)
    }
}

/// What was read so far.
#[derive(Default)]
struct Catalogue {
    begun: Vec<Begun>,
    /// Where a product is in `begun`.
    by_id: HashMap<String, usize>,
    /// The row each variant was in.
    variants: HashMap<String, u32>,
    mistakes: Vec<RowError>,
}

impl Catalogue {
    fn add(&mut self, row: u32, draft: Draft) {
        let (field, variant) = match draft.sku.as_str() {
            "" => ("id", draft.id.clone()),
            sku => ("sku", sku.to_owned()),
        };
        if let Some(first) = self.variants.insert(variant.clone(), row)
            && !variant.is_empty()
        {
            let message = format!("`{variant}` is already in row {first}");
            self.mistakes.push(mistake(row, field, message));
            return;
        }
        let known = self.by_id.get(&draft.id).copied();
        let mut notes = Notes::new(row);
        if known.is_none() {
            check_about(&draft, &mut notes);
        } else if let Some(at) = known {
            check_same(&draft.about, &self.begun[at], &mut notes);
        }
        let variant = check_variant(&draft, variant, &mut notes);
        self.mistakes.append(&mut notes.mistakes);
        let at = known.unwrap_or_else(|| {
            self.by_id.insert(draft.id.clone(), self.begun.len());
            self.begun.push(begin(row, draft.id, draft.about));
            self.begun.len() - 1
        });
        self.begun[at].product.variants.extend(variant);
    }
}

/// Mistakes of a row, noted as they are found.
struct Notes {
    row: u32,
    mistakes: Vec<RowError>,
}

impl Notes {
    fn new(row: u32) -> Self {
        let mistakes = Vec::new();
        Self { row, mistakes }
    }

    /// The value, or its mistake noted.
    fn take<T>(&mut self, field: &str, found: Result<T, String>) -> Option<T> {
        match found {
            Ok(value) => Some(value),
            Err(message) => {
                self.mistakes.push(mistake(self.row, field, message));
                None
            }
        }
    }
}

fn begin(row: u32, id: String, about: About) -> Begun {
    let product = Product {
        id,
        title: about.title.clone(),
        description: about.description.clone(),
        images: about.images.clone(),
        translations: about.translations.clone(),
        descriptions: about.descriptions.clone(),
        hold_mode: parse_hold(&about.hold_mode).unwrap_or_default(),
        per_buyer: parse_per_buyer(&about.per_buyer).unwrap_or_default(),
        variants: Vec::new(),
    };
    Begun {
        row,
        about,
        product,
    }
}

fn check_about(draft: &Draft, notes: &mut Notes) {
    let about = &draft.about;
    notes.take("id", check_id(&draft.id));
    notes.take("title", check_text(&about.title, 1, TITLE_CHARS_MAX));
    let description = check_text(&about.description, 0, DESCRIPTION_CHARS_MAX);
    notes.take("description", description);
    notes.take("image", check_images(&about.images));
    for (field, texts, max) in [
        ("title", &about.translations, TITLE_CHARS_MAX),
        ("description", &about.descriptions, DESCRIPTION_CHARS_MAX),
    ] {
        for (language, text) in texts {
            let field = format!("{field}:{language}");
            notes.take(&field, check_language(language));
            notes.take(&field, check_text(text, 1, max));
        }
    }
    notes.take("hold", parse_hold(&about.hold_mode));
    notes.take("per_buyer", parse_per_buyer(&about.per_buyer));
}

/// A further row of a product says nothing of it, or the same as the first.
fn check_same(about: &About, first: &Begun, notes: &mut Notes) {
    let row = first.row;
    let first = &first.about;
    let same = |found: bool| match found {
        true => Ok(()),
        false => Err(format!("is not what row {row} says; leave it empty here")),
    };
    let text = |found: &str, said: &str| same(found.is_empty() || found == said);
    notes.take("title", text(&about.title, &first.title));
    notes.take("description", text(&about.description, &first.description));
    notes.take("hold", text(&about.hold_mode, &first.hold_mode));
    notes.take("per_buyer", text(&about.per_buyer, &first.per_buyer));
    let images = about.images.is_empty() || about.images == first.images;
    notes.take("image", same(images));
    for (field, texts, said) in [
        ("title", &about.translations, &first.translations),
        ("description", &about.descriptions, &first.descriptions),
    ] {
        for (language, text) in texts {
            notes.take(
                &format!("{field}:{language}"),
                same(said.get(language) == Some(text)),
            );
        }
    }
}

fn check_variant(draft: &Draft, id: String, notes: &mut Notes) -> Option<Variant> {
    let before = notes.mistakes.len();
    if !draft.sku.is_empty() {
        notes.take("sku", check_id(&id));
    }
    for (name, value) in &draft.options {
        let field = format!("option:{name}");
        notes.take(&field, check_text(name, 1, OPTION_CHARS_MAX));
        notes.take(&field, check_text(value, 1, OPTION_CHARS_MAX));
    }
    if draft.options.len() > OPTIONS_MAX {
        let message = format!("{} options; at most {OPTIONS_MAX}", draft.options.len());
        notes.take::<()>("option", Err(message));
    }
    let min_quantity = match draft.min_quantity.as_str() {
        "" => Some(1),
        text => notes.take("min_quantity", parse_quantity(text)),
    };
    let stock = notes.take("stock", parse_stock(&draft.stock));
    let stock_version = match draft.stock_version.as_str() {
        "" => Some(None),
        text => notes.take("stock_version", parse_version(text)).map(Some),
    };
    let prices = check_prices(&draft.prices, notes);
    let variant = Variant {
        id,
        options: draft.options.clone(),
        min_quantity: min_quantity?,
        prices,
        stock: stock?,
        stock_version: stock_version?,
    };
    (notes.mistakes.len() == before).then_some(variant)
}

fn check_prices(drafts: &[DraftPrice], notes: &mut Notes) -> Vec<Price> {
    let mut prices: Vec<Price> = Vec::new();
    for (at, draft) in drafts.iter().enumerate() {
        if at > 0 && draft.is_blank() {
            continue;
        }
        let beside = (!draft.currency.is_empty()).then_some(draft.currency.as_str());
        let price = Amount::parse(&draft.price, beside);
        let field = price_field(draft, &price);
        let price = notes.take(&field, price.map_err(|e| e.to_string()));
        let before = parse_compare_at(&draft.compare_at, price);
        let compare_at = notes.take(&draft.field("compare_at"), before);
        let tiers = notes.take(&draft.field("tiers"), parse_tiers(&draft.tiers, price));
        let Some(((price, compare_at), tiers)) = price.zip(compare_at).zip(tiers) else {
            continue;
        };
        if prices.iter().any(|known| known.price.same_currency(price)) {
            let message = format!("there is a price in {} already", price.currency());
            notes.take::<()>(&field, Err(message));
        }
        prices.push(Price {
            price,
            compare_at,
            tiers,
        });
    }
    // The first is shown to who asks for no currency; the order of the others says nothing.
    if let Some(others) = prices.get_mut(1..) {
        others.sort_by_key(|price| price.price.currency());
    }
    if drafts.is_empty() {
        notes.take::<()>("price", Err("is missing".into()));
    }
    if prices.len() > CURRENCIES_MAX {
        let message = format!("{} currencies; at most {CURRENCIES_MAX}", prices.len());
        notes.take::<()>("price", Err(message));
    }
    prices
}

/// The column to look at for a price that cannot be read.
fn price_field(draft: &DraftPrice, price: &Result<Amount, MoneyError>) -> String {
    match price {
        Err(
            MoneyError::UnknownCurrency(_)
            | MoneyError::NoMinorUnit(_)
            | MoneyError::MissingCurrency(_),
        ) if draft.suffix.is_empty() => "currency".into(),
        _ => draft.field("price"),
    }
}

/// What only all variants of a product show together.
fn check_variants(begun: &Begun) -> Option<RowError> {
    let variants = &begun.product.variants;
    if variants.len() > VARIANTS_MAX {
        let message = format!("has {} variants; at most {VARIANTS_MAX}", variants.len());
        return Some(mistake(begun.row, "id", message));
    }
    if variants.len() < 2 {
        return None;
    }
    let mut seen: BTreeMap<_, &str> = BTreeMap::new();
    variants.iter().find_map(|variant| {
        let message = if variant.options.is_empty() {
            format!("`{}` has none; variants differ by theirs", variant.id)
        } else {
            let other = seen.insert(&variant.options, &variant.id)?;
            format!("`{}` has the same as `{other}`", variant.id)
        };
        Some(mistake(begun.row, "option", message))
    })
}
