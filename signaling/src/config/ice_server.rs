//! STUN and TURN servers that WHIP and WHEP clients are told of, as `Link` header values
//! (RFC 9725 §4.6).

use axum::http::HeaderValue;

use crate::limits::ICE_SERVERS_MAX;
use crate::redacted::Redacted;

/// One server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IceServer {
    /// The `Link` that tells of it; a TURN server's has its password.
    pub link: Redacted<HeaderValue>,
}

/// Reads all; mistakes are named without their passwords.
pub(super) fn check_ice_servers(texts: &[String], errors: &mut Vec<String>) -> Vec<IceServer> {
    if texts.len() > ICE_SERVERS_MAX {
        errors.push(format!("--ice-server: at most {ICE_SERVERS_MAX}"));
    }
    let mut servers = Vec::new();
    for text in texts {
        match link(text.trim()) {
            Ok(link) => servers.push(IceServer {
                link: Redacted::new(link),
            }),
            Err(what) => errors.push(format!("--ice-server: {what}")),
        }
    }
    servers
}

/// RFC 7064 and RFC 7065 know no user; here it stands before `@`, as in other URLs.
fn link(text: &str) -> Result<HeaderValue, String> {
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
    let mut link = format!("<{scheme}:{server}>; rel=\"ice-server\"");
    match (scheme.starts_with("turn"), user) {
        (true, Some(user)) => {
            let (name, password) = user
                .split_once(':')
                .filter(|(name, password)| !name.is_empty() && !password.is_empty())
                .ok_or_else(|| format!("`{server}` needs USER:PASSWORD before the @"))?;
            let (name, password) = (quoted(name), quoted(password));
            link +=
                &format!("; username={name}; credential={password}; credential-type=\"password\"");
        }
        (true, None) => return Err(format!("`{server}` needs USER:PASSWORD@ before it")),
        (false, Some(_)) => return Err(format!("`{server}`: STUN knows no user")),
        (false, None) => {}
    }
    HeaderValue::try_from(link).map_err(|_| format!("`{server}`: a header cannot carry this"))
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
            assert_eq!(link(text).expect(text), expected);
        }
    }

    #[test]
    fn mistakes_are_named_without_passwords() {
        let bad = [
            "https://stun.example.net",
            "stun:",
            "stun:a:b@stun.example.net",
            "turn:turn.example.net",
            "turn:secret@turn.example.net",
            "turn:anna:secret@host\r\nx: y",
        ];
        let mut errors = Vec::new();
        let texts = bad.map(str::to_owned);
        assert_eq!(check_ice_servers(&texts, &mut errors), []);
        assert_eq!(errors.len(), bad.len(), "{errors:?}");
        assert!(!errors.concat().contains("secret"), "{errors:?}");
        let many = vec!["stun:a".to_owned(); ICE_SERVERS_MAX + 1];
        check_ice_servers(&many, &mut errors);
        assert_eq!(errors.len(), bad.len() + 1);
    }
}
