//! `vitrine translate`.

/// Arguments of `vitrine translate`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs `vitrine translate`.
///
/// # Errors
/// Always, until this subcommand lands.
pub fn run(_args: Args) -> anyhow::Result<()> {
    anyhow::bail!("`vitrine translate` is not part of this build")
}
