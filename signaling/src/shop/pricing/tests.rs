//! The laws of money: exact sums, tiers by quantity, shipping by country and threshold.

use proptest::prelude::*;

use super::*;
use crate::limits::shop::{ORDER_LINES_MAX, ORDER_QUANTITY_MAX, PRICE_MINOR_MAX};
use crate::protocol::server::HoldMode;

fn eur(minor: i64) -> Amount {
    Amount::new(minor, "EUR").expect("an amount")
}

fn offer(minor: i64, tiers: &[(u32, i64)]) -> Offer {
    let tier = |&(min_quantity, minor): &(u32, i64)| Tier {
        min_quantity,
        price: eur(minor),
    };
    Offer {
        show: "gala".into(),
        merchant: "default".into(),
        product: "lamp".into(),
        variant: "lamp".into(),
        title: "Lamp".into(),
        options: Default::default(),
        terms: Terms {
            price: eur(minor),
            tiers: tiers.iter().map(tier).collect(),
            min_quantity: 1,
            version: 1,
        },
        hold_mode: HoldMode::Hold,
        deal: None,
        available: 9,
    }
}

fn zones() -> Vec<Zone> {
    let zone = |countries: &[&str], rate, free_from: Option<i64>| Zone {
        countries: countries.iter().map(ToString::to_string).collect(),
        rate: eur(rate),
        free_from: free_from.map(eur),
    };
    vec![
        zone(&["PT", "ES"], 490, Some(5_000)),
        zone(&["*"], 1_990, None),
    ]
}

#[test]
fn tiers_begin_at_their_quantity() {
    let lamp = offer(1_000, &[(10, 900), (100, 750)]);
    let price = |quantity| lamp.terms.unit_price(quantity).minor();
    let found = [1, 9, 10, 99, 100, 1_000].map(price);
    assert_eq!(found, [1_000, 1_000, 900, 900, 750, 750]);
}

#[test]
fn shipping_goes_by_country_and_threshold() {
    let cost =
        |country, goods| shipping(&zones(), country, eur(goods)).map(|amount| amount.minor());
    assert_eq!(cost(Some("PT"), 4_999), Ok(490));
    assert_eq!(cost(Some("PT"), 5_000), Ok(0));
    assert_eq!(cost(Some("JP"), 5_000), Ok(1_990));
    assert_eq!(cost(None, 1), Err(NoPrice::Country(None)));
    let near = &zones()[..1];
    let refused = shipping(near, Some("JP"), eur(1));
    assert_eq!(refused, Err(NoPrice::Country(Some("JP".into()))));
    let dollars = Amount::new(1, "USD").expect("an amount");
    let refused = shipping(&zones(), Some("PT"), dollars);
    assert_eq!(refused, Err(NoPrice::Country(Some("PT".into()))));
    assert_eq!(shipping(&[], None, eur(7)), Ok(eur(0)));
}

#[test]
fn a_basket_without_a_country_leaves_shipping_open() {
    let open = price(vec![(offer(500, &[]), 2)], &zones(), None, None).expect("a price");
    assert_eq!((open.shipping, open.total), (None, eur(1_000)));
    assert_eq!(open.countries, ["*", "ES", "PT"]);
    let known = price(vec![(offer(500, &[]), 2)], &zones(), Some("ES"), None).expect("a price");
    assert_eq!((known.shipping, known.total), (Some(eur(490)), eur(1_490)));
}

#[test]
fn currencies_do_not_mix() {
    let mut other = offer(1, &[]);
    other.terms.price = Amount::new(1, "USD").expect("an amount");
    let refused = price(vec![(offer(1, &[]), 1), (other, 1)], &[], None, None);
    assert!(matches!(refused, Err(NoPrice::Currencies { .. })));
}

proptest! {
    /// The total is what a wide integer says, or the sum is refused; it never wraps.
    #[test]
    fn totals_are_exact(
        lines in prop::collection::vec(
            (0..=PRICE_MINOR_MAX, 1..=ORDER_QUANTITY_MAX), 1..=ORDER_LINES_MAX),
    ) {
        let wide: i128 = lines.iter().map(|&(minor, n)| i128::from(minor) * i128::from(n)).sum();
        let basket = lines.iter().map(|&(minor, n)| (offer(minor, &[]), n)).collect();
        match price(basket, &[], None, None) {
            Ok(priced) => prop_assert_eq!(i128::from(priced.total.minor()), wide),
            Err(NoPrice::Sum(_)) => prop_assert!(wide > 1 << 53),
            Err(other) => prop_assert!(false, "{:?}", other),
        }
    }

    /// A piece never costs more for who buys more, when the merchant's tiers fall.
    #[test]
    fn more_pieces_are_never_dearer_by_the_piece(
        mut steps in prop::collection::vec((2..500_u32, 1..100_i64), 0..6),
        quantity in 1..=ORDER_QUANTITY_MAX,
    ) {
        steps.sort_unstable();
        steps.dedup_by_key(|step| step.0);
        let mut minor = 1_000;
        let tiers: Vec<_> = steps.iter().map(|&(from, off)| { minor -= off; (from, minor) }).collect();
        let terms = offer(1_000, &tiers).terms;
        let expected = tiers.iter().filter(|tier| tier.0 <= quantity).map(|tier| tier.1).min();
        prop_assert_eq!(terms.unit_price(quantity).minor(), expected.unwrap_or(1_000));
        prop_assert!(terms.unit_price(quantity + 1).minor() <= terms.unit_price(quantity).minor());
    }

    /// Free from the threshold on and never below it.
    #[test]
    fn the_threshold_is_sharp(goods in 0..10_000_i64) {
        let cost = shipping(&zones(), Some("PT"), eur(goods)).expect("Portugal is a zone");
        prop_assert_eq!(cost.minor(), if goods >= 5_000 { 0 } else { 490 });
    }
}
