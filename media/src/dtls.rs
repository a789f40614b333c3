//! The DTLS endpoint of one viewer, behind four verbs: `handle`, `handle_timeout`, `poll`,
//! `close`. Only this room names `dimpl`, so that the crate behind it can be replaced.

mod cookie;
mod key;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::digest;

use self::cookie::{Hello, Question};
use crate::flight::Flight;
use crate::limits::HANDSHAKE_MAX;
use crate::sdp::{Fingerprint, HashFunction};
use crate::srtp::{Keys, Profile};

/// Our certificate, made once per process, and how it is announced in SDP.
#[derive(Clone)]
pub(crate) struct Identity {
    endpoint: Arc<Endpoint>,
    /// SHA-256 as SDP writes it: upper-case hex pairs with colons.
    pub fingerprint: String,
}

/// What every association starts from.
struct Endpoint {
    certificate: dimpl::DtlsCertificate,
    config: Arc<dimpl::Config>,
}

impl Endpoint {
    fn start(&self, active: bool, now: Instant) -> dimpl::Dtls {
        let mut dtls = dimpl::Dtls::new_12(self.config.clone(), self.certificate.clone(), now);
        dtls.set_active(active);
        dtls
    }
}

/// The platform's crypto failed; without it there is no media plane.
#[derive(Debug, thiserror::Error)]
#[error("cannot make a DTLS certificate: {0}")]
pub(crate) struct IdentityError(String);

impl Identity {
    pub(crate) fn generate() -> Result<Identity, IdentityError> {
        let certificate = dimpl::certificate::generate_self_signed_certificate()
            .map_err(|error| IdentityError(error.to_string()))?;
        let config = dimpl::Config::builder()
            .with_crypto_provider(key::provider())
            .require_client_certificate(true)
            .flight_start_rto(Duration::from_secs(1))
            .use_server_cookie(true)
            // Its own repeats are beside ours, and those the peer's repeats ask for count too.
            .flight_retries(100)
            .handshake_timeout(HANDSHAKE_MAX)
            .build()
            .map_err(|error| IdentityError(error.to_string()))?;
        let hash = digest::digest(&digest::SHA256, &certificate.certificate);
        let fingerprint = crate::sdp::hex_pairs(hash.as_ref());
        let endpoint = Endpoint {
            certificate,
            config: Arc::new(config),
        };
        Ok(Identity {
            endpoint: Arc::new(endpoint),
            fingerprint,
        })
    }
}

/// What the endpoint wants done.
pub(crate) enum Output {
    /// A datagram for the peer.
    Transmit(Vec<u8>),
    /// Handshake done and the peer is who its SDP says. Sent once.
    Connected(Keys),
    /// The peer said goodbye.
    Closed,
    /// The peer broke the protocol, or its certificate is not the one announced.
    Failed(String),
    /// Nothing more now; call [`Dtls::handle_timeout`] at this instant.
    Timeout(Instant),
}

/// One viewer's DTLS 1.2 association. It knows no address: the viewer may move.
///
/// Until the handshake is done nothing that arrives is authenticated, and addresses can be forged:
/// no hello and no alert may end it. As a server we hear nobody who has not answered the
/// [`Question`], nonsense and alerts are passed over, and who never finishes is ended by time.
pub(crate) struct Dtls {
    inner: dimpl::Dtls,
    active: bool,
    /// What a server asks.
    question: Option<Question>,
    /// The peer has answered it; a server need not prove anything.
    proven: bool,
    /// Invariant: keys are handed out only after the certificate matched one of these.
    expected: Vec<Fingerprint>,
    verified: bool,
    failed: Option<String>,
    keys: Option<Keys>,
    connected: bool,
    now: Instant,
    flight: Flight<Vec<u8>>,
    again: VecDeque<Vec<u8>>,
}

/// A DTLS record of a handshake flight fits one MTU; dimpl asks for more if it does not.
const RECORD_BYTES: usize = 2_048;

impl Dtls {
    /// `active`: we are the client, because the peer's offer says `setup:passive`.
    pub(crate) fn new(
        identity: &Identity,
        expected: Vec<Fingerprint>,
        active: bool,
        now: Instant,
    ) -> Dtls {
        let mut inner = identity.endpoint.start(active, now);
        let asked = match active {
            true => Ok(None),
            false => Question::of(&mut inner, now).map(Some),
        };
        let (question, failed) = match asked {
            Ok(question) => (question, None),
            Err(error) => (None, Some(error.to_string())),
        };
        Dtls {
            inner,
            active,
            question,
            proven: active,
            expected,
            verified: false,
            failed,
            keys: None,
            connected: false,
            now,
            flight: Flight::new(now),
            again: VecDeque::new(),
        }
    }

    /// ICE has proven the peer's address: the client's first flight, or the server's question.
    pub(crate) fn begin(&mut self, now: Instant) {
        self.handle_timeout(now);
        self.ask();
    }

    fn ask(&mut self) {
        let question = self.question.as_ref().filter(|_| !self.proven);
        let question = question.map(|question| question.datagram().to_vec());
        self.again.extend(question);
    }

    /// Takes one datagram that came from an address ICE has validated.
    pub(crate) fn handle(&mut self, now: Instant, datagram: &[u8]) {
        self.now = now;
        let was_proven = self.proven;
        if !self.is_heard(datagram) {
            return;
        }
        self.flight.heard();
        let result = match was_proven {
            true => self.inner.handle_timeout(now),
            // First comes what the endpoint waits for: it would ask again itself.
            false => Ok(()),
        };
        let result = result.and_then(|()| self.inner.handle_packet(datagram));
        let Err(error) = result.and_then(|()| self.inner.handle_timeout(now)) else {
            return;
        };
        if self.connected && !matches!(error, dimpl::Error::ReceiveQueueFull) {
            // Only what the peer has authenticated comes so far.
            self.failed.get_or_insert(error.to_string());
        } else {
            tracing::debug!(%error, "DTLS datagram passed over");
        }
    }

    /// Whether the endpoint is to see a datagram: as a server, a hello with the cookie, and
    /// thereafter all but other hellos.
    fn is_heard(&mut self, datagram: &[u8]) -> bool {
        let Some(question) = &self.question else {
            return true;
        };
        match Hello::of(datagram) {
            Some(hello) if question.is_answered_by(&hello) => {
                self.proven = true;
                true
            }
            Some(_) => {
                self.ask();
                false
            }
            None => self.proven,
        }
    }

    /// Advances time: the client's first flight and retransmissions.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.now = now;
        self.again.extend(self.flight.take_due(now));
        if !self.proven {
            return;
        }
        if let Err(error) = self.inner.handle_timeout(now) {
            self.failed.get_or_insert(error.to_string());
        }
    }

    /// The peer has sent what only our last flight made possible.
    pub(crate) fn confirm(&mut self) {
        self.flight.stop();
    }

    /// Says goodbye; drain [`Dtls::poll`] afterwards.
    pub(crate) fn close(&mut self) {
        // An error here means there is nobody to say goodbye to.
        let _ = self.inner.close();
    }

    pub(crate) fn poll(&mut self) -> Output {
        if let Some(why) = &self.failed {
            return Output::Failed(why.clone());
        }
        if let Some(record) = self.again.pop_front() {
            return Output::Transmit(record);
        }
        if !self.proven {
            // A question is repeated for a repeated hello only (RFC 6347 §4.2.1).
            return Output::Timeout(self.now + HANDSHAKE_MAX);
        }
        let mut buffer = vec![0; RECORD_BYTES];
        loop {
            match self.inner.poll_output(&mut buffer) {
                dimpl::Output::Packet(record) => {
                    self.flight.sent(self.now, record, record.to_vec());
                    return Output::Transmit(record.to_vec());
                }
                dimpl::Output::BufferTooSmall { needed } => buffer.resize(needed, 0),
                dimpl::Output::PeerCert(der) => {
                    self.verified = self
                        .expected
                        .iter()
                        .any(|fingerprint| matches(fingerprint, der));
                    if !self.verified {
                        return self
                            .fail("certificate does not match the fingerprint in the offer");
                    }
                }
                dimpl::Output::KeyingMaterial(material, profile) => {
                    match split(&material, profile, self.active) {
                        Some(keys) => self.keys = Some(keys),
                        None => return self.fail("unknown SRTP profile"),
                    }
                }
                dimpl::Output::Connected => {
                    self.connected = true;
                    if self.active {
                        // The server's last flight answers ours.
                        self.flight.stop();
                    } else {
                        self.flight.ends();
                    }
                }
                dimpl::Output::CloseNotify => return Output::Closed,
                dimpl::Output::Timeout(at) => {
                    let at = self.flight.due().map_or(at, |due| at.min(due));
                    if !self.connected {
                        return Output::Timeout(at);
                    }
                    if !self.verified {
                        return self.fail("peer sent no certificate");
                    }
                    return match self.keys.take() {
                        Some(keys) => Output::Connected(keys),
                        None => Output::Timeout(at),
                    };
                }
                _ => {}
            }
        }
    }

    fn fail(&mut self, why: &str) -> Output {
        self.failed = Some(why.to_owned());
        Output::Failed(why.to_owned())
    }
}

fn matches(expected: &Fingerprint, der: &[u8]) -> bool {
    let algorithm = match expected.hash {
        HashFunction::Sha256 => &digest::SHA256,
        HashFunction::Sha384 => &digest::SHA384,
        HashFunction::Sha512 => &digest::SHA512,
    };
    digest::digest(algorithm, der).as_ref() == expected.value.as_slice()
}

/// RFC 5764 §4.2: client key, server key, client salt, server salt.
fn split(material: &[u8], profile: dimpl::SrtpProfile, active: bool) -> Option<Keys> {
    let profile = match profile {
        dimpl::SrtpProfile::AEAD_AES_128_GCM => Profile::Aes128Gcm,
        dimpl::SrtpProfile::AEAD_AES_256_GCM => Profile::Aes256Gcm,
        dimpl::SrtpProfile::AES128_CM_SHA1_80 => Profile::Aes128CmSha1,
        _ => return None,
    };
    let (key_len, salt_len) = (profile.key_len(), profile.salt_len());
    let (client_key, rest) = material.split_at_checked(key_len)?;
    let (server_key, rest) = rest.split_at_checked(key_len)?;
    let (client_salt, rest) = rest.split_at_checked(salt_len)?;
    let server_salt = rest.get(..salt_len)?;
    let client = (client_key.to_vec(), client_salt.to_vec());
    let server = (server_key.to_vec(), server_salt.to_vec());
    let (local, remote) = if active {
        (client, server)
    } else {
        (server, client)
    };
    Some(Keys {
        profile,
        local_key: local.0,
        local_salt: local.1,
        remote_key: remote.0,
        remote_salt: remote.1,
    })
}
