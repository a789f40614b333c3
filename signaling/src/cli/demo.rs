//! `vitrine demo`: the server of `vitrine serve` with a demo show on air.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::auth::Grant;
use crate::clock::now_ms;
use crate::config::RawConfig;
use crate::demo::{self, Api, HOST_NAME, SHOW};
use crate::limits::TOKEN_TTL_S_MAX;
use crate::protocol::client::Role;
use crate::task::shutdown;
use crate::{app, telemetry};

use super::serve::announce;

/// Arguments of `vitrine demo`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Settings.
    #[command(flatten)]
    pub config: Box<RawConfig>,
}

/// Runs `vitrine demo`.
///
/// # Errors
/// When the settings are wrong or a part cannot start.
pub fn run(args: Args) -> anyhow::Result<()> {
    telemetry::start_logs();
    let mut config = args.config.check()?;
    config.demo = true;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let running = app::start(config).await?;
        announce(&running)?;
        let base = format!("http://{}", reachable(running.address()));
        let auth = running.state().auth.clone();
        let mint = move |grant: &Grant| auth.token(grant, now_ms());
        let visitor = Grant::new(
            SHOW,
            Role::Host,
            Some("Host".into()),
            now_ms(),
            TOKEN_TTL_S_MAX,
        );
        say_where(&base, &mint(&visitor))?;
        let host = Grant::new(SHOW, Role::Host, Some(HOST_NAME.into()), 0, 0);
        let api = Api::new(&base, move || {
            let exp = now_ms() / 1_000 + TOKEN_TTL_S_MAX;
            mint(&Grant {
                exp,
                ..host.clone()
            })
        });
        tokio::select! {
            result = demo::run(api) => result?,
            result = shutdown::signal() => result?,
        }
        running.stop().await;
        Ok(())
    })
}

/// For people, after the line for programs.
fn say_where(base: &str, token: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "watch   {base}/s/{SHOW}")?;
    writeln!(out, "host    {base}/host/{SHOW}#token={token}")?;
    out.flush()
}

/// A server bound to every address is reached on loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_reaches_a_server_bound_to_every_address() {
        let at = |text: &str| reachable(text.parse().expect("an address")).to_string();
        assert_eq!(at("0.0.0.0:8080"), "127.0.0.1:8080");
        assert_eq!(at("[::]:8080"), "[::1]:8080");
        assert_eq!(at("192.0.2.7:80"), "192.0.2.7:80");
    }
}
