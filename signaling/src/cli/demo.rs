//! `vitrine demo`.

/// Arguments of `vitrine demo`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs `vitrine demo`.
///
/// # Errors
/// Always, until this subcommand lands.
pub fn run(_args: Args) -> anyhow::Result<()> {
    anyhow::bail!("`vitrine demo` is not part of this build")
}
