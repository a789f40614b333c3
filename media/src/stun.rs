//! ICE-lite's half of STUN: who is asking (checked), and the answer. A request without valid
//! integrity gets no answer at all, so the server reflects nothing to forged addresses.

use std::net::SocketAddr;

use rtc_crypto::RTCCrypto;
use rtc_stun::attributes::{ATTR_MESSAGE_INTEGRITY, ATTR_USE_CANDIDATE, ATTR_USERNAME};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Message};
use rtc_stun::xoraddr::XorMappedAddress;

/// A local ufrag that names the worker which knows it: a TCP connection finds its worker by its
/// first request.
pub(crate) fn tag_ufrag(worker: usize, random: &str) -> String {
    format!("{worker:02x}{random}")
}

/// The worker a ufrag names, if it is one of ours.
pub(crate) fn worker_of_ufrag(ufrag: &str) -> Option<usize> {
    usize::from_str_radix(ufrag.get(..2)?, 16).ok()
}

/// A Binding request whose sender is not yet proven.
pub(crate) struct Request {
    message: Message,
    /// Our ufrag, from `USERNAME` = ours:theirs.
    ufrag: String,
}

impl Request {
    /// `None` for anything but a well-formed Binding request with a username.
    pub(crate) fn parse(datagram: &[u8]) -> Option<Request> {
        let mut message = Message::new();
        message.unmarshal_binary(datagram).ok()?;
        if message.typ != BINDING_REQUEST {
            return None;
        }
        let username = String::from_utf8(message.get(ATTR_USERNAME).ok()?).ok()?;
        let (ufrag, _) = username.split_once(':')?;
        let ufrag = ufrag.to_owned();
        Some(Request { message, ufrag })
    }

    pub(crate) fn ufrag(&self) -> &str {
        &self.ufrag
    }

    /// Checks MESSAGE-INTEGRITY with our password.
    pub(crate) fn verify(mut self, password: &str, crypto: &dyn RTCCrypto) -> Option<Verified> {
        MessageIntegrity::check(&mut self.message, password.as_bytes(), crypto).ok()?;
        // What follows MESSAGE-INTEGRITY is not authenticated (RFC 8489 §14.5).
        let mut authenticated = self.message.attributes.0.iter();
        let nominates = authenticated
            .by_ref()
            .take_while(|attribute| attribute.typ != ATTR_MESSAGE_INTEGRITY)
            .any(|attribute| attribute.typ == ATTR_USE_CANDIDATE);
        Some(Verified {
            message: self.message,
            nominates,
        })
    }
}

/// A Binding request from somebody who knows our password.
pub(crate) struct Verified {
    message: Message,
    /// The peer wants media on this path from now on.
    pub nominates: bool,
}

impl Verified {
    /// The success response, telling `source` its own address.
    pub(crate) fn answer(
        &self,
        source: SocketAddr,
        password: &str,
        crypto: &dyn RTCCrypto,
    ) -> Option<Vec<u8>> {
        let password = password.to_owned();
        let mut answer = Message::new();
        answer
            .build(&[
                Box::new(self.message.clone()),
                Box::new(BINDING_SUCCESS),
                Box::new(XorMappedAddress {
                    ip: source.ip(),
                    port: source.port(),
                }),
                Box::new(MessageIntegrity::new_short_term_integrity_with_provider(
                    password, crypto,
                )),
                Box::new(FINGERPRINT),
            ])
            .ok()?;
        Some(answer.raw)
    }
}
