//! Shipping zones as a merchant writes them, checked.

use super::ShopError;
use super::money::Amount;
use super::pricing::{ANY_COUNTRY, Zone};
use crate::limits::shop::SHIPPING_ZONES_MAX;
use crate::protocol::shop::{RowError, ShippingBody, ZoneBody};

/// The zones, or all their mistakes; rows are zones, from 1.
///
/// # Errors
/// [`ShopError::Zones`].
pub(super) fn check(body: ShippingBody) -> Result<Vec<Zone>, ShopError> {
    if body.zones.len() > SHIPPING_ZONES_MAX {
        let message = format!("{} zones; at most {SHIPPING_ZONES_MAX}", body.zones.len());
        return Err(ShopError::Zones(vec![mistake(0, "zones", message)]));
    }
    let (mut zones, mut mistakes) = (Vec::new(), Vec::new());
    for (row, zone) in (1..).zip(body.zones) {
        match check_zone(row, zone) {
            Ok(zone) => zones.push(zone),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() {
        Ok(zones)
    } else {
        Err(ShopError::Zones(mistakes))
    }
}

fn check_zone(row: u32, zone: ZoneBody) -> Result<Zone, RowError> {
    let amount = |field: &str, text: &str| {
        let amount = Amount::parse(text, Some(&zone.currency));
        amount.map_err(|error| mistake(row, field, error.to_string()))
    };
    let rate = amount("rate", &zone.rate)?;
    let free_from = zone.free_from.as_deref();
    let free_from = free_from
        .map(|text| amount("free_from", text))
        .transpose()?;
    let is_code = |code: &String| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
    if zone.countries.is_empty() {
        return Err(mistake(row, "countries", "names no country".into()));
    }
    if let Some(odd) = zone
        .countries
        .iter()
        .find(|&code| !is_code(code) && code != ANY_COUNTRY)
    {
        let message = format!("`{odd}` is not a code like PT, nor `*`");
        return Err(mistake(row, "countries", message));
    }
    Ok(Zone {
        countries: zone.countries,
        rate,
        free_from,
    })
}

fn mistake(row: u32, field: &str, message: String) -> RowError {
    RowError {
        row,
        field: field.into(),
        message,
    }
}

/// Zones as a merchant reads them back.
pub(super) fn body(zones: &[Zone]) -> ShippingBody {
    let zone = |zone: &Zone| ZoneBody {
        countries: zone.countries.clone(),
        currency: zone.rate.currency().into(),
        rate: zone.rate.number(),
        free_from: zone.free_from.map(Amount::number),
    };
    ShippingBody {
        zones: zones.iter().map(zone).collect(),
    }
}
