//! `vitrine serve`: runs the server until SIGINT or SIGTERM. One line on stdout says where.

use std::io::Write as _;

use crate::config::RawConfig;
use crate::task::shutdown;
use crate::{app, telemetry};

/// Arguments of `vitrine serve`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Settings.
    #[command(flatten)]
    pub config: Box<RawConfig>,
}

/// Runs `vitrine serve`.
///
/// # Errors
/// When the settings are wrong or a part cannot start.
pub fn run(args: Args) -> anyhow::Result<()> {
    telemetry::start_logs();
    let config = args.config.check()?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let running = app::start(config).await?;
        announce(&running)?;
        shutdown::signal().await?;
        running.stop().await;
        Ok(())
    })
}

/// The one line on stdout: programs that start the server wait for it.
///
/// # Errors
/// When stdout is closed.
pub fn announce(running: &app::Running) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "listening on http://{}", running.address())?;
    out.flush()?;
    if let Some(address) = running.tls_address() {
        tracing::info!("HTTPS on https://{address}, trust it at /trust");
    }
    Ok(())
}
