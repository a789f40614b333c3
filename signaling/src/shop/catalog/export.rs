//! The catalogue as CSV that imports back to the same catalogue.

use std::collections::{BTreeMap, BTreeSet};

use super::{Price, Product, Variant};
use crate::protocol::server::HoldMode;
use crate::shop::money::Amount;

/// Columns that are always there, in their order.
const COLUMNS: [&str; 14] = [
    "id",
    "sku",
    "title",
    "description",
    "price",
    "currency",
    "compare_at",
    "tiers",
    "stock",
    "stock_version",
    "min_quantity",
    "hold",
    "per_buyer",
    "image",
];

/// The columns that depend on the catalogue.
struct Extra {
    images: usize,
    titles: BTreeSet<String>,
    descriptions: BTreeSet<String>,
    options: BTreeSet<String>,
    /// Currencies of prices after the first.
    currencies: BTreeSet<&'static str>,
}

/// Writes products as CSV, one row a variant.
pub fn write(products: &[Product]) -> String {
    let extra = Extra::of(products);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(extra.header())
        .expect("memory takes a row");
    for product in products {
        for (at, variant) in product.variants.iter().enumerate() {
            let row = extra.row(product, variant, at == 0);
            writer.write_record(row).expect("memory takes a row");
        }
    }
    let bytes = writer.into_inner().expect("memory takes a file");
    String::from_utf8(bytes).expect("texts are UTF-8")
}

impl Extra {
    fn of(products: &[Product]) -> Self {
        let variants = || products.iter().flat_map(|product| &product.variants);
        let keys = |map: &BTreeMap<String, String>| map.keys().cloned().collect::<Vec<_>>();
        let later = variants().flat_map(|variant| variant.prices.iter().skip(1));
        Self {
            images: products.iter().map(|p| p.images.len()).max().unwrap_or(0),
            titles: products
                .iter()
                .flat_map(|p| keys(&p.translations))
                .collect(),
            descriptions: products
                .iter()
                .flat_map(|p| keys(&p.descriptions))
                .collect(),
            options: variants().flat_map(|v| keys(&v.options)).collect(),
            currencies: later.map(|price| price.price.currency()).collect(),
        }
    }

    fn header(&self) -> Vec<String> {
        let mut header: Vec<String> = COLUMNS.map(str::to_owned).to_vec();
        header.extend((2..=self.images).map(|n| format!("image{n}")));
        header.extend(self.titles.iter().map(|tag| format!("title:{tag}")));
        header.extend(
            self.descriptions
                .iter()
                .map(|tag| format!("description:{tag}")),
        );
        header.extend(self.options.iter().map(|name| format!("option:{name}")));
        for currency in &self.currencies {
            let names = ["price", "compare_at", "tiers"];
            header.extend(names.map(|name| format!("{name}:{currency}")));
        }
        header
    }

    /// A variant's row; the first one of a product says what is the product's.
    fn row(&self, product: &Product, variant: &Variant, is_first: bool) -> Vec<String> {
        let once = |text: &str| {
            if is_first {
                text.to_owned()
            } else {
                String::new()
            }
        };
        let image = |at: usize| once(product.images.get(at).map_or("", String::as_str));
        let [price, compare_at, tiers] = price_cells(variant.prices.first());
        let currency = variant.prices[0].price.currency();
        let hold = match product.hold_mode {
            HoldMode::Hold => "hold",
            HoldMode::FirstPaid => "first_paid",
        };
        let mut row = vec![
            product.id.clone(),
            variant.id.clone(),
            once(&product.title),
            once(&product.description),
            price,
            currency.into(),
            compare_at,
            tiers,
            variant.stock.to_string(),
            variant
                .stock_version
                .map_or(String::new(), |v| v.to_string()),
            variant.min_quantity.to_string(),
            once(hold),
            once(&product.per_buyer.map_or(String::new(), |n| n.to_string())),
            image(0),
        ];
        row.extend((1..self.images).map(image));
        let of = |texts: &BTreeMap<String, String>, key: &String| {
            texts.get(key).cloned().unwrap_or_default()
        };
        let said = |texts, key| once(&of(texts, key));
        row.extend(
            self.titles
                .iter()
                .map(|tag| said(&product.translations, tag)),
        );
        row.extend(
            self.descriptions
                .iter()
                .map(|tag| said(&product.descriptions, tag)),
        );
        row.extend(self.options.iter().map(|name| of(&variant.options, name)));
        for currency in &self.currencies {
            let mut later = variant.prices.iter().skip(1);
            row.extend(price_cells(later.find(|p| p.price.currency() == *currency)));
        }
        row
    }
}

/// Price, earlier price and tiers.
fn price_cells(price: Option<&Price>) -> [String; 3] {
    let Some(price) = price else {
        return Default::default();
    };
    let tiers = price.tiers.iter();
    let tiers = tiers.map(|tier| format!("{}={}", tier.min_quantity, tier.price.number()));
    [
        price.price.number(),
        price.compare_at.map_or(String::new(), Amount::number),
        tiers.collect::<Vec<_>>().join(";"),
    ]
}
