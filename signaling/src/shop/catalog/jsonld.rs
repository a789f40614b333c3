//! JSON-LD with schema.org `Product`s, as shop systems put it on their pages: one object, an
//! array, or a `@graph`; `Offer`s inside the product, beside it by `@id`, or around it with
//! `itemOffered`; a `ProductGroup` with its variants in `hasVariant`. Other nodes (the page, the
//! organisation) are passed over. Only the compact names of schema.org are understood; contexts
//! are not fetched.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use super::draft::{About, Draft, DraftPrice, Row};
use super::mistake;
use crate::protocol::shop::RowError;

type Node = Map<String, Value>;
type Ids<'a> = HashMap<&'a str, &'a Node>;

/// How deep `@graph`s and arrays may be nested; pages use two levels.
const DEPTH_MAX: usize = 8;

pub(super) fn read(bytes: &[u8]) -> Result<Vec<Row>, RowError> {
    let document: Value = serde_json::from_slice(bytes)
        .map_err(|e| mistake(0, "", format!("the file is not JSON: {e}")))?;
    let mut nodes = Vec::new();
    collect(&document, DEPTH_MAX, &mut nodes);
    let with_id = |node: &&'_ Node| node.len() > 1 && node.contains_key("@id");
    let ids: Ids<'_> = nodes
        .iter()
        .copied()
        .filter(with_id)
        .filter_map(|node| Some((node.get("@id")?.as_str()?, node)))
        .collect();
    let mut rows: Vec<Row> = Vec::new();
    let mut add = |read: &dyn Fn(u32) -> Result<Draft, Vec<RowError>>| {
        let row = u32::try_from(rows.len() + 1).unwrap_or(u32::MAX);
        rows.push((row, read(row)));
    };
    for node in &nodes {
        if has_type(node, &["ProductGroup"]) {
            for variant in each(node.get("hasVariant")).filter_map(Value::as_object) {
                let variant = deref(variant, &ids);
                add(&|row| read_variant(row, node, variant, &ids));
            }
        } else if has_type(node, &["Product", "IndividualProduct", "ProductModel"]) {
            // A variant beside its group, named there by `@id`, is read with the group.
            if !node.contains_key("isVariantOf") {
                add(&|row| read_product(row, node, None, &ids));
            }
        } else if has_type(node, &["Offer"])
            && let Some(product) = node.get("itemOffered").and_then(Value::as_object)
            && product.len() > 1
        {
            add(&|row| read_product(row, product, Some(node), &ids));
        }
    }
    Ok(rows)
}

/// The node that a lone `@id` names, else the node itself.
fn deref<'a>(node: &'a Node, ids: &Ids<'a>) -> &'a Node {
    let id = node.get("@id").and_then(Value::as_str);
    let named = id.filter(|_| node.len() == 1).and_then(|id| ids.get(id));
    named.copied().unwrap_or(node)
}

/// All top-level nodes, through arrays and `@graph`s.
fn collect<'a>(value: &'a Value, depth: usize, nodes: &mut Vec<&'a Node>) {
    if depth == 0 {
        return;
    }
    match value {
        Value::Array(items) => items
            .iter()
            .for_each(|item| collect(item, depth - 1, nodes)),
        Value::Object(node) => {
            nodes.push(node);
            if let Some(graph) = node.get("@graph") {
                collect(graph, depth - 1, nodes);
            }
        }
        _ => {}
    }
}

fn has_type(node: &Node, wanted: &[&str]) -> bool {
    let is_wanted = |value: &Value| {
        value
            .as_str()
            .is_some_and(|name| wanted.contains(&local_name(name)))
    };
    match node.get("@type") {
        Some(Value::Array(names)) => names.iter().any(is_wanted),
        Some(name) => is_wanted(name),
        None => false,
    }
}

/// `SoldOut` of `https://schema.org/SoldOut`, `schema:SoldOut` or `SoldOut`.
fn local_name(name: &str) -> &str {
    name.rsplit(['/', '#', ':']).next().unwrap_or(name)
}

fn read_product(
    row: u32,
    product: &Node,
    around: Option<&Node>,
    ids: &Ids<'_>,
) -> Result<Draft, Vec<RowError>> {
    let offers = match around {
        Some(offer) => vec![offer],
        None => find_offers(row, product.get("offers"), ids).map_err(|e| vec![e])?,
    };
    let mut draft = Draft {
        id: scalar(product.get("sku").or_else(|| product.get("productID"))),
        about: read_about(product),
        ..Draft::default()
    };
    offers
        .iter()
        .for_each(|offer| read_offer(offer, &mut draft));
    if draft.id.is_empty() {
        draft.id = scalar(offers[0].get("sku"));
    }
    Ok(draft)
}

/// A variant of a group: the group says what is the product's.
fn read_variant(
    row: u32,
    group: &Node,
    variant: &Node,
    ids: &Ids<'_>,
) -> Result<Draft, Vec<RowError>> {
    let offers = find_offers(row, variant.get("offers"), ids).map_err(|e| vec![e])?;
    let group_id = group.get("productGroupID").or_else(|| group.get("sku"));
    let mut draft = Draft {
        id: scalar(group_id),
        sku: scalar(variant.get("sku").or_else(|| variant.get("productID"))),
        about: read_about(group),
        ..Draft::default()
    };
    for name in ["size", "color", "material", "pattern"] {
        let value = match variant.get(name) {
            Some(Value::Object(node)) => plain(node.get("name")),
            value => plain(value),
        };
        if !value.is_empty() {
            draft.options.insert(name.into(), value);
        }
    }
    for more in each(variant.get("additionalProperty")).filter_map(Value::as_object) {
        let value = scalar(more.get("value"));
        draft.options.insert(scalar(more.get("name")), value);
    }
    offers
        .iter()
        .for_each(|offer| read_offer(offer, &mut draft));
    Ok(draft)
}

fn read_about(product: &Node) -> About {
    let mut about = About::default();
    let (title, translations) = read_texts(product.get("name"));
    (about.title, about.translations) = (title, translations);
    let (description, descriptions) = read_texts(product.get("description"));
    (about.description, about.descriptions) = (description, descriptions);
    read_images(product.get("image"), &mut about.images);
    about
}

/// The offers of a product, at least one; each currency has its own.
fn find_offers<'a>(
    row: u32,
    offers: Option<&'a Value>,
    ids: &Ids<'a>,
) -> Result<Vec<&'a Node>, RowError> {
    let found: Vec<_> = each(offers).filter_map(Value::as_object).collect();
    if found.is_empty() {
        let message = "is missing: an Offer with price and stock";
        return Err(mistake(row, "offers", message));
    }
    let find = |offer: &'a Node| {
        if has_type(offer, &["AggregateOffer"]) {
            let message = "an AggregateOffer has no price of its own";
            return Err(mistake(row, "offers", message));
        }
        let node = deref(offer, ids);
        if node.len() > 1 {
            return Ok(node);
        }
        let id = scalar(node.get("@id"));
        let message = format!("there is no node with @id `{id}`");
        Err(mistake(row, "offers", message))
    };
    found.into_iter().map(find).collect()
}

fn read_offer(offer: &Node, draft: &mut Draft) {
    let mut price = DraftPrice {
        price: scalar(offer.get("price")),
        currency: scalar(offer.get("priceCurrency")),
        ..DraftPrice::default()
    };
    let mut tiers = Vec::new();
    for spec in each(offer.get("priceSpecification")).filter_map(Value::as_object) {
        let kind = scalar(spec.get("priceType"));
        let from = match spec.get("eligibleQuantity") {
            Some(Value::Object(range)) => scalar(range.get("minValue")),
            _ => String::new(),
        };
        match local_name(&kind) {
            "StrikethroughPrice" | "ListPrice" | "SRP" | "MSRP" | "RegularPrice" => {
                price.compare_at = scalar(spec.get("price"));
            }
            _ if !from.is_empty() => tiers.push(format!("{from}={}", scalar(spec.get("price")))),
            _ if price.price.is_empty() => {
                price.price = scalar(spec.get("price"));
                price.currency = scalar(spec.get("priceCurrency"));
            }
            _ => {}
        }
    }
    price.tiers = tiers.join(";");
    if !draft.prices.is_empty() {
        price.suffix.clone_from(&price.currency);
    }
    draft.prices.push(price);
    if let Some(Value::Object(least)) = offer.get("eligibleQuantity") {
        draft.min_quantity = scalar(least.get("minValue"));
    }
    let stock = match offer.get("inventoryLevel") {
        Some(Value::Object(level)) => scalar(level.get("value")),
        level => scalar(level),
    };
    let availability = scalar(offer.get("availability"));
    let is_out = ["SoldOut", "OutOfStock", "Discontinued"].contains(&local_name(&availability));
    if !stock.is_empty() {
        draft.stock = stock;
    } else if draft.stock.is_empty() && is_out {
        draft.stock = "0".into();
    }
}

/// A text, or texts with languages: the first is the text, those with an `@language` are
/// translations too.
fn read_texts(value: Option<&Value>) -> (String, BTreeMap<String, String>) {
    let mut translations = BTreeMap::new();
    let mut first = String::new();
    for value in each(value) {
        let text = plain(Some(value));
        if first.is_empty() {
            first.clone_from(&text);
        }
        if let Some(language) = value.get("@language").and_then(Value::as_str) {
            translations.insert(language.to_owned(), text);
        }
    }
    (first, translations)
}

fn read_images(image: Option<&Value>, images: &mut Vec<String>) {
    for value in each(image) {
        let url = match value {
            Value::Object(node) => scalar(node.get("contentUrl").or_else(|| node.get("url"))),
            other => scalar(Some(other)),
        };
        if !url.is_empty() {
            images.push(url);
        }
    }
}

/// A value, or the values of an array.
fn each(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    match value {
        Some(Value::Array(items)) => items.iter(),
        Some(one) => std::slice::from_ref(one).iter(),
        None => [].iter(),
    }
}

/// A text or a text with language.
fn plain(value: Option<&Value>) -> String {
    match value {
        Some(Value::Object(node)) => scalar(node.get("@value")),
        Some(Value::Array(items)) => plain(items.first()),
        other => scalar(other),
    }
}

/// A text or a number as text. Numbers keep their shortest decimal form, which is the form they
/// were written in, so that 19.9 stays exactly 19.9.
fn scalar(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}
