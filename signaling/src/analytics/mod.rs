//! What a show's host is told of its audience: counts by minute, of nobody in particular. Pure:
//! things that happened in, rows to be added to the store out. Every measure adds up, over
//! seconds, processes and restarts; what each means is written in `docs/analytics.md`.

pub mod summary;

use std::collections::BTreeMap;

use crate::limits::analytics::{ITEMS_MAX, ROWS_WAITING_MAX};
use crate::protocol::client::Step;

/// An item of those that found no room of their own.
pub const OTHER: &str = "other";

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Seconds that viewers watched.
    Watched,
    /// Viewers who came in, by country.
    Country,
    /// Viewers who came in, by language of their browser.
    Language,
    /// Seconds that viewers read captions, by language.
    Captions,
    /// Times that a product was laid over the picture.
    Pinned,
    /// Visits in which a product was seen.
    Impression,
    /// Visits in which it was opened.
    Tap,
    /// Visits in which it was laid into the basket.
    Cart,
}

impl Measure {
    /// All of them.
    pub const ALL: [Measure; 8] = [
        Measure::Watched,
        Measure::Country,
        Measure::Language,
        Measure::Captions,
        Measure::Pinned,
        Measure::Impression,
        Measure::Tap,
        Measure::Cart,
    ];

    /// Its name in the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Measure::Watched => "watched",
            Measure::Country => "country",
            Measure::Language => "language",
            Measure::Captions => "captions",
            Measure::Pinned => "pinned",
            Measure::Impression => "impression",
            Measure::Tap => "tap",
            Measure::Cart => "cart",
        }
    }

    /// By its name.
    #[must_use]
    pub fn of(name: &str) -> Option<Measure> {
        Measure::ALL
            .into_iter()
            .find(|measure| measure.name() == name)
    }
}

impl From<Step> for Measure {
    fn from(step: Step) -> Measure {
        match step {
            Step::Impression => Measure::Impression,
            Step::Tap => Measure::Tap,
            Step::Cart => Measure::Cart,
        }
    }
}

/// Where a count belongs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The show.
    pub show: String,
    /// Minute of the server's clock: Unix time / 60 s.
    pub minute: u64,
    /// What is counted.
    pub measure: Measure,
    /// Of which country, language or product; empty when there is only one.
    pub item: String,
}

/// Counts that the store has not been told yet.
#[derive(Debug, Default)]
pub struct Tally(BTreeMap<Place, u64>);

impl Tally {
    /// Counts something.
    pub fn count(&mut self, show: &str, now_ms: u64, measure: Measure, item: &str, count: u64) {
        if count == 0 {
            return;
        }
        let place = Place {
            show: show.to_owned(),
            minute: now_ms / 60_000,
            measure,
            item: item.to_owned(),
        };
        self.add(place, count);
    }

    /// Adds a row, or to the one of its place. When there are too many rows for that it is
    /// counted as [`OTHER`]: no sum is wrong, a part of it has lost its name.
    pub fn add(&mut self, mut place: Place, count: u64) {
        if !self.0.contains_key(&place)
            && (self.0.len() >= ROWS_WAITING_MAX || self.is_full(&place))
        {
            OTHER.clone_into(&mut place.item);
        }
        let sum = self.0.entry(place).or_default();
        *sum = sum.saturating_add(count);
    }

    /// Everything there is to add to the store; it begins anew.
    #[must_use]
    pub fn take(&mut self) -> Vec<(Place, u64)> {
        std::mem::take(&mut self.0).into_iter().collect()
    }

    /// Whether a minute of a show has as many items of a measure as it may.
    fn is_full(&self, place: &Place) -> bool {
        let first = Place {
            item: String::new(),
            ..place.clone()
        };
        let is_same = |other: &&Place| {
            (&other.show, other.minute, other.measure) == (&place.show, place.minute, place.measure)
        };
        let same = self
            .0
            .range(first..)
            .map(|(other, _)| other)
            .take_while(is_same);
        same.take(ITEMS_MAX).count() == ITEMS_MAX
    }
}

/// A country as a trusted proxy names it: ISO 3166-1 alpha-2; `unknown` for anything else,
/// Cloudflare's XX (not known) and T1 (Tor) included.
#[must_use]
pub fn country(header: Option<&str>) -> String {
    let is_code = |text: &&str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic());
    let code = header
        .map(str::trim)
        .filter(is_code)
        .map(str::to_ascii_uppercase);
    code.filter(|code| code != "XX")
        .unwrap_or_else(|| "unknown".to_owned())
}

/// The language a browser asks for first (RFC 9110 §12.5.4), without its region.
#[must_use]
pub fn language(accept: Option<&str>) -> String {
    let first = accept.and_then(|accept| accept.split([',', ';', '-']).next());
    let first = first.map(|tag| tag.trim().to_ascii_lowercase());
    let is_tag =
        |tag: &String| (2..=3).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_lowercase());
    first.filter(is_tag).unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn headers_become_countries_and_languages_or_unknown() {
        for (header, expected) in [
            (Some("PT"), "PT"),
            (Some(" de "), "DE"),
            (Some("XX"), "unknown"),
            (Some("T1"), "unknown"),
            (Some("Portugal"), "unknown"),
            (Some("1 OR 1=1"), "unknown"),
            (None, "unknown"),
        ] {
            assert_eq!(country(header), expected, "{header:?}");
        }
        for (header, expected) in [
            (Some("pt-BR,pt;q=0.9,en;q=0.8"), "pt"),
            (Some("EN"), "en"),
            (Some("fil;q=0.5"), "fil"),
            (Some("*"), "unknown"),
            (Some(""), "unknown"),
            (None, "unknown"),
        ] {
            assert_eq!(language(header), expected, "{header:?}");
        }
    }

    #[test]
    fn measures_have_names_of_their_own() {
        for measure in Measure::ALL {
            assert_eq!(Measure::of(measure.name()), Some(measure));
        }
        assert_eq!(Measure::of("contact"), None);
    }

    fn counts() -> impl Strategy<Value = Vec<(u64, Measure, u32, u64)>> {
        let measure = prop::sample::select(Measure::ALL.to_vec());
        let count = (0..240_000_u64, measure, 0..600_u32, 0..9_u64);
        prop::collection::vec(count, 0..900)
    }

    proptest! {
        #[test]
        fn nothing_is_lost_however_much_there_is_and_whenever_it_is_taken(
            counts in counts(), every in 1..400_usize,
        ) {
            let (mut tally, mut stored) = (Tally::default(), BTreeMap::new());
            let mut told = BTreeMap::<_, u64>::new();
            for (n, (now_ms, measure, item, count)) in counts.iter().enumerate() {
                tally.count("lamp", *now_ms, *measure, &item.to_string(), *count);
                *told.entry((now_ms / 60_000, *measure)).or_default() += count;
                if n % every == 0 {
                    prop_assert!(tally.0.len() <= ROWS_WAITING_MAX + Measure::ALL.len() * 4);
                    for (place, count) in tally.take() {
                        *stored.entry((place.minute, place.measure)).or_default() += count;
                    }
                }
            }
            for (place, count) in tally.take() {
                *stored.entry((place.minute, place.measure)).or_default() += count;
            }
            told.retain(|_, count| *count > 0);
            prop_assert_eq!(stored, told);
        }

        #[test]
        fn a_minute_has_a_bounded_number_of_items(items in prop::collection::vec(0..5_000_u32, 0..2_000)) {
            let mut tally = Tally::default();
            for item in &items {
                tally.count("lamp", 0, Measure::Country, &item.to_string(), 1);
            }
            prop_assert!(tally.0.len() <= ITEMS_MAX + 1, "{}", tally.0.len());
        }
    }
}
