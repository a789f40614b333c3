//! `vitrine serve`: runs the server until SIGINT or SIGTERM. One line on stdout says where.

use std::net::TcpListener;

use anyhow::Context as _;

use crate::auth::Auth;
use crate::config::RawConfig;
use crate::http::{self, AppState};
use crate::telemetry;

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
    let auth = Auth::open(&config.data)?;
    let listener = TcpListener::bind(config.listen)
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        println!("listening on http://{}", listener.local_addr()?);
        let app = http::router(AppState { auth }).into_make_service();
        axum_server::from_tcp(listener)?.serve(app).await?;
        Ok(())
    })
}
