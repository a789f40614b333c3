//! STUN and TURN servers that WHIP and WHEP clients are told of, as `Link` header values
//! (RFC 9725 §4.6).

use axum::http::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

use crate::limits::{ICE_SERVERS_MAX, TURN_CREDENTIAL_TTL_S};
use crate::redacted::Redacted;

/// One server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IceServer(Told);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Told {
    /// The `Link` that tells of it; a TURN server's has its password.
    Always(Redacted<HeaderValue>),
    /// A TURN server by its URL, and the secret shared with it: everybody gets a password that is
    /// over soon (draft-uberti-behave-turn-rest-00; coturn's `use-auth-secret`).
    ForNow(String, Redacted<String>),
}

impl IceServer {
    /// The `Link` for a client of this show. Show names are clean enough for headers.
    #[must_use]
    pub fn link(&self, show: &str, now_ms: u64) -> HeaderValue {
        match &self.0 {
            Told::Always(link) => link.reveal().clone(),
            Told::ForNow(url, secret) => {
                let name = format!("{}:{show}", now_ms / 1_000 + TURN_CREDENTIAL_TTL_S);
                let mac = Hmac::<Sha1>::new_from_slice(secret.reveal().as_bytes());
                let mut mac = mac.expect("HMAC takes keys of any length");
                mac.update(name.as_bytes());
                let password = STANDARD.encode(mac.finalize().into_bytes());
                let link = turn_link(url, &name, &password);
                HeaderValue::try_from(link)
                    .expect("checked at start, and names and base64 are ASCII")
            }
        }
    }
}

/// Reads all; mistakes are named without their passwords. `secret` is shared with those TURN
/// servers that have no user of their own.
pub(super) fn check_ice_servers(
    texts: &[String],
    secret: Option<&str>,
    errors: &mut Vec<String>,
) -> Vec<IceServer> {
    if texts.len() > ICE_SERVERS_MAX {
        errors.push(format!("--ice-server: at most {ICE_SERVERS_MAX}"));
    }
    let mut servers = Vec::new();
    for text in texts {
        match server(text.trim(), secret) {
            Ok(server) => servers.push(server),
            Err(what) => errors.push(format!("--ice-server: {what}")),
        }
    }
    let is_used = |server: &IceServer| matches!(server.0, Told::ForNow(..));
    if secret.is_some() && !servers.iter().any(is_used) {
        errors.push("--turn-secret: no --ice-server turn:HOST without a user to use it for".into());
    }
    servers
}

/// RFC 7064 and RFC 7065 know no user; here it stands before `@`, as in other URLs.
fn server(text: &str, secret: Option<&str>) -> Result<IceServer, String> {
    let (scheme, rest) = text
        .split_once(':')
        .filter(|(scheme, _)| matches!(*scheme, "stun" | "stuns" | "turn" | "turns"))
        .ok_or("a URL begins with stun:, stuns:, turn: or turns:")?;
    let (user, server) = match rest.rsplit_once('@') {
        Some((user, server)) => (Some(user), server),
        None => (None, rest),
    };
    let is_clean = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"' | '\\' | '/');
    if server.is_empty() || !server.chars().all(is_clean) {
        return Err(format!("`{server}` is no HOST[:PORT]"));
    }
    let url = format!("{scheme}:{server}");
    let link = match (scheme.starts_with("turn"), user) {
        (true, Some(user)) => {
            let (name, password) = user
                .split_once(':')
                .filter(|(name, password)| !name.is_empty() && !password.is_empty())
                .ok_or_else(|| format!("`{server}` needs USER:PASSWORD before the @"))?;
            turn_link(&url, name, password)
        }
        (true, None) => {
            let secret = secret.filter(|secret| !secret.is_empty()).ok_or_else(|| {
                format!("`{server}` needs USER:PASSWORD@ before it, or a --turn-secret")
            })?;
            let secret = Redacted::new(secret.to_owned());
            return Ok(IceServer(Told::ForNow(url, secret)));
        }
        (false, Some(_)) => return Err(format!("`{server}`: STUN knows no user")),
        (false, None) => format!("<{url}>; rel=\"ice-server\""),
    };
    let link = HeaderValue::try_from(link);
    let link = link.map_err(|_| format!("`{server}`: a header cannot carry this"))?;
    Ok(IceServer(Told::Always(Redacted::new(link))))
}

fn turn_link(url: &str, name: &str, password: &str) -> String {
    let (name, password) = (quoted(name), quoted(password));
    format!(
        "<{url}>; rel=\"ice-server\"; username={name}; credential={password}; \
         credential-type=\"password\""
    )
}

/// RFC 9110 §5.6.4.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_become_links() {
        for (text, expected) in [
            (
                "stun:stun.example.net",
                "<stun:stun.example.net>; rel=\"ice-server\"",
            ),
            (
                "turn:anna:p@ss\"w:rd@turn.example.net:3478?transport=udp",
                "<turn:turn.example.net:3478?transport=udp>; rel=\"ice-server\"; \
                 username=\"anna\"; credential=\"p@ss\\\"w:rd\"; credential-type=\"password\"",
            ),
        ] {
            assert_eq!(server(text, None).expect(text).link("lamp", 0), expected);
        }
    }

    #[test]
    fn mistakes_are_named_without_passwords() {
        let bad = [
            "https://stun.example.net",
            "stun:",
            "stun:a:b@stun.example.net",
            "turn:turn.example.net",
            "turn:hidden@turn.example.net",
            "turn:anna:hidden@host\r\nx: y",
        ];
        let mut errors = Vec::new();
        let texts = bad.map(str::to_owned);
        assert_eq!(check_ice_servers(&texts, None, &mut errors), []);
        assert_eq!(errors.len(), bad.len(), "{errors:?}");
        assert!(!errors.concat().contains("hidden"), "{errors:?}");
        let many = vec!["stun:a".to_owned(); ICE_SERVERS_MAX + 1];
        check_ice_servers(&many, None, &mut errors);
        assert_eq!(errors.len(), bad.len() + 1);
    }

    /// Against `openssl dgst -sha1 -hmac secret -binary | base64` of the name.
    #[test]
    fn a_shared_secret_makes_passwords_that_are_over_soon() {
        let mut errors = Vec::new();
        let texts = ["turns:turn.example.net:443?transport=tcp".to_owned()];
        let servers = check_ice_servers(&texts, Some("secret"), &mut errors);
        let name = format!("{}:lamp", 1_700_000_000 + TURN_CREDENTIAL_TTL_S);
        assert_eq!(
            servers[0].link("lamp", 1_700_000_000_999),
            format!(
                "<turns:turn.example.net:443?transport=tcp>; rel=\"ice-server\"; \
                 username=\"{name}\"; credential=\"eLsTHOFGww0nV21cMv2OmLcd3UM=\"; credential-type=\"password\""
            )
        );
        assert!(!format!("{servers:?}").contains("secret"));
        assert_eq!(errors, Vec::<String>::new());
        check_ice_servers(&["stun:a".to_owned()], Some("secret"), &mut errors);
        check_ice_servers(&texts, Some(""), &mut errors);
        assert_eq!(errors.len(), 3, "{errors:?}");
        assert!(errors[0].starts_with("--turn-secret: "), "{errors:?}");
    }
}
