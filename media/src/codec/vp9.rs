//! VP9 over RTP: the payload descriptor of RFC 9628 §4.2.

use super::vp8::{LONG, read_picture_id};
use crate::packet::{Numbers, PictureId};

/// First octet.
const HAS_PICTURE_ID: u8 = 0x80;
const PREDICTED: u8 = 0x40;
const HAS_LAYERS: u8 = 0x20;
const FLEXIBLE: u8 = 0x10;
const START: u8 = 0x08;
const HAS_STRUCTURE: u8 = 0x02;
/// Layer octet: spatial layer, and whether it leans on the one below.
const SPATIAL: u8 = 0x0e;
const INTER_LAYER: u8 = 0x01;
/// Reference octet: another follows.
const MORE: u8 = 0x01;
/// References of one frame at most.
const REFERENCES_MAX: usize = 3;
/// Scalability structure: layers less one, sizes present.
const HAS_SIZES: u8 = 0x10;

/// A parsed VP9 payload descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Descriptor {
    /// First packet of a picture of the lowest spatial layer that leans on no earlier picture.
    pub starts_keyframe: bool,
    /// Picture id and TL0PICIDX, which stand where and as VP8 has them.
    pub fields: Numbers,
    /// Width and height of the highest spatial layer.
    pub size: Option<(u16, u16)>,
}

impl Descriptor {
    /// Reads the descriptor in front of a VP9 payload; `None` when it is cut short.
    pub(super) fn parse(payload: &[u8]) -> Option<Descriptor> {
        let first = *payload.first()?;
        let mut fields = Numbers::default();
        let mut at = 1;
        if first & HAS_PICTURE_ID != 0 {
            let id = read_picture_id(payload.get(at..)?)?;
            fields.picture_id = Some((id, at as u8));
            at += if matches!(id, PictureId::Long(_)) {
                2
            } else {
                1
            };
        }
        let mut is_base = true;
        if first & HAS_LAYERS != 0 {
            is_base = *payload.get(at)? & (SPATIAL | INTER_LAYER) == 0;
            at += 1;
            if first & FLEXIBLE == 0 {
                fields.tl0 = Some((*payload.get(at)?, at as u8));
                at += 1;
            }
        }
        if first & FLEXIBLE != 0 && first & PREDICTED != 0 {
            for _ in 0..REFERENCES_MAX {
                let reference = *payload.get(at)?;
                at += 1;
                if reference & MORE == 0 {
                    break;
                }
            }
        }
        let size = if first & HAS_STRUCTURE != 0 {
            structure_size(payload.get(at..)?)
        } else {
            None
        };
        Some(Descriptor {
            starts_keyframe: first & START != 0 && first & PREDICTED == 0 && is_base,
            fields,
            size,
        })
    }
}

/// Size of the last spatial layer of a scalability structure.
fn structure_size(structure: &[u8]) -> Option<(u16, u16)> {
    let first = *structure.first()?;
    if first & HAS_SIZES == 0 {
        return None;
    }
    let last = usize::from(first >> 5);
    let size = structure.get(1 + 4 * last..)?.first_chunk::<4>()?;
    let [w1, w0, h1, h0] = *size;
    Some((u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0])))
}

/// Whether a decoder may start at this packet.
pub(super) fn starts_keyframe(payload: &[u8]) -> bool {
    Descriptor::parse(payload).is_some_and(|descriptor| descriptor.starts_keyframe)
}

/// Width and height, where the packet carries the scalability structure.
pub(super) fn size(payload: &[u8]) -> Option<(u16, u16)> {
    Descriptor::parse(payload)?.size
}

const _: () = assert!(LONG == HAS_PICTURE_ID, "one picture id format for both");

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use PictureId::{Long, Short};

    #[track_caller]
    fn check(
        payload: &[u8],
        keyframe: bool,
        id: Option<(PictureId, u8)>,
        tl0: Option<(u8, u8)>,
        size: Option<(u16, u16)>,
    ) {
        let fields = Numbers {
            picture_id: id,
            tl0,
        };
        let expected = Descriptor {
            starts_keyframe: keyframe,
            fields,
            size,
        };
        assert_eq!(Descriptor::parse(payload), Some(expected), "{payload:02x?}");
    }

    #[test]
    fn descriptors_of_every_shape() {
        check(&[0x08, 1], true, None, None, None);
        check(&[0x00, 1], false, None, None, None); // later packet of the frame
        check(&[0x48, 1], false, None, None, None); // leans on another picture
        check(&[0x88, 0x05, 1], true, Some((Short(5), 1)), None, None);
        check(
            &[0x88, 0x81, 2, 1],
            true,
            Some((Long(0x102), 1)),
            None,
            None,
        );
        // Not flexible: TL0PICIDX follows the layers. Spatial layer 1 is no place to start.
        let base = [0xa8, 0x81, 2, 0x00, 9, 1];
        check(&base, true, Some((Long(0x102), 1)), Some((9, 4)), None);
        let upper = [0xa8, 0x81, 2, 0x03, 9, 1];
        check(&upper, false, Some((Long(0x102), 1)), Some((9, 4)), None);
        // Flexible with two references, then a structure of two layers with sizes.
        let sized = [0x5a, 0x03, 0x02, 0x30, 0, 160, 0, 90, 1, 0x40, 0, 180, 0xff];
        check(&sized, false, None, None, Some((320, 180)));
        check(&[0x0a, 0x20, 0xff], true, None, None, None); // structure without sizes
    }

    #[test]
    fn cut_short() {
        for payload in [&[][..], &[0x80], &[0x80, 0x80], &[0x20, 0], &[0x50, 1]] {
            assert_eq!(Descriptor::parse(payload), None, "{payload:02x?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(payload in proptest::collection::vec(any::<u8>(), 0..48)) {
            let _ = Descriptor::parse(&payload);
        }
    }
}
