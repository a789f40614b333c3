//! The server's secret: 32 random bytes in the data directory, for its user alone. Tokens are
//! signed with it; other uses derive their own key, so that no two of them share one.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

const KEY_BYTES: usize = 32;
const MODE_OTHERS: u32 = 0o077;

/// Why the key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The system refused.
    #[error("cannot use key file `{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// Others could read it.
    #[error("key file `{}` can be read by others: run `chmod 600` on it, or delete it to make a new one", path.display())]
    Open {
        /// The file.
        path: PathBuf,
    },
    /// Not 32 bytes.
    #[error("key file `{}` is damaged: delete it to make a new one (tokens end)", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
}

/// The secret. Not `Debug`, so that it cannot reach a log.
#[derive(Clone)]
pub struct SecretKey([u8; KEY_BYTES]);

impl SecretKey {
    /// Reads `key` in the data directory; makes the directory and the key on the first run.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn open(data: &Path) -> Result<SecretKey, KeyError> {
        let path = data.join("key");
        let io = |source| KeyError::Io {
            path: path.clone(),
            source,
        };
        fs::create_dir_all(data).map_err(io)?;
        match fs::read(&path) {
            Ok(bytes) => {
                let mode = fs::metadata(&path).map_err(io)?.permissions().mode();
                if mode & MODE_OTHERS != 0 {
                    return Err(KeyError::Open { path });
                }
                let bytes = bytes.try_into().map_err(|_| KeyError::Damaged { path })?;
                Ok(SecretKey(bytes))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Self::make(data, &path).map_err(io)
            }
            Err(error) => Err(io(error)),
        }
    }

    /// Written beside and linked into place, so that two first runs agree on one key and a crash
    /// leaves none half-written.
    fn make(data: &Path, path: &Path) -> std::io::Result<SecretKey> {
        let key = SecretKey(rand::random());
        let draft = data.join(format!(".key-{}", super::random_id()));
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft)?;
        file.write_all(&key.0)?;
        file.sync_all()?;
        let linked = fs::hard_link(&draft, path);
        fs::remove_file(&draft)?;
        match linked {
            Ok(()) => Ok(key),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let bytes = fs::read(path)?;
                bytes
                    .try_into()
                    .map(SecretKey)
                    .map_err(|_| ErrorKind::InvalidData.into())
            }
            Err(error) => Err(error),
        }
    }

    /// A key made elsewhere (tests).
    #[must_use]
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> SecretKey {
        SecretKey(bytes)
    }

    /// The bytes tokens are signed with.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// A key for one other purpose, e.g. `quote`: HMAC-SHA256 of the purpose.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> [u8; KEY_BYTES] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes any key length");
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_for_its_user_alone() {
        let data = tempfile::tempdir().expect("a temporary folder");
        let first = SecretKey::open(data.path()).expect("made");
        let second = SecretKey::open(data.path()).expect("read");
        assert_eq!(first.bytes(), second.bytes());
        assert_ne!(first.derive("quote"), first.derive("ticket"));
        let path = data.path().join("key");
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(
            fs::read_dir(data.path()).expect("listed").count(),
            1,
            "no draft left"
        );
    }

    #[test]
    fn an_open_or_damaged_key_is_refused() {
        let data = tempfile::tempdir().expect("a temporary folder");
        let path = data.path().join("key");
        fs::write(&path, [0; 32]).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("mode");
        assert!(matches!(
            SecretKey::open(data.path()),
            Err(KeyError::Open { .. })
        ));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("mode");
        fs::write(&path, [0; 31]).expect("written");
        assert!(matches!(
            SecretKey::open(data.path()),
            Err(KeyError::Damaged { .. })
        ));
    }
}
