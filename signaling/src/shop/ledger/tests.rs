//! Decisions of a batch, without a store.

mod money;

use super::*;
use crate::protocol::server::HoldMode;
use crate::redacted::Redacted;
use crate::shop::money::Amount;
use crate::shop::pricing::{NoPrice, Terms};
use crate::shop::quote::Quote;

const NOW: u64 = 1_000;

fn terms(version: i64) -> Terms {
    Terms {
        price: Amount::new(1990, "EUR").expect("a price"),
        tiers: Vec::new(),
        min_quantity: 1,
        version,
    }
}

fn offer(variant: &str, merchant: &str) -> Offer {
    Offer {
        show: "gala".into(),
        merchant: merchant.into(),
        product: variant.into(),
        variant: variant.into(),
        title: variant.into(),
        options: BTreeMap::new(),
        terms: terms(1),
        hold_mode: HoldMode::Hold,
        deal: None,
        available: 0,
    }
}

fn books(total: u32, held: u32, sold: u32) -> Books {
    Books { total, held, sold }
}

fn ledger(total: u32) -> Ledger {
    let mut ledger = Ledger::new(NOW);
    ledger.read_offer("EUR".into(), offer("lamp", "default"));
    assert_eq!(ledger.variants(), ["lamp"]);
    ledger.read_stock("lamp".into(), books(total, 0, 0));
    ledger
}

/// A ledger with a lamp, a mug of which there is one, and somebody else's rug.
fn full_ledger() -> Ledger {
    let mut ledger = ledger(5);
    for (variant, merchant, total) in [("mug", "default", 1), ("rug", "weaver", 9)] {
        ledger.read_offer("EUR".into(), offer(variant, merchant));
        ledger.read_stock(variant.into(), books(total, 0, 0));
    }
    ledger
}

fn wanted(variant: &str, quantity: u32) -> (Quote, u32) {
    let quote = Quote {
        show: "gala".into(),
        variant: variant.into(),
        terms: terms(1),
        expires_ms: 2_000,
    };
    (quote, quantity)
}

fn order(id: &str, lines: Vec<(Quote, u32)>) -> Reserve {
    Reserve {
        id: OrderId::from_text(id),
        show: "gala".into(),
        buyer: "ada".into(),
        key: id.into(),
        request_hash: [0; 32],
        total_minor: lines.iter().map(|(_, n)| 1990 * i64::from(*n)).sum(),
        lines,
        country: None,
        coupon: None,
        expires_ms: 9_000,
    }
}

fn reserve(id: &str, quantity: u32, expires_ms: u64) -> Reserve {
    Reserve {
        expires_ms,
        ..order(id, vec![wanted("lamp", quantity)])
    }
}

fn refusal(outcome: Outcome) -> Refusal {
    match outcome {
        Outcome::Refused(refusal) => refusal,
        other => panic!("a refusal, not {other:?}"),
    }
}

fn contact() -> Contact {
    let text = |text: &str| Redacted::new(text.to_owned());
    Contact {
        name: text("Ada"),
        contact: text("ada@example.org"),
        address: None,
    }
}

#[test]
fn a_batch_sees_what_it_has_decided_itself() {
    let mut ledger = ledger(5);
    let three = ledger.reserve(&reserve("a", 3, 9_000));
    assert!(matches!(
        three,
        Outcome::Reserved {
            is_repeat: false,
            ..
        }
    ));
    let gone = ledger.reserve(&reserve("b", 3, 9_000));
    assert!(matches!(
        gone,
        Outcome::Refused(Refusal::SoldOut { available: 2, .. })
    ));
    ledger.cancel(&OrderId::from_text("a"));
    let now = ledger.reserve(&reserve("b", 5, 9_000));
    assert!(matches!(
        now,
        Outcome::Reserved {
            is_repeat: false,
            ..
        }
    ));
    ledger.confirm(&OrderId::from_text("b"), &contact(), None, false);

    let Writes {
        made, moved, stock, ..
    } = ledger.writes();
    let states: Vec<_> = made
        .iter()
        .map(|order| (order.id.as_str(), order.state))
        .collect();
    assert_eq!(
        states,
        [("a", OrderState::Cancelled), ("b", OrderState::Confirmed)]
    );
    assert!(
        moved.is_empty(),
        "new orders are written once, as they are in the end"
    );
    let (was, is) = (books(5, 0, 0), books(5, 0, 5));
    assert_eq!(stock, [("lamp".to_owned(), was, is)]);
}

#[test]
fn what_did_not_change_is_not_written() {
    let mut ledger = ledger(5);
    ledger.reserve(&reserve("a", 6, 9_000));
    ledger.cancel(&OrderId::from_text("nobody"));
    let Writes {
        made, moved, stock, ..
    } = ledger.writes();
    assert!(made.is_empty() && moved.is_empty() && stock.is_empty());
}

#[test]
fn holds_that_ran_out_are_for_sale_again_in_the_same_batch() {
    let mut first = ledger(5);
    first.reserve(&reserve("a", 5, NOW));
    let held = first.writes().made.remove(0);

    let mut ledger = ledger(5);
    ledger.read_order(held);
    ledger.read_stock("lamp".into(), books(5, 5, 0));
    assert_eq!(ledger.expire().len(), 1);
    let late = ledger.confirm(&OrderId::from_text("a"), &contact(), None, false);
    assert_eq!(late, Outcome::Refused(Refusal::State(OrderState::Expired)));
    let bought = ledger.reserve(&reserve("b", 5, 9_000));
    assert!(matches!(
        bought,
        Outcome::Reserved {
            is_repeat: false,
            ..
        }
    ));
    let Writes {
        made, moved, stock, ..
    } = ledger.writes();
    assert_eq!((made.len(), moved.len()), (1, 1));
    assert!(
        stock.is_empty(),
        "five out, five in: the row stays as it was"
    );
}

#[test]
fn an_order_of_several_lines_is_whole_or_nothing() {
    let mut ledger = full_ledger();
    let gone = ledger.reserve(&order("a", vec![wanted("lamp", 2), wanted("mug", 2)]));
    let expected = Refusal::SoldOut {
        variant: "mug".into(),
        available: 1,
    };
    assert_eq!(refusal(gone), expected);
    let both = ledger.reserve(&order("b", vec![wanted("lamp", 5), wanted("mug", 1)]));
    let Outcome::Reserved { order, .. } = both else {
        panic!("nothing of the refused order is held: {both:?}")
    };
    assert_eq!((order.lines.len(), order.total.minor), (2, 6 * 1990));
    ledger.cancel(&OrderId::from_text("b"));
    assert!(ledger.writes().stock.is_empty(), "all lines went back");
}

#[test]
fn what_the_buyer_saw_is_checked_line_by_line_and_in_sum() {
    let mut ledger = full_ledger();
    let mut cheaper = order("a", vec![wanted("lamp", 1), wanted("mug", 1)]);
    cheaper.total_minor -= 1;
    let Refusal::Stale(now) = refusal(ledger.reserve(&cheaper)) else {
        panic!("a wrong total is stale")
    };
    assert_eq!((now.total.minor(), now.lines.len()), (3980, 2));
    let mut old = order("a", vec![wanted("lamp", 1), wanted("mug", 1)]);
    old.lines[1].0.terms = terms(0);
    assert!(matches!(refusal(ledger.reserve(&old)), Refusal::Stale(_)));
    old.lines[1].0.variant = "cup".into();
    let unknown = refusal(ledger.reserve(&old));
    assert_eq!(unknown, Refusal::UnknownVariant("cup".into()));
    let two = refusal(ledger.reserve(&order("a", vec![wanted("lamp", 1), wanted("rug", 1)])));
    assert_eq!(two, Refusal::Merchants("default".into(), "weaver".into()));
    assert!(ledger.writes().made.is_empty());
}

#[test]
fn a_carton_is_not_split() {
    let mut ledger = ledger(50);
    let mut carton = offer("lamp", "default");
    carton.terms.min_quantity = 10;
    ledger.read_offer("EUR".into(), carton.clone());
    let few = |quantity| {
        let mut few = reserve("a", quantity, 9_000);
        few.lines[0].0.terms = carton.terms.clone();
        few
    };
    let expected = Refusal::BelowMinimum {
        variant: "lamp".into(),
        min: 10,
    };
    assert_eq!(refusal(ledger.reserve(&few(9))), expected);
    assert!(matches!(ledger.reserve(&few(10)), Outcome::Reserved { .. }));
}

#[test]
fn sending_is_charged_and_needs_a_known_country() {
    let mut ledger = ledger(5);
    let rate = Amount::new(500, "EUR").expect("a rate");
    let zone = Zone {
        countries: vec!["PT".into()],
        rate,
        free_from: None,
    };
    ledger.read_zone("default".into(), zone);
    let to = |country: Option<&str>, total_minor| Reserve {
        country: country.map(str::to_owned),
        total_minor,
        ..reserve("a", 1, 9_000)
    };
    for country in [None, Some("JP")] {
        let refused = refusal(ledger.reserve(&to(country, 2490)));
        let expected = NoPrice::Country(country.map(str::to_owned));
        assert_eq!(refused, Refusal::NoPrice(expected));
    }
    let unseen = refusal(ledger.reserve(&to(Some("PT"), 1990)));
    assert!(matches!(unseen, Refusal::Stale(now) if now.total.minor() == 2490));
    let Outcome::Reserved { order, .. } = ledger.reserve(&to(Some("PT"), 2490)) else {
        panic!("it goes to Portugal")
    };
    assert_eq!((order.shipping.minor, order.total.minor), (500, 2490));
}
