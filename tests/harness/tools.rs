//! Programs from outside: FFmpeg and aiortc, as `.ci/setup test` installs them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// The Python with the interop peers in it: `$VITRINE_TEST_VENV`, else `.venv` at the root.
///
/// # Errors
/// Says how to install it.
pub fn python() -> Result<PathBuf> {
    let venv =
        std::env::var_os("VITRINE_TEST_VENV").map_or_else(|| root().join(".venv"), Into::into);
    let python = venv.join("bin/python");
    if !python.is_file() {
        bail!(
            "{} is missing: run `.ci/setup test`, or set VITRINE_TEST_VENV",
            python.display()
        );
    }
    Ok(python)
}

/// The FFmpeg that ships in PyPI's `imageio-ffmpeg`: recent enough to speak WHIP.
///
/// # Errors
/// When the package is missing.
pub fn ffmpeg() -> Result<PathBuf> {
    let output = Command::new(python()?)
        .args([
            "-c",
            "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())",
        ])
        .output()
        .context("python does not start")?;
    if !output.status.success() {
        bail!("imageio-ffmpeg is missing: run `.ci/setup test`");
    }
    Ok(String::from_utf8(output.stdout)?.trim().into())
}

/// The repository.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ is in the repository")
}
