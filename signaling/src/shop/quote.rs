//! A price signed by the server. The buyer sends it back with the order: what was seen is what
//! is charged, and nobody can write their own price.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::money::Amount;
use super::pricing::{Priced, Terms, Tier};
use crate::limits::shop::QUOTE_CHARS_MAX;
use crate::protocol::server::{HoldMode, TierView};
use crate::protocol::shop::{BasketView, QuoteView};

/// What a variant costs in a show at this moment, as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Show name.
    pub show: String,
    /// Merchant the product belongs to.
    pub merchant: String,
    /// Product id.
    pub product: String,
    /// Variant id.
    pub variant: String,
    /// Title of the product, which an order keeps.
    pub title: String,
    /// Options of the variant, which an order keeps.
    pub options: BTreeMap<String, String>,
    /// What it costs.
    pub terms: Terms,
    /// When an order takes its pieces.
    pub hold_mode: HoldMode,
    /// Pieces that can be bought.
    pub available: u32,
    /// The flash deal whose price this is.
    pub deal: Option<String>,
}

/// A quote that we signed, opened again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Show it was given in.
    pub show: String,
    /// Variant id.
    pub variant: String,
    /// What it costs.
    pub terms: Terms,
    /// When it ends, Unix ms.
    pub expires_ms: u64,
}

impl Quote {
    /// Whether the buyer may still be charged by these terms for this offer.
    pub fn stands(&self, offer: &Offer, now_ms: u64) -> bool {
        now_ms < self.expires_ms && self.terms == offer.terms
    }
}

/// Not a quote of this server, or changed on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the quote was not signed by this server")]
pub struct Forged;

/// Signs and opens quotes.
pub struct Signer {
    key: Hmac<Sha256>,
    lifetime_ms: u64,
}

/// What is signed. Short names: a page carries it in memory only, but logs and URLs are long.
#[derive(Serialize, Deserialize)]
struct Payload {
    show: String,
    variant: String,
    minor: i64,
    currency: String,
    tiers: Vec<(u32, i64)>,
    min: u32,
    version: i64,
    exp: u64,
}

impl Payload {
    fn terms(&self) -> Result<Terms, Forged> {
        let amount = |minor| Amount::new(minor, &self.currency).map_err(|_| Forged);
        let tier = |&(min_quantity, minor): &(u32, i64)| {
            Ok(Tier {
                min_quantity,
                price: amount(minor)?,
            })
        };
        Ok(Terms {
            price: amount(self.minor)?,
            tiers: self.tiers.iter().map(tier).collect::<Result<_, _>>()?,
            min_quantity: self.min,
            version: self.version,
        })
    }
}

impl Signer {
    /// A signer with a key of its own, so that a quote can never pass as something else.
    pub fn new(key: &[u8], lifetime_ms: u64) -> Self {
        let key = Hmac::new_from_slice(key).expect("HMAC takes a key of any length");
        Self { key, lifetime_ms }
    }

    /// A quote for an offer.
    pub fn sign(&self, offer: &Offer, now_ms: u64) -> QuoteView {
        let expires_ms = now_ms + self.lifetime_ms;
        let terms = &offer.terms;
        let tier = |tier: &Tier| (tier.min_quantity, tier.price.minor());
        let payload = Payload {
            show: offer.show.clone(),
            variant: offer.variant.clone(),
            minor: terms.price.minor(),
            currency: terms.price.currency().into(),
            tiers: terms.tiers.iter().map(tier).collect(),
            min: terms.min_quantity,
            version: terms.version,
            exp: expires_ms,
        };
        let payload = serde_json::to_vec(&payload).expect("a struct of texts and numbers is JSON");
        let tag = self
            .key
            .clone()
            .chain_update(&payload)
            .finalize()
            .into_bytes();
        QuoteView {
            quote: format!("{}.{}", BASE64.encode(&payload), BASE64.encode(tag)),
            product: offer.product.clone(),
            variant: offer.variant.clone(),
            unit_price: terms.price.into(),
            tiers: tier_views(&terms.tiers),
            min_quantity: terms.min_quantity,
            available: offer.available,
            expires_ms,
        }
    }

    /// The quotes of a whole basket.
    pub fn sign_basket(&self, basket: &Priced, now_ms: u64) -> BasketView {
        let line_total = |(offer, quantity): &(Offer, u32)| {
            let total = offer.terms.unit_price(*quantity).times(*quantity);
            total.expect("a priced basket has summed its lines").into()
        };
        let quotes = basket.lines.iter();
        BasketView {
            quotes: quotes.map(|(offer, _)| self.sign(offer, now_ms)).collect(),
            totals: basket.lines.iter().map(line_total).collect(),
            discount: (basket.discount.minor() > 0).then(|| basket.discount.into()),
            shipping: basket.shipping.map(Into::into),
            total: basket.total.into(),
            countries: basket.countries.clone(),
        }
    }

    /// Opens a quote. The signature is checked, in constant time, before anything is read.
    pub fn open(&self, text: &str) -> Result<Quote, Forged> {
        if text.len() > QUOTE_CHARS_MAX {
            return Err(Forged);
        }
        let (payload, tag) = text.split_once('.').ok_or(Forged)?;
        let payload = BASE64.decode(payload).map_err(|_| Forged)?;
        let tag = BASE64.decode(tag).map_err(|_| Forged)?;
        self.key
            .clone()
            .chain_update(&payload)
            .verify_slice(&tag)
            .map_err(|_| Forged)?;
        let payload: Payload = serde_json::from_slice(&payload).map_err(|_| Forged)?;
        Ok(Quote {
            terms: payload.terms()?,
            show: payload.show,
            variant: payload.variant,
            expires_ms: payload.exp,
        })
    }
}

/// Tiers as pages see them.
pub fn tier_views(tiers: &[Tier]) -> Vec<TierView> {
    let view = |tier: &Tier| TierView {
        min_quantity: tier.min_quantity,
        price: tier.price.into(),
    };
    tiers.iter().map(view).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eur(minor: i64) -> Amount {
        Amount::new(minor, "EUR").expect("a price")
    }

    fn terms(minor: i64, version: i64) -> Terms {
        let tier = Tier {
            min_quantity: 10,
            price: eur(900),
        };
        Terms {
            price: eur(minor),
            tiers: vec![tier],
            min_quantity: 1,
            version,
        }
    }

    fn offer() -> Offer {
        Offer {
            show: "gala".into(),
            merchant: "default".into(),
            product: "lamp".into(),
            variant: "lamp-red".into(),
            title: "Lamp".into(),
            options: BTreeMap::from([("colour".into(), "red".into())]),
            terms: terms(1990, 3),
            hold_mode: HoldMode::Hold,
            deal: None,
            available: 5,
        }
    }

    #[test]
    fn what_was_signed_is_what_is_opened() {
        let signer = Signer::new(b"secret", 60_000);
        let view = signer.sign(&offer(), 1_000);
        let quote = signer.open(&view.quote).expect("our own quote");
        assert_eq!((view.expires_ms, quote.expires_ms), (61_000, 61_000));
        assert!(quote.stands(&offer(), 60_999));
        assert!(!quote.stands(&offer(), 61_000), "over at its end");
        let without_tiers = Terms {
            tiers: Vec::new(),
            ..terms(1990, 3)
        };
        let only_cartons = Terms {
            min_quantity: 10,
            ..terms(1990, 3)
        };
        for terms in [terms(2000, 3), terms(1990, 4), without_tiers, only_cartons] {
            assert!(!quote.stands(&Offer { terms, ..offer() }, 2_000));
        }
        assert!(
            quote.stands(
                &Offer {
                    available: 0,
                    ..offer()
                },
                2_000
            ),
            "stock is not its matter"
        );
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let signer = Signer::new(b"secret", 60_000);
        let quote = signer.sign(&offer(), 0).quote;
        for at in 0..quote.len() {
            let mut changed = quote.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("ASCII for ASCII");
            assert_eq!(signer.open(&changed), Err(Forged), "changed at {at}");
        }
        for text in ["", ".", "a.b", "é.é", &"A".repeat(QUOTE_CHARS_MAX + 1)] {
            assert_eq!(signer.open(text), Err(Forged));
        }
        assert_eq!(Signer::new(b"other", 60_000).open(&quote), Err(Forged));
        assert_eq!(
            signer.open(&Signer::new(b"other", 1).sign(&offer(), 0).quote),
            Err(Forged)
        );
    }

    #[test]
    fn longest_quote_fits_its_limit() {
        let price = eur(crate::limits::shop::PRICE_MINOR_MAX);
        let tier = Tier {
            min_quantity: crate::limits::shop::ORDER_QUANTITY_MAX,
            price,
        };
        let offer = Offer {
            show: "y".repeat(64),
            variant: "x".repeat(crate::limits::shop::PRODUCT_ID_CHARS_MAX),
            terms: Terms {
                price,
                tiers: vec![tier; crate::limits::shop::TIERS_MAX],
                min_quantity: u32::MAX,
                version: i64::MAX,
            },
            ..offer()
        };
        let signer = Signer::new(b"secret", 60_000);
        let view = signer.sign(&offer, 1 << 52);
        assert!(signer.open(&view.quote).is_ok());
    }
}
