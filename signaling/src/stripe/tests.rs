//! What is sent to Stripe and what is believed of it. The network is in `tests/it/shop/stripe.rs`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::limits::shop::EVENT_TOLERANCE_MS;
use crate::protocol::server::{LineView, Money, OrderState, OrderView};
use crate::shop::payment::News;

const SECRET: &str = "whsec_test";
const BODY: &[u8] = br#"{"id":"evt_1","type":"other","data":{"object":{}}}"#;
/// HMAC-SHA256 of `1700000000.BODY`, by another implementation (Python's).
const HEX: &str = "2f46f53600b8fdcb9b8b3944330fff1a12445fb16c23a2ef5578f922c069da2e";
const SIGNED_MS: u64 = 1_700_000_000_000;

#[track_caller]
fn check(header: &str, now_ms: u64, expected: Result<(), Unheard>) {
    assert_eq!(
        event::check(SECRET, Some(header), BODY, now_ms),
        expected,
        "{header}"
    );
}

#[test]
fn only_a_fresh_signature_by_the_secret_is_believed() {
    let good = format!("t=1700000000,v1={HEX}");
    check(&good, SIGNED_MS, Ok(()));
    check(&good, SIGNED_MS + EVENT_TOLERANCE_MS, Ok(()));
    check(
        &good,
        SIGNED_MS + EVENT_TOLERANCE_MS + 1,
        Err(Unheard::Stale),
    );
    check(
        &good,
        SIGNED_MS - EVENT_TOLERANCE_MS - 1,
        Err(Unheard::Stale),
    );
    // While the secret is changed, one of several is ours.
    let zeros = "0".repeat(64);
    check(
        &format!("t=1700000000,v1={zeros},v1={HEX},v0=x"),
        SIGNED_MS,
        Ok(()),
    );
    for bad in [
        String::new(),
        format!("v1={HEX}"),
        "t=1700000000".to_owned(),
        format!("t=1700000001,v1={HEX}"),
        format!("t=1700000000,v0={HEX}"),
        format!("t=1700000000,v1={zeros}"),
        format!("t=1700000000,v1={}", &HEX[..63]),
        format!("t=now,v1={HEX}"),
        "t=1700000000,v1=".to_owned(),
    ] {
        check(&bad, SIGNED_MS, Err(Unheard::Signature));
    }
    let none = event::check(SECRET, None, BODY, SIGNED_MS);
    assert_eq!(none, Err(Unheard::Signature));
    let other = event::check("whsec_other", Some(&good), BODY, SIGNED_MS);
    assert_eq!(other, Err(Unheard::Signature));
}

fn paid(currency: &str, amount: i64) -> Value {
    json!({"id": "evt_2", "type": "checkout.session.completed", "data": {"object": {
        "payment_status": "paid", "payment_intent": "pi_1", "amount_total": amount,
        "currency": currency, "metadata": {"vitrine_order": "abc"}}}})
}

fn read(event: &Value) -> Result<Option<Event>, Unheard> {
    event::read(event.to_string().as_bytes())
}

fn money(event: &Value) -> (i64, String) {
    match read(event).expect("an event").expect("of concern").news {
        News::Charged(Charge {
            minor, currency, ..
        }) => (minor, currency),
        other => panic!("a charge, not {other:?}"),
    }
}

#[test]
fn money_is_read_and_the_rest_passed_over() {
    let event = read(&paid("eur", 4990))
        .expect("an event")
        .expect("of concern");
    assert_eq!(
        (event.id.as_str(), event.news.charge().order.as_str()),
        ("evt_2", "abc")
    );
    assert_eq!(event.news.charge().payment, "pi_1");
    assert_eq!(money(&paid("eur", 4990)), (4990, "EUR".into()));
    assert_eq!(money(&paid("jpy", 900)), (900, "JPY".into()));
    assert_eq!(
        money(&paid("isk", 90_000)),
        (900, "ISK".into()),
        "in hundredths"
    );
    assert_eq!(money(&paid("isk", 90_001)).0, -1, "none of our amounts");
    let mut transfer = paid("eur", 1);
    transfer["data"]["object"]["payment_status"] = json!("unpaid");
    assert_eq!(read(&transfer), Ok(None));
    transfer["data"]["object"]["payment_status"] = json!("paid");
    transfer["type"] = json!("checkout.session.async_payment_succeeded");
    assert!(matches!(read(&transfer), Ok(Some(_))));
    let mut foreign = paid("eur", 1);
    foreign["data"]["object"]["metadata"] = json!({});
    assert_eq!(read(&foreign), Ok(None), "somebody else's session");
    let mut broken = paid("eur", 1);
    broken["data"]["object"]["amount_total"] = json!("1");
    assert!(matches!(read(&broken), Err(Unheard::Malformed(_))));
    assert!(matches!(event::read(b"{"), Err(Unheard::Malformed(_))));
    assert_eq!(event::read(BODY), Ok(None));
}

#[test]
fn only_a_whole_refund_counts() {
    let refunded = |all: bool| {
        json!({"id": "evt_3", "type": "charge.refunded", "data": {"object": {
            "payment_intent": "pi_1", "amount": 4990, "currency": "eur", "refunded": all,
            "metadata": {"vitrine_order": "abc"}}}})
    };
    let news = read(&refunded(true))
        .expect("an event")
        .expect("of concern")
        .news;
    assert!(matches!(news, News::Refunded(charge) if charge.minor == 4990));
    assert_eq!(read(&refunded(false)), Ok(None));
}

fn order() -> HostOrderView {
    let euro = |minor| Money {
        minor,
        currency: "EUR".into(),
        exponent: 2,
    };
    let line = LineView {
        variant: "shirt-s".into(),
        product: "shirt".into(),
        title: "Linen & co".into(),
        options: BTreeMap::from([("size".to_owned(), "S".to_owned())]),
        quantity: 2,
        unit_price: euro(4990),
        total: euro(9980),
    };
    let order = OrderView {
        id: "abc".into(),
        merchant: "default".into(),
        show: "gala".into(),
        lines: vec![line],
        coupon: None,
        discount: None,
        country: None,
        address_rules: None,
        shipping: euro(490),
        total: euro(10_470),
        state: OrderState::Pending,
        expires_ms: Some(1_700_000_000_000),
        created_ms: 0,
        buyer: None,
    };
    HostOrderView {
        order,
        contact: Some("ada@example.org".into()),
        address: None,
        has_charge: false,
    }
}

#[test]
fn a_session_charges_lines_and_shipping() {
    let form = form::session(&order(), "https://shop.example/o/abc").expect("a form");
    let fields: BTreeMap<String, String> = form_urlencoded::parse(form.as_bytes())
        .into_owned()
        .collect();
    for (name, value) in [
        ("mode", "payment"),
        ("client_reference_id", "abc"),
        ("success_url", "https://shop.example/o/abc"),
        ("metadata[vitrine_order]", "abc"),
        ("payment_intent_data[metadata][vitrine_order]", "abc"),
        ("customer_email", "ada@example.org"),
        ("expires_at", "1700001860"),
        ("line_items[0][price_data][currency]", "eur"),
        ("line_items[0][price_data][unit_amount]", "4990"),
        (
            "line_items[0][price_data][product_data][name]",
            "Linen & co (S)",
        ),
        ("line_items[0][quantity]", "2"),
        (
            "shipping_options[0][shipping_rate_data][fixed_amount][amount]",
            "490",
        ),
    ] {
        assert_eq!(fields.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert_eq!(
        form::session(&order(), "https://shop.example/o/abc"),
        Ok(form)
    );
    let mut ariary = order();
    ariary.order.lines[0].unit_price.currency = "MGA".into();
    assert!(form::session(&ariary, "https://shop.example/o/abc").is_err());
}
