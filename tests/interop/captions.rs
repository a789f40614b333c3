//! Speech goes in by FFmpeg's WHIP muxer and comes out as text: the whole way from a packet to
//! a WebVTT cue, with the real engines. Needs the models: `vitrine models fetch`.

use std::time::Duration;

use anyhow::{Result, ensure};
use tests::tools;
use tests::wait::now;

use super::ffmpeg::Ffmpeg;
use super::{SHOW, Stage};

/// From the first word to its caption, on a busy machine: eleven seconds of speech, then the
/// decode.
const PATIENCE: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_to_ffmpeg_can_be_read() -> Result<()> {
    let stage = Stage::with(&["--caption-threads", "1"])?;
    stage.open().await?;
    let speech = tools::root().join("tests/fixtures/speech/en/jfk.flac");
    ensure!(speech.is_file(), "{} is missing", speech.display());
    let speech = speech.to_str().expect("the repository's path is UTF-8");
    // Silence afterwards lets the last sentence end.
    let sound = ["-i", speech];
    let _ffmpeg = Ffmpeg::publish(&stage, &sound, &["-af", "apad=pad_dur=60"])?;
    let url = format!("{}/captions/{SHOW}/en.vtt", stage.server.url());
    let end = now() + PATIENCE;
    loop {
        let answer = stage.http.get(&url).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "{url}: {status}: {text}");
        ensure!(text.starts_with("WEBVTT"), "not WebVTT: {text}");
        // Rows without times and voice tags: a sentence runs over several.
        let rows = text.lines().filter(|row| !row.contains("-->"));
        let rows = rows.filter_map(|row| row.rsplit('>').next());
        let rows: Vec<&str> = rows.filter(|row| !row.is_empty()).collect();
        let said = rows.join(" ").to_lowercase();
        if said.contains("ask what you can do") && said.contains("country") {
            return Ok(());
        }
        ensure!(
            now() < end,
            "waited {PATIENCE:?} in vain for the words; so far: {text}"
        );
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}
