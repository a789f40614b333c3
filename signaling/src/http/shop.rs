//! The shop's routes: catalogue import, shelf, signed prices, orders. Each is thin: check the
//! grant, ask the shop, answer. An order's id is a key of 128 random bits: whoever has it may
//! see, confirm and cancel that order, without an account and after the grant has ended.

mod problems;

use axum::Json;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use utoipa::IntoParams;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use super::AppState;
use super::error::Problem;
use super::extract::{Bearer, JsonBody, Path, Query, essence, upload};
use super::shows::{is_show_name, may_watch};
use crate::auth::Grant;
use crate::limits::shop::{IDEMPOTENCY_KEY_CHARS_MAX, IMPORT_BYTES_MAX, ORDER_BYTES_MAX};
use crate::protocol::API;
use crate::protocol::server::OrderView;
use crate::protocol::shop::{
    BasketBody, BasketView, ConfirmBody, HostOrderList, ImportReport, ProductList, QuoteView,
    ReserveBody, ShelfBody,
};
use crate::room::Input;
use crate::shop::catalog::Format;
use crate::shop::{ReserveRequest, Reserved, ShopHandle};

/// The shop's routes.
pub fn router() -> OpenApiRouter<AppState> {
    let small = DefaultBodyLimit::max(ORDER_BYTES_MAX);
    OpenApiRouter::new()
        .routes(routes!(products))
        .routes(routes!(import).layer(DefaultBodyLimit::disable()))
        .routes(routes!(shelve))
        .routes(routes!(quote))
        .routes(routes!(price).layer(small))
        .routes(routes!(list))
        .routes(routes!(reserve).layer(small))
        .routes(routes!(order))
        .routes(routes!(confirm).layer(small))
        .routes(routes!(cancel))
}

/// The shelf of a show in running order, with the stock of the moment.
#[utoipa::path(get, path = "/shows/{show}/products", tag = "catalogue",
    security((), ("token" = [])),
    responses(
        (status = 200, description = "the shelf", body = ProductList),
        (status = 503, description = "`shop_busy`, `shop_unavailable`"),
    ))]
async fn products(
    State(state): State<AppState>,
    Path(show): Path<String>,
    bearer: Option<Bearer>,
) -> Result<Fresh<ProductList>, Problem> {
    let show = seen_by(&state, show, bearer.as_ref())?;
    let products = state.shop.products(&show).await?;
    Ok(Fresh(ProductList { products }))
}

/// Creates or updates products and puts them on the show's shelf: all or none.
#[utoipa::path(post, path = "/shows/{show}/products", tag = "catalogue",
    operation_id = "import_products", security(("token" = [])),
    request_body(content(
        (String = "text/csv"),
        (serde_json::Value = "application/ld+json"),
    )),
    responses(
        (status = 200, description = "imported", body = ImportReport),
        (status = 400, description = "`body_broken`"),
        (status = 403, description = "`not_host`"),
        (status = 422, description = "`invalid_catalogue`, with every mistake in `errors`"),
        (status = 503, description = "`shop_busy`, `shop_unavailable`"),
    ))]
async fn import(
    State(shop): State<ShopHandle>,
    Path(show): Path<String>,
    Bearer(grant): Bearer,
    headers: HeaderMap,
    file: Body,
) -> Result<Json<ImportReport>, Problem> {
    let show = host_of(show, &grant)?;
    let format = catalogue_format(&headers)?;
    let file = upload(file, IMPORT_BYTES_MAX, "a catalogue").await?;
    let imported = shop.import(&grant.merchant, &show, format, &file).await?;
    tracing::info!(show, imported, "catalogue imported");
    Ok(Json(ImportReport { imported }))
}

/// Makes these products, in this order, the whole shelf.
#[utoipa::path(put, path = "/shows/{show}/shelf", tag = "catalogue", operation_id = "shelve",
    security(("token" = [])), request_body = ShelfBody,
    responses(
        (status = 200, description = "the shelf", body = ProductList),
        (status = 403, description = "`not_host`, `no_consent`"),
        (status = 404, description = "`unknown_product`"),
        (status = 503, description = "`shop_busy`, `shop_unavailable`"),
    ))]
async fn shelve(
    State(state): State<AppState>,
    Path(show): Path<String>,
    Bearer(grant): Bearer,
    JsonBody(shelf): JsonBody<ShelfBody>,
) -> Result<Json<ProductList>, Problem> {
    let show = host_of(show, &grant)?;
    let AppState { shop, hub, .. } = &state;
    shop.shelve(&grant.merchant, &show, shelf.products).await?;
    let products = shop.products(&show).await?;
    if let Some(room) = hub.get(&show) {
        let order = products.iter().map(|product| product.id.clone());
        room.tell(Input::Order(order.collect())).await;
    }
    Ok(Json(ProductList { products }))
}

/// A signed price, good for five minutes.
#[utoipa::path(get, path = "/shows/{show}/quotes/{variant}", tag = "orders",
    security((), ("token" = [])), params(QuoteWish),
    responses(
        (status = 200, description = "the price", body = QuoteView),
        (status = 404, description = "`unknown_variant`"),
        (status = 422, description = "`wrong_currency`"),
        (status = 503, description = "`shop_busy`, `shop_unavailable`"),
    ))]
async fn quote(
    State(state): State<AppState>,
    Path((show, variant)): Path<(String, String)>,
    Query(wish): Query<QuoteWish>,
    bearer: Option<Bearer>,
) -> Result<Fresh<QuoteView>, Problem> {
    let show = seen_by(&state, show, bearer.as_ref())?;
    let currency = wish.currency.as_deref();
    Ok(Fresh(state.shop.quote(&show, &variant, currency).await?))
}

/// Query of a quote.
#[derive(serde::Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct QuoteWish {
    /// ISO 4217 code; without one, the variant's first price.
    currency: Option<String>,
}

/// What a basket would cost now, signed line by line.
#[utoipa::path(post, path = "/shows/{show}/basket", tag = "orders", operation_id = "price_basket",
    security((), ("token" = [])), request_body = BasketBody,
    responses(
        (status = 200, description = "its price", body = BasketView),
        (status = 404, description = "`unknown_variant`, `coupon_unknown`"),
        (status = 409, description = "`coupon_not_yet`, `coupon_expired`, `coupon_used_up`"),
        (status = 422, description = "`invalid_quantity`, `invalid_lines`, `two_merchants`, \
            `wrong_currency`, `unknown_country`, `below_minimum`, `total_too_large`, \
            `coupon_minimum`, `coupon_currency`"),
        (status = 503, description = "`shop_busy`, `shop_unavailable`"),
    ))]
async fn price(
    State(state): State<AppState>,
    Path(show): Path<String>,
    bearer: Option<Bearer>,
    JsonBody(basket): JsonBody<BasketBody>,
) -> Result<Fresh<BasketView>, Problem> {
    let show = seen_by(&state, show, bearer.as_ref())?;
    Ok(Fresh(state.shop.price(&show, basket).await?))
}

/// Holds pieces for a buyer.
#[utoipa::path(post, path = "/shows/{show}/orders", tag = "orders", security(("token" = [])),
    params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 128,
        description = "fresh for each order, the same for a retry")),
    request_body = ReserveBody,
    responses(
        (status = 201, description = "held", body = OrderView,
            headers(("Location" = String, description = "the order"))),
        (status = 200, description = "held before, with this key", body = OrderView,
            headers(("Location" = String, description = "the order"))),
        (status = 400, description = "`idempotency_key`"),
        (status = 404, description = "`unknown_variant`, `coupon_unknown`"),
        (status = 409, description = "`stale_quote` with the new `basket`; `sold_out`, \
            `buyer_limit` and `deal_limit` with `available`; `coupon_not_yet`, `coupon_expired`, \
            `coupon_used_up`, `coupon_used`"),
        (status = 422, description = "`invalid_quote`, `invalid_quantity`, `invalid_lines`, \
            `two_merchants`, `wrong_currency`, `unknown_country`, `below_minimum`, \
            `total_too_large`, `idempotency_mismatch`, `coupon_minimum`, `coupon_currency`"),
        (status = 503, description = "`shop_busy`, `shop_unavailable`"),
    ))]
async fn reserve(
    State(shop): State<ShopHandle>,
    Path(show): Path<String>,
    Bearer(grant): Bearer,
    headers: HeaderMap,
    JsonBody(order): JsonBody<ReserveBody>,
) -> Result<Response, Problem> {
    let show = member_of(show, &grant)?;
    let request = ReserveRequest {
        request_hash: request_hash(&show, &order),
        show,
        buyer: grant.participant,
        key: idempotency_key(&headers)?,
        lines: order.lines,
        country: order.country,
        coupon: order.coupon,
        total: order.total,
    };
    let Reserved { order, is_repeat } = shop.reserve(request).await?;
    let status = if is_repeat {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    let place = [(header::LOCATION, format!("{API}/orders/{}", order.id))];
    Ok((status, place, Fresh(order)).into_response())
}

/// Buys what an order reserved: it is `confirmed`, or `pending` where it is paid before it is
/// bought.
#[utoipa::path(post, path = "/orders/{id}/confirm", tag = "orders", request_body = ConfirmBody,
    responses(
        (status = 200, description = "bought, or ready to be paid", body = OrderView),
        (status = 404, description = "`unknown_order`"),
        (status = 409, description = "`hold_expired`, `order_state`, `already_confirmed`; \
            `buyer_limit` with `available` when the same contact has bought before; `sold_out` \
            with `available` where pieces are for the first who pay"),
        (status = 422, description = "`invalid_contact`"),
        (status = 503, description = "`shop_busy`, `shop_unavailable`"),
    ))]
async fn confirm(
    State(shop): State<ShopHandle>,
    Path(id): Path<String>,
    JsonBody(contact): JsonBody<ConfirmBody>,
) -> Result<Fresh<OrderView>, Problem> {
    Ok(Fresh(shop.confirm(&id, contact).await?))
}

/// Gives up what an order holds.
#[utoipa::path(post, path = "/orders/{id}/cancel", tag = "orders",
    responses(
        (status = 200, description = "given up", body = OrderView),
        (status = 404, description = "`unknown_order`"),
        (status = 409, description = "`order_state`"),
        (status = 503, description = "`shop_busy`, `shop_unavailable`"),
    ))]
async fn cancel(
    State(shop): State<ShopHandle>,
    Path(id): Path<String>,
) -> Result<Fresh<OrderView>, Problem> {
    Ok(Fresh(shop.cancel(&id).await?))
}

/// An order. Its id is the key to it.
#[utoipa::path(get, path = "/orders/{id}", tag = "orders",
    responses(
        (status = 200, description = "the order", body = OrderView),
        (status = 404, description = "`unknown_order`"),
        (status = 503, description = "`shop_busy`, `shop_unavailable`"),
    ))]
async fn order(
    State(shop): State<ShopHandle>,
    Path(id): Path<String>,
) -> Result<Fresh<OrderView>, Problem> {
    Ok(Fresh(shop.get(&id).await?))
}

/// The orders of a show, for its host, newest first.
#[utoipa::path(get, path = "/shows/{show}/orders", tag = "orders", operation_id = "list_orders",
    security(("token" = [])),
    responses(
        (status = 200, description = "the orders", body = HostOrderList),
        (status = 403, description = "`not_host`"),
        (status = 503, description = "`shop_busy`, `shop_unavailable`"),
    ))]
async fn list(
    State(shop): State<ShopHandle>,
    Path(show): Path<String>,
    Bearer(grant): Bearer,
) -> Result<Fresh<HostOrderList>, Problem> {
    let show = host_of(show, &grant)?;
    Ok(Fresh(HostOrderList {
        orders: shop.list(&show).await?,
    }))
}

/// JSON that no cache may keep: prices of the moment and personal data.
pub(super) struct Fresh<T>(pub(super) T);

impl<T: serde::Serialize> IntoResponse for Fresh<T> {
    fn into_response(self) -> Response {
        ([(header::CACHE_CONTROL, "no-store")], Json(self.0)).into_response()
    }
}

/// A show's shelf and prices are for who may watch it. A show that is not there yet may already
/// have a shelf.
fn seen_by(state: &AppState, show: String, bearer: Option<&Bearer>) -> Result<String, Problem> {
    match state.hub.get(&show) {
        Some(room) => may_watch(&room, bearer).map(|()| show),
        None if is_show_name(&show) => Ok(show),
        None => Err(Problem::not_found("there is no such show")),
    }
}

fn member_of(show: String, grant: &Grant) -> Result<String, Problem> {
    if grant.is_for(&show) {
        Ok(show)
    } else {
        Err(Problem::forbidden(
            "wrong_show",
            "the token is for another show",
        ))
    }
}

pub(super) fn host_of(show: String, grant: &Grant) -> Result<String, Problem> {
    let show = member_of(show, grant)?;
    if grant.is_host_of(&show) {
        Ok(show)
    } else {
        Err(Problem::forbidden(
            "not_host",
            "only a host of the show may do this",
        ))
    }
}

fn catalogue_format(headers: &HeaderMap) -> Result<Format, Problem> {
    match essence(headers).as_str() {
        "text/csv" => Ok(Format::Csv),
        "application/ld+json" => Ok(Format::JsonLd),
        _ => Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "a catalogue is `text/csv` or `application/ld+json`",
        )),
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<String, Problem> {
    let bad = |detail: &str| {
        Problem::new(StatusCode::BAD_REQUEST, "idempotency_key", detail)
            .hint("send `Idempotency-Key` with a fresh UUID, and the same one when you retry")
    };
    let key = headers
        .get("idempotency-key")
        .ok_or_else(|| bad("Idempotency-Key is missing"))?;
    let key = key
        .to_str()
        .map(str::trim)
        .map_err(|_| bad("Idempotency-Key is not ASCII"))?;
    match key.len() {
        0 => Err(bad("Idempotency-Key is empty")),
        1..=IDEMPOTENCY_KEY_CHARS_MAX => Ok(key.to_owned()),
        _ => Err(bad("Idempotency-Key is too long")),
    }
}

/// What makes two requests the same: the show and the fields, not the spaces between them.
fn request_hash(show: &str, order: &ReserveBody) -> [u8; 32] {
    let fields = serde_json::to_vec(&(show, order)).expect("texts and numbers are JSON");
    Sha256::digest(fields).into()
}
