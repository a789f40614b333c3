//! What strangers' bytes reach, one function a parser, for `media/fuzz` (coverage-guided, `make
//! fuzz`) and for the tests below (everything the fuzzers kept, and mutations of it). Each must
//! take any bytes; what it finds out is asserted only where it must hold for all.
#![allow(
    clippy::missing_panics_doc,
    reason = "a panic is what the fuzzers look for"
)]

use std::net::SocketAddr;

use crate::framing::Deframer;
use crate::packet::Codec;
use crate::{codec, demux, rtcp, sdp, sdpfrag, stun};

/// An entry point.
pub type Target = fn(&[u8]);

/// Every target by its name, which is that of its corpus.
pub const TARGETS: [(&str, Target); 6] = [
    ("stun", stun),
    ("rtcp", rtcp),
    ("rtp", rtp),
    ("sdp", sdp),
    ("sdpfrag", sdpfrag),
    ("framing", framing),
];

/// The password of the seeds in the corpus.
const PASSWORD: &str = "abcdefghijklmnopqrstuvwx";

/// A datagram that claims to be STUN. The answer is never three times as long.
pub fn stun(bytes: &[u8]) {
    let Some(request) = stun::Request::parse(bytes) else {
        return;
    };
    let _ = stun::worker_of_ufrag(request.ufrag());
    let Ok(provider) = rtc_crypto::default_provider() else {
        return;
    };
    let crypto = provider.crypto();
    let Some(verified) = request.verify(PASSWORD, crypto) else {
        return;
    };
    let source = SocketAddr::from(([0xfe, 0, 0, 0, 0, 0, 0, 1], 9));
    let answer = verified.answer(source, PASSWORD, crypto).expect("it fits");
    assert!(answer.len() <= 3 * bytes.len(), "amplification");
}

/// A decrypted RTCP compound.
pub fn rtcp(bytes: &[u8]) {
    let _ = demux::Content::of(bytes);
    let _ = rtcp::feedback(bytes);
}

/// The decrypted payload of an RTP packet; its first byte picks the codec.
pub fn rtp(bytes: &[u8]) {
    let Some((kind, payload)) = bytes.split_first() else {
        return;
    };
    let codec = match kind % 3 {
        0 => Codec::Opus,
        1 => Codec::Vp8,
        _ => Codec::H264 {
            profile_level_id: 0x42_e01f,
        },
    };
    let _ = (
        codec::starts_keyframe(codec, payload),
        codec::picture_size(codec, payload),
    );
    let fields = codec::numbers(codec, payload);
    let mut payload = payload.to_vec();
    let len = payload.len();
    if codec == Codec::Vp8 {
        codec::rewrite(&mut payload, &fields, 0x7fff, 0xff);
    }
    assert_eq!(payload.len(), len, "rewritten in place");
}

/// A viewer's offer.
pub fn sdp(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(offer) = sdp::Offer::parse(text)
    {
        assert!(offer.slots().count() > 0, "an offer of nothing");
    }
}

/// A trickle fragment.
pub fn sdpfrag(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = sdpfrag::Fragment::parse(text);
    }
}

/// A TCP stream, in pieces whose length its first byte tells.
pub fn framing(bytes: &[u8]) {
    let Some((piece, mut rest)) = bytes.split_first() else {
        return;
    };
    let mut deframer = Deframer::new();
    while !rest.is_empty() {
        let space = deframer.space();
        let len = (usize::from(*piece) + 1).min(space.len()).min(rest.len());
        assert!(len > 0, "no room is left");
        space[..len].copy_from_slice(&rest[..len]);
        rest = &rest[len..];
        deframer.filled(len);
        loop {
            match deframer.next() {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
}

#[cfg(test)]
mod tests;
