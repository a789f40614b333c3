//! An order on the wire, for its buyer and its host.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::server::Money;
use super::shop::AddressRules;

/// An order as its buyer and the host see it. `buyer` is empty in the host's live feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct OrderView {
    /// Unguessable id.
    pub id: String,
    /// Merchant who sells.
    pub merchant: String,
    /// Show it was made in.
    pub show: String,
    /// What is bought, at least one line.
    pub lines: Vec<LineView>,
    /// Country it is sent to, ISO 3166-1 alpha-2, when the merchant asks for one.
    pub country: Option<String>,
    /// What its address needs there.
    pub address_rules: Option<AddressRules>,
    /// Code of the coupon that is used.
    pub coupon: Option<String>,
    /// What it takes off the lines.
    pub discount: Option<Money>,
    /// What sending it costs.
    pub shipping: Money,
    /// Sum of lines, less the discount, and shipping: what is charged.
    pub total: Money,
    /// State.
    pub state: OrderState,
    /// When it is released unless it was bought, Unix ms.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub expires_ms: Option<u64>,
    /// When it was made, Unix ms.
    #[cfg_attr(test, ts(type = "number"))]
    pub created_ms: u64,
    /// Name the buyer gave.
    pub buyer: Option<String>,
}

/// A line of an order, as it was when the order was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LineView {
    /// What was bought.
    pub variant: String,
    /// Product it belongs to.
    pub product: String,
    /// Title of the product.
    pub title: String,
    /// Options of the variant.
    pub options: BTreeMap<String, String>,
    /// Pieces.
    pub quantity: u32,
    /// Price of one piece at this quantity.
    pub unit_price: Money,
    /// Sum of the line.
    pub total: Money,
}

/// State of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Its price stands until `expires_ms`, and its pieces are held, but those that are for the
    /// first who pay.
    Reserved,
    /// The same, and who buys is known: what is missing is the money, at the payment page.
    Pending,
    /// Bought; the money is owed to the merchant.
    Confirmed,
    /// Bought and paid.
    Paid,
    /// Paid, and then called off or too late: the money is to go back.
    Refunding,
    /// The money went back.
    Refunded,
    /// Given up by the buyer or called off by the host before it was paid; stock went back.
    Cancelled,
    /// The time ran out; stock went back.
    Expired,
}
