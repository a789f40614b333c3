//! `vitrine restore`: makes a copy by `vitrine backup` the database again.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::config;
use crate::store::backup;

/// Arguments of `vitrine restore`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What `vitrine backup` wrote
    file: PathBuf,
    /// Data directory of the server; default: the user's data directory
    #[arg(long, env = "VITRINE_DATA")]
    data: Option<PathBuf>,
    /// Database file, when it is not `vitrine.db` in the data directory
    #[arg(long, env = "VITRINE_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// A database that is there may be replaced; it is kept as `vitrine.db.replaced`
    #[arg(long)]
    replace: bool,
}

/// Runs `vitrine restore`.
///
/// # Errors
/// When the copy is damaged, or the database is there, or in use.
pub fn run(args: Args) -> anyhow::Result<()> {
    let database = file_of(args.data, args.database, "pg_restore --dbname=URL FILE")?;
    if let Some(folder) = database.parent() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let runtime = tokio::runtime::Runtime::new()?;
    let restored = backup::restore(&args.file, &database, args.replace);
    Ok(runtime.block_on(restored)?)
}

/// The database file; PostgreSQL has a program of its own for it.
pub(super) fn file_of(
    data: Option<PathBuf>,
    database: Option<String>,
    instead: &str,
) -> anyhow::Result<PathBuf> {
    let folder = || data.or_else(config::default_data_dir);
    let database = config::Database::of(database.as_deref(), folder);
    match database.map_err(anyhow::Error::msg)? {
        config::Database::File(file) => Ok(file),
        config::Database::Postgres(_) => anyhow::bail!("for PostgreSQL use `{instead}`"),
    }
}
