//! `GET /ws`: the WebSocket of pages. Who may come in is decided by the ticket in `join`, so a
//! page of another origin can do no more than its visitor's own ticket lets it.

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::Response;

use super::AppState;
use crate::analytics;
use crate::limits::{WS_MESSAGE_BYTES_MAX, WS_READ_BUFFER_BYTES};
use crate::task::client::{self, Origin};

/// Upgrades the connection.
pub async fn open(
    State(state): State<AppState>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let named = state.config.country_header.as_ref();
    let origin = Origin {
        country: analytics::country(named.and_then(text)),
        language: analytics::language(text(&header::ACCEPT_LANGUAGE)),
    };
    upgrade
        .read_buffer_size(WS_READ_BUFFER_BYTES)
        .max_message_size(WS_MESSAGE_BYTES_MAX)
        .max_frame_size(WS_MESSAGE_BYTES_MAX)
        .on_upgrade(move |socket| client::serve(socket, state, origin))
}
