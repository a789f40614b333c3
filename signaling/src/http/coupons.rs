//! Coupons of a merchant, for the hosts of its shows.

use axum::Json;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use super::AppState;
use super::error::Problem;
use super::extract::{Bearer, JsonBody, Path};
use super::merchant::merchant_of;
use super::shop::Fresh;
use crate::limits::shop::ORDER_BYTES_MAX;
use crate::protocol::deals::{CouponBody, CouponList, CouponView};
use crate::shop::ShopHandle;

/// The routes.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(put).layer(DefaultBodyLimit::max(ORDER_BYTES_MAX)))
        .routes(routes!(list))
        .routes(routes!(remove))
}

/// Makes a coupon or changes it: the uses it had stay counted.
#[utoipa::path(put, path = "/coupons/{code}", tag = "merchant", operation_id = "put_coupon",
    security(("token" = [])), request_body = CouponBody,
    responses(
        (status = 200, description = "the coupon", body = CouponView),
        (status = 403, description = "`not_host`"),
        (status = 422, description = "`invalid_coupon` with its `field`"),
        (status = 503, description = "`shop_busy`, `shop_unavailable`"),
    ))]
async fn put(
    State(shop): State<ShopHandle>,
    Path(code): Path<String>,
    Bearer(grant): Bearer,
    JsonBody(body): JsonBody<CouponBody>,
) -> Result<Json<CouponView>, Problem> {
    let coupon = shop.put_coupon(merchant_of(&grant)?, &code, &body).await?;
    Ok(Json(coupon))
}

/// All coupons of the merchant, with how often each is used.
#[utoipa::path(get, path = "/coupons", tag = "merchant", operation_id = "list_coupons",
    security(("token" = [])),
    responses(
        (status = 200, description = "by code", body = CouponList),
        (status = 403, description = "`not_host`"),
        (status = 503, description = "`shop_busy`, `shop_unavailable`"),
    ))]
async fn list(
    State(shop): State<ShopHandle>,
    Bearer(grant): Bearer,
) -> Result<Fresh<CouponList>, Problem> {
    let coupons = shop.coupons(merchant_of(&grant)?).await?;
    Ok(Fresh(CouponList { coupons }))
}

/// Takes a coupon out of use. What was ordered with it stays.
#[utoipa::path(delete, path = "/coupons/{code}", tag = "merchant", operation_id = "remove_coupon",
    security(("token" = [])),
    responses(
        (status = 204, description = "gone"),
        (status = 403, description = "`not_host`"),
        (status = 404, description = "`coupon_unknown`"),
        (status = 503, description = "`shop_busy`, `shop_unavailable`"),
    ))]
async fn remove(
    State(shop): State<ShopHandle>,
    Path(code): Path<String>,
    Bearer(grant): Bearer,
) -> Result<StatusCode, Problem> {
    shop.drop_coupon(merchant_of(&grant)?, &code).await?;
    Ok(StatusCode::NO_CONTENT)
}
