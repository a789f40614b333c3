//! What handlers ask for: the caller's grant, a JSON body with precise errors, the show's name.

use axum::body::{Body, Bytes};
use axum::extract::{FromRef, FromRequest, FromRequestParts, OptionalFromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;

use super::error::Problem;
use crate::auth::{Auth, AuthError, Grant};
use crate::clock;

/// The grant of the request's bearer token. As `Option<Bearer>`: none without the header, but a
/// bad token is refused all the same.
#[derive(Debug, Clone)]
pub struct Bearer(pub Grant);

impl<S> FromRequestParts<S> for Bearer
where
    Auth: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Bearer, Problem> {
        Ok(bearer(&Auth::from_ref(state), &parts.headers)?.ok_or(AuthError::Missing)?)
    }
}

impl<S> OptionalFromRequestParts<S> for Bearer
where
    Auth: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Bearer>, Problem> {
        Ok(bearer(&Auth::from_ref(state), &parts.headers)?)
    }
}

/// RFC 6750 §2.1. Another scheme counts as none: its user did not know better.
fn bearer(auth: &Auth, headers: &HeaderMap) -> Result<Option<Bearer>, AuthError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let value = value.to_str().map_err(|_| AuthError::Malformed)?.trim();
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Ok(None);
    }
    let token = token.trim();
    if token.is_empty() || token.contains(' ') || values.next().is_some() {
        return Err(AuthError::Malformed);
    }
    let grant = auth.verify(token, clock::now_ms())?;
    Ok(Some(Bearer(grant)))
}

/// Parts of the path, as axum reads them, with our 404.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub struct Path<T>(pub T);

/// The query, as axum reads it, with our 400.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub struct Query<T>(pub T);

/// A JSON body: 415 for another type, 400 for what is not JSON, 422 for JSON of another shape.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<S, T> FromRequest<S> for JsonBody<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<JsonBody<T>, Problem> {
        require_content_type(request.headers(), "application/json")?;
        let bytes = body(request, state).await?;
        serde_json::from_slice(&bytes)
            .map(JsonBody)
            .map_err(|error| {
                let (status, code) = if error.is_data() {
                    (StatusCode::UNPROCESSABLE_ENTITY, "invalid_body")
                } else {
                    (StatusCode::BAD_REQUEST, "malformed_json")
                };
                Problem::new(status, code, error.to_string())
            })
    }
}

/// The whole body within the route's limit, else 413.
///
/// # Errors
/// 413 when it is too large, 400 when it breaks off.
pub async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state)
        .await
        .map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                Problem::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "body_too_large",
                    rejection.body_text(),
                )
            } else {
                Problem::new(
                    StatusCode::BAD_REQUEST,
                    "body_broken",
                    rejection.body_text(),
                )
            }
        })
}

/// The whole body as text.
///
/// # Errors
/// Those of [`body`], and 400 with `code` when it is not UTF-8.
pub async fn text<S: Send + Sync>(
    request: Request,
    state: &S,
    code: &'static str,
) -> Result<String, Problem> {
    let bytes = body(request, state).await?;
    String::from_utf8(bytes.into())
        .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, code, "the body is not UTF-8 text"))
}

/// The media type without parameters such as `charset`, in lower case; empty when there is none.
#[must_use]
pub fn essence(headers: &HeaderMap) -> String {
    let given = headers.get(header::CONTENT_TYPE);
    let given = given.and_then(|value| value.to_str().ok());
    let essence = given.and_then(|value| value.split(';').next());
    essence.map_or_else(String::new, |text| text.trim().to_ascii_lowercase())
}

/// Reads a file of at most so many bytes, `what` names it. One that is too large is read on for a
/// while and thrown away: a client that is still sending would see its connection break instead
/// of our answer.
///
/// # Errors
/// 413 when it is too large, 400 when it breaks off.
pub async fn upload(body: Body, bytes_max: usize, what: &str) -> Result<Vec<u8>, Problem> {
    let (mut file, mut length) = (Vec::new(), 0);
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| {
            Problem::new(StatusCode::BAD_REQUEST, "body_broken", error.to_string())
        })?;
        length += chunk.len();
        if length <= bytes_max {
            file.extend_from_slice(&chunk);
        } else if length > 4 * bytes_max {
            break;
        }
    }
    if length <= bytes_max {
        return Ok(file);
    }
    let detail = format!("{what} has at most {bytes_max} bytes");
    Err(Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        detail,
    ))
}

/// 415 unless the media type is `wanted`; parameters such as `charset` are tolerated.
///
/// # Errors
/// 415, naming what is accepted.
pub fn require_content_type(headers: &HeaderMap, wanted: &'static str) -> Result<(), Problem> {
    if essence(headers) == wanted {
        return Ok(());
    }
    let given = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        format!(
            "the body must be `{wanted}`, not `{}`",
            given.unwrap_or("(nothing)")
        ),
    )
    .header(header::ACCEPT, axum::http::HeaderValue::from_static(wanted)))
}
