//! `POST /whep/{show}`: playing by the WHEP draft. A public show needs no token.

use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use media::RoomId;

use super::AppState;
use super::error::Problem;
use super::extract::Bearer;
use super::session::{SDP, created, offer, offer_problem};
use super::shows::{may_watch, room};
use super::whip::enter;
use crate::room::Input;
use crate::task::sessions::{Door, HttpSession};

/// `HEAD`: this is a WHEP endpoint.
pub async fn head() -> impl IntoResponse {
    [(header::CONTENT_TYPE, SDP)]
}

/// `GET`: 2xx with no content.
pub async fn get() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Takes a player.
///
/// # Errors
/// 401 or 403 for a private show, 404, 415, 413, 400 or 422 for the offer, 503 when full.
pub async fn play(
    State(state): State<AppState>,
    Path(show): Path<String>,
    bearer: Option<Bearer>,
    request: Request,
) -> Result<Response, Problem> {
    let room = room(&state, &show)?;
    may_watch(&room, bearer.as_ref())?;
    let offer = offer(request, &state).await?;
    let session = state
        .media
        .view(&RoomId(show.clone()), offer)
        .await
        .map_err(offer_problem)?;
    enter(&state, &room, Input::WatcherCame, session.id).await?;
    let http = HttpSession {
        door: Door::Whep,
        show,
        participant: String::new(),
        id: session.id,
        etag: String::new(),
    };
    Ok(created(&state, http, session.answer))
}
