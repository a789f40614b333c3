//! Money that comes in time, late, twice, too little, or before anybody expects it.

use super::*;
use crate::protocol::shop::HostWish;
use crate::shop::payment::{Charge, Event, News};

const MUG: &str = "mug";

/// A ledger with one mug, of this mode, and orders of one mug each for a payment page.
fn pending(mode: HoldMode, orders: &[&str]) -> Ledger {
    let mut ledger = Ledger::new(NOW);
    let mut mug = offer(MUG, "default");
    mug.hold_mode = mode;
    ledger.read_offer("EUR".into(), mug);
    ledger.read_stock(MUG.into(), books(1, 0, 0));
    for id in orders {
        let made = ledger.reserve(&order(id, vec![wanted(MUG, 1)]));
        assert!(matches!(made, Outcome::Reserved { .. }), "{made:?}");
        let ready = ledger.confirm(&OrderId::from_text(*id), &contact(), None, true);
        assert_eq!(state(&ready), OrderState::Pending);
    }
    ledger
}

fn charge(payment: &str, order: &str) -> Charge {
    Charge {
        payment: payment.into(),
        order: OrderId::from_text(order),
        minor: 1990,
        currency: "EUR".into(),
    }
}

fn paid(event: &str, payment: &str, order: &str) -> Event {
    Event {
        id: event.into(),
        news: News::Charged(charge(payment, order)),
    }
}

fn state(outcome: &Outcome) -> OrderState {
    match outcome {
        Outcome::Order { order, .. } => order.state,
        other => panic!("an order, not {other:?}"),
    }
}

/// What is done with each payment in the end.
fn standings(ledger: Ledger) -> Vec<(String, Standing)> {
    let payments = ledger.writes().payments.into_iter();
    payments
        .map(|(_, payment)| (payment.charge.payment, payment.standing))
        .collect()
}

fn now(ledger: &Ledger) -> Books {
    ledger.piles[MUG].now
}

#[test]
fn money_in_time_buys_what_was_held_however_often_it_is_told() {
    let mut ledger = pending(HoldMode::Hold, &["a"]);
    assert_eq!(now(&ledger), books(1, 1, 0));
    let event = paid("e1", "p1", "a");
    assert_eq!(state(&ledger.hear(&event)), OrderState::Paid);
    assert_eq!(now(&ledger), books(1, 0, 1));
    // The same event, and another about the same payment.
    for again in [event, paid("e2", "p1", "a")] {
        let told = ledger.hear(&again);
        assert!(matches!(
            told,
            Outcome::Order {
                is_repeat: true,
                ..
            }
        ));
    }
    // A second payment is not for a second mug.
    assert_eq!(
        state(&ledger.hear(&paid("e3", "p2", "a"))),
        OrderState::Paid
    );
    assert_eq!(now(&ledger), books(1, 0, 1));
    let expected = [
        ("p1".to_owned(), Standing::Kept),
        ("p2".to_owned(), Standing::Owed),
    ];
    assert_eq!(standings(ledger), expected);
}

#[test]
fn of_those_who_share_the_last_piece_the_first_to_pay_has_it() {
    let mut ledger = pending(HoldMode::FirstPaid, &["a", "b", "c"]);
    assert_eq!(now(&ledger), books(1, 0, 0), "nobody holds it");
    assert_eq!(
        state(&ledger.hear(&paid("e1", "p1", "b"))),
        OrderState::Paid
    );
    assert_eq!(
        state(&ledger.hear(&paid("e2", "p2", "a"))),
        OrderState::Refunding
    );
    assert_eq!(now(&ledger), books(1, 0, 1));
    let late = ledger.reserve(&order("d", vec![wanted(MUG, 1)]));
    assert!(matches!(
        refusal(late),
        Refusal::SoldOut { available: 0, .. }
    ));
    // Who would now go to the payment page is told; who is there pays and is paid back.
    let stays = ledger.confirm(&OrderId::from_text("c"), &contact(), None, true);
    assert_eq!(state(&stays), OrderState::Pending);
    let expected = [
        ("p1".to_owned(), Standing::Kept),
        ("p2".to_owned(), Standing::Owed),
    ];
    assert_eq!(standings(ledger), expected);
}

#[test]
fn an_invoice_takes_the_piece_when_it_is_confirmed() {
    let mut ledger = pending(HoldMode::FirstPaid, &["a"]);
    let made = ledger.reserve(&order("b", vec![wanted(MUG, 1)]));
    assert!(matches!(made, Outcome::Reserved { .. }));
    let bought = ledger.confirm(&OrderId::from_text("b"), &contact(), None, false);
    assert_eq!(state(&bought), OrderState::Confirmed);
    let short = ledger.confirm(&OrderId::from_text("a"), &contact(), None, false);
    assert!(matches!(
        refusal(short),
        Refusal::SoldOut { available: 0, .. }
    ));
    assert_eq!(now(&ledger), books(1, 0, 1));
}

#[test]
fn late_money_buys_what_is_still_there_and_goes_back_otherwise() {
    for (is_gone, expected) in [(false, OrderState::Paid), (true, OrderState::Refunding)] {
        let mut ledger = pending(HoldMode::Hold, &["a"]);
        ledger.now_ms = 9_000;
        assert_eq!(ledger.expire().len(), 1);
        ledger.now_ms = NOW;
        if is_gone {
            ledger.reserve(&order("b", vec![wanted(MUG, 1)]));
        }
        assert_eq!(state(&ledger.hear(&paid("e1", "p1", "a"))), expected);
        let sold = u32::from(!is_gone);
        assert_eq!(now(&ledger), books(1, 1 - sold, sold));
    }
    let mut ledger = pending(HoldMode::Hold, &["a"]);
    ledger.cancel(&OrderId::from_text("a"));
    let event = paid("e1", "p1", "a");
    assert_eq!(
        state(&ledger.hear(&event)),
        OrderState::Refunding,
        "it was given up"
    );
    assert_eq!(standings(ledger), [("p1".to_owned(), Standing::Owed)]);
}

#[test]
fn another_amount_or_currency_is_paid_back_and_moves_nothing() {
    let mut ledger = pending(HoldMode::Hold, &["a"]);
    for (at, (minor, currency)) in [(1989, "EUR"), (1991, "EUR"), (1990, "USD"), (-1, "EUR")]
        .into_iter()
        .enumerate()
    {
        let wrong = Charge {
            minor,
            currency: currency.into(),
            ..charge(&format!("p{at}"), "a")
        };
        let event = Event {
            id: format!("e{at}"),
            news: News::Charged(wrong),
        };
        assert_eq!(state(&ledger.hear(&event)), OrderState::Pending);
    }
    let unknown = ledger.hear(&paid("e9", "p9", "nobody"));
    assert_eq!(refusal(unknown), Refusal::UnknownOrder);
    let owed = standings(ledger);
    assert_eq!(owed.len(), 4);
    assert!(owed.iter().all(|(_, standing)| *standing == Standing::Owed));
}

#[test]
fn an_order_is_refunded_when_all_its_money_is_back() {
    let mut ledger = pending(HoldMode::Hold, &["a"]);
    let id = OrderId::from_text("a");
    ledger.hear(&paid("e1", "p1", "a"));
    ledger.hear(&paid("e2", "p2", "a"));
    let refused = ledger.host("gala", &id, HostWish::Refunded);
    let expected = Refusal::State(OrderState::Paid);
    assert_eq!(
        refusal(refused),
        expected,
        "the provider has the money, not the host"
    );
    let elsewhere = ledger.host("other", &id, HostWish::Cancelled);
    assert_eq!(refusal(elsewhere), Refusal::UnknownOrder);
    let off = ledger.host("gala", &id, HostWish::Cancelled);
    assert_eq!(state(&off), OrderState::Refunding);
    assert_eq!(now(&ledger), books(1, 0, 0), "the piece is free again");
    for (payment, then) in [("p2", OrderState::Refunding), ("p1", OrderState::Refunded)] {
        let told = ledger.learn(&News::Refunded(charge(payment, "a")));
        assert_eq!(state(&told), then);
    }
    let again = ledger.learn(&News::Refunded(charge("p1", "a")));
    assert!(matches!(
        again,
        Outcome::Order {
            is_repeat: true,
            ..
        }
    ));
}

#[test]
fn a_refund_by_hand_at_the_provider_ends_the_sale_in_whatever_order_it_is_told() {
    let back = |event: &str| Event {
        id: event.into(),
        news: News::Refunded(charge("p1", "a")),
    };
    let mut ledger = pending(HoldMode::Hold, &["a"]);
    ledger.hear(&paid("e1", "p1", "a"));
    assert_eq!(state(&ledger.hear(&back("e2"))), OrderState::Refunded);
    assert_eq!(now(&ledger), books(1, 0, 0));
    let mut ledger = pending(HoldMode::Hold, &["a"]);
    ledger.hear(&back("e2"));
    assert_eq!(
        state(&ledger.hear(&paid("e1", "p1", "a"))),
        OrderState::Pending
    );
    assert_eq!(standings(ledger), [("p1".to_owned(), Standing::Refunded)]);
}

#[test]
fn the_host_settles_an_invoice_and_gives_it_back() {
    let mut ledger = ledger(5);
    ledger.reserve(&reserve("a", 2, 9_000));
    let id = OrderId::from_text("a");
    let early = ledger.host("gala", &id, HostWish::Paid);
    assert_eq!(refusal(early), Refusal::State(OrderState::Reserved));
    ledger.confirm(&id, &contact(), None, false);
    for (wish, then, sold) in [
        (HostWish::Paid, OrderState::Paid, 2),
        (HostWish::Paid, OrderState::Paid, 2),
        (HostWish::Cancelled, OrderState::Refunding, 0),
        (HostWish::Refunded, OrderState::Refunded, 0),
    ] {
        assert_eq!(state(&ledger.host("gala", &id, wish)), then);
        assert_eq!(ledger.piles["lamp"].now, books(5, 0, sold));
    }
    assert!(
        ledger.writes().payments.is_empty(),
        "no provider has to do with it"
    );
}

#[test]
fn what_was_paid_twice_by_different_ways_stays_sold() {
    let mut ledger = ledger(5);
    ledger.reserve(&reserve("a", 1, 9_000));
    let id = OrderId::from_text("a");
    ledger.confirm(&id, &contact(), None, false);
    ledger.host("gala", &id, HostWish::Paid);
    ledger.hear(&paid("e1", "p1", "a"));
    let told = ledger.learn(&News::Refunded(charge("p1", "a")));
    assert_eq!(state(&told), OrderState::Paid);
}
