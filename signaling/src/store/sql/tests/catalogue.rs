//! Merchants, variants, prices in several currencies, versions of stock, consent and shipping.

use std::collections::BTreeMap;

use super::*;
use crate::protocol::server::HoldMode;
use crate::protocol::shop::RowError;
use crate::shop::catalog::{Price, Product, Variant};
use crate::shop::money::Amount;
use crate::shop::pricing::{NoPrice, Tier, Zone};

fn amount(minor: i64, currency: &str) -> Amount {
    Amount::new(minor, currency).expect("an amount")
}

fn variant(id: &str, size: &str, stock: u32, version: Option<i64>) -> Variant {
    let price = |minor, currency, tier| Price {
        price: amount(minor, currency),
        compare_at: None,
        tiers: vec![Tier {
            min_quantity: 10,
            price: amount(tier, currency),
        }],
    };
    Variant {
        id: id.into(),
        options: BTreeMap::from([("size".into(), size.into())]),
        min_quantity: 1,
        prices: vec![price(2_000, "EUR", 1_500), price(2_200, "USD", 1_700)],
        stock,
        stock_version: version,
    }
}

fn shirt(variants: Vec<Variant>) -> Product {
    Product {
        id: "shirt".into(),
        title: "Shirt".into(),
        description: "Linen.".into(),
        images: Vec::new(),
        translations: BTreeMap::from([("pt".into(), "Camisa".into())]),
        descriptions: BTreeMap::from([("pt".into(), "Linho.".into())]),
        hold_mode: HoldMode::Hold,
        per_buyer: None,
        variants,
    }
}

fn put(merchant: &str, show: Option<&str>, product: Product) -> Command {
    Command::Import {
        merchant: merchant.into(),
        show: show.map(str::to_owned),
        products: vec![(2, product)],
    }
}

fn shelve(merchant: &str, products: &[&str]) -> Command {
    Command::Shelve {
        merchant: merchant.into(),
        show: SHOW.into(),
        products: products.iter().map(ToString::to_string).collect(),
    }
}

fn rows(outcome: Outcome) -> Vec<(u32, String, String)> {
    let Outcome::Refused(Refusal::Rows(rows)) = outcome else {
        panic!("mistakes, not {outcome:?}")
    };
    let row = |row: RowError| (row.row, row.field, row.message);
    rows.into_iter().map(row).collect()
}

#[tokio::test]
async fn variants_are_sold_each_from_its_own_stock_and_in_any_of_its_currencies() {
    let place = Place::new();
    let store = place.open().await;
    let product = shirt(vec![
        variant("s", "S", 50, Some(1)),
        variant("m", "M", 1, Some(1)),
    ]);
    apply(&store, 0, put("acme", Some(SHOW), product.clone())).await;
    let all = store.catalogue("acme").await.expect("read");
    assert_eq!(all, std::slice::from_ref(&product));
    assert!(store.catalogue("default").await.expect("read").is_empty());

    let shelf = store.shelf(SHOW).await.expect("the disk works");
    assert_eq!((shelf[0].available, shelf[0].variants.len()), (51, 2));
    assert_eq!(shelf[0].hold_mode, HoldMode::Hold);
    let wanted = ["s".to_owned(), "m".to_owned(), "xl".to_owned()];
    let offers = store
        .offers(SHOW, &wanted, Some("USD"))
        .await
        .expect("read");
    let found: Vec<_> = offers
        .iter()
        .map(|o| (&*o.variant, o.terms.price))
        .collect();
    assert_eq!(
        found,
        [("s", amount(2_200, "USD")), ("m", amount(2_200, "USD"))]
    );
    let offers = store
        .offers(SHOW, &wanted[..1], Some("JPY"))
        .await
        .expect("read");
    assert_eq!(
        offers[0].terms.price,
        amount(2_000, "EUR"),
        "not in yen: the first price"
    );

    let (s, m) = (quote(&store, "s").await, quote(&store, "m").await);
    let bought = apply(&store, 0, order(0, "a", &[(&s, 12), (&m, 1)])).await;
    let Outcome::Reserved { order: bought, .. } = bought else {
        panic!("an order, not {bought:?}")
    };
    assert_eq!(
        (bought.total.minor, &*bought.merchant),
        (12 * 1_500 + 2_000, "acme")
    );
    assert_eq!(bought.lines[1].options["size"], "M");
    assert_eq!(books(&store, "s").await, (50, 12, 0));
    let both = order(0, "b", &[(&s, 1), (&m, 1)]);
    let expected = Refusal::SoldOut {
        variant: "m".into(),
        available: 0,
    };
    assert_eq!(apply(&store, 0, both).await, Outcome::Refused(expected));
    assert_eq!(
        books(&store, "s").await,
        (50, 12, 0),
        "nothing of it is held"
    );

    // A variant that the merchant names no more is sold no more; its books stay.
    let fewer = shirt(vec![variant("s", "S", 50, Some(1))]);
    apply(&store, 0, put("acme", None, fewer)).await;
    assert!(offer(&store, "m").await.is_none());
    assert_eq!(quote(&store, "s").await, s, "the other one's quotes stand");
    assert_eq!(books(&store, "m").await, (1, 1, 0));
    apply(&store, 0, confirm("a")).await;
    assert_eq!(books(&store, "m").await, (1, 0, 1));
}

#[tokio::test]
async fn every_change_of_terms_is_a_new_version() {
    let place = Place::new();
    let store = place.open().await;
    let changes: [fn(&mut Variant); 5] = [
        |v| v.prices[0].price = amount(1_999, "EUR"),
        |v| v.prices[1].tiers[0].price = amount(1_699, "USD"),
        |v| v.prices[0].compare_at = Some(amount(3_000, "EUR")),
        |v| v.min_quantity = 5,
        |v| v.prices.truncate(1),
    ];
    let mut now = variant("s", "S", 5, None);
    apply(&store, 0, put("acme", Some(SHOW), shirt(vec![now.clone()]))).await;
    for change in changes {
        let before = quote(&store, "s").await.terms.version;
        apply(&store, 0, put("acme", None, shirt(vec![now.clone()]))).await;
        assert_eq!(
            quote(&store, "s").await.terms.version,
            before,
            "nothing changed"
        );
        change(&mut now);
        apply(&store, 0, put("acme", None, shirt(vec![now.clone()]))).await;
        assert!(quote(&store, "s").await.terms.version > before, "{now:?}");
    }
}

#[tokio::test]
async fn an_older_version_never_overwrites_newer_stock() {
    let place = Place::new();
    let store = place.open().await;
    let stock = |stock, version| {
        put(
            "acme",
            Some(SHOW),
            shirt(vec![variant("s", "S", stock, version)]),
        )
    };
    for (pieces, version, expected) in [
        (10, Some(5), 10),
        (99, Some(4), 10),
        (12, Some(5), 12),
        (20, Some(7), 20),
        (15, None, 15),
        (16, Some(6), 15),
    ] {
        apply(&store, 0, stock(pieces, version)).await;
        assert_eq!(
            books(&store, "s").await.0,
            expected,
            "{pieces} by {version:?}"
        );
    }
    let s = quote(&store, "s").await;
    apply(&store, 0, reserve(0, "a", &s, 9)).await;
    let refused = rows(apply(&store, 0, stock(8, Some(8))).await);
    assert_eq!((refused[0].0, &*refused[0].1), (2, "stock"));
    let old = apply(&store, 0, stock(8, Some(3))).await;
    assert_eq!(
        old,
        Outcome::Imported(1),
        "stock that is not taken cannot be wrong"
    );
}

#[tokio::test]
async fn ids_belong_to_one_merchant_and_one_product() {
    let place = Place::new();
    let store = place.open().await;
    let shirts = shirt(vec![variant("s", "S", 5, None)]);
    apply(&store, 0, put("acme", None, shirts.clone())).await;
    let refused = rows(apply(&store, 0, put("other", None, shirts.clone())).await);
    let told = (2, "id".into(), "`shirt` belongs to another merchant".into());
    assert_eq!(refused, [told]);
    let other = Product {
        id: "hat".into(),
        ..shirts
    };
    let refused = rows(apply(&store, 0, put("acme", None, other)).await);
    assert_eq!(
        refused,
        [(2, "sku".into(), "`s` is a variant of `shirt`".into())]
    );
}

#[tokio::test]
async fn another_merchants_product_is_shelved_by_consent_and_leaves_with_it() {
    let place = Place::new();
    let store = place.open().await;
    apply(&store, 0, import("lamp,Lamp,49.90,EUR,5\n")).await;
    apply(
        &store,
        0,
        put("acme", None, shirt(vec![variant("s", "S", 5, None)])),
    )
    .await;
    let mixed = shelve(DEFAULT_MERCHANT, &["lamp", "shirt"]);
    let refused = Refusal::NoConsent {
        product: "shirt".into(),
        owner: "acme".into(),
    };
    assert_eq!(
        apply(&store, 0, mixed.clone()).await,
        Outcome::Refused(refused.clone())
    );
    let consent = |is_given| Command::Consent {
        owner: "acme".into(),
        seller: DEFAULT_MERCHANT.into(),
        is_given,
    };
    apply(&store, 0, consent(true)).await;
    assert_eq!(apply(&store, 0, mixed.clone()).await, Outcome::Set);
    let (lamp, s) = (quote(&store, "lamp").await, quote(&store, "s").await);
    let two = apply(&store, 0, order(0, "a", &[(&lamp, 1), (&s, 1)])).await;
    let expected = Refusal::Merchants(DEFAULT_MERCHANT.into(), "acme".into());
    assert_eq!(two, Outcome::Refused(expected));

    let withdrawn = apply_all(&store, 0, &[consent(false)]).await;
    assert_eq!(
        withdrawn.changes.removed,
        [(SHOW.to_owned(), "shirt".to_owned())]
    );
    assert_eq!(store.shelf(SHOW).await.expect("read").len(), 1);
    assert_eq!(apply(&store, 0, mixed).await, Outcome::Refused(refused));
}

#[tokio::test]
async fn sending_is_charged_by_the_merchants_zones() {
    let place = Place::new();
    let store = place.open().await;
    apply(&store, 0, import("lamp,Lamp,49.90,EUR,5\n")).await;
    let zone = Zone {
        countries: vec!["PT".into(), "ES".into()],
        rate: amount(500, "EUR"),
        free_from: Some(amount(9_980, "EUR")),
    };
    let zones = Command::SetZones {
        merchant: DEFAULT_MERCHANT.into(),
        zones: vec![zone.clone()],
    };
    apply(&store, 0, zones).await;
    assert_eq!(store.zones(DEFAULT_MERCHANT).await.expect("read"), [zone]);
    let lamp = quote(&store, "lamp").await;
    let send = |id: &str, pieces, country: Option<&str>, total_minor| {
        let Command::Reserve(reserve) = reserve(0, id, &lamp, pieces) else {
            unreachable!("it is a reservation")
        };
        Command::Reserve(Reserve {
            country: country.map(str::to_owned),
            total_minor,
            ..reserve
        })
    };
    for country in [None, Some("JP")] {
        let refused = apply(&store, 0, send("a", 1, country, 4_990)).await;
        let expected = NoPrice::Country(country.map(str::to_owned));
        assert_eq!(refused, Outcome::Refused(Refusal::NoPrice(expected)));
    }
    for (id, pieces, total, shipping) in [("a", 1, 5_490, 500), ("b", 2, 9_980, 0)] {
        let made = apply(&store, 0, send(id, pieces, Some("PT"), total)).await;
        let Outcome::Reserved { order, .. } = made else {
            panic!("an order, not {made:?}")
        };
        let found = store.order(&OrderId::from_text(id)).await.expect("read");
        assert_eq!(found.as_ref(), Some(&order));
        assert_eq!((order.shipping.minor, order.total.minor), (shipping, total));
        assert_eq!(order.country.as_deref(), Some("PT"));
    }
}
