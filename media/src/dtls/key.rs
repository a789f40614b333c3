//! Our certificate's private key, read once. `dimpl` asks for it anew with each association, and
//! reading an EC key checks it: a point multiplication for every viewer.

use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use dimpl::crypto::{
    Buf, CryptoProvider, HashAlgorithm, KeyProvider, SignatureAlgorithm, SigningKey,
    aws_lc_rs as backend,
};
use dimpl::{CryptoError, CryptoOperation};

use super::cookie::Cookies;

/// The platform's crypto, with keys that are read once and cookies of our kind.
pub(super) fn provider() -> CryptoProvider {
    CryptoProvider {
        key_provider: &LAST_KEY,
        hmac_provider: &Cookies,
        ..backend::default_provider()
    }
}

static LAST_KEY: LastKey = LastKey(Mutex::new(None));

/// Keeps the key read last: a process has one certificate.
#[derive(Debug)]
struct LastKey(Mutex<Option<(Vec<u8>, SharedKey)>>);

impl KeyProvider for LastKey {
    fn load_private_key(&self, der: &[u8]) -> Result<Box<dyn SigningKey>, CryptoError> {
        let mut last = self.0.lock().expect("no panic while the key is locked");
        if let Some((_, key)) = last.as_ref().filter(|(known, _)| known == der) {
            return Ok(Box::new(key.clone()));
        }
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der)
            .map_err(|_| CryptoError::InvalidPrivateKey)?;
        let key = SharedKey(Arc::new(pair));
        *last = Some((der.to_vec(), key.clone()));
        Ok(Box::new(key))
    }
}

/// A P-256 key that many associations sign with.
#[derive(Debug, Clone)]
struct SharedKey(Arc<EcdsaKeyPair>);

impl SigningKey for SharedKey {
    fn sign(&mut self, data: &[u8], hash: HashAlgorithm, out: &mut Buf) -> Result<(), CryptoError> {
        if hash != self.hash_algorithm() {
            return Err(CryptoError::SigningKeyHashMismatch {
                key_hash: self.hash_algorithm(),
                requested: hash,
            });
        }
        let signature = self.0.sign(&SystemRandom::new(), data);
        let signature =
            signature.map_err(|_| CryptoError::OperationFailed(CryptoOperation::Sign))?;
        out.clear();
        out.extend_from_slice(signature.as_ref());
        Ok(())
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }

    fn hash_algorithm(&self) -> HashAlgorithm {
        HashAlgorithm::SHA256
    }

    fn supported_hash_algorithms(&self) -> &[HashAlgorithm] {
        &[HashAlgorithm::SHA256]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_once_and_another_takes_its_place() {
        let keys = LastKey(Mutex::new(None));
        let made = || {
            let made = dimpl::certificate::generate_self_signed_certificate();
            made.expect("the platform's crypto").private_key
        };
        let kept = |keys: &LastKey| {
            let last = keys.0.lock().expect("unlocked");
            last.as_ref().map(|(_, key)| Arc::as_ptr(&key.0))
        };
        let (ours, other) = (made(), made());
        keys.load_private_key(&ours).expect("our key");
        let first = kept(&keys);
        keys.load_private_key(&ours).expect("our key");
        assert_eq!(kept(&keys), first, "not read again");
        keys.load_private_key(&other).expect("another key");
        assert_ne!(kept(&keys), first, "the other key, not the first");
        assert!(keys.load_private_key(b"no key").is_err());
    }
}
