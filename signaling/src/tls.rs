//! HTTPS: certificate files of the operator, or a local CA made on the first run, because a
//! phone gives a page its camera only over HTTPS. The CA stays, leaves are made at each start
//! for the names and addresses this machine has then.

use std::fs;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use axum_server::tls_rustls::RustlsConfig;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use time::{Duration, OffsetDateTime};

use crate::config::Tls;

/// Browsers refuse leaves that live longer than this (Apple: 825 days for own CAs).
const LEAF_DAYS: i64 = 397;
const CA_DAYS: i64 = 3_650;

/// A server's TLS, and the CA to be trusted when it is ours.
pub struct ServerTls {
    /// For the listener.
    pub config: RustlsConfig,
    /// The local CA's certificate, PEM.
    pub ca_pem: Option<String>,
}

/// Reads or makes what HTTPS needs.
///
/// # Errors
/// When files cannot be read, written or understood.
pub async fn open(
    tls: &Tls,
    data: &Path,
    public: &[IpAddr],
    now_ms: u64,
) -> anyhow::Result<ServerTls> {
    // A second start in one process finds it installed.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match tls {
        Tls::Files { cert, key } => {
            let config = RustlsConfig::from_pem_file(cert, key)
                .await
                .with_context(|| {
                    format!(
                        "cannot use certificate `{}` and `{}`",
                        cert.display(),
                        key.display()
                    )
                })?;
            Ok(ServerTls {
                config,
                ca_pem: None,
            })
        }
        Tls::LocalCa => {
            let ca = LocalCa::open(&data.join("ca"), now_ms).context("local CA")?;
            let (chain, key) = ca
                .leaf(&names(public), now_ms)
                .context("local certificate")?;
            let config = RustlsConfig::from_pem(chain.into_bytes(), key.into_bytes()).await?;
            Ok(ServerTls {
                config,
                ca_pem: Some(ca.pem),
            })
        }
    }
}

struct LocalCa {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl LocalCa {
    fn open(dir: &Path, now_ms: u64) -> anyhow::Result<LocalCa> {
        let (key_path, cert_path) = (dir.join("ca.key"), dir.join("ca.crt"));
        if cert_path.exists() {
            let key = KeyPair::from_pem(&fs::read_to_string(&key_path)?)?;
            let pem = fs::read_to_string(&cert_path)?;
            // An issuer's name and key are all that a leaf takes from it; both are as on disk.
            return Ok(LocalCa {
                issuer: Issuer::new(ca_params(now_ms), key),
                pem,
            });
        }
        fs::create_dir_all(dir)?;
        let key = KeyPair::generate()?;
        let params = ca_params(now_ms);
        let cert: Certificate = params.self_signed(&key)?;
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&key_path)?;
        file.write_all(key.serialize_pem().as_bytes())?;
        file.sync_all()?;
        let pem = cert.pem();
        fs::write(&cert_path, &pem)?;
        Ok(LocalCa {
            issuer: Issuer::new(params, key),
            pem,
        })
    }

    /// Chain and key, PEM.
    fn leaf(&self, names: &[String], now_ms: u64) -> anyhow::Result<(String, String)> {
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name = name("Vitrine");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        (params.not_before, params.not_after) = validity(now_ms, LEAF_DAYS);
        let key = KeyPair::generate()?;
        let leaf = params.signed_by(&key, &self.issuer)?;
        Ok((leaf.pem() + &self.pem, key.serialize_pem()))
    }
}

fn ca_params(now_ms: u64) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = name("Vitrine local CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (params.not_before, params.not_after) = validity(now_ms, CA_DAYS);
    params
}

fn name(text: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, text);
    name
}

/// From yesterday, for clocks that are behind.
fn validity(now_ms: u64, days: i64) -> (OffsetDateTime, OffsetDateTime) {
    let now_s = i64::try_from(now_ms / 1_000).unwrap_or(i64::MAX);
    let now = OffsetDateTime::from_unix_timestamp(now_s).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    (now - Duration::days(1), now + Duration::days(days))
}

/// Names and addresses this machine is reached by.
fn names(public: &[IpAddr]) -> Vec<String> {
    let mut names = vec!["localhost".to_owned()];
    if let Ok(host) = fs::read_to_string("/etc/hostname") {
        let host = host.trim();
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        if !host.is_empty() && host.chars().all(is_name) {
            names.extend([host.to_owned(), format!("{host}.local")]);
        }
    }
    let loopback = [
        IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::LOCALHOST),
    ];
    let addresses = loopback
        .into_iter()
        .chain(lan_addresses())
        .chain(public.iter().copied());
    for address in addresses.map(|address| address.to_string()) {
        if !names.contains(&address) {
            names.push(address);
        }
    }
    names
}

/// Addresses other machines reach this one by: those it would send from. Connecting a UDP socket
/// chooses the route and sends nothing.
#[must_use]
pub fn lan_addresses() -> Vec<IpAddr> {
    let towards: [(SocketAddr, SocketAddr); 2] = [
        (
            SocketAddr::from(([0, 0, 0, 0], 0)),
            SocketAddr::from(([192, 0, 2, 1], 9)),
        ),
        (
            SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
            SocketAddr::from((Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), 9)),
        ),
    ];
    let from = |(bind, to): (SocketAddr, SocketAddr)| {
        let socket = UdpSocket::bind(bind).ok()?;
        socket.connect(to).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    towards
        .into_iter()
        .filter_map(from)
        .filter(|address| !address.is_loopback())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_800_000_000_000;

    #[test]
    fn the_ca_is_made_once_and_signs_after_a_restart() {
        use std::os::unix::fs::PermissionsExt as _;
        let data = tempfile::tempdir().expect("a temporary folder");
        let first = LocalCa::open(data.path(), NOW_MS).expect("made");
        let again = LocalCa::open(data.path(), NOW_MS + 86_400_000).expect("read");
        assert_eq!(first.pem, again.pem);
        let names = ["localhost".to_owned(), "192.0.2.7".to_owned()];
        let (chain, key) = again.leaf(&names, NOW_MS).expect("signed");
        assert_eq!(chain.matches("BEGIN CERTIFICATE").count(), 2);
        assert!(key.contains("PRIVATE KEY"));
        let mode = fs::metadata(data.path().join("ca.key"))
            .expect("there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
