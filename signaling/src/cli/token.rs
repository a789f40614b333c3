//! `vitrine token`: prints one token and nothing else, signed with the key in the data directory.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::auth::{Auth, Grant};
use crate::limits::TOKEN_TTL_S_MAX;
use crate::protocol::client::Role;
use crate::shop::store::DEFAULT_MERCHANT;
use crate::{clock, config, http};

/// Arguments of `vitrine token`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Data directory of the server; default: the user's data directory
    #[arg(long, env = "VITRINE_DATA")]
    data: Option<PathBuf>,
    /// Show the token is for
    #[arg(long)]
    show: String,
    /// What its holder may do
    #[arg(long, value_enum)]
    role: RoleName,
    /// How long it is valid, e.g. 90s, 30m, 1h, 7d
    #[arg(long, default_value = "1h", value_parser = parse_ttl)]
    ttl: u64,
    /// Merchant its holder acts for, where several sell
    #[arg(long, default_value = DEFAULT_MERCHANT)]
    merchant: String,
    /// Display name of its holder
    #[arg(long)]
    name: Option<String>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum RoleName {
    Host,
    Guide,
    Guest,
    Viewer,
    Moderator,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Role {
        match name {
            RoleName::Host => Role::Host,
            RoleName::Guide => Role::Guide,
            RoleName::Guest => Role::Guest,
            RoleName::Viewer => Role::Viewer,
            RoleName::Moderator => Role::Moderator,
        }
    }
}

/// Runs `vitrine token`.
///
/// # Errors
/// When the show's name cannot be one, or the key cannot be read or made.
pub fn run(args: Args) -> anyhow::Result<()> {
    anyhow::ensure!(
        http::shows::is_show_name(&args.show),
        "`{}` is not a show name: use a-z, 0-9 and -, 1 to 64 characters",
        args.show
    );
    let data = args
        .data
        .or_else(config::default_data_dir)
        .context("--data is needed: neither XDG_DATA_HOME nor HOME is set")?;
    let now_ms = clock::now_ms();
    let grant = Grant::new(&args.show, args.role.into(), args.name, now_ms, args.ttl);
    let grant = grant.of_merchant(&args.merchant);
    println!("{}", Auth::open(&data)?.token(&grant, now_ms));
    Ok(())
}

/// Seconds of `90`, `90s`, `30m`, `1h`, `7d`.
fn parse_ttl(text: &str) -> Result<u64, String> {
    let (number, unit) = match text.char_indices().last() {
        Some((at, 's')) => (&text[..at], 1),
        Some((at, 'm')) => (&text[..at], 60),
        Some((at, 'h')) => (&text[..at], 3_600),
        Some((at, 'd')) => (&text[..at], 86_400),
        _ => (text, 1),
    };
    let seconds = number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .ok_or_else(|| "use a number with s, m, h or d, e.g. 1h".to_owned())?;
    if (1..=TOKEN_TTL_S_MAX).contains(&seconds) {
        Ok(seconds)
    } else {
        Err(format!(
            "must be between 1s and {}d",
            TOKEN_TTL_S_MAX / 86_400
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::parse_ttl;

    #[test]
    fn times_to_live() {
        for (text, expected) in [
            ("90", 90),
            ("90s", 90),
            ("30m", 1_800),
            ("1h", 3_600),
            ("7d", 604_800),
        ] {
            assert_eq!(parse_ttl(text), Ok(expected), "{text}");
        }
        for text in ["", "h", "0s", "31d", "-1h", "1w", "99999999999999999999d"] {
            assert!(parse_ttl(text).is_err(), "{text}");
        }
    }
}
