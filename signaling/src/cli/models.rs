//! `vitrine models`.

/// Arguments of `vitrine models`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs `vitrine models`.
///
/// # Errors
/// Always, until this subcommand lands.
pub fn run(_args: Args) -> anyhow::Result<()> {
    anyhow::bail!("`vitrine models` is not part of this build")
}
