//! What the forwarder must know of a payload: does a key frame start here, and where VP8 keeps
//! its running numbers. Nothing is decoded.

use crate::packet::{Codec, Vp8Fields};

/// Whether a key frame starts in this payload (for H.264: SPS or IDR, also inside STAP-A and the
/// first FU-A fragment; for VP8: first partition of a key frame). Never true for audio.
pub(crate) fn starts_keyframe(_codec: Codec, _payload: &[u8]) -> bool {
    false
}

/// Where VP8's picture id and TL0PICIDX stand in the payload; empty for other codecs.
pub(crate) fn vp8_fields(_codec: Codec, _payload: &[u8]) -> Vp8Fields {
    Vp8Fields::default()
}

/// Writes the running numbers, moved by the slot's offsets, over those found by [`vp8_fields`].
pub(crate) fn rewrite_vp8(_payload: &mut [u8], _fields: &Vp8Fields, _picture: u16, _tl0: u8) {}
