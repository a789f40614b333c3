//! The shop's routes: catalogue import, shelf, signed prices, orders. Each is thin: check the
//! grant, ask the shop, answer. An order's id is a key of 128 random bits: whoever has it may
//! see, confirm and cancel that order, without an account and after the grant has ended.

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use futures_util::StreamExt as _;
use sha2::{Digest, Sha256};

use super::AppState;
use super::error::Problem;
use super::extract::{Bearer, JsonBody};
use super::shows::{is_show_name, may_watch};
use crate::auth::Grant;
use crate::limits::shop::{IDEMPOTENCY_KEY_CHARS_MAX, IMPORT_BYTES_MAX, ORDER_BYTES_MAX};
use crate::protocol::API;
use crate::protocol::server::OrderView;
use crate::protocol::shop::{
    ConfirmBody, HostOrderList, ImportReport, ProductList, QuoteView, ReserveBody, ShelfBody,
};
use crate::shop::catalog::Format;
use crate::shop::{ReserveRequest, Reserved, ShopError, ShopHandle};

/// How long a refused client waits before it tries again: the busiest inbox is worked off in
/// about as long.
const RETRY_AFTER_S: u32 = 2;

/// The shop's routes.
pub fn router() -> Router<AppState> {
    let import = post(import).layer(DefaultBodyLimit::disable());
    let small = DefaultBodyLimit::max(ORDER_BYTES_MAX);
    Router::new()
        .route("/shows/{show}/products", get(products).merge(import))
        .route("/shows/{show}/shelf", put(shelve))
        .route("/shows/{show}/quotes/{product}", get(quote))
        .route(
            "/shows/{show}/orders",
            get(list).merge(post(reserve).layer(small)),
        )
        .route("/orders/{id}", get(order))
        .route("/orders/{id}/confirm", post(confirm).layer(small))
        .route("/orders/{id}/cancel", post(cancel))
}

async fn products(
    State(state): State<AppState>,
    Path(show): Path<String>,
    bearer: Option<Bearer>,
) -> Result<Fresh<ProductList>, Problem> {
    let show = seen_by(&state, show, bearer.as_ref())?;
    let products = state.shop.products(&show).await?;
    Ok(Fresh(ProductList { products }))
}

async fn import(
    State(shop): State<ShopHandle>,
    Path(show): Path<String>,
    Bearer(grant): Bearer,
    headers: HeaderMap,
    file: Body,
) -> Result<Json<ImportReport>, Problem> {
    let show = host_of(show, &grant)?;
    let format = catalogue_format(&headers)?;
    let file = read_catalogue(file).await?;
    let imported = shop.import(&show, format, &file).await?;
    tracing::info!(show, imported, "catalogue imported");
    Ok(Json(ImportReport { imported }))
}

async fn shelve(
    State(shop): State<ShopHandle>,
    Path(show): Path<String>,
    Bearer(grant): Bearer,
    JsonBody(shelf): JsonBody<ShelfBody>,
) -> Result<Json<ProductList>, Problem> {
    let show = host_of(show, &grant)?;
    shop.shelve(&show, shelf.products).await?;
    Ok(Json(ProductList {
        products: shop.products(&show).await?,
    }))
}

async fn quote(
    State(state): State<AppState>,
    Path((show, product)): Path<(String, String)>,
    bearer: Option<Bearer>,
) -> Result<Fresh<QuoteView>, Problem> {
    let show = seen_by(&state, show, bearer.as_ref())?;
    Ok(Fresh(state.shop.quote(&show, &product).await?))
}

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
        quote: order.quote,
        quantity: order.quantity,
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

async fn confirm(
    State(shop): State<ShopHandle>,
    Path(id): Path<String>,
    JsonBody(contact): JsonBody<ConfirmBody>,
) -> Result<Fresh<OrderView>, Problem> {
    Ok(Fresh(shop.confirm(&id, contact).await?))
}

async fn cancel(
    State(shop): State<ShopHandle>,
    Path(id): Path<String>,
) -> Result<Fresh<OrderView>, Problem> {
    Ok(Fresh(shop.cancel(&id).await?))
}

async fn order(
    State(shop): State<ShopHandle>,
    Path(id): Path<String>,
) -> Result<Fresh<OrderView>, Problem> {
    Ok(Fresh(shop.get(&id).await?))
}

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
struct Fresh<T>(T);

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

fn host_of(show: String, grant: &Grant) -> Result<String, Problem> {
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
    let given = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = given
        .and_then(|value| value.split(';').next())
        .map(str::trim)
        .unwrap_or("");
    match essence.to_ascii_lowercase().as_str() {
        "text/csv" => Ok(Format::Csv),
        "application/ld+json" => Ok(Format::JsonLd),
        _ => Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "a catalogue is `text/csv` or `application/ld+json`",
        )),
    }
}

/// Reads an upload. One that is too large is read on for a while and thrown away: a client that
/// is still sending would see its connection break instead of our answer.
async fn read_catalogue(body: Body) -> Result<Vec<u8>, Problem> {
    let (mut file, mut length) = (Vec::new(), 0);
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| {
            Problem::new(StatusCode::BAD_REQUEST, "body_broken", error.to_string())
        })?;
        length += chunk.len();
        if length <= IMPORT_BYTES_MAX {
            file.extend_from_slice(&chunk);
        } else if length > 4 * IMPORT_BYTES_MAX {
            break;
        }
    }
    if length <= IMPORT_BYTES_MAX {
        return Ok(file);
    }
    let detail = format!("a catalogue has at most {IMPORT_BYTES_MAX} bytes");
    Err(Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        detail,
    ))
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
    let mut hash = Sha256::new();
    for field in [
        show.as_bytes(),
        order.quote.as_bytes(),
        &order.quantity.to_be_bytes(),
    ] {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    hash.finalize().into()
}

impl From<ShopError> for Problem {
    fn from(error: ShopError) -> Problem {
        use StatusCode as Is;
        let detail = error.to_string();
        match error {
            ShopError::UnknownProduct(_) => Problem::new(Is::NOT_FOUND, "unknown_product", detail),
            ShopError::UnknownOrder => Problem::new(Is::NOT_FOUND, "unknown_order", detail),
            ShopError::StaleQuote(quote) => Problem::new(Is::CONFLICT, "stale_quote", detail)
                .hint("show the buyer the new price in `quote` and order with it")
                .with("quote", quote),
            ShopError::ForgedQuote => {
                Problem::new(Is::UNPROCESSABLE_ENTITY, "invalid_quote", detail).hint(format!(
                    "fetch a quote from {API}/shows/{{show}}/quotes/{{product}}"
                ))
            }
            ShopError::SoldOut { available, .. } => {
                Problem::new(Is::CONFLICT, "sold_out", detail).with("available", available)
            }
            ShopError::Quantity { .. } => {
                Problem::new(Is::UNPROCESSABLE_ENTITY, "invalid_quantity", detail)
            }
            ShopError::IdempotencyMismatch => {
                Problem::new(Is::UNPROCESSABLE_ENTITY, "idempotency_mismatch", detail)
                    .hint("a new order needs a new key")
            }
            ShopError::HoldExpired => {
                Problem::new(Is::CONFLICT, "hold_expired", detail).hint("order again")
            }
            ShopError::OrderState(state) => {
                Problem::new(Is::CONFLICT, "order_state", detail).with("state", state)
            }
            ShopError::ConfirmMismatch => Problem::new(Is::CONFLICT, "already_confirmed", detail),
            ShopError::Contact { field, .. } => {
                Problem::new(Is::UNPROCESSABLE_ENTITY, "invalid_contact", detail)
                    .with("field", field)
            }
            ShopError::Import(mistakes) => {
                Problem::new(Is::UNPROCESSABLE_ENTITY, "invalid_catalogue", detail)
                    .hint("nothing was imported; mend the rows in `errors` and send it again")
                    .with("errors", mistakes)
            }
            ShopError::Busy => Problem::unavailable("shop_busy", detail, RETRY_AFTER_S),
            ShopError::Unavailable => {
                Problem::unavailable("shop_unavailable", detail, RETRY_AFTER_S)
                    .hint("retry with the same Idempotency-Key: nothing is bought twice")
            }
        }
    }
}
