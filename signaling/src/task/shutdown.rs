//! Stop is a sequence with names. Each phase has a limit, so that no neighbour keeps the process
//! from ending; every phase that ran is reported, in order.

use std::future::Future;

use crate::limits::STOP_PHASE_MAX;

/// The phases, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// `/readyz` says no; nothing new is let in.
    Refuse,
    /// Pages are told to come back later.
    Farewell,
    /// Requests in flight are answered.
    Drain,
    /// Media sessions are closed.
    Media,
    /// What was asked of the shop is on disk.
    Shop,
}

impl Phase {
    /// All of them, in order.
    pub const ALL: [Phase; 5] = [
        Phase::Refuse,
        Phase::Farewell,
        Phase::Drain,
        Phase::Media,
        Phase::Shop,
    ];
}

/// Runs one phase within its limit.
pub async fn run(phase: Phase, work: impl Future<Output = ()>) -> Phase {
    tracing::info!(?phase, "stopping");
    if tokio::time::timeout(STOP_PHASE_MAX, work).await.is_err() {
        tracing::warn!(?phase, "took too long; going on without it");
    }
    phase
}

/// Waits for SIGINT or SIGTERM.
///
/// # Errors
/// When signals cannot be listened for.
pub async fn signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result,
        _ = term.recv() => Ok(()),
    }
}
