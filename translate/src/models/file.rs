//! Files that are either whole or absent: written beside their place, hashed on the way,
//! synchronised, then renamed.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// How much is read at once when hashing.
const CHUNK_BYTES: usize = 1 << 20;

/// The sha256 of a file in hexadecimal; `at` hears how far it is.
pub(super) fn sha256(path: &Path, mut at: impl FnMut(u64)) -> io::Result<String> {
    let mut file = BufReader::with_capacity(CHUNK_BYTES, File::open(path)?);
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut hash = Sha256::new();
    let mut done = 0;
    loop {
        let count = file.read(&mut chunk)?;
        if count == 0 {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(&chunk[..count]);
        done += count as u64;
        at(done);
    }
}

/// A file being written. Dropped before [`Pending::place`], it leaves nothing behind.
pub(super) struct Pending {
    path: PathBuf,
    partial: PathBuf,
    file: Option<BufWriter<File>>,
    hash: Sha256,
    bytes: u64,
}

impl Pending {
    /// Begins the file that will be at `path`, in a folder that is made if it is not there.
    pub(super) fn create(path: &Path) -> io::Result<Pending> {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or("file");
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let partial = path.with_file_name(format!(".{name}.part"));
        let file = BufWriter::with_capacity(CHUNK_BYTES, File::create(&partial)?);
        let path = path.to_owned();
        Ok(Pending {
            path,
            partial,
            file: Some(file),
            hash: Sha256::new(),
            bytes: 0,
        })
    }

    /// The sha256 of what was written.
    pub(super) fn sha256(&self) -> String {
        hex(&self.hash.clone().finalize())
    }

    /// How much was written.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Puts the file in its place, durably.
    pub(super) fn place(mut self) -> io::Result<()> {
        let file = self.file.take().expect("a pending file is placed once");
        file.into_inner()
            .map_err(io::IntoInnerError::into_error)?
            .sync_all()?;
        fs::rename(&self.partial, &self.path)?;
        sync_folder(&self.path)
    }
}

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let file = self.file.as_mut().expect("a placed file is not written");
        file.write_all(bytes)?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), BufWriter::flush)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // What is left of an attempt that failed; the next one overwrites it anyway.
            let _ = fs::remove_file(&self.partial);
        }
    }
}

/// Makes a rename in the folder of `path` durable.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent()
        .map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    #[test]
    fn a_placed_file_is_whole_and_has_the_hash_it_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.bin");
        let mut pending = Pending::create(&path).unwrap();
        pending.write_all(b"hel").unwrap();
        assert!(!path.exists());
        pending.write_all(b"lo").unwrap();
        assert_eq!((pending.sha256(), pending.bytes()), (HELLO.to_owned(), 5));
        pending.place().unwrap();
        assert_eq!(sha256(&path, |_| {}).unwrap(), HELLO);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn an_abandoned_file_leaves_the_old_one_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b.bin");
        fs::write(&path, "hello").unwrap();
        let mut pending = Pending::create(&path).unwrap();
        pending.write_all(b"half of someth").unwrap();
        drop(pending);
        assert_eq!(sha256(&path, |_| {}).unwrap(), HELLO);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
