//! The payload types of an m-line that a slot can carry.

use rtc_sdp::description::common::Attribute;
use rtc_sdp::description::media::MediaDescription;

use crate::handle::Kind;
use crate::packet::Codec;

/// Payload types taken into one m-line: VP8, VP9, AV1 and the H.264 profiles that browsers offer.
const PAYLOADS_MAX: usize = 14;

/// The transport-wide sequence number (draft-holmer-rmcat-transport-wide-cc-extensions-01 §2).
pub(super) const TRANSPORT_CC_URI: &str =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
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
    pub(super) fmtp: Option<String>,
    pub(super) feedback: Vec<&'static str>,
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
fn values<'a>(attributes: &'a [Attribute], key: &'a str) -> impl Iterator<Item = &'a str> {
    attributes
        .iter()
        .filter(move |attribute| attribute.key == key)
        .filter_map(|attribute| attribute.value.as_deref())
}

/// The payload types of an m-line that this server can send.
pub(super) fn payloads(media: &MediaDescription, kind: Kind) -> Vec<Payload> {
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
