//! Continuity, whatever a slot is pointed at.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::testing::vp8;

#[test]
fn numbers_go_on_over_a_switch() {
    let mut munger = Munger::new(7, 1_000);
    munger.restart(&vp8(500, 2, true), 0, None);
    let first = munger.map(&vp8(500, 2, true)).unwrap();
    let last = munger.map(&vp8(503, 2, false)).unwrap();
    assert_eq!((first.index, last.index), (8, 11));
    // Another track, far away in every number, 33 ms later.
    munger.stop();
    assert_eq!(munger.map(&vp8(504, 2, false)), None, "of the track before");
    munger.restart(&vp8(90_000, 2, true), 3_000, None);
    let next = munger.map(&vp8(90_000, 2, true)).unwrap();
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
        munger.map(&vp8(89_999, 2, false)),
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
        .map(|seq| munger.map(&vp8(seq, 2, false)).unwrap().rtp_ts)
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
        let mapped = munger.map(&vp8(seq, 2, false)).unwrap();
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
        let mut start = munger.map(&vp8(seq, 2, true)).unwrap().index;
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
            match munger.map(&vp8(sent, 2, false)) {
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
