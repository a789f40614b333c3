//! The audit log of a show's chat, for its hosts.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use super::error::Problem;
use super::extract::{Bearer, Path, Query};
use super::shop::host_of;
use super::shows::room;
use super::{AppState, fresh};
use crate::limits::JUDGEMENTS_LISTED_MAX;
use crate::protocol::chat::ModerationLog;

/// Where a page of the log begins.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// Only what was done before this id: `next` of the page before.
    before: Option<u64>,
}

/// What was done to keep the chat in order, the newest first.
#[utoipa::path(get, path = "/shows/{show}/moderation", tag = "shows", operation_id = "moderation_log",
    security(("token" = [])), params(Page),
    responses(
        (status = 200, description = "at most 100 judgements", body = ModerationLog),
        (status = 403, description = "`not_host`"),
    ))]
pub async fn log(
    State(state): State<AppState>,
    Path(show): Path<String>,
    Query(page): Query<Page>,
    Bearer(grant): Bearer,
) -> Result<Response, Problem> {
    let show = host_of(show, &grant)?;
    room(&state, &show)?;
    if page
        .before
        .is_some_and(|before| i64::try_from(before).is_err())
    {
        let why = "`before` is no id of a judgement";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "bad_query", why));
    }
    let judgements = state.moderation.log(&show, page.before).await;
    let judgements = judgements.map_err(|error| Problem::internal(&error))?;
    let is_full = judgements.len() >= JUDGEMENTS_LISTED_MAX as usize;
    let next = judgements.last().filter(|_| is_full).map(|last| last.id);
    Ok(fresh(
        Json(ModerationLog { judgements, next }).into_response(),
    ))
}
