//! `POST /whip/{show}`: publishing by RFC 9725 (FFmpeg, OBS, GStreamer, browsers).

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use media::{RoomId, SessionId, Source};

use super::AppState;
use super::endpoint::{created, offer, offer_problem};
use super::error::Problem;
use super::extract::Bearer;
use super::shows::{find_or_create, hub_problem, is_show_name, refusal_problem};
use crate::protocol::client::{Phase, Role, SourceKind};
use crate::protocol::server::{ShowInfo, ShowKind};
use crate::room::Refusal;
use crate::task::client::seat_of;
use crate::task::media::{owner, stands};
use crate::task::room::{Closing, RoomHandle};
use crate::task::sessions::{Door, HttpSession};

/// `GET` and `HEAD`: 2xx with no content (RFC 9725 §4.1).
pub async fn get() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Takes a publisher. A second POST with the same token replaces the first session: encoders
/// that restart do not always say goodbye.
///
/// # Errors
/// 401, 403, 404, 415, 413, 400 or 422 for the offer, 409 when a newer session has taken its
/// place already, 503 when full.
pub async fn publish(
    State(state): State<AppState>,
    Path(show): Path<String>,
    Bearer(grant): Bearer,
    request: Request,
) -> Result<Response, Problem> {
    if !grant.is_for(&show) {
        return Err(Problem::insufficient(
            "wrong_show",
            "the token is for another show",
        ));
    }
    if !grant.role.is_on_stage() {
        return Err(
            Problem::insufficient("not_on_stage", "this token may not publish")
                .hint("use a token of role host, guide or guest"),
        );
    }
    let offer = offer(request, &state).await?;
    let room = room_for(&state, &show, grant.role).await?;
    let source = Source {
        owner: owner(&grant.participant, SourceKind::Camera),
    };
    let session = state
        .media
        .publish(&RoomId(show.clone()), source, offer)
        .await;
    let session = session.map_err(offer_problem)?;
    let seat = seat_of(&grant, None);
    let entry = HttpSession {
        door: Door::Whip,
        show: show.clone(),
        participant: grant.participant,
        id: session.id,
    };
    let opened = entered(&state, room.publisher(seat, entry).await, session.id).await?;
    tracing::info!(show, session = session.id.0, "WHIP publisher");
    check_stands(&state, &opened.key).await?;
    Ok(created(&state, Door::Whip, &show, &opened, session.answer))
}

/// The show's room; a host makes the show by publishing to it.
async fn room_for(state: &AppState, show: &str, role: Role) -> Result<RoomHandle, Problem> {
    if let Some(room) = state.hub.get(show) {
        return Ok(room);
    }
    if role != Role::Host || !is_show_name(show) {
        return Err(Problem::not_found("this show does not exist"));
    }
    let info = ShowInfo {
        starts_ms: None,
        name: show.to_owned(),
        title: show.to_owned(),
        kind: ShowKind::Live,
        phase: Phase::Scheduled,
        private: false,
        transcript: false,
        started_ms: None,
        cover: None,
    };
    find_or_create(state, info).await.map_err(hub_problem)
}

/// Looks once more whether a session that is in the table now is there at all: a newer one may
/// have taken its place meanwhile.
///
/// # Errors
/// 409 when it is over; nothing is left of it.
pub(super) async fn check_stands(state: &AppState, key: &str) -> Result<(), Problem> {
    if stands(&state.media, &state.hub, &state.sessions, key).await {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::CONFLICT,
        "session_over",
        "the session ended while it began: a newer one took its place, or the server is stopping",
    ))
}

/// The room has answered; when it refuses, the media session is taken back.
///
/// # Errors
/// The room's refusal.
pub(super) async fn entered<T>(
    state: &AppState,
    answer: Result<Result<T, Refusal>, Closing>,
    session: SessionId,
) -> Result<T, Problem> {
    let problem = match answer {
        Ok(Ok(entered)) => return Ok(entered),
        Ok(Err(refusal)) => refusal_problem(refusal),
        Err(closing) => Problem::unavailable("stopping", closing.to_string(), 5),
    };
    state.media.close(session).await;
    Err(problem)
}
