//! What was written, before the rules: texts as they stand in the file.

use std::collections::BTreeMap;

use crate::protocol::server::HoldMode;
use crate::protocol::shop::{PriceBody, ProductBody, RowError, TierBody, VariantBody};

/// A row of a file: a variant, with what it says of its product.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Draft {
    /// Product id.
    pub(super) id: String,
    /// Variant id; empty for the product's own id.
    pub(super) sku: String,
    pub(super) about: About,
    pub(super) options: BTreeMap<String, String>,
    pub(super) min_quantity: String,
    /// In the order in which currencies are named.
    pub(super) prices: Vec<DraftPrice>,
    pub(super) stock: String,
    pub(super) stock_version: String,
}

/// What a row says of its product.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct About {
    pub(super) title: String,
    pub(super) description: String,
    pub(super) images: Vec<String>,
    pub(super) translations: BTreeMap<String, String>,
    pub(super) descriptions: BTreeMap<String, String>,
    pub(super) hold_mode: String,
    pub(super) per_buyer: String,
}

/// A price in one currency.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct DraftPrice {
    /// ISO 4217 code; empty when `price` names it.
    pub(super) currency: String,
    pub(super) price: String,
    pub(super) compare_at: String,
    /// `10=17.90;100=15.00`
    pub(super) tiers: String,
    /// What its columns are called after a colon; empty for the first price.
    pub(super) suffix: String,
}

impl DraftPrice {
    /// Nothing is written in any of its columns.
    pub(super) fn is_blank(&self) -> bool {
        self.price.is_empty() && self.compare_at.is_empty() && self.tiers.is_empty()
    }

    /// The name of one of its columns.
    pub(super) fn field(&self, name: &str) -> String {
        match self.suffix.as_str() {
            "" => name.to_owned(),
            suffix => format!("{name}:{suffix}"),
        }
    }
}

/// A row: a draft or what made it unreadable.
pub(super) type Row = (u32, Result<Draft, Vec<RowError>>);

/// A product that came as JSON: one row a variant.
pub(super) fn of_body(id: &str, body: ProductBody) -> Vec<Row> {
    let hold_mode = match body.hold_mode {
        HoldMode::Hold => "hold",
        HoldMode::FirstPaid => "first_paid",
    };
    let about = About {
        title: body.title.trim().into(),
        description: body.description.trim().into(),
        images: body.images,
        translations: body.translations,
        descriptions: body.descriptions,
        hold_mode: hold_mode.into(),
        per_buyer: body.per_buyer.map_or(String::new(), |n| n.to_string()),
    };
    let draft = |variant: VariantBody| Draft {
        id: id.to_owned(),
        sku: variant.id,
        about: about.clone(),
        options: variant.options,
        min_quantity: variant.min_quantity.to_string(),
        prices: variant
            .prices
            .into_iter()
            .enumerate()
            .map(price_of_body)
            .collect(),
        stock: variant.stock.to_string(),
        stock_version: variant
            .stock_version
            .map_or(String::new(), |v| v.to_string()),
    };
    let rows = (1..).zip(body.variants);
    rows.map(|(row, variant)| (row, Ok(draft(variant))))
        .collect()
}

fn price_of_body((at, price): (usize, PriceBody)) -> DraftPrice {
    let tier = |tier: &TierBody| format!("{}={}", tier.min_quantity, tier.price);
    let tiers: Vec<_> = price.tiers.iter().map(tier).collect();
    DraftPrice {
        suffix: if at == 0 {
            String::new()
        } else {
            price.currency.clone()
        },
        currency: price.currency,
        price: price.price,
        compare_at: price.compare_at.unwrap_or_default(),
        tiers: tiers.join(";"),
    }
}
