//! Proof that a product is genuine: its certificate, and the serial numbers its maker gave out.

use axum::Json;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest as _, Sha256};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use super::AppState;
use super::error::Problem;
use super::extract::{Bearer, JsonBody, Path, essence, require_content_type, text, upload};
use super::merchant::merchant_of;
use super::pictures;
use crate::auth::Grant;
use crate::authenticity::{is_pdf, serial, serials};
use crate::clock::now_ms;
use crate::limits::authenticity::{DOCUMENT_BYTES_MAX, SERIALS_BYTES_MAX};
use crate::protocol::shop::{AuthenticityView, SerialBody, SerialView};
use crate::store::authenticity::AuthenticityStore;
use crate::task::pictures::Pictures;

/// Where documents are: beside [`pictures::PICTURES`].
pub const DOCUMENTS: &str = "/documents";

/// The API's part.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(view))
        .routes(routes!(set_certificate, remove_certificate).layer(DefaultBodyLimit::disable()))
        .routes(routes!(add_serials).layer(DefaultBodyLimit::max(SERIALS_BYTES_MAX)))
        .routes(routes!(check))
}

/// What proves a product genuine.
#[utoipa::path(get, path = "/products/{id}/authenticity", tag = "catalogue",
    operation_id = "authenticity",
    responses((status = 200, description = "what there is", body = AuthenticityView)))]
async fn view(
    State(store): State<AuthenticityStore>,
    Path(id): Path<String>,
) -> Result<Json<AuthenticityView>, Problem> {
    let view = store.view(&id).await.map_err(unavailable)?;
    Ok(Json(view.ok_or_else(no_product)?))
}

/// Sets a product's certificate: a PDF, or a picture, which is freed of its metadata.
#[utoipa::path(put, path = "/products/{id}/certificate", tag = "merchant",
    operation_id = "set_certificate", security(("token" = [])),
    request_body(content(
        (Vec<u8> = "application/pdf"),
        (Vec<u8> = "image/jpeg"),
        (Vec<u8> = "image/png"),
        (Vec<u8> = "image/webp"),
    )),
    responses(
        (status = 200, description = "as it is now", body = AuthenticityView),
        (status = 400, description = "`body_broken`"),
        (status = 403, description = "`not_host`"),
        (status = 422, description = "`not_a_pdf`, `not_a_picture`, `picture_too_large`, \
            `picture_truncated`, `picture_broken`"),
        (status = 503, description = "`pictures_busy`, `store`"),
        (status = 507, description = "`pictures_full`"),
    ))]
async fn set_certificate(
    State(store): State<AuthenticityStore>,
    State(kept): State<Pictures>,
    Path(id): Path<String>,
    Bearer(grant): Bearer,
    headers: HeaderMap,
    file: Body,
) -> Result<Json<AuthenticityView>, Problem> {
    own(&store, &grant, &id).await?;
    let url = match essence(&headers).as_str() {
        "application/pdf" => document(&store, file).await?,
        "image/jpeg" | "image/png" | "image/webp" => pictures::keep(&kept, file).await?.url,
        _ => {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "a certificate is `application/pdf`, `image/jpeg`, `image/png` or `image/webp`",
            ));
        }
    };
    let set = store.set_certificate(&id, Some(&url)).await;
    set.map_err(unavailable)?;
    view(State(store), Path(id)).await
}

/// Takes a product's certificate away.
#[utoipa::path(delete, path = "/products/{id}/certificate", tag = "merchant",
    operation_id = "remove_certificate", security(("token" = [])),
    responses(
        (status = 204, description = "there is none now"),
        (status = 403, description = "`not_host`"),
        (status = 503, description = "`store`"),
    ))]
async fn remove_certificate(
    State(store): State<AuthenticityStore>,
    Path(id): Path<String>,
    Bearer(grant): Bearer,
) -> Result<StatusCode, Problem> {
    own(&store, &grant, &id).await?;
    let gone = store.set_certificate(&id, None).await;
    gone.map_err(unavailable)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Adds serial numbers that were given out for a product, one a line. Nothing is added unless
/// every line is right; those that are there already stay as they are.
#[utoipa::path(post, path = "/products/{id}/serials", tag = "merchant",
    operation_id = "add_serials", security(("token" = [])),
    request_body(content((String = "text/plain"))),
    responses(
        (status = 204, description = "all are known now"),
        (status = 400, description = "`body_broken`, `not_text`"),
        (status = 403, description = "`not_host`"),
        (status = 422, description = "`invalid_serials`, with every mistake in `errors`"),
        (status = 503, description = "`store`"),
    ))]
async fn add_serials(
    State(store): State<AuthenticityStore>,
    Path(id): Path<String>,
    Bearer(grant): Bearer,
    request: Request,
) -> Result<StatusCode, Problem> {
    own(&store, &grant, &id).await?;
    require_content_type(request.headers(), "text/plain")?;
    let list = text(request, &(), "not_text").await?;
    let found = serials(&list).map_err(|mistakes| {
        let detail = format!("{} lines are no serial numbers", mistakes.len());
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_serials", detail)
            .hint("nothing was added; mend the lines in `errors` and send it again")
            .with("errors", mistakes)
    })?;
    let added = store
        .add_serials(&id, found.iter().map(String::as_str))
        .await;
    added.map_err(unavailable)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether a serial number was given out for a product, and whether somebody asked before: a
/// number that many people hold was copied.
#[utoipa::path(post, path = "/products/{id}/serials/check", tag = "catalogue",
    operation_id = "check_serial", request_body = SerialBody,
    responses(
        (status = 200, description = "what is known of it", body = SerialView),
        (status = 422, description = "`invalid_serial`"),
        (status = 503, description = "`store`"),
    ))]
async fn check(
    State(store): State<AuthenticityStore>,
    Path(id): Path<String>,
    JsonBody(asked): JsonBody<SerialBody>,
) -> Result<Json<SerialView>, Problem> {
    let serial = serial(&asked.serial).map_err(|detail| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_serial", detail)
    })?;
    let owner = store.merchant_of(&id).await.map_err(unavailable)?;
    owner.ok_or_else(no_product)?;
    let at_ms = i64::try_from(now_ms()).unwrap_or(i64::MAX);
    let found = store.check(&id, &serial, at_ms).await;
    Ok(Json(found.map_err(unavailable)?))
}

/// `GET /documents/{name}`.
///
/// # Errors
/// 404, 503 when the store fails.
pub async fn file(
    State(store): State<AuthenticityStore>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let hash = name.strip_suffix(".pdf").unwrap_or_default();
    let found = store.document(hash).await.map_err(unavailable)?;
    let pdf = found.ok_or_else(|| Problem::not_found("there is no such document"))?;
    let headers = [
        (header::CONTENT_TYPE, "application/pdf"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; sandbox",
        ),
        // A stranger's PDF is saved, not run inside our origin.
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"certificate.pdf\"",
        ),
    ];
    Ok((headers, pdf).into_response())
}

async fn document(store: &AuthenticityStore, file: Body) -> Result<String, Problem> {
    let pdf = upload(file, DOCUMENT_BYTES_MAX, "a PDF").await?;
    if !is_pdf(&pdf) {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "not_a_pdf",
            "the file does not begin and end like a PDF",
        ));
    }
    let hash = Sha256::digest(&pdf);
    let hash: String = hash[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    store.keep(&hash, pdf).await.map_err(unavailable)?;
    Ok(format!("{DOCUMENTS}/{hash}.pdf"))
}

/// Only hosts of its merchant change a product.
async fn own(store: &AuthenticityStore, grant: &Grant, product: &str) -> Result<(), Problem> {
    let merchant = merchant_of(grant)?;
    let owner = store.merchant_of(product).await.map_err(unavailable)?;
    if owner.as_deref() == Some(merchant) {
        Ok(())
    } else {
        Err(no_product())
    }
}

fn no_product() -> Problem {
    Problem::not_found("there is no such product")
}

fn unavailable(error: sqlx::Error) -> Problem {
    tracing::error!(%error, "certificates and serial numbers cannot be reached");
    Problem::unavailable("store", "the store cannot be reached now", 5)
}
