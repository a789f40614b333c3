//! What search engines read on a public show's page: schema.org `BroadcastEvent` and its
//! `Product`s with offers, as JSON-LD in the page that is served. A data block, no script: the
//! page's policy against inline scripts holds.

#[cfg(test)]
mod tests;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::protocol::client::Phase;
use crate::protocol::server::{Money, PriceView, ProductView, ShowInfo, VariantView};

/// The page of a show with its description before the end of its head. `origin` is where the
/// page is, such as `https://shop.example`.
#[must_use]
pub fn into_page(page: &str, info: &ShowInfo, products: &[ProductView], origin: &str) -> String {
    let graph: Vec<Value> = std::iter::once(event(info, origin))
        .chain(
            products
                .iter()
                .map(|product| describe(product, info, origin)),
        )
        .collect();
    let data = json!({ "@context": "https://schema.org", "@graph": graph });
    let block = format!(
        "<script type=\"application/ld+json\">{}</script></head>",
        harmless(&data)
    );
    page.replacen("</head>", &block, 1)
}

/// JSON in which nothing can end the element it stands in: those characters occur only within
/// strings, where JSON has another way to write them.
fn harmless(data: &Value) -> String {
    let text = data.to_string();
    text.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

fn event(info: &ShowInfo, origin: &str) -> Value {
    let url = page_of(info, origin);
    let mut event = json!({
        "@type": "BroadcastEvent",
        "@id": url,
        "name": info.title,
        "url": url,
        "isLiveBroadcast": info.phase == Phase::Live,
        "eventAttendanceMode": "https://schema.org/OnlineEventAttendanceMode",
        "location": { "@type": "VirtualLocation", "url": url },
    });
    if let Some(cover) = &info.cover {
        event["image"] = absolute(cover, origin).into();
    }
    if let Some(started) = info.started_ms.or(info.starts_ms).and_then(date) {
        event["startDate"] = started.into();
    }
    event
}

fn describe(product: &ProductView, info: &ShowInfo, origin: &str) -> Value {
    let url = page_of(info, origin);
    let offers = product.variants.iter().flat_map(|variant| {
        let offer = |price: &PriceView| offer(variant, &price.price, &url);
        variant.prices.iter().map(offer).collect::<Vec<_>>()
    });
    let offers: Vec<Value> = offers.collect();
    let images = product.images.iter().map(|image| absolute(image, origin));
    json!({
        "@type": "Product",
        "@id": format!("{url}#{}", product.id),
        "sku": product.id,
        "name": product.title,
        "description": product.description,
        "image": images.collect::<Vec<_>>(),
        "offers": offers,
    })
}

fn offer(variant: &VariantView, price: &Money, url: &str) -> Value {
    let availability = if variant.available == 0 {
        "SoldOut"
    } else {
        "InStock"
    };
    json!({
        "@type": "Offer",
        "sku": variant.id,
        "price": decimal(price),
        "priceCurrency": price.currency,
        "availability": format!("https://schema.org/{availability}"),
        "url": url,
    })
}

fn page_of(info: &ShowInfo, origin: &str) -> String {
    format!("{origin}/s/{}", info.name)
}

fn absolute(url: &str, origin: &str) -> String {
    if url.starts_with('/') {
        format!("{origin}{url}")
    } else {
        url.to_owned()
    }
}

fn date(unix_ms: u64) -> Option<String> {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000);
    at.ok()?.format(&Rfc3339).ok()
}

/// `49.90`: a dot, and as many decimals as the currency has.
fn decimal(money: &Money) -> String {
    let exponent = usize::from(money.exponent);
    let digits = format!("{:0>width$}", money.minor, width = exponent + 1);
    let (whole, rest) = digits.split_at(digits.len() - exponent);
    if rest.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{rest}")
    }
}
