//! JSON-LD with schema.org `Product`s, as shop systems put it on their pages: one object, an
//! array, or a `@graph`; `Offer`s inside the product, beside it by `@id`, or around it with
//! `itemOffered`. Other nodes (the page, the organisation) are passed over. Only the compact
//! names of schema.org are understood; contexts are not fetched.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{Draft, Row, mistake};
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
    let mut rows = Vec::new();
    for node in &nodes {
        let found = if has_type(node, &["Product", "IndividualProduct", "ProductModel"]) {
            Some((*node, node.get("offers")))
        } else if has_type(node, &["Offer"]) {
            let product = node.get("itemOffered").and_then(Value::as_object);
            product
                .map(|product| (product, None))
                .filter(|(product, _)| product.len() > 1)
        } else {
            None
        };
        if let Some((product, offers)) = found {
            let row = u32::try_from(rows.len() + 1).unwrap_or(u32::MAX);
            let around = offers.is_none().then_some(*node);
            rows.push((row, read_product(row, product, around, &ids)));
        }
    }
    Ok(rows)
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
    let mut draft = Draft {
        id: scalar(product.get("sku").or_else(|| product.get("productID"))),
        description: plain(product.get("description")),
        ..Draft::default()
    };
    read_names(product.get("name"), &mut draft);
    read_images(product.get("image"), &mut draft.images);
    let offer = match around.filter(|node| has_type(node, &["Offer"])) {
        Some(offer) => offer,
        None => find_offer(row, product.get("offers"), ids).map_err(|e| vec![e])?,
    };
    read_offer(offer, &mut draft);
    if draft.id.is_empty() {
        draft.id = scalar(offer.get("sku"));
    }
    Ok(draft)
}

fn find_offer<'a>(
    row: u32,
    offers: Option<&'a Value>,
    ids: &Ids<'a>,
) -> Result<&'a Node, RowError> {
    let offers = match offers {
        Some(Value::Array(offers)) if offers.len() > 1 => {
            let message = format!("{} offers; a product here has one price", offers.len());
            return Err(mistake(row, "offers", message));
        }
        Some(Value::Array(offers)) => offers.first(),
        other => other,
    };
    let offer = offers
        .and_then(Value::as_object)
        .ok_or_else(|| mistake(row, "offers", "is missing: an Offer with price and stock"))?;
    if has_type(offer, &["AggregateOffer"]) {
        return Err(mistake(
            row,
            "offers",
            "an AggregateOffer has no price of its own",
        ));
    }
    if offer.len() > 1 {
        return Ok(offer);
    }
    let id = offer.get("@id").and_then(Value::as_str).unwrap_or("");
    ids.get(id)
        .copied()
        .ok_or_else(|| mistake(row, "offers", format!("there is no node with @id `{id}`")))
}

fn read_offer(offer: &Node, draft: &mut Draft) {
    draft.price = scalar(offer.get("price"));
    draft.currency = scalar(offer.get("priceCurrency"));
    for spec in each(offer.get("priceSpecification")).filter_map(Value::as_object) {
        let kind = scalar(spec.get("priceType"));
        match local_name(&kind) {
            "StrikethroughPrice" | "ListPrice" | "SRP" | "MSRP" | "RegularPrice" => {
                draft.compare_at = scalar(spec.get("price"));
            }
            _ if draft.price.is_empty() => {
                draft.price = scalar(spec.get("price"));
                draft.currency = scalar(spec.get("priceCurrency"));
            }
            _ => {}
        }
    }
    draft.stock = match offer.get("inventoryLevel") {
        Some(Value::Object(level)) => scalar(level.get("value")),
        level => scalar(level),
    };
    let availability = scalar(offer.get("availability"));
    let is_out = ["SoldOut", "OutOfStock", "Discontinued"].contains(&local_name(&availability));
    if draft.stock.is_empty() && is_out {
        draft.stock = "0".into();
    }
}

/// `name` may be a text, or texts with languages: the first is the title, those with an
/// `@language` are translations too.
fn read_names(name: Option<&Value>, draft: &mut Draft) {
    for value in each(name) {
        let text = plain(Some(value));
        if draft.title.is_empty() {
            draft.title.clone_from(&text);
        }
        if let Some(language) = value.get("@language").and_then(Value::as_str) {
            draft.translations.insert(language.to_owned(), text);
        }
    }
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
