//! The shop's refusals as problems: status, code and what the caller needs to do better.

use axum::http::StatusCode;

use super::Problem;
use crate::protocol::server::Money;
use crate::shop::ShopError;
use crate::shop::coupon::NoCoupon;
use crate::shop::payment::Unheard;

/// How long a refused client waits before it tries again: the busiest inbox is worked off in
/// about as long.
const RETRY_AFTER_S: u32 = 2;

impl From<ShopError> for Problem {
    fn from(error: ShopError) -> Problem {
        let (status, code) = status_and_code(&error);
        let detail = error.to_string();
        let retry = || Problem::unavailable(code, detail.clone(), RETRY_AFTER_S);
        let problem = || Problem::new(status, code, detail.clone());
        match error {
            ShopError::NoConsent { .. } => {
                problem().hint("its merchant gives consent with PUT /api/v1/consents/{seller}")
            }
            ShopError::Stale(basket) => problem()
                .hint("show the buyer the new price in `basket` and order with it")
                .with("basket", basket),
            ShopError::Merchants(..) => problem().hint("make one order for each merchant"),
            ShopError::Currency { .. } => {
                problem().hint("an order is in one currency, in which every variant has a price")
            }
            ShopError::Country(_) => {
                problem().hint("POST /api/v1/shows/{show}/basket lists the countries it sends to")
            }
            ShopError::BelowMinimum { min, .. } => problem().with("min_quantity", min),
            ShopError::ForgedQuote => {
                problem().hint("fetch a quote from /api/v1/shows/{show}/quotes/{variant}")
            }
            ShopError::SoldOut { variant, available } => problem()
                .with("variant", variant)
                .with("available", available),
            ShopError::BuyerLimit { available } | ShopError::DealLimit { available } => {
                problem().with("available", available)
            }
            ShopError::NoCoupon(NoCoupon::NotYet { starts_ms }) => {
                problem().with("starts_ms", starts_ms)
            }
            ShopError::NoCoupon(NoCoupon::Minimum(minimum)) => {
                problem().with("minimum", Money::from(minimum))
            }
            ShopError::NoDeal { variant, currency } => problem()
                .with("variant", variant)
                .with("currency", currency),
            ShopError::Deal { field, .. } | ShopError::Coupon { field, .. } => {
                problem().with("field", field)
            }
            ShopError::IdempotencyMismatch => problem().hint("a new order needs a new key"),
            ShopError::HoldExpired => problem().hint("order again"),
            ShopError::NoProvider => retry().hint(
                "the order stands until its `expires_ms`: ask again, and it is the same page",
            ),
            ShopError::OrderState(state) => problem().with("state", state),
            ShopError::Contact { field, .. } => problem().with("field", field),
            ShopError::Import(mistakes) => problem()
                .hint("nothing was imported; mend the rows in `errors` and send it again")
                .with("errors", mistakes),
            ShopError::Zones(mistakes) => problem()
                .hint("nothing was changed; mend the zones in `errors` and send them again")
                .with("errors", mistakes),
            ShopError::Busy => retry(),
            ShopError::Unavailable => {
                retry().hint("retry with the same Idempotency-Key: nothing is bought twice")
            }
            _ => problem(),
        }
    }
}

fn status_and_code(error: &ShopError) -> (StatusCode, &'static str) {
    use StatusCode as Is;
    match error {
        ShopError::UnknownProduct(_) => (Is::NOT_FOUND, "unknown_product"),
        ShopError::UnknownVariant(_) => (Is::NOT_FOUND, "unknown_variant"),
        ShopError::UnknownOrder => (Is::NOT_FOUND, "unknown_order"),
        ShopError::NoConsent { .. } => (Is::FORBIDDEN, "no_consent"),
        ShopError::Stale(_) => (Is::CONFLICT, "stale_quote"),
        ShopError::SoldOut { .. } => (Is::CONFLICT, "sold_out"),
        ShopError::BuyerLimit { .. } => (Is::CONFLICT, "buyer_limit"),
        ShopError::DealLimit { .. } => (Is::CONFLICT, "deal_limit"),
        ShopError::DealIsOn(_) => (Is::CONFLICT, "deal_exists"),
        ShopError::NoDeal { .. } => (Is::UNPROCESSABLE_ENTITY, "no_deal"),
        ShopError::UnknownDeal => (Is::NOT_FOUND, "unknown_deal"),
        ShopError::Deal { .. } => (Is::UNPROCESSABLE_ENTITY, "invalid_deal"),
        ShopError::NoCoupon(why) => no_coupon(why),
        ShopError::Coupon { .. } => (Is::UNPROCESSABLE_ENTITY, "invalid_coupon"),
        ShopError::HoldExpired => (Is::CONFLICT, "hold_expired"),
        ShopError::OrderState(_) => (Is::CONFLICT, "order_state"),
        ShopError::ConfirmMismatch => (Is::CONFLICT, "already_confirmed"),
        ShopError::NoPage => (Is::CONFLICT, "no_payment_page"),
        ShopError::NoProvider => (Is::SERVICE_UNAVAILABLE, "payment_unavailable"),
        ShopError::Unheard(Unheard::Nobody) => (Is::NOT_FOUND, "no_provider"),
        ShopError::Unheard(Unheard::Signature) => (Is::BAD_REQUEST, "invalid_signature"),
        ShopError::Unheard(Unheard::Stale) => (Is::BAD_REQUEST, "stale_signature"),
        ShopError::Unheard(Unheard::Malformed(_)) => (Is::BAD_REQUEST, "malformed_event"),
        ShopError::ForgedQuote => (Is::UNPROCESSABLE_ENTITY, "invalid_quote"),
        ShopError::Merchants(..) => (Is::UNPROCESSABLE_ENTITY, "two_merchants"),
        ShopError::Currency { .. } => (Is::UNPROCESSABLE_ENTITY, "wrong_currency"),
        ShopError::Country(_) => (Is::UNPROCESSABLE_ENTITY, "unknown_country"),
        ShopError::Twice(_) | ShopError::Lines { .. } => {
            (Is::UNPROCESSABLE_ENTITY, "invalid_lines")
        }
        ShopError::BelowMinimum { .. } => (Is::UNPROCESSABLE_ENTITY, "below_minimum"),
        ShopError::TooMuch(_) => (Is::UNPROCESSABLE_ENTITY, "total_too_large"),
        ShopError::Quantity { .. } => (Is::UNPROCESSABLE_ENTITY, "invalid_quantity"),
        ShopError::IdempotencyMismatch => (Is::UNPROCESSABLE_ENTITY, "idempotency_mismatch"),
        ShopError::Contact { .. } => (Is::UNPROCESSABLE_ENTITY, "invalid_contact"),
        ShopError::Merchant(..) => (Is::UNPROCESSABLE_ENTITY, "invalid_merchant"),
        ShopError::Zones(_) => (Is::UNPROCESSABLE_ENTITY, "invalid_zones"),
        ShopError::Import(_) => (Is::UNPROCESSABLE_ENTITY, "invalid_catalogue"),
        ShopError::Busy => (Is::SERVICE_UNAVAILABLE, "shop_busy"),
        ShopError::Unavailable => (Is::SERVICE_UNAVAILABLE, "shop_unavailable"),
    }
}

fn no_coupon(why: &NoCoupon) -> (StatusCode, &'static str) {
    use StatusCode as Is;
    match why {
        NoCoupon::Unknown => (Is::NOT_FOUND, "coupon_unknown"),
        NoCoupon::NotYet { .. } => (Is::CONFLICT, "coupon_not_yet"),
        NoCoupon::Expired => (Is::CONFLICT, "coupon_expired"),
        NoCoupon::UsedUp => (Is::CONFLICT, "coupon_used_up"),
        NoCoupon::Used => (Is::CONFLICT, "coupon_used"),
        NoCoupon::Minimum(_) => (Is::UNPROCESSABLE_ENTITY, "coupon_minimum"),
        NoCoupon::Currency(_) => (Is::UNPROCESSABLE_ENTITY, "coupon_currency"),
    }
}
