//! Counts and sales as a host reads them: sums by minute, by product and of everything, and the
//! same as a table for a spreadsheet.

use std::collections::BTreeMap;

use super::{Measure, Place};
use crate::protocol::server::Money;
use crate::protocol::stats::{MinuteStats, ProductStats, Stats, Sums};
use crate::shop::money::Amount;
use crate::store::analytics::{Sale, Sold};

/// Minor units by currency.
type Revenue = BTreeMap<String, i64>;

/// What is stored of a show.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    /// What draws the curve: [`crate::store::analytics::AnalyticsStore::minutes`].
    pub minutes: Vec<(Place, u64)>,
    /// What was counted of each item, all minutes together.
    pub items: Vec<(Measure, String, u64)>,
    /// Orders by minute.
    pub sold: Vec<Sold>,
    /// Products in them.
    pub sales: Vec<Sale>,
}

/// A minute or a whole show.
#[derive(Debug, Default)]
struct Sum {
    watched_s: u64,
    joins: u64,
    orders: u64,
    revenue: Revenue,
    pinned: Vec<String>,
    pieces: BTreeMap<String, u64>,
}

impl Stored {
    /// As the console shows it. `now_ms` tells how much of the newest minute has passed.
    #[must_use]
    pub fn stats(&self, now_ms: u64) -> Stats {
        let mut minutes = BTreeMap::<u64, Sum>::new();
        let mut products = BTreeMap::<String, ProductStats>::new();
        let mut stats = Stats {
            now_ms,
            ..Stats::default()
        };
        for (place, count) in &self.minutes {
            let minute = minutes.entry(place.minute).or_default();
            match place.measure {
                Measure::Watched => minute.watched_s += count,
                Measure::Country => minute.joins += count,
                Measure::Pinned => minute.pinned.push(place.item.clone()),
                _ => {}
            }
        }
        for (measure, item, count) in &self.items {
            let sum = match measure {
                Measure::Watched | Measure::Pinned => continue,
                Measure::Country => stats.countries.entry(item.clone()).or_default(),
                Measure::Language => stats.languages.entry(item.clone()).or_default(),
                Measure::Captions => stats.captions.entry(item.clone()).or_default(),
                step => step_of(products.entry(item.clone()).or_default(), *step),
            };
            *sum += count;
        }
        for sold in &self.sold {
            let minute = minutes.entry(sold.minute).or_default();
            minute.orders += sold.orders;
            *minute.revenue.entry(sold.currency.clone()).or_default() += sold.minor;
        }
        let mut revenues = BTreeMap::<&str, Revenue>::new();
        for sale in &self.sales {
            let product = products.entry(sale.product.clone()).or_default();
            sale.title.clone_into(&mut product.title);
            product.orders += sale.orders;
            product.pieces += sale.pieces;
            let revenue = revenues.entry(&sale.product).or_default();
            *revenue.entry(sale.currency.clone()).or_default() += sale.minor;
            let minute = minutes.entry(sale.minute).or_default();
            *minute.pieces.entry(sale.product.clone()).or_default() += sale.pieces;
        }
        stats.total = sums(&total(minutes.values()));
        let minute = |(minute, sum): (&u64, &Sum)| minute_stats(*minute, sum, now_ms);
        stats.minutes = minutes.iter().map(minute).collect();
        for (id, mut product) in products {
            product.revenue = revenues.get(id.as_str()).map(view).unwrap_or_default();
            product.product = id;
            stats.products.push(product);
        }
        stats
    }
}

/// Counts and sales as CSV (RFC 4180): one row for each number, `minute` in UTC, money in decimals.
///
/// # Panics
/// Never: writing to memory does not fail.
#[must_use]
pub fn csv(counts: &[(Place, u64)], sold: &[Sold], sales: &[Sale]) -> String {
    let mut rows: Vec<[String; 4]> = Vec::new();
    for (place, count) in counts {
        let (name, item) = (place.measure.name(), place.item.clone());
        rows.push([time(place.minute), name.to_owned(), item, count.to_string()]);
    }
    for sold in sold {
        let row = |measure: &str, value: String| {
            [
                time(sold.minute),
                measure.to_owned(),
                sold.currency.clone(),
                value,
            ]
        };
        rows.push(row("orders", sold.orders.to_string()));
        let revenue = Amount::new(sold.minor, &sold.currency);
        rows.push(row(
            "revenue",
            revenue.map(Amount::number).unwrap_or_default(),
        ));
    }
    for sale in sales {
        let pieces = sale.pieces.to_string();
        rows.push([
            time(sale.minute),
            "pieces".to_owned(),
            sale.product.clone(),
            pieces,
        ]);
    }
    rows.sort();
    let mut file = csv::Writer::from_writer(Vec::new());
    let header = ["minute", "measure", "item", "value"].map(str::to_owned);
    for row in std::iter::once(&header).chain(&rows) {
        file.write_record(row).expect("memory takes every row");
    }
    let bytes = file.into_inner().expect("memory takes every row");
    String::from_utf8(bytes).expect("rows are text")
}

fn step_of(product: &mut ProductStats, measure: Measure) -> &mut u64 {
    match measure {
        Measure::Tap => &mut product.taps,
        Measure::Cart => &mut product.carts,
        _ => &mut product.impressions,
    }
}

fn total<'a>(minutes: impl Iterator<Item = &'a Sum>) -> Sum {
    minutes.fold(Sum::default(), |mut total, minute| {
        total.watched_s += minute.watched_s;
        total.joins += minute.joins;
        total.orders += minute.orders;
        for (currency, minor) in &minute.revenue {
            *total.revenue.entry(currency.clone()).or_default() += minor;
        }
        total
    })
}

fn minute_stats(minute: u64, sum: &Sum, now_ms: u64) -> MinuteStats {
    let at_ms = minute * 60_000;
    let passed_s = now_ms.saturating_sub(at_ms).clamp(1_000, 60_000) / 1_000;
    #[allow(clippy::cast_precision_loss)] // Seconds of a minute's viewers stay far below 2^53.
    let viewers = sum.watched_s as f64 / passed_s as f64;
    MinuteStats {
        at_ms,
        viewers,
        pinned: sum.pinned.clone(),
        pieces: sum.pieces.clone(),
        sums: sums(sum),
    }
}

fn sums(sum: &Sum) -> Sums {
    Sums {
        watched_s: sum.watched_s,
        joins: sum.joins,
        orders: sum.orders,
        revenue: view(&sum.revenue),
    }
}

/// Currencies come from the books, which take none that is not ISO 4217.
fn view(revenue: &Revenue) -> Vec<Money> {
    let money = revenue
        .iter()
        .filter_map(|(currency, minor)| Amount::new(*minor, currency).ok());
    money.map(Money::from).collect()
}

fn time(minute: u64) -> String {
    use time::format_description::well_known::Rfc3339;
    let seconds = i64::try_from(minute.saturating_mul(60)).unwrap_or_default();
    let at = time::OffsetDateTime::from_unix_timestamp(seconds);
    let at = at.unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    at.format(&Rfc3339).expect("every date has these parts")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(minute: u64, measure: Measure, item: &str) -> Place {
        Place {
            show: "lamp".into(),
            minute,
            measure,
            item: item.into(),
        }
    }

    fn stored() -> Stored {
        let sold = |minute, currency: &str, orders, minor| Sold {
            minute,
            currency: currency.into(),
            orders,
            minor,
        };
        let sale = |minute, product: &str, currency: &str, minor| Sale {
            minute,
            product: product.into(),
            title: product.to_uppercase(),
            currency: currency.into(),
            orders: 1,
            pieces: 2,
            minor,
        };
        let item = |measure, item: &str, count| (measure, item.to_owned(), count);
        Stored {
            minutes: vec![
                (place(0, Measure::Watched, ""), 120),
                (place(0, Measure::Country, ""), 2),
                (place(1, Measure::Watched, ""), 30),
                (place(1, Measure::Country, ""), 1),
                (place(1, Measure::Pinned, "rug"), 1),
            ],
            items: vec![
                item(Measure::Watched, "", 150),
                item(Measure::Country, "PT", 2),
                item(Measure::Country, "unknown", 1),
                item(Measure::Language, "pt", 2),
                item(Measure::Captions, "en", 15),
                item(Measure::Impression, "rug", 2),
                item(Measure::Tap, "rug", 1),
                item(Measure::Cart, "rug", 1),
            ],
            sold: vec![sold(1, "EUR", 1, 9_980), sold(1, "JPY", 1, 700)],
            sales: vec![
                sale(1, "cup", "JPY", 700),
                sale(1, "rug", "EUR", 9_000),
                sale(1, "vase", "EUR", 980),
            ],
        }
    }

    #[test]
    fn minutes_products_and_totals_are_sums_of_the_same_counts() {
        let stats = stored().stats(70_000);
        let curve: Vec<_> = stats.minutes.iter().map(|m| (m.at_ms, m.viewers)).collect();
        assert_eq!(
            curve,
            [(0, 2.0), (60_000, 3.0)],
            "ten seconds of the second have passed"
        );
        let second = &stats.minutes[1];
        assert_eq!(
            (&second.pinned[..], second.pieces["rug"]),
            (&["rug".to_owned()][..], 2)
        );
        let total = &stats.total;
        assert_eq!((total.watched_s, total.joins, total.orders), (150, 3, 2));
        let money: Vec<_> = total
            .revenue
            .iter()
            .map(|m| (m.minor, m.currency.as_str()))
            .collect();
        assert_eq!(money, [(9_980, "EUR"), (700, "JPY")]);
        assert_eq!(
            stats.countries,
            [("PT".into(), 2), ("unknown".into(), 1)].into()
        );
        assert_eq!(stats.captions, [("en".into(), 15)].into());
        let rug = stats
            .products
            .iter()
            .find(|one| one.product == "rug")
            .expect("the rug");
        let funnel = (rug.impressions, rug.taps, rug.carts, rug.orders, rug.pieces);
        assert_eq!(funnel, (2, 1, 1, 1, 2));
        assert_eq!((rug.title.as_str(), rug.revenue[0].minor), ("RUG", 9_000));
    }

    #[test]
    fn the_table_has_every_number_with_its_minute() {
        let counts = [
            (place(0, Measure::Watched, ""), 120),
            (place(1, Measure::Country, "PT"), 2),
        ];
        let Stored { sold, sales, .. } = stored();
        let table = csv(&counts, &sold, &sales);
        for row in [
            "minute,measure,item,value",
            "1970-01-01T00:00:00Z,watched,,120",
            "1970-01-01T00:01:00Z,revenue,EUR,99.80",
            "1970-01-01T00:01:00Z,revenue,JPY,700",
            "1970-01-01T00:01:00Z,pieces,rug,2",
        ] {
            assert!(table.lines().any(|line| line == row), "{row} in\n{table}");
        }
        assert_eq!(table.lines().count(), 1 + 2 + 4 + 3);
    }
}
