//! `vitrine backup`: a consistent copy of the database while the server runs.

use std::path::PathBuf;

use super::restore::file_of;
use crate::store::backup;

/// Arguments of `vitrine backup`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// File to write; it must not exist
    file: PathBuf,
    /// Data directory of the server; default: the user's data directory
    #[arg(long, env = "VITRINE_DATA")]
    data: Option<PathBuf>,
    /// Database file, when it is not `vitrine.db` in the data directory
    #[arg(long, env = "VITRINE_DATABASE", hide_env_values = true)]
    database: Option<String>,
}

/// Runs `vitrine backup`.
///
/// # Errors
/// When there is nothing to copy, or it cannot be copied.
pub fn run(args: Args) -> anyhow::Result<()> {
    let database = file_of(
        args.data,
        args.database,
        "pg_dump --format=custom --file=FILE URL",
    )?;
    let runtime = tokio::runtime::Runtime::new()?;
    Ok(runtime.block_on(backup::backup(&database, &args.file))?)
}
