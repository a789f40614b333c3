//! What the shop's HTTP routes take and give, beside [`super::server::OrderView`] and
//! [`super::server::ProductView`].

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::server::{Money, OrderView, ProductView};

/// A price signed by the server: what the viewer saw is what is charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct QuoteView {
    /// The signed quote, to be sent back in the order.
    pub quote: String,
    /// Product id.
    pub product: String,
    /// Price of one piece.
    pub unit_price: Money,
    /// Pieces that can be bought now.
    pub available: u32,
    /// When the quote ends, Unix ms.
    #[ts(type = "number")]
    pub expires_ms: u64,
}

/// Body of `POST /api/v1/shows/{show}/orders`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ReserveBody {
    /// The quote the buyer saw.
    pub quote: String,
    /// Pieces.
    pub quantity: u32,
}

/// Body of `POST /api/v1/orders/{id}/confirm`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ConfirmBody {
    /// Buyer's name.
    pub name: String,
    /// E-mail address or telephone number.
    pub contact: String,
    /// Where to send it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub address: Option<String>,
}

/// Answer to an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ImportReport {
    /// Products created or updated.
    pub imported: u32,
}

/// One mistake in an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RowError {
    /// Where: in CSV the row as a spreadsheet counts it (the header is 1), in JSON-LD the
    /// number of the product (from 1). 0 when the whole file is meant.
    pub row: u32,
    /// Column or property, empty when the whole row is meant.
    pub field: String,
    /// What is wrong and how to write it.
    pub message: String,
}

/// Answer to `GET /api/v1/shows/{show}/products`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ProductList {
    /// The shelf in running order.
    pub products: Vec<ProductView>,
}

/// Body of `PUT /api/v1/shows/{show}/shelf`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ShelfBody {
    /// Product ids in running order.
    pub products: Vec<String>,
}

/// An order as the host sees it, with what is needed to send the goods.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HostOrderView {
    /// The order.
    #[serde(flatten)]
    pub order: OrderView,
    /// E-mail address or telephone number, once confirmed.
    pub contact: Option<String>,
    /// Where to send it.
    pub address: Option<String>,
}

/// Answer to `GET /api/v1/shows/{show}/orders`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HostOrderList {
    /// Newest first.
    pub orders: Vec<HostOrderView>,
}
