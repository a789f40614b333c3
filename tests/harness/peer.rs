//! A WebRTC client without input or output: a browser without a browser, on the sans-IO `rtc`
//! crate. It publishes VP8 and Opus, or receives one video and one audio track.

use std::net::SocketAddr;
use std::time::Instant;

use anyhow::{Context as _, Result};
use bytes::{Bytes, BytesMut};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc::interceptor::{Registry, Slot};
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::RTCConfigurationBuilder;
use rtc::peer_connection::configuration::interceptor_registry::register_default_interceptors;
use rtc::peer_connection::configuration::media_engine::{
    MIME_TYPE_OPUS, MIME_TYPE_VP8, MediaEngine,
};
use rtc::peer_connection::configuration::setting_engine::SettingEngineBuilder;
use rtc::peer_connection::event::RTCPeerConnectionEvent;
use rtc::peer_connection::message::{RTCMessage, TaggedRTCMessage};
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::state::RTCPeerConnectionState;
use rtc::peer_connection::transport::{CandidateConfig, CandidateHostConfig, RTCIceCandidate};
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodingParameters, RTCRtpEncodingParameters, RTCRtpRtxParameters,
    RtpCodecKind,
};
use rtc::rtp_transceiver::{RTCRtpSenderId, RTCRtpTransceiverDirection, RTCRtpTransceiverInit};
use rtc::sansio::Protocol as _;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};

use crate::feed::{Due, Kind};
use crate::wishes::{Wishes, wishes};

/// After every interceptor of the crate's default chain.
const WISHES: Slot = Slot::Custom(14_000);

/// SSRCs of a publisher: distinct is enough, each connection has its own space. Simulcast layers
/// have the video's and those above it.
const AUDIO_SSRC: u32 = 0xa0d1_0001;
const VIDEO_SSRC: u32 = 0x71de_0001;

/// Header extensions that name a packet's m-line and simulcast layer (RFC 8843, RFC 8852).
const MID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
const RID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";

/// What a receiving peer is able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receiver {
    /// Everything a browser does: NACK, RTX, reports, any SRTP profile.
    Full,
    /// Like `Full`, but offers only `SRTP_AES128_CM_HMAC_SHA1_80`.
    CmOnly,
    /// Receives and never answers: no NACK, no reports. What `load` measures with.
    Mute,
}

/// One client.
pub struct Peer {
    pc: RTCPeerConnection,
    address: SocketAddr,
    senders: Vec<(Kind, RTCRtpSenderId)>,
    state: RTCPeerConnectionState,
    keyframes_wanted: u32,
}

impl Peer {
    /// A client that receives, on a socket with this local address.
    ///
    /// # Errors
    /// When the crate refuses its configuration.
    pub fn receiver(now: Instant, address: SocketAddr, ability: Receiver) -> Result<Peer> {
        let mut pc = connection(now, ability)?;
        for kind in [RtpCodecKind::Video, RtpCodecKind::Audio] {
            let init = RTCRtpTransceiverInit {
                direction: RTCRtpTransceiverDirection::Recvonly,
                streams: vec![],
                send_encodings: vec![],
            };
            pc.add_transceiver_from_kind(kind, Some(init))?;
        }
        Peer::new(pc, address, vec![])
    }

    /// A client that publishes VP8 and Opus.
    ///
    /// # Errors
    /// When the crate refuses its configuration.
    pub fn publisher(now: Instant, address: SocketAddr) -> Result<Peer> {
        let mut pc = connection(now, Receiver::Full)?;
        let audio = pc.add_track(track(Kind::Audio))?;
        let video = pc.add_track(track(Kind::Video))?;
        Peer::new(
            pc,
            address,
            vec![(Kind::Audio, audio), (Kind::Video, video)],
        )
    }

    /// A client that publishes Opus, and VP8 in these simulcast layers.
    ///
    /// # Errors
    /// When the crate refuses its configuration.
    pub fn simulcast(now: Instant, address: SocketAddr, rids: &[&str]) -> Result<Peer> {
        let mut pc = connection(now, Receiver::Full)?;
        let audio = pc.add_track(track(Kind::Audio))?;
        let layers = (0..).zip(rids).map(|(n, rid)| {
            let mut coding = coding(Kind::Video);
            let parameters = &mut coding.rtp_coding_parameters;
            parameters.rid = (*rid).into();
            parameters.ssrc = Some(VIDEO_SSRC + n);
            parameters.rtx = None;
            coding
        });
        let layers = track_of(Kind::Video, layers.collect());
        let video = pc.add_track(layers)?;
        Peer::new(
            pc,
            address,
            vec![(Kind::Audio, audio), (Kind::Video, video)],
        )
    }

    fn new(
        mut pc: RTCPeerConnection,
        address: SocketAddr,
        senders: Vec<(Kind, RTCRtpSenderId)>,
    ) -> Result<Peer> {
        let candidate = CandidateHostConfig {
            base_config: CandidateConfig {
                network: "udp".into(),
                address: address.ip().to_string(),
                port: address.port(),
                component: 1,
                ..Default::default()
            },
            ..Default::default()
        };
        let candidate = RTCIceCandidate::from(&candidate.new_candidate_host()?);
        pc.add_local_candidate(candidate.to_json()?)?;
        Ok(Peer {
            pc,
            address,
            senders,
            state: RTCPeerConnectionState::New,
            keyframes_wanted: 0,
        })
    }

    /// The SDP offer, with its candidate in it.
    ///
    /// # Errors
    /// When the crate cannot make one.
    pub fn offer(&mut self, now: Instant) -> Result<String> {
        let offer = self.pc.create_offer(None)?;
        self.pc.set_local_description(now, offer)?;
        Ok(self
            .pc
            .local_description()
            .context("the offer was just set")?
            .sdp)
    }

    /// Takes the server's answer.
    ///
    /// # Errors
    /// When the answer cannot be used.
    pub fn answer(&mut self, now: Instant, sdp: String) -> Result<()> {
        Ok(self
            .pc
            .set_remote_description(now, RTCSessionDescription::answer(sdp)?)?)
    }

    /// Answers the server's offer.
    ///
    /// # Errors
    /// When the offer cannot be used.
    pub fn answer_to(&mut self, now: Instant, offer: String) -> Result<String> {
        self.pc
            .set_remote_description(now, RTCSessionDescription::offer(offer)?)?;
        let answer = self.pc.create_answer(None)?;
        self.pc.set_local_description(now, answer)?;
        let local = self.pc.local_description();
        Ok(local.context("the answer was just set")?.sdp)
    }

    /// Begins an ICE restart: the offer has the new credentials. Complete it by an answer with
    /// the server's.
    ///
    /// # Errors
    /// When the crate cannot make one.
    pub fn restart(&mut self, now: Instant) -> Result<String> {
        self.pc.restart_ice();
        self.offer(now)
    }

    /// Takes a datagram.
    pub fn handle_datagram(&mut self, now: Instant, from: SocketAddr, data: &[u8]) {
        let transport = TransportContext {
            local_addr: self.address,
            peer_addr: from,
            ecn: None,
            transport_protocol: TransportProtocol::UDP,
        };
        // What it cannot use (late DTLS, packets of unknown streams) a browser ignores as well.
        let _ = self.pc.handle_read(TaggedBytesMut {
            now,
            transport,
            message: data.into(),
        });
        self.look();
    }

    /// Advances time.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.next_timeout().is_some_and(|due| due <= now) {
            let _ = self.pc.handle_timeout(now);
        }
        self.look();
    }

    /// When [`Peer::handle_timeout`] is due.
    pub fn next_timeout(&mut self) -> Option<Instant> {
        self.pc.poll_timeout()
    }

    /// The next datagram to send.
    pub fn poll_datagram(&mut self) -> Option<(SocketAddr, BytesMut)> {
        self.pc
            .poll_write()
            .map(|datagram| (datagram.transport.peer_addr, datagram.message))
    }

    /// The next media packet: decrypted, authenticated, RTX unwrapped.
    pub fn poll_packet(&mut self) -> Option<rtc::rtp::Packet> {
        while let Some(TaggedRTCMessage { message, .. }) = self.pc.poll_read() {
            match message {
                RTCMessage::RtpPacket(_, packet) => return Some(packet),
                RTCMessage::RtcpPacket(_, packets) => {
                    let wanted = u32::try_from(wishes(&packets)).unwrap_or(u32::MAX);
                    self.keyframes_wanted = self.keyframes_wanted.saturating_add(wanted);
                }
                _ => {}
            }
        }
        None
    }

    /// How often the server has asked for a key frame since the last call. Drain
    /// [`Peer::poll_packet`] first.
    pub fn take_keyframes_wanted(&mut self) -> u32 {
        std::mem::take(&mut self.keyframes_wanted)
    }

    /// Sends one packet of the feed. Before the connection is up it goes nowhere.
    ///
    /// # Errors
    /// When the track was not negotiated.
    pub fn send(&mut self, now: Instant, due: Due) -> Result<()> {
        self.send_packet(now, due, None)
    }

    /// The same, in the n-th simulcast layer, of this rid.
    ///
    /// # Errors
    /// When the layer was not negotiated.
    pub fn send_layer(&mut self, now: Instant, due: Due, n: u32, rid: &str) -> Result<()> {
        self.send_packet(now, due, Some((n, rid)))
    }

    fn send_packet(&mut self, now: Instant, due: Due, layer: Option<(u32, &str)>) -> Result<()> {
        let mid = match layer {
            Some(_) => self.mid(due.kind)?,
            None => String::new(),
        };
        let (_, id) = self
            .senders
            .iter()
            .find(|(kind, _)| *kind == due.kind)
            .context("not a publisher")?;
        let mut sender = self
            .pc
            .rtp_sender(*id)
            .context("the sender lives with the peer")?;
        let mime = mime_type(due.kind);
        let parameters = &sender.get_parameters().rtp_parameters;
        let codec = parameters
            .codecs
            .iter()
            .find(|codec| codec.rtp_codec.mime_type == mime);
        let mut header = rtc::rtp::header::Header {
            version: 2,
            marker: due.marker,
            payload_type: codec.context("the codec was not negotiated")?.payload_type,
            sequence_number: due.seq,
            timestamp: due.timestamp,
            ssrc: ssrc(due.kind) + layer.map_or(0, |(n, _)| n),
            ..Default::default()
        };
        if let Some((_, rid)) = layer {
            for (uri, value) in [(MID_URI, mid.as_str()), (RID_URI, rid)] {
                let mut known = parameters.header_extensions.iter();
                let known = known.find(|known| known.uri == uri);
                let id = known.context("no extension for layers")?.id;
                header
                    .set_extension(u8::try_from(id)?, Bytes::copy_from_slice(value.as_bytes()))?;
            }
        }
        let payload: Bytes = due.payload;
        Ok(sender.write_rtp(now, rtc::rtp::Packet { header, payload })?)
    }

    /// The m-line of a kind.
    fn mid(&self, kind: Kind) -> Result<String> {
        let local = self.pc.local_description().context("not offered")?;
        let name = match kind {
            Kind::Audio => "m=audio",
            Kind::Video => "m=video",
        };
        let (_, section) = local.sdp.split_once(name).context("no such m-line")?;
        let mut lines = section.lines();
        let mid = lines.find_map(|line| line.strip_prefix("a=mid:"));
        Ok(mid.context("an m-line has a mid")?.to_owned())
    }

    /// Whether media may flow.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.state == RTCPeerConnectionState::Connected
    }

    /// Whether the connection was lost for good.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        matches!(
            self.state,
            RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed
        )
    }

    /// Takes the connection's events. The crate starts DTLS only when its ICE event was taken.
    fn look(&mut self) {
        while let Some(event) = self.pc.poll_event() {
            if let RTCPeerConnectionEvent::OnConnectionStateChangeEvent(state) = event {
                self.state = state;
            }
        }
    }

    /// Says goodbye (DTLS close_notify).
    pub fn close(&mut self) {
        let _ = self.pc.close();
    }
}

fn connection(now: Instant, ability: Receiver) -> Result<RTCPeerConnection> {
    let mut media = MediaEngine::default();
    media.register_default_codecs()?;
    let interceptors = match ability {
        Receiver::Mute => Registry::new(),
        Receiver::Full | Receiver::CmOnly => {
            let wishes = Registry::new().with(WISHES, Wishes::default());
            register_default_interceptors(wishes, &mut media)?
        }
    };
    let mut settings = SettingEngineBuilder::new().with_include_loopback_candidate(true);
    if ability == Receiver::CmOnly {
        let profile = SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80;
        settings = settings.with_srtp_protection_profiles(vec![profile]);
    }
    Ok(RTCPeerConnectionBuilder::new()
        .with_configuration(RTCConfigurationBuilder::new().build())
        .with_setting_engine(settings.build())
        .with_media_engine(media)
        .with_interceptor_registry(interceptors)
        .build(now)?)
}

fn ssrc(kind: Kind) -> u32 {
    match kind {
        Kind::Audio => AUDIO_SSRC,
        Kind::Video => VIDEO_SSRC,
    }
}

fn mime_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Audio => MIME_TYPE_OPUS,
        Kind::Video => MIME_TYPE_VP8,
    }
}

fn track(kind: Kind) -> MediaStreamTrack {
    track_of(kind, vec![coding(kind)])
}

fn track_of(kind: Kind, codings: Vec<RTCRtpEncodingParameters>) -> MediaStreamTrack {
    let (name, codec_kind) = match kind {
        Kind::Audio => ("audio", RtpCodecKind::Audio),
        Kind::Video => ("video", RtpCodecKind::Video),
    };
    MediaStreamTrack::new("show".into(), name.into(), name.into(), codec_kind, codings)
}

fn coding(kind: Kind) -> RTCRtpEncodingParameters {
    let (clock_rate, channels) = match kind {
        Kind::Audio => (48_000, 2),
        Kind::Video => (90_000, 0),
    };
    RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            ssrc: Some(ssrc(kind)),
            rtx: (kind == Kind::Video).then_some(RTCRtpRtxParameters {
                ssrc: VIDEO_SSRC + 1,
            }),
            ..Default::default()
        },
        codec: RTCRtpCodec {
            mime_type: mime_type(kind).to_owned(),
            clock_rate,
            channels,
            ..Default::default()
        },
        ..Default::default()
    }
}
