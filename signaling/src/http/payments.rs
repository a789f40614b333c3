//! Where orders are paid: the way to the provider's page, what the host says of an order, and where
//! the provider tells what became of money. Nobody else is believed: its events are signed.

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use super::AppState;
use super::error::Problem;
use super::extract::{Bearer, JsonBody, Path, body};
use super::shop::{Fresh, host_of};
use crate::limits::shop::ORDER_BYTES_MAX;
use crate::protocol::server::OrderView;
use crate::protocol::shop::{HostOrderBody, PayView};
use crate::shop::ShopHandle;
use crate::stripe::SIGNATURE;

/// Path of the endpoint for Stripe's events, below [`crate::protocol::API`].
pub const STRIPE_EVENTS: &str = "/payments/stripe";

/// The routes.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(pay))
        .routes(routes!(decide).layer(DefaultBodyLimit::max(ORDER_BYTES_MAX)))
        .routes(routes!(stripe))
}

/// The page where a pending order is paid. Safe to repeat.
#[utoipa::path(post, path = "/orders/{id}/pay", tag = "orders",
    responses(
        (status = 200, description = "where to send the buyer", body = PayView),
        (status = 404, description = "`unknown_order`"),
        (status = 409, description = "`no_payment_page`, `order_state`, `hold_expired`"),
        (status = 503, description = "`payment_unavailable`, `shop_busy`, `shop_unavailable`"),
    ))]
async fn pay(
    State(shop): State<ShopHandle>,
    Path(id): Path<String>,
) -> Result<Fresh<PayView>, Problem> {
    Ok(Fresh(PayView {
        url: shop.pay(&id).await?,
    }))
}

/// What the host makes of an order: its invoice is paid, it is called off, or its money has been
/// given back. What was paid on the provider's page goes back by itself when it is called off.
#[utoipa::path(put, path = "/shows/{show}/orders/{id}", tag = "orders", operation_id = "decide",
    security(("token" = [])), request_body = HostOrderBody,
    responses(
        (status = 200, description = "the order", body = OrderView),
        (status = 403, description = "`not_host`"),
        (status = 404, description = "`unknown_order`"),
        (status = 409, description = "`order_state`, `hold_expired`"),
        (status = 503, description = "`shop_busy`, `shop_unavailable`"),
    ))]
async fn decide(
    State(shop): State<ShopHandle>,
    Path((show, id)): Path<(String, String)>,
    Bearer(grant): Bearer,
    JsonBody(body): JsonBody<HostOrderBody>,
) -> Result<Fresh<OrderView>, Problem> {
    let show = host_of(show, &grant)?;
    let order = shop.host(&show, &id, body.state).await?;
    tracing::info!(show, state = ?order.state, "the host decided about an order");
    Ok(Fresh(order))
}

/// An event of Stripe's. One that came before, or is about nothing here, is taken and changes
/// nothing; after any other answer than 204 Stripe sends it again, for three days.
#[utoipa::path(post, path = STRIPE_EVENTS, tag = "orders", operation_id = "stripe_event",
    params(("Stripe-Signature" = Option<String>, Header,
        description = "`t=SECONDS,v1=HEX`, HMAC-SHA256 with the endpoint's secret")),
    request_body(content = serde_json::Value, content_type = "application/json"),
    responses(
        (status = 204, description = "taken"),
        (status = 400, description = "`invalid_signature`, `stale_signature`, `malformed_event`"),
        (status = 404, description = "`no_provider`: orders are paid by invoice"),
        (status = 503, description = "`shop_unavailable`"),
    ))]
async fn stripe(State(shop): State<ShopHandle>, request: Request) -> Result<StatusCode, Problem> {
    let signature = request.headers().get(SIGNATURE).cloned();
    let signature = signature.as_ref().and_then(|value| value.to_str().ok());
    let event = body(request, &shop).await?;
    shop.hear(signature, &event).await?;
    Ok(StatusCode::NO_CONTENT)
}
