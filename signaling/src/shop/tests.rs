//! The machine alone: tickets are numbers, the store is played by the test.

use super::quote::Offer;
use super::store::Changes;
use super::*;
use crate::limits::shop::{OUTBOX_ORDERS_MAX, STORE_RETRY_MS};
use crate::protocol::server::{HoldMode, Money};
use crate::shop::money::Amount;
use crate::shop::pricing::Terms;
use crate::shop::store::Level;

fn shop() -> Shop<u32> {
    Shop::new(Arc::new(Signer::new(b"key", 60_000)), 1_000, 3)
}

fn cancel(id: u32) -> Request {
    Request::Command(Command::Cancel {
        order: OrderId::from_text(id.to_string()),
    })
}

fn commit(shop: &mut Shop<u32>) -> usize {
    match shop.poll() {
        Some(Output::Commit(commands)) => commands.len(),
        other => panic!("a commit, not {other:?}"),
    }
}

fn applied(outcomes: usize, next_expiry_ms: Option<u64>) -> Applied {
    let outcomes = vec![Outcome::Refused(Refusal::UnknownOrder); outcomes];
    Applied {
        outcomes,
        next_expiry_ms,
        ..Applied::default()
    }
}

fn level(product: &str, available: u32) -> Changes {
    let level = Level {
        product: product.into(),
        variant: product.into(),
        available,
        shows: vec!["gala".into()],
    };
    Changes {
        levels: vec![level],
        ..Changes::default()
    }
}

/// The machine asks for what ran out while nobody was there, before anything else.
fn started() -> Shop<u32> {
    let mut shop = shop();
    assert_eq!(commit(&mut shop), 0);
    shop.committed(0, applied(0, None));
    assert_eq!(shop.poll(), None);
    shop
}

#[test]
fn requests_gather_while_the_store_works() {
    let mut shop = started();
    shop.ask(0, 1, cancel(1));
    assert_eq!(commit(&mut shop), 1);
    for ticket in 2..6 {
        shop.ask(0, ticket, cancel(ticket));
    }
    assert_eq!(shop.poll(), None, "one transaction at a time");
    shop.committed(0, applied(1, None));
    assert_eq!(
        shop.poll(),
        Some(Output::Answer(1, Err(ShopError::UnknownOrder)))
    );
    assert_eq!(commit(&mut shop), 3, "a batch has a bound");
    shop.committed(0, applied(3, None));
    for ticket in 2..5 {
        assert_eq!(
            shop.poll(),
            Some(Output::Answer(ticket, Err(ShopError::UnknownOrder)))
        );
    }
    assert_eq!(commit(&mut shop), 1);
}

#[test]
fn nobody_in_a_failed_batch_is_told_that_it_was_done() {
    let mut shop = started();
    shop.ask(0, 1, cancel(1));
    shop.ask(0, 2, cancel(2));
    assert_eq!(commit(&mut shop), 2);
    shop.failed(5);
    assert_eq!(
        shop.poll(),
        Some(Output::Answer(1, Err(ShopError::Unavailable)))
    );
    assert_eq!(
        shop.poll(),
        Some(Output::Answer(2, Err(ShopError::Unavailable)))
    );
    assert_eq!(
        shop.poll(),
        None,
        "a broken store is left in peace for a while"
    );
    assert_eq!(shop.deadline_ms(5), Some(5 + STORE_RETRY_MS));
    shop.tick(5 + STORE_RETRY_MS);
    assert_eq!(commit(&mut shop), 0);
}

#[test]
fn holds_are_looked_at_when_they_run_out() {
    let mut shop = started();
    shop.ask(0, 1, cancel(1));
    commit(&mut shop);
    shop.committed(0, applied(1, Some(1_000)));
    shop.poll();
    shop.tick(999);
    assert_eq!(shop.poll(), None);
    shop.tick(1_000);
    assert_eq!(commit(&mut shop), 0);
    // More ran out than one transaction releases: the next follows at once.
    shop.committed(1_000, applied(0, Some(1_000)));
    assert_eq!(commit(&mut shop), 0);
}

fn offer(version: i64) -> Offer {
    Offer {
        show: "gala".into(),
        merchant: "default".into(),
        product: "lamp".into(),
        variant: "lamp".into(),
        title: "Lamp".into(),
        options: Default::default(),
        terms: Terms {
            price: Amount::new(1990, "EUR").expect("a price"),
            tiers: Vec::new(),
            min_quantity: 1,
            version,
        },
        hold_mode: HoldMode::Hold,
        deal: None,
        available: 4,
    }
}

#[test]
fn a_stale_quote_is_answered_with_a_fresh_one() {
    let mut shop = started();
    let quote = Signer::new(b"key", 60_000).sign(&offer(1), 0);
    shop.ask(7, 1, ask(&[&quote.quote], 1, "EUR"));
    let Some(Output::Commit(commands)) = shop.poll() else {
        panic!("a commit")
    };
    let [Command::Reserve(reserve)] = commands.as_slice() else {
        panic!("one reservation")
    };
    assert_eq!(
        (reserve.expires_ms, reserve.lines[0].0.terms.version),
        (1_007, 1)
    );
    let now = pricing::price(vec![(offer(2), 1)], &[], None, None).expect("a price");
    shop.committed(
        9,
        Applied {
            outcomes: vec![Outcome::Refused(Refusal::Stale(Box::new(now)))],
            ..Applied::default()
        },
    );
    let Some(Output::Answer(1, Err(ShopError::Stale(fresh)))) = shop.poll() else {
        panic!("a fresh quote");
    };
    assert_eq!(
        (fresh.quotes[0].expires_ms, fresh.total.minor),
        (60_009, 1990)
    );
    let fresh = Signer::new(b"key", 60_000)
        .open(&fresh.quotes[0].quote)
        .expect("signed by us");
    assert!(fresh.stands(&offer(2), 10));
}

#[test]
fn what_can_be_refused_without_the_store_is() {
    let mut shop = started();
    let quote = Signer::new(b"key", 60_000).sign(&offer(1), 0);
    let mut refused = |request| {
        shop.ask(9, 2, request);
        match shop.poll() {
            Some(Output::Answer(2, Err(refusal))) => refusal,
            other => panic!("a refusal, not {other:?}"),
        }
    };
    let twice = refused(ask(&[&quote.quote, &quote.quote], 1, "EUR"));
    assert_eq!(twice, ShopError::Twice("lamp".into()));
    let dollars = ShopError::Currency {
        variant: "lamp".into(),
        wanted: "USD".into(),
    };
    assert_eq!(refused(ask(&[&quote.quote], 1, "USD")), dollars);
    assert_eq!(refused(ask(&[], 1, "EUR")), ShopError::Lines { max: 20 });
    assert_eq!(
        refused(ask(&[&quote.quote], 0, "EUR")),
        ShopError::Quantity { max: 1_000 }
    );
    assert_eq!(
        refused(ask(&["e30.AAAA"], 1, "EUR")),
        ShopError::ForgedQuote
    );
}

/// A reservation that saw a total of 19.90.
fn ask(quotes: &[&str], quantity: u32, currency: &str) -> Request {
    let line = |quote: &&str| ReserveLine {
        quote: quote.to_string(),
        quantity,
    };
    let request = ReserveRequest {
        show: "gala".into(),
        buyer: "ada".into(),
        key: "1".into(),
        request_hash: [0; 32],
        lines: quotes.iter().map(line).collect(),
        country: None,
        coupon: None,
        total: Money {
            minor: 1990,
            currency: currency.into(),
            exponent: 2,
        },
    };
    Request::Reserve {
        id: OrderId::from_text("a"),
        request,
    }
}

#[test]
fn slow_rooms_hear_the_latest_stock_once() {
    let mut shop = started();
    for available in [9, 8, 7] {
        shop.observed(Observed {
            changes: level("lamp", available),
            next_expiry_ms: None,
        });
    }
    let stock = |available| ShopNotice::Stock {
        shows: vec!["gala".into()],
        product: "lamp".into(),
        variant: "lamp".into(),
        available,
    };
    assert_eq!(shop.next_notice(5), Some(stock(7)));
    assert_eq!(shop.next_notice(5), None);
    shop.observed(Observed {
        changes: level("lamp", 7),
        next_expiry_ms: None,
    });
    assert!(!shop.has_notice(5), "nothing changed, nothing is said");
}

#[test]
fn stock_is_told_a_few_times_a_second_but_sold_out_at_once() {
    let mut shop = started();
    let mut told = Vec::new();
    // A batch every ten milliseconds for a second, two pieces each.
    for batch in 0..100 {
        let now = 10_000 + 10 * u64::from(batch);
        shop.observed(Observed {
            changes: level("lamp", 198 - 2 * batch),
            next_expiry_ms: None,
        });
        while let Some(notice) = shop.next_notice(now) {
            let ShopNotice::Stock { available, .. } = notice else {
                panic!("stock, not {notice:?}")
            };
            told.push((now, available));
        }
        assert!(shop.deadline_ms(now).is_none_or(|at| at > now));
    }
    let times: Vec<_> = told.iter().map(|(at, _)| at - 10_000).collect();
    assert_eq!(times, [0, 200, 400, 600, 800, 990]);
    assert_eq!(
        told.last(),
        Some(&(10_990, 0)),
        "the last piece is not held back"
    );
}

#[test]
fn a_clock_put_back_does_not_silence_the_stock() {
    let mut shop = started();
    let mut tell = |now, available| {
        shop.observed(Observed {
            changes: level("lamp", available),
            next_expiry_ms: None,
        });
        shop.next_notice(now).is_some()
    };
    assert!(tell(1_000_000, 9));
    assert!(!tell(1_000_001, 8));
    assert!(tell(500_000, 7));
}

#[test]
fn order_notices_beyond_the_limit_push_out_the_oldest() {
    let mut outbox = Outbox::default();
    let nothing = || Amount::new(0, "EUR").expect("an amount").into();
    let order = |n: usize| OrderView {
        id: n.to_string(),
        merchant: "default".into(),
        show: "gala".into(),
        lines: Vec::new(),
        coupon: None,
        discount: None,
        country: None,
        address_rules: None,
        shipping: nothing(),
        total: nothing(),
        state: OrderState::Confirmed,
        expires_ms: None,
        created_ms: 0,
        buyer: Some("Ada".into()),
    };
    (0..OUTBOX_ORDERS_MAX + 2).for_each(|n| outbox.add_order(order(n)));
    assert_eq!(outbox.orders_dropped(), 2);
    let Some(ShopNotice::Order(first)) = outbox.next(0) else {
        panic!("an order")
    };
    assert_eq!((first.id.as_str(), first.buyer), ("2", None));
}
