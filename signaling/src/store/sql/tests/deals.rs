//! Flash deals and limits in the store: they begin and end by the clock, and their limits hold,
//! whoever asks, by two servers.

use super::*;
use crate::shop::deal::Deal;
use crate::shop::money::Amount;

fn eur(minor: i64) -> Amount {
    Amount::new(minor, "EUR").expect("a price")
}

fn deal(id: &str, minor: i64, total: u32, per_buyer: Option<u32>) -> Deal {
    Deal {
        id: id.into(),
        show: SHOW.into(),
        product: "lamp".into(),
        variants: Vec::new(),
        prices: vec![eur(minor)],
        counts_ms: 500,
        starts_ms: 1_000,
        ends_ms: 5_000,
        total,
        per_buyer,
    }
}

fn announce(deal: Deal) -> Command {
    Command::Announce {
        merchant: DEFAULT_MERCHANT.into(),
        deal,
    }
}

/// A reservation by somebody, for a long time.
fn by(buyer: &str, command: Command) -> Command {
    match command {
        Command::Reserve(reserve) => Command::Reserve(Reserve {
            buyer: buyer.into(),
            expires_ms: reserve.expires_ms + 100_000,
            ..reserve
        }),
        other => other,
    }
}

fn reached(id: &str, at: &str) -> Command {
    match confirm(id) {
        Command::Confirm { order, contact, .. } => Command::Confirm {
            order,
            contact: Contact {
                contact: Redacted::new(at.into()),
                ..contact
            },
            country: None,
            is_hosted: false,
        },
        other => other,
    }
}

fn refusal(outcome: Outcome) -> Refusal {
    match outcome {
        Outcome::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

/// The deal that pages see, and whether it is on.
async fn seen(store: &SqlStore) -> Option<(String, bool)> {
    let shelf = store.shelf(SHOW).await.expect("the disk works");
    let deal = shelf[0].deal.as_ref();
    deal.map(|deal| (deal.id.clone(), deal.is_on))
}

#[tokio::test]
async fn a_deal_is_counted_down_begins_and_ends_by_the_clock_and_old_prices_with_it() {
    let place = Place::new();
    let store = place.open().await;
    apply(&store, 0, import("lamp,Lamp,49.90,EUR,9\n")).await;
    let usual = quote(&store, "lamp").await;
    let announced = apply_all(&store, 0, &[announce(deal("d", 2990, 5, None))]).await;
    assert_eq!(announced.outcomes, [Outcome::Set]);
    assert_eq!(
        (seen(&store).await, announced.next_expiry_ms),
        (None, Some(500))
    );
    assert_eq!(
        store.deals(SHOW).await.expect("read").len(),
        1,
        "its host does"
    );
    let twice = apply(&store, 1, announce(deal("e", 2990, 5, None))).await;
    assert_eq!(refusal(twice), Refusal::DealIsOn("lamp".into()));
    let counted = apply_all(&store, 500, &[]).await;
    assert_eq!(counted.changes.products.len(), 1, "pages hear of it");
    assert_eq!(seen(&store).await, Some(("d".into(), false)));
    assert_eq!(quote(&store, "lamp").await, usual, "it is not on yet");

    let begun = apply_all(&store, 1_000, &[by("ada", reserve(1_000, "a", &usual, 1))]).await;
    let stale = &begun.outcomes[0];
    assert!(matches!(stale, Outcome::Refused(Refusal::Stale(now)) if now.total.minor() == 2990));
    let told = (begun.changes.products.len(), begun.next_expiry_ms);
    assert_eq!(told, (1, Some(5_000)));
    assert_eq!(seen(&store).await, Some(("d".into(), true)));
    let cheap = quote(&store, "lamp").await;
    let made = apply(&store, 1_001, by("ada", reserve(1_001, "b", &cheap, 1))).await;
    assert!(matches!(made, Outcome::Reserved { .. }), "{made:?}");

    let over = apply_all(&store, 5_000, &[by("ada", reserve(5_000, "c", &cheap, 1))]).await;
    let stale = &over.outcomes[0];
    assert!(matches!(stale, Outcome::Refused(Refusal::Stale(now)) if now.total.minor() == 4990));
    assert_eq!(seen(&store).await, None);
    // What was reserved by it is bought by it, and it can be followed by another, at once.
    let bought = apply(&store, 6_000, confirm("b")).await;
    assert!(matches!(&bought, Outcome::Order { order, .. } if order.total.minor == 2990));
    assert_eq!(state(&bought).0, OrderState::Confirmed);
    let at_once = Deal {
        counts_ms: 6_000,
        starts_ms: 6_000,
        ends_ms: 8_000,
        ..deal("f", 2990, 5, None)
    };
    assert_eq!(apply(&store, 6_000, announce(at_once)).await, Outcome::Set);
    assert_eq!(quote(&store, "lamp").await.terms.price, eur(2990));
}

#[tokio::test]
async fn a_deal_is_of_the_variants_and_currencies_it_names() {
    let place = Place::new();
    let store = place.open().await;
    let file = "id,sku,option:size,title,price,price:USD,tiers,stock\n\
                lamp,lamp-s,S,Lamp,49.90 EUR,55,10=29.00;100=20,900\n\
                lamp,lamp-m,M,,59.90 EUR,,,900\n";
    let products = read(Format::Csv, file.as_bytes()).expect("a catalogue");
    let import = Command::Import {
        merchant: DEFAULT_MERCHANT.into(),
        show: Some(SHOW.into()),
        products,
    };
    apply(&store, 0, import).await;
    let dollars = Deal {
        prices: vec![Amount::new(1, "USD").expect("a price")],
        ..deal("d", 0, 5, None)
    };
    let no_deal = Refusal::NoDeal {
        variant: "lamp-m".into(),
        currency: "USD".into(),
    };
    assert_eq!(refusal(apply(&store, 0, announce(dollars)).await), no_deal);
    let small = Deal {
        variants: vec!["lamp-s".into(), "lamp-s".into()],
        ..deal("d", 2950, 500, None)
    };
    apply(&store, 0, announce(small)).await;
    apply_all(&store, 1_000, &[]).await;
    let price = async |variant: &str, currency: &str, quantity| {
        let wanted = [variant.to_owned()];
        let offers = store.offers(SHOW, &wanted, Some(currency)).await;
        offers.expect("read")[0].terms.unit_price(quantity).minor()
    };
    assert_eq!(price("lamp-s", "EUR", 1).await, 2950);
    assert_eq!(price("lamp-s", "EUR", 10).await, 2900, "lower still");
    assert_eq!(price("lamp-s", "USD", 1).await, 5500);
    assert_eq!(price("lamp-m", "EUR", 1).await, 5990);
}

#[tokio::test]
async fn no_more_are_sold_by_a_deal_than_promised_to_all_and_to_each() {
    let place = Place::new();
    let stores = [place.open().await, place.open().await];
    apply(&stores[0], 0, import("lamp,Lamp,49.90,EUR,50\n")).await;
    apply(&stores[0], 0, announce(deal("d", 2990, 5, Some(2)))).await;
    apply_all(&stores[0], 1_000, &[]).await;
    let cheap = quote(&stores[0], "lamp").await;
    let ask = async |store: usize, buyer: &str, id: &str, pieces| {
        let command = by(buyer, reserve(1_000, id, &cheap, pieces));
        match apply(&stores[store], 1_000, command).await {
            Outcome::Reserved { .. } => None,
            Outcome::Refused(refusal) => Some(refusal),
            other => panic!("{other:?}"),
        }
    };
    let own = |available| Some(Refusal::BuyerLimit { available });
    let all = |available| Some(Refusal::DealLimit { available });
    assert_eq!(ask(0, "ada", "a", 1).await, None);
    assert_eq!(ask(1, "ada", "b", 2).await, own(1), "two for each");
    assert_eq!(ask(1, "ada", "b", 1).await, None);
    assert_eq!(ask(0, "bo", "c", 2).await, None);
    assert_eq!(ask(1, "cy", "d", 2).await, all(1), "five for all");
    assert_eq!(ask(1, "cy", "d", 1).await, None);
    assert_eq!(ask(0, "di", "e", 1).await, all(0));
    // What is given back can be had again, twice in one batch by one of them.
    apply(&stores[0], 1_000, cancel("c")).await;
    let both = [
        by("di", reserve(1_000, "f", &cheap, 2)),
        by("eve", reserve(1_000, "g", &cheap, 1)),
    ];
    let mut outcomes = apply_all(&stores[1], 1_000, &both).await.outcomes;
    assert_eq!(refusal(outcomes.remove(1)), all(0).expect("a limit"));
    assert!(matches!(outcomes[0], Outcome::Reserved { .. }));
    assert_eq!(books(&stores[0], "lamp").await, (50, 5, 0));
    // All of it sold: it is over for those who come now.
    for (id, at) in [
        ("a", "a@x.org"),
        ("b", "a@x.org"),
        ("d", "d@x.org"),
        ("f", "f@x.org"),
    ] {
        assert!(seen(&stores[0]).await.is_some(), "a hold may come back");
        let bought = apply(&stores[0], 1_000, reached(id, at)).await;
        assert_eq!(state(&bought).0, OrderState::Confirmed, "{id}");
    }
    assert_eq!(seen(&stores[1]).await, None);
    assert_eq!(quote(&stores[1], "lamp").await.terms.price, eur(4990));
}

#[tokio::test]
async fn a_deal_is_the_owners_below_the_price_and_over_when_the_stock_is_sold() {
    let place = Place::new();
    let store = place.open().await;
    apply(&store, 0, import("lamp,Lamp,49.90,EUR,1\n")).await;
    let theirs = Command::Announce {
        merchant: "weaver".into(),
        deal: deal("d", 2990, 5, None),
    };
    let refused = refusal(apply(&store, 0, theirs).await);
    assert!(matches!(refused, Refusal::NoConsent { .. }));
    let dear = refusal(apply(&store, 0, announce(deal("d", 4990, 5, None))).await);
    assert!(matches!(dear, Refusal::NoDeal { .. }));
    let of = |product: &str, variants: &[&str]| {
        announce(Deal {
            product: product.into(),
            variants: variants.iter().map(ToString::to_string).collect(),
            ..deal("d", 1, 5, None)
        })
    };
    let unknown = refusal(apply(&store, 0, of("rug", &[])).await);
    assert_eq!(unknown, Refusal::UnknownProduct("rug".into()));
    let unknown = refusal(apply(&store, 0, of("lamp", &["lamp-xl"])).await);
    assert_eq!(unknown, Refusal::UnknownVariant("lamp-xl".into()));
    let end = |merchant: &str| Command::EndDeal {
        merchant: merchant.into(),
        show: SHOW.into(),
        deal: "d".into(),
    };
    let none = refusal(apply(&store, 0, end(DEFAULT_MERCHANT)).await);
    assert_eq!(none, Refusal::UnknownDeal);

    apply(&store, 0, announce(deal("d", 2990, 5, None))).await;
    let none = refusal(apply(&store, 0, end("weaver")).await);
    assert_eq!(none, Refusal::UnknownDeal);
    apply_all(&store, 1_000, &[]).await;
    let cheap = quote(&store, "lamp").await;
    apply(&store, 1_001, by("ada", reserve(1_001, "a", &cheap, 1))).await;
    assert!(seen(&store).await.is_some(), "a hold may come back");
    let sold = apply_all(&store, 1_002, &[confirm("a")]).await;
    assert_eq!(sold.changes.products.len(), 1);
    assert_eq!(seen(&store).await, None, "somebody had the last one");
}

#[tokio::test]
async fn each_buyer_has_so_many_of_a_product_also_in_two_tabs() {
    let place = Place::new();
    let stores = [place.open().await, place.open().await];
    let file = "id,sku,option:size,title,price,currency,stock,hold,per_buyer\n\
                shirt,s,S,Shirt,10,EUR,50,hold,3\nshirt,m,M,,10,EUR,50,,\n\
                cup,,,Cup,5,EUR,50,first_paid,1\n";
    let products = read(Format::Csv, file.as_bytes()).expect("a catalogue");
    let import = Command::Import {
        merchant: DEFAULT_MERCHANT.into(),
        show: Some(SHOW.into()),
        products,
    };
    apply(&stores[0], 0, import).await;
    let (small, medium) = (quote(&stores[0], "s").await, quote(&stores[0], "m").await);
    let limit = |available| Outcome::Refused(Refusal::BuyerLimit { available });
    let both = by("ada", order(0, "a", &[(&small, 2), (&medium, 2)]));
    assert_eq!(
        apply(&stores[0], 0, both).await,
        limit(3),
        "of all variants"
    );
    let both = by("ada", order(0, "a", &[(&small, 1), (&medium, 1)]));
    let made = apply(&stores[0], 0, both.clone()).await;
    assert!(matches!(made, Outcome::Reserved { .. }), "{made:?}");
    let again = apply(&stores[1], 0, both).await;
    assert!(
        matches!(
            again,
            Outcome::Reserved {
                is_repeat: true,
                ..
            }
        ),
        "{again:?}"
    );
    let more = |buyer: &str, id: &str, n| by(buyer, reserve(0, id, &small, n));
    assert_eq!(apply(&stores[1], 0, more("ada", "b", 2)).await, limit(1));
    apply(&stores[1], 0, reached("a", "Ada@example.org")).await;
    // Another tab is another buyer, until it says whose order it is.
    apply(&stores[1], 0, more("ada-too", "c", 2)).await;
    apply(&stores[1], 0, more("ada-too", "d", 1)).await;
    let bought = apply(&stores[0], 0, reached("d", "ada@EXAMPLE.org")).await;
    assert_eq!(state(&bought).0, OrderState::Confirmed);
    let refused = apply(&stores[1], 0, reached("c", "ada@example.org")).await;
    assert_eq!(refused, limit(0));
    let others = apply(&stores[1], 0, reached("c", "bo@example.org")).await;
    assert_eq!(state(&others).0, OrderState::Confirmed);

    // What is for the first who pay counts when it is paid.
    let cup = quote(&stores[0], "cup").await;
    for id in ["e", "f"] {
        let made = apply(&stores[0], 0, by("cy", reserve(0, id, &cup, 1))).await;
        assert!(matches!(made, Outcome::Reserved { .. }), "{made:?}");
    }
    let bought = apply(&stores[0], 0, reached("e", "cy@example.org")).await;
    assert_eq!(state(&bought).0, OrderState::Confirmed);
    assert_eq!(
        apply(&stores[0], 0, reached("f", "cy@example.org")).await,
        limit(0)
    );
}
