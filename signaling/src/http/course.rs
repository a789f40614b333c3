//! When a show is: its plan, as hosts set it; its entry for a visitor's calendar; and how many
//! want to be reminded.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::assets::origin;
use super::error::Problem;
use super::extract::{Bearer, JsonBody, Path};
use super::shop::host_of;
use super::shows::{invalid, is_picture_url, refusal_problem, room};
use super::{AppState, attachment, fresh};
use crate::calendar;
use crate::clock::now_ms;
use crate::limits::{REMINDER_KEY_CHARS_MAX, REMINDERS_MAX, START_AHEAD_MAX_MS, TITLE_CHARS_MAX};
use crate::protocol::api::{Reminders, ShowPlan};
use crate::protocol::client::Phase;
use crate::protocol::server::ShowInfo;
use crate::room::{Input, Plan};

/// The routes.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(plan))
        .routes(routes!(entry))
        .routes(routes!(remind, forget))
}

/// Says what a show is called, how it looks in the lobby and when it starts.
#[utoipa::path(put, path = "/shows/{show}", tag = "shows", operation_id = "plan_show",
    security(("token" = [])), request_body = ShowPlan,
    responses(
        (status = 200, description = "as wished", body = ShowInfo),
        (status = 403, description = "`not_host`"),
        (status = 409, description = "`already_started`"),
        (status = 422, description = "`invalid_body` with `field`, `start_in_past`, `start_too_far`"),
    ))]
async fn plan(
    State(state): State<AppState>,
    Path(show): Path<String>,
    Bearer(grant): Bearer,
    JsonBody(body): JsonBody<ShowPlan>,
) -> Result<Json<ShowInfo>, Problem> {
    let show = host_of(show, &grant)?;
    let room = room(&state, &show)?;
    let info = room.view().info.clone();
    // A start that stays as it was may have passed: the show is late.
    let is_moved = body.starts_ms != info.starts_ms;
    if is_moved && info.phase != Phase::Scheduled {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "already_started",
            "the show is or was on air: its start cannot be moved",
        ));
    }
    let starts_ms = body.starts_ms.filter(|_| is_moved);
    check(body.title.trim(), body.cover.as_deref(), starts_ms)?;
    let plan = Plan {
        title: body.title.trim().to_owned(),
        cover: body.cover,
        starts_ms: body.starts_ms,
    };
    let asked = room.ask(Input::Plan(plan)).await;
    let refused =
        asked.map_err(|closing| Problem::unavailable("stopping", closing.to_string(), 5))?;
    refused.map_err(refusal_problem)?;
    Ok(Json(room.view().info.clone()))
}

/// What a show may be called, look like and start at.
///
/// # Errors
/// 422 with the field.
pub(super) fn check(
    title: &str,
    cover: Option<&str>,
    starts_ms: Option<u64>,
) -> Result<(), Problem> {
    if title.is_empty() || title.chars().count() > TITLE_CHARS_MAX {
        return Err(invalid("title", "must have 1 to 200 characters"));
    }
    if title.chars().any(char::is_control) {
        return Err(invalid("title", "has a control character"));
    }
    if cover.is_some_and(|cover| !is_picture_url(cover)) {
        let what = "must be an https URL or a path on this server, at most 2048 characters";
        return Err(invalid("cover", what));
    }
    let Some(starts_ms) = starts_ms else {
        return Ok(());
    };
    let now_ms = now_ms();
    let wrong = |code, detail: &str| {
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail);
        Err(problem.with("field", "starts_ms").with("now_ms", now_ms))
    };
    if starts_ms <= now_ms {
        return wrong(
            "start_in_past",
            "`starts_ms` is past by this server's clock",
        );
    }
    if starts_ms - now_ms > START_AHEAD_MAX_MS {
        return wrong("start_too_far", "`starts_ms` is more than a year ahead");
    }
    Ok(())
}

/// A show that is to come, for a calendar (RFC 5545), with an alarm.
#[utoipa::path(get, path = "/shows/{show}/calendar.ics", tag = "shows", operation_id = "calendar",
    responses(
        (status = 200, description = "the entry", body = String, content_type = "text/calendar"),
        (status = 404, description = "`not_scheduled`"),
    ))]
async fn entry(
    State(state): State<AppState>,
    Path(show): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let (info, starts_ms) = coming(&state, &show)?;
    let origin = origin(&state, &request).unwrap_or_default();
    let url = format!("{origin}/s/{show}");
    let file = calendar::entry(&info.title, &url, starts_ms, now_ms());
    let kind = "text/calendar; charset=utf-8";
    Ok(attachment(kind, "show.ics", file))
}

/// Notes that somebody wants to be reminded: the key is random and theirs, from 16 characters on.
#[utoipa::path(put, path = "/shows/{show}/reminders/{key}", tag = "shows", operation_id = "remind",
    responses(
        (status = 200, description = "how many there are", body = Reminders),
        (status = 404, description = "`not_scheduled`"),
        (status = 422, description = "`invalid_key`"),
        (status = 503, description = "`reminders_full`"),
    ))]
async fn remind(
    State(state): State<AppState>,
    Path((show, key)): Path<(String, String)>,
) -> Result<Response, Problem> {
    set(&state, &show, &key, true).await
}

/// Takes that back.
#[utoipa::path(delete, path = "/shows/{show}/reminders/{key}", tag = "shows",
    operation_id = "forget_reminder",
    responses(
        (status = 200, description = "how many there are", body = Reminders),
        (status = 404, description = "`not_scheduled`"),
        (status = 422, description = "`invalid_key`"),
    ))]
async fn forget(
    State(state): State<AppState>,
    Path((show, key)): Path<(String, String)>,
) -> Result<Response, Problem> {
    set(&state, &show, &key, false).await
}

async fn set(
    state: &AppState,
    show: &str,
    key: &str,
    is_wanted: bool,
) -> Result<Response, Problem> {
    coming(state, show)?;
    let is_key = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !is_key || !(16..=REMINDER_KEY_CHARS_MAX).contains(&key.len()) {
        let detail = format!("a key has 16 to {REMINDER_KEY_CHARS_MAX} of a-z, A-Z, 0-9 and -");
        return Err(
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_key", detail)
                .hint("make a random UUID and keep it"),
        );
    }
    // The count first: what is added to it is then right.
    count(state, show).await?;
    let done = state.reminders.set(show, key, is_wanted).await;
    if !done.map_err(|error| Problem::internal(&error))? {
        let detail = format!("this show has {REMINDERS_MAX} reminders, which is all it keeps");
        return Err(Problem::unavailable("reminders_full", detail, 60));
    }
    let reminders = count(state, show).await?;
    Ok(fresh(Json(Reminders { reminders }).into_response()))
}

/// How many want to be reminded of a show.
///
/// # Errors
/// 500 when the store cannot be read.
pub(super) async fn count(state: &AppState, show: &str) -> Result<u32, Problem> {
    let counts = state.reminders.counts(now_ms()).await;
    let counts = counts.map_err(|error| Problem::internal(&error))?;
    Ok(counts.get(show).copied().unwrap_or_default())
}

/// A show that is announced with a time.
fn coming(state: &AppState, show: &str) -> Result<(ShowInfo, u64), Problem> {
    let info = room(state, show)?.view().info.clone();
    match info.starts_ms {
        Some(starts_ms) if info.phase == Phase::Scheduled => Ok((info, starts_ms)),
        _ => {
            let detail = "this show has no start to come";
            Err(Problem::new(StatusCode::NOT_FOUND, "not_scheduled", detail))
        }
    }
}
