//! A session's URL, the same for WHIP and WHEP: GET, PATCH, DELETE. Whoever knows it may use it:
//! it is as unguessable as a token, and an encoder whose token has expired must be able to say
//! goodbye.

use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use media::{OfferError, Patched};

use super::AppState;
use super::endpoint::{SDP_FRAGMENT, accepting, offer_problem};
use super::error::Problem;
use super::extract::{require_content_type, text};
use super::precondition::require_match;
use super::whep;
use crate::clock::now_ms;
use crate::task::media::left;
use crate::task::sessions::{Door, HttpSession};

fn door(uri: &Uri) -> Door {
    if uri.path().starts_with("/whip/") {
        Door::Whip
    } else {
        Door::Whep
    }
}

/// The session behind a URL, with its entity tag.
///
/// # Errors
/// 404.
pub fn find(
    state: &AppState,
    uri: &Uri,
    (show, key): (&str, &str),
) -> Result<(HttpSession, String), Problem> {
    let session = state.sessions.get(door(uri), show, key);
    session.ok_or_else(|| Problem::not_found("this session is over or never was"))
}

fn is_invited(state: &AppState, uri: &Uri, (show, key): (&str, &str)) -> bool {
    door(uri) == Door::Whep && state.sessions.is_invited(show, key, now_ms())
}

/// `GET`: 2xx with no content (RFC 9725 §4.1).
///
/// # Errors
/// 404 when it is not there.
pub async fn get(
    State(state): State<AppState>,
    uri: Uri,
    Path((show, key)): Path<(String, String)>,
) -> Result<Response, Problem> {
    if is_invited(&state, &uri, (&show, &key)) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let (_, etag) = find(&state, &uri, (&show, &key))?;
    Ok((StatusCode::NO_CONTENT, [(header::ETAG, etag)]).into_response())
}

/// `DELETE`: the session ends. Exactly 200 (OBS logs any other as a failure); the entity tag is
/// ignored (RFC 9725 §4.3.1).
///
/// # Errors
/// 404 when it is not there.
pub async fn delete(
    State(state): State<AppState>,
    uri: Uri,
    Path((show, key)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    if door(&uri) == Door::Whep
        && let Some(answering) = state.sessions.answering(&show, &key, now_ms())
    {
        answering.withdraw();
        return Ok(StatusCode::OK);
    }
    let (session, _) = find(&state, &uri, (&show, &key))?;
    // Media's own `Closed` event may have been first.
    if state.sessions.take(&key).is_some() {
        state.media.close(session.id).await;
        left(&state.hub, &session).await;
    }
    Ok(StatusCode::OK)
}

/// `PATCH`: trickle (204) or ICE restart (200), and for a player the answer to our offer (204).
///
/// # Errors
/// 404, 415, 428 without `If-Match`, 412 for another entity tag, 400 for what is no fragment.
/// The session goes on in every case.
pub async fn patch(
    State(state): State<AppState>,
    uri: Uri,
    Path((show, key)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    if door(&uri) == Door::Whep
        && let Some(answering) = state.sessions.answering(&show, &key, now_ms())
    {
        return whep::answer(&state, &show, answering, request).await;
    }
    let (session, etag) = find(&state, &uri, (&show, &key))?;
    require_content_type(request.headers(), SDP_FRAGMENT)
        .map_err(|problem| accepting(problem, "accept-patch", SDP_FRAGMENT))?;
    require_match(request.headers(), &etag)?;
    let fragment = text(request, &state, "malformed_sdpfrag").await?;
    let patched = state.media.patch(session.id, fragment).await;
    match patched.map_err(fragment_problem)? {
        Patched::Noted => Ok(StatusCode::NO_CONTENT.into_response()),
        Patched::Restarted { restarts, fragment } => {
            let etag = state.sessions.restarted(&key, restarts);
            let etag = etag.ok_or_else(|| fragment_problem(OfferError::NoSession))?;
            let headers = [
                (header::CONTENT_TYPE, SDP_FRAGMENT.to_owned()),
                (header::ETAG, etag),
                (header::CACHE_CONTROL, "no-store".to_owned()),
            ];
            Ok((StatusCode::OK, headers, fragment).into_response())
        }
    }
}

fn fragment_problem(error: OfferError) -> Problem {
    match error {
        OfferError::Malformed(what) => {
            Problem::new(StatusCode::BAD_REQUEST, "malformed_sdpfrag", what)
        }
        other => offer_problem(other),
    }
}
