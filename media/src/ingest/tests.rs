//! The machine against an independent client (`rtc`), both sans-IO, on a virtual clock and a
//! network that may drop what it is told to.
#![allow(clippy::disallowed_methods, reason = "tests need an origin of time")]

use std::collections::BTreeMap;

use bytes::BytesMut;
use rtc::interceptor::Registry;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::RTCConfigurationBuilder;
use rtc::peer_connection::configuration::interceptor_registry::register_default_interceptors;
use rtc::peer_connection::configuration::media_engine::{MIME_TYPE_VP8, MediaEngine};
use rtc::peer_connection::configuration::setting_engine::SettingEngineBuilder;
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::transport::{CandidateConfig, CandidateHostConfig, RTCIceCandidate};
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::rtp_transceiver::RTCRtpSenderId;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodingParameters, RTCRtpEncodingParameters, RTCRtpRtxParameters,
    RtpCodecKind,
};
use rtc::sansio::Protocol as _;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};

use super::*;

const CLIENT: &str = "127.0.0.1:5000";
const SERVER: &str = "127.0.0.1:6000";
const SSRC: u32 = 0x1234;

/// A publisher and the machine, joined by a lossless wire unless a test drops something.
struct World {
    now: Instant,
    client: RTCPeerConnection,
    sender: RTCRtpSenderId,
    ingest: Ingest,
    seq: u16,
    /// What the machine said, in order.
    out: Vec<IngestOutput>,
    /// Key frame requests sent: SRTCP keeps type and format of the first report readable.
    plis: usize,
    /// Drops a datagram of the client when this says so of its number.
    lose: fn(usize) -> bool,
    datagrams: usize,
    /// The client does not hear our DTLS.
    deaf: bool,
}

impl World {
    fn new(adapt_offer: fn(String) -> String) -> World {
        let now = Instant::now();
        let (mut client, sender) = client(now);
        let offer = client.create_offer(None).unwrap();
        client.set_local_description(now, offer.clone()).unwrap();
        let config = IngestConfig {
            candidates: vec![SERVER.parse().unwrap()],
            tcp_candidates: Vec::new(),
            worker: 0,
            cert: SharedCert::generate(),
        };
        let (ingest, answer) = Ingest::accept(now, &config, &adapt_offer(offer.sdp)).unwrap();
        let answer = RTCSessionDescription::answer(answer).unwrap();
        client.set_remote_description(now, answer).unwrap();
        let out = Vec::new();
        World {
            now,
            client,
            sender,
            ingest,
            seq: 65_500,
            out,
            plis: 0,
            lose: |_| false,
            datagrams: 0,
            deaf: false,
        }
    }

    /// Lets `time` pass, five milliseconds at a time.
    fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now += Duration::from_millis(5);
            self.client.handle_timeout(self.now).unwrap();
            self.ingest.handle_timeout(self.now);
            self.exchange();
        }
    }

    fn exchange(&mut self) {
        let (client, server): (SocketAddr, SocketAddr) =
            (CLIENT.parse().unwrap(), SERVER.parse().unwrap());
        loop {
            let mut quiet = true;
            while let Some(datagram) = self.client.poll_write() {
                quiet = false;
                self.datagrams += 1;
                if !(self.lose)(self.datagrams) {
                    let path = Path::udp(client, server.ip());
                    self.ingest
                        .handle_datagram(self.now, path, server, &datagram.message);
                }
            }
            loop {
                match self.ingest.poll() {
                    IngestOutput::Timeout(_) => break,
                    IngestOutput::Transmit { data, .. } => {
                        quiet = false;
                        self.plis += usize::from(data[..2] == [0x81, 206]);
                        if self.deaf && data[0] == 22 {
                            continue;
                        }
                        let transport = TransportContext {
                            local_addr: client,
                            peer_addr: server,
                            ecn: None,
                            transport_protocol: TransportProtocol::UDP,
                        };
                        let message = BytesMut::from(&data[..]);
                        let datagram = TaggedBytesMut {
                            now: self.now,
                            transport,
                            message,
                        };
                        let _ = self.client.handle_read(datagram);
                    }
                    other => self.out.push(other),
                }
            }
            while self.client.poll_event().is_some() {}
            while self.client.poll_read().is_some() {}
            if quiet {
                return;
            }
        }
    }

    fn send(&mut self, payload: &'static [u8]) {
        let header = rtc::rtp::header::Header {
            version: 2,
            payload_type: 96,
            sequence_number: self.seq,
            timestamp: u32::from(self.seq) * 3000,
            ssrc: SSRC,
            ..Default::default()
        };
        self.seq = self.seq.wrapping_add(1);
        let packet = rtc::rtp::Packet {
            header,
            payload: Bytes::from_static(payload),
        };
        let mut sender = self.client.rtp_sender(self.sender).unwrap();
        sender.write_rtp(self.now, packet).unwrap();
    }

    fn connected(&self) -> bool {
        self.out
            .iter()
            .any(|output| matches!(output, IngestOutput::Connected))
    }

    fn connect(&mut self, patience: Duration) {
        let end = self.now + patience;
        while !self.connected() {
            assert!(self.now < end, "not connected after {patience:?}");
            self.run(Duration::from_millis(5));
        }
        self.run(Duration::from_millis(100));
    }

    /// How often each number came out.
    fn received(&self) -> BTreeMap<u64, usize> {
        let mut times = BTreeMap::new();
        for output in &self.out {
            if let IngestOutput::Packet { packet, .. } = output {
                *times.entry(packet.seq).or_default() += 1;
            }
        }
        times
    }

    fn closed(&self) -> Vec<Closed> {
        let reasons = self.out.iter().filter_map(|output| match output {
            IngestOutput::Closed(reason) => Some(*reason),
            _ => None,
        });
        reasons.collect()
    }
}

fn client(now: Instant) -> (RTCPeerConnection, RTCRtpSenderId) {
    let mut media = MediaEngine::default();
    media.register_default_codecs().unwrap();
    let interceptors = register_default_interceptors(Registry::new(), &mut media).unwrap();
    let mut client = RTCPeerConnectionBuilder::new()
        .with_configuration(RTCConfigurationBuilder::new().build())
        .with_setting_engine(
            SettingEngineBuilder::new()
                .with_include_loopback_candidate(true)
                .build(),
        )
        .with_media_engine(media)
        .with_interceptor_registry(interceptors)
        .build(now)
        .unwrap();
    let coding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            ssrc: Some(SSRC),
            rtx: Some(RTCRtpRtxParameters { ssrc: SSRC + 1 }),
            ..Default::default()
        },
        codec: RTCRtpCodec {
            mime_type: MIME_TYPE_VP8.to_owned(),
            clock_rate: 90_000,
            ..Default::default()
        },
        ..Default::default()
    };
    let video = RtpCodecKind::Video;
    let track = MediaStreamTrack::new("s".into(), "v".into(), "v".into(), video, vec![coding]);
    let sender = client.add_track(track).unwrap();
    let address: SocketAddr = CLIENT.parse().unwrap();
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
    client
        .add_local_candidate(RTCIceCandidate::from(&candidate).to_json().unwrap())
        .unwrap();
    (client, sender)
}

const KEY: &[u8] = &[0x10, 0x10, 1, 2, 3];
const INTER: &[u8] = &[0x10, 0x11, 1, 2, 3];

#[test]
fn packets_come_out_once_in_numbers_that_outlive_the_wrap() {
    let mut world = World::new(|offer| offer);
    world.connect(Duration::from_secs(5));
    world.send(KEY);
    for _ in 0..99 {
        world.send(INTER);
        world.run(Duration::from_millis(10));
    }
    let received = world.received();
    assert_eq!(received.len(), 100);
    assert!(received.values().all(|times| *times == 1), "{received:?}");
    let (first, last) = (
        received.keys().next().unwrap(),
        received.keys().last().unwrap(),
    );
    assert_eq!(last - first, 99);

    let added = world
        .out
        .iter()
        .position(|o| matches!(o, IngestOutput::TrackAdded { .. }));
    let first = world
        .out
        .iter()
        .position(|o| matches!(o, IngestOutput::Packet { .. }));
    assert!(added < first, "the track is announced before its packets");
    assert!(matches!(
        world.out[added.unwrap()],
        IngestOutput::TrackAdded {
            codec: Codec::Vp8,
            keyframes_on_request: true,
            ..
        }
    ));
    let keyframes = world
        .out
        .iter()
        .filter(|o| matches!(o, IngestOutput::Packet { packet, layer: 0, .. } if packet.keyframe));
    assert_eq!(keyframes.count(), 1);
}

#[test]
fn lost_packets_are_asked_for_and_come_out_once() {
    let mut world = World::new(|offer| offer);
    world.connect(Duration::from_secs(5));
    world.send(KEY);
    world.run(Duration::from_millis(20));
    world.lose = |number| number.is_multiple_of(10);
    for _ in 0..200 {
        world.send(INTER);
        world.run(Duration::from_millis(10));
    }
    world.lose = |_| false;
    world.send(INTER);
    world.run(Duration::from_secs(1));
    let received = world.received();
    assert_eq!(received.len(), 202, "every loss was repaired");
    assert!(received.values().all(|times| *times == 1), "{received:?}");
}

#[test]
fn a_passive_offer_makes_us_the_dtls_client() {
    let mut world = World::new(|offer| offer.replace("a=setup:actpass", "a=setup:passive"));
    world.connect(Duration::from_secs(5));
    world.send(KEY);
    world.run(Duration::from_millis(50));
    assert_eq!(world.received().len(), 1);
}

#[test]
fn a_client_hello_thrown_away_is_soon_repeated() {
    let mut world = World::new(|offer| offer.replace("a=setup:actpass", "a=setup:passive"));
    world.deaf = true;
    let patience = world.now + Duration::from_secs(2);
    while world.ingest.flight.due().is_none() {
        assert!(world.now < patience, "the checks never led to a hello");
        world.run(Duration::from_millis(5));
    }
    world.run(Duration::from_millis(40));
    world.deaf = false;
    world.connect(Duration::from_millis(100));
}

#[test]
fn keyframe_requests_reach_the_publisher() {
    let mut world = World::new(|offer| offer);
    world.connect(Duration::from_secs(5));
    world.send(KEY);
    world.run(Duration::from_millis(20));
    world.ingest.request_keyframe(IngestTrack(0), 0);
    world.run(Duration::from_millis(20));
    assert_eq!(world.plis, 1);
    world.ingest.request_keyframe(IngestTrack(9), 0); // unknown: nothing happens
    world.run(Duration::from_millis(20));
    assert_eq!(world.plis, 1);
}

#[test]
fn the_end_is_told_once_with_its_reason() {
    let mut left = World::new(|offer| offer);
    left.connect(Duration::from_secs(5));
    left.client.close().unwrap();
    left.exchange();
    left.run(Duration::from_millis(50));
    assert_eq!(left.closed(), [Closed::Peer]);

    let mut closed = World::new(|offer| offer);
    closed.connect(Duration::from_secs(5));
    closed.ingest.close();
    closed.run(Duration::from_millis(50));
    assert_eq!(closed.closed(), [Closed::Local]);

    let mut silent = World::new(|offer| offer);
    silent.connect(Duration::from_secs(5));
    silent.lose = |_| true;
    silent.run(CONSENT - Duration::from_secs(5));
    assert_eq!(silent.closed(), []);
    silent.run(Duration::from_secs(6));
    assert_eq!(silent.closed(), [Closed::Timeout]);
}

#[test]
fn a_wrong_fingerprint_ends_the_session() {
    let mut world = World::new(|offer| {
        let at = offer.find("a=fingerprint:sha-256 ").unwrap() + "a=fingerprint:sha-256 ".len();
        let mut offer = offer;
        offer.replace_range(at..at + 5, "00:00");
        offer
    });
    world.run(Duration::from_secs(3));
    assert!(!world.connected());
    assert_eq!(world.closed(), [Closed::Failed]);
}

#[test]
fn mangled_offers_are_malformed() {
    let config = IngestConfig {
        candidates: vec![SERVER.parse().unwrap()],
        tcp_candidates: Vec::new(),
        worker: 0,
        cert: SharedCert::generate(),
    };
    let now = Instant::now();
    let offer = client(now).0.create_offer(None).unwrap().sdp;
    let cases = [
        String::new(),
        "v=0".to_owned(),
        "not sdp at all".to_owned(),
        offer
            .lines()
            .filter(|l| !l.contains("fingerprint"))
            .collect::<Vec<_>>()
            .join("\r\n"),
        offer
            .lines()
            .filter(|l| !l.contains("ice-ufrag"))
            .collect::<Vec<_>>()
            .join("\r\n"),
        offer.replace("a=mid:0", "a=mid:zero"),
    ];
    for case in cases {
        match Ingest::accept(now, &config, &case) {
            Err(OfferError::Malformed(_)) => {}
            Err(other) => panic!("{other} for {case}"),
            Ok(_) => panic!("accepted {case}"),
        }
    }
}
