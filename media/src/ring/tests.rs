//! What is kept, what is refused, and where a joiner starts.

use super::*;
use crate::testing::vp8;

fn filled(seqs: impl Iterator<Item = u64>, keyframes: &[u64]) -> Ring {
    let mut ring = Ring::new();
    for seq in seqs {
        ring.insert(vp8(seq, 2, keyframes.contains(&seq)));
    }
    ring
}

#[test]
fn duplicates_and_the_long_past_are_refused_late_packets_are_not() {
    let mut ring = filled((0..2_000).filter(|seq| *seq != 1_500), &[]);
    assert!(!ring.insert(vp8(1_999, 2, false)), "a duplicate");
    assert!(ring.insert(vp8(1_500, 2, false)), "late, once");
    assert!(!ring.insert(vp8(1_500, 2, false)));
    assert!(
        !ring.insert(vp8(1_999 - RING_PACKETS as u64, 2, false)),
        "too old"
    );
    assert_eq!(ring.get(1_999).map(|packet| packet.seq), Some(1_999));
    assert!(ring.get(2_000).is_none() && ring.get(3).is_none());
}

#[test]
fn a_long_group_of_pictures_stays_whole_up_to_the_limit() {
    let long = 3 * RING_PACKETS as u64;
    let ring = filled(0..long, &[100]);
    assert_eq!(ring.keyframe().map(|packet| packet.seq), Some(100));
    assert!(ring.is_complete_since_keyframe());
    assert_eq!(ring.since_keyframe().count() as u64, long - 100);
    let ring = filled(0..2 * RING_PACKETS_MAX as u64, &[100]);
    assert!(
        ring.keyframe().is_none(),
        "longer than the limit: no false start"
    );
    assert!(!ring.is_complete_since_keyframe());
}

#[test]
fn the_first_packet_of_the_newest_key_frame_counts() {
    // 10 and 11 are of one frame (SPS and IDR); they may come in either order.
    assert_eq!(filled(0..20, &[4, 10, 11]).keyframe().unwrap().seq, 10);
    let order = [0, 1, 11, 10, 12].into_iter();
    assert_eq!(filled(order, &[10, 11]).keyframe().unwrap().seq, 10);
    // A late packet of an older key frame does not bring it back.
    let order = [0, 1, 10, 11, 4].into_iter();
    assert_eq!(filled(order, &[4, 10]).keyframe().unwrap().seq, 10);
}

#[test]
fn a_hole_is_seen() {
    let mut ring = filled((0..20).filter(|seq| *seq != 13), &[10]);
    assert!(!ring.is_complete_since_keyframe());
    ring.insert(vp8(13, 2, false));
    assert!(ring.is_complete_since_keyframe());
}
