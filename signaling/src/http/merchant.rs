//! A merchant's routes: catalogue out and in, consent, shipping. Any host of the merchant may
//! use them; which merchant that is stands in the token.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::error::Problem;
use super::extract::{Bearer, JsonBody, Path};
use super::{AppState, attachment};
use crate::auth::Grant;
use crate::protocol::client::Role;
use crate::protocol::shop::{ProductBody, ShippingBody};
use crate::shop::ShopHandle;

/// The merchant's routes.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(export))
        .routes(routes!(put_product))
        .routes(routes!(consent, withdraw))
        .routes(routes!(shipping, set_shipping))
}

/// The merchant's catalogue as CSV that imports back to the same catalogue.
#[utoipa::path(get, path = "/products", tag = "merchant", operation_id = "export_catalogue",
    security(("token" = [])),
    responses(
        (status = 200, description = "the catalogue", body = String, content_type = "text/csv"),
        (status = 403, description = "`not_host`"),
        (status = 503, description = "`shop_busy`, `shop_unavailable`"),
    ))]
async fn export(
    State(shop): State<ShopHandle>,
    Bearer(grant): Bearer,
) -> Result<Response, Problem> {
    let file = shop.export(merchant_of(&grant)?).await?;
    let kind = "text/csv; charset=utf-8";
    Ok(attachment(kind, "catalogue.csv", file))
}

/// Makes or replaces a product, whole. A stock older than what the shop has is passed over.
#[utoipa::path(put, path = "/products/{id}", tag = "merchant", operation_id = "put_product",
    security(("token" = [])), request_body = ProductBody,
    responses(
        (status = 204, description = "as wished"),
        (status = 422, description = "`invalid_catalogue`, with every mistake in `errors`"),
        (status = 403, description = "`not_host`"),
        (status = 503, description = "`shop_busy`, `shop_unavailable`"),
    ))]
async fn put_product(
    State(shop): State<ShopHandle>,
    Path(id): Path<String>,
    Bearer(grant): Bearer,
    JsonBody(product): JsonBody<ProductBody>,
) -> Result<StatusCode, Problem> {
    let merchant = merchant_of(&grant)?;
    shop.put_product(merchant, &id, product).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets another merchant's hosts sell this one's products.
#[utoipa::path(put, path = "/consents/{seller}", tag = "merchant", operation_id = "consent",
    security(("token" = [])),
    responses(
        (status = 204, description = "as wished"),
        (status = 422, description = "`invalid_merchant`"),
        (status = 403, description = "`not_host`"),
        (status = 503, description = "`shop_busy`, `shop_unavailable`"),
    ))]
async fn consent(
    State(shop): State<ShopHandle>,
    Path(seller): Path<String>,
    Bearer(grant): Bearer,
) -> Result<StatusCode, Problem> {
    shop.consent(merchant_of(&grant)?, &seller, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the consent back: the products leave the other's shelves.
#[utoipa::path(delete, path = "/consents/{seller}", tag = "merchant", operation_id = "withdraw_consent",
    security(("token" = [])),
    responses(
        (status = 204, description = "as wished"),
        (status = 422, description = "`invalid_merchant`"),
        (status = 403, description = "`not_host`"),
        (status = 503, description = "`shop_busy`, `shop_unavailable`"),
    ))]
async fn withdraw(
    State(shop): State<ShopHandle>,
    Path(seller): Path<String>,
    Bearer(grant): Bearer,
) -> Result<StatusCode, Problem> {
    shop.consent(merchant_of(&grant)?, &seller, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Where the merchant sends to.
#[utoipa::path(get, path = "/shipping", tag = "merchant", operation_id = "shipping",
    security(("token" = [])),
    responses(
        (status = 200, description = "its zones", body = ShippingBody),
        (status = 403, description = "`not_host`"),
        (status = 503, description = "`shop_busy`, `shop_unavailable`"),
    ))]
async fn shipping(
    State(shop): State<ShopHandle>,
    Bearer(grant): Bearer,
) -> Result<Json<ShippingBody>, Problem> {
    Ok(Json(shop.shipping(merchant_of(&grant)?).await?))
}

/// Sets where the merchant sends to.
#[utoipa::path(put, path = "/shipping", tag = "merchant", operation_id = "set_shipping",
    security(("token" = [])), request_body = ShippingBody,
    responses(
        (status = 204, description = "as wished"),
        (status = 422, description = "`invalid_zones`, with every mistake in `errors`"),
        (status = 403, description = "`not_host`"),
        (status = 503, description = "`shop_busy`, `shop_unavailable`"),
    ))]
async fn set_shipping(
    State(shop): State<ShopHandle>,
    Bearer(grant): Bearer,
    JsonBody(body): JsonBody<ShippingBody>,
) -> Result<StatusCode, Problem> {
    shop.set_shipping(merchant_of(&grant)?, body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The merchant a host acts for.
pub(super) fn merchant_of(grant: &Grant) -> Result<&str, Problem> {
    if grant.role == Role::Host {
        Ok(&grant.merchant)
    } else {
        Err(Problem::forbidden(
            "not_host",
            "only a host of the merchant may do this",
        ))
    }
}
