//! Flash deals: for some minutes variants of a product cost less in a show, for so many pieces in
//! all and so many for each buyer. Counted down, begun and ended by the server's clock; ended early
//! by a host, or when the last piece is sold.

use std::ops::RangeInclusive;

use super::ShopError;
use super::money::Amount;
use crate::limits::shop::{
    CURRENCIES_MAX, DEAL_AHEAD_S, DEAL_COUNTDOWN_S, DEAL_LENGTH_S, ORDER_QUANTITY_MAX, STOCK_MAX,
    VARIANTS_MAX,
};
use crate::protocol::deals::DealBody;

/// A deal to be announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deal {
    /// Id.
    pub id: String,
    /// Show it is in.
    pub show: String,
    /// Product it is of.
    pub product: String,
    /// Variants that cost less; empty: all of the product.
    pub variants: Vec<String>,
    /// Price of one piece, one a currency.
    pub prices: Vec<Amount>,
    /// Since when it is counted down, Unix ms.
    pub counts_ms: u64,
    /// When it begins, Unix ms.
    pub starts_ms: u64,
    /// When it is over, Unix ms.
    pub ends_ms: u64,
    /// Pieces sold or held by it at once, at most.
    pub total: u32,
    /// The same of one buyer.
    pub per_buyer: Option<u32>,
}

impl Deal {
    /// A deal that is announced now.
    ///
    /// # Errors
    /// [`ShopError::Deal`] with the field that cannot be.
    pub fn announce(
        id: String,
        show: String,
        body: DealBody,
        now_ms: u64,
    ) -> Result<Deal, ShopError> {
        let countdown_s = within("countdown_s", body.countdown_s, DEAL_COUNTDOWN_S)?;
        let length_s = within("length_s", body.length_s, DEAL_LENGTH_S)?;
        let total = within("total", body.total, 1..=STOCK_MAX)?;
        if let Some(most) = body.per_buyer {
            within("per_buyer", most, 1..=ORDER_QUANTITY_MAX)?;
        }
        if body.variants.len() > VARIANTS_MAX {
            return Err(bad("variants", format!("more than {VARIANTS_MAX}")));
        }
        let countdown_ms = u64::from(countdown_s) * 1_000;
        let earliest_ms = now_ms + countdown_ms;
        let starts_ms = body.starts_ms.unwrap_or(earliest_ms);
        if !(earliest_ms..=now_ms + DEAL_AHEAD_S * 1_000).contains(&starts_ms) {
            let why = "must be after the countdown and within 90 days".to_owned();
            return Err(bad("starts_ms", why));
        }
        Ok(Deal {
            id,
            show,
            product: body.product,
            variants: body.variants,
            prices: prices(&body.prices)?,
            counts_ms: starts_ms - countdown_ms,
            starts_ms,
            ends_ms: starts_ms + u64::from(length_s) * 1_000,
            total,
            per_buyer: body.per_buyer,
        })
    }
}

fn bad(field: &'static str, message: String) -> ShopError {
    ShopError::Deal { field, message }
}

fn within(field: &'static str, value: u32, range: RangeInclusive<u32>) -> Result<u32, ShopError> {
    let (least, most) = (range.start(), range.end());
    let why = || bad(field, format!("must be from {least} to {most}"));
    range.contains(&value).then_some(value).ok_or_else(why)
}

/// At least one price, no currency twice.
fn prices(texts: &[String]) -> Result<Vec<Amount>, ShopError> {
    let mut prices: Vec<Amount> = Vec::new();
    for text in texts {
        let price = Amount::parse(text, None).map_err(|error| bad("prices", error.to_string()))?;
        if prices.iter().any(|known| known.same_currency(price)) {
            return Err(bad("prices", format!("two in {}", price.currency())));
        }
        prices.push(price);
    }
    match prices.len() {
        1..=CURRENCIES_MAX => Ok(prices),
        _ => Err(bad("prices", format!("must be 1 to {CURRENCIES_MAX}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body() -> DealBody {
        DealBody {
            product: "lamp".into(),
            variants: Vec::new(),
            prices: vec!["29.90 EUR".into()],
            starts_ms: None,
            countdown_s: 10,
            length_s: 60,
            total: 5,
            per_buyer: Some(1),
        }
    }

    type Spoil = fn(&mut DealBody);

    fn announce(body: DealBody) -> Result<Deal, ShopError> {
        Deal::announce("d".into(), "gala".into(), body, 1_000)
    }

    fn times(body: DealBody) -> (u64, u64, u64) {
        let deal = announce(body).expect("a deal");
        (deal.counts_ms, deal.starts_ms, deal.ends_ms)
    }

    #[test]
    fn it_begins_at_once_after_a_countdown_or_at_a_time() {
        let at_once = DealBody {
            countdown_s: 0,
            ..body()
        };
        let planned = DealBody {
            starts_ms: Some(100_000),
            ..body()
        };
        assert_eq!(times(at_once), (1_000, 1_000, 61_000));
        assert_eq!(times(body()), (1_000, 11_000, 71_000));
        assert_eq!(times(planned), (90_000, 100_000, 160_000));
    }

    #[test]
    fn what_cannot_be_is_named() {
        let cases: [(&str, Spoil); 12] = [
            ("prices", |body| body.prices.clear()),
            ("prices", |body| body.prices = vec!["-1 EUR".into()]),
            ("prices", |body| body.prices = vec!["1".into()]),
            ("prices", |body| body.prices.push("1 EUR".into())),
            ("countdown_s", |body| body.countdown_s = 301),
            ("length_s", |body| body.length_s = 59),
            ("length_s", |body| body.length_s = 1_201),
            ("total", |body| body.total = 0),
            ("per_buyer", |body| body.per_buyer = Some(0)),
            ("per_buyer", |body| body.per_buyer = Some(u32::MAX)),
            ("starts_ms", |body| body.starts_ms = Some(10_999)),
            ("starts_ms", |body| body.starts_ms = Some(u64::MAX)),
        ];
        for (expected, spoil) in cases {
            let mut body = body();
            spoil(&mut body);
            match announce(body) {
                Err(ShopError::Deal { field, .. }) => assert_eq!(field, expected),
                other => panic!("{expected}: {other:?}"),
            }
        }
    }
}
