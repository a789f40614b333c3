//! ICE credentials and their exchange in mid-session (RFC 8445 §9, "ICE restart"). The server is
//! ICE-lite: it never checks, so a restart is nothing but a new pair of credentials. The ones
//! before stay good until the peer has proven, by a check, that it has the new ones: a restart
//! whose answer gets lost ends no session (RFC 9725 §4.3.3).

use rand::RngExt;

use crate::stun::tag_ufrag;

/// RFC 8839 §5.4: at least 4 characters; after the worker's number come 48 bits, and the demux tells connections apart
/// by them.
const UFRAG_LEN: usize = 8;

/// RFC 8839 §5.4: at least 22 characters; these are 144 bits.
const PWD_LEN: usize = 24;

/// One side's user fragment and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    /// User fragment.
    pub ufrag: String,
    /// Password.
    pub pwd: String,
}

impl Credentials {
    /// Those of a peer; `None` when RFC 8839 §5.4 does not allow them.
    pub(crate) fn checked(ufrag: &str, pwd: &str) -> Option<Credentials> {
        let is_good = |text: &str, least| {
            (least..=256).contains(&text.len()) && text.bytes().all(is_ice_char)
        };
        (is_good(ufrag, 4) && is_good(pwd, 22)).then(|| Credentials {
            ufrag: ufrag.to_owned(),
            pwd: pwd.to_owned(),
        })
    }

    /// Fresh ones of a worker of ours. A TCP connection finds it by its number in the ufrag.
    pub(crate) fn random(worker: usize) -> Credentials {
        Credentials {
            ufrag: tag_ufrag(worker, &random_text(UFRAG_LEN)),
            pwd: random_text(PWD_LEN),
        }
    }
}

/// Letters, digits, `+`, `/`; some clients (FFmpeg, LiveKit) also use `-` and `_`.
fn is_ice_char(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/' | b'-' | b'_')
}

fn random_text(len: usize) -> String {
    const ICE_CHARS: &[u8; 64] =
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut rng = rand::rng();
    (0..len)
        .map(|_| char::from(ICE_CHARS[rng.random_range(0..64)]))
        .collect()
}

/// Both sides' credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pair {
    /// Ours.
    pub local: Credentials,
    /// The peer's.
    pub remote: Credentials,
}

/// What a connection goes by, now and after a restart under way.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    now: Pair,
    next: Option<Pair>,
    /// Restarts so far: names the ICE session in entity tags.
    restarts: u32,
}

impl Session {
    pub(crate) fn new(local: Credentials, remote: Credentials) -> Session {
        Session {
            now: Pair { local, remote },
            next: None,
            restarts: 0,
        }
    }

    /// Whether a peer with these credentials asks for a restart.
    pub(crate) fn is_news(&self, remote: &Credentials) -> bool {
        self.next.as_ref().unwrap_or(&self.now).remote != *remote
    }

    /// Begins a restart, in place of one under way. Returns our new credentials' number and the
    /// ufrag nobody will use any more.
    pub(crate) fn restart(&mut self, next: Pair) -> (u32, Option<String>) {
        self.restarts += 1;
        let given_up = self.next.replace(next);
        (self.restarts, given_up.map(|pair| pair.local.ufrag))
    }

    /// A check with valid integrity named `ufrag`: the first with the new one completes the
    /// restart. Returns the pair in force and the ufrag it replaces.
    pub(crate) fn confirm(&mut self, ufrag: &str) -> Option<(&Pair, String)> {
        let next = self.next.take_if(|next| next.local.ufrag == ufrag)?;
        let old = std::mem::replace(&mut self.now, next);
        Some((&self.now, old.local.ufrag))
    }

    /// Our ufrag and password in force.
    pub(crate) fn local(&self) -> (&str, &str) {
        (&self.now.local.ufrag, &self.now.local.pwd)
    }

    /// Every ufrag of ours that a check may name.
    pub(crate) fn ufrags(&self) -> impl Iterator<Item = &str> {
        let pairs = std::iter::once(&self.now).chain(&self.next);
        pairs.map(|pair| pair.local.ufrag.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(n: u8) -> Pair {
        let side = |name: &str| Credentials {
            ufrag: format!("{name}{n}"),
            pwd: "p".repeat(22),
        };
        Pair {
            local: side("ours"),
            remote: side("theirs"),
        }
    }

    #[test]
    fn the_old_credentials_hold_until_the_new_ones_are_used() {
        let first = pair(0);
        let mut session = Session::new(first.local.clone(), first.remote.clone());
        assert!(!session.is_news(&first.remote) && session.is_news(&pair(1).remote));
        assert_eq!(session.restart(pair(1)), (1, None));
        assert!(
            !session.is_news(&pair(1).remote),
            "the same again is no second restart"
        );
        assert_eq!(session.ufrags().collect::<Vec<_>>(), ["ours0", "ours1"]);
        assert_eq!(session.confirm("ours0"), None);
        assert_eq!(session.restart(pair(2)), (2, Some("ours1".into())));
        assert_eq!(session.confirm("ours1"), None, "given up");
        assert_eq!(session.confirm("ours2"), Some((&pair(2), "ours0".into())));
        assert_eq!(session.ufrags().collect::<Vec<_>>(), ["ours2"]);
        assert_eq!(session.confirm("ours2"), None, "once");
    }

    #[test]
    fn credentials_are_as_the_grammar_allows() {
        let fresh = Credentials::random(0);
        assert_eq!(Credentials::checked(&fresh.ufrag, &fresh.pwd), Some(fresh));
        let pwd = "p".repeat(22);
        for (ufrag, pwd) in [
            ("abc", &*pwd),
            ("abcd", &pwd[1..]),
            ("ab d", &pwd),
            ("a\u{e9}cd", &pwd),
        ] {
            assert_eq!(Credentials::checked(ufrag, pwd), None, "{ufrag:?} {pwd:?}");
        }
    }
}
