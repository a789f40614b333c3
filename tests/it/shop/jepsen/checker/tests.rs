//! The judge is judged: a history that is right passes, and each lie planted in it is found.

use super::super::history::{Charge, Limit, Scarce};
use super::*;
use OrderState::{Cancelled, Expired, Paid, Pending, Refunded, Reserved};

const LAMP: &str = "lamp";

fn key(buyer: usize) -> Key {
    Key { buyer, purchase: 0 }
}

fn seen(id: &str, quantity: u32, state: OrderState) -> Seen {
    Seen {
        id: id.into(),
        lines: [(LAMP.into(), quantity)].into(),
        prices: [(LAMP.into(), 1990)].into(),
        coupon: (id == "bo").then(|| "TEN".to_owned()),
        state,
    }
}

fn call(asked: Moment, ask: Ask, answer: Answer) -> Call {
    Call {
        asked,
        answered: asked + 5,
        ask,
        answer,
    }
}

fn reserve(buyer: usize, quantity: u32) -> Ask {
    Ask::Reserve {
        key: key(buyer),
        lines: [(LAMP.into(), quantity)].into(),
    }
}

fn sample(held: u32, sold: u32) -> Sample {
    Sample {
        total: 5,
        held,
        sold,
    }
}

fn limit(of: Scarce, total: Option<u32>, per_buyer: Option<u32>) -> Limit {
    Limit {
        of,
        total,
        per_buyer,
    }
}

/// Five lamps, two for each and three of them cheap: Ada buys two and pays twice, Bo's request stays unanswered and is asked again, Cy
/// gives one up and pays all the same, Di's hold runs out, Eve comes too late.
fn honest() -> History {
    let order = |id: &str, quantity, state| Answer::Order(seen(id, quantity, state));
    let calls = vec![
        call(0, reserve(1, 2), order("ada", 2, Reserved)),
        call(0, reserve(2, 1), Answer::Unknown),
        call(10, Ask::Confirm("ada".into()), Answer::Unknown),
        call(20, reserve(2, 1), order("bo", 1, Reserved)),
        call(20, Ask::Confirm("ada".into()), order("ada", 2, Pending)),
        call(30, reserve(3, 1), order("cy", 1, Reserved)),
        call(40, Ask::Cancel("cy".into()), order("cy", 1, Cancelled)),
        call(50, reserve(4, 2), order("di", 2, Reserved)),
        call(60, reserve(5, 1), Answer::Refused("sold_out".into())),
        call(
            70,
            Ask::Confirm("di".into()),
            Answer::Refused("hold_expired".into()),
        ),
        call(80, Ask::Read("ada".into()), order("ada", 2, Paid)),
    ];
    let last = [
        seen("ada", 2, Paid),
        seen("bo", 1, Reserved),
        seen("cy", 1, Refunded),
        seen("di", 2, Expired),
    ];
    let samples = [sample(0, 0), sample(3, 0), sample(3, 2), sample(1, 2)];
    History {
        stock: [(LAMP.to_owned(), 5)].into(),
        limits: vec![
            limit(Scarce::Pieces(LAMP.into()), None, Some(2)),
            limit(Scarce::Deal(LAMP.into(), 1990), Some(3), None),
            limit(Scarce::Coupon("TEN".into()), Some(1), Some(1)),
        ],
        calls,
        samples: samples.map(|sample| (LAMP.to_owned(), sample)).into(),
        orders: last.map(|order| (order.id.clone(), Some(order))).into(),
        books: [(LAMP.to_owned(), sample(1, 2))].into(),
        charges: [("p1", "ada", 0), ("p2", "ada", 1), ("p3", "cy", 1)]
            .map(|(payment, order, refunds)| (payment.to_owned(), charge(order, refunds)))
            .into(),
        ..History::default()
    }
}

fn charge(order: &str, refunds: u32) -> Charge {
    Charge {
        order: order.into(),
        refunds,
    }
}

/// Plants a lie and expects the judge to find it, in these words.
#[track_caller]
fn finds(expected: &str, lie: impl FnOnce(&mut History)) {
    let mut history = honest();
    lie(&mut history);
    let wrong = check(&history);
    let is_found = wrong.iter().any(|wrong| wrong.0.contains(expected));
    assert!(is_found, "`{expected}` is not among {wrong:?}");
}

#[test]
fn an_honest_history_passes() {
    assert_eq!(check(&honest()), []);
}

#[test]
fn a_planted_oversell_is_found() {
    finds("lamp is oversold: 4 held, 2 sold of 5", |history| {
        history.samples.push((LAMP.into(), sample(4, 2)));
    });
    // The books look right, but more was promised than there is.
    finds("orders have 6 of 5", |history| {
        let more = seen("fay", 3, Paid);
        let answer = Answer::Order(more.clone());
        history.calls.push(call(90, reserve(6, 3), answer));
        history.calls.push(call(
            91,
            Ask::Confirm("fay".into()),
            Answer::Order(more.clone()),
        ));
        history.orders.insert("fay".into(), Some(more));
    });
    finds("has 6 pieces in the books", |history| {
        let more = Sample {
            total: 6,
            ..sample(1, 2)
        };
        history.samples.push((LAMP.into(), more));
    });
}

/// An order of one more lamp.
fn one_more(key: Key, price: i64, coupon: Option<&str>) -> impl FnOnce(&mut History) {
    let more = Seen {
        prices: [(LAMP.into(), price)].into(),
        coupon: coupon.map(str::to_owned),
        ..seen("more", 1, Reserved)
    };
    move |history: &mut History| {
        let lines = more.lines.clone();
        let answer = Answer::Order(more.clone());
        let ask = Ask::Reserve { key, lines };
        history.calls.push(call(90, ask, answer));
        history.orders.insert("more".into(), Some(more));
    }
}

#[test]
fn more_than_a_limit_is_found() {
    let again = |buyer| Key { buyer, purchase: 1 };
    finds("buyer Some(1) has 3", one_more(again(1), 2490, None));
    finds("all have 4", one_more(key(6), 1990, None));
    finds("all have 2", one_more(key(6), 2490, Some("TEN")));
    finds(
        "buyer Some(2) has 2 by Limit { of: Coupon",
        one_more(again(2), 2490, Some("TEN")),
    );
    // Not by the deal, and without the coupon: nobody has too much.
    let mut history = honest();
    one_more(key(6), 2490, None)(&mut history);
    let wrong = check(&history);
    let is_kept = wrong.iter().all(|wrong| !wrong.0.contains("Limit"));
    assert!(is_kept, "{wrong:?}");
}

#[test]
fn a_planted_loss_is_found() {
    finds("acknowledged order bo is lost", |history| {
        history.orders.insert("bo".into(), None);
    });
    finds("acknowledged order bo is lost", |history| {
        history.orders.remove("bo");
    });
    finds("ada was acknowledged as paid and is expired", |history| {
        history
            .orders
            .insert("ada".into(), Some(seen("ada", 2, Expired)));
    });
    finds("ada was paid and is forgotten", |history| {
        let old = Answer::Order(seen("ada", 2, Reserved));
        history.calls.push(call(90, Ask::Read("ada".into()), old));
    });
    finds(
        "1 are held and 2 sold by orders, by the books Some((1, 0))",
        |history| {
            history.books.insert(LAMP.into(), sample(1, 0));
        },
    );
}

#[test]
fn a_planted_duplicate_is_found() {
    finds("has two orders, bo and bo2", |history| {
        let twin = seen("bo2", 1, Reserved);
        let again = Answer::Order(twin.clone());
        history.calls.push(call(90, reserve(2, 1), again));
        history.orders.insert("bo2".into(), Some(twin));
    });
    // Nobody was told of the twin, but it holds a piece.
    finds(
        "1 are held and 2 sold by orders, by the books Some((2, 2))",
        |history| {
            history.books.insert(LAMP.into(), sample(2, 2));
        },
    );
    finds("belongs to", |history| {
        let other = Answer::Order(seen("bo", 1, Reserved));
        history.calls.push(call(90, reserve(7, 1), other));
    });
}

#[test]
fn planted_lies_about_money_are_found() {
    // Charged, and neither sold nor given back.
    finds(
        "di is expired and has 1 charges that were not given back",
        |history| {
            history.charges.insert("p4".into(), charge("di", 0));
        },
    );
    finds("cy is refunded and has 1 charges", |history| {
        history.charges.insert("p3".into(), charge("cy", 0));
    });
    // Paid twice, and both kept.
    finds("ada is paid and has 2 charges", |history| {
        history.charges.insert("p2".into(), charge("ada", 0));
    });
    // Sold, and the money given back.
    finds("ada is paid and has 0 charges", |history| {
        history.charges.insert("p1".into(), charge("ada", 1));
    });
    finds("p3 was given back 2 times", |history| {
        history.charges.insert("p3".into(), charge("cy", 2));
    });
    finds("p4 was charged for gus, which nobody has", |history| {
        history.charges.insert("p4".into(), charge("gus", 0));
    });
}

#[test]
fn what_nobody_may_hold_is_not_held() {
    let first_paid = |history: &mut History| {
        history.first_paid.insert(LAMP.into());
        history.books.insert(LAMP.into(), sample(0, 2));
    };
    let mut history = honest();
    first_paid(&mut history);
    assert_eq!(check(&history), []);
    finds(
        "0 are held and 2 sold by orders, by the books Some((1, 2))",
        |history| {
            first_paid(history);
            history.books.insert(LAMP.into(), sample(1, 2));
        },
    );
}

#[test]
fn an_order_that_lives_its_own_life_is_found() {
    for (state, told) in [
        (Paid, "paid"),
        (Pending, "pending"),
        (Cancelled, "cancelled"),
    ] {
        finds(
            &format!("bo is {told}, which nobody asked for"),
            |history| {
                history
                    .orders
                    .insert("bo".into(), Some(seen("bo", 1, state)));
            },
        );
    }
    finds("cy was cancelled and became expired", |history| {
        let other = Answer::Order(seen("cy", 1, Expired));
        history.calls.push(call(90, Ask::Read("cy".into()), other));
    });
    finds("asked for {\"lamp\": 2} and got", |history| {
        history.calls.push(call(
            90,
            reserve(1, 2),
            Answer::Order(seen("ada", 1, Pending)),
        ));
    });
}
