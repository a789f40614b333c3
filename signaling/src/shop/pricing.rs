//! What an order costs: tier prices, shipping, sums. Pure; every sum is checked, and the same
//! code answers the page that asks for a price and the ledger that charges it.

use super::coupon::{Coupon, NoCoupon};
use super::money::{Amount, MoneyError};
use super::quote::Offer;

/// What a variant costs in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Price of one piece.
    pub price: Amount,
    /// Prices for who buys many, by rising quantity, in the same currency.
    pub tiers: Vec<Tier>,
    /// Fewest pieces in an order, at least 1.
    pub min_quantity: u32,
    /// Grows with every change of the variant's terms in any currency.
    pub version: i64,
}

/// A price from some quantity on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    /// From this many pieces on.
    pub min_quantity: u32,
    /// Price of one piece then.
    pub price: Amount,
}

impl Terms {
    /// Price of one piece when so many are bought.
    pub fn unit_price(&self, quantity: u32) -> Amount {
        let reached = self.tiers.iter().rev();
        let mut reached = reached.skip_while(|tier| tier.min_quantity > quantity);
        reached.next().map_or(self.price, |tier| tier.price)
    }
}

/// Countries that are sent to at one price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// ISO 3166-1 alpha-2 codes; [`ANY_COUNTRY`] is every one that no other zone names.
    pub countries: Vec<String>,
    /// Price of sending one order.
    pub rate: Amount,
    /// From this sum of goods on, sending costs nothing.
    pub free_from: Option<Amount>,
}

/// In a zone's countries: those that no other zone of this currency names.
pub const ANY_COUNTRY: &str = "*";

/// Why there is no price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoPrice {
    /// The merchant does not send there, or the country is needed and missing.
    Country(Option<String>),
    /// Lines in different currencies.
    Currencies {
        /// A variant that is not priced as the first line is.
        variant: String,
        /// The first line's currency.
        wanted: String,
    },
    /// The coupon takes nothing off.
    Coupon(NoCoupon),
    /// The sum is too large.
    Sum(MoneyError),
}

/// A basket with its price.
#[derive(Debug, Clone, PartialEq)]
pub struct Priced {
    /// Offers as they are now, and the pieces wanted of each; at least one.
    pub lines: Vec<(Offer, u32)>,
    /// What a coupon takes off the goods.
    pub discount: Amount,
    /// What sending costs; none while the country is needed and not known.
    pub shipping: Option<Amount>,
    /// Lines, less the discount, and shipping.
    pub total: Amount,
    /// Countries that are sent to; empty when no country is needed.
    pub countries: Vec<String>,
}

/// The price of a basket of one merchant, whose zones these are, with a coupon of theirs that is
/// used now. Without a country shipping stays open when it matters.
pub fn price(
    lines: Vec<(Offer, u32)>,
    zones: &[Zone],
    country: Option<&str>,
    coupon: Option<(&Coupon, u64)>,
) -> Result<Priced, NoPrice> {
    let currency = lines.first().expect("a basket has a line").0.terms.price;
    let mut goods = currency.zero();
    for (offer, quantity) in &lines {
        let unit = offer.terms.unit_price(*quantity);
        if !unit.same_currency(currency) {
            return Err(NoPrice::Currencies {
                variant: offer.variant.clone(),
                wanted: currency.currency().into(),
            });
        }
        let line = unit.times(*quantity).map_err(NoPrice::Sum)?;
        goods = goods.plus(line).map_err(NoPrice::Sum)?;
    }
    let discount = match coupon {
        Some((coupon, now_ms)) => coupon.cut(goods, now_ms).map_err(NoPrice::Coupon)?,
        None => goods.zero(),
    };
    let goods = goods.less(discount);
    let shipping = match country {
        None if !zones.is_empty() => None,
        _ => Some(shipping(zones, country, goods)?),
    };
    let total = goods.plus(shipping.unwrap_or(goods.zero()));
    let mut countries: Vec<String> = zones
        .iter()
        .filter(|zone| zone.rate.same_currency(currency))
        .flat_map(|zone| zone.countries.iter().cloned())
        .collect();
    countries.sort_unstable();
    countries.dedup();
    Ok(Priced {
        lines,
        discount,
        shipping,
        total: total.map_err(NoPrice::Sum)?,
        countries,
    })
}

/// What sending goods of this sum costs. A merchant without zones charges nothing.
pub fn shipping(zones: &[Zone], country: Option<&str>, goods: Amount) -> Result<Amount, NoPrice> {
    if zones.is_empty() {
        return Ok(goods.zero());
    }
    let named = |code: &str| {
        zones.iter().find(|zone| {
            zone.rate.same_currency(goods) && zone.countries.iter().any(|known| known == code)
        })
    };
    let zone = country.and_then(|code| named(code).or_else(|| named(ANY_COUNTRY)));
    let zone = zone.ok_or_else(|| NoPrice::Country(country.map(str::to_owned)))?;
    let is_free = zone
        .free_from
        .is_some_and(|from| goods.minor() >= from.minor());
    Ok(if is_free { goods.zero() } else { zone.rate })
}

#[cfg(test)]
mod tests;
