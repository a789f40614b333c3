//! Flash deals and coupons on the wire, as hosts make and see them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::server::{DealView, Money};

/// Body of `POST /api/v1/shows/{show}/deals`: a flash deal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct DealBody {
    /// Product on the show's shelf.
    pub product: String,
    /// Variants that cost less; without any, all of the product.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, ts(as = "Option<Vec<String>>", optional))]
    pub variants: Vec<String>,
    /// Price of one piece, below the usual one, one a currency like `19.90 EUR`; in other
    /// currencies it costs what it did.
    pub prices: Vec<String>,
    /// When it begins, Unix ms; without it, after the countdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(type = "number", optional))]
    pub starts_ms: Option<u64>,
    /// Seconds it is counted down, up to 300.
    #[serde(default)]
    #[schema(maximum = 300)]
    pub countdown_s: u32,
    /// Seconds it lasts, 60 to 1,200.
    #[schema(minimum = 60, maximum = 1200)]
    pub length_s: u32,
    /// Pieces in all.
    #[schema(minimum = 1)]
    pub total: u32,
    /// Pieces for each buyer; any number without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    #[cfg_attr(test, ts(optional))]
    pub per_buyer: Option<u32>,
}

/// Answer to `GET /api/v1/shows/{show}/deals`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DealList {
    /// Flash deals that are not over, the next first.
    pub deals: Vec<DealView>,
}

/// Body of `PUT /api/v1/coupons/{code}`: either `percent` or `amount`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(test, ts(optional_fields))]
pub struct CouponBody {
    /// Hundredths of the goods that it takes off.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100)]
    pub percent: Option<u32>,
    /// What it takes off the goods, such as `5.00 EUR`, of use in this currency alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// From when it can be used, Unix ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(type = "number", optional))]
    pub starts_ms: Option<u64>,
    /// Until when, Unix ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(type = "number", optional))]
    pub ends_ms: Option<u64>,
    /// Orders it may be used in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub total: Option<u32>,
    /// The same of each buyer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub per_buyer: Option<u32>,
    /// Least sum of goods, such as `50 EUR`; then it is of no use in other currencies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<String>,
}

/// A coupon as its merchant sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CouponView {
    /// Its code, in upper case.
    pub code: String,
    /// Hundredths of the goods that it takes off.
    pub percent: Option<u32>,
    /// Or what it takes off.
    pub amount: Option<Money>,
    /// From when it can be used, Unix ms.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub starts_ms: Option<u64>,
    /// Until when, Unix ms.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub ends_ms: Option<u64>,
    /// Orders it may be used in.
    pub total: Option<u32>,
    /// The same of each buyer.
    pub per_buyer: Option<u32>,
    /// Least sum of goods.
    pub minimum: Option<Money>,
    /// Orders it is used in, held or bought.
    pub taken: u32,
}

/// Answer to `GET /api/v1/coupons`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CouponList {
    /// By code.
    pub coupons: Vec<CouponView>,
}
