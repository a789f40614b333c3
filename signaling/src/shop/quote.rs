//! A price signed by the server. The buyer sends it back with the order: what was seen is what
//! is charged, and nobody can write their own price.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::money::Amount;
use crate::limits::shop::QUOTE_CHARS_MAX;
use crate::protocol::shop::QuoteView;

/// What a product costs in a show at this moment, as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Show name.
    pub show: String,
    /// Product id.
    pub product: String,
    /// Price of one piece.
    pub price: Amount,
    /// Grows with every change of the price.
    pub price_version: i64,
    /// Pieces that can be bought.
    pub available: u32,
}

/// A quote that we signed, opened again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Show it was given in.
    pub show: String,
    /// Product id.
    pub product: String,
    /// Price of one piece.
    pub price: Amount,
    /// Version of that price.
    pub price_version: i64,
    /// When it ends, Unix ms.
    pub expires_ms: u64,
}

impl Quote {
    /// Whether the buyer may still be charged this price for this offer.
    pub fn stands(&self, offer: &Offer, now_ms: u64) -> bool {
        now_ms < self.expires_ms
            && self.price_version == offer.price_version
            && self.price == offer.price
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
    product: String,
    minor: i64,
    currency: String,
    version: i64,
    exp: u64,
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
        let payload = Payload {
            show: offer.show.clone(),
            product: offer.product.clone(),
            minor: offer.price.minor(),
            currency: offer.price.currency().into(),
            version: offer.price_version,
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
            unit_price: offer.price.into(),
            available: offer.available,
            expires_ms,
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
            price: Amount::new(payload.minor, &payload.currency).map_err(|_| Forged)?,
            show: payload.show,
            product: payload.product,
            price_version: payload.version,
            expires_ms: payload.exp,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer() -> Offer {
        Offer {
            show: "gala".into(),
            product: "lamp".into(),
            price: Amount::new(1990, "EUR").expect("a price"),
            price_version: 3,
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
        let dearer = Offer {
            price: Amount::new(2000, "EUR").expect("a price"),
            ..offer()
        };
        assert!(!quote.stands(&dearer, 2_000));
        assert!(!quote.stands(
            &Offer {
                price_version: 4,
                ..offer()
            },
            2_000
        ));
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
        let long = "x".repeat(crate::limits::shop::PRODUCT_ID_CHARS_MAX);
        let offer = Offer {
            show: "y".repeat(64),
            product: long,
            price: Amount::new(crate::limits::shop::PRICE_MINOR_MAX, "EUR").expect("a price"),
            price_version: i64::MAX,
            available: u32::MAX,
        };
        let signer = Signer::new(b"secret", 60_000);
        let view = signer.sign(&offer, 1 << 52);
        assert!(signer.open(&view.quote).is_ok());
    }
}
