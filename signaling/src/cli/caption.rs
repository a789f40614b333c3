//! `vitrine caption`.

/// Arguments of `vitrine caption`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs `vitrine caption`.
///
/// # Errors
/// Always, until this subcommand lands.
pub fn run(_args: Args) -> anyhow::Result<()> {
    anyhow::bail!("`vitrine caption` is not part of this build")
}
