//! What the shop's HTTP routes take and give, beside [`super::server::OrderView`] and
//! [`super::server::ProductView`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::server::{HoldMode, Money, OrderView, ProductView, TierView};

/// A price signed by the server: what the viewer saw is what is charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct QuoteView {
    /// The signed quote, to be sent back in the order.
    pub quote: String,
    /// Product id.
    pub product: String,
    /// Variant that is quoted.
    pub variant: String,
    /// Price of one piece.
    pub unit_price: Money,
    /// Prices from some quantity on.
    pub tiers: Vec<TierView>,
    /// Fewest pieces in an order.
    pub min_quantity: u32,
    /// Pieces that can be bought now.
    pub available: u32,
    /// When the quote ends, Unix ms.
    #[cfg_attr(test, ts(type = "number"))]
    pub expires_ms: u64,
}

/// Body of `POST /api/v1/shows/{show}/basket`: what would this cost?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct BasketBody {
    /// What is wanted.
    pub lines: Vec<BasketLine>,
    /// ISO 4217 code; without one, the first price of each variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub currency: Option<String>,
    /// ISO 3166-1 alpha-2 code, once the buyer has told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub country: Option<String>,
    /// Code of a coupon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub coupon: Option<String>,
}

/// A line that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct BasketLine {
    /// Variant id.
    pub variant: String,
    /// Pieces.
    pub quantity: u32,
}

/// What a basket costs now, signed line by line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct BasketView {
    /// One quote per line, in their order.
    pub quotes: Vec<QuoteView>,
    /// Sum of each line, in their order.
    pub totals: Vec<Money>,
    /// What the coupon takes off.
    pub discount: Option<Money>,
    /// What sending costs; none while the country is needed and not known.
    pub shipping: Option<Money>,
    /// Sum of lines, less the discount, and shipping: to be sent back in the order.
    pub total: Money,
    /// Countries the merchant sends to, `*` for any other; empty when it asks for none.
    pub countries: Vec<String>,
}

/// Body of `POST /api/v1/shows/{show}/orders`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct ReserveBody {
    /// What is bought: one merchant, one currency, no variant twice.
    pub lines: Vec<ReserveLine>,
    /// Where it is sent, ISO 3166-1 alpha-2, when the merchant asks for a country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub country: Option<String>,
    /// Code of the coupon that `total` reckons with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub coupon: Option<String>,
    /// The total the buyer saw. Were it another, the order is refused with the new one.
    pub total: Money,
}

/// A line of an order to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct ReserveLine {
    /// The quote the buyer saw.
    pub quote: String,
    /// Pieces.
    pub quantity: u32,
}

/// What proves a product genuine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AuthenticityView {
    /// Path of its certificate on this server: a picture or a PDF.
    pub certificate: Option<String>,
    /// Whether serial numbers can be checked.
    pub has_serials: bool,
}

/// Body of `POST /api/v1/products/{id}/serials/check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct SerialBody {
    /// As it stands on the piece; spaces, dashes and case do not matter.
    pub serial: String,
}

/// What is known of a serial number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SerialView {
    /// Whether its maker gave it out for this product.
    pub is_known: bool,
    /// How often it was checked before: one that many ask about may have been copied.
    pub checks_before: u32,
    /// When it was checked first, Unix ms; none now for the first time.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub first_ms: Option<u64>,
}

/// Body of `POST /api/v1/orders/{id}/confirm`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct ConfirmBody {
    /// Buyer's name.
    pub name: String,
    /// E-mail address or telephone number.
    pub contact: String,
    /// Where to send it: needed when the order has a country, and in that country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub address: Option<AddressBody>,
}

/// A postal address.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct AddressBody {
    /// Street, house, floor: one to three lines.
    pub lines: Vec<String>,
    /// Postal code, in any writing of its country's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub postal_code: Option<String>,
    /// City or place.
    pub city: String,
    /// State, province or prefecture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub region: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: String,
}

/// What an address needs in a country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AddressRules {
    /// How postal codes are written, by example; empty when any will do.
    pub postal_codes: Vec<String>,
    /// Whether there must be one.
    pub needs_postal_code: bool,
    /// Whether a state, province or prefecture must be named.
    pub needs_region: bool,
}

/// Answer to `POST /api/v1/orders/{id}/pay`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PayView {
    /// The payment provider's page for this order: send the buyer there.
    pub url: String,
}

/// Body of `PUT /api/v1/shows/{show}/orders/{id}`: what the host says of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct HostOrderBody {
    /// What it is to be.
    pub state: HostWish,
}

/// What a host may make of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum HostWish {
    /// Its invoice is paid.
    Paid,
    /// Called off: stock goes back, and so does the money, should it be paid.
    Cancelled,
    /// The host has given the money of a paid invoice back.
    Refunded,
}

/// Answer to an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ImportReport {
    /// Products created or updated.
    pub imported: u32,
}

/// One mistake in an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProductList {
    /// The shelf in running order.
    pub products: Vec<ProductView>,
}

/// Body of `PUT /api/v1/shows/{show}/shelf`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct ShelfBody {
    /// Product ids in running order.
    pub products: Vec<String>,
}

/// An order as the host sees it, with what is needed to send the goods.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HostOrderView {
    /// The order.
    #[serde(flatten)]
    pub order: OrderView,
    /// E-mail address or telephone number, once it is known who buys.
    pub contact: Option<String>,
    /// Where to send it.
    pub address: Option<String>,
    /// The payment provider took money for it that is not back: what is to go back, it gives back
    /// itself.
    pub has_charge: bool,
}

/// Answer to `GET /api/v1/shows/{show}/orders`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HostOrderList {
    /// Newest first.
    pub orders: Vec<HostOrderView>,
}

/// Body of `PUT /api/v1/products/{id}`: a whole product, made or replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct ProductBody {
    /// Title.
    pub title: String,
    /// Description, plain text.
    #[serde(default)]
    pub description: String,
    /// Picture URLs, first is the cover.
    #[serde(default)]
    pub images: Vec<String>,
    /// Titles in other languages, by BCP 47 tag.
    #[serde(default)]
    pub translations: BTreeMap<String, String>,
    /// Descriptions in other languages, by BCP 47 tag.
    #[serde(default)]
    pub descriptions: BTreeMap<String, String>,
    /// When an order takes its pieces.
    #[serde(default)]
    pub hold_mode: HoldMode,
    /// Most pieces for each buyer; any number without it.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub per_buyer: Option<u32>,
    /// What can be bought; variants that are not here are sold no longer.
    pub variants: Vec<VariantBody>,
}

/// A variant in a [`ProductBody`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct VariantBody {
    /// SKU; for the only variant of a product, the product's id.
    pub id: String,
    /// Which one, e.g. `size` is `M`.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
    /// Fewest pieces in an order.
    #[serde(default = "one")]
    pub min_quantity: u32,
    /// One price per currency; the first is shown to who asks for none.
    pub prices: Vec<PriceBody>,
    /// Pieces there ever were to sell: sold and held ones count.
    pub stock: u32,
    /// Version of `stock` in the merchant's system. A stock older than what the shop has is
    /// passed over, however late it comes.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "number | null"))]
    pub stock_version: Option<i64>,
}

fn one() -> u32 {
    1
}

/// A price in a [`VariantBody`]; amounts are decimals like `19.90`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct PriceBody {
    /// ISO 4217 code.
    pub currency: String,
    /// Price of one piece.
    pub price: String,
    /// Earlier price, above `price`.
    #[serde(default)]
    pub compare_at: Option<String>,
    /// Prices from some quantity on: quantities rise, prices fall.
    #[serde(default)]
    pub tiers: Vec<TierBody>,
}

/// A tier in a [`PriceBody`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct TierBody {
    /// From this many pieces on.
    pub min_quantity: u32,
    /// Price of one piece then.
    pub price: String,
}

/// Where a merchant sends to: body of `PUT /api/v1/shipping` and answer to `GET`. Without zones
/// nothing is charged and no country is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct ShippingBody {
    /// The first zone of the order's currency that names the country counts.
    pub zones: Vec<ZoneBody>,
}

/// Countries that are sent to at one price; amounts are decimals like `4.90`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct ZoneBody {
    /// ISO 3166-1 alpha-2 codes; `*` is every country that no other zone names.
    pub countries: Vec<String>,
    /// ISO 4217 code.
    pub currency: String,
    /// Price of sending one order.
    pub rate: String,
    /// From this sum of goods on, sending costs nothing.
    #[serde(default)]
    pub free_from: Option<String>,
}
