//! Offers of real clients (shortened), mutations of them, and junk.

use proptest::prelude::*;

use super::*;

const SHA256: &str = "7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08";

/// What Chromium offers for one recvonly video and one audio m-line and a data channel.
fn chromium() -> String {
    let transport = format!(
        "a=ice-ufrag:abcd\na=ice-pwd:abcdefghijklmnopqrstuvwx\na=fingerprint:sha-256 {SHA256}\n\
         a=setup:actpass\na=rtcp-mux\n"
    );
    format!(
        "v=0\no=- 4611731400430051336 2 IN IP4 127.0.0.1\ns=-\nt=0 0\na=group:BUNDLE 0 1 2\n\
         m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 104 105 98\nc=IN IP4 0.0.0.0\n{transport}\
         a=mid:0\na=recvonly\na=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid\n\
         a=rtpmap:96 VP8/90000\na=rtcp-fb:96 goog-remb\na=rtcp-fb:96 nack\n\
         a=rtcp-fb:96 nack pli\na=rtcp-fb:96 ccm fir\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=96\n\
         a=rtpmap:102 H264/90000\na=rtcp-fb:102 nack\n\
         a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f\n\
         a=rtpmap:103 rtx/90000\na=fmtp:103 apt=102\n\
         a=rtpmap:104 H264/90000\n\
         a=fmtp:104 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f\n\
         a=rtpmap:105 rtx/90000\na=fmtp:105 apt=104\na=rtpmap:98 VP9/90000\n\
         m=audio 9 UDP/TLS/RTP/SAVPF 111 63\nc=IN IP4 0.0.0.0\n{transport}a=mid:1\na=recvonly\n\
         a=rtpmap:111 opus/48000/2\na=rtcp-fb:111 transport-cc\n\
         a=fmtp:111 minptime=10;useinbandfec=1\na=rtpmap:63 red/48000/2\n\
         m=application 9 UDP/DTLS/SCTP webrtc-datachannel\nc=IN IP4 0.0.0.0\n{transport}a=mid:2\n\
         a=sctp-port:5000\n"
    )
    .replace('\n', "\r\n")
}

fn credentials() -> &'static Credentials {
    static ICE: std::sync::OnceLock<Credentials> = std::sync::OnceLock::new();
    ICE.get_or_init(|| Credentials::random(0))
}

fn transport() -> Transport<'static> {
    static CANDIDATES: [SocketAddr; 1] = [SocketAddr::new(
        std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2)),
        5_000,
    )];
    Transport {
        session: 7,
        ice: credentials(),
        fingerprint: SHA256,
        candidates: &CANDIDATES,
        tcp_candidates: &[],
    }
}

#[test]
fn a_browser_gets_one_slot_per_media_line_and_no_data_channel() {
    let offer = Offer::parse(&chromium()).unwrap();
    assert!(!offer.we_are_active);
    assert_eq!(offer.fingerprints.len(), 1);
    let slots: Vec<_> = offer
        .slots()
        .map(|(slot, _)| (slot.mid, slot.kind))
        .collect();
    assert_eq!(
        slots,
        vec![("0".to_owned(), Kind::Video), ("1".to_owned(), Kind::Audio)]
    );
    let payloads: Vec<_> = offer
        .slots()
        .flat_map(|(_, payloads)| payloads.iter().map(|p| (p.pt, p.rtx)))
        .collect();
    assert_eq!(
        payloads,
        vec![(96, Some(97)), (102, Some(103)), (98, None), (111, None)]
    );

    let ssrcs = [Ssrcs { media: 1, rtx: 2 }, Ssrcs { media: 3, rtx: 4 }];
    let answer = offer.answer(&transport(), &ssrcs);
    for line in [
        "a=group:BUNDLE 0 1",
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 98",
        "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f",
        "a=rtcp-fb:96 nack pli",
        "a=ssrc-group:FID 1 2",
        "a=ssrc:3 cname:vitrine",
        "a=candidate:1 1 udp 2130706431 192.0.2.2 5000 typ host",
        "a=setup:passive",
        "m=application 0 UDP/DTLS/SCTP webrtc-datachannel",
    ] {
        assert!(
            answer.contains(&format!("{line}\r\n")),
            "`{line}` is not in\n{answer}"
        );
    }
    assert!(!answer.contains("a=rtcp-fb:102 nack pli"));
    SessionDescription::unmarshal(&mut Cursor::new(answer.as_bytes())).unwrap();
}

#[test]
fn packets_are_numbered_where_the_viewer_reports_and_losses_have_rtx() {
    const URI: &str = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
    let numbered = |offer: &str| -> Vec<_> {
        let offer = Offer::parse(offer).unwrap();
        let ssrcs = [Ssrcs { media: 1, rtx: 2 }, Ssrcs { media: 3, rtx: 4 }];
        let ids = offer
            .slots()
            .flat_map(|(_, payloads)| payloads.iter().map(|payload| payload.transport_cc))
            .collect::<Vec<_>>();
        let answer = offer.answer(&transport(), &ssrcs);
        let extensions = answer.matches(URI).count();
        let reports = answer.matches("transport-cc").count();
        let rembs = answer.matches("goog-remb").count();
        vec![(ids, extensions, reports, rembs)]
    };
    let old = chromium();
    assert_eq!(
        numbered(&old),
        [(vec![None, None, None, None], 0, 0, 1)],
        "REMB alone"
    );
    let feedback = "a=rtcp-fb:96 goog-remb\r\na=rtcp-fb:96 transport-cc\r\n";
    let new = old.replace("a=rtcp-fb:96 goog-remb\r\n", feedback).replace(
        "a=recvonly\r\n",
        &format!("a=recvonly\r\na=extmap:5 {URI}\r\n"),
    );
    assert_eq!(
        numbered(&new),
        [(vec![Some(5), None, None, Some(5)], 2, 2, 0)]
    );
    let without_rtx = new.replace("apt=96", "apt=99");
    assert_eq!(
        numbered(&without_rtx),
        [(vec![None, None, None, Some(5)], 1, 1, 1)]
    );
    let sent_only = new.replace("extmap:5", "extmap:5/sendonly");
    assert_eq!(numbered(&sent_only)[0].1, 0, "the viewer would not read it");
    let too_big = new.replace("extmap:5", "extmap:15");
    assert_eq!(numbered(&too_big)[0].1, 0, "needs a two-byte header");
}

#[test]
fn refusals_name_what_is_wrong() {
    let cases = [
        (String::new(), "malformed"),
        ("hello".to_owned(), "malformed"),
        (
            chromium().replace("a=ice-pwd", "a=x"),
            "malformed SDP: `a=ice-pwd` is missing",
        ),
        (
            chromium().replace("a=mid:0", "a=x:0"),
            "malformed SDP: an m-line has no `a=mid`",
        ),
        (
            chromium().replace("sha-256", "sha-1"),
            "unacceptable offer: no SHA-2 fingerprint",
        ),
        (
            chromium().replace("recvonly", "sendonly"),
            "unacceptable offer: no m-line receives",
        ),
        (
            chromium()
                .replace("VP8", "VP7")
                .replace("VP9", "VP7")
                .replace("AV1", "AV0")
                .replace("H264", "H265")
                .replace("opus", "speex"),
            "unacceptable offer: no m-line receives",
        ),
        (
            "a".repeat(OFFER_BYTES_MAX + 1),
            "malformed SDP: longer than",
        ),
    ];
    for (offer, expected) in cases {
        let error = Offer::parse(&offer).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn a_passive_offer_makes_us_active_and_attributes_may_stand_above_the_media() {
    let lines = chromium();
    let fingerprint = format!("a=fingerprint:sha-256 {SHA256}\r\n");
    let above = lines
        .replace(&fingerprint, "")
        .replace("a=setup:actpass\r\n", "")
        .replace(
            "t=0 0\r\n",
            &format!("t=0 0\r\n{fingerprint}a=setup:passive\r\n"),
        );
    let offer = Offer::parse(&above).unwrap();
    assert!(offer.we_are_active);
    assert!(
        offer
            .answer(&transport(), &[])
            .contains("a=group:BUNDLE 0 1\r\n")
    );
}

#[test]
fn bundle_only_lines_are_open_and_other_lines_at_port_zero_are_not() {
    let closed = chromium().replace("m=audio 9", "m=audio 0");
    assert_eq!(Offer::parse(&closed).unwrap().slots().count(), 1);
    let bundled = closed.replace("a=mid:1", "a=bundle-only\r\na=mid:1");
    assert_eq!(Offer::parse(&bundled).unwrap().slots().count(), 2);
}

#[test]
fn at_most_so_many_slots() {
    let video = chromium();
    let section = &video[video.find("m=video").unwrap()..video.find("m=audio").unwrap()];
    let mut many = video[..video.find("m=video").unwrap()].to_owned();
    for n in 0..=SLOTS_MAX {
        many.push_str(&section.replace("a=mid:0", &format!("a=mid:{n}")));
    }
    let error = Offer::parse(&many).unwrap_err().to_string();
    assert!(error.contains("more than 16 receive slots"), "{error}");
}

proptest! {
    #[test]
    fn junk_never_panics(junk in ".*") {
        let _ = Offer::parse(&junk);
    }

    /// A browser's offer with a piece cut out, doubled or overwritten.
    #[test]
    fn damaged_offers_never_panic(at in 0usize..3_000, len in 0usize..200, with in ".{0,40}") {
        let offer = chromium();
        let at = at.min(offer.len());
        let end = (at + len).min(offer.len());
        for patch in ["", &offer[at..end].repeat(2), &with] {
            let damaged = format!("{}{patch}{}", &offer[..at], &offer[end..]);
            if let Ok(offer) = Offer::parse(&damaged) {
                let ssrcs = vec![Ssrcs { media: 1, rtx: 2 }; offer.slots().count()];
                offer.answer(&transport(), &ssrcs);
            }
        }
    }
}
