//! Shows over HTTP: the lobby's list, making one, and letting visitors in.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::error::Problem;
use super::extract::{Bearer, JsonBody, Path};
use super::{AppState, course, fresh};
use crate::auth::Grant;
use crate::clock::now_ms;
use crate::limits::{NAME_CHARS_MAX, VISIT_TTL_S};
use crate::protocol::api::{NewShow, ShowCard, ShowList, Visit, VisitBody};
use crate::protocol::client::{Phase, Role};
use crate::protocol::server::{ShowInfo, ShowKind};
use crate::room::Refusal;
use crate::task::hub::HubError;
use crate::task::room::RoomHandle;

/// Longest cover URL.
const COVER_CHARS_MAX: usize = 2_048;

/// Whether a text can name a show: `[a-z0-9-]`, 1 to 64 characters.
#[must_use]
pub fn is_show_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Public shows by name.
#[utoipa::path(get, path = "/shows", tag = "shows", operation_id = "list_shows",
    responses((status = 200, description = "the lobby", body = ShowList)))]
pub async fn list(State(state): State<AppState>) -> Response {
    // Without its store the lobby is still a lobby.
    let reminders = state.reminders.counts(now_ms()).await.unwrap_or_default();
    let count = |show: &str| reminders.get(show).copied().unwrap_or_default();
    let rooms = state.hub.all();
    let cards = rooms.iter().map(|room| card(room, count));
    let shows = cards.filter(|card| !card.info.private).collect();
    fresh(Json(ShowList { shows }).into_response())
}

/// Makes a show; the token is a host's of a show of this name.
#[utoipa::path(post, path = "/shows", tag = "shows", operation_id = "create_show",
    security(("token" = [])), request_body = NewShow,
    responses(
        (status = 201, description = "made", body = ShowInfo),
        (status = 403, description = "`not_host`"),
        (status = 409, description = "`show_exists`"),
        (status = 422, description = "`invalid_body` with `field`, `start_in_past`, `start_too_far`"),
        (status = 503, description = "`shows_full`"),
    ))]
pub async fn create(
    State(state): State<AppState>,
    Bearer(grant): Bearer,
    JsonBody(body): JsonBody<NewShow>,
) -> Result<Response, Problem> {
    if !is_show_name(&body.name) {
        return Err(invalid("name", "use a-z, 0-9 and -, 1 to 64 characters"));
    }
    if !grant.is_host_of(&body.name) {
        return Err(Problem::forbidden(
            "not_host",
            "the token is not a host's of this show",
        ));
    }
    let title = body.title.trim();
    course::check(title, body.cover.as_deref(), body.starts_ms)?;
    let info = ShowInfo {
        name: body.name,
        title: title.to_owned(),
        kind: body.kind.unwrap_or(ShowKind::Live),
        phase: Phase::Scheduled,
        private: body.private,
        transcript: body.transcript,
        started_ms: None,
        cover: body.cover,
        starts_ms: body.starts_ms,
    };
    let room = state.hub.create(info).await.map_err(hub_problem)?;
    Ok((StatusCode::CREATED, Json(room.view().info.clone())).into_response())
}

/// One show. A private show is named to who knows its name: its invitation needs the title;
/// watching needs a grant.
#[utoipa::path(get, path = "/shows/{show}", tag = "shows", operation_id = "show",
    responses((status = 200, description = "the show", body = ShowCard)))]
pub async fn show(
    State(state): State<AppState>,
    Path(show): Path<String>,
) -> Result<Response, Problem> {
    let room = room(&state, &show)?;
    let reminders = course::count(&state, &show).await.unwrap_or_default();
    Ok(fresh(Json(card(&room, |_| reminders)).into_response()))
}

/// Lets a visitor into a public show.
#[utoipa::path(post, path = "/shows/{show}/visit", tag = "shows", request_body = VisitBody,
    responses(
        (status = 200, description = "a viewer's grant", body = Visit),
        (status = 403, description = "`private_show`"),
        (status = 503, description = "`tickets_full`"),
    ))]
pub async fn visit(
    State(state): State<AppState>,
    Path(show): Path<String>,
    JsonBody(body): JsonBody<VisitBody>,
) -> Result<Response, Problem> {
    let room = room(&state, &show)?;
    if room.view().info.private {
        return Err(
            Problem::forbidden("private_show", "this show is by invitation")
                .hint("ask the host for a link"),
        );
    }
    if body
        .name
        .as_ref()
        .is_some_and(|name| name.chars().count() > NAME_CHARS_MAX)
    {
        return Err(invalid("name", "must have at most 64 characters"));
    }
    let now_ms = now_ms();
    let grant = Grant::new(&show, Role::Viewer, body.name, now_ms, VISIT_TTL_S);
    let token = state.auth.token(&grant, now_ms);
    let participant = grant.participant.clone();
    let (ticket, _) = super::tickets::issue_for(&state, grant)?;
    Ok(fresh(
        Json(Visit {
            token,
            ticket,
            participant,
        })
        .into_response(),
    ))
}

/// The room of a show.
///
/// # Errors
/// 404.
pub fn room(state: &AppState, show: &str) -> Result<RoomHandle, Problem> {
    let room = state.hub.get(show);
    room.ok_or_else(|| Problem::not_found("this show does not exist").with("show", show))
}

/// Anybody watches a public show, a private one only with its grant; nobody who is banned.
///
/// # Errors
/// 401 without, 403 with a token of another show or of somebody banned.
pub fn may_watch(room: &RoomHandle, bearer: Option<&Bearer>) -> Result<(), Problem> {
    let view = room.view();
    let info = &view.info;
    match bearer {
        Some(Bearer(grant)) if view.banned.contains(&grant.participant) => {
            Err(refusal_problem(Refusal::Banned))
        }
        _ if !info.private => Ok(()),
        Some(Bearer(grant)) if grant.is_for(&info.name) => Ok(()),
        Some(_) => Err(Problem::insufficient(
            "wrong_show",
            "the token is for another show",
        )),
        None => Err(crate::auth::AuthError::Missing.into()),
    }
}

/// Makes a show, or finds the one that somebody else has just made.
///
/// # Errors
/// See [`HubError`].
pub async fn find_or_create(state: &AppState, info: ShowInfo) -> Result<RoomHandle, HubError> {
    let name = info.name.clone();
    match state.hub.create(info).await {
        Err(HubError::Exists) => state.hub.get(&name).ok_or(HubError::Exists),
        other => other,
    }
}

/// Why a show could not be made.
#[must_use]
pub fn hub_problem(error: HubError) -> Problem {
    match error {
        HubError::Exists => Problem::new(StatusCode::CONFLICT, "show_exists", error.to_string()),
        HubError::Full => Problem::unavailable("shows_full", error.to_string(), 60),
        HubError::Shop(_) | HubError::Store(_) => Problem::internal(&error),
    }
}

/// A room's refusal over HTTP.
#[must_use]
pub fn refusal_problem(refusal: Refusal) -> Problem {
    let problem = match refusal {
        Refusal::RoomFull | Refusal::StageFull | Refusal::TracksFull => {
            Problem::unavailable(refusal.code(), refusal.to_string(), 5)
        }
        _ => Problem::forbidden(refusal.code(), refusal.to_string()),
    };
    match refusal.hint() {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

fn card(room: &RoomHandle, reminders: impl Fn(&str) -> u32) -> ShowCard {
    let view = room.view();
    ShowCard {
        info: view.info.clone(),
        viewers: view.viewers,
        reminders: reminders(&view.info.name),
    }
}

pub(super) fn invalid(field: &str, what: &str) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "invalid_body",
        format!("`{field}` {what}"),
    )
    .with("field", field)
}

pub(super) fn is_picture_url(text: &str) -> bool {
    let is_ours = text.starts_with('/') && !text.starts_with("//");
    text.len() <= COVER_CHARS_MAX
        && (is_ours || text.starts_with("https://"))
        && !text
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || c == '"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_shows() {
        for name in ["a", "lamp-2", &"x".repeat(64)] {
            assert!(is_show_name(name), "{name}");
        }
        for name in ["", "Lamp", "a/b", "..", "a b", "é", &"x".repeat(65)] {
            assert!(!is_show_name(name), "{name}");
        }
    }

    #[test]
    fn covers_are_https_or_ours() {
        for url in ["https://example.org/c.jpg", "/demo/c.webp"] {
            assert!(is_picture_url(url), "{url}");
        }
        for url in [
            "javascript:alert(1)",
            "//evil.example/c",
            "http://x/c.jpg",
            "/a b",
        ] {
            assert!(!is_picture_url(url), "{url}");
        }
    }
}
