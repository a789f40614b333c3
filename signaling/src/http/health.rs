//! `/livez`: the process answers. `/readyz`: it can serve. Redis is in neither verdict: without
//! it shows go on, and killing a process for a lost neighbour makes an outage of a nuisance.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::{AppState, fresh};
use crate::bus::BusHealth;

/// The process runs; nothing else is asked.
pub async fn livez() -> &'static str {
    "ok\n"
}

/// 200 when new shows, pages and orders can be served, else 503; the details say what is not.
pub async fn readyz(State(state): State<AppState>) -> Response {
    let is_stopping = state.stopping.is_on();
    // Any show's shelf will do: the question is whether the store answers.
    let store = state.shop.products("readyz").await;
    let is_ready = !is_stopping && store.is_ok();
    let captions = match state.speech.why_off() {
        // Models that would make a good translation of what is only a gist now.
        None => json!({ "state": "on", "lacking": state.speech.lacking() }),
        Some(why) => json!({ "state": "off", "detail": why }),
    };
    let bus = match state.bus.health() {
        BusHealth::Alone => "off",
        BusHealth::Up => "connected",
        BusHealth::Down => "lost",
    };
    let body = json!({
        "ready": is_ready,
        "stopping": is_stopping,
        "store": if store.is_ok() { "ok" } else { "unavailable" },
        "captions": captions,
        "redis": bus,
    });
    let status = if is_ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    fresh((status, Json(body)).into_response())
}
