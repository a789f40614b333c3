//! `GET /api/v1/server`: what this server is and can do.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use translate::Language;

use super::{AppState, fresh};
use crate::protocol::api::{LanguageInfo, ServerInfo};

/// Marks requests that came over TLS.
#[derive(Debug, Clone, Copy)]
pub struct OverTls;

/// What this server is and can do.
#[utoipa::path(get, path = "/server", tag = "server",
    responses((status = 200, description = "the server", body = ServerInfo)))]
pub async fn server(State(state): State<AppState>, request: Request) -> Response {
    let secure = request.extensions().get::<OverTls>().is_some();
    let info = ServerInfo {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        languages: languages(&state),
        secure,
        secure_port: state
            .config
            .listen_tls
            .as_ref()
            .map(|(address, _)| address.port()),
        demo: state.config.demo,
        captions_off: state.speech.why_off().map(str::to_owned),
    };
    fresh(Json(info).into_response())
}

fn languages(state: &AppState) -> Vec<LanguageInfo> {
    let Some(engine) = state.speech.engine() else {
        return Vec::new();
    };
    let all = engine.languages(None);
    let reach: Vec<(Language, Vec<Language>)> = all
        .iter()
        .map(|spoken| (spoken.clone(), engine.languages(Some(spoken))))
        .collect();
    let reaches = |tag: &Language| {
        let from = reach.iter().filter(|(_, reached)| reached.contains(tag));
        from.map(|(spoken, _)| spoken.0.clone()).collect()
    };
    all.iter()
        .map(|tag| LanguageInfo {
            tag: tag.0.clone(),
            from: reaches(tag),
        })
        .collect()
}
