//! What the WHIP and WHEP endpoints share: reading an offer, the 201 with its headers, OPTIONS.

use axum::extract::{OriginalUri, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use media::OfferError;

use super::AppState;
use super::error::Problem;
use super::extract::{require_content_type, text};
use super::{events, layer};
use crate::clock::now_ms;
use crate::task::sessions::{Door, Opened};

/// Media type of offers and answers.
pub const SDP: &str = "application/sdp";

/// Media type of trickle fragments (RFC 8840).
pub const SDP_FRAGMENT: &str = "application/trickle-ice-sdpfrag";

/// How long a client waits when the server has no place: sessions end any time.
const RETRY_S: u32 = 5;

/// What a page of another origin may read (Fetch, "CORS-exposed header names").
pub const EXPOSED: &str = "accept-patch, accept-post, allow, etag, link, location, retry-after, \
                           www-authenticate";

/// Checks that a body is SDP and reads it.
///
/// # Errors
/// 415, 413, 400 when it is not text, or 503 when there is no place.
pub async fn offer(request: Request, state: &AppState) -> Result<String, Problem> {
    require_content_type(request.headers(), SDP)
        .map_err(|problem| accepting(problem, "accept-post", SDP))?;
    if state.stopping.is_on() {
        return Err(offer_problem(OfferError::Stopping));
    }
    if !state.sessions.has_room() {
        return Err(offer_problem(OfferError::Full));
    }
    text(request, state, "malformed_sdp").await
}

/// Headers that lead to a session: its URL, its entity tag, and what goes along by `Link`.
#[must_use]
pub fn session_headers(state: &AppState, door: Door, show: &str, opened: &Opened) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let location = format!("/{}/{show}/{}", door.path(), opened.key);
    if door == Door::Whep {
        headers.append(header::LINK, value(&events::link(&location)));
        headers.append(header::LINK, value(&layer::link(&location)));
    }
    for server in &state.config.ice_servers {
        headers.append(header::LINK, server.link(show, now_ms()));
    }
    headers.insert(header::LOCATION, value(&location));
    headers.insert(header::ETAG, value(&opened.etag));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("accept-patch", HeaderValue::from_static(SDP_FRAGMENT));
    headers
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("show names and random ids are ASCII")
}

/// 201 with the answer.
#[must_use]
pub fn created(
    state: &AppState,
    door: Door,
    show: &str,
    opened: &Opened,
    answer: String,
) -> Response {
    let headers = session_headers(state, door, show, opened);
    let content_type = [(header::CONTENT_TYPE, SDP)];
    (StatusCode::CREATED, headers, content_type, answer).into_response()
}

/// Media's refusal as a problem.
#[must_use]
pub fn offer_problem(error: OfferError) -> Problem {
    let text = error.to_string();
    match error {
        OfferError::Malformed(_) => Problem::new(StatusCode::BAD_REQUEST, "malformed_sdp", text),
        OfferError::Unacceptable(_) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unacceptable_offer", text)
        }
        OfferError::Codec { .. } => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "codec_not_offered", text)
        }
        OfferError::Full => Problem::unavailable("server_full", text, RETRY_S),
        OfferError::Stopping => Problem::unavailable("stopping", text, RETRY_S),
        OfferError::NoSession => Problem::not_found(text),
    }
}

/// A 415 that says what is taken instead.
#[must_use]
pub fn accepting(problem: Problem, name: &'static str, types: &'static str) -> Problem {
    problem.header(
        header::HeaderName::from_static(name),
        HeaderValue::from_static(types),
    )
}

/// `OPTIONS`: what a preflight and RFC 9725 §4.2 ask.
pub async fn options(uri: Uri) -> impl IntoResponse {
    let (methods, accept) = match uri.path().matches('/').count() {
        0..=2 => ("GET, HEAD, POST, OPTIONS", Some(("accept-post", SDP))),
        3 => (
            "GET, HEAD, PATCH, DELETE, OPTIONS",
            Some(("accept-patch", SDP_FRAGMENT)),
        ),
        4 => ("POST, OPTIONS", Some(("accept-post", "application/json"))),
        _ => ("GET, HEAD, DELETE, OPTIONS", None),
    };
    let headers = [
        (header::ALLOW.as_str(), methods),
        (header::ACCESS_CONTROL_ALLOW_METHODS.as_str(), methods),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS.as_str(),
            "authorization, content-type, if-match, last-event-id",
        ),
        (header::ACCESS_CONTROL_MAX_AGE.as_str(), "86400"),
    ];
    (StatusCode::OK, headers, AppendHeaders(accept))
}

/// 405; the router adds `Allow`.
pub async fn wrong_method(method: Method, OriginalUri(uri): OriginalUri) -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        format!("{method} is not for {}", uri.path()),
    )
}
