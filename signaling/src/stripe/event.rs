//! Stripe's events: who signed them, when, and what of them is about our orders. An event that is
//! signed is believed; one that is not is not even read.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::Sha256;

use super::{ORDER, units};
use crate::limits::shop::EVENT_TOLERANCE_MS;
use crate::shop::order::OrderId;
use crate::shop::payment::{Charge, Event, News, Unheard};

/// Checks `Stripe-Signature: t=SECONDS,v1=HEX,…`: HMAC-SHA256 of `SECONDS.BODY`. While its secret
/// is being changed an event has a `v1` for each; one that is ours is enough.
/// <https://docs.stripe.com/webhooks#verify-manually>
pub(super) fn check(
    secret: &str,
    header: Option<&str>,
    body: &[u8],
    now_ms: u64,
) -> Result<(), Unheard> {
    let parts = header.unwrap_or_default().split(',');
    let parts: Vec<(&str, &str)> = parts
        .filter_map(|part| part.trim().split_once('='))
        .collect();
    let time = parts
        .iter()
        .find(|(name, _)| *name == "t")
        .map(|(_, time)| *time);
    let time = time.ok_or(Unheard::Signature)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes any key");
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    let ours = |(name, hex): &(&str, &str)| {
        // In constant time.
        *name == "v1" && unhex(hex).is_some_and(|bytes| mac.clone().verify_slice(&bytes).is_ok())
    };
    if !parts.iter().any(ours) {
        return Err(Unheard::Signature);
    }
    let signed_ms = time
        .parse::<u64>()
        .ok()
        .and_then(|time| time.checked_mul(1_000));
    let signed_ms = signed_ms.ok_or(Unheard::Signature)?;
    match signed_ms.abs_diff(now_ms) <= EVENT_TOLERANCE_MS {
        true => Ok(()),
        false => Err(Unheard::Stale),
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text
        .chars()
        .map(|c| c.to_digit(16))
        .collect::<Option<Vec<_>>>()?;
    let bytes = digits.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    });
    bytes.collect()
}

#[derive(Deserialize)]
struct Envelope {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Value,
}

/// A checkout session, as far as it is of concern.
#[derive(Deserialize)]
struct Session {
    payment_status: String,
    payment_intent: Option<String>,
    amount_total: Option<i64>,
    currency: Option<String>,
    metadata: Option<BTreeMap<String, String>>,
}

/// A charge, as far as it is of concern.
#[derive(Deserialize)]
struct ChargeObject {
    payment_intent: Option<String>,
    amount: i64,
    currency: String,
    /// All of it went back.
    refunded: bool,
    metadata: Option<BTreeMap<String, String>>,
}

/// What an event says; none when it is not about money of an order of ours.
pub(super) fn read(body: &[u8]) -> Result<Option<Event>, Unheard> {
    let Envelope { id, kind, data } = parse(body)?;
    let news = match kind.as_str() {
        "checkout.session.completed" | "checkout.session.async_payment_succeeded" => {
            let session: Session = parse_value(data.object)?;
            // A bank transfer completes the session first and is paid days after.
            let is_paid = session.payment_status == "paid";
            let money = session.amount_total.zip(session.currency);
            let money = money.filter(|_| is_paid);
            charge(session.payment_intent, session.metadata, money).map(News::Charged)
        }
        "charge.refunded" => {
            let object: ChargeObject = parse_value(data.object)?;
            let money = Some((object.amount, object.currency)).filter(|_| object.refunded);
            charge(object.payment_intent, object.metadata, money).map(News::Refunded)
        }
        _ => None,
    };
    Ok(news.map(|news| Event { id, news }))
}

fn charge(
    payment: Option<String>,
    metadata: Option<BTreeMap<String, String>>,
    money: Option<(i64, String)>,
) -> Option<Charge> {
    let (amount, currency) = money?;
    let currency = currency.to_uppercase();
    let units = units(&currency).filter(|units| amount % units == 0);
    Some(Charge {
        payment: payment?,
        order: OrderId::from_text(metadata?.remove(ORDER)?),
        // What is no whole number of ours is none of our amounts.
        minor: units.map_or(-1, |units| amount / units),
        currency,
    })
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unheard> {
    serde_json::from_slice(body).map_err(|error| Unheard::Malformed(error.to_string()))
}

fn parse_value<T: DeserializeOwned>(value: Value) -> Result<T, Unheard> {
    serde_json::from_value(value).map_err(|error| Unheard::Malformed(error.to_string()))
}
