//! Protection of what leaves for viewers: RTP sealed in place in the send slab (AES-GCM by
//! aws-lc-rs), RTCP both ways and the AES_CM_128_HMAC_SHA1_80 fallback by rtc-srtp.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use rtc_crypto::{BlockCipherAlgorithm, RTCCrypto};
use rtc_srtp::context::Context;
use rtc_srtp::protection_profile::ProtectionProfile;

/// RTP header without CSRC or extensions.
pub(crate) const HEADER_LEN: usize = 12;

/// Header extension with one element of two bytes (RFC 8285 §4.2): profile, length, element, a
/// byte of padding. The only extension that viewers are sent.
pub(crate) const EXTENSION_LEN: usize = 8;

/// Room a sealed packet needs after its plaintext: a GCM tag; HMAC-SHA1-80 needs less.
pub(crate) const TAG_LEN_MAX: usize = 16;

/// SSRCs one viewer reports with. Browsers use one, or one per m-line.
const REPORTERS_MAX: usize = 32;

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// AEAD_AES_128_GCM (RFC 7714).
    Aes128Gcm,
    /// AEAD_AES_256_GCM (RFC 7714).
    Aes256Gcm,
    /// AES_CM_128_HMAC_SHA1_80 (RFC 3711).
    Aes128CmSha1,
}

impl Profile {
    pub(crate) fn key_len(self) -> usize {
        self.protection().key_len()
    }

    pub(crate) fn salt_len(self) -> usize {
        self.protection().salt_len()
    }

    fn protection(self) -> ProtectionProfile {
        match self {
            Profile::Aes128Gcm => ProtectionProfile::AeadAes128Gcm,
            Profile::Aes256Gcm => ProtectionProfile::AeadAes256Gcm,
            Profile::Aes128CmSha1 => ProtectionProfile::Aes128CmHmacSha1_80,
        }
    }
}

/// Master keys of both directions, as DTLS exported them.
pub(crate) struct Keys {
    /// What they are for.
    pub profile: Profile,
    /// Ours, for what we send.
    pub local_key: Vec<u8>,
    /// Ours.
    pub local_salt: Vec<u8>,
    /// The peer's, for what we receive.
    pub remote_key: Vec<u8>,
    /// The peer's.
    pub remote_salt: Vec<u8>,
}

/// Keys that the crypto library refuses; cannot happen with keys of the profile's lengths.
#[derive(Debug, thiserror::Error)]
#[error("SRTP keys refused: {0}")]
pub(crate) struct KeyError(String);

/// Seals one viewer's RTP.
pub(crate) enum Sealer {
    /// In place, without allocation.
    Gcm {
        /// Session key.
        key: LessSafeKey,
        /// Session salt.
        salt: [u8; NONCE_LEN],
    },
    /// Through rtc-srtp: one allocation and about a microsecond per packet.
    Cm(Box<Context>),
}

impl Sealer {
    pub(crate) fn new(keys: &Keys, crypto: &dyn RTCCrypto) -> Result<Sealer, KeyError> {
        let (block, aead) = match keys.profile {
            Profile::Aes128Gcm => (BlockCipherAlgorithm::Aes128, &AES_128_GCM),
            Profile::Aes256Gcm => (BlockCipherAlgorithm::Aes256, &AES_256_GCM),
            Profile::Aes128CmSha1 => {
                let context = sending_context(keys, crypto)?;
                return Ok(Sealer::Cm(Box::new(context)));
            }
        };
        let derive =
            |label, len| derive(crypto, block, &keys.local_key, &keys.local_salt, label, len);
        let key = derive(LABEL_RTP_KEY, keys.profile.key_len())?;
        let key = UnboundKey::new(aead, &key).map_err(|error| KeyError(error.to_string()))?;
        let mut salt = [0; NONCE_LEN];
        salt.copy_from_slice(&derive(LABEL_RTP_SALT, NONCE_LEN)?);
        Ok(Sealer::Gcm {
            key: LessSafeKey::new(key),
            salt,
        })
    }

    /// Seals the RTP packet in `buffer[..len]`, of which `header` bytes stay in the clear, in
    /// place and returns its protected length. `buffer` has [`TAG_LEN_MAX`] bytes of room after
    /// it. The caller vouches that `index` is used once per SSRC, or again with the very same
    /// bytes, header included (see [`IndexWindow`]).
    pub(crate) fn seal(
        &mut self,
        buffer: &mut [u8],
        header: usize,
        len: usize,
        index: u64,
    ) -> Option<usize> {
        match self {
            Sealer::Gcm { key, salt } => {
                let (header, rest) = buffer.split_at_mut(header);
                let (payload, room) = rest.split_at_mut(len - header.len());
                let nonce = nonce(salt, header, index);
                let nonce = Nonce::assume_unique_for_key(nonce);
                let tag = key
                    .seal_in_place_separate_tag(nonce, Aad::from(&*header), payload)
                    .ok()?;
                room[..TAG_LEN_MAX].copy_from_slice(tag.as_ref());
                Some(len + TAG_LEN_MAX)
            }
            Sealer::Cm(context) => {
                let sealed = context.encrypt_rtp(&buffer[..len]).ok()?;
                buffer.get_mut(..sealed.len())?.copy_from_slice(&sealed);
                Some(sealed.len())
            }
        }
    }
}

/// RFC 7714 §8.1: salt XOR (0 || SSRC || index).
fn nonce(salt: &[u8; NONCE_LEN], header: &[u8], index: u64) -> [u8; NONCE_LEN] {
    let mut nonce = *salt;
    for (byte, ssrc) in nonce[2..6].iter_mut().zip(&header[8..12]) {
        *byte ^= ssrc;
    }
    for (byte, index) in nonce[6..12].iter_mut().zip(&index.to_be_bytes()[2..8]) {
        *byte ^= index;
    }
    nonce
}

const LABEL_RTP_KEY: u8 = 0;
const LABEL_RTP_SALT: u8 = 2;

/// RFC 3711 §4.3: AES counter mode over the labelled salt, key derivation rate 0.
fn derive(
    crypto: &dyn RTCCrypto,
    block: BlockCipherAlgorithm,
    master_key: &[u8],
    master_salt: &[u8],
    label: u8,
    len: usize,
) -> Result<Vec<u8>, KeyError> {
    let mut input = [0; 16];
    input[..master_salt.len()].copy_from_slice(master_salt);
    input[7] ^= label;
    let mut derived = Vec::with_capacity(len + 16);
    for counter in 0u16.. {
        if derived.len() >= len {
            break;
        }
        let mut keystream = input;
        keystream[14..].copy_from_slice(&counter.to_be_bytes());
        crypto
            .block_encrypt(block, master_key, &mut keystream)
            .map_err(|error| KeyError(error.to_string()))?;
        derived.extend_from_slice(&keystream);
    }
    derived.truncate(len);
    Ok(derived)
}

fn sending_context(keys: &Keys, crypto: &dyn RTCCrypto) -> Result<Context, KeyError> {
    let profile = keys.profile.protection();
    Context::new(
        &keys.local_key,
        &keys.local_salt,
        profile,
        None,
        None,
        crypto,
    )
    .map_err(|error| KeyError(error.to_string()))
}

/// A viewer's RTCP in both directions.
pub(crate) struct Srtcp {
    inbound: Context,
    outbound: Context,
    /// Indices each of the peer's SSRCs has used: replays are refused (RFC 3711 §3.3.2). Ours,
    /// because rtc-srtp's window is set by the first packet before it is authenticated.
    seen: Vec<(u32, IndexWindow)>,
    /// Where the E flag and the SRTCP index stand, counted from the end: before the tag of
    /// AES-CM (RFC 3711 §3.4), last of all with GCM (RFC 7714 §9.2).
    index_from_end: usize,
}

/// RTCP header and SSRC, sent in the clear.
const SRTCP_HEADER_LEN: usize = 8;

/// The E flag and 31 bits of index.
const SRTCP_INDEX_LEN: usize = 4;
const SRTCP_ENCRYPTED: u32 = 1 << 31;

impl Srtcp {
    pub(crate) fn new(keys: &Keys, crypto: &dyn RTCCrypto) -> Result<Srtcp, KeyError> {
        let profile = keys.profile.protection();
        let (key, salt) = (&keys.remote_key, &keys.remote_salt);
        let inbound = Context::new(key, salt, profile, None, None, crypto)
            .map_err(|error| KeyError(error.to_string()))?;
        let outbound = sending_context(keys, crypto)?;
        let index_from_end = SRTCP_INDEX_LEN + profile.rtcp_auth_tag_len();
        Ok(Srtcp {
            inbound,
            outbound,
            seen: Vec::new(),
            index_from_end,
        })
    }

    /// Authenticates and decrypts; `None` for anything forged, replayed or malformed.
    pub(crate) fn open(&mut self, datagram: &[u8]) -> Option<Vec<u8>> {
        let index_at = datagram.len().checked_sub(self.index_from_end)?;
        if index_at < SRTCP_HEADER_LEN {
            return None;
        }
        let word = |at| {
            Some(u32::from_be_bytes(
                datagram.get(at..at + 4)?.try_into().ok()?,
            ))
        };
        let (ssrc, index) = (word(4)?, word(index_at)?);
        // rtc-srtp 0.21.1 hands an SRTCP packet without the E flag through unauthenticated (under
        // AES-CM). Every WebRTC peer encrypts, so what is not encrypted is not from our peer.
        if index & SRTCP_ENCRYPTED == 0 {
            return None;
        }
        let plain = self.inbound.decrypt_rtcp(datagram).ok()?;
        let known = self.seen.iter().position(|(known, _)| *known == ssrc);
        let reporter = match known {
            Some(reporter) => reporter,
            None if self.seen.len() < REPORTERS_MAX => {
                self.seen.push((ssrc, IndexWindow::default()));
                self.seen.len() - 1
            }
            None => return None,
        };
        let fresh = self.seen[reporter]
            .1
            .claim(u64::from(index & !SRTCP_ENCRYPTED));
        fresh.then(|| plain.to_vec())
    }

    pub(crate) fn seal(&mut self, compound: &[u8]) -> Option<Vec<u8>> {
        self.outbound
            .encrypt_rtcp(compound)
            .ok()
            .map(|sealed| sealed.to_vec())
    }
}

/// The indices one SSRC has already used, so that a repeated packet can never be sealed twice
/// with other bytes. Late packets within the window are let through once.
#[derive(Debug, Clone, Default)]
pub(crate) struct IndexWindow {
    /// Highest index claimed; 0 is never used (slots start above it).
    highest: u64,
    /// Bit `index % WINDOW` for the last `WINDOW` indices.
    bits: [u64; WINDOW as usize / 64],
}

/// A quarter of a second of a 10 Mbit/s stream: a repair later than that is of no use.
const WINDOW: u64 = 256;

impl IndexWindow {
    /// Takes an index; `false` when it was taken before or is too old to tell.
    pub(crate) fn claim(&mut self, index: u64) -> bool {
        if index > self.highest {
            if index - self.highest >= WINDOW {
                self.bits = [0; WINDOW as usize / 64];
            } else {
                for skipped in self.highest + 1..index {
                    self.set(skipped, false);
                }
            }
            self.highest = index;
            self.set(index, true);
            return true;
        }
        if self.highest - index >= WINDOW || self.contains(index) {
            return false;
        }
        self.set(index, true);
        true
    }

    /// Whether an index was claimed and is still remembered.
    pub(crate) fn contains(&self, index: u64) -> bool {
        let (word, bit) = ((index % WINDOW / 64) as usize, index % 64);
        index <= self.highest && self.highest - index < WINDOW && self.bits[word] & (1 << bit) != 0
    }

    fn set(&mut self, index: u64, claimed: bool) {
        let (word, bit) = ((index % WINDOW / 64) as usize, index % 64);
        if claimed {
            self.bits[word] |= 1 << bit;
        } else {
            self.bits[word] &= !(1 << bit);
        }
    }
}

#[cfg(test)]
mod tests;
