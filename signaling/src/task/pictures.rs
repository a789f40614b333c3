//! Pictures on disk: one thread decodes and writes them, so that no request waits behind a
//! decoder. A file's name says what is in it and is never written anew, so caches keep it for ever.

use std::fs;
use std::io::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tokio::sync::{mpsc, oneshot};

use crate::limits::pictures::{FILES_MAX, QUEUE_MAX};
use crate::picture::{PictureError, Variant, prepare};

/// The store of pictures. Cheap to clone; its thread ends when the last one is gone.
#[derive(Debug, Clone)]
pub struct Pictures {
    folder: Arc<Path>,
    inbox: mpsc::Sender<Job>,
}

#[derive(Debug)]
struct Job {
    upload: Bytes,
    answer: oneshot::Sender<Result<Vec<Stored>, StoreError>>,
}

/// One size of a picture, as it is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// File name.
    pub name: String,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// Why a picture was not taken.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The upload.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// Too many wait.
    #[error("too many pictures are being worked on")]
    Busy,
    /// No more are kept.
    #[error("{FILES_MAX} picture files are kept, and so many there are")]
    Full,
    /// The disk.
    #[error("the picture could not be written")]
    Disk(#[from] io::Error),
}

impl Pictures {
    /// Opens the folder and starts the thread.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub fn open(folder: PathBuf) -> io::Result<Pictures> {
        fs::create_dir_all(&folder)?;
        let kept = fs::read_dir(&folder)?.count();
        let (inbox, jobs) = mpsc::channel(QUEUE_MAX);
        let folder: Arc<Path> = folder.into();
        let worker = Worker {
            folder: Arc::clone(&folder),
            kept,
        };
        std::thread::Builder::new()
            .name("pictures".to_owned())
            .spawn(move || worker.run(jobs))?;
        Ok(Pictures { folder, inbox })
    }

    /// Makes all sizes of an upload, the widest first; on disk when it returns. The same upload
    /// gets the same names.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn add(&self, upload: Bytes) -> Result<Vec<Stored>, StoreError> {
        let (answer, result) = oneshot::channel();
        let job = Job { upload, answer };
        self.inbox.try_send(job).map_err(|_| StoreError::Busy)?;
        result.await.unwrap_or(Err(StoreError::Busy))
    }

    /// The bytes of a picture, if there is one of this name.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        if !is_name(name) {
            return Ok(None);
        }
        match tokio::fs::read(self.folder.join(name)).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Hash, width: no name of ours leads out of the folder.
fn is_name(name: &str) -> bool {
    let parts = name
        .strip_suffix(".jpg")
        .and_then(|name| name.split_once('-'));
    parts.is_some_and(|(hash, width)| {
        hash.len() == 32
            && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
            && (1..=4).contains(&width.len())
            && width.bytes().all(|b| b.is_ascii_digit())
    })
}

struct Worker {
    folder: Arc<Path>,
    /// Files in the folder.
    kept: usize,
}

impl Worker {
    fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(Job { upload, answer }) = jobs.blocking_recv() {
            // Who asked may be gone; the picture is there all the same.
            let _ = answer.send(self.take(&upload));
        }
    }

    fn take(&mut self, upload: &[u8]) -> Result<Vec<Stored>, StoreError> {
        // Decoders promise not to panic on strangers' bytes, and sometimes do.
        let prepared = catch_unwind(AssertUnwindSafe(|| prepare(upload)));
        let variants = prepared.unwrap_or_else(|_| {
            tracing::error!(bytes = upload.len(), "a picture made its decoder panic");
            Err(PictureError::Broken("the decoder gave up".to_owned()))
        })?;
        // Of what was made, not of what was sent: the same bytes are the same file, whichever
        // version of the decoder or of this program made them.
        let mut hash = Sha256::new();
        variants
            .iter()
            .for_each(|variant| hash.update(&variant.jpeg));
        let hash: String = hash.finalize()[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        variants
            .iter()
            .map(|variant| self.write(&hash, variant))
            .collect()
    }

    fn write(&mut self, hash: &str, variant: &Variant) -> Result<Stored, StoreError> {
        let stored = Stored {
            name: format!("{hash}-{}.jpg", variant.width),
            width: variant.width,
            height: variant.height,
        };
        let path = self.folder.join(&stored.name);
        if path.exists() {
            return Ok(stored);
        }
        if self.kept >= FILES_MAX {
            return Err(StoreError::Full);
        }
        // Whole or not at all: another process may serve from this folder.
        let part = self
            .folder
            .join(format!(".{}-{}", std::process::id(), stored.name));
        let mut file = fs::File::create(&part)?;
        file.write_all(&variant.jpeg)?;
        file.sync_all()?;
        fs::rename(&part, &path)?;
        self.kept += 1;
        Ok(stored)
    }
}

#[cfg(test)]
mod tests {
    use image::ImageFormat;

    use super::*;
    use crate::picture::tests::file;

    #[tokio::test]
    async fn the_same_upload_is_kept_once_and_a_full_queue_is_refused() {
        let data = tempfile::tempdir().expect("a temporary folder");
        let pictures = Pictures::open(data.path().join("pictures")).expect("opened");
        let upload = Bytes::from(file(700, 350, ImageFormat::Png));
        let first = pictures.add(upload.clone()).await.expect("taken");
        assert_eq!(
            first.iter().map(|stored| stored.width).collect::<Vec<_>>(),
            [700, 640, 320]
        );
        assert_eq!(
            pictures.add(upload.clone()).await.expect("taken again"),
            first
        );
        let kept = fs::read_dir(data.path().join("pictures"))
            .expect("read")
            .count();
        assert_eq!(kept, 3);

        // The thread is held by nothing, so the queue is filled by asking without waiting.
        let (inbox, _kept) = mpsc::channel(QUEUE_MAX);
        let folder = pictures.folder.clone();
        let stuck = Pictures { folder, inbox };
        for _ in 0..QUEUE_MAX {
            let (answer, _) = oneshot::channel();
            stuck
                .inbox
                .try_send(Job {
                    upload: upload.clone(),
                    answer,
                })
                .expect("there is room");
        }
        assert!(matches!(stuck.add(upload).await, Err(StoreError::Busy)));
    }

    #[tokio::test]
    async fn only_names_of_ours_are_read() {
        let data = tempfile::tempdir().expect("a temporary folder");
        fs::write(data.path().join("secret"), "s").expect("written");
        let pictures = Pictures::open(data.path().join("pictures")).expect("opened");
        let hash = "0".repeat(32);
        for name in [
            "../secret",
            "secret",
            "",
            "/etc/passwd",
            &hash,
            &format!("{hash}-../../x.jpg"),
        ] {
            assert!(pictures.read(name).await.expect("read").is_none(), "{name}");
        }
    }
}
