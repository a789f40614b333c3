//! Counts of audiences add up on disk, old ones go, and a buyer is forgotten while the books stay.

use serde_json::json;

use super::*;
use crate::analytics::{Measure, Place as Spot};
use crate::store::analytics::{AnalyticsStore, Sale, Sold};

fn spot(minute: u64, measure: Measure, item: &str) -> Spot {
    Spot {
        show: SHOW.into(),
        minute,
        measure,
        item: item.into(),
    }
}

#[tokio::test]
async fn counts_add_up_over_processes_and_old_ones_go() {
    let place = Place::new();
    let database = place.database().await;
    let (store, other) = (AnalyticsStore::of(&database), AnalyticsStore::of(&database));
    let counts = [
        (spot(5, Measure::Watched, ""), 3),
        (spot(5, Measure::Country, "PT"), 1),
        (spot(6, Measure::Country, "DE"), 2),
        (spot(6, Measure::Pinned, "lamp"), 1),
        (spot(6, Measure::Tap, "lamp"), 4),
    ];
    store.add(&counts).await.expect("written");
    other.add(&counts[..2]).await.expect("written");
    let elsewhere = Spot {
        show: "other".into(),
        ..spot(6, Measure::Country, "FR")
    };
    other.add(&[(elsewhere, 9)]).await.expect("written");

    let minutes = store.minutes(SHOW, 0).await.expect("read");
    let wanted = [
        (spot(5, Measure::Country, ""), 2),
        (spot(5, Measure::Watched, ""), 6),
        (spot(6, Measure::Country, ""), 2),
        (spot(6, Measure::Pinned, "lamp"), 1),
    ];
    assert_eq!(minutes, wanted);
    let items = store.items(SHOW, 6).await.expect("read");
    assert_eq!(items[0], (Measure::Tap, "lamp".into(), 4));
    assert_eq!(items.len(), 3, "from minute 6 on, of this show: {items:?}");

    store.forget(6).await.expect("written");
    let left = other.counts(SHOW, 0).await.expect("read");
    assert_eq!(left, counts[2..]);
}

#[tokio::test]
async fn a_forgotten_buyer_leaves_an_order_that_still_counts() {
    let place = Place::new();
    let (store, analytics) = (place.open().await, place.database().await);
    let analytics = AnalyticsStore::of(&analytics);
    apply(&store, 0, import("lamp,Lamp,49.90,EUR,5\n")).await;
    let quote = quote(&store, "lamp").await;
    for id in ["a", "b", "c"] {
        apply(&store, 60_000, reserve(60_000, id, &quote, 2)).await;
    }
    apply(&store, 60_001, confirm("a")).await;
    apply(&store, 60_001, cancel("c")).await;
    let sold = |orders| Sold {
        minute: 1,
        currency: "EUR".into(),
        orders,
        minor: 9_980,
    };
    assert_eq!(analytics.sold(SHOW, 0).await.expect("read"), [sold(1)]);
    let sale = Sale {
        minute: 1,
        product: "lamp".into(),
        title: "Lamp".into(),
        currency: "EUR".into(),
        orders: 1,
        pieces: 2,
        minor: 9_980,
    };
    assert_eq!(analytics.sales(SHOW, 0).await.expect("read"), [sale]);
    assert_eq!(analytics.sold(SHOW, 2).await.expect("read"), []);

    let erase = async |merchant: &str, id: &str, contact: &str| {
        analytics
            .erase(merchant, id, contact)
            .await
            .expect("written")
    };
    assert_eq!(
        erase("another", "a", "ada@example.org").await,
        0,
        "not its buyer"
    );
    assert_eq!(erase(DEFAULT_MERCHANT, "", "").await, 0, "nobody is meant");
    assert_eq!(erase(DEFAULT_MERCHANT, "", "ADA@example.org").await, 1);
    assert_eq!(erase(DEFAULT_MERCHANT, "a", "").await, 0, "nothing is left");
    let ids = orders::list(vec![json!("a"), json!("b")]);
    let orders = rows::orders_by_id(&store.readers, ids).await.expect("read");
    let of = |id: &str| {
        orders
            .iter()
            .find(|order| order.id.as_str() == id)
            .expect("there")
    };
    let kept = of("a");
    assert_eq!(
        (kept.state, kept.total.minor()),
        (OrderState::Confirmed, 9_980)
    );
    let contact = kept.contact.as_ref().expect("an empty one");
    assert_eq!(
        (
            contact.name.reveal().as_str(),
            contact.contact.reveal().as_str()
        ),
        ("", "")
    );
    assert_eq!(
        (kept.buyer.as_str(), of("b").buyer.as_str()),
        ("a", "ada"),
        "not the visitor's id"
    );
    assert_eq!(analytics.sold(SHOW, 0).await.expect("read"), [sold(1)]);
}
