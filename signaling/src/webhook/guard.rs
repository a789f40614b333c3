//! Where a webhook may go. A host names the address, the server makes the connection: without a
//! guard any host could reach what only the server reaches, such as its neighbours' databases or
//! a cloud's metadata. Each address is judged after its name was resolved, in its plain form, and
//! the connection goes to the address that was judged.

use std::net::IpAddr;
use std::str::FromStr;

use reqwest::Url;

use crate::limits::webhooks::URL_CHARS_MAX;

/// A network in CIDR notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Net {
    address: IpAddr,
    bits: u8,
}

impl Net {
    const fn v4(a: u8, b: u8, c: u8, bits: u8) -> Net {
        let address = IpAddr::V4(std::net::Ipv4Addr::new(a, b, c, 0));
        Net { address, bits }
    }

    const fn v6(a: u16, b: u16, bits: u8) -> Net {
        let address = IpAddr::V6(std::net::Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0));
        Net { address, bits }
    }

    fn contains(&self, other: IpAddr) -> bool {
        let bits = u32::from(self.bits);
        match (self.address, other) {
            (IpAddr::V4(net), IpAddr::V4(other)) => {
                (net.to_bits() ^ other.to_bits()).leading_zeros() >= bits
            }
            (IpAddr::V6(net), IpAddr::V6(other)) => {
                (net.to_bits() ^ other.to_bits()).leading_zeros() >= bits
            }
            _ => false,
        }
    }
}

impl FromStr for Net {
    type Err = ();

    fn from_str(text: &str) -> Result<Net, ()> {
        let (address, bits) = text
            .split_once('/')
            .map_or((text, None), |(a, b)| (a, Some(b)));
        let address: IpAddr = address.parse().map_err(|_| ())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.parse().map_err(|_| ()))?;
        (bits <= most).then_some(Net { address, bits }).ok_or(())
    }
}

/// IANA's special-purpose IPv4 registry (RFC 6890 and after), multicast and class E.
const NOT_PUBLIC_V4: [Net; 15] = [
    Net::v4(0, 0, 0, 8),
    Net::v4(10, 0, 0, 8),
    Net::v4(100, 64, 0, 10),
    Net::v4(127, 0, 0, 8),
    Net::v4(169, 254, 0, 16),
    Net::v4(172, 16, 0, 12),
    Net::v4(192, 0, 0, 24),
    Net::v4(192, 0, 2, 24),
    Net::v4(192, 88, 99, 24),
    Net::v4(192, 168, 0, 16),
    Net::v4(198, 18, 0, 15),
    Net::v4(198, 51, 100, 24),
    Net::v4(203, 0, 113, 24),
    Net::v4(224, 0, 0, 4),
    Net::v4(240, 0, 0, 4),
];

/// All IPv6 addresses that are given out. Loopback, ULA, link-local, multicast and NAT64
/// (`64:ff9b::/96`) are outside.
const GLOBAL_V6: Net = Net::v6(0x2000, 0, 3);

/// Within it: protocol assignments with Teredo, documentation, 6to4, documentation again. Teredo
/// and 6to4 carry an IPv4 address that nobody has judged.
const NOT_PUBLIC_V6: [Net; 4] = [
    Net::v6(0x2001, 0, 23),
    Net::v6(0x2001, 0x0db8, 32),
    Net::v6(0x2002, 0, 16),
    Net::v6(0x3fff, 0, 20),
];

/// Why an address on the web is not taken as a webhook's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Not a URL.
    #[error("this is not an `https` URL of at most {URL_CHARS_MAX} characters")]
    Malformed,
    /// With a name or password in it.
    #[error("a URL with a user name or password is not taken; the signature says who we are")]
    Userinfo,
    /// Plain HTTP to a public address.
    #[error("use `https`: the body tells where buyers live")]
    Plain,
    /// An address that is not on the public internet.
    #[error("`{0}` is not a public address; the operator can allow networks by --webhook-allow")]
    Forbidden(IpAddr),
}

/// What the operator allows beside the public internet.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    allowed: Vec<Net>,
}

impl Guard {
    /// A guard that also lets into these networks.
    #[must_use]
    pub fn new(allowed: Vec<Net>) -> Guard {
        Guard { allowed }
    }

    /// Whether a connection may go there: public, or allowed. Mapped IPv4 is IPv4.
    #[must_use]
    pub fn admits(&self, address: IpAddr) -> bool {
        self.is_allowed(address) || is_public(address.to_canonical())
    }

    /// Whether the operator named the network; then plain HTTP will do.
    #[must_use]
    pub fn is_allowed(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.allowed.iter().any(|net| net.contains(address))
    }

    /// Reads a webhook's URL. What its name stands for is judged at each connection.
    ///
    /// # Errors
    /// See [`UrlError`].
    pub fn url(&self, text: &str) -> Result<Url, UrlError> {
        let url = Url::parse(text)
            .ok()
            .filter(|_| text.len() <= URL_CHARS_MAX);
        let url = url.ok_or(UrlError::Malformed)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlError::Userinfo);
        }
        match url.scheme() {
            "https" => {}
            "http" if !self.allowed.is_empty() => {}
            "http" => return Err(UrlError::Plain),
            _ => return Err(UrlError::Malformed),
        }
        match literal(&url) {
            Some(address) if !self.admits(address) => Err(UrlError::Forbidden(address)),
            Some(address) if url.scheme() == "http" && !self.is_allowed(address) => {
                Err(UrlError::Plain)
            }
            _ => Ok(url),
        }
    }
}

/// The address in a URL that names no host: no resolver sees it.
fn literal(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    bare.unwrap_or(host).parse().ok()
}

fn is_public(address: IpAddr) -> bool {
    let within = |nets: &[Net]| nets.iter().any(|net| net.contains(address));
    match address {
        IpAddr::V4(_) => !within(&NOT_PUBLIC_V4),
        IpAddr::V6(_) => GLOBAL_V6.contains(address) && !within(&NOT_PUBLIC_V6),
    }
}
