//! What one field of a catalogue may hold, and how its text is read.

use crate::limits::shop::{
    IMAGE_URL_CHARS_MAX, IMAGES_MAX, ORDER_QUANTITY_MAX, PRODUCT_ID_CHARS_MAX, STOCK_MAX, TIERS_MAX,
};
use crate::protocol::server::HoldMode;
use crate::shop::money::Amount;
use crate::shop::pricing::Tier;

pub(super) fn parse_hold(text: &str) -> Result<HoldMode, String> {
    match text {
        "" | "hold" => Ok(HoldMode::Hold),
        "first_paid" => Ok(HoldMode::FirstPaid),
        other => Err(format!("`{other}` is neither `hold` nor `first_paid`")),
    }
}

pub(super) fn parse_quantity(text: &str) -> Result<u32, String> {
    let quantity = text.parse().ok();
    let quantity = quantity.filter(|n| (1..=ORDER_QUANTITY_MAX).contains(n));
    quantity.ok_or_else(|| format!("`{text}` is not a number from 1 to {ORDER_QUANTITY_MAX}"))
}

pub(super) fn parse_per_buyer(text: &str) -> Result<Option<u32>, String> {
    match text {
        "" => Ok(None),
        text => parse_quantity(text).map(Some),
    }
}

pub(super) fn parse_version(text: &str) -> Result<i64, String> {
    let version = text.parse().ok().filter(|version| *version >= 0);
    version.ok_or_else(|| format!("`{text}` is not a whole number from 0 on"))
}

/// Reads `10=17.90;100=15.00`: quantities rise, prices fall.
pub(super) fn parse_tiers(text: &str, price: Option<Amount>) -> Result<Vec<Tier>, String> {
    let Some(mut last) = price.filter(|_| !text.is_empty()) else {
        return Ok(Vec::new());
    };
    let mut tiers: Vec<Tier> = Vec::new();
    for part in text.split(';') {
        let (quantity, price) = part
            .split_once('=')
            .ok_or_else(|| format!("`{part}` is not written like 10=17.90"))?;
        let min_quantity = parse_quantity(quantity.trim())?;
        let price = Amount::parse(price, Some(last.currency())).map_err(|e| e.to_string())?;
        if tiers.last().map_or(1, |tier| tier.min_quantity) >= min_quantity {
            return Err(format!(
                "{min_quantity} pieces do not follow fewer; let them rise from 2"
            ));
        }
        if price.minor() >= last.minor() {
            return Err(format!(
                "{price} from {min_quantity} on is not below {last}"
            ));
        }
        last = price;
        tiers.push(Tier {
            min_quantity,
            price,
        });
    }
    if tiers.len() > TIERS_MAX {
        return Err(format!("{} tiers; at most {TIERS_MAX}", tiers.len()));
    }
    Ok(tiers)
}

pub(in crate::shop) fn check_id(id: &str) -> Result<(), String> {
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

pub(super) fn check_text(text: &str, min: usize, max: usize) -> Result<(), String> {
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
pub(super) fn check_language(tag: &str) -> Result<(), String> {
    let part = |p: &str| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric());
    let primary = tag.split('-').next().unwrap_or("");
    if (2..=3).contains(&primary.len()) && tag.split('-').all(part) {
        Ok(())
    } else {
        Err(format!("`{tag}` is not a language tag like pt or pt-BR"))
    }
}

pub(super) fn check_images(images: &[String]) -> Result<(), String> {
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

pub(super) fn parse_stock(text: &str) -> Result<u32, String> {
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

pub(super) fn parse_compare_at(
    text: &str,
    price: Option<Amount>,
) -> Result<Option<Amount>, String> {
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
