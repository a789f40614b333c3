//! The sealer against rtc-srtp, and the promise that no nonce is used twice.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

fn crypto() -> std::sync::Arc<dyn rtc_crypto::RTCCryptoProvider> {
    rtc_crypto::default_provider().unwrap()
}

fn keys(profile: Profile) -> Keys {
    let bytes = |len: usize, salt: u8| (0..len as u8).map(|n| n.wrapping_mul(7) ^ salt).collect();
    Keys {
        profile,
        local_key: bytes(profile.key_len(), 1),
        local_salt: bytes(profile.salt_len(), 2),
        remote_key: bytes(profile.key_len(), 3),
        remote_salt: bytes(profile.salt_len(), 4),
    }
}

fn packet(index: u64, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, 96];
    packet.extend_from_slice(&(index as u16).to_be_bytes());
    packet.extend_from_slice(&[0, 0, 1, 0, 0xde, 0xad, 0xbe, 0xef]);
    packet.extend_from_slice(payload);
    packet
}

fn seal(sealer: &mut Sealer, packet: &[u8], index: u64) -> Vec<u8> {
    let mut buffer = packet.to_vec();
    buffer.resize(packet.len() + TAG_LEN_MAX, 0);
    let len = sealer
        .seal(&mut buffer, HEADER_LEN, packet.len(), index)
        .unwrap();
    buffer.truncate(len);
    buffer
}

/// Every profile, over a rollover of the sequence number, equals rtc-srtp byte for byte.
#[test]
fn sealed_bytes_equal_those_of_rtc_srtp() {
    let provider = crypto();
    for profile in [
        Profile::Aes128Gcm,
        Profile::Aes256Gcm,
        Profile::Aes128CmSha1,
    ] {
        let keys = keys(profile);
        let mut sealer = Sealer::new(&keys, provider.crypto()).unwrap();
        let mut oracle = sending_context(&keys, provider.crypto()).unwrap();
        let start = u64::from(u16::MAX) - 600;
        for index in (start..start + 1_200).step_by(3) {
            let payload = vec![index as u8; 1 + (index % 1_200) as usize];
            let plain = packet(index, &payload);
            let expected = oracle.encrypt_rtp(&plain).unwrap();
            assert_eq!(
                seal(&mut sealer, &plain, index),
                expected,
                "{profile:?} at {index}"
            );
        }
    }
}

#[test]
fn rtcp_goes_round_and_forgeries_and_replays_are_refused() {
    let provider = crypto();
    for profile in [
        Profile::Aes128Gcm,
        Profile::Aes256Gcm,
        Profile::Aes128CmSha1,
    ] {
        let ours = keys(profile);
        let theirs = Keys {
            profile,
            local_key: ours.remote_key.clone(),
            local_salt: ours.remote_salt.clone(),
            remote_key: ours.local_key.clone(),
            remote_salt: ours.local_salt.clone(),
        };
        let mut server = Srtcp::new(&ours, provider.crypto()).unwrap();
        let mut peer = Srtcp::new(&theirs, provider.crypto()).unwrap();
        let compound = [0x80, 201, 0, 1, 0, 0, 0, 9];
        let sealed = peer.seal(&compound).unwrap();
        let mut forged = sealed.clone();
        forged[9] ^= 1;
        assert_eq!(server.open(&forged), None);
        assert_eq!(server.open(&sealed).as_deref(), Some(&compound[..]));
        assert_eq!(server.open(&sealed), None, "a replay");
    }
}

/// rtc-srtp 0.21.1 lets an SRTCP packet without the E flag through unauthenticated: anybody who
/// knows a viewer's address could have asked for its key frames and retransmissions.
#[test]
fn rtcp_in_the_clear_is_refused() {
    let provider = crypto();
    let mut server = Srtcp::new(&keys(Profile::Aes128CmSha1), provider.crypto()).unwrap();
    let mut clear = vec![0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2];
    clear.extend_from_slice(&[0, 0, 0, 1]);
    clear.extend_from_slice(&[0; 10]);
    assert_eq!(server.open(&clear), None);
}

proptest! {
    #[test]
    fn rtcp_junk_never_panics(junk: Vec<u8>) {
        let provider = crypto();
        for profile in [Profile::Aes128Gcm, Profile::Aes256Gcm, Profile::Aes128CmSha1] {
            let mut srtcp = Srtcp::new(&keys(profile), provider.crypto()).unwrap();
            prop_assert_eq!(srtcp.open(&junk), None);
        }
    }

    /// Whatever order indices come in, none is claimed twice, and each of the last ones is
    /// remembered exactly.
    #[test]
    fn no_index_is_claimed_twice(steps in prop::collection::vec((0u64..600, any::<bool>()), 1..400)) {
        let mut window = IndexWindow::default();
        let mut claimed = HashMap::new();
        let mut highest = 1_000u64;
        for (step, forward) in steps {
            let index = if forward { highest + step } else { highest.saturating_sub(step).max(1) };
            let fresh = window.claim(index);
            let times = claimed.entry(index).or_insert(0);
            *times += u32::from(fresh);
            prop_assert!(*times <= 1, "{index} claimed twice");
            if index > highest {
                prop_assert!(fresh, "a new highest index is always free");
            }
            highest = highest.max(index);
            for (known, times) in &claimed {
                if highest - known < WINDOW && highest == window.highest {
                    prop_assert_eq!(window.contains(*known), *times == 1);
                }
            }
        }
    }
}
