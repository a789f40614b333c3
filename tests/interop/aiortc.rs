//! aiortc (Python) decodes what the server sends by WHEP: real frames, in the right size.

use std::process::Stdio;

use anyhow::{Result, ensure};
use tests::tools;

use super::Stage;
use super::ffmpeg::{Ffmpeg, TONE};

/// Frames that must be decoded, and seconds they may take.
const FRAMES: &str = "60";
const SECONDS: &str = "30";

async fn decodes(stage: &Stage, size: &str) -> Result<()> {
    let script = tools::root().join("tests/interop/aiortc_play.py");
    let output = tokio::process::Command::new(tools::python()?)
        .arg(script)
        .args([&stage.whep(), FRAMES, SECONDS])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "aiortc: {said}\n{errors}");
    ensure!(said.contains(size), "aiortc saw {said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn aiortc_plays_vp8() -> Result<()> {
    let stage = Stage::new()?;
    let _publisher = stage.publish().await?;
    decodes(&stage, "1280x720").await
}

#[tokio::test(flavor = "multi_thread")]
async fn aiortc_plays_h264_from_ffmpeg() -> Result<()> {
    let stage = Stage::new()?;
    stage.open().await?;
    let _ffmpeg = Ffmpeg::publish(&stage, TONE, &[])?;
    decodes(&stage, "640x360").await
}
