//! Who is sent the server's flight: only who reads what is sent to the proven address.
//!
//! ICE has proven the address, but whoever forges it as the source of a hello is answered there too,
//! and a flight that answers another's hello ends most clients' handshakes (the signature in it
//! covers the hello's random). So a hello is answered by a HelloVerifyRequest alone (RFC 6347 §4.2.1)
//! until one brings the cookie. Two things differ from the RFC's sketch. The cookie belongs to the
//! association and not to the hello: then every question is the same datagram, a client that is
//! asked because of a forged hello answers well, and repeats are dropped as such. And the question
//! is sent before the hello too, right behind the answer to the check that lets the client begin:
//! it costs no round trip where the client is quick.

use std::time::Instant;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use dimpl::crypto::{HashAlgorithm, HmacProvider, aws_lc_rs as backend};
use dimpl::{CryptoError, Output};

/// Record, handshake message, version and cookie length before the cookie of a HelloVerifyRequest.
const QUESTION_HEAD: usize = 13 + 12 + 2 + 1;
/// The whole of it.
const QUESTION_LEN: usize = QUESTION_HEAD + 32;
/// Record, handshake message, version and random before the session id of a ClientHello.
const HELLO_HEAD: usize = 13 + 12 + 2 + 32;

/// A ClientHello without a cookie: the start that `dimpl` needs to expect one with.
const NOBODY: &[u8] = &[
    22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 54, // record
    1, 0, 0, 42, 0, 0, 0, 0, 0, 0, 0, 42, // handshake message
    254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, // DTLS 1.2, random
    0, 0, 0, 2, 0xc0, 0x2b, 1, 0, // no session, no cookie, one suite, no compression
];

/// The question an association asks until it is answered.
#[derive(Debug)]
pub(super) struct Question(Box<[u8; QUESTION_LEN]>);

impl Question {
    /// Readies an endpoint that asks for cookies: it has heard [`NOBODY`], and asked.
    pub(super) fn of(endpoint: &mut dimpl::Dtls, now: Instant) -> Result<Question, dimpl::Error> {
        endpoint.handle_timeout(now)?;
        endpoint.handle_packet(NOBODY)?;
        let mut buffer = [0; 2 * QUESTION_LEN];
        match endpoint.poll_output(&mut buffer) {
            Output::Packet(asked) if asked.len() == QUESTION_LEN => {
                let asked: [u8; QUESTION_LEN] = asked.try_into().expect("of this length");
                Ok(Question(Box::new(asked)))
            }
            _ => Err(dimpl::Error::ConnectionClosed),
        }
    }

    /// The datagram. It is shorter than the shortest hello.
    pub(super) fn datagram(&self) -> &[u8] {
        &*self.0
    }

    /// Whether this hello comes from who was asked.
    pub(super) fn is_answered_by(&self, hello: &Hello<'_>) -> bool {
        verify_slices_are_equal(hello.cookie, &self.0[QUESTION_HEAD..]).is_ok()
    }
}

/// The start of a ClientHello that comes first in its datagram.
pub(super) struct Hello<'a> {
    cookie: &'a [u8],
}

impl Hello<'_> {
    /// `None`: the datagram does not begin with it.
    pub(super) fn of(datagram: &[u8]) -> Option<Hello<'_>> {
        // Content type handshake, message type ClientHello, fragment offset 0 (RFC 6347 §4.2.2).
        let is_hello =
            matches!(datagram.first_chunk::<22>(), Some([22, .., 0, 0, 0]) if datagram[13] == 1);
        if !is_hello {
            return None;
        }
        let (session, rest) = datagram.get(HELLO_HEAD..)?.split_first()?;
        let (cookie, rest) = rest.get(usize::from(*session)..)?.split_first()?;
        let cookie = rest.get(..usize::from(*cookie))?;
        Some(Hello { cookie })
    }
}

/// `dimpl` makes a cookie of its secret (one per association) and the hello's random, by the one
/// use of HMAC-SHA-256 that has a name of its own. This leaves the random out.
#[derive(Debug)]
pub(super) struct Cookies;

impl HmacProvider for Cookies {
    fn hmac_sha256(&self, key: &[u8], data: &[u8]) -> Result<[u8; 32], CryptoError> {
        let mut cookie = [0; 32];
        // Both are 32 bytes; with anything else `dimpl` checks that this is HMAC at all.
        let data = if (key.len(), data.len()) == (32, 32) {
            &[]
        } else {
            data
        };
        self.hmac(HashAlgorithm::SHA256, key, data, &mut cookie)?;
        Ok(cookie)
    }

    fn hmac(
        &self,
        hash: HashAlgorithm,
        key: &[u8],
        data: &[u8],
        out: &mut [u8],
    ) -> Result<usize, CryptoError> {
        let hmac = backend::default_provider().hmac_provider;
        hmac.hmac(hash, key, data, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_is_read_whatever_comes() {
        assert!(Hello::of(NOBODY).is_some_and(|hello| hello.cookie.is_empty()));
        for len in 0..HELLO_HEAD + 2 {
            assert!(Hello::of(&NOBODY[..len]).is_none(), "{len} bytes");
        }
        for (at, byte) in [(0, 23), (13, 2), (21, 1), (HELLO_HEAD, 255)] {
            let mut other = NOBODY.to_vec();
            other[at] = byte;
            assert!(Hello::of(&other).is_none(), "{byte} at {at}");
        }
        let mut with = NOBODY[..HELLO_HEAD].to_vec();
        with.extend([2, 7, 7, 3, 1, 2, 3]);
        assert_eq!(Hello::of(&with).map(|hello| hello.cookie.len()), Some(3));
        with.pop();
        assert!(Hello::of(&with).is_none(), "cut");
    }
}
