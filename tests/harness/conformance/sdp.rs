//! Offers, fragments and answers from templates: well-formed, with fresh ICE and DTLS values.

use rand::RngExt as _;

use super::Protocol;
use super::table::{Body, Offer};

/// ICE user fragment and password.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Credentials {
    pub ufrag: String,
    pub pwd: String,
}

impl Credentials {
    pub(super) fn fresh() -> Credentials {
        let text = |len| rand::rng().sample_iter(rand::distr::Alphanumeric).take(len);
        Credentials {
            ufrag: text(8).map(char::from).collect(),
            pwd: text(24).map(char::from).collect(),
        }
    }

    /// Those of an SDP or a fragment.
    pub(super) fn of(sdp: &str) -> Option<Credentials> {
        let find = |name| sdp.lines().find_map(|line| line.strip_prefix(name));
        Some(Credentials {
            ufrag: find("a=ice-ufrag:")?.trim().to_owned(),
            pwd: find("a=ice-pwd:")?.trim().to_owned(),
        })
    }
}

const CANDIDATES: &str = "a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host\r\n\
                          a=candidate:3471623853 1 udp 2122194687 2001:db8::1 61765 typ host\r\n";

const OPUS: &str = "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n";

const VIDEO: &str = "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n\
a=rtcp-fb:96 ccm fir\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n\
a=rtpmap:102 H264/90000\r\na=rtcp-fb:102 nack\r\na=rtcp-fb:102 nack pli\r\n\
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n\
a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n";

const UNKNOWN: &str = "a=rtpmap:96 X-NOBODY-HAS-THIS/90000\r\n";

/// An offer of this kind.
pub(super) fn offer(protocol: Protocol, kind: Offer, ice: &Credentials) -> String {
    let (way, other_way) = match protocol {
        Protocol::Whip => ("sendonly", "recvonly"),
        Protocol::Whep => ("recvonly", "sendonly"),
    };
    let way = match kind {
        Offer::SendRecv => "sendrecv",
        Offer::WrongWay => other_way,
        Offer::Inactive => "inactive",
        _ => way,
    };
    let media: &[(&str, &str, &str)] = match kind {
        Offer::Junk => return "this is no session description\r\n".into(),
        Offer::Empty => return String::new(),
        Offer::TwoVideos => &[
            ("audio", "111", OPUS),
            ("video", "96 97 102 103", VIDEO),
            ("video", "96 97 102 103", VIDEO),
        ],
        Offer::UnknownVideo => &[("audio", "111", OPUS), ("video", "96", UNKNOWN)],
        Offer::OnlyUnknown => &[("video", "96", UNKNOWN)],
        _ => &[("audio", "111", OPUS), ("video", "96 97 102 103", VIDEO)],
    };
    let setup = match kind {
        Offer::SetupActive => "active",
        _ => "actpass",
    };
    let mids: Vec<_> = (0..media.len()).map(|mid| mid.to_string()).collect();
    let mut sdp = format!(
        "v=0\r\no=- {} 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\n\
         a=extmap-allow-mixed\r\na=ice-options:trickle ice2\r\n",
        rand::random::<u64>() >> 2,
        mids.join(" ")
    );
    let (fingerprint, stream) = (fingerprint(), rand::random::<u64>());
    for ((name, formats, lines), mid) in media.iter().zip(&mids) {
        let candidates = match (kind, mid.as_str()) {
            (Offer::NoCandidates, _) => "",
            (_, "0") => CANDIDATES,
            _ => "",
        };
        sdp += &format!(
            "m={name} 9 UDP/TLS/RTP/SAVPF {formats}\r\nc=IN IP4 0.0.0.0\r\n\
             a=rtcp:9 IN IP4 0.0.0.0\r\n{candidates}a=ice-ufrag:{}\r\na=ice-pwd:{}\r\n\
             a=fingerprint:sha-256 {fingerprint}\r\na=setup:{setup}\r\na=mid:{mid}\r\na={way}\r\n\
             a=msid:s{stream} {name}{mid}\r\na=rtcp-mux\r\na=rtcp-mux-only\r\na=rtcp-rsize\r\n\
             {lines}",
            ice.ufrag, ice.pwd
        );
        if way.starts_with("send") {
            let ssrc = rand::random::<u32>();
            sdp += &format!("a=ssrc:{ssrc} cname:conformance\r\n");
        }
    }
    sdp
}

fn fingerprint() -> String {
    let pairs: Vec<_> = (0..32)
        .map(|_| format!("{:02X}", rand::random::<u8>()))
        .collect();
    pairs.join(":")
}

/// A body of PATCH; `offer` is the server's, when it made one.
pub(super) fn body(kind: Body, ice: &Credentials, offer: &str) -> String {
    let candidates = match kind {
        Body::Candidates | Body::Restart => CANDIDATES,
        Body::UselessCandidates => {
            "a=candidate:1 1 sctp 1 192.0.2.1 9 typ host\r\n\
             a=candidate:2 1 udp 1 nobody-knows-this.invalid 4 typ host\r\n\
             a=candidate:473322822 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active\r\n"
        }
        Body::Junk => return "this is no fragment\r\n".into(),
        Body::Answer => return answer(offer, ice),
    };
    format!(
        "a=ice-options:trickle ice2\r\na=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n\
         a=mid:0\r\na=ice-ufrag:{}\r\na=ice-pwd:{}\r\n{candidates}a=end-of-candidates\r\n",
        ice.ufrag, ice.pwd
    )
}

/// Takes all that is offered.
fn answer(offer: &str, ice: &Credentials) -> String {
    let fingerprint = fingerprint();
    let mut sdp = String::new();
    for line in offer.lines().map(str::trim_end) {
        let name = line
            .strip_prefix("a=")
            .map(|a| a.split(':').next().unwrap_or(a));
        let line = match name {
            Some(
                "ice-lite" | "candidate" | "end-of-candidates" | "ssrc" | "ssrc-group" | "msid",
            ) => {
                continue;
            }
            Some("sendonly" | "sendrecv") => "a=recvonly".into(),
            Some("setup") => "a=setup:active".into(),
            Some("ice-ufrag") => format!("a=ice-ufrag:{}", ice.ufrag),
            Some("ice-pwd") => format!("a=ice-pwd:{}", ice.pwd),
            Some("fingerprint") => format!("a=fingerprint:sha-256 {fingerprint}"),
            _ => line.to_owned(),
        };
        sdp += &line;
        sdp += "\r\n";
    }
    sdp
}
