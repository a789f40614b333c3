//! Secrets and signatures of Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

const PREFIX: &str = "whsec_";

/// What an endpoint and we share. Not `Debug`, so that it cannot reach a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// A fresh one of 32 bytes; the specification asks for 24 to 64.
    #[must_use]
    pub fn fresh() -> Secret {
        Secret(rand::random::<[u8; 32]>().to_vec())
    }

    /// Reads `whsec_…`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Secret> {
        let bytes = STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
        (24..=64).contains(&bytes.len()).then_some(Secret(bytes))
    }

    /// As the endpoint's owner is told it.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    fn sign(&self, text: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes any key");
        mac.update(text.as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

/// Value of `webhook-signature`: one signature a secret, so that a receiver that knows any of
/// them is content while they change.
#[must_use]
pub fn signature(secrets: &[Secret], id: &str, timestamp_s: u64, body: &str) -> String {
    let text = format!("{id}.{timestamp_s}.{body}");
    let signatures: Vec<String> = secrets.iter().map(|secret| secret.sign(&text)).collect();
    signatures.join(" ")
}
