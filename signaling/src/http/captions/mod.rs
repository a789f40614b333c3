//! What was said, over HTTP: live WebVTT for players, and the transcript of a show, on air or
//! after it, as WebVTT, SubRip or JSON. Time zero is the show's start.

#[cfg(test)]
mod tests;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use translate::file::{Subtitle, Subtitles, subtitles};
use translate::present::{self, Presenter};

use super::error::Problem;
use super::extract::Bearer;
use super::shows::{may_watch, room};
use super::{AppState, fresh};
use crate::clock::now_ms;
use crate::limits::{SEARCH_CHARS_MAX, VTT_INTEREST_MS, VTT_WINDOW_S_MAX};
use crate::protocol::api::{Transcript, TranscriptLine};
use crate::room::{Input, Spoken, is_language_tag};
use crate::store::transcripts::Line;
use crate::task::room::RoomHandle;

/// What a request may add.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// WebVTT: only what was said in the last so many seconds.
    seconds: Option<u64>,
    /// WebVTT: a second language, at the top of the picture.
    beside: Option<String>,
    /// JSON: only lines with these words.
    q: Option<String>,
}

/// `GET /captions/{show}/{lang}.vtt`, `.srt` or `.json`. Reading WebVTT keeps its languages
/// wanted.
///
/// # Errors
/// 404 for an unknown show or kind of file, 400 for a query the file does not know, 401 or 403
/// for a private show, 503 when the store cannot be read.
pub async fn file(
    State(state): State<AppState>,
    Path((show, file)): Path<(String, String)>,
    query: Result<Query<Asked>, QueryRejection>,
    bearer: Option<Bearer>,
) -> Result<Response, Problem> {
    let (language, kind) = file.rsplit_once('.').unwrap_or((&file, ""));
    let no_file = "ask for a language and a format: en.vtt, en.srt or en.json";
    if !is_language_tag(language) {
        return Err(Problem::not_found(no_file));
    }
    let Query(asked) = query.map_err(|error| bad_query(error.body_text()))?;
    let room = room(&state, &show)?;
    may_watch(&room, bearer.as_ref())?;
    let tale = Tale { state, room, show };
    match (kind, &asked) {
        ("vtt", Asked { q: None, .. }) => tale.vtt(language, &asked).await,
        (
            "srt",
            Asked {
                q: None,
                seconds: None,
                beside: None,
            },
        ) => tale.srt(language).await,
        (
            "json",
            Asked {
                seconds: None,
                beside: None,
                q,
            },
        ) => tale.json(language, q.as_deref()).await,
        ("vtt", _) => Err(bad_query("a .vtt takes `seconds` and `beside`")),
        ("srt", _) => Err(bad_query("a .srt takes no query")),
        ("json", _) => Err(bad_query("a .json takes `q`")),
        _ => Err(Problem::not_found(no_file)),
    }
}

/// `DELETE /captions/{show}`: nothing that was said so far is kept.
///
/// # Errors
/// 404 for an unknown show, 401 or 403 unless the token is its host's, 503 when the store cannot
/// be written.
pub async fn forget(
    State(state): State<AppState>,
    Path(show): Path<String>,
    Bearer(grant): Bearer,
) -> Result<StatusCode, Problem> {
    room(&state, &show)?;
    if !grant.is_host_of(&show) {
        return Err(Problem::forbidden(
            "not_host",
            "the token is not a host's of this show",
        ));
    }
    let gone = state.transcripts.forget(&show).await;
    gone.map_err(|error| store_problem(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

/// One show's words.
struct Tale {
    state: AppState,
    room: RoomHandle,
    show: String,
}

impl Tale {
    async fn vtt(&self, language: &str, asked: &Asked) -> Result<Response, Problem> {
        let beside = asked.beside.as_deref();
        if beside.is_some_and(|tag| !is_language_tag(tag)) {
            return Err(bad_query("`beside` is not a BCP 47 language tag"));
        }
        if asked
            .seconds
            .is_some_and(|s| !(1..=VTT_WINDOW_S_MAX).contains(&s))
        {
            let range = format!("`seconds` is 1 to {VTT_WINDOW_S_MAX}");
            return Err(bad_query(range));
        }
        let mut said = Vec::new();
        for (tag, place) in [(Some(language), ""), (beside, "line:0")] {
            let Some(tag) = tag else { continue };
            let reads = Input::Reads(tag.to_owned(), VTT_INTEREST_MS);
            self.room.tell(reads).await;
            said.extend(match asked.seconds {
                Some(seconds) => self.rolling(tag, place, seconds).await?,
                None => self.whole(tag, place).await?,
            });
        }
        said.sort_by_key(|subtitle| subtitle.cue.start_ms);
        let text = subtitles(Subtitles::WebVtt, &said);
        Ok(named(text, "text/vtt; charset=utf-8"))
    }

    async fn srt(&self, language: &str) -> Result<Response, Problem> {
        let said = self.whole(language, "").await?;
        let text = subtitles(Subtitles::SubRip, &said);
        Ok(named(text, "application/x-subrip; charset=utf-8"))
    }

    async fn json(&self, language: &str, q: Option<&str>) -> Result<Response, Problem> {
        if q.is_some_and(|q| q.trim().is_empty() || q.chars().count() > SEARCH_CHARS_MAX) {
            let range = format!("`q` has 1 to {SEARCH_CHARS_MAX} characters");
            return Err(bad_query(range));
        }
        let store = &self.state.transcripts;
        let lines = store.beside(&self.show, language).await;
        let lines = lines.map_err(|error| store_problem(&error))?;
        let languages = store.languages(&self.show).await;
        let languages = languages.map_err(|error| store_problem(&error))?;
        let zero_ms = self.zero_ms(lines.first().map(|(line, _)| line.start_ms));
        let sought = q.map(|q| q.trim().to_lowercase());
        let has = |text: &str| {
            sought
                .as_ref()
                .is_none_or(|sought| text.to_lowercase().contains(sought))
        };
        let told = lines.into_iter().filter(|(line, translation)| {
            has(&line.text) || translation.as_deref().is_some_and(has)
        });
        let told = told.map(|(line, translation)| TranscriptLine {
            start_ms: line.start_ms.saturating_sub(zero_ms),
            end_ms: line.end_ms.saturating_sub(zero_ms),
            id: line.id,
            participant: line.participant,
            speaker: line.speaker,
            spoken: line.spoken,
            text: line.text,
            translation,
        });
        let transcript = Transcript {
            lines: told.collect(),
            title: self.room.view().info.title.clone(),
            show: self.show.clone(),
            started_ms: zero_ms,
            language: language.to_owned(),
            languages,
        };
        Ok(fresh(Json(transcript).into_response()))
    }

    /// What was said in the last seconds, as it was shown.
    async fn rolling(
        &self,
        language: &str,
        place: &'static str,
        seconds: u64,
    ) -> Result<Vec<Subtitle>, Problem> {
        let lines = self.room.cues(language.to_owned()).await;
        let lines =
            lines.map_err(|closing| Problem::unavailable("stopping", closing.to_string(), 5))?;
        let first_ms = lines.first().map(|line| line.caption.start_ms);
        let (zero_ms, since_ms) = (
            self.zero_ms(first_ms),
            now_ms().saturating_sub(seconds * 1_000),
        );
        let recent = lines.into_iter().flat_map(|Spoken { caption, speaker }| {
            let cues = caption.cues.into_iter().map(|cue| present::Cue {
                rows: cue.rows,
                start_ms: cue.start_ms,
                end_ms: cue.end_ms,
            });
            let subtitle = move |cue| Subtitle {
                speaker: speaker.clone(),
                place,
                cue,
            };
            cues.map(subtitle)
        });
        let mut recent: Vec<Subtitle> = recent.collect();
        recent.sort_by_key(|subtitle| subtitle.cue.start_ms);
        present::clear(recent.iter_mut().map(|subtitle| &mut subtitle.cue));
        recent.retain(|subtitle| subtitle.cue.end_ms > since_ms);
        Ok(since(recent, zero_ms))
    }

    /// All that was said.
    async fn whole(&self, language: &str, place: &'static str) -> Result<Vec<Subtitle>, Problem> {
        let lines = self.state.transcripts.lines(&self.show, language).await;
        let lines = lines.map_err(|error| store_problem(&error))?;
        let zero_ms = self.zero_ms(lines.first().map(|line| line.start_ms));
        let mut presenter = Presenter::default();
        let mut said = Vec::new();
        for Line {
            text,
            start_ms,
            end_ms,
            speaker,
            ..
        } in lines
        {
            let cues = presenter.take(&text, start_ms, end_ms).into_iter();
            said.extend(cues.map(|cue| Subtitle {
                speaker: speaker.clone(),
                place,
                cue,
            }));
        }
        present::clear(said.iter_mut().map(|subtitle| &mut subtitle.cue));
        Ok(since(said, zero_ms))
    }

    /// The show's start; the first words' when it was never opened.
    fn zero_ms(&self, first_ms: Option<u64>) -> u64 {
        let started_ms = self.room.view().info.started_ms;
        started_ms.or(first_ms).unwrap_or_default()
    }
}

/// Media time to time after the show's start; earlier is zero.
fn since(mut said: Vec<Subtitle>, zero_ms: u64) -> Vec<Subtitle> {
    for Subtitle { cue, .. } in &mut said {
        cue.start_ms = cue.start_ms.saturating_sub(zero_ms);
        cue.end_ms = cue.end_ms.saturating_sub(zero_ms);
    }
    said
}

fn named(text: String, content_type: &'static str) -> Response {
    fresh(([(header::CONTENT_TYPE, content_type)], text).into_response())
}

fn bad_query(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "bad_query", detail)
}

fn store_problem(error: &sqlx::Error) -> Problem {
    tracing::error!(%error, "the transcript cannot be reached");
    Problem::unavailable("store", "the transcript cannot be reached now", 5)
}
