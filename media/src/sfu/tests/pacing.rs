//! Bursts towards a viewer whose path is known.

use super::*;

/// Datagrams that leave until `until`, with the millisecond of each.
fn leave(sfu: &mut Sfu, from: u64, until: u64) -> Vec<u64> {
    let mut batch = Batch::new();
    let mut left = Vec::new();
    for ms in from..until {
        sfu.handle_timeout(at(ms));
        let sent = drain(sfu, at(ms), &mut batch);
        left.extend(std::iter::repeat_n(ms, sent));
    }
    left
}

fn frame(first: u64, packets: u64, keyframe: bool) -> Vec<Packet> {
    let frame = first / 100;
    let packet = |n| Packet {
        seq: first + n,
        marker: n + 1 == packets,
        keyframe: keyframe && n == 0,
        payload: bytes::Bytes::from_static(&[0; 1_200]),
        ..vp8(frame, 1, keyframe)
    };
    (0..packets).map(packet).collect()
}

#[test]
fn a_key_frame_is_stretched_to_what_the_path_takes_and_audio_passes_it() {
    let mut sfu = sfu();
    let video = publish(&mut sfu, at(0), 1, 0, Codec::Vp8);
    let audio = publish(&mut sfu, at(0), 2, 0, Codec::Opus);
    let slow = join(&mut sfu, at(0), 1, &offer(1, 1));
    let fast = join(&mut sfu, at(0), 2, &offer(1, 0));
    let index = |sfu: &Sfu, session| sfu.sessions[&session];
    let slow = index(&sfu, slow);
    sfu.viewers[slow].congestion.remb(at(0).instant, 1_000_000);
    let fast = index(&sfu, fast);

    let key = frame(10_000, 60, true);
    for packet in key {
        sfu.forward(at(10), video, 0, packet);
    }
    let first = leave(&mut sfu, 10, 11).len();
    // All 60 to the viewer nobody knows anything of, ten or so to the other.
    assert!((68..75).contains(&first), "{first}");
    let voice = Packet {
        payload: bytes::Bytes::from_static(&[0; 120]),
        ..vp8(500, 1, false)
    };
    sfu.forward(at(11), audio, 0, voice);
    assert!(
        leave(&mut sfu, 11, 12).len() <= 2,
        "the voice, and a packet at most"
    );
    // A frame meanwhile waits behind the key frame, and nothing overtakes.
    for packet in frame(10_060, 4, false) {
        sfu.forward(at(40), video, 0, packet);
    }
    let rest = leave(&mut sfu, 12, 400);
    assert_eq!(
        first + 1 + rest.len(),
        2 * 64 + 1,
        "everything arrives in the end"
    );
    // 54 packets of 1 228 bytes at 312.5 bytes a millisecond.
    let last = *rest.last().unwrap();
    assert!((190..240).contains(&last), "{last} ms");
    let most = (12..400)
        .map(|ms| rest.iter().filter(|at| **at == ms).count())
        .max();
    assert!(most.unwrap() <= 6, "{most:?} in one millisecond");
    let places = [slow, fast].map(|index| sfu.viewers[index].cold.slots[0].1);
    assert!(
        places
            .iter()
            .all(|place| sfu.downtracks[*place].flow == Flow::Live)
    );
    // Ordinary frames at the estimated rate leave whole.
    for packet in frame(10_100, 3, false) {
        sfu.forward(at(500), video, 0, packet);
    }
    assert_eq!(leave(&mut sfu, 500, 501).len(), 6);
}

#[test]
fn what_a_path_cannot_carry_at_all_is_given_up_until_the_next_key_frame() {
    let mut sfu = sfu();
    let video = publish(&mut sfu, at(0), 1, 0, Codec::Vp8);
    let viewer = join(&mut sfu, at(0), 1, &offer(1, 0));
    let index = sfu.sessions[&viewer];
    sfu.viewers[index].congestion.remb(at(0).instant, 200_000);
    let place = sfu.viewers[index].cold.slots[0].1;
    let mut gave_up = None;
    for n in 0..100 {
        let ms = 10 + n * 33;
        for packet in frame(10_000 + n * 8, 8, n == 0 || n == 90) {
            sfu.forward(at(ms), video, 0, packet);
        }
        leave(&mut sfu, ms, ms + 33);
        if sfu.downtracks[place].flow == Flow::Waiting {
            gave_up.get_or_insert(ms);
        }
    }
    assert!(
        gave_up.is_some_and(|ms| (2_000..2_200).contains(&ms)),
        "{gave_up:?}"
    );
    assert!(matches!(
        sfu.downtracks[place].flow,
        Flow::Live | Flow::Replay(_)
    ));
}
