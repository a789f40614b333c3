//! `/metrics` for Prometheus: base units, and labels whose values are few and known (routes, not
//! paths; no shows, no addresses).

use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use metrics::{counter, gauge, histogram};

use super::AppState;
use crate::clock::Stopwatch;
use crate::telemetry;

/// Counts a request and its time under its route.
pub async fn count(route: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let watch = Stopwatch::start();
    let route = route.map_or_else(|| "page".to_owned(), |path| path.as_str().to_owned());
    let method = match request.method().as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => {
            known.to_owned()
        }
        _ => "other".to_owned(),
    };
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    histogram!("vitrine_http_request_duration_seconds", "route" => route.clone())
        .record(watch.seconds());
    counter!("vitrine_http_requests_total", "route" => route, "method" => method, "status" => status)
        .increment(1);
    response
}

/// Renders all metrics.
pub async fn render(State(state): State<AppState>) -> impl IntoResponse {
    take_media(&state);
    let rooms = state.hub.all();
    #[allow(clippy::cast_precision_loss)] // At most a thousand.
    gauge!("vitrine_shows").set(rooms.len() as f64);
    let viewers: u32 = rooms.iter().map(|room| room.view().viewers).sum();
    gauge!("vitrine_viewers").set(f64::from(viewers));
    gauge!("vitrine_captions_on").set(f64::from(u8::from(state.speech.engine().is_some())));
    let text = telemetry::metrics().render();
    (
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        text,
    )
}

/// The media plane counts by itself, since start.
fn take_media(state: &AppState) {
    let stats = state.media.stats();
    counter!("vitrine_media_received_packets_total").absolute(stats.packets_in);
    counter!("vitrine_media_sent_packets_total").absolute(stats.packets_out);
    counter!("vitrine_media_sent_bytes_total").absolute(stats.bytes_out);
    counter!("vitrine_media_retransmitted_packets_total").absolute(stats.retransmitted);
    counter!("vitrine_media_retransmit_misses_total").absolute(stats.retransmit_misses);
    counter!("vitrine_media_dropped_datagrams_total").absolute(stats.datagrams_dropped);
    counter!("vitrine_media_send_dropped_total").absolute(stats.send_dropped);
    counter!("vitrine_media_relay_dropped_total").absolute(stats.relay_dropped);
    counter!("vitrine_media_tap_dropped_total").absolute(stats.tap_dropped);
    counter!("vitrine_media_keyframe_requests_total").absolute(stats.keyframe_requests);
    #[allow(clippy::cast_precision_loss)] // Sessions are far fewer than 2^52.
    {
        gauge!("vitrine_media_publishers").set(stats.publishers as f64);
        gauge!("vitrine_media_receivers").set(stats.viewers as f64);
    }
}
