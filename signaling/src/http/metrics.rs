//! `/metrics` for Prometheus: base units, and labels whose values are few and known (routes, not
//! paths; no shows, no addresses).

use std::fmt::Write as _;

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
    #[allow(clippy::cast_precision_loss)] // A dozen for each of a thousand shows.
    gauge!("vitrine_caption_languages_wanted").set(state.speech.wanted() as f64);
    let mut text = telemetry::metrics().render();
    write_media(&mut text, &state.media.stats());
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
    for (reason, count) in [
        ("unknown", stats.dropped_unknown),
        ("unauthenticated", stats.dropped_unauthenticated),
        ("malformed", stats.dropped_malformed),
    ] {
        counter!("vitrine_media_dropped_datagrams_total", "reason" => reason).absolute(count);
    }
    counter!("vitrine_media_refused_packets_total").absolute(stats.publisher_packets_refused);
    counter!("vitrine_media_nacked_packets_total").absolute(stats.nacked);
    counter!("vitrine_media_keyframes_wanted_total").absolute(stats.keyframes_wanted);
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

/// What the recorder cannot take as it is: ready-made histograms, and seconds in fractions.
#[allow(clippy::cast_precision_loss)] // Microseconds since start are far fewer than 2^52.
fn write_media(text: &mut String, stats: &media::Stats) {
    let seconds = |us: u64| us as f64 / 1e6;
    let mut line = |arguments: std::fmt::Arguments<'_>| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{arguments}");
    };
    let name = "vitrine_media_worker_busy_seconds_total";
    line(format_args!("# TYPE {name} counter"));
    for (n, worker) in stats.workers.iter().enumerate() {
        let busy = seconds(worker.busy_us);
        line(format_args!("{name}{{worker=\"{n}\"}} {busy}"));
    }
    let name = "vitrine_media_worker_sessions";
    line(format_args!("# TYPE {name} gauge"));
    for (n, worker) in stats.workers.iter().enumerate() {
        for (kind, count) in [("publisher", worker.publishers), ("viewer", worker.viewers)] {
            line(format_args!(
                "{name}{{worker=\"{n}\",kind=\"{kind}\"}} {count}"
            ));
        }
    }
    let name = "vitrine_media_shown_looks_total";
    line(format_args!("# TYPE {name} counter"));
    for (n, looks) in stats.shown_layers.iter().enumerate() {
        line(format_args!("{name}{{layer=\"{n}\"}} {looks}"));
    }
    let nothing = stats.shown_nothing;
    line(format_args!("{name}{{layer=\"none\"}} {nothing}"));
    let name = "vitrine_media_join_seconds";
    line(format_args!("# TYPE {name} histogram"));
    let times = media::Spread::TIMES.map(seconds);
    for (phase, spread) in [
        ("checked", &stats.join_checked),
        ("secured", &stats.join_secured),
        ("shown", &stats.join_shown),
    ] {
        let label = format!("phase=\"{phase}\",");
        write_histogram(text, (name, &label), &times, spread, seconds(spread.sum));
    }
    let name = "vitrine_media_estimate_bits_per_second";
    let _ = writeln!(text, "# TYPE {name} histogram");
    let (rates, sum) = (
        media::Spread::RATES.map(|rate| rate as f64),
        stats.estimates.sum as f64,
    );
    write_histogram(text, (name, ""), &rates, &stats.estimates, sum);
}

/// One series of buckets; `label` ends with a comma or is empty.
fn write_histogram(
    text: &mut String,
    (name, label): (&str, &str),
    bounds: &[f64],
    spread: &media::Spread,
    sum: f64,
) {
    let mut below = 0;
    for (bound, count) in bounds.iter().zip(spread.counts) {
        below += count;
        let _ = writeln!(text, "{name}_bucket{{{label}le=\"{bound}\"}} {below}");
    }
    let all: u64 = spread.counts.iter().sum();
    let _ = writeln!(text, "{name}_bucket{{{label}le=\"+Inf\"}} {all}");
    let only = label.trim_end_matches(',');
    let only = if only.is_empty() {
        String::new()
    } else {
        format!("{{{only}}}")
    };
    let _ = writeln!(text, "{name}_sum{only} {sum}");
    let _ = writeln!(text, "{name}_count{only} {all}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn join_times_and_worker_load_are_written_as_prometheus_reads_them() {
        let mut stats = media::Stats::default();
        stats.join_secured.counts = [1, 2, 0, 0, 0, 0, 0, 4];
        stats.join_secured.sum = 1_500_000;
        stats.estimates.counts[2] = 5;
        stats.estimates.sum = 2_000_000;
        stats.shown_layers[1] = 8;
        stats.workers.push(media::WorkerStats {
            busy_us: 250_000,
            publishers: 1,
            viewers: 3,
        });
        let mut text = String::new();
        write_media(&mut text, &stats);
        for line in [
            "# TYPE vitrine_media_join_seconds histogram",
            "vitrine_media_worker_busy_seconds_total{worker=\"0\"} 0.25",
            "vitrine_media_worker_sessions{worker=\"0\",kind=\"viewer\"} 3",
            "vitrine_media_join_seconds_bucket{phase=\"secured\",le=\"0.01\"} 1",
            "vitrine_media_join_seconds_bucket{phase=\"secured\",le=\"10\"} 3",
            "vitrine_media_join_seconds_bucket{phase=\"secured\",le=\"+Inf\"} 7",
            "vitrine_media_join_seconds_sum{phase=\"secured\"} 1.5",
            "vitrine_media_join_seconds_count{phase=\"shown\"} 0",
            "vitrine_media_estimate_bits_per_second_bucket{le=\"500000\"} 5",
            "vitrine_media_estimate_bits_per_second_sum 2000000",
            "vitrine_media_estimate_bits_per_second_count 5",
            "vitrine_media_shown_looks_total{layer=\"1\"} 8",
            "vitrine_media_shown_looks_total{layer=\"none\"} 0",
        ] {
            assert!(text.lines().any(|known| known == line), "{line}\n{text}");
        }
    }
}
