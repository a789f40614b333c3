//! A browser without a browser: the `rtc` crate on a real loopback socket, driven by hand.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc::interceptor::Registry;
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

/// One end of a connection.
pub(crate) struct Peer {
    connection: RTCPeerConnection,
    socket: UdpSocket,
    address: SocketAddr,
    /// DTLS is up.
    pub(crate) connected: bool,
    /// Media received, in order.
    pub(crate) received: Vec<rtc::rtp::Packet>,
    /// RTCP received, as its debug text.
    pub(crate) rtcp: Vec<String>,
    /// Drops the n-th RTP datagram when it says so.
    pub(crate) lose: fn(usize) -> bool,
    rtp_datagrams: usize,
    video: Option<(RTCRtpSenderId, Stream)>,
    audio: Option<(RTCRtpSenderId, Stream)>,
}

/// Numbers of a stream being sent.
struct Stream {
    ssrc: u32,
    seq: u16,
    timestamp: u32,
    frame: u16,
}

/// What tells a viewer's offer from another's.
#[derive(Default)]
pub(crate) struct ViewerOptions {
    /// The only SRTP profile offered; all when absent.
    pub(crate) profile: Option<SrtpProtectionProfile>,
    /// Video and audio m-lines, 1 and 1 when absent.
    pub(crate) slots: Option<(usize, usize)>,
}

impl Peer {
    /// A publisher of one VP8 and one Opus track, and its offer.
    pub(crate) fn publisher() -> (Peer, String) {
        let mut peer = Peer::new(None);
        peer.video = Some(peer.add_track(RtpCodecKind::Video));
        peer.audio = Some(peer.add_track(RtpCodecKind::Audio));
        let offer = peer.offer();
        (peer, offer)
    }

    /// A viewer, and its offer.
    pub(crate) fn viewer(options: ViewerOptions) -> (Peer, String) {
        let mut peer = Peer::new(options.profile);
        let (videos, audios) = options.slots.unwrap_or((1, 1));
        let kinds = std::iter::repeat_n(RtpCodecKind::Video, videos)
            .chain(std::iter::repeat_n(RtpCodecKind::Audio, audios));
        for kind in kinds {
            let init = RTCRtpTransceiverInit {
                direction: RTCRtpTransceiverDirection::Recvonly,
                streams: vec![],
                send_encodings: vec![],
            };
            peer.connection
                .add_transceiver_from_kind(kind, Some(init))
                .unwrap();
        }
        let offer = peer.offer();
        (peer, offer)
    }

    fn new(profile: Option<SrtpProtectionProfile>) -> Peer {
        let mut media = MediaEngine::default();
        media.register_default_codecs().unwrap();
        let interceptors = register_default_interceptors(Registry::new(), &mut media).unwrap();
        let settings = SettingEngineBuilder::new().with_include_loopback_candidate(true);
        let settings = match profile {
            Some(profile) => settings.with_srtp_protection_profiles(vec![profile]),
            None => settings,
        };
        let mut connection = RTCPeerConnectionBuilder::new()
            .with_configuration(RTCConfigurationBuilder::new().build())
            .with_setting_engine(settings.build())
            .with_media_engine(media)
            .with_interceptor_registry(interceptors)
            .build(Instant::now())
            .unwrap();
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket
            .set_read_timeout(Some(Duration::from_millis(1)))
            .unwrap();
        let address = socket.local_addr().unwrap();
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
        let candidate = candidate.new_candidate_host().unwrap();
        let candidate = RTCIceCandidate::from(&candidate).to_json().unwrap();
        connection.add_local_candidate(candidate).unwrap();
        Peer {
            connection,
            socket,
            address,
            connected: false,
            received: Vec::new(),
            rtcp: Vec::new(),
            lose: |_| false,
            rtp_datagrams: 0,
            video: None,
            audio: None,
        }
    }

    fn add_track(&mut self, kind: RtpCodecKind) -> (RTCRtpSenderId, Stream) {
        let is_video = matches!(kind, RtpCodecKind::Video);
        let ssrc = if is_video { 0x1111 } else { 0x2222 };
        let codec = match is_video {
            true => RTCRtpCodec {
                mime_type: MIME_TYPE_VP8.to_owned(),
                clock_rate: 90_000,
                ..Default::default()
            },
            false => RTCRtpCodec {
                mime_type: MIME_TYPE_OPUS.to_owned(),
                clock_rate: 48_000,
                channels: 2,
                sdp_fmtp_line: "minptime=10;useinbandfec=1".into(),
                ..Default::default()
            },
        };
        let coding = RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters {
                ssrc: Some(ssrc),
                rtx: is_video.then_some(RTCRtpRtxParameters { ssrc: ssrc + 1 }),
                ..Default::default()
            },
            codec,
            ..Default::default()
        };
        let name = if is_video { "video" } else { "audio" };
        let track =
            MediaStreamTrack::new("show".into(), name.into(), name.into(), kind, vec![coding]);
        let sender = self.connection.add_track(track).unwrap();
        (
            sender,
            Stream {
                ssrc,
                seq: 65_000,
                timestamp: 1_000_000,
                frame: 0,
            },
        )
    }

    fn offer(&mut self) -> String {
        let offer = self.connection.create_offer(None).unwrap();
        self.connection
            .set_local_description(Instant::now(), offer.clone())
            .unwrap();
        offer.sdp
    }

    /// Takes the server's answer.
    pub(crate) fn accept(&mut self, answer: &str) {
        let answer = RTCSessionDescription::answer(answer.to_owned()).unwrap();
        self.connection
            .set_remote_description(Instant::now(), answer)
            .unwrap();
    }

    /// Sends one video frame of three packets that carry its number.
    pub(crate) fn send_frame(&mut self, keyframe: bool) {
        let (sender, stream) = self.video.as_mut().unwrap();
        stream.timestamp = stream.timestamp.wrapping_add(3_000);
        stream.frame += 1;
        for part in 0..3u8 {
            // VP8 descriptor: extended, start of partition on the first, 15-bit picture id.
            let start = if part == 0 { 0x90 } else { 0x80 };
            let [high, low] = stream.frame.to_be_bytes();
            let mut payload = vec![start, 0x80, 0x80 | high, low, u8::from(!keyframe), part];
            payload.extend_from_slice(&[0xab; 900]);
            let packet = rtc::rtp::Packet {
                header: rtc::rtp::header::Header {
                    version: 2,
                    marker: part == 2,
                    payload_type: 96,
                    sequence_number: stream.seq,
                    timestamp: stream.timestamp,
                    ssrc: stream.ssrc,
                    ..Default::default()
                },
                payload: Bytes::from(payload),
            };
            stream.seq = stream.seq.wrapping_add(1);
            let mut sender = self.connection.rtp_sender(*sender).unwrap();
            sender.write_rtp(Instant::now(), packet).unwrap();
        }
        self.poll();
    }

    /// Sends one audio packet of 20 ms.
    pub(crate) fn send_audio(&mut self) {
        let (sender, stream) = self.audio.as_mut().unwrap();
        stream.timestamp = stream.timestamp.wrapping_add(960);
        stream.frame += 1;
        let packet = rtc::rtp::Packet {
            header: rtc::rtp::header::Header {
                version: 2,
                payload_type: 111,
                sequence_number: stream.seq,
                timestamp: stream.timestamp,
                ssrc: stream.ssrc,
                ..Default::default()
            },
            payload: Bytes::from(vec![0xfc, stream.frame as u8, 1, 2, 3]),
        };
        stream.seq = stream.seq.wrapping_add(1);
        let mut sender = self.connection.rtp_sender(*sender).unwrap();
        sender.write_rtp(Instant::now(), packet).unwrap();
        self.poll();
    }

    /// Closes the connection as a page does: with a DTLS close_notify.
    pub(crate) fn close(&mut self) {
        self.connection.close().unwrap();
        self.flush();
    }

    /// Reads what is there (waiting a millisecond for it), and lets the engine work.
    pub(crate) fn poll(&mut self) {
        let mut buffer = [0; 2_048];
        while let Ok((len, from)) = self.socket.recv_from(&mut buffer) {
            let is_rtp = (128..192).contains(&buffer[0]) && !(192..224).contains(&buffer[1]);
            if is_rtp {
                self.rtp_datagrams += 1;
                if (self.lose)(self.rtp_datagrams) {
                    continue;
                }
            }
            let message = TaggedBytesMut {
                now: Instant::now(),
                transport: TransportContext {
                    local_addr: self.address,
                    peer_addr: from,
                    ecn: None,
                    transport_protocol: TransportProtocol::UDP,
                },
                message: BytesMut::from(&buffer[..len]),
            };
            let _ = self.connection.handle_read(message);
            // One by one: media right behind the last handshake datagram finds the keys in place.
            self.drain();
        }
        let now = Instant::now();
        if self.connection.poll_timeout().is_some_and(|at| at <= now) {
            let _ = self.connection.handle_timeout(now);
        }
        self.drain();
        self.flush();
    }

    fn drain(&mut self) {
        while let Some(event) = self.connection.poll_event() {
            if let RTCPeerConnectionEvent::OnConnectionStateChangeEvent(state) = event {
                self.connected = state == RTCPeerConnectionState::Connected;
            }
        }
        while let Some(TaggedRTCMessage { message, .. }) = self.connection.poll_read() {
            match message {
                RTCMessage::RtpPacket(_, packet) => self.received.push(packet),
                RTCMessage::RtcpPacket(_, packets) => self.rtcp.push(format!("{packets:?}")),
                _ => {}
            }
        }
    }

    fn flush(&mut self) {
        while let Some(datagram) = self.connection.poll_write() {
            let _ = self
                .socket
                .send_to(&datagram.message, datagram.transport.peer_addr);
        }
    }

    /// Video packets received.
    pub(crate) fn video(&self) -> Vec<&rtc::rtp::Packet> {
        self.received
            .iter()
            .filter(|packet| packet.payload.len() > 100)
            .collect()
    }

    /// Audio packets received.
    pub(crate) fn audio(&self) -> Vec<&rtc::rtp::Packet> {
        self.received
            .iter()
            .filter(|packet| packet.payload.len() < 100)
            .collect()
    }
}

/// Frame number and part of a packet made by [`Peer::send_frame`].
pub(crate) fn frame_of(packet: &rtc::rtp::Packet) -> (u16, u8) {
    let payload = &packet.payload;
    (
        u16::from_be_bytes([payload[2] & 0x7f, payload[3]]),
        payload[5],
    )
}
