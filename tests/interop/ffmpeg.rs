//! FFmpeg publishes H.264 and Opus through its WHIP muxer, in both DTLS roles.

use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use tests::peer::Receiver;
use tests::tools;

use super::{Stage, until};

/// A running FFmpeg; ended with SIGKILL when dropped.
pub(super) struct Ffmpeg(Child);

impl Ffmpeg {
    /// Publishes a test picture and `sound` (an FFmpeg input) to the stage.
    pub(super) fn publish(stage: &Stage, sound: &[&str], extra: &[&str]) -> Result<Ffmpeg> {
        let child = Command::new(tools::ffmpeg()?)
            .args(["-hide_banner", "-loglevel", "warning", "-nostdin"])
            .args(["-re", "-f", "lavfi", "-i", "testsrc2=s=640x360:r=30", "-re"])
            .args(sound)
            .args([
                "-c:v",
                "libx264",
                "-preset",
                "ultrafast",
                "-tune",
                "zerolatency",
            ])
            .args([
                "-profile:v",
                "baseline",
                "-bf",
                "0",
                "-g",
                "30",
                "-pix_fmt",
                "yuv420p",
            ])
            .args(["-b:v", "1M", "-c:a", "libopus", "-ar", "48000", "-ac", "2"])
            .args(["-authorization", &stage.token()])
            .args(extra)
            .args(["-f", "whip", &stage.whip()])
            .stdin(Stdio::null())
            .spawn()
            .context("FFmpeg does not start")?;
        Ok(Ffmpeg(child))
    }
}

impl Drop for Ffmpeg {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A tone.
pub(super) const TONE: &[&str] = &["-f", "lavfi", "-i", "sine=f=330:r=48000"];

async fn is_played(extra: &[&str]) -> Result<()> {
    let stage = Stage::new()?;
    stage.open().await?;
    let _ffmpeg = Ffmpeg::publish(&stage, TONE, extra)?;
    let player = stage.play(Receiver::Full).await?;
    let received = until("three seconds of FFmpeg", &player, |seen| {
        seen.packets.len() == 2 && seen.packets.values().all(|packets| packets.len() > 90)
    })
    .await?;
    ensure!(received.gaps() == 0, "{} gaps", received.gaps());
    // The first H.264 packet opens a key frame: SPS (alone or in STAP-A) or IDR (or its FU-A).
    let opens = received.first.values().any(|payload| match payload[..] {
        [nal, size, _, unit, ..] if nal & 0x1f == 24 => size == 0 && matches!(unit & 0x1f, 5 | 7),
        [nal, fu, ..] if nal & 0x1f == 28 => fu & 0x80 != 0 && matches!(fu & 0x1f, 5 | 7),
        [nal, ..] => matches!(nal & 0x1f, 5 | 7),
        [] => false,
    });
    ensure!(opens, "starts with {:02x?}", received.first);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn ffmpeg_publishes_with_its_defaults() -> Result<()> {
    is_played(&[]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn ffmpeg_publishes_as_the_dtls_client() -> Result<()> {
    is_played(&["-whip_flags", "dtls_active"]).await
}
