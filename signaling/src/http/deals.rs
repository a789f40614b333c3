//! Flash deals of a show, for its hosts. That one is announced, begins and ends, pages see by the
//! product on the shelf.

use axum::Json;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use super::AppState;
use super::error::Problem;
use super::extract::{Bearer, JsonBody, Path};
use super::shop::{Fresh, host_of};
use crate::limits::shop::ORDER_BYTES_MAX;
use crate::protocol::deals::{DealBody, DealList};
use crate::protocol::server::DealView;
use crate::shop::ShopHandle;

/// The routes.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(announce).layer(DefaultBodyLimit::max(ORDER_BYTES_MAX)))
        .routes(routes!(list))
        .routes(routes!(end))
}

/// Announces a flash deal: it begins when it has been counted down, or at its time.
#[utoipa::path(post, path = "/shows/{show}/deals", tag = "catalogue",
    operation_id = "announce_deal", security(("token" = [])), request_body = DealBody,
    responses(
        (status = 201, description = "announced", body = DealView),
        (status = 403, description = "`not_host`, `no_consent`"),
        (status = 404, description = "`unknown_product`, `unknown_variant`"),
        (status = 409, description = "`deal_exists`"),
        (status = 422, description = "`invalid_deal` with its `field`, `no_deal` with the \
            `variant` that does not cost more in the `currency`"),
        (status = 503, description = "`shop_busy`, `shop_unavailable`"),
    ))]
async fn announce(
    State(shop): State<ShopHandle>,
    Path(show): Path<String>,
    Bearer(grant): Bearer,
    JsonBody(body): JsonBody<DealBody>,
) -> Result<(StatusCode, Json<DealView>), Problem> {
    let show = host_of(show, &grant)?;
    let deal = shop.announce(&grant.merchant, show, body).await?;
    Ok((StatusCode::CREATED, Json(deal)))
}

/// The flash deals of a show that are planned, counted down or on.
#[utoipa::path(get, path = "/shows/{show}/deals", tag = "catalogue",
    operation_id = "list_deals", security(("token" = [])),
    responses(
        (status = 200, description = "the next first", body = DealList),
        (status = 403, description = "`not_host`"),
        (status = 503, description = "`shop_busy`, `shop_unavailable`"),
    ))]
async fn list(
    State(shop): State<ShopHandle>,
    Path(show): Path<String>,
    Bearer(grant): Bearer,
) -> Result<Fresh<DealList>, Problem> {
    let show = host_of(show, &grant)?;
    let deals = shop.deals(&show).await?;
    Ok(Fresh(DealList { deals }))
}

/// Ends a flash deal now. What was ordered by it stays.
#[utoipa::path(delete, path = "/shows/{show}/deals/{id}", tag = "catalogue",
    operation_id = "end_deal", security(("token" = [])),
    responses(
        (status = 204, description = "over"),
        (status = 403, description = "`not_host`"),
        (status = 404, description = "`unknown_deal`"),
        (status = 503, description = "`shop_busy`, `shop_unavailable`"),
    ))]
async fn end(
    State(shop): State<ShopHandle>,
    Path((show, id)): Path<(String, String)>,
    Bearer(grant): Bearer,
) -> Result<StatusCode, Problem> {
    let show = host_of(show, &grant)?;
    shop.end_deal(&grant.merchant, show, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
