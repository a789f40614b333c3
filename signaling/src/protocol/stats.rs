//! What a host is told of the audience and of what it bought. Definitions: `docs/analytics.md`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::server::Money;

/// `GET /api/v1/shows/{show}/stats`: a day at most, up to this second.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Stats {
    /// When the show went on air, Unix ms.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub started_ms: Option<u64>,
    /// Server clock, Unix ms.
    #[cfg_attr(test, ts(type = "number"))]
    pub now_ms: u64,
    /// People watching now, in all processes.
    pub viewers: u32,
    /// Sums of the minutes below.
    pub total: Sums,
    /// Minutes in which anything happened, the oldest first.
    pub minutes: Vec<MinuteStats>,
    /// Viewers who came in, by country: ISO 3166-1 alpha-2, or `unknown`.
    #[cfg_attr(test, ts(type = "Record<string, number>"))]
    pub countries: BTreeMap<String, u64>,
    /// Viewers who came in, by the language their browser asks for.
    #[cfg_attr(test, ts(type = "Record<string, number>"))]
    pub languages: BTreeMap<String, u64>,
    /// Seconds that viewers read captions, by language.
    #[cfg_attr(test, ts(type = "Record<string, number>"))]
    pub captions: BTreeMap<String, u64>,
    /// Products that were seen or sold.
    pub products: Vec<ProductStats>,
}

/// Sums of a time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Sums {
    /// Seconds that viewers watched.
    #[cfg_attr(test, ts(type = "number"))]
    pub watched_s: u64,
    /// Viewers who came in.
    #[cfg_attr(test, ts(type = "number"))]
    pub joins: u64,
    /// Orders bought, by when they were made.
    #[cfg_attr(test, ts(type = "number"))]
    pub orders: u64,
    /// What they are worth without shipping, by currency.
    pub revenue: Vec<Money>,
}

/// A minute of a show.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MinuteStats {
    /// Its beginning: media time, Unix ms.
    #[cfg_attr(test, ts(type = "number"))]
    pub at_ms: u64,
    /// People watching at once, in the mean.
    pub viewers: f64,
    /// Products that were laid over the picture in it.
    pub pinned: Vec<String>,
    /// Pieces sold, by product.
    #[cfg_attr(test, ts(type = "Record<string, number>"))]
    pub pieces: BTreeMap<String, u64>,
    /// What happened.
    #[serde(flatten)]
    pub sums: Sums,
}

/// A product's way to its buyers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProductStats {
    /// Product id.
    pub product: String,
    /// Its title.
    pub title: String,
    /// Visits in which it was seen.
    #[cfg_attr(test, ts(type = "number"))]
    pub impressions: u64,
    /// Visits in which it was opened.
    #[cfg_attr(test, ts(type = "number"))]
    pub taps: u64,
    /// Visits in which it was laid into the basket.
    #[cfg_attr(test, ts(type = "number"))]
    pub carts: u64,
    /// Orders bought with it.
    #[cfg_attr(test, ts(type = "number"))]
    pub orders: u64,
    /// Pieces of it.
    #[cfg_attr(test, ts(type = "number"))]
    pub pieces: u64,
    /// What these are worth, by currency.
    pub revenue: Vec<Money>,
}

/// Body of `POST /api/v1/erasures`: whose data are to be forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Erasure {
    /// The buyer's of this order.
    Order(String),
    /// Those of whoever gave this e-mail address or telephone number; case does not matter.
    Contact(String),
}

/// Answer to an erasure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Erased {
    /// Orders that had something to forget.
    pub orders: u64,
}
