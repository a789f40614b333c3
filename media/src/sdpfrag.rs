//! Trickle fragments (RFC 8840): what a WHIP or WHEP client PATCHes. Credentials other than the
//! session's are a restart (RFC 9725 §4.3.3); candidates are taken note of and not used, for an
//! ICE-lite agent learns addresses from the peer's checks. rtc-sdp reads; the answer is short
//! enough to be written out.

use std::fmt::Write as _;
use std::io::Cursor;

use rtc_sdp::description::session::SessionDescription;

use crate::handle::{Kind, OfferError};
use crate::ice::Credentials;
use crate::limits::FRAGMENT_BYTES_MAX;
use crate::sdp::write_candidates;

/// What every SDP begins with and a fragment leaves out.
const PREAMBLE: &str = "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";

/// What a fragment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fragment {
    /// The peer's credentials; RFC 8840 §4.4 wants them, clients that leave them out mean the
    /// session's.
    pub credentials: Option<Credentials>,
}

impl Fragment {
    /// Reads a fragment: lines `a=` and `m=` only, with ICE attributes among them.
    pub(crate) fn parse(text: &str) -> Result<Fragment, OfferError> {
        if text.len() > FRAGMENT_BYTES_MAX {
            return Err(malformed(format!("longer than {FRAGMENT_BYTES_MAX} bytes")));
        }
        let mut sdp = PREAMBLE.to_owned();
        for line in text
            .lines()
            .map(str::trim_end)
            .filter(|line| !line.is_empty())
        {
            if !line.starts_with("a=") && !line.starts_with("m=") {
                let shown: String = line.chars().take(40).collect();
                return Err(malformed(format!(
                    "`{shown}` does not belong into a fragment"
                )));
            }
            sdp.push_str(line);
            sdp.push_str("\r\n");
        }
        let sdp = SessionDescription::unmarshal(&mut Cursor::new(sdp.as_bytes()))
            .map_err(|error| malformed(error.to_string()))?;
        let (ufrag, pwd) = (only(&sdp, "ice-ufrag")?, only(&sdp, "ice-pwd")?);
        let credentials = match (ufrag, pwd) {
            (Some(ufrag), Some(pwd)) => Some(
                Credentials::checked(ufrag, pwd)
                    .ok_or_else(|| malformed("ice-ufrag or ice-pwd is too short or long"))?,
            ),
            (None, None) => None,
            _ => return Err(malformed("ice-ufrag and ice-pwd belong together")),
        };
        if credentials.is_none() && !has(&sdp, "candidate") && !has(&sdp, "end-of-candidates") {
            return Err(malformed("neither candidates nor credentials"));
        }
        Ok(Fragment { credentials })
    }
}

/// The m-line that carries a bundle's ICE: the first one in use.
#[derive(Debug, Clone)]
pub(crate) struct Tagged<'a> {
    /// Its kind.
    pub kind: Kind,
    /// All bundled `a=mid`, its own first.
    pub mids: Vec<&'a str>,
}

/// Our side after a restart; `candidates` are those by UDP and those by TCP. ICE options are those of the answer (RFC 9725 §4.3.3).
pub(crate) fn restarted(
    local: &Credentials,
    candidates: [&[std::net::SocketAddr]; 2],
    tagged: &Tagged<'_>,
    options: &str,
) -> String {
    let kind = match tagged.kind {
        Kind::Audio => "audio",
        Kind::Video => "video",
    };
    let mut text = String::with_capacity(512);
    let (mids, mid) = (tagged.mids.join(" "), tagged.mids.first().unwrap_or(&"0"));
    // Writing to a String cannot fail. RFC 8840 §4.4: the m-line's format is of no meaning.
    let _ = write!(
        text,
        "a=ice-lite\r\na=ice-options:{options}\r\na=group:BUNDLE {mids}\r\n\
         m={kind} 9 RTP/AVP 0\r\na=mid:{mid}\r\na=ice-ufrag:{}\r\na=ice-pwd:{}\r\n",
        local.ufrag, local.pwd
    );
    write_candidates(&mut text, candidates[0], candidates[1]);
    text
}

/// The value of an attribute that may stand at session level and in m-sections, always the same.
fn only<'a>(sdp: &'a SessionDescription, key: &str) -> Result<Option<&'a str>, OfferError> {
    let media = sdp
        .media_descriptions
        .iter()
        .flat_map(|media| &media.attributes);
    let mut values = sdp
        .attributes
        .iter()
        .chain(media)
        .filter(|attribute| attribute.key == key)
        .map(|attribute| attribute.value.as_deref().unwrap_or_default());
    let first = values.next();
    if values.all(|value| Some(value) == first) {
        Ok(first)
    } else {
        Err(malformed(format!("`a={key}` twice, with different values")))
    }
}

fn has(sdp: &SessionDescription, key: &str) -> bool {
    let media = sdp
        .media_descriptions
        .iter()
        .flat_map(|media| &media.attributes);
    sdp.attributes
        .iter()
        .chain(media)
        .any(|attribute| attribute.key == key)
}

fn malformed(what: impl Into<String>) -> OfferError {
    OfferError::Malformed(what.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sdp::ICE_OPTIONS;

    const PWD: &str = "P2uYro0UCOQ4zxjKXaWCBui1";

    fn credentials(ufrag: &str) -> Credentials {
        Credentials::checked(ufrag, PWD).expect("well-formed")
    }

    #[test]
    fn fragments_of_the_rfc_and_of_browsers() {
        // RFC 9725 figure 5 has the credentials above the m-line, the WHEP draft below it.
        let above = format!(
            "a=ice-ufrag:EsAw\r\na=ice-pwd:{PWD}\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n\
             a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw\r\n\
             a=candidate:473322822 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active\r\n\
             a=candidate:1 1 udp 2122260223 0cd1a1ae.local 61764 typ host\r\na=end-of-candidates\r\n"
        );
        let below = format!(
            "a=ice-options:trickle ice2\na=group:BUNDLE 0 1\nm=audio 9 UDP/TLS/RTP/SAVPF 111\n\
             a=mid:0\na=ice-ufrag:EsAw\na=ice-pwd:{PWD}\n"
        );
        for text in [above, below] {
            let found = Fragment::parse(&text).expect("a fragment");
            assert_eq!(found.credentials, Some(credentials("EsAw")), "{text}");
        }
        let bare = Fragment::parse("m=audio 9 RTP/AVP 0\r\na=mid:0\r\na=end-of-candidates\r\n");
        assert_eq!(bare.expect("tolerated").credentials, None);
    }

    #[test]
    fn what_is_no_fragment_is_refused() {
        let two = format!("a=ice-ufrag:aaaa\r\na=ice-ufrag:bbbb\r\na=ice-pwd:{PWD}\r\n");
        let half = "a=ice-ufrag:aaaa\r\na=end-of-candidates\r\n".to_owned();
        let short = "a=ice-ufrag:aaaa\r\na=ice-pwd:short\r\n".to_owned();
        let long = "a=candidate:x\r\n".repeat(FRAGMENT_BYTES_MAX / 10);
        let junk = ["", "hello", "v=0\r\n", "a=mid:0\r\n", "\u{0}"].map(str::to_owned);
        for text in junk.into_iter().chain([two, half, short, long]) {
            let shown: String = text.chars().take(80).collect();
            assert!(
                matches!(Fragment::parse(&text), Err(OfferError::Malformed(_))),
                "{shown:?}"
            );
        }
    }

    fn answer(local: &Credentials) -> String {
        let tagged = Tagged {
            kind: Kind::Video,
            mids: vec!["0", "1"],
        };
        restarted(
            local,
            [&["192.0.2.2:5000".parse().expect("an address")], &[]],
            &tagged,
            ICE_OPTIONS,
        )
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "(([amv]=[a-z0-9 :;=~/-]{0,24})?\r?\n){0,12}\\PC{0,40}") {
            let _ = Fragment::parse(&text);
        }

        #[test]
        fn real_fragments_with_one_octet_changed_are_answered(at in 0usize..400, octet: u8) {
            let mut text = answer(&credentials("EsAw")).into_bytes();
            let at = at % text.len();
            text[at] = octet;
            let _ = Fragment::parse(&String::from_utf8_lossy(&text));
        }

        #[test]
        fn what_we_write_we_read(ufrag in "[A-Za-z0-9+/]{4,40}", pwd in "[A-Za-z0-9+/]{22,80}") {
            let local = Credentials::checked(&ufrag, &pwd).expect("well-formed");
            let found = Fragment::parse(&answer(&local)).expect("our own");
            prop_assert_eq!(found.credentials, Some(local));
        }
    }
}
