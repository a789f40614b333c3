//! `vitrine serve`: runs the server until SIGINT or SIGTERM. One line on stdout says where.

use std::net::TcpListener;
use std::sync::Arc;

use anyhow::Context as _;

use crate::auth::{Auth, SecretKey};
use crate::clock;
use crate::config::RawConfig;
use crate::http::{self, AppState};
use crate::store::sqlite::SqliteStore;
use crate::task::shop::{self, ShopConfig};
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
    let key = SecretKey::open(&config.data)?;
    let auth = Auth::with_key(&key);
    let listener = TcpListener::bind(config.listen)
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let store = Arc::new(SqliteStore::open(&config.data.join("vitrine.db")).await?);
        let (shop, _notices, _task) = shop::spawn(
            store,
            &ShopConfig::new(key.derive("quotes")),
            Arc::new(clock::now_ms),
        );
        println!("listening on http://{}", listener.local_addr()?);
        let app = http::router(AppState { auth, shop }).into_make_service();
        axum_server::from_tcp(listener)?.serve(app).await?;
        Ok(())
    })
}
