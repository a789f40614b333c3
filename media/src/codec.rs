//! What the forwarder must know of a payload: does a key frame start here, how large is its
//! picture, where stand the running numbers, which temporal layer is it of. Nothing is decoded;
//! any bytes are answered and none panic. Own parsers, because the libraries at hand assemble
//! frames and do not say where in a packet a number stands.

mod av1;
mod h264;
mod vp8;
mod vp9;

use crate::packet::{Codec, Numbers, PictureId, Temporal};

/// Whether a key frame starts in this payload (H.264: SPS or IDR, also inside STAP-A and the
/// first FU-A fragment; VP8: first partition of a key frame; VP9: first packet of a picture that
/// leans on no other; AV1: first packet of a coded video sequence). Never true for audio.
pub(crate) fn starts_keyframe(codec: Codec, payload: &[u8]) -> bool {
    match codec {
        Codec::Vp8 => vp8::starts_keyframe(payload),
        Codec::Vp9 { .. } => vp9::starts_keyframe(payload),
        Codec::H264 { .. } => h264::starts_keyframe(payload),
        Codec::Av1 { .. } => av1::starts_keyframe(payload),
        Codec::Opus => false,
    }
}

/// Width and height in pixels, where the start of a key frame tells them.
pub(crate) fn picture_size(codec: Codec, payload: &[u8]) -> Option<(u16, u16)> {
    match codec {
        Codec::Vp8 => vp8::size(payload),
        Codec::Vp9 { .. } => vp9::size(payload),
        Codec::H264 { .. } | Codec::Av1 { .. } | Codec::Opus => None,
    }
}

/// Where picture id and TL0PICIDX stand in the payload; empty for codecs without them.
pub(crate) fn numbers(codec: Codec, payload: &[u8]) -> Numbers {
    match codec {
        Codec::Vp8 => vp8::Descriptor::parse(payload)
            .map(|d| d.fields)
            .unwrap_or_default(),
        Codec::Vp9 { .. } => vp9::Descriptor::parse(payload)
            .map(|d| d.fields)
            .unwrap_or_default(),
        Codec::H264 { .. } | Codec::Av1 { .. } | Codec::Opus => Numbers::default(),
    }
}

/// The temporal layer; see [`Temporal`] for which codecs have any.
pub(crate) fn temporal(codec: Codec, payload: &[u8]) -> Temporal {
    match codec {
        Codec::Vp8 => vp8::Descriptor::parse(payload)
            .map(|d| d.temporal)
            .unwrap_or_default(),
        _ => Temporal::default(),
    }
}

/// Writes the running numbers over those found by [`numbers`], each cut to the width it was
/// sent in, so that the length never changes. Numbers the payload does not carry are left out.
pub(crate) fn rewrite(payload: &mut [u8], fields: &Numbers, picture: u16, tl0: u8) {
    let mut put = |at: usize, value: u8| {
        if let Some(octet) = payload.get_mut(at) {
            *octet = value;
        }
    };
    match fields.picture_id {
        Some((PictureId::Short(_), at)) => put(at.into(), picture.to_be_bytes()[1] & !vp8::LONG),
        Some((PictureId::Long(_), at)) => {
            let [high, low] = picture.to_be_bytes();
            put(at.into(), high | vp8::LONG);
            put(usize::from(at) + 1, low);
        }
        None => {}
    }
    if let Some((_, at)) = fields.tl0 {
        put(at.into(), tl0);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Rewrites to picture 0x1ff and TL0 200.
    #[track_caller]
    fn check(before: &[u8], expected: &[u8]) {
        let mut payload = before.to_vec();
        let fields = numbers(Codec::Vp8, &payload);
        rewrite(&mut payload, &fields, 0x1ff, 200);
        assert_eq!(payload, expected, "{before:02x?}");
    }

    #[test]
    fn rewriting_keeps_width_and_everything_else() {
        check(
            &[0x90, 0xe0, 0x05, 7, 0xa0, 0x10],
            &[0x90, 0xe0, 0x7f, 200, 0xa0, 0x10],
        );
        check(
            &[0x90, 0xe0, 0x80, 0x05, 7, 0xa0, 0x10],
            &[0x90, 0xe0, 0x81, 0xff, 200, 0xa0, 0x10],
        );
        check(&[0x90, 0x40, 9, 0x10], &[0x90, 0x40, 200, 0x10]);
        check(&[0x10, 0x10], &[0x10, 0x10]);
        check(&[0x90, 0xe0], &[0x90, 0xe0]);
    }

    #[test]
    fn audio_has_no_key_frames() {
        assert!(!starts_keyframe(Codec::Opus, &[0x67, 0x10]));
        assert_eq!(numbers(Codec::Opus, &[0x90, 0x80, 5]), Numbers::default());
    }

    proptest! {
        #[test]
        fn rewritten_numbers_are_read_back(
            payload in proptest::collection::vec(any::<u8>(), 0..16),
            picture: u16,
            tl0: u8,
        ) {
            let before = numbers(Codec::Vp8, &payload);
            let mut after = payload.clone();
            rewrite(&mut after, &before, picture, tl0);
            let read = numbers(Codec::Vp8, &after);
            let id = match before.picture_id {
                Some((PictureId::Short(_), at)) => {
                    Some((PictureId::Short((picture & 0x7f) as u8), at))
                }
                Some((PictureId::Long(_), at)) => Some((PictureId::Long(picture & 0x7fff), at)),
                None => None,
            };
            prop_assert_eq!(read.picture_id, id);
            prop_assert_eq!(read.tl0, before.tl0.map(|(_, at)| (tl0, at)));
            prop_assert_eq!(
                starts_keyframe(Codec::Vp8, &after),
                starts_keyframe(Codec::Vp8, &payload)
            );
        }

        #[test]
        fn fields_of_another_payload_do_no_harm(
            payload in proptest::collection::vec(any::<u8>(), 0..4),
            at: u8,
        ) {
            let fields = Numbers {
                picture_id: Some((PictureId::Long(1), at)),
                tl0: Some((1, at)),
            };
            rewrite(&mut payload.clone(), &fields, 1, 1);
        }
    }
}
