//! Raw settings (flags and environment) become a checked [`Config`]; all mistakes are reported
//! together, so that nobody fixes them one restart at a time.

mod database;
mod ice_server;
mod stripe;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use axum::http::HeaderName;

pub use database::Database;
pub use ice_server::IceServer;
pub use stripe::Stripe;

use crate::limits::analytics::DAYS_DEFAULT;
use crate::limits::{RATE_DEFAULT, WORKERS_MAX};
use crate::redacted::Redacted;
use crate::webhook::guard::Net;
use ice_server::check_ice_servers;

/// Where Stripe is.
const STRIPE_URL: &str = "https://api.stripe.com";

/// Settings of `vitrine serve` as given; every flag has an environment variable.
#[derive(Debug, Clone, clap::Args)]
pub struct RawConfig {
    /// Address and port for plain HTTP (port 0: any free one)
    #[arg(long, env = "VITRINE_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// Address and port for HTTPS, with --tls-self or certificate files
    #[arg(long, env = "VITRINE_LISTEN_TLS")]
    pub listen_tls: Option<String>,
    /// Data directory (database, key, local CA); default: the user's data directory
    #[arg(long, env = "VITRINE_DATA")]
    pub data: Option<PathBuf>,
    /// Database: a file, or postgres://USER:PASSWORD@HOST/NAME, which several servers may share;
    /// default: the file `vitrine.db` in the data directory
    #[arg(long, env = "VITRINE_DATABASE", hide_env_values = true)]
    pub database: Option<String>,
    /// Address browsers send media to, when it is not one of the host's own (NAT); repeatable
    #[arg(long, env = "VITRINE_PUBLIC_ADDRESS", value_delimiter = ',')]
    pub public_address: Vec<String>,
    /// First UDP port for media; each worker takes the next one (0: any free ones)
    #[arg(long, env = "VITRINE_MEDIA_PORT", default_value = "0")]
    pub media_port: String,
    /// TCP port for media, for networks that let no UDP through (0: any free one); default: none
    #[arg(long, env = "VITRINE_MEDIA_TCP_PORT")]
    pub media_tcp_port: Option<String>,
    /// Address the media sockets bind to
    #[arg(long, env = "VITRINE_MEDIA_BIND", default_value = "0.0.0.0")]
    pub media_bind: String,
    /// Media worker threads; default: one per core
    #[arg(long, env = "VITRINE_WORKERS")]
    pub workers: Option<String>,
    /// Redis for several processes, e.g. redis://127.0.0.1/
    #[arg(long, env = "VITRINE_REDIS")]
    pub redis: Option<String>,
    /// Certificate chain, PEM
    #[arg(long, env = "VITRINE_TLS_CERT")]
    pub tls_cert: Option<PathBuf>,
    /// Private key, PEM
    #[arg(long, env = "VITRINE_TLS_KEY")]
    pub tls_key: Option<PathBuf>,
    /// HTTPS with a local CA made on the first run; /trust shows how to trust it
    #[arg(long, env = "VITRINE_TLS_SELF")]
    pub tls_self: bool,
    /// Model directory; default: VITRINE_MODELS, else the cache directory
    #[arg(long)]
    pub models: Option<PathBuf>,
    /// Caption decode threads (0: captions off); default: half the cores
    #[arg(long, env = "VITRINE_CAPTION_THREADS")]
    pub caption_threads: Option<String>,
    /// Whisper file to use, by name, in the model directory's `whisper/`; default:
    /// VITRINE_WHISPER, else the standard one
    #[arg(long)]
    pub whisper: Option<String>,
    /// Server with LibreTranslate's interface for what no local model translates, such as
    /// http://127.0.0.1:5000: the words of shows are sent there
    #[arg(long, env = "VITRINE_TRANSLATOR_URL")]
    pub translator_url: Option<String>,
    /// Key for that server, if it wants one
    #[arg(long, env = "VITRINE_TRANSLATOR_KEY", hide_env_values = true)]
    pub translator_key: Option<String>,
    /// POSTs per second and address before 429 (0: no limit)
    #[arg(long, env = "VITRINE_RATE_LIMIT")]
    pub rate_limit: Option<String>,
    /// STUN or TURN server told to WHIP and WHEP clients: `stun:HOST[:PORT]` or
    /// `turn:USER:PASSWORD@HOST[:PORT][?transport=udp|tcp]`; repeatable, in the environment
    /// separated by spaces
    #[arg(long, env = "VITRINE_ICE_SERVER", value_delimiter = ' ')]
    pub ice_server: Vec<String>,
    /// Secret shared with the TURN servers given as `turn:HOST`: clients are told passwords made
    /// from it that are over in a few hours (coturn: `use-auth-secret`)
    #[arg(long, env = "VITRINE_TURN_SECRET", hide_env_values = true)]
    pub turn_secret: Option<String>,
    /// Network that webhooks may reach though it is not public, also by plain HTTP, e.g.
    /// 10.1.0.0/16; repeatable
    #[arg(long, env = "VITRINE_WEBHOOK_ALLOW", value_delimiter = ',')]
    pub webhook_allow: Vec<String>,
    /// Where this server is for its visitors, such as `https://shop.example`
    #[arg(long, env = "VITRINE_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Secret key of a Stripe account: orders are paid on its pages. Without, by invoice
    #[arg(long, env = "VITRINE_STRIPE_KEY", hide_env_values = true)]
    pub stripe_key: Option<String>,
    /// Secret of the endpoint for its events, /api/v1/payments/stripe
    #[arg(long, env = "VITRINE_STRIPE_WEBHOOK_SECRET", hide_env_values = true)]
    pub stripe_webhook_secret: Option<String>,
    /// Another service with Stripe's interface
    #[arg(long, env = "VITRINE_STRIPE_URL", default_value = STRIPE_URL)]
    pub stripe_url: String,
    /// Header in which a proxy of yours names the visitor's country, such as CF-IPCountry; default:
    /// none, all countries are unknown
    #[arg(long, env = "VITRINE_COUNTRY_HEADER")]
    pub country_header: Option<String>,
    /// Days for which counts of audiences are kept (0: nothing is counted); default: 90
    #[arg(long, env = "VITRINE_ANALYTICS_DAYS")]
    pub analytics_days: Option<String>,
    /// Take the client's address from X-Forwarded-For (only behind a proxy of yours)
    #[arg(long, env = "VITRINE_TRUST_PROXY")]
    pub trust_proxy: bool,
}

impl Default for RawConfig {
    fn default() -> Self {
        RawConfig {
            listen: "127.0.0.1:8080".into(),
            listen_tls: None,
            data: None,
            database: None,
            public_address: Vec::new(),
            media_port: "0".into(),
            media_tcp_port: None,
            media_bind: "0.0.0.0".into(),
            workers: None,
            redis: None,
            tls_cert: None,
            tls_key: None,
            tls_self: false,
            models: None,
            caption_threads: None,
            whisper: None,
            translator_url: None,
            translator_key: None,
            rate_limit: None,
            ice_server: Vec::new(),
            turn_secret: None,
            webhook_allow: Vec::new(),
            public_url: None,
            stripe_key: None,
            stripe_webhook_secret: None,
            stripe_url: STRIPE_URL.into(),
            country_header: None,
            analytics_days: None,
            trust_proxy: false,
        }
    }
}

/// Where the HTTPS certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// Files of the operator.
    Files {
        /// Chain, PEM.
        cert: PathBuf,
        /// Key, PEM.
        key: PathBuf,
    },
    /// The local CA in the data directory.
    LocalCa,
}

/// A translator outside this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translator {
    /// Where; it may hold a password.
    pub url: Redacted<reqwest::Url>,
    /// Its key.
    pub key: Option<Redacted<String>>,
}

/// Checked settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// Plain HTTP.
    pub listen: SocketAddr,
    /// HTTPS, and with which certificate.
    pub listen_tls: Option<(SocketAddr, Tls)>,
    /// Data directory.
    pub data: PathBuf,
    /// Shop, shows and transcripts.
    pub database: Database,
    /// Addresses for ICE candidates; empty: the host's own.
    pub public_addresses: Vec<IpAddr>,
    /// Media bind address.
    pub media_bind: IpAddr,
    /// First media port.
    pub media_port: u16,
    /// TCP port for media, if there is one.
    pub media_tcp_port: Option<u16>,
    /// Media workers.
    pub workers: usize,
    /// Redis URL.
    pub redis: Option<String>,
    /// Model directory.
    pub models: Option<PathBuf>,
    /// Caption threads; 0: off.
    pub caption_threads: usize,
    /// Whisper file by name.
    pub whisper: Option<String>,
    /// Translator outside.
    pub translator: Option<Translator>,
    /// POSTs per second and address; 0: no limit.
    pub rate_limit: u32,
    /// STUN and TURN servers for WHIP and WHEP clients.
    pub ice_servers: Vec<IceServer>,
    /// Networks that webhooks may reach though they are not public.
    pub webhook_allow: Vec<Net>,
    /// Where this server is for its visitors.
    pub public_url: Option<reqwest::Url>,
    /// Payments by Stripe; none: by invoice.
    pub stripe: Option<Stripe>,
    /// Header that names the visitor's country.
    pub country_header: Option<HeaderName>,
    /// Days for which counts of audiences are kept; 0: nothing is counted.
    pub analytics_days: u32,
    /// Whether X-Forwarded-For is believed.
    pub trust_proxy: bool,
    /// Whether this is the demo show (`vitrine demo` sets it; pages say so).
    pub demo: bool,
}

/// All that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigErrors(pub Vec<String>);

impl RawConfig {
    /// Checks everything.
    ///
    /// # Errors
    /// All mistakes at once.
    pub fn check(self) -> Result<Config, ConfigErrors> {
        let mut errors = Vec::new();
        let listen = parse(&mut errors, "--listen", &self.listen, "an address and port")
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)));
        let listen_tls = self.check_tls(listen, &mut errors);
        let public_addresses = self
            .public_address
            .iter()
            .filter_map(|text| parse(&mut errors, "--public-address", text, "an IP address"))
            .collect();
        let media_bind = parse(
            &mut errors,
            "--media-bind",
            &self.media_bind,
            "an IP address",
        );
        let media_port = parse(
            &mut errors,
            "--media-port",
            &self.media_port,
            "a port, 0 to 65535",
        );
        let media_tcp_port = self
            .media_tcp_port
            .as_deref()
            .and_then(|text| parse(&mut errors, "--media-tcp-port", text, "a port, 0 to 65535"));
        let (workers, caption_threads) = self.check_threads(&mut errors);
        let rate_limit = self
            .rate_limit
            .as_deref()
            .map_or(Some(RATE_DEFAULT), |text| {
                parse(&mut errors, "--rate-limit", text, "a number per second")
            });
        self.check_redis(&mut errors);
        let ice_servers =
            check_ice_servers(&self.ice_server, self.turn_secret.as_deref(), &mut errors);
        let webhook_allow = self.check_networks(&mut errors);
        let translator = self.check_translator(&mut errors);
        let (country_header, analytics_days) = self.check_analytics(&mut errors);
        let (public_url, stripe) = self.check_payments(&mut errors);
        let (data, database) = self.check_data(&mut errors);
        if !errors.is_empty() {
            return Err(ConfigErrors(errors));
        }
        let all = "every missing value left a mistake behind";
        Ok(Config {
            listen,
            listen_tls,
            data: data.expect(all),
            database: database.expect(all),
            public_addresses,
            media_bind: media_bind.expect(all),
            media_port: media_port.expect(all),
            media_tcp_port,
            workers: workers.expect(all),
            redis: self.redis,
            models: self.models,
            caption_threads: caption_threads.expect(all),
            whisper: self.whisper,
            translator,
            rate_limit: rate_limit.expect(all),
            ice_servers,
            webhook_allow,
            public_url,
            stripe,
            country_header,
            analytics_days,
            trust_proxy: self.trust_proxy,
            demo: false,
        })
    }

    fn check_redis(&self, errors: &mut Vec<String>) {
        if let Some(url) = &self.redis
            && redis::IntoConnectionInfo::into_connection_info(url.as_str()).is_err()
        {
            errors.push("--redis is not a Redis URL such as redis://127.0.0.1/".to_owned());
        }
    }

    fn check_data(&self, errors: &mut Vec<String>) -> (Option<PathBuf>, Option<Database>) {
        let data = self.data.clone().or_else(default_data_dir);
        if data.is_none() {
            errors.push("--data is needed: neither XDG_DATA_HOME nor HOME is set".to_owned());
        }
        let folder = || Some(data.clone().unwrap_or_default());
        let database = Database::of(self.database.as_deref(), folder);
        let database = database.map_err(|mistake| errors.push(mistake)).ok();
        (data, database)
    }

    fn check_analytics(&self, errors: &mut Vec<String>) -> (Option<HeaderName>, u32) {
        let header = self
            .country_header
            .as_deref()
            .filter(|name| !name.is_empty());
        let header = header.and_then(|name| parse(errors, "--country-header", name, "a header"));
        let days = self.analytics_days.as_deref();
        let days =
            days.and_then(|text| parse(errors, "--analytics-days", text, "a number of days"));
        (header, days.unwrap_or(DAYS_DEFAULT))
    }

    fn check_networks(&self, errors: &mut Vec<String>) -> Vec<Net> {
        let texts = self.webhook_allow.iter();
        let net = |text: &String| parse(errors, "--webhook-allow", text, "a network");
        texts.filter_map(net).collect()
    }

    fn check_translator(&self, errors: &mut Vec<String>) -> Option<Translator> {
        let key = self.translator_key.clone().filter(|key| !key.is_empty());
        let Some(text) = &self.translator_url else {
            if key.is_some() {
                errors.push("--translator-key needs --translator-url".to_owned());
            }
            return None;
        };
        let url = reqwest::Url::parse(text.trim()).ok();
        let url = url.filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
        if url.is_none() {
            // The text is not repeated: it may hold a password.
            errors.push("--translator-url is not a URL such as http://127.0.0.1:5000".to_owned());
        }
        Some(Translator {
            url: Redacted::new(url?),
            key: key.map(Redacted::new),
        })
    }

    fn check_threads(&self, errors: &mut Vec<String>) -> (Option<usize>, Option<usize>) {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut count = |flag, text: &Option<String>, default| match text {
            Some(text) => parse(errors, flag, text, "a number of threads"),
            None => Some(default),
        };
        let workers = count("--workers", &self.workers, cores.min(WORKERS_MAX));
        let captions = count(
            "--caption-threads",
            &self.caption_threads,
            (cores / 2).max(1),
        );
        if workers.is_some_and(|count| !(1..=WORKERS_MAX).contains(&count)) {
            errors.push(format!("--workers must be 1 to {WORKERS_MAX}"));
        }
        (workers, captions)
    }

    fn check_tls(&self, listen: SocketAddr, errors: &mut Vec<String>) -> Option<(SocketAddr, Tls)> {
        let tls = match (&self.tls_cert, &self.tls_key, self.tls_self) {
            (Some(cert), Some(key), false) => {
                for (flag, path) in [("--tls-cert", cert), ("--tls-key", key)] {
                    if !path.is_file() {
                        errors.push(format!("{flag}: there is no file `{}`", path.display()));
                    }
                }
                Some(Tls::Files {
                    cert: cert.clone(),
                    key: key.clone(),
                })
            }
            (None, None, true) => Some(Tls::LocalCa),
            (None, None, false) => None,
            (_, _, true) => {
                errors.push("--tls-self and certificate files exclude each other".to_owned());
                None
            }
            _ => {
                errors.push("--tls-cert and --tls-key belong together".to_owned());
                None
            }
        };
        match (&self.listen_tls, tls) {
            (Some(text), Some(tls)) => {
                parse(errors, "--listen-tls", text, "an address and port").map(|at| (at, tls))
            }
            (Some(_), None) => {
                errors
                    .push("--listen-tls needs --tls-self, or --tls-cert and --tls-key".to_owned());
                None
            }
            // Without a port of its own HTTPS takes the next one.
            (None, Some(tls)) => {
                let port = if listen.port() == 0 {
                    0
                } else {
                    listen.port().saturating_add(1)
                };
                Some((SocketAddr::new(listen.ip(), port), tls))
            }
            (None, None) => None,
        }
    }
}

/// The user's data directory: `$XDG_DATA_HOME/vitrine` or `~/.local/share/vitrine`.
#[must_use]
pub fn default_data_dir() -> Option<PathBuf> {
    let absolute = |name| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|dir| dir.is_absolute())
    };
    absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
        .map(|dir| dir.join("vitrine"))
}

fn parse<T: std::str::FromStr>(
    errors: &mut Vec<String>,
    flag: &str,
    text: &str,
    what: &str,
) -> Option<T> {
    let value = text.trim().parse().ok();
    if value.is_none() {
        errors.push(format!("{flag}: `{text}` is not {what}"));
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw() -> RawConfig {
        RawConfig {
            data: Some("/tmp/x".into()),
            ..RawConfig::default()
        }
    }

    #[test]
    fn all_mistakes_come_at_once() {
        let bad = RawConfig {
            listen: "8080".into(),
            media_port: "70000".into(),
            media_tcp_port: Some("-1".into()),
            workers: Some("0".into()),
            public_address: vec!["example".into(), "10.0.0.1".into()],
            redis: Some("http://x".into()),
            tls_cert: Some("/c.pem".into()),
            ..raw()
        };
        let ConfigErrors(errors) = bad.check().expect_err("seven mistakes");
        assert_eq!(errors.len(), 7, "{errors:?}");
    }

    #[test]
    fn a_translator_is_checked_and_its_secrets_are_not_printed() {
        let with = |url: Option<&str>, key: Option<&str>| {
            let raw = RawConfig {
                translator_url: url.map(str::to_owned),
                translator_key: key.map(str::to_owned),
                ..raw()
            };
            raw.check()
        };
        let config = with(Some("http://me:s3cret@mt.example:5000"), Some("k3y")).expect("good");
        let told = format!("{config:?}");
        assert!(!told.contains("s3cret") && !told.contains("k3y"), "{told}");
        for (url, key) in [
            (Some("mt.example:5000"), None),
            (Some("file:///etc/passwd"), None),
            (Some("http://"), None),
            (None, Some("k3y")),
        ] {
            let ConfigErrors(errors) = with(url, key).expect_err("a mistake");
            assert_eq!(errors.len(), 1, "{url:?} {errors:?}");
            assert!(!errors[0].contains("k3y"), "{errors:?}");
        }
    }

    #[test]
    fn https_takes_the_next_port_unless_told() {
        let config = RawConfig {
            tls_self: true,
            ..raw()
        }
        .check()
        .expect("good");
        let (address, tls) = config.listen_tls.expect("HTTPS is on");
        assert_eq!((address.port(), tls), (8081, Tls::LocalCa));
        let alone = RawConfig {
            listen_tls: Some("0.0.0.0:8443".into()),
            ..raw()
        };
        assert!(alone.check().is_err(), "a TLS port without a certificate");
    }
}
