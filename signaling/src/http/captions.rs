//! `GET /captions/{show}/{lang}.vtt`: the finals of one language as WebVTT, from the same cues
//! that pages get. Time zero is the show's start. Polling keeps the language wanted.

use std::fmt::Write as _;

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::AppState;
use super::error::Problem;
use super::extract::Bearer;
use super::shows::{may_watch, room};
use crate::protocol::server::CaptionView;
use crate::room::is_language_tag;

/// Answers with what has been said so far.
///
/// # Errors
/// 404, 401 or 403 for a private show.
pub async fn vtt(
    State(state): State<AppState>,
    Path((show, file)): Path<(String, String)>,
    bearer: Option<Bearer>,
) -> Result<Response, Problem> {
    let language = file.strip_suffix(".vtt").filter(|tag| is_language_tag(tag));
    let language =
        language.ok_or_else(|| Problem::not_found("ask for a language, as in en.vtt"))?;
    let room = room(&state, &show)?;
    may_watch(&room, bearer.as_ref())?;
    let cues = room.cues(language.to_owned()).await;
    let cues = cues.map_err(|closing| Problem::unavailable("stopping", closing.to_string(), 5))?;
    let zero_ms = room.view().info.started_ms.unwrap_or_default();
    let headers = [
        (header::CONTENT_TYPE, "text/vtt; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, webvtt(&cues, zero_ms)).into_response())
}

fn webvtt(cues: &[CaptionView], zero_ms: u64) -> String {
    let mut out = String::from("WEBVTT\n");
    for cue in cues {
        let (start, end) = (stamp(cue.start_ms, zero_ms), stamp(cue.end_ms, zero_ms));
        write!(
            out,
            "\n{}\n{start} --> {end}\n{}\n",
            cue.id,
            escape(&cue.text)
        )
        .expect("a String takes every write");
    }
    out
}

/// `HH:MM:SS.mmm` after the show's start; earlier is zero.
fn stamp(at_ms: u64, zero_ms: u64) -> String {
    let ms = at_ms.saturating_sub(zero_ms);
    let (hours, minutes) = (ms / 3_600_000, ms / 60_000 % 60);
    format!(
        "{hours:02}:{minutes:02}:{:02}.{:03}",
        ms / 1_000 % 60,
        ms % 1_000
    )
}

/// Text that cannot end its cue or start a tag.
fn escape(text: &str) -> String {
    let lines: Vec<_> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    lines
        .join("\n")
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cues_are_valid_webvtt() {
        let cue = CaptionView {
            id: "7".into(),
            participant: "p".into(),
            language: "en".into(),
            spoken: "en".into(),
            text: "a < b & c -->\n\nnext".into(),
            start_ms: 3_723_004 + 50,
            end_ms: 3_724_000 + 50,
        };
        let expected = "WEBVTT\n\n7\n01:02:03.004 --> 01:02:04.000\n\
                        a &lt; b &amp; c --&gt;\nnext\n";
        assert_eq!(webvtt(&[cue], 50), expected);
    }
}
