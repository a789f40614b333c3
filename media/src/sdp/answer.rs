//! The answer to a viewer's offer, written out line by line.

use std::fmt::Write as _;
use std::net::SocketAddr;

use super::payload::{Payload, TRANSPORT_CC_URI};
use super::{Media, Offer, Ssrcs, Transport};
use crate::handle::Kind;
use crate::packet::Codec;
use crate::rtcp::CNAME;

/// Our `a=ice-options`: fragments with candidates are taken (RFC 8840), and ICE is that of
/// RFC 8445.
pub(crate) const ICE_OPTIONS: &str = "trickle ice2";
impl Offer {
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
