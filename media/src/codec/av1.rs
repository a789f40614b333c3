//! AV1 over RTP: the aggregation header of AOM's payload format 1.0 §4.4, all that finding the
//! start of a key frame needs.

/// The first element goes on from the packet before.
const CONTINUED: u8 = 0x80;
/// First packet of a coded video sequence, which opens with a key frame.
const NEW_SEQUENCE: u8 = 0x08;

/// Whether a decoder may start at this packet.
pub(super) fn starts_keyframe(payload: &[u8]) -> bool {
    payload.len() > 1 && payload[0] & (CONTINUED | NEW_SEQUENCE) == NEW_SEQUENCE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(payload: &[u8], expected: bool) {
        assert_eq!(starts_keyframe(payload), expected, "{payload:02x?}");
    }

    #[test]
    fn only_the_first_packet_of_a_sequence_starts() {
        check(&[0x18, 0x0a, 0x0b], true);
        check(&[0x08, 0x0a], true);
        check(&[0x10, 0x32], false); // a frame within the sequence
        check(&[0x90, 0x32], false); // goes on from the packet before
        check(&[0x98, 0x32], false); // contradicts itself
        check(&[0x08], false); // nothing in it
        check(&[], false);
    }
}
