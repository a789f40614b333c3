//! VP8 over RTP: the payload descriptor of RFC 7741 §4.2.

use crate::packet::{Numbers, PictureId, Temporal};

/// First octet: extension present, start of a partition, partition index.
const EXTENDED: u8 = 0x80;
const START: u8 = 0x10;
const PARTITION: u8 = 0x07;
/// Extension octet.
const HAS_PICTURE_ID: u8 = 0x80;
const HAS_TL0: u8 = 0x40;
const HAS_TID: u8 = 0x20;
const HAS_KEYIDX: u8 = 0x10;
/// Picture id octet: the id has 15 bits.
pub(super) const LONG: u8 = 0x80;
/// Temporal octet: its layer sync bit; the layer stands above it.
const SYNC: u8 = 0x20;

/// A parsed VP8 payload descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Descriptor {
    /// First packet of a frame: starts a partition, and that partition is the first.
    pub starts_frame: bool,
    /// Picture id and TL0PICIDX.
    pub fields: Numbers,
    /// Temporal layer.
    pub temporal: Temporal,
    /// Octets of the descriptor; the VP8 bitstream follows.
    pub len: u8,
}

impl Descriptor {
    /// Reads the descriptor in front of a VP8 payload; `None` when it is cut short.
    pub(super) fn parse(payload: &[u8]) -> Option<Descriptor> {
        let first = *payload.first()?;
        let mut fields = Numbers::default();
        let mut temporal = Temporal::default();
        let mut at = 1;
        if first & EXTENDED != 0 {
            let present = *payload.get(1)?;
            at = 2;
            if present & HAS_PICTURE_ID != 0 {
                let id = read_picture_id(&payload[at..])?;
                fields.picture_id = Some((id, at as u8));
                at += if matches!(id, PictureId::Long(_)) {
                    2
                } else {
                    1
                };
            }
            if present & HAS_TL0 != 0 {
                fields.tl0 = Some((*payload.get(at)?, at as u8));
                at += 1;
            }
            if present & (HAS_TID | HAS_KEYIDX) != 0 {
                let octet = *payload.get(at)?;
                if present & HAS_TID != 0 {
                    (temporal.id, temporal.sync) = (octet >> 6, octet & SYNC != 0);
                }
                at += 1;
            }
        }
        let starts_frame = first & START != 0 && first & PARTITION == 0;
        Some(Descriptor {
            starts_frame,
            fields,
            temporal,
            len: at as u8,
        })
    }
}

/// Shared with VP9, whose picture id looks the same (RFC 9628 §4.2).
pub(super) fn read_picture_id(at: &[u8]) -> Option<PictureId> {
    let first = *at.first()?;
    if first & LONG == 0 {
        return Some(PictureId::Short(first));
    }
    Some(PictureId::Long(u16::from_be_bytes([
        first & !LONG,
        *at.get(1)?,
    ])))
}

/// Whether a decoder may start at this packet: first packet of a frame whose VP8 frame tag
/// (RFC 6386 §9.1) has the inverse key frame bit clear.
pub(super) fn starts_keyframe(payload: &[u8]) -> bool {
    Descriptor::parse(payload).is_some_and(|descriptor| {
        descriptor.starts_frame
            && payload
                .get(usize::from(descriptor.len))
                .is_some_and(|tag| tag & 1 == 0)
    })
}

/// Width and height, from the header of a key frame (RFC 6386 §9.1).
pub(super) fn size(payload: &[u8]) -> Option<(u16, u16)> {
    const START_CODE: [u8; 3] = [0x9d, 0x01, 0x2a];
    let descriptor = Descriptor::parse(payload).filter(|_| starts_keyframe(payload))?;
    let header = payload.get(usize::from(descriptor.len) + 3..)?;
    let (code, rest) = header.split_first_chunk::<3>()?;
    let (size, _) = rest.split_first_chunk::<4>()?;
    // The upper two bits of each are a scaling hint.
    let of = |low: u8, high: u8| u16::from_le_bytes([low, high]) & 0x3fff;
    (*code == START_CODE).then(|| (of(size[0], size[1]), of(size[2], size[3])))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// First octet of the frame tag of a key frame and of an interframe.
    const KEY: u8 = 0x10;
    const INTER: u8 = 0x11;

    #[track_caller]
    fn check(payload: &[u8], picture_id: Option<(PictureId, u8)>, tl0: Option<(u8, u8)>, len: u8) {
        let descriptor = Descriptor::parse(payload).expect("descriptor is whole");
        assert_eq!(
            descriptor.fields,
            Numbers { picture_id, tl0 },
            "{payload:02x?}"
        );
        assert_eq!(descriptor.len, len, "{payload:02x?}");
    }

    #[test]
    fn descriptors_of_every_shape() {
        use PictureId::{Long, Short};
        check(&[0x10, KEY], None, None, 1);
        check(&[0x90, 0x80, 0x05, KEY], Some((Short(5), 2)), None, 3);
        check(
            &[0x90, 0x80, 0x92, 0x34, KEY],
            Some((Long(0x1234), 2)),
            None,
            4,
        );
        // Chromium: 15-bit id, TL0PICIDX, TID.
        check(
            &[0x90, 0xe0, 0x81, 0, 7, 0xa0, KEY],
            Some((Long(256), 2)),
            Some((7, 4)),
            6,
        );
        check(&[0x90, 0x10, 0x1f, KEY], None, None, 3); // KEYIDX only
        check(&[0x90, 0x40, 9, KEY], None, Some((9, 2)), 3);
    }

    #[test]
    fn cut_descriptors_are_no_descriptors() {
        let whole = [0x90, 0xf0, 0x81, 0x00, 7, 0xa0];
        for len in 0..whole.len() {
            assert_eq!(Descriptor::parse(&whole[..len]), None, "{len} octets");
        }
    }

    #[test]
    fn key_frames_start_in_the_first_packet_of_partition_zero() {
        assert!(starts_keyframe(&[0x10, KEY]));
        assert!(starts_keyframe(&[0x90, 0xe0, 0x81, 0x00, 7, 0x00, KEY]));
        assert!(!starts_keyframe(&[0x10, INTER]));
        assert!(!starts_keyframe(&[0x00, KEY])); // later packet of the frame
        assert!(!starts_keyframe(&[0x11, KEY])); // another partition
        assert!(!starts_keyframe(&[0x10])); // descriptor without a frame
        assert!(!starts_keyframe(&[]));
    }
}
