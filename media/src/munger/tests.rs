//! Continuity, whatever a slot is pointed at.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::testing::{vp8, vp8_temporal};

/// Nothing is left out.
const ALL: u8 = u8::MAX;

#[test]
fn numbers_go_on_over_a_switch() {
    let mut munger = Munger::new(7, 1_000);
    munger.restart(&vp8(500, 2, true), 0, None);
    let first = munger.map(&vp8(500, 2, true), ALL).unwrap();
    let last = munger.map(&vp8(503, 2, false), ALL).unwrap();
    assert_eq!((first.index, last.index), (8, 11));
    // Another track, far away in every number, 33 ms later.
    munger.stop();
    assert_eq!(
        munger.map(&vp8(504, 2, false), ALL),
        None,
        "of the track before"
    );
    munger.restart(&vp8(90_000, 2, true), 3_000, None);
    let next = munger.map(&vp8(90_000, 2, true), ALL).unwrap();
    assert_eq!(next.index, 12);
    assert_eq!(next.rtp_ts, last.rtp_ts + 3_000);
    assert_eq!(next.picture, last.picture + 1);
    assert_eq!(munger.unmap(12), Some(90_000));
    assert_eq!(
        munger.unmap(11),
        None,
        "from before the switch: cannot be sent again"
    );
    assert_eq!(
        munger.map(&vp8(89_999, 2, false), ALL),
        None,
        "late, from before the start"
    );
}

#[test]
fn a_replay_is_squeezed_under_the_pivot_and_live_packets_keep_their_pace() {
    let mut munger = Munger::new(0, 0);
    let (first, pivot) = (vp8(100, 2, true), vp8(219, 2, false));
    let pivot = Pivot {
        seq: pivot.seq,
        rtp_ts: pivot.rtp_ts,
    };
    munger.restart(&first, 0, Some(pivot));
    let stamps: Vec<_> = (100..230)
        .map(|seq| munger.map(&vp8(seq, 2, false), ALL).unwrap().rtp_ts)
        .collect();
    for pair in stamps.windows(2) {
        assert!(pair[1] >= pair[0]);
    }
    let frames: std::collections::BTreeSet<_> = stamps.iter().collect();
    assert_eq!(frames.len(), 65, "every frame keeps a timestamp of its own");
    assert_eq!(
        stamps[119] - stamps[0],
        59 * 3_000 / REPLAY_SQUEEZE,
        "the past takes 61 ms"
    );
    assert_eq!(
        stamps[121] - stamps[119],
        3_000,
        "live goes at its own pace"
    );
    let again = munger.peek(&vp8(150, 2, false)).unwrap();
    assert_eq!(
        again.rtp_ts, stamps[50],
        "sent again with the timestamp it had"
    );
}

#[test]
fn unmap_is_the_inverse_of_map_over_the_wrap() {
    let mut munger = Munger::new(16_000, 0);
    munger.restart(&vp8(60_000, 2, true), 0, None);
    for seq in 60_000..180_000 {
        let mapped = munger.map(&vp8(seq, 2, false), ALL).unwrap();
        assert_eq!(munger.unmap(mapped.index as u16), Some(seq));
    }
    assert_eq!(
        munger.unmap((munger.index_last + 1) as u16),
        None,
        "never sent"
    );
}

/// What happens to a slot.
#[derive(Debug, Clone)]
enum Step {
    Packet { skip: u64 },
    Late { back: u64 },
    Switch { to: u64, replay: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        10 => (0u64..3).prop_map(|skip| Step::Packet { skip }),
        2 => (0u64..40).prop_map(|back| Step::Late { back }),
        1 => (1_000u64..1 << 40, 0u64..200).prop_map(|(to, replay)| Step::Switch { to, replay }),
    ];
    prop::collection::vec(step, 1..300)
}

proptest! {
    /// Over any switches, losses, repeats and late packets: one index never stands for two source
    /// packets, indices only move forward at switches, and sequence holes are exactly the
    /// source's.
    #[test]
    fn one_index_never_stands_for_two_packets(steps in steps()) {
        let mut munger = Munger::new(1, 1);
        let (mut source, mut seq) = (0u32, 5_000u64);
        munger.restart(&vp8(seq, 2, true), 0, None);
        let mut users: HashMap<u64, (u32, u64)> = HashMap::new();
        let mut start = munger.map(&vp8(seq, 2, true), ALL).unwrap().index;
        users.insert(start, (source, seq));
        let mut first = seq;
        for step in steps {
            let sent = match step {
                Step::Packet { skip } => { seq += 1 + skip; seq }
                Step::Late { back } => seq.saturating_sub(back),
                Step::Switch { to, replay } => {
                    let highest = munger.index_last;
                    let head = vp8(to, 2, false);
                    let pivot = Pivot { seq: head.seq, rtp_ts: head.rtp_ts };
                    source += 1;
                    first = to - replay;
                    seq = first;
                    munger.stop();
                    munger.restart(&vp8(first, 2, true), 3_000, (replay > 0).then_some(pivot));
                    start = highest + 1;
                    seq
                }
            };
            match munger.map(&vp8(sent, 2, false), ALL) {
                None => prop_assert!(sent < first),
                Some(mapped) => {
                    prop_assert_eq!(mapped.index - start, sent - first);
                    let user = *users.entry(mapped.index).or_insert((source, sent));
                    prop_assert_eq!(user, (source, sent));
                    prop_assert_eq!(munger.unmap(mapped.index as u16), Some(sent));
                }
            }
        }
    }
}

/// What a source of one-packet frames does, and what is wanted of it.
#[derive(Debug, Clone)]
enum Frame {
    /// The next packet comes, `lost` packets after the last, of this temporal layer.
    Next {
        lost: u64,
        temporal: u8,
    },
    /// A lost packet comes late after all.
    Late {
        nth: usize,
    },
    /// Another limit, or another layer of the track.
    Limit(u8),
    Switch,
}

fn frames() -> impl Strategy<Value = Vec<Frame>> {
    let lost = prop_oneof![9 => Just(0u64), 1 => 1u64..3];
    let frame = prop_oneof![
        20 => (lost, 0u8..3).prop_map(|(lost, temporal)| Frame::Next { lost, temporal }),
        2 => (0usize..8).prop_map(|nth| Frame::Late { nth }),
        2 => (0u8..3).prop_map(Frame::Limit),
        1 => Just(Frame::Switch),
    ];
    prop::collection::vec(frame, 1..400)
}

proptest! {
    /// Whatever is lost, late, left out or switched: the decoder sees no hole in sequence numbers
    /// or picture ids but the source's losses, time never goes back, and each number it asks for
    /// again is found.
    #[test]
    fn what_is_left_out_leaves_no_trace(frames in frames()) {
        let mut munger = Munger::new(1, 1);
        let (mut limit, mut next, mut source) = (ALL, 100u64, 0u64);
        munger.restart(&vp8(next, 1, true), 0, None);
        let mut lost: Vec<Packet> = Vec::new();
        // What the next packet must get, what the newest got, and what each index carried.
        let mut expected: Option<(u64, u16)> = None;
        let mut top: Option<Mapped> = None;
        let mut carried = HashMap::new();
        for frame in frames {
            let (packet, in_order) = match frame {
                Frame::Next { lost: holes, temporal } => {
                    lost.extend((next..next + holes).map(|seq| vp8_temporal(seq, temporal)));
                    next += holes + 1;
                    expected = expected.map(|(index, picture)| (index + holes, picture + holes as u16));
                    (vp8_temporal(next - 1, temporal), true)
                }
                Frame::Late { nth } if nth < lost.len() => (lost.swap_remove(nth), false),
                Frame::Late { .. } => continue,
                Frame::Limit(wanted) => {
                    limit = wanted;
                    continue;
                }
                Frame::Switch => {
                    source += 1;
                    next += source * 7_001 + 1;
                    lost.clear();
                    let first = vp8(next - 1, 1, true);
                    munger.restart(&first, 3_000, None);
                    expected = top.map(|top| (top.index + 1, top.picture + 1));
                    (first, true)
                }
            };
            let Some(mapped) = munger.map(&packet, limit) else {
                continue;
            };
            if in_order {
                let (index, picture) = expected.unwrap_or((mapped.index, mapped.picture));
                prop_assert_eq!((mapped.index, mapped.picture), (index, picture & PICTURE_MASK));
                expected = Some((index + 1, picture + 1));
                if let Some(top) = top {
                    prop_assert!(mapped.rtp_ts.wrapping_sub(top.rtp_ts) as i32 > 0);
                }
            }
            top = top.filter(|top| top.index > mapped.index).or(Some(mapped));
            let user = *carried.entry(mapped.index).or_insert((source, packet.seq));
            prop_assert_eq!(user, (source, packet.seq));
            prop_assert_eq!(munger.unmap(mapped.index as u16), Some(packet.seq));
            prop_assert_eq!(munger.peek(&packet), Some(mapped));
        }
    }
}
