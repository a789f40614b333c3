//! A peer without a socket, in virtual time: ICE checks, DTLS and SRTP of its own, and what it
//! received. The far end of tests that need a whole connection and a network that misbehaves.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use rtc_crypto::RTCCryptoProvider;
use rtc_srtp::context::Context;
use rtc_srtp::protection_profile::ProtectionProfile;
use rtc_stun::attributes::{ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Message, MessageType, TransactionId};

use crate::demux::Content;
use crate::dtls::{Dtls, Identity, Output};
use crate::sdp::{Fingerprint, HashFunction};
use crate::srtp::{Keys, Profile, Sealer, Srtcp, TAG_LEN_MAX};

/// What a caller wants to do with the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Watch one video track.
    View,
    /// Publish one video track with SSRC [`Caller::SSRC`].
    Publish,
}

/// The peer.
pub(crate) struct Caller {
    /// Where it is now; tests move it.
    pub address: SocketAddr,
    /// DTLS is up at its end.
    pub connected: bool,
    /// It gave up or was sent away.
    pub ended: bool,
    /// STUN success responses received.
    pub answers: usize,
    /// Media packets received and authenticated, in the clear.
    pub media: Vec<Vec<u8>>,
    /// RTCP compounds received and authenticated, in the clear.
    pub reports: Vec<Vec<u8>>,
    /// Datagrams that did not authenticate.
    pub forged: usize,
    wish: Wish,
    passive: bool,
    reporting: bool,
    crypto: Arc<dyn RTCCryptoProvider>,
    identity: Identity,
    /// The fingerprint in its offer.
    announced: String,
    answer: String,
    remote: Option<Remote>,
    deadline: Option<Instant>,
    keys: Option<Session>,
    outbox: Vec<Vec<u8>>,
    next_seq: u64,
}

struct Remote {
    username: String,
    password: String,
    dtls: Dtls,
}

struct Session {
    sealer: Sealer,
    opener: Context,
    srtcp: Srtcp,
}

impl Caller {
    /// Of what it publishes.
    pub(crate) const SSRC: u32 = 0x5eed;

    pub(crate) fn new(wish: Wish, address: SocketAddr) -> Caller {
        let identity = Identity::generate().unwrap();
        Caller {
            address,
            connected: false,
            ended: false,
            answers: 0,
            media: Vec::new(),
            reports: Vec::new(),
            forged: 0,
            wish,
            passive: false,
            reporting: false,
            crypto: rtc_crypto::default_provider().unwrap(),
            announced: identity.fingerprint.clone(),
            identity,
            answer: String::new(),
            remote: None,
            deadline: None,
            keys: None,
            outbox: Vec::new(),
            next_seq: 1,
        }
    }

    /// It waits for the server's ClientHello, as FFmpeg does.
    pub(crate) fn passive(mut self) -> Caller {
        self.passive = true;
        self
    }

    /// It shows another certificate than its offer announces.
    pub(crate) fn impostor(mut self) -> Caller {
        self.identity = Identity::generate().unwrap();
        self
    }

    /// It offers transport-wide feedback, with header extension id 3.
    pub(crate) fn reporting(mut self) -> Caller {
        self.reporting = true;
        self
    }

    pub(crate) fn offer(&self) -> String {
        let feedback = match self.reporting {
            true => {
                "a=extmap:3 http://www.ietf.org/id/\
                 draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n\
                 a=rtcp-fb:96 transport-cc\r\n"
            }
            false => "",
        };
        let (direction, stream) = match self.wish {
            Wish::View => ("recvonly", String::new()),
            Wish::Publish => ("sendonly", format!("a=ssrc:{} cname:x\r\n", Caller::SSRC)),
        };
        let setup = if self.passive { "passive" } else { "actpass" };
        format!(
            "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
             m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n\
             a=ice-ufrag:callerfrag\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n\
             a=fingerprint:sha-256 {}\r\na=setup:{setup}\r\na=rtcp-mux\r\na=mid:0\r\n\
             a={direction}\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\n\
             a=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n{feedback}{stream}",
            self.announced
        )
    }

    pub(crate) fn accept(&mut self, now: Instant, answer: &str) {
        let value = |key: &str| {
            let line = answer.lines().find_map(|line| line.strip_prefix(key));
            line.unwrap_or_else(|| panic!("no {key} in {answer}"))
        };
        let hex = value("a=fingerprint:sha-256 ");
        let fingerprint = Fingerprint {
            hash: HashFunction::Sha256,
            value: hex
                .split(':')
                .map(|pair| u8::from_str_radix(pair, 16).unwrap())
                .collect(),
        };
        self.answer = answer.to_owned();
        self.remote = Some(Remote {
            username: format!("{}:callerfrag", value("a=ice-ufrag:")),
            password: value("a=ice-pwd:").to_owned(),
            dtls: Dtls::new(&self.identity, vec![fingerprint], !self.passive, now),
        });
    }

    /// Goes by other credentials from now on: its own ufrag and what the server's fragment says.
    pub(crate) fn restarted(&mut self, ufrag: &str, fragment: &str) {
        let value = |key: &str| {
            let line = fragment.lines().find_map(|line| line.strip_prefix(key));
            line.unwrap_or_else(|| panic!("no {key} in {fragment}"))
        };
        let remote = self.remote.as_mut().expect("the answer came");
        remote.username = format!("{}:{ufrag}", value("a=ice-ufrag:"));
        value("a=ice-pwd:").clone_into(&mut remote.password);
    }

    /// The server's answer.
    pub(crate) fn answer(&self) -> &str {
        &self.answer
    }

    /// A Binding request as a controlling agent sends it.
    pub(crate) fn check(&self, nominate: bool) -> Vec<u8> {
        let remote = self.remote.as_ref().expect("the answer came");
        check(&remote.username, &remote.password, nominate, &*self.crypto)
    }

    /// The ufrag it reaches the server by.
    /// The server's password, which only its answer tells.
    pub(crate) fn server_password(&self) -> &str {
        let remote = self.remote.as_ref();
        &remote.expect("the answer was taken").password
    }

    pub(crate) fn server_ufrag(&self) -> &str {
        let username = &self.remote.as_ref().unwrap().username;
        username.split(':').next().unwrap()
    }

    /// Sends its ClientHello when it is the client, and whatever else is due.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if let Some(remote) = &mut self.remote {
            remote.dtls.handle_timeout(now);
            self.drain();
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
            .filter(|_| self.answers > 0 && !self.connected && !self.ended)
    }

    pub(crate) fn handle(&mut self, now: Instant, datagram: &[u8]) {
        match Content::of(datagram) {
            Some(Content::Stun) => self.handle_answer(datagram),
            Some(Content::Dtls) => {
                self.remote.as_mut().unwrap().dtls.handle(now, datagram);
                self.drain();
            }
            Some(content) => {
                // The server's last flight was lost or overtaken.
                let Some(keys) = &mut self.keys else { return };
                let opened = match content {
                    Content::Rtcp => keys.srtcp.open(datagram),
                    _ => keys.opener.decrypt_rtp(datagram).ok().map(|p| p.to_vec()),
                };
                match opened {
                    Some(plain) if content == Content::Rtcp => self.reports.push(plain),
                    Some(plain) => self.media.push(plain),
                    None => self.forged += 1,
                }
            }
            None => panic!("the server sent {datagram:?}"),
        }
    }

    fn handle_answer(&mut self, datagram: &[u8]) {
        let mut message = Message::new();
        message.unmarshal_binary(datagram).unwrap();
        assert_eq!(message.typ, BINDING_SUCCESS);
        let password = self.remote.as_ref().unwrap().password.as_bytes();
        MessageIntegrity::check(&mut message, password, self.crypto.crypto()).unwrap();
        self.answers += 1;
    }

    fn drain(&mut self) {
        let Some(remote) = &mut self.remote else {
            return;
        };
        loop {
            match remote.dtls.poll() {
                Output::Transmit(record) => self.outbox.push(record),
                Output::Timeout(at) => {
                    self.deadline = Some(at);
                    return;
                }
                Output::Connected(keys) => {
                    self.keys = Some(Session::new(&keys, &*self.crypto));
                    self.connected = true;
                }
                Output::Closed | Output::Failed(_) => {
                    self.ended = true;
                    return;
                }
            }
        }
    }

    /// What it sends.
    pub(crate) fn take(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.outbox)
    }

    /// The next packet of its video: a VP8 frame in one packet.
    pub(crate) fn packet(&mut self, keyframe: bool) -> Vec<u8> {
        let seq = self.next_seq;
        self.next_seq += 1;
        let mut rtp = vec![0x80, 0x80 | 96];
        rtp.extend_from_slice(&(seq as u16).to_be_bytes());
        rtp.extend_from_slice(&(seq as u32 * 3_000).to_be_bytes());
        rtp.extend_from_slice(&Caller::SSRC.to_be_bytes());
        if self.reporting {
            rtp[0] |= 0x10;
            rtp.extend_from_slice(&[0xbe, 0xde, 0, 1, 0x31, (seq >> 8) as u8, seq as u8, 0]);
        }
        let header = rtp.len();
        // VP8: start of partition 0; the lowest bit of the frame tag says "no key frame".
        rtp.extend_from_slice(&[0x10, u8::from(!keyframe)]);
        rtp.extend_from_slice(&[seq as u8; 100]);
        let len = rtp.len();
        rtp.resize(len + TAG_LEN_MAX, 0);
        let sealer = &mut self.keys.as_mut().expect("DTLS is up").sealer;
        let sealed = sealer.seal(&mut rtp, header, len, seq).unwrap();
        rtp.truncate(sealed);
        rtp
    }

    /// An RTCP compound, protected.
    pub(crate) fn rtcp(&mut self, compound: &[u8]) -> Vec<u8> {
        let keys = self.keys.as_mut().expect("DTLS is up");
        keys.srtcp.seal(compound).unwrap()
    }

    /// An empty receiver report.
    pub(crate) fn report(&mut self) -> Vec<u8> {
        self.rtcp(&[0x80, 201, 0, 1, 0, 0, 0, 1])
    }
}

impl Session {
    fn new(keys: &Keys, provider: &dyn RTCCryptoProvider) -> Session {
        let crypto = provider.crypto();
        let profile = match keys.profile {
            Profile::Aes128Gcm => ProtectionProfile::AeadAes128Gcm,
            Profile::Aes256Gcm => ProtectionProfile::AeadAes256Gcm,
            Profile::Aes128CmSha1 => ProtectionProfile::Aes128CmHmacSha1_80,
        };
        let (key, salt) = (&keys.remote_key, &keys.remote_salt);
        Session {
            sealer: Sealer::new(keys, crypto).unwrap(),
            opener: Context::new(key, salt, profile, None, None, crypto).unwrap(),
            srtcp: Srtcp::new(keys, crypto).unwrap(),
        }
    }
}

struct Raw(rtc_stun::attributes::AttrType, Vec<u8>);

impl rtc_stun::message::Setter for Raw {
    fn add_to(&self, message: &mut Message) -> Result<(), rtc::shared::error::Error> {
        message.add(self.0, &self.1);
        Ok(())
    }
}

/// A Binding request with these credentials.
pub(crate) fn check(
    username: &str,
    password: &str,
    nominate: bool,
    provider: &dyn RTCCryptoProvider,
) -> Vec<u8> {
    stun(BINDING_REQUEST, username, password, nominate, provider)
}

/// A STUN message of any type with these credentials.
pub(crate) fn stun(
    kind: MessageType,
    username: &str,
    password: &str,
    nominate: bool,
    provider: &dyn RTCCryptoProvider,
) -> Vec<u8> {
    let mut message = Message::new();
    let mut setters: Vec<Box<dyn rtc_stun::message::Setter>> = vec![
        Box::new(TransactionId::new()),
        Box::new(kind),
        Box::new(Raw(ATTR_USERNAME, username.as_bytes().to_vec())),
        Box::new(Raw(ATTR_PRIORITY, vec![0x6e, 0, 1, 0xff])),
    ];
    if nominate {
        setters.push(Box::new(Raw(ATTR_USE_CANDIDATE, Vec::new())));
    }
    message.build(&setters).unwrap();
    let integrity = MessageIntegrity::new_short_term_integrity_with_provider(
        password.to_owned(),
        provider.crypto(),
    );
    rtc_stun::message::Setter::add_to(&integrity, &mut message).unwrap();
    rtc_stun::message::Setter::add_to(&FINGERPRINT, &mut message).unwrap();
    message.raw
}
