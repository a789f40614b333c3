//! A slot's packets as its viewer gets them, opened by rtc-srtp.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::BytesMut;
use proptest::prelude::*;
use rtc_srtp::context::Context;
use rtc_srtp::protection_profile::ProtectionProfile;

use super::*;
use crate::batch::Path;
use crate::bwe::Congestion;
use crate::srtp::{Keys, Profile, Sealer};
use crate::testing::{origin, vp8};

const SSRCS: Ssrcs = Ssrcs {
    media: 0x1000,
    rtx: 0x2000,
};

const PATH: Path = Path::udp(
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9),
    IpAddr::V4(Ipv4Addr::LOCALHOST),
);

/// A slot, its sealer, and its viewer's end of SRTP.
struct Rig {
    downtrack: Downtrack,
    sealer: Sealer,
    congestion: Congestion,
    batch: Batch,
    viewer: Context,
}

impl Rig {
    fn new(profile: Profile, rtx: Option<u8>) -> Rig {
        Rig::numbered(profile, rtx, None)
    }

    /// With transport-wide numbers under this header extension id.
    fn numbered(profile: Profile, rtx: Option<u8>, transport_cc: Option<u8>) -> Rig {
        let provider = rtc_crypto::default_provider().unwrap();
        let (key, salt) = (vec![5; profile.key_len()], vec![6; profile.salt_len()]);
        let keys = Keys {
            profile,
            local_key: key.clone(),
            local_salt: salt.clone(),
            remote_key: key.clone(),
            remote_salt: salt.clone(),
        };
        let protection = match profile {
            Profile::Aes128Gcm => ProtectionProfile::AeadAes128Gcm,
            Profile::Aes256Gcm => ProtectionProfile::AeadAes256Gcm,
            Profile::Aes128CmSha1 => ProtectionProfile::Aes128CmHmacSha1_80,
        };
        let viewer = Context::new(&key, &salt, protection, None, None, provider.crypto());
        let mut payload = Payload::for_tests(Codec::Vp8, 96, rtx);
        payload.transport_cc = transport_cc;
        let mut downtrack = Downtrack::new(0, SSRCS, vec![payload], 0x1234_5678_9abc_def0);
        downtrack.show(Some((TrackId(1), Codec::Vp8)));
        Rig {
            downtrack,
            sealer: Sealer::new(&keys, provider.crypto()).unwrap(),
            congestion: Congestion::default(),
            batch: Batch::new(),
            viewer: viewer.unwrap(),
        }
    }

    /// What the last call put on the wire.
    fn wire(&mut self) -> Option<Vec<u8>> {
        let sent = self
            .batch
            .runs()
            .first()
            .map(|run| self.batch.bytes(run).to_vec());
        self.batch.clear();
        sent
    }

    fn send(&mut self, packet: &Packet, segment: usize) -> Option<Vec<u8>> {
        let mut link = Link {
            path: PATH,
            sealer: &mut self.sealer,
            congestion: &mut self.congestion,
            now: origin(),
        };
        let sent = self
            .downtrack
            .send(packet, segment, &mut link, &mut self.batch);
        let wire = self.wire();
        assert_eq!(sent, wire.as_ref().map(Vec::len));
        wire
    }

    fn resend(&mut self, packet: &Packet) -> Option<Vec<u8>> {
        let mut link = Link {
            path: PATH,
            sealer: &mut self.sealer,
            congestion: &mut self.congestion,
            now: origin(),
        };
        self.downtrack.resend(packet, &mut link, &mut self.batch);
        self.wire()
    }

    fn open(&mut self, datagram: &[u8]) -> BytesMut {
        self.viewer.decrypt_rtp(datagram).unwrap()
    }
}

#[test]
fn header_picture_id_and_padding_are_what_the_viewer_negotiated() {
    let mut rig = Rig::new(Profile::Aes128Gcm, Some(97));
    let first = vp8(100, 2, true);
    rig.downtrack.start(&first, 90_000, None, origin());
    let wire = rig
        .send(&first, HEADER_LEN + first.payload.len() + 3)
        .unwrap();
    let plain = rig.open(&wire);
    assert_eq!(plain[0], 0xa0, "version 2, padded");
    assert_eq!(plain[1], 96);
    assert_eq!(plain[8..12], SSRCS.media.to_be_bytes());
    assert_eq!(plain[HEADER_LEN..plain.len() - 3], first.payload);
    assert_eq!(plain[plain.len() - 3..], [0, 0, 3]);
    // Pointed at another track, the picture id goes on from 50 although the source says 4500.
    rig.downtrack.show(Some((TrackId(2), Codec::Vp8)));
    let other = vp8(9_001, 2, true);
    rig.downtrack.start(&other, 90_000, None, origin());
    let wire = rig.send(&other, 0).unwrap();
    let next = rig.open(&wire);
    assert_eq!(next[HEADER_LEN + 2..HEADER_LEN + 4], [0x80, 51]);
    assert_eq!(
        u16::from_be_bytes([next[2], next[3]]),
        u16::from_be_bytes([plain[2], plain[3]]) + 1
    );
}

#[test]
fn a_lost_packet_is_sent_again_as_rtx() {
    let mut rig = Rig::new(Profile::Aes256Gcm, Some(97));
    let first = vp8(100, 2, true);
    rig.downtrack.start(&first, 90_000, None, origin());
    let wire = rig.send(&first, 0).unwrap();
    let plain = rig.open(&wire);
    for _ in 0..2 {
        let again = rig.resend(&first).unwrap();
        let again = rig.open(&again);
        assert_eq!(
            (again[1], &again[8..12]),
            (97, &SSRCS.rtx.to_be_bytes()[..])
        );
        assert_eq!(again[4..8], plain[4..8], "the original's timestamp");
        assert_eq!(
            again[HEADER_LEN..HEADER_LEN + 2],
            plain[2..4],
            "the original's number"
        );
        assert_eq!(again[HEADER_LEN + 2..], plain[HEADER_LEN..]);
    }
    assert_eq!(
        rig.resend(&vp8(101, 2, false)),
        None,
        "never sent, so not sent again"
    );
}

#[test]
fn every_packet_is_numbered_and_repeats_too() {
    for profile in [Profile::Aes128Gcm, Profile::Aes128CmSha1] {
        let mut rig = Rig::numbered(profile, Some(97), Some(3));
        let packets: Vec<_> = (100..104).map(|seq| vp8(seq, 2, seq == 100)).collect();
        rig.downtrack.start(&packets[0], 90_000, None, origin());
        let segment = segment_of(&packets);
        let number = |plain: &[u8]| {
            assert_eq!(plain[0] & 0x10, 0x10, "an extension");
            assert_eq!(plain[12..17], [0xbe, 0xde, 0, 1, 0x31], "one element, id 3");
            u16::from_be_bytes([plain[17], plain[18]])
        };
        for (n, packet) in packets.iter().enumerate() {
            let wire = rig.send(packet, segment).unwrap();
            let plain = rig.open(&wire);
            assert_eq!(number(&plain), n as u16);
            assert_eq!(plain.len(), segment + EXTENSION_LEN, "equally long");
            assert_eq!(plain[20..20 + packet.payload.len()], packet.payload);
        }
        let again = rig.resend(&packets[1]).unwrap();
        let again = rig.open(&again);
        assert_eq!(number(&again), 4);
        assert_eq!(again[22..], packets[1].payload);
    }
    // Without RTX a repeat would be the same index over another header.
    let mut rig = Rig::numbered(Profile::Aes128Gcm, None, Some(3));
    rig.downtrack
        .start(&vp8(100, 2, true), 90_000, None, origin());
    assert!(rig.send(&vp8(100, 2, true), 0).is_some());
    assert_eq!(rig.resend(&vp8(100, 2, true)), None);
}

#[test]
fn without_rtx_a_packet_is_sent_again_byte_for_byte() {
    for profile in [Profile::Aes128Gcm, Profile::Aes128CmSha1] {
        let mut rig = Rig::new(profile, None);
        let packets: Vec<_> = (100..120).map(|seq| vp8(seq, 2, seq == 100)).collect();
        rig.downtrack.start(&packets[0], 90_000, None, origin());
        let sent: Vec<_> = packets
            .iter()
            .map(|packet| rig.send(packet, 90).unwrap())
            .collect();
        for (packet, wire) in packets.iter().zip(&sent) {
            assert_eq!(rig.resend(packet).as_ref(), Some(wire), "{profile:?}");
        }
        rig.downtrack.show(Some((TrackId(2), Codec::Vp8)));
        assert_eq!(rig.resend(&packets[3]), None, "the slot has moved on");
    }
}

#[derive(Debug, Clone)]
enum Step {
    Send {
        skip: u64,
        padded: bool,
    },
    /// A gap that may reach over the end of the sequence numbers.
    Leap {
        over: u64,
    },
    Late {
        back: u64,
    },
    Again {
        back: u64,
    },
    Switch {
        to: u64,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0u64..3, any::<bool>()).prop_map(|(skip, padded)| Step::Send { skip, padded }),
        1 => (1_000u64..20_000).prop_map(|over| Step::Leap { over }),
        2 => (0u64..300).prop_map(|back| Step::Late { back }),
        3 => (0u64..300).prop_map(|back| Step::Again { back }),
        1 => (1_000u64..100_000).prop_map(|to| Step::Switch { to }),
    ];
    prop::collection::vec(step, 1..150)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// The nonce is salt, SSRC and index, and the salt is fixed: no (SSRC, index) may ever cover
    /// two different plaintexts, whatever is sent, repeated, late, sent again or switched, over
    /// any number of rollovers. And whatever is sent opens in rtc-srtp, in every profile.
    #[test]
    fn gcm_nonces_never_repeat(
        steps in steps(),
        has_rtx: bool,
        numbered: bool,
        profile in prop::sample::select(vec![
            Profile::Aes128Gcm,
            Profile::Aes256Gcm,
            Profile::Aes128CmSha1,
        ]),
    ) {
        let (rtx, transport_cc) = (has_rtx.then_some(97), numbered.then_some(3));
        let mut rig = Rig::numbered(profile, rtx, transport_cc);
        let mut seq = 2_000;
        let mut source = vp8(seq, 2, true);
        rig.downtrack.start(&source, 90_000, None, origin());
        let mut used: HashMap<(u32, u64), Vec<u8>> = HashMap::new();
        let mut highest: HashMap<u32, u64> = HashMap::new();
        let mut track = 1;
        for step in steps {
            let wire = match step {
                Step::Send { skip, padded } => {
                    seq += 1 + skip;
                    rig.send(&vp8(seq, 2, false), if padded { 80 } else { 0 })
                }
                Step::Leap { over } => {
                    seq += over;
                    rig.send(&vp8(seq, 2, false), 0)
                }
                Step::Late { back } => rig.send(&vp8(seq - back.min(seq), 2, false), 79),
                Step::Again { back } => rig.resend(&vp8(seq - back.min(seq), 2, false)),
                Step::Switch { to } => {
                    track += 1;
                    seq = to;
                    source = vp8(seq, 2, true);
                    rig.downtrack.show(Some((TrackId(track), Codec::Vp8)));
                    let now = origin() + Duration::from_secs(1);
                    rig.downtrack.start(&source, 90_000, None, now);
                    rig.send(&source, 0)
                }
            };
            let Some(wire) = wire else { continue };
            let ssrc = u32::from_be_bytes(wire[8..12].try_into().unwrap());
            let number = u16::from_be_bytes([wire[2], wire[3]]);
            // RFC 3711 §3.3.1: the index nearest to the highest so far.
            let newest = highest.entry(ssrc).or_insert(u64::from(number));
            let step = number.wrapping_sub(*newest as u16) as i16;
            let index = newest.wrapping_add_signed(i64::from(step));
            *newest = index.max(*newest);
            let known = used.entry((ssrc, index)).or_insert_with(|| wire.clone());
            prop_assert_eq!(&*known, &wire, "one nonce, two ciphertexts");
            let opened = rig.viewer.decrypt_rtp(&wire);
            prop_assert!(opened.is_ok(), "rtc-srtp refuses it: {:?}", opened);
        }
    }
}
