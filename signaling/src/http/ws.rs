//! `GET /ws`: the WebSocket of pages. Who may come in is decided by the ticket in `join`, so a
//! page of another origin can do no more than its visitor's own ticket lets it.

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::response::Response;

use super::AppState;
use crate::limits::{WS_MESSAGE_BYTES_MAX, WS_READ_BUFFER_BYTES};
use crate::task::client;

/// Upgrades the connection.
pub async fn open(State(state): State<AppState>, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .read_buffer_size(WS_READ_BUFFER_BYTES)
        .max_message_size(WS_MESSAGE_BYTES_MAX)
        .max_frame_size(WS_MESSAGE_BYTES_MAX)
        .on_upgrade(move |socket| client::serve(socket, state))
}
