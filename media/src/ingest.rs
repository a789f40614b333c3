//! One publisher as a sans-IO machine; the only file that names `str0m`.
//!
//! The engine runs in RTP mode, ICE-lite: it answers checks, decrypts, asks for lost packets
//! (NACK, answered by RTX), feeds the sender's bandwidth estimate (transport-cc) and hands up
//! each packet once. Here its output becomes tracks, layers and packets of the forwarder.

mod continuity;
mod offer;
mod restart;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use bytes::Bytes;
use str0m::change::SdpOffer;
use str0m::config::DtlsCert;
use str0m::format::PayloadParams;
use str0m::media::{KeyframeRequestKind, Mid, Rid};
use str0m::net::{Protocol, Receive, TcpType};
use str0m::rtp::RtpPacket;
use str0m::{Candidate, Event, IceCreds, Input, Output, Rtc, RtcConfig};

use crate::batch::{Path, Proto};
use crate::codec;
use crate::flight::Flight;
use crate::handle::{Closed, OfferError};
use crate::ice::{self, Credentials};
use crate::limits::HANDSHAKE_MAX;
use crate::packet::{Codec, Packet};
use continuity::Continuity;
use offer::Line;

/// A publisher of whom neither a check nor a packet was heard for this long is gone
/// (RFC 7675 §5.1: consent expires after 30 s).
const CONSENT: Duration = Duration::from_secs(30);

/// The publishers' DTLS certificate, made once per process and shared by every worker.
#[derive(Clone)]
pub(crate) struct SharedCert(DtlsCert);

impl SharedCert {
    /// Makes a fresh self-signed ECDSA P-256 certificate.
    pub(crate) fn generate() -> SharedCert {
        let provider = str0m::crypto::from_feature_flags().dtls_provider;
        let cert = provider
            .generate_certificate()
            .expect("the aws-lc-rs provider makes them");
        SharedCert(cert)
    }
}

/// What a worker's publishers have in common.
pub(crate) struct IngestConfig {
    /// Host candidates put into the answer.
    pub candidates: Vec<SocketAddr>,
    /// Passive TCP candidates (RFC 6544).
    pub tcp_candidates: Vec<SocketAddr>,
    /// The worker's number, for its ufrags.
    pub worker: usize,
    /// The shared certificate.
    pub cert: SharedCert,
}

/// A track of one publisher: its m-line's index in the offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct IngestTrack(pub u8);

/// What the machine wants done; drained until `Timeout`.
#[derive(Debug)]
pub(crate) enum IngestOutput {
    /// Nothing more now; call [`Ingest::handle_timeout`] at this instant.
    Timeout(Instant),
    /// A datagram for the publisher.
    Transmit {
        /// By which protocol.
        proto: Proto,
        /// Where to.
        destination: SocketAddr,
        /// The datagram.
        data: Vec<u8>,
    },
    /// DTLS is up.
    Connected,
    /// First packet of a new track; always before the track's first `Packet`.
    TrackAdded {
        /// The track.
        track: IngestTrack,
        /// What it is coded with.
        codec: Codec,
        /// Whether the publisher answers PLI or FIR (FFmpeg does not).
        keyframes_on_request: bool,
        /// Restriction ids of its layers, the lowest first; empty without simulcast.
        rids: Vec<String>,
    },
    /// One media packet; duplicates, padding-only packets and RTX wrapping are already gone.
    Packet {
        /// The track.
        track: IngestTrack,
        /// Simulcast layer, 0 the lowest; 0 without simulcast.
        layer: u8,
        /// The packet.
        packet: Packet,
    },
    /// The session is over; nothing follows.
    Closed(Closed),
}

/// One publisher.
pub(crate) struct Ingest {
    rtc: Rtc,
    /// What checks are proven by.
    pub ice: ice::Session,
    /// As the engine got it.
    offer: String,
    candidates: Vec<SocketAddr>,
    tcp_candidates: Vec<SocketAddr>,
    /// At least one.
    tracks: Vec<Track>,
    /// Made but not yet polled.
    ready: VecDeque<IngestOutput>,
    now: Instant,
    /// When time must be told next.
    wake: Instant,
    heard: Instant,
    born: Instant,
    connected: bool,
    /// Media packets authenticated so far.
    packets: u64,
    flight: Flight<(Proto, SocketAddr, Vec<u8>)>,
    closing: Option<Closed>,
    closed: bool,
}

/// One m-line.
struct Track {
    line: Line,
    mid: Mid,
    /// Known from its first packet on.
    codec: Option<Codec>,
    layers: HashMap<u8, Continuity>,
}

/// In one line, without the memory addresses that the parser prints.
fn malformed(error: &dyn std::fmt::Display) -> OfferError {
    let text = error.to_string();
    let lines: Vec<_> = text
        .lines()
        .filter(|line| !line.contains("PointerOffset"))
        .collect();
    OfferError::Malformed(lines.join(", "))
}

impl Ingest {
    /// Accepts a WHIP or page offer; returns the machine and the SDP answer.
    pub(crate) fn accept(
        now: Instant,
        config: &IngestConfig,
        offer: &str,
    ) -> Result<(Ingest, String), OfferError> {
        let sending = offer::sending_only(offer);
        let parsed = SdpOffer::from_sdp_string(&sending).map_err(|error| malformed(&error))?;
        let lines = offer::check(offer)?;
        let remote = offer::credentials(offer)?;
        let local = Credentials::random(config.worker);
        let creds = IceCreds {
            ufrag: local.ufrag.clone(),
            pass: local.pwd.clone(),
        };
        let mut rtc = RtcConfig::new()
            .set_rtp_mode(true)
            .set_ice_lite(true)
            .set_local_ice_credentials(creds)
            .set_dtls_cert(config.cert.0.clone())
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .enable_vp9(true)
            .enable_h264(true)
            .enable_av1(true)
            .build(now);
        for address in &config.candidates {
            let candidate = Candidate::host(*address, Protocol::Udp)
                .map_err(|_| OfferError::Unacceptable(format!("no route to `{address}`")))?;
            rtc.add_local_candidate(candidate);
        }
        for address in &config.tcp_candidates {
            let passive = Candidate::builder().tcp().host(*address);
            let candidate = passive.tcptype(TcpType::Passive).build();
            rtc.add_local_candidate(
                candidate
                    .map_err(|_| OfferError::Unacceptable(format!("no TCP at `{address}`")))?,
            );
        }
        let answer = catch_unwind(AssertUnwindSafe(|| rtc.sdp_api().accept_offer(parsed)))
            .map_err(|_| OfferError::Malformed("the offer contradicts itself".into()))?
            .map_err(|error| malformed(&error))?;
        let tracks: Vec<Track> = lines.into_iter().map(Track::new).collect();
        for track in &tracks {
            let matched = rtc
                .media(track.mid)
                .is_some_and(|media| !media.remote_pts().is_empty());
            if !matched {
                let why = format!("no common format for m-line {}", track.line.index);
                return Err(OfferError::Unacceptable(why));
            }
        }
        let ingest = Ingest {
            rtc,
            ice: ice::Session::new(local, remote),
            offer: sending,
            candidates: config.candidates.clone(),
            tcp_candidates: config.tcp_candidates.clone(),
            tracks,
            ready: VecDeque::new(),
            now,
            wake: now,
            heard: now,
            born: now,
            connected: false,
            packets: 0,
            flight: Flight::new(now),
            closing: None,
            closed: false,
        };
        // RFC 9725 §4.4.1 asks for it; the engine leaves it out.
        let answer = answer.to_sdp_string();
        let answer = answer.replace("a=rtcp-mux\r\n", "a=rtcp-mux\r\na=rtcp-mux-only\r\n");
        Ok((ingest, answer))
    }

    /// Ufrag and password by which the demux finds this publisher.
    pub(crate) fn local_credentials(&self) -> (&str, &str) {
        self.ice.local()
    }

    /// Takes one datagram from the network; `true`: it carried media, authenticated. A socket
    /// bound to all addresses need not know which one was meant: an unknown `destination` counts
    /// as the first candidate of its family.
    pub(crate) fn handle_datagram(
        &mut self,
        now: Instant,
        path: Path,
        destination: SocketAddr,
        data: &[u8],
    ) -> bool {
        self.now = self.now.max(now);
        let packets = self.packets;
        if data.first().is_some_and(|octet| (20..64).contains(octet)) {
            self.flight.heard();
        }
        let destination = self.candidate_for(path, destination);
        let proto = match path.proto {
            Proto::Udp => Protocol::Udp,
            Proto::Tcp => Protocol::Tcp,
        };
        let Ok(datagram) = Receive::new(proto, path.remote, destination, data) else {
            return false;
        };
        let now = self.now;
        if let Err(error) = self.engine(|rtc| rtc.handle_input(Input::Receive(now, datagram))) {
            // Anybody can send garbage from a forged address: it ends the session only when the
            // engine itself has given up.
            tracing::debug!(%error, "datagram of a publisher refused");
            if !self.rtc.is_alive() {
                self.end(Closed::Failed);
            }
        }
        self.drain();
        self.packets != packets
    }

    /// Advances time.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.now = self.now.max(now);
        let now = self.now;
        if now >= self.heard + CONSENT {
            self.end(Closed::Timeout);
            return;
        }
        if !self.connected && now >= self.born + HANDSHAKE_MAX {
            self.end(Closed::Failed);
            return;
        }
        for (proto, destination, data) in self.flight.take_due(now) {
            self.ready.push_back(IngestOutput::Transmit {
                proto,
                destination,
                data,
            });
        }
        if let Err(error) = self.engine(|rtc| rtc.handle_input(Input::Timeout(now))) {
            tracing::debug!(%error, "publisher failed");
            self.end(Closed::Failed);
        }
        self.drain();
    }

    /// Asks the publisher for a key frame (PLI). The caller throttles.
    pub(crate) fn request_keyframe(&mut self, track: IngestTrack, layer: u8) {
        let Some(track) = self.tracks.iter().find(|known| known.id() == track) else {
            return;
        };
        let (mid, rid) = (track.mid, track.line.rid(layer).map(Rid::from));
        let now = self.now;
        let asked = self.engine(|rtc| {
            if let Some(stream) = rtc.direct_api().stream_rx_by_mid(mid, rid) {
                stream.request_keyframe(KeyframeRequestKind::Pli);
            }
            rtc.handle_input(Input::Timeout(now))
        });
        if asked.is_err() {
            self.end(Closed::Failed);
        }
        self.drain();
    }

    /// Ends the session: close_notify, then `Closed(Local)`.
    pub(crate) fn close(&mut self) {
        if self.engine(Rtc::close).is_err() {
            tracing::debug!("publisher closed without a farewell");
        }
        self.closing.get_or_insert(Closed::Local);
        self.drain();
    }

    /// The next thing to do.
    pub(crate) fn poll(&mut self) -> IngestOutput {
        self.ready
            .pop_front()
            .unwrap_or(IngestOutput::Timeout(self.wake))
    }

    /// Empties the engine, which holds one packet at most: after every input, before the next.
    fn drain(&mut self) {
        while !self.closed {
            match self.engine(Rtc::poll_output) {
                Ok(Output::Transmit(transmit)) => {
                    let proto = match transmit.proto {
                        Protocol::Udp => Proto::Udp,
                        _ => Proto::Tcp,
                    };
                    self.transmit(proto, transmit.destination, transmit.contents.into());
                }
                Ok(Output::Event(event)) => self.event(event),
                Ok(Output::Timeout(at)) => match self.closing {
                    Some(reason) => self.end(reason),
                    None => {
                        self.wake = self.next_timeout(at);
                        return;
                    }
                },
                Err(error) => {
                    tracing::debug!(%error, "publisher failed");
                    self.end(self.closing.unwrap_or(Closed::Failed));
                }
            }
        }
        self.wake = self.now + CONSENT;
    }

    /// Runs the engine so that a panic in it costs this session only.
    fn engine<T>(
        &mut self,
        run: impl FnOnce(&mut Rtc) -> Result<T, str0m::RtcError>,
    ) -> Result<T, String> {
        let rtc = &mut self.rtc;
        match catch_unwind(AssertUnwindSafe(|| run(rtc))) {
            Ok(result) => result.map_err(|error| error.to_string()),
            Err(_) => {
                self.end(Closed::Failed);
                Err("the engine panicked".into())
            }
        }
    }

    /// Reports the end, once.
    fn end(&mut self, reason: Closed) {
        if !self.closed {
            self.closed = true;
            self.ready.push_back(IngestOutput::Closed(reason));
        }
    }

    fn next_timeout(&self, engine: Instant) -> Instant {
        let flight = self.flight.due();
        let mut at = engine.min(self.heard + CONSENT);
        if !self.connected {
            at = at.min(self.born + HANDSHAKE_MAX);
        }
        flight.map_or(at, |due| at.min(due))
    }

    fn candidate_for(&self, path: Path, destination: SocketAddr) -> SocketAddr {
        let candidates = match path.proto {
            Proto::Udp => &self.candidates,
            Proto::Tcp => &self.tcp_candidates,
        };
        if candidates.contains(&destination) {
            return destination;
        }
        let same_family = candidates
            .iter()
            .find(|c| c.is_ipv4() == path.remote.is_ipv4());
        same_family.copied().unwrap_or(destination)
    }

    fn transmit(&mut self, proto: Proto, destination: SocketAddr, data: Vec<u8>) {
        match data.first_chunk::<14>() {
            // A success response: the request behind it passed its integrity check.
            Some([0x01, 0x01, ..]) => self.heard = self.now,
            // Handshake, change of cipher.
            Some([20 | 22, ..]) => {
                let now = self.now;
                let datagram = (proto, destination, data.clone());
                self.flight.sent(now, &data, datagram);
            }
            _ => {}
        }
        self.ready.push_back(IngestOutput::Transmit {
            proto,
            destination,
            data,
        });
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Connected => {
                self.connected = true;
                self.ready.push_back(IngestOutput::Connected);
            }
            Event::RtpPacket(packet) => self.packet(packet),
            Event::Closed => {
                self.closing.get_or_insert(Closed::Peer);
            }
            _ => {}
        }
    }

    fn packet(&mut self, rtp: RtpPacket) {
        self.heard = self.now;
        self.packets += 1;
        // Media proves that the last flight arrived.
        self.flight.stop();
        let header = &rtp.header;
        let api = &mut self.rtc.direct_api();
        let Some((mid, rid)) = api.stream_rx(&header.ssrc).map(|s| (s.mid(), s.rid())) else {
            return;
        };
        let Some(track) = self.tracks.iter_mut().find(|track| track.mid == mid) else {
            return;
        };
        let Some(layer) = track.line.layer(rid.as_deref()) else {
            return;
        };
        if rtp.payload.is_empty() {
            return;
        }
        let codec = match track.codec {
            Some(codec) => codec,
            None => {
                let params = self.rtc.codec_config().iter();
                let Some(codec) = params
                    .filter(|params| params.pt() == header.payload_type)
                    .find_map(read_codec)
                else {
                    return;
                };
                track.codec = Some(codec);
                self.ready.push_back(IngestOutput::TrackAdded {
                    track: track.id(),
                    codec,
                    keyframes_on_request: track.line.keyframes_on_request,
                    rids: track.line.kept_rids().to_vec(),
                });
                codec
            }
        };
        let Some((seq, rtp_ts)) = track.layers.entry(layer).or_default().place(
            *header.ssrc,
            *rtp.seq_no,
            header.timestamp,
            rtp.timestamp,
            codec.clock_hz(),
        ) else {
            return;
        };
        self.ready.push_back(IngestOutput::Packet {
            track: track.id(),
            layer,
            packet: Packet {
                seq,
                rtp_ts,
                marker: header.marker,
                keyframe: codec::starts_keyframe(codec, &rtp.payload),
                numbers: codec::numbers(codec, &rtp.payload),
                temporal: codec::temporal(codec, &rtp.payload),
                arrival: rtp.timestamp,
                payload: Bytes::from_owner(rtp.payload),
            },
        });
    }
}

impl Track {
    fn new(line: Line) -> Track {
        let mid = Mid::from(line.mid.as_str());
        Track {
            line,
            mid,
            codec: None,
            layers: HashMap::new(),
        }
    }

    fn id(&self) -> IngestTrack {
        IngestTrack(self.line.index)
    }
}

fn read_codec(params: &PayloadParams) -> Option<Codec> {
    let spec = params.spec();
    match spec.codec {
        str0m::format::Codec::Opus => Some(Codec::Opus),
        str0m::format::Codec::Vp8 => Some(Codec::Vp8),
        str0m::format::Codec::Vp9 => Some(Codec::Vp9 {
            profile: u8::try_from(spec.format.profile_id.unwrap_or(0)).ok()?,
        }),
        str0m::format::Codec::Av1 => Some(Codec::Av1 {
            profile: spec.format.profile.unwrap_or(0),
        }),
        str0m::format::Codec::H264 => Some(Codec::H264 {
            // RFC 6184 §8.1: baseline profile at level 1 when the parameter is left out.
            profile_level_id: spec.format.profile_level_id.unwrap_or(0x42_00_0a),
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
