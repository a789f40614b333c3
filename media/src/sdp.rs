//! A viewer's offer and our answer: which m-lines become receive slots, with which payload types.
//! rtc-sdp parses; the answer is written out, because it is short and every line was proven with
//! real clients.

mod answer;
pub(crate) mod counter;
mod fingerprint;
mod payload;

use std::io::Cursor;
use std::net::SocketAddr;

use rtc_sdp::description::media::MediaDescription;
use rtc_sdp::description::session::SessionDescription;

use crate::handle::{Kind, OfferError, Slot};
use crate::ice::Credentials;
use crate::limits::{OFFER_BYTES_MAX, SLOTS_MAX};

pub(crate) use answer::{ICE_OPTIONS, write_candidates};
use fingerprint::fingerprints;
pub(crate) use fingerprint::{Fingerprint, HashFunction, hex_pairs};
pub(crate) use payload::Payload;
use payload::payloads;

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

#[cfg(test)]
mod tests;
