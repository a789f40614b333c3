//! Reads a publisher's offer before the engine does: which m-lines it has, in which direction,
//! with which simulcast layers, and whether all of it is offered here. Pure text in, plan out;
//! syntax is left to the engine's parser.

use crate::handle::{Kind, OfferError};
use crate::ice::Credentials;
use crate::limits::LAYERS_MAX;

/// What one m-line publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Index among the offer's m-lines.
    pub index: u8,
    /// Audio or video.
    pub kind: Kind,
    /// `a=mid`.
    pub mid: String,
    /// Simulcast restriction ids, lowest quality first; empty without simulcast.
    pub rids: Vec<String>,
    /// The publisher answers PLI or FIR.
    pub keyframes_on_request: bool,
}

impl Line {
    /// The forwarded layer of a packet with this rid; `None` when that layer is not kept.
    pub(super) fn layer(&self, rid: Option<&str>) -> Option<u8> {
        let Some(rid) = rid else {
            return self.rids.is_empty().then_some(0);
        };
        let rank = self.rids.iter().position(|known| known == rid)?;
        let skipped = self.rids.len().saturating_sub(LAYERS_MAX);
        u8::try_from(rank.checked_sub(skipped)?).ok()
    }

    /// The rid of a forwarded layer.
    pub(super) fn rid(&self, layer: u8) -> Option<&str> {
        self.kept_rids().get(usize::from(layer)).map(String::as_str)
    }

    /// Rids of the forwarded layers, the lowest first.
    pub(super) fn kept_rids(&self) -> &[String] {
        &self.rids[self.rids.len().saturating_sub(LAYERS_MAX)..]
    }
}

/// Checks an offer against what a publisher may ask (RFC 9725 §4.2: it only sends, at most one
/// audio and one video). Returns the m-lines in use.
pub(super) fn check(sdp: &str) -> Result<Vec<Line>, OfferError> {
    let sections = sections(sdp);
    let Some((session, media)) = sections.split_first() else {
        return Err(OfferError::Malformed("empty".into()));
    };
    if session.contains(&"a=ice-lite") {
        return Err(unacceptable(
            "both sides are ICE-lite, nobody would start the checks",
        ));
    }
    let mut lines = Vec::new();
    for (index, section) in media.iter().enumerate() {
        if rejected(section) {
            continue;
        }
        let index = u8::try_from(index).map_err(|_| unacceptable("more than 255 m-lines"))?;
        let line = read_line(index, session, section)?;
        if lines.iter().any(|other: &Line| other.kind == line.kind) {
            return Err(unacceptable("more than one audio and one video track"));
        }
        lines.push(line);
    }
    if lines.is_empty() {
        return Err(unacceptable("no audio or video to publish"));
    }
    Ok(lines)
}

/// The publisher's ICE credentials: of the bundle's first m-line, or of the session.
pub(super) fn credentials(sdp: &str) -> Result<Credentials, OfferError> {
    let sections = sections(sdp);
    let find = |name| {
        let mut values = sections
            .iter()
            .filter_map(|section| attribute(section, name));
        values.next().unwrap_or_default()
    };
    Credentials::checked(find("ice-ufrag"), find("ice-pwd"))
        .ok_or_else(|| OfferError::Malformed("`a=ice-ufrag` or `a=ice-pwd`".into()))
}

/// The offer with every m-line `sendonly`, so that the answer is `recvonly` also for a publisher
/// that left the direction at its default (RFC 9725 §4.2 allows `sendrecv` in the offer only).
pub(super) fn sending_only(sdp: &str) -> String {
    let mut out = String::with_capacity(sdp.len() + 32);
    for (number, section) in sections(sdp).iter().enumerate() {
        for line in section {
            if number == 0 || !matches!(*line, "a=sendrecv" | "a=sendonly") {
                out.push_str(line);
                out.push_str("\r\n");
            }
        }
        if number > 0
            && !section
                .iter()
                .any(|line| matches!(*line, "a=recvonly" | "a=inactive"))
        {
            out.push_str("a=sendonly\r\n");
        }
    }
    out
}

/// The session part, then one section for each m-line.
fn sections(sdp: &str) -> Vec<Vec<&str>> {
    let mut sections = vec![Vec::new()];
    for line in sdp
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
    {
        if line.starts_with("m=") {
            sections.push(Vec::new());
        }
        sections
            .last_mut()
            .expect("starts with the session part")
            .push(line);
    }
    sections
}

/// A port of 0 rejects an m-line unless it says that it is bundled with another (RFC 8843 §6).
fn rejected(section: &[&str]) -> bool {
    section[0].split_whitespace().nth(1) == Some("0") && !section.contains(&"a=bundle-only")
}

fn read_line(index: u8, session: &[&str], section: &[&str]) -> Result<Line, OfferError> {
    let media = section[0]
        .trim_start_matches("m=")
        .split_whitespace()
        .next()
        .unwrap_or("");
    let (kind, codecs): (_, &[&str]) = match media {
        "audio" => (Kind::Audio, &["opus"]),
        "video" => (Kind::Video, &["VP8", "VP9", "H264", "AV1"]),
        other => {
            return Err(unacceptable(format!(
                "`{other}` is not taken, only audio and video"
            )));
        }
    };
    let mid = attribute(section, "mid")
        .ok_or_else(|| OfferError::Malformed(format!("m-line {index} (`{media}`) has no a=mid")))?;
    let direction = direction(section)
        .or_else(|| direction(session))
        .unwrap_or("sendrecv");
    if !direction.starts_with("send") {
        return Err(unacceptable(format!(
            "`{media}` is `{direction}`, a publisher sends"
        )));
    }
    let offered: Vec<&str> = encodings(section).collect();
    if !offered
        .iter()
        .any(|name| codecs.iter().any(|codec| codec.eq_ignore_ascii_case(name)))
    {
        return Err(unacceptable(format!(
            "`{media}` offers {}, taken here: {}",
            offered.join(", "),
            codecs.join(", ")
        )));
    }
    Ok(Line {
        index,
        kind,
        mid: mid.to_owned(),
        rids: simulcast(section),
        keyframes_on_request: section.iter().any(|line| {
            line.starts_with("a=rtcp-fb:")
                && (line.ends_with(" nack pli") || line.ends_with(" ccm fir"))
        }),
    })
}

fn direction<'a>(section: &[&'a str]) -> Option<&'a str> {
    section
        .iter()
        .filter_map(|line| line.strip_prefix("a="))
        .find(|value| matches!(*value, "sendonly" | "sendrecv" | "recvonly" | "inactive"))
}

fn attribute<'a>(section: &[&'a str], name: &str) -> Option<&'a str> {
    section
        .iter()
        .find_map(|line| {
            line.strip_prefix("a=")?
                .strip_prefix(name)?
                .strip_prefix(':')
        })
        .filter(|value| !value.is_empty())
}

/// Encoding names of an m-line's `a=rtpmap`, repair formats left out.
fn encodings<'a>(section: &[&'a str]) -> impl Iterator<Item = &'a str> {
    section
        .iter()
        .filter_map(|line| line.strip_prefix("a=rtpmap:")?.split_once(' '))
        .map(|(_, map)| map.split('/').next().unwrap_or(map))
        .filter(|name| !matches!(*name, "rtx" | "red" | "ulpfec" | "flexfec-03"))
}

/// Rids of `a=simulcast:send`, lowest quality first. The conventional names say which is which;
/// otherwise the list goes from most to least preferred (RFC 8853 §5.2), which is how OBS counts.
fn simulcast(section: &[&str]) -> Vec<String> {
    let list = attribute(section, "simulcast").and_then(|value| {
        let mut words = value.split_whitespace().skip_while(|word| *word != "send");
        words.nth(1)
    });
    let mut rids: Vec<String> = list
        .unwrap_or("")
        .split(';')
        .filter_map(|alternatives| alternatives.split(',').next())
        .map(|rid| rid.trim_start_matches('~').to_owned())
        .filter(|rid| !rid.is_empty())
        .collect();
    let rank = |rid: &str| ["q", "h", "f"].iter().position(|name| *name == rid);
    if rids.iter().all(|rid| rank(rid).is_some()) {
        rids.sort_by_key(|rid| rank(rid));
    } else {
        rids.reverse();
    }
    rids
}

fn unacceptable(why: impl Into<String>) -> OfferError {
    OfferError::Unacceptable(why.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SESSION: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";

    fn video(mid: &str, rest: &str) -> String {
        format!(
            "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:{mid}\r\na=rtpmap:96 VP8/90000\r\n{rest}\r\n"
        )
    }

    fn audio(mid: &str, rest: &str) -> String {
        format!(
            "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:{mid}\r\na=rtpmap:111 opus/48000/2\r\n{rest}\r\n"
        )
    }

    #[track_caller]
    fn refused(sdp: String, expected: &str) {
        match check(&sdp) {
            Err(OfferError::Unacceptable(why)) => assert!(why.contains(expected), "{why}"),
            other => panic!("expected a refusal about {expected:?}, got {other:?}"),
        }
    }

    #[test]
    fn an_ordinary_offer_is_planned() {
        let sdp = format!(
            "{SESSION}{}{}",
            audio("0", "a=sendonly"),
            video("1", "a=sendonly\r\na=rtcp-fb:96 nack pli")
        );
        let lines = check(&sdp).unwrap();
        assert_eq!(lines.len(), 2);
        assert_eq!(
            (lines[0].index, lines[0].kind, &*lines[0].mid),
            (0, Kind::Audio, "0")
        );
        assert!(lines[1].keyframes_on_request && !lines[0].keyframes_on_request);
    }

    #[test]
    fn what_a_publisher_may_not_ask_is_refused_with_the_reason() {
        for direction in ["recvonly", "inactive"] {
            refused(
                format!("{SESSION}{}", video("0", &format!("a={direction}"))),
                direction,
            );
        }
        refused(
            format!("{SESSION}a=recvonly\r\n{}", video("0", "")),
            "recvonly",
        );
        let twice = video("0", "") + &video("1", "");
        refused(format!("{SESSION}{twice}"), "more than one");
        let hevc = video("0", "").replace("VP8", "H265");
        refused(
            format!("{SESSION}{hevc}"),
            "offers H265, taken here: VP8, VP9, H264, AV1",
        );
        refused(
            format!("{SESSION}m=application 9 UDP/DTLS/SCTP x\r\na=mid:0\r\n"),
            "application",
        );
        refused(
            format!("{SESSION}a=ice-lite\r\n{}", video("0", "")),
            "ICE-lite",
        );
        refused(SESSION.to_owned(), "no audio or video");
    }

    #[test]
    fn layers_count_from_the_lowest() {
        let of = |list: &str| {
            let sdp = format!(
                "{SESSION}{}",
                video("0", &format!("a=simulcast:send {list}"))
            );
            check(&sdp).unwrap().remove(0)
        };
        for list in ["q;h;f", "f;h;q", "~q;h,x;f"] {
            let line = of(list);
            assert_eq!(line.layer(Some("q")), Some(0), "{list}");
            assert_eq!(line.layer(Some("f")), Some(2), "{list}");
            assert_eq!(line.rid(1), Some("h"), "{list}");
        }
        let obs = of("0;1;2;3"); // four layers, the best first: the worst is left out
        assert_eq!(obs.layer(Some("0")), Some(2));
        assert_eq!(obs.layer(Some("2")), Some(0));
        assert_eq!(obs.layer(Some("3")), None);
        assert_eq!(obs.layer(None), None);
        assert_eq!(of("").layer(None), Some(0));
    }

    #[test]
    fn directions_become_sendonly() {
        let sdp = format!("{SESSION}{}{}", audio("0", "a=sendrecv"), video("1", ""));
        let fixed = sending_only(&sdp);
        assert_eq!(fixed.matches("a=sendonly\r\n").count(), 2);
        assert!(!fixed.contains("sendrecv"));
        assert_eq!(sending_only(&fixed), fixed);
    }

    #[test]
    fn rejected_lines_do_not_count() {
        let stopped = video("1", "a=inactive").replace("m=video 9", "m=video 0");
        let lines = check(&format!("{SESSION}{}{stopped}", video("0", ""))).unwrap();
        assert_eq!(lines.len(), 1);
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "(([mav]=[a-z0-9 :;~/]{0,12})?\r?\n){0,12}\\PC{0,40}") {
            let _ = check(&text);
            let _ = sending_only(&text);
        }
    }
}
