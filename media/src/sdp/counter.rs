//! The server's own offer, for a player whose offer cannot be accepted (WHEP draft, "Server Sends
//! Counter-offer"): all it serves, in one audio and one video m-line. It is the answer to the
//! offer a player with every codec would have sent.

use super::{Offer, Ssrcs, Transport};
use crate::handle::OfferError;

/// What that player would offer. Its credentials and fingerprint are of no meaning.
const EVERYTHING: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n\
a=ice-ufrag:0000\r\na=ice-pwd:0000000000000000000000\r\na=fingerprint:sha-256 \
00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00\r\n\
a=setup:active\r\n\
m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=recvonly\r\na=rtcp-mux\r\n\
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n\
a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=rtcp-fb:* transport-cc\r\n\
m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 98 99 45 46\r\na=mid:1\r\na=recvonly\r\na=rtcp-mux\r\n\
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n\
a=rtcp-fb:* transport-cc\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:* nack\r\na=rtcp-fb:* nack pli\r\na=rtcp-fb:* ccm fir\r\n\
a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:102 H264/90000\r\n\
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n\
a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n\
a=rtpmap:98 VP9/90000\r\na=fmtp:98 profile-id=0\r\na=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=98\r\n\
a=rtpmap:45 AV1/90000\r\na=rtpmap:46 rtx/90000\r\na=fmtp:46 apt=45\r\n";

/// SSRCs of the two slots.
pub(crate) type CounterSsrcs = [Ssrcs; 2];

/// Our offer.
pub(crate) fn offer(transport: &Transport<'_>, ssrcs: &CounterSsrcs) -> String {
    let answer = everything().answer(transport, ssrcs);
    // RFC 8842 §5.2: an offer leaves the DTLS role open.
    answer.replace("a=setup:passive\r\n", "a=setup:actpass\r\n")
}

/// Reads the player's answer to it; returns the SSRCs of the slots that it took.
pub(crate) fn read_answer(
    answer: &str,
    ssrcs: &CounterSsrcs,
) -> Result<(Offer, Vec<Ssrcs>), OfferError> {
    let answer = Offer::parse(answer)?;
    let ours = everything();
    let taken = answer.slots().map(|(slot, _)| {
        let place = ours.slots().position(|(known, _)| known == slot);
        place.map(|place| ssrcs[place])
    });
    let taken: Option<Vec<_>> = taken.collect();
    let taken = taken.ok_or_else(|| {
        OfferError::Malformed("the m-lines are not those of our offer".to_owned())
    })?;
    if taken.len() > ssrcs.len() {
        return Err(OfferError::Malformed("an m-line twice".to_owned()));
    }
    Ok((answer, taken))
}

fn everything() -> Offer {
    Offer::parse(EVERYTHING).expect("our own text is well-formed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handle::Kind;
    use crate::ice::Credentials;

    const SSRCS: CounterSsrcs = [Ssrcs { media: 1, rtx: 2 }, Ssrcs { media: 3, rtx: 4 }];

    fn ours() -> String {
        let transport = Transport {
            session: 7,
            ice: &Credentials::random(0),
            fingerprint: "AB",
            candidates: &["192.0.2.2:5000".parse().expect("an address")],
            tcp_candidates: &[],
        };
        offer(&transport, &SSRCS)
    }

    /// What a browser answers, in short: the same m-lines, receiving.
    fn answer(ours: &str) -> String {
        let answer = ours
            .replace("a=sendonly", "a=recvonly")
            .replace("actpass", "active")
            .replace("a=ice-lite\r\n", "");
        let fingerprint = "AB:".repeat(32);
        answer.replace(
            "sha-256 AB",
            &format!("sha-256 {}", fingerprint.trim_end_matches(':')),
        )
    }

    #[test]
    fn the_offer_leaves_the_roles_open_and_names_all_codecs() {
        let text = ours();
        for needed in [
            "a=setup:actpass",
            "a=sendonly",
            "VP8/90000",
            "VP9/90000",
            "H264/90000",
            "AV1/90000",
            "opus/48000/2",
        ] {
            assert!(text.contains(needed), "{needed}: {text}");
        }
        assert_eq!(text.matches("a=rtcp-mux-only").count(), 2);
        let msid = |text: &str| {
            let ids = text.lines().filter_map(|line| line.strip_prefix("a=msid:"));
            ids.map(|id| id.split(' ').next().unwrap_or_default().to_owned())
                .collect::<std::collections::HashSet<_>>()
        };
        assert_eq!(msid(&text).len(), 1, "one MediaStream");
    }

    #[test]
    fn an_answer_takes_slots_by_their_mid() {
        let (read, ssrcs) = read_answer(&answer(&ours()), &SSRCS).expect("an answer");
        assert!(!read.we_are_active);
        assert_eq!(ssrcs, SSRCS);
        let no_audio = answer(&ours()).replacen("a=recvonly", "a=inactive", 1);
        let (read, ssrcs) = read_answer(&no_audio, &SSRCS).expect("an answer");
        assert_eq!(ssrcs, [SSRCS[1]]);
        assert_eq!(read.slots().next().expect("a slot").0.kind, Kind::Video);
    }

    #[test]
    fn an_answer_to_another_offer_is_refused() {
        let other = answer(&ours()).replace("a=mid:1", "a=mid:v");
        assert!(matches!(
            read_answer(&other, &SSRCS),
            Err(OfferError::Malformed(_))
        ));
        let nothing = answer(&ours()).replace("a=recvonly", "a=inactive");
        assert!(matches!(
            read_answer(&nothing, &SSRCS),
            Err(OfferError::Unacceptable(_))
        ));
    }
}
