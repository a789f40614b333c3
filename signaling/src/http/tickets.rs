//! `POST /api/v1/tickets`: a one-time ticket for the WebSocket, in exchange for a token.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::error::Problem;
use super::extract::Bearer;
use super::{AppState, fresh};
use crate::auth::Grant;
use crate::clock::now_ms;
use crate::protocol::api::Ticket;

/// A one-time ticket for the WebSocket.
#[utoipa::path(post, path = "/tickets", tag = "shows", operation_id = "ticket",
    security(("token" = [])),
    responses(
        (status = 200, description = "the ticket", body = Ticket),
        (status = 503, description = "`tickets_full`: too many are outstanding"),
    ))]
pub async fn issue(
    State(state): State<AppState>,
    Bearer(grant): Bearer,
) -> Result<Response, Problem> {
    let (ticket, expires_ms) = issue_for(&state, grant)?;
    Ok(fresh(Json(Ticket { ticket, expires_ms }).into_response()))
}

pub(super) fn issue_for(state: &AppState, grant: Grant) -> Result<(String, u64), Problem> {
    let ticket = state.auth.tickets().issue(grant, now_ms());
    ticket.map_err(|full| Problem::unavailable("tickets_full", full.to_string(), 30))
}
