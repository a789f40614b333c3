//! H.264 over RTP (RFC 6184): only what finding the start of a key frame needs.

/// NAL unit types of ITU-T H.264 table 7-1 and RFC 6184 table 1.
const NAL_IDR: u8 = 5;
const NAL_SPS: u8 = 7;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;

/// Start bit of a FU header (RFC 6184 §5.8).
const FU_START: u8 = 0x80;

/// Whether a decoder may start here: the packet begins an IDR slice or carries the sequence
/// parameter set that encoders send right before one.
pub(super) fn starts_keyframe(payload: &[u8]) -> bool {
    let Some((&header, body)) = payload.split_first() else {
        return false;
    };
    match header & 0x1f {
        STAP_A => aggregated(body).any(opens_keyframe),
        FU_A => body
            .first()
            .is_some_and(|fu| fu & FU_START != 0 && opens_keyframe(*fu)),
        _ => opens_keyframe(header),
    }
}

/// `header` is a NAL or FU header: both keep the type in the low five bits.
fn opens_keyframe(header: u8) -> bool {
    matches!(header & 0x1f, NAL_IDR | NAL_SPS)
}

/// Headers of the NAL units inside a STAP-A, each prefixed by a 16-bit size. A size that runs
/// past the packet ends the walk.
fn aggregated(mut body: &[u8]) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let (size, rest) = body.split_first_chunk::<2>()?;
        let (unit, rest) = rest.split_at_checked(u16::from_be_bytes(*size).into())?;
        body = rest;
        unit.first().copied()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(payload: &[u8], expected: bool) {
        assert_eq!(starts_keyframe(payload), expected, "{payload:02x?}");
    }

    #[test]
    fn single_units() {
        check(&[0x65, 0x88], true); // IDR slice
        check(&[0x67, 0x42], true); // SPS
        check(&[0x68, 0xce], false); // PPS alone
        check(&[0x41, 0x9a], false); // P slice
        check(&[0x06, 0x05], false); // SEI
        check(&[], false);
    }

    #[test]
    fn aggregates() {
        check(&[0x78, 0, 2, 0x67, 0x42, 0, 1, 0x68], true); // SPS + PPS
        check(&[0x78, 0, 1, 0x06, 0, 2, 0x65, 0x88], true); // SEI + IDR
        check(&[0x78, 0, 1, 0x06, 0, 2, 0x41, 0x9a], false);
        check(&[0x78, 0, 9, 0x67, 0x42], false); // size runs past the packet
        check(&[0x78, 0, 0, 0, 1, 0x67], false); // empty unit: malformed, walk ends
        check(&[0x78], false);
    }

    #[test]
    fn fragments_count_only_at_their_start() {
        check(&[0x7c, 0x85, 0x88], true);
        check(&[0x7c, 0x05, 0x88], false);
        check(&[0x7c, 0x45, 0x88], false); // last fragment
        check(&[0x7c, 0x81, 0x9a], false); // starts a P slice
        check(&[0x7c], false);
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(payload in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = starts_keyframe(&payload);
        }
    }
}
