//! What the ledger decides about money is in the tables, once, and survives a restart.

use super::*;
use crate::protocol::shop::HostWish;
use crate::shop::payment::{Charge, Event, News};

fn proceed(id: &str) -> Command {
    match confirm(id) {
        Command::Confirm { order, contact, .. } => Command::Confirm {
            order,
            contact,
            country: None,
            is_hosted: true,
        },
        other => other,
    }
}

fn charge(payment: &str, order: &str) -> Charge {
    Charge {
        payment: payment.into(),
        order: OrderId::from_text(order),
        minor: 4990,
        currency: "EUR".into(),
    }
}

fn paid(event: &str, payment: &str, order: &str) -> Command {
    Command::Hear(Event {
        id: event.into(),
        news: News::Charged(charge(payment, order)),
    })
}

async fn owed(store: &SqlStore) -> Vec<Charge> {
    store.owed(10).await.expect("the disk works")
}

#[tokio::test]
async fn a_payment_is_taken_once_and_what_is_owed_waits_for_its_refund() {
    let place = Place::new();
    let (store, other) = (place.open().await, place.open().await);
    apply(&store, 0, import("lamp,Lamp,49.90,EUR,1\n")).await;
    let quote = quote(&store, "lamp").await;
    apply(&store, 0, reserve(0, "a", &quote, 1)).await;
    let ready = apply(&store, 1, proceed("a")).await;
    assert_eq!(state(&ready), (OrderState::Pending, false));
    // Told twice in one batch, and then to another server.
    let twice = [paid("e1", "p1", "a"), paid("e1", "p1", "a")];
    let told = apply_all(&store, 2, &twice).await.outcomes;
    let told: Vec<_> = told.iter().map(state).collect();
    assert_eq!(told, [(OrderState::Paid, false), (OrderState::Paid, true)]);
    for event in ["e1", "e2"] {
        let again = apply(&other, 3, paid(event, "p1", "a")).await;
        assert_eq!(state(&again), (OrderState::Paid, true));
    }
    assert_eq!(books(&store, "lamp").await, (1, 0, 1));
    assert_eq!(owed(&store).await, []);
    apply(&other, 4, paid("e3", "p2", "a")).await;
    assert_eq!(owed(&store).await, [charge("p2", "a")]);

    let off = Command::Host {
        show: SHOW.into(),
        order: OrderId::from_text("a"),
        wish: HostWish::Cancelled,
    };
    let off = apply(&store, 5, off).await;
    assert_eq!(state(&off), (OrderState::Refunding, false));
    assert_eq!(books(&store, "lamp").await, (1, 0, 0));
    drop((store, other));
    let store = place.open().await;
    let has_charge = async || store.orders(SHOW).await.expect("read")[0].has_charge;
    assert!(has_charge().await, "it goes back by itself");
    assert_eq!(owed(&store).await, [charge("p1", "a"), charge("p2", "a")]);
    for (payment, then) in [("p1", OrderState::Refunding), ("p2", OrderState::Refunded)] {
        let back = Command::Learn(News::Refunded(charge(payment, "a")));
        assert_eq!(state(&apply(&store, 6, back).await).0, then);
    }
    assert!(!has_charge().await);
    assert_eq!(owed(&store).await, []);
    // A forgotten event changes nothing either: its payment is known.
    store.forget_events(100).await.expect("the disk works");
    let late = apply(&store, 200, paid("e1", "p1", "a")).await;
    assert_eq!(state(&late), (OrderState::Refunded, true));
    assert_eq!(owed(&store).await, []);
}

#[tokio::test]
async fn one_piece_for_the_first_of_two_servers_who_is_paid() {
    let place = Place::new();
    let stores = [place.open().await, place.open().await];
    let file = "id,title,price,currency,stock,hold\nlamp,Lamp,49.90,EUR,1,first_paid\n";
    let products = read(Format::Csv, file.as_bytes()).expect("a catalogue");
    let import = Command::Import {
        merchant: DEFAULT_MERCHANT.into(),
        show: Some(SHOW.into()),
        products,
    };
    apply(&stores[0], 0, import).await;
    let quote = quote(&stores[0], "lamp").await;
    for (at, id) in ["a", "b", "c"].into_iter().enumerate() {
        let store = &stores[at % 2];
        apply(store, 0, reserve(0, id, &quote, 1)).await;
        apply(store, 0, proceed(id)).await;
    }
    assert_eq!(
        books(&stores[0], "lamp").await,
        (1, 0, 0),
        "nobody holds it"
    );
    let first = apply(&stores[0], 1, paid("e1", "p1", "b")).await;
    let second = apply(&stores[1], 1, paid("e2", "p2", "a")).await;
    assert_eq!(state(&first).0, OrderState::Paid);
    assert_eq!(state(&second).0, OrderState::Refunding);
    assert_eq!(owed(&stores[0]).await, [charge("p2", "a")]);
    let over = apply_all(&stores[0], 5_000, &[]).await.changes.expired;
    assert_eq!(over.len(), 1, "the third never paid");
    assert_eq!(books(&stores[1], "lamp").await, (1, 0, 1));
}
