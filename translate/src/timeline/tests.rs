//! The timeline told as packet diaries, and the law that no diary breaks it.

use bytes::Bytes;
use proptest::prelude::*;

use super::{Piece, Timeline};
use crate::SpeechPacket;

/// A CELT 20 ms packet, one frame: config 31, code 0.
const TOC: u8 = 31 << 3;

fn packet(seq: u64, rtp_ts: u32, arrival_ms: u64) -> SpeechPacket {
    SpeechPacket {
        seq,
        rtp_ts,
        arrival_ms,
        payload: Bytes::copy_from_slice(&[TOC, seq as u8]),
    }
}

fn run(packets: impl IntoIterator<Item = SpeechPacket>) -> Vec<Piece> {
    let mut timeline = Timeline::default();
    packets.into_iter().for_each(|packet| timeline.push(packet));
    timeline.flush();
    std::iter::from_fn(|| timeline.poll()).collect()
}

/// Packets as `p`, concealment as `l`, silence as `s` with its length, breaks as `|`.
fn diary(pieces: &[Piece]) -> String {
    let word = |piece: &Piece| match piece {
        Piece::Packet { .. } => "p".to_owned(),
        Piece::Lost { ms, .. } => format!("l{ms}"),
        Piece::Silence { ms, lost_ms, .. } => format!("s{ms}/{lost_ms}"),
        Piece::Break => "|".to_owned(),
    };
    pieces.iter().map(word).collect::<Vec<_>>().join(" ")
}

fn starts(pieces: &[Piece]) -> Vec<u64> {
    let start = |piece: &Piece| match piece {
        Piece::Packet { at_ms, .. } | Piece::Lost { at_ms, .. } | Piece::Silence { at_ms, .. } => {
            Some(*at_ms)
        }
        Piece::Break => None,
    };
    pieces.iter().filter_map(start).collect()
}

#[test]
fn jitter_does_not_move_media_time() {
    let late = [3, 9, 0, 40, 15, 2];
    let packets = (0..6).map(|i| packet(i, 960 * i as u32, 10_000 + 20 * i + late[i as usize]));
    let pieces = run(packets);
    assert_eq!(diary(&pieces), "p p p p p p");
    assert_eq!(starts(&pieces)[2..], [10_040, 10_060, 10_080, 10_100]);
}

#[test]
fn swapped_packets_are_put_in_order() {
    let order = [0u64, 2, 1, 3];
    let pieces = run(order.map(|i| packet(i, 960 * i as u32, 1_000 + 20 * i)));
    assert_eq!(diary(&pieces), "p p p p");
    assert_eq!(starts(&pieces), [1_000, 1_020, 1_040, 1_060]);
}

#[test]
fn a_lost_packet_is_concealed_and_its_successor_offered() {
    let pieces = run([0u64, 2, 3].map(|i| packet(i, 960 * i as u32, 1_000 + 20 * i)));
    assert_eq!(diary(&pieces), "p l20 p p");
    let Piece::Lost { next, .. } = &pieces[1] else {
        panic!("second piece is the loss")
    };
    assert_eq!(next[1], 2);
}

#[test]
fn a_long_loss_is_silent_after_the_concealed_part() {
    let pieces = run([0u64, 41].map(|i| packet(i, 960 * i as u32, 1_000 + 20 * i)));
    assert_eq!(diary(&pieces), "p l100 s600/700 p");
}

#[test]
fn silence_that_was_not_sent_is_no_loss() {
    let pieces = run([
        packet(0, 0, 0),
        packet(1, 960 * 20, 400),
        packet(2, 960 * 21, 420),
    ]);
    assert_eq!(diary(&pieces), "p s380/0 p p");
}

#[test]
fn the_timestamp_wraps_unseen() {
    let base = u32::MAX - 960;
    let pieces = run((0..4u64).map(|i| packet(i, base.wrapping_add(960 * i as u32), 20 * i)));
    assert_eq!(diary(&pieces), "p p p p");
    assert_eq!(starts(&pieces), [0, 20, 40, 60]);
}

#[test]
fn a_restarted_sender_breaks_the_line() {
    let pieces = run([packet(10, 500, 1_000), packet(90_000, 7_000_000, 1_500)]);
    assert_eq!(diary(&pieces), "p | p");
    assert_eq!(starts(&pieces), [1_000, 1_500]);
}

proptest! {
    #[test]
    fn any_order_and_loss_keeps_time_monotone(
        packets in prop::collection::vec(
            (0u64..400, any::<u32>(), 0u64..30_000, prop::collection::vec(any::<u8>(), 0..4)),
            0..200,
        ),
        honest in any::<bool>(),
    ) {
        let packets = packets.into_iter().map(|(seq, ts, arrival_ms, payload)| SpeechPacket {
            seq,
            rtp_ts: if honest { seq as u32 * 960 } else { ts },
            arrival_ms,
            payload: payload.into(),
        });
        let pieces = run(packets);
        let starts = starts(&pieces);
        prop_assert!(starts.is_sorted());
    }
}
