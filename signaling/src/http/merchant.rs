//! A merchant's routes: catalogue out and in, consent, shipping. Any host of the merchant may
//! use them; which merchant that is stands in the token.

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, put};
use axum::{Json, Router};

use super::AppState;
use super::error::Problem;
use super::extract::{Bearer, JsonBody};
use crate::auth::Grant;
use crate::protocol::client::Role;
use crate::protocol::shop::{ProductBody, ShippingBody};
use crate::shop::ShopHandle;

/// The merchant's routes.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/products", get(export))
        .route("/products/{id}", put(put_product))
        .route("/consents/{seller}", put(consent).delete(withdraw))
        .route("/shipping", get(shipping).put(set_shipping))
}

async fn export(
    State(shop): State<ShopHandle>,
    Bearer(grant): Bearer,
) -> Result<impl IntoResponse, Problem> {
    let file = shop.export(merchant_of(&grant)?).await?;
    let name = "attachment; filename=\"catalogue.csv\"";
    let kind = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((kind, file))
}

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

async fn consent(
    State(shop): State<ShopHandle>,
    Path(seller): Path<String>,
    Bearer(grant): Bearer,
) -> Result<StatusCode, Problem> {
    shop.consent(merchant_of(&grant)?, &seller, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn withdraw(
    State(shop): State<ShopHandle>,
    Path(seller): Path<String>,
    Bearer(grant): Bearer,
) -> Result<StatusCode, Problem> {
    shop.consent(merchant_of(&grant)?, &seller, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn shipping(
    State(shop): State<ShopHandle>,
    Bearer(grant): Bearer,
) -> Result<Json<ShippingBody>, Problem> {
    Ok(Json(shop.shipping(merchant_of(&grant)?).await?))
}

async fn set_shipping(
    State(shop): State<ShopHandle>,
    Bearer(grant): Bearer,
    JsonBody(body): JsonBody<ShippingBody>,
) -> Result<StatusCode, Problem> {
    shop.set_shipping(merchant_of(&grant)?, body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The merchant a host acts for.
fn merchant_of(grant: &Grant) -> Result<&str, Problem> {
    if grant.role == Role::Host {
        Ok(&grant.merchant)
    } else {
        Err(Problem::forbidden(
            "not_host",
            "only a host of the merchant may do this",
        ))
    }
}
