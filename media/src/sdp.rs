//! A viewer's offer and our answer: which m-lines become receive slots, with which payload types.
//! rtc-sdp parses; the answer is written out, because it is short and every line was proven with
//! real clients.

pub(crate) mod counter;
mod fingerprint;

use std::fmt::Write as _;
use std::io::Cursor;
use std::net::SocketAddr;

use rtc_sdp::description::common::Attribute;
use rtc_sdp::description::media::MediaDescription;
use rtc_sdp::description::session::SessionDescription;

use crate::handle::{Kind, OfferError, Slot};
use crate::ice::Credentials;
use crate::limits::{OFFER_BYTES_MAX, SLOTS_MAX};
use crate::packet::Codec;
use crate::rtcp::CNAME;

use fingerprint::fingerprints;
pub(crate) use fingerprint::{Fingerprint, HashFunction, hex_pairs};

/// Payload types taken into one m-line: VP8, VP9, AV1 and the H.264 profiles that browsers offer.
const PAYLOADS_MAX: usize = 14;

/// The transport-wide sequence number (draft-holmer-rmcat-transport-wide-cc-extensions-01 §2).
const TRANSPORT_CC_URI: &str =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/// Our `a=ice-options`: fragments with candidates are taken (RFC 8840), and ICE is that of
/// RFC 8445.
pub(crate) const ICE_OPTIONS: &str = "trickle ice2";

/// H.264 without `profile-level-id` is Baseline, level 1 (RFC 6184 §8.1).
const H264_PROFILE_DEFAULT: u32 = 0x42_000a;

/// One way a slot can carry media.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Payload {
    /// What it carries.
    pub codec: Codec,
    /// The offerer's payload type.
    pub pt: u8,
    /// The offerer's payload type for retransmissions of it.
    pub rtx: Option<u8>,
    /// Header extension id under which packets carry a transport-wide sequence number; `None`
    /// without transport-cc feedback.
    pub transport_cc: Option<u8>,
    fmtp: Option<String>,
    feedback: Vec<&'static str>,
}

impl Payload {
    /// Without what only the answer needs: a slot keeps its payloads for life.
    pub(crate) fn slim(&self) -> Payload {
        Payload {
            fmtp: None,
            feedback: Vec::new(),
            ..*self
        }
    }

    #[cfg(test)]
    pub(crate) fn for_tests(codec: Codec, pt: u8, rtx: Option<u8>) -> Payload {
        Payload {
            codec,
            pt,
            rtx,
            transport_cc: None,
            fmtp: None,
            feedback: Vec::new(),
        }
    }
}

/// One m-line.
#[derive(Debug, Clone)]
pub(crate) struct Media {
    /// `audio`, `video`, `application`.
    name: String,
    proto: String,
    formats: String,
    mid: String,
    /// Kind and payloads of a slot; `None` when the m-line is of no use here and is rejected.
    wanted: Option<(Kind, Vec<Payload>)>,
}

/// What we need of an offer.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    /// Certificate hashes, at least one.
    pub fingerprints: Vec<Fingerprint>,
    /// The peer waits for our DTLS ClientHello (`setup:passive`).
    pub we_are_active: bool,
    /// The peer's ICE credentials.
    pub ice: Credentials,
    media: Vec<Media>,
}

/// SSRCs of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ssrcs {
    /// Media.
    pub media: u32,
    /// Retransmissions.
    pub rtx: u32,
}

impl Ssrcs {
    pub(crate) fn random() -> Ssrcs {
        Ssrcs {
            media: rand::random(),
            rtx: rand::random(),
        }
    }
}

/// Our side of the transport.
pub(crate) struct Transport<'a> {
    /// Session id of the `o=` line.
    pub session: u64,
    /// ICE credentials.
    pub ice: &'a Credentials,
    /// SHA-256 of our certificate.
    pub fingerprint: &'a str,
    /// Host candidates, at least one.
    pub candidates: &'a [SocketAddr],
    /// Passive TCP candidates (RFC 6544).
    pub tcp_candidates: &'a [SocketAddr],
}

impl Offer {
    /// Reads a viewer's offer.
    pub(crate) fn parse(text: &str) -> Result<Offer, OfferError> {
        if text.len() > OFFER_BYTES_MAX {
            return Err(OfferError::Malformed(format!(
                "longer than {OFFER_BYTES_MAX} bytes"
            )));
        }
        let sdp = SessionDescription::unmarshal(&mut Cursor::new(text.as_bytes()))
            .map_err(|error| OfferError::Malformed(error.to_string()))?;
        let first = |key: &str| first_attribute(&sdp, key);
        let needed = |key: &str| {
            first(key).ok_or_else(|| OfferError::Malformed(format!("`a={key}` is missing")))
        };
        let ice = Credentials::checked(needed("ice-ufrag")?, needed("ice-pwd")?)
            .ok_or_else(|| OfferError::Malformed("`a=ice-ufrag` or `a=ice-pwd`".to_owned()))?;
        needed("fingerprint")?;
        let fingerprints = fingerprints(&sdp);
        if fingerprints.is_empty() {
            return Err(OfferError::Unacceptable("no SHA-2 fingerprint".to_owned()));
        }
        let media = sdp
            .media_descriptions
            .iter()
            .map(Media::parse)
            .collect::<Result<Vec<_>, _>>()?;
        let offer = Offer {
            fingerprints,
            we_are_active: first("setup") == Some("passive"),
            ice,
            media,
        };
        let slots = offer.slots().count();
        if slots == 0 {
            return Err(OfferError::Unacceptable(
                "no m-line receives VP8, VP9, H.264 (packetization-mode 1), AV1 or Opus".to_owned(),
            ));
        }
        if slots > SLOTS_MAX {
            return Err(OfferError::Unacceptable(format!(
                "more than {SLOTS_MAX} receive slots"
            )));
        }
        Ok(offer)
    }

    /// The accepted m-lines in order, with their payloads.
    pub(crate) fn slots(&self) -> impl Iterator<Item = (Slot, &[Payload])> {
        self.media.iter().enumerate().filter_map(|(line, media)| {
            let (kind, payloads) = media.wanted.as_ref()?;
            Some((
                Slot {
                    mid: media.mid.clone(),
                    line,
                    kind: *kind,
                },
                payloads.as_slice(),
            ))
        })
    }

    /// WHEP knows one MediaStream with at most one track of a kind (draft, "Single MediaStream").
    pub(crate) fn require_one_of_each(&self) -> Result<(), OfferError> {
        let count = |kind| self.slots().filter(|(slot, _)| slot.kind == kind).count();
        if count(Kind::Audio) > 1 || count(Kind::Video) > 1 {
            return Err(OfferError::Unacceptable(
                "more than one audio and one video track".to_owned(),
            ));
        }
        Ok(())
    }

    /// The answer; `ssrcs` are those of the slots, in order.
    pub(crate) fn answer(&self, transport: &Transport<'_>, ssrcs: &[Ssrcs]) -> String {
        let mut sdp = String::with_capacity(1_024 * (1 + ssrcs.len()));
        let ip = ip_line(transport.candidates);
        line(&mut sdp, format_args!("v=0"));
        line(&mut sdp, format_args!("o=- {} 2 {ip}", transport.session));
        line(&mut sdp, format_args!("s=-"));
        line(&mut sdp, format_args!("t=0 0"));
        let mids: Vec<_> = self.slots().map(|(slot, _)| slot.mid).collect();
        line(&mut sdp, format_args!("a=group:BUNDLE {}", mids.join(" ")));
        line(&mut sdp, format_args!("a=ice-lite"));
        line(&mut sdp, format_args!("a=ice-options:{ICE_OPTIONS}"));
        line(&mut sdp, format_args!("a=msid-semantic: WMS *"));
        let mut ssrcs = ssrcs.iter();
        let (mut audio, mut video) = (0, 0);
        for media in &self.media {
            let slot = media
                .wanted
                .as_ref()
                .and_then(|wanted| Some((wanted, ssrcs.next()?)));
            let Some(((kind, payloads), ssrcs)) = slot else {
                media.reject(&mut sdp);
                continue;
            };
            let nth = match kind {
                Kind::Audio => &mut audio,
                Kind::Video => &mut video,
            };
            media.open(&mut sdp, payloads, &ip);
            self.write_transport(&mut sdp, transport);
            media.write_payloads(&mut sdp, payloads);
            media.write_source(&mut sdp, payloads, *ssrcs, *nth);
            *nth += 1;
        }
        sdp
    }

    fn write_transport(&self, sdp: &mut String, transport: &Transport<'_>) {
        write_candidates(sdp, transport.candidates, transport.tcp_candidates);
        line(sdp, format_args!("a=ice-ufrag:{}", transport.ice.ufrag));
        line(sdp, format_args!("a=ice-pwd:{}", transport.ice.pwd));
        line(
            sdp,
            format_args!("a=fingerprint:sha-256 {}", transport.fingerprint),
        );
        let setup = if self.we_are_active {
            "active"
        } else {
            "passive"
        };
        line(sdp, format_args!("a=setup:{setup}"));
        line(sdp, format_args!("a=rtcp-mux"));
        // RFC 9725 §4.4.1 and the WHEP draft ask for it on both sides.
        line(sdp, format_args!("a=rtcp-mux-only"));
    }
}

/// All candidates there are; none will follow.
pub(crate) fn write_candidates(
    sdp: &mut String,
    candidates: &[SocketAddr],
    tcp_candidates: &[SocketAddr],
) {
    // RFC 8445 §5.1.2.1: host type preference 126; earlier candidates are preferred.
    for (n, candidate) in candidates.iter().enumerate() {
        let priority = (126u32 << 24) | ((65_535 - n as u32) << 8) | 255;
        let (ip, port) = (candidate.ip(), candidate.port());
        let foundation = n + 1;
        line(
            sdp,
            format_args!("a=candidate:{foundation} 1 udp {priority} {ip} {port} typ host"),
        );
    }
    for (n, candidate) in tcp_candidates.iter().enumerate() {
        let foundation = candidates.len() + n + 1;
        let (priority, ip, port) = (tcp_priority(n), candidate.ip(), candidate.port());
        line(
            sdp,
            format_args!(
                "a=candidate:{foundation} 1 tcp {priority} {ip} {port} typ host tcptype passive"
            ),
        );
    }
    line(sdp, format_args!("a=end-of-candidates"));
}

impl Media {
    fn parse(media: &MediaDescription) -> Result<Media, OfferError> {
        let name = &media.media_name;
        let mid = value(media, "mid")
            .ok_or_else(|| OfferError::Malformed("an m-line has no `a=mid`".to_owned()))?;
        if mid.is_empty() || !mid.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(OfferError::Malformed("`a=mid` is not a token".to_owned()));
        }
        let kind = match name.media.as_str() {
            "audio" => Some(Kind::Audio),
            "video" => Some(Kind::Video),
            _ => None,
        };
        let receives = !media.has_attribute("sendonly") && !media.has_attribute("inactive");
        // JSEP gives the bundled m-lines of a max-bundle offer port 0 (RFC 9429 §5.2.1).
        let open = name.port.value != 0 || media.has_attribute("bundle-only");
        let usable = receives && open && media.has_attribute("rtcp-mux");
        let wanted = kind.filter(|_| usable).and_then(|kind| {
            let payloads = payloads(media, kind);
            (!payloads.is_empty()).then_some((kind, payloads))
        });
        Ok(Media {
            name: name.media.clone(),
            proto: name.protos.join("/"),
            formats: name.formats.join(" "),
            mid: mid.to_owned(),
            wanted,
        })
    }

    fn reject(&self, sdp: &mut String) {
        line(
            sdp,
            format_args!("m={} 0 {} {}", self.name, self.proto, self.formats),
        );
        line(sdp, format_args!("c=IN IP4 0.0.0.0"));
        line(sdp, format_args!("a=mid:{}", self.mid));
        line(sdp, format_args!("a=inactive"));
    }

    fn open(&self, sdp: &mut String, payloads: &[Payload], ip: &str) {
        let mut types = String::new();
        for payload in payloads {
            for pt in [Some(payload.pt), payload.rtx].into_iter().flatten() {
                let _ = write!(types, " {pt}");
            }
        }
        line(sdp, format_args!("m={} 9 {}{types}", self.name, self.proto));
        line(sdp, format_args!("c={ip}"));
        line(sdp, format_args!("a=rtcp:9 IN IP4 0.0.0.0"));
    }

    fn write_payloads(&self, sdp: &mut String, payloads: &[Payload]) {
        line(sdp, format_args!("a=mid:{}", self.mid));
        line(sdp, format_args!("a=sendonly"));
        if let Some(id) = payloads.iter().find_map(|payload| payload.transport_cc) {
            line(sdp, format_args!("a=extmap:{id} {TRANSPORT_CC_URI}"));
        }
        for payload in payloads {
            let (pt, name) = (payload.pt, rtpmap(payload.codec));
            line(sdp, format_args!("a=rtpmap:{pt} {name}"));
            if let Some(fmtp) = &payload.fmtp {
                line(sdp, format_args!("a=fmtp:{pt} {fmtp}"));
            }
            for feedback in &payload.feedback {
                line(sdp, format_args!("a=rtcp-fb:{pt} {feedback}"));
            }
            if let Some(rtx) = payload.rtx {
                line(sdp, format_args!("a=rtpmap:{rtx} rtx/90000"));
                line(sdp, format_args!("a=fmtp:{rtx} apt={pt}"));
            }
        }
    }

    /// The n-th audio and the n-th video slot share a stream, so that players keep them in step.
    fn write_source(&self, sdp: &mut String, payloads: &[Payload], ssrcs: Ssrcs, nth: usize) {
        let msid = format!("{CNAME}-{nth} {}-{nth}", self.name);
        let has_rtx = payloads.iter().any(|payload| payload.rtx.is_some());
        if has_rtx {
            line(
                sdp,
                format_args!("a=ssrc-group:FID {} {}", ssrcs.media, ssrcs.rtx),
            );
        }
        line(sdp, format_args!("a=msid:{msid}"));
        for ssrc in [Some(ssrcs.media), has_rtx.then_some(ssrcs.rtx)]
            .into_iter()
            .flatten()
        {
            line(sdp, format_args!("a=ssrc:{ssrc} cname:{CNAME}"));
            line(sdp, format_args!("a=ssrc:{ssrc} msid:{msid}"));
        }
    }
}

fn rtpmap(codec: Codec) -> &'static str {
    match codec {
        Codec::Vp8 => "VP8/90000",
        Codec::Vp9 { .. } => "VP9/90000",
        Codec::Av1 { .. } => "AV1/90000",
        Codec::H264 { .. } => "H264/90000",
        Codec::Opus => "opus/48000/2",
    }
}

/// RFC 6544 §4.2: a type preference below UDP's (90, as browsers have it), and a local preference
/// made of the direction's (4, passive) and ours.
fn tcp_priority(n: usize) -> u32 {
    (90 << 24) | (((4 << 13) | (8_191 - n as u32)) << 8) | 255
}

fn ip_line(candidates: &[SocketAddr]) -> String {
    match candidates.first() {
        Some(SocketAddr::V6(address)) => format!("IN IP6 {}", address.ip()),
        Some(SocketAddr::V4(address)) => format!("IN IP4 {}", address.ip()),
        None => "IN IP4 0.0.0.0".to_owned(),
    }
}

fn line(sdp: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = write!(sdp, "{text}\r\n");
}

fn value<'a>(media: &'a MediaDescription, key: &str) -> Option<&'a str> {
    media.attribute(key).flatten()
}

/// First value of an attribute that may stand in an m-section or above all of them.
fn first_attribute<'a>(sdp: &'a SessionDescription, key: &str) -> Option<&'a str> {
    let in_media = sdp
        .media_descriptions
        .iter()
        .find_map(|media| value(media, key));
    in_media.or_else(|| sdp.attribute(key).map(String::as_str))
}

fn values<'a>(attributes: &'a [Attribute], key: &'a str) -> impl Iterator<Item = &'a str> {
    attributes
        .iter()
        .filter(move |attribute| attribute.key == key)
        .filter_map(|attribute| attribute.value.as_deref())
}

/// The payload types of an m-line that this server can send.
fn payloads(media: &MediaDescription, kind: Kind) -> Vec<Payload> {
    let extension = transport_cc_extension(media);
    let mut found = Vec::new();
    for rtpmap in values(&media.attributes, "rtpmap") {
        let Some((pt, name)) = rtpmap.split_once(' ') else {
            continue;
        };
        let Some(pt) = parse_pt(pt) else { continue };
        let fmtp = fmtp(media, pt);
        let Some(codec) = codec(name, fmtp) else {
            continue;
        };
        if codec.kind() != kind || found.len() == PAYLOADS_MAX {
            continue;
        }
        let rtx = rtx(media, pt).filter(|_| kind == Kind::Video);
        // A numbered packet never leaves twice with the same bytes, so where losses are repaired
        // in-band (video without RTX) packets go without numbers.
        let numbered = rtx.is_some() || kind == Kind::Audio;
        let transport_cc = extension.filter(|_| numbered && offers(media, pt, TRANSPORT_CC));
        found.push(Payload {
            codec,
            pt,
            rtx,
            transport_cc,
            fmtp: fmtp.map(str::to_owned),
            feedback: feedback(media, pt, kind, transport_cc.is_some()),
        });
    }
    found
}

/// RTP payload types are seven bits, and 64 to 95 would look like RTCP (RFC 5761 §4).
fn parse_pt(text: &str) -> Option<u8> {
    text.trim()
        .parse()
        .ok()
        .filter(|pt| *pt < 128 && !(64..96).contains(pt))
}

fn codec(name: &str, fmtp: Option<&str>) -> Option<Codec> {
    match name.trim().to_ascii_lowercase().as_str() {
        "vp8/90000" => Some(Codec::Vp8),
        "vp9/90000" => Some(Codec::Vp9 {
            profile: number(fmtp, "profile-id")?,
        }),
        "av1/90000" => Some(Codec::Av1 {
            profile: number(fmtp, "profile")?,
        }),
        "opus/48000/2" => Some(Codec::Opus),
        "h264/90000" => {
            let fmtp = fmtp?;
            (parameter(fmtp, "packetization-mode") == Some("1")).then_some(())?;
            let profile = match parameter(fmtp, "profile-level-id") {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => H264_PROFILE_DEFAULT,
            };
            Some(Codec::H264 {
                profile_level_id: profile,
            })
        }
        _ => None,
    }
}

/// A small number of a codec's parameters, 0 when it is left out; `None` when it is not one.
fn number(fmtp: Option<&str>, key: &str) -> Option<u8> {
    match fmtp.and_then(|fmtp| parameter(fmtp, key)) {
        Some(text) => text.trim().parse().ok(),
        None => Some(0),
    }
}

fn parameter<'a>(fmtp: &'a str, key: &str) -> Option<&'a str> {
    let mut pairs = fmtp
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(name, _)| name.eq_ignore_ascii_case(key))
        .map(|(_, value)| value)
}

fn fmtp(media: &MediaDescription, pt: u8) -> Option<&str> {
    values(&media.attributes, "fmtp").find_map(|line| {
        let (number, rest) = line.split_once(' ')?;
        (parse_pt(number) == Some(pt)).then_some(rest)
    })
}

fn rtx(media: &MediaDescription, pt: u8) -> Option<u8> {
    values(&media.attributes, "rtpmap").find_map(|line| {
        let (number, name) = line.split_once(' ')?;
        let rtx = parse_pt(number)?;
        if !name.trim().eq_ignore_ascii_case("rtx/90000") {
            return None;
        }
        let apt = parameter(fmtp(media, rtx)?, "apt")?;
        (parse_pt(apt) == Some(pt)).then_some(rtx)
    })
}

const TRANSPORT_CC: &str = "transport-cc";
const REMB: &str = "goog-remb";

/// Feedback we answer, as far as the viewer offered it. Of the two ways to tell the bandwidth the
/// better one is answered alone, as libwebrtc's endpoints do.
fn feedback(media: &MediaDescription, pt: u8, kind: Kind, numbered: bool) -> Vec<&'static str> {
    let repairs: &[&str] = match kind {
        Kind::Video => &["nack", "nack pli", "ccm fir"],
        Kind::Audio => &[],
    };
    let bandwidth = if numbered { TRANSPORT_CC } else { REMB };
    let answered = repairs.iter().copied().chain([bandwidth]);
    answered
        .filter(|wanted| offers(media, pt, wanted))
        .collect()
}

fn offers(media: &MediaDescription, pt: u8, feedback: &str) -> bool {
    values(&media.attributes, "rtcp-fb").any(|line| {
        let Some((number, what)) = line.split_once(' ') else {
            return false;
        };
        (number == "*" || parse_pt(number) == Some(pt)) && what.trim() == feedback
    })
}

/// The id offered for transport-wide sequence numbers, if it fits a one-byte header
/// (RFC 8285 §4.2: 1 to 14) and the viewer would receive it.
fn transport_cc_extension(media: &MediaDescription) -> Option<u8> {
    values(&media.attributes, "extmap").find_map(|line| {
        let (id, rest) = line.split_once(' ')?;
        let uri = rest.split_whitespace().next()?;
        let (id, direction) = id.split_once('/').unwrap_or((id, "recvonly"));
        let received = matches!(direction, "recvonly" | "sendrecv");
        let id = id.parse().ok().filter(|id| (1..=14).contains(id));
        id.filter(|_| received && uri == TRANSPORT_CC_URI)
    })
}

#[cfg(test)]
mod tests;
