//! Certificate hashes in SDP (RFC 8122): what the peer announces, and how ours is written.

use rtc_sdp::description::session::SessionDescription;

/// A hash function a fingerprint may use. Weaker ones are not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HashFunction {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// A certificate hash the peer announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    /// Which hash.
    pub hash: HashFunction,
    /// Its bytes.
    pub value: Vec<u8>,
}

/// Every hash the offer announces, for the session or for an m-line.
pub(super) fn fingerprints(sdp: &SessionDescription) -> Vec<Fingerprint> {
    let media = sdp
        .media_descriptions
        .iter()
        .flat_map(|media| &media.attributes);
    let mut found = Vec::new();
    for attribute in sdp.attributes.iter().chain(media) {
        if attribute.key != "fingerprint" {
            continue;
        }
        let parsed = attribute.value.as_deref().and_then(parse_fingerprint);
        if let Some(fingerprint) = parsed
            && !found.contains(&fingerprint)
        {
            found.push(fingerprint);
        }
    }
    found
}

fn parse_fingerprint(text: &str) -> Option<Fingerprint> {
    let (hash, hex) = text.split_once(' ')?;
    let (hash, len) = match hash.to_ascii_lowercase().as_str() {
        "sha-256" => (HashFunction::Sha256, 32),
        "sha-384" => (HashFunction::Sha384, 48),
        "sha-512" => (HashFunction::Sha512, 64),
        _ => return None,
    };
    let value = hex
        .trim()
        .split(':')
        .map(|pair| {
            u8::from_str_radix(pair, 16)
                .ok()
                .filter(|_| pair.len() == 2)
        })
        .collect::<Option<Vec<_>>>()?;
    (value.len() == len).then_some(Fingerprint { hash, value })
}

/// Bytes as SDP writes a fingerprint: `AB:CD:…`.
pub(crate) fn hex_pairs(bytes: &[u8]) -> String {
    let pairs: Vec<_> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}
