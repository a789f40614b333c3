//! What WHIP and WHEP share: the answer to an offer, and the session's URL afterwards. PATCH is
//! answered as far as ICE-lite makes sense: our candidates are all in the answer and the peer's
//! are learnt from its checks, so trickle is taken note of and restarts are refused (422).

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use media::OfferError;

use super::error::Problem;
use super::extract::{body, require_content_type};
use super::{AppState, sdpfrag};
use crate::auth::random_id;
use crate::task::media::left;
use crate::task::sessions::{Door, HttpSession};

/// Media type of offers and answers.
pub const SDP: &str = "application/sdp";
const SDP_FRAGMENT: &str = "application/trickle-ice-sdpfrag";

/// How long a client waits when the server has no place: sessions end any time.
const RETRY_S: u32 = 5;

/// Checks that a body is SDP and reads it.
///
/// # Errors
/// 415, 413, or 400 when it is not text.
pub async fn offer(request: Request, state: &AppState) -> Result<String, Problem> {
    require_content_type(request.headers(), SDP)?;
    if state.stopping.is_on() {
        return Err(Problem::unavailable(
            "stopping",
            "the server is stopping",
            RETRY_S,
        ));
    }
    if !state.sessions.has_room() {
        return Err(offer_problem(OfferError::Full));
    }
    let bytes = body(request, state).await?;
    String::from_utf8(bytes.into()).map_err(|_| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "malformed_sdp",
            "SDP is UTF-8 text",
        )
    })
}

/// 201 with the answer, the session's URL and its entity tag.
#[must_use]
pub fn created(state: &AppState, mut session: HttpSession, answer: String) -> Response {
    session.etag = format!("\"{}\"", random_id());
    let (door, show, etag) = (session.door, session.show.clone(), session.etag.clone());
    let key = state.sessions.add(session);
    let headers = [
        (header::CONTENT_TYPE, SDP.to_owned()),
        (header::LOCATION, format!("/{}/{show}/{key}", door.path())),
        (header::ETAG, etag),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    let accept_patch = [("accept-patch", SDP_FRAGMENT)];
    (StatusCode::CREATED, headers, accept_patch, answer).into_response()
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
        OfferError::Full => Problem::unavailable("server_full", text, RETRY_S),
        OfferError::Stopping => Problem::unavailable("stopping", text, RETRY_S),
        OfferError::NoSession => Problem::not_found(text),
    }
}

fn door(uri: &Uri) -> Door {
    if uri.path().starts_with("/whip/") {
        Door::Whip
    } else {
        Door::Whep
    }
}

fn find(
    state: &AppState,
    uri: &Uri,
    (show, key): &(String, String),
) -> Result<HttpSession, Problem> {
    let session = state.sessions.get(door(uri), show, key);
    session.ok_or_else(|| Problem::not_found("this session is over or never was"))
}

/// `OPTIONS`: what a preflight and RFC 9725 ask.
pub async fn options(uri: Uri) -> impl IntoResponse {
    let is_session = uri.path().matches('/').count() > 2;
    let methods = if is_session {
        "GET, PATCH, DELETE, OPTIONS"
    } else {
        "GET, HEAD, POST, OPTIONS"
    };
    let accept = if is_session {
        ("accept-patch", SDP_FRAGMENT)
    } else {
        ("accept-post", SDP)
    };
    let headers = [
        (header::ALLOW.as_str(), methods),
        (header::ACCESS_CONTROL_ALLOW_METHODS.as_str(), methods),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS.as_str(),
            "authorization, content-type, if-match",
        ),
        (header::ACCESS_CONTROL_MAX_AGE.as_str(), "86400"),
        accept,
    ];
    (StatusCode::NO_CONTENT, headers)
}

/// `GET` on a session: it is there.
///
/// # Errors
/// 404 when it is not.
pub async fn get(
    State(state): State<AppState>,
    uri: Uri,
    Path(path): Path<(String, String)>,
) -> Result<impl IntoResponse, Problem> {
    let session = find(&state, &uri, &path)?;
    Ok((StatusCode::NO_CONTENT, [(header::ETAG, session.etag)]))
}

/// `DELETE`: the session ends. Exactly 200 (OBS logs any other as a failure); the entity tag is
/// ignored (RFC 9725).
///
/// # Errors
/// 404 when it is not there.
pub async fn delete(
    State(state): State<AppState>,
    uri: Uri,
    Path(path): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let session = find(&state, &uri, &path)?;
    // Media's own `Closed` event may have been first.
    if state.sessions.take(&path.1).is_some() {
        state.media.close(session.id).await;
        left(&state.hub, &session).await;
    }
    Ok(StatusCode::OK)
}

/// `PATCH`: trickle or restart.
///
/// # Errors
/// 404, 415, 428 without `If-Match`, 412 for another entity tag, 400 for what is no fragment,
/// 422 for an ICE restart. The session goes on in every case.
pub async fn patch(
    State(state): State<AppState>,
    uri: Uri,
    Path(path): Path<(String, String)>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let session = find(&state, &uri, &path)?;
    require_content_type(request.headers(), SDP_FRAGMENT)?;
    let is_restart = match if_match(request.headers()) {
        None => {
            return Err(Problem::new(
                StatusCode::PRECONDITION_REQUIRED,
                "if_match_missing",
                "PATCH needs If-Match with the session's entity tag",
            ));
        }
        Some("*") => true,
        Some(tag) if tag == session.etag => false,
        Some(_) => {
            return Err(Problem::new(
                StatusCode::PRECONDITION_FAILED,
                "etag_stale",
                "the entity tag is not the session's",
            ));
        }
    };
    let bytes = body(request, &state).await?;
    sdpfrag::check(&bytes)
        .map_err(|what| Problem::new(StatusCode::BAD_REQUEST, "malformed_sdpfrag", what))?;
    if is_restart {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "ice_restart_unsupported",
            "this server follows a peer to a new address without an ICE restart",
        )
        .hint("keep the session, or end it and make a new one"));
    }
    Ok(StatusCode::NO_CONTENT)
}

fn if_match(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::IF_MATCH)
        .map(HeaderValue::to_str)?
        .ok()
        .map(str::trim)
}
