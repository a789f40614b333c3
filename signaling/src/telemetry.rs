//! Logs and metrics of the process. Logs go to stderr: stdout belongs to what was asked for.

use std::io::IsTerminal as _;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// Without `RUST_LOG`: our life-cycle steps, and what others complain about.
const FILTER: &str = "warn,signaling=info,media=info,translate=info,vitrine=info";

/// Starts logging to stderr: lines for people, or JSON when `VITRINE_LOG=json`.
pub fn start_logs() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(FILTER));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let json = std::env::var("VITRINE_LOG").is_ok_and(|value| value == "json");
    // A second start (tests in one process) keeps the first subscriber.
    let _ = if json {
        lines.json().try_init()
    } else {
        lines.try_init()
    };
}

/// The process's metrics; the first call starts the recorder.
///
/// # Panics
/// When another recorder was installed before: this crate is the only one that does.
pub fn metrics() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let seconds = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0];
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &seconds)
            .expect("the list of buckets is not empty")
            .build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder)
            .unwrap_or_else(|_| panic!("only this function installs a recorder"));
        handle
    })
}
