//! LibreTranslate's HTTP interface, as far as it is needed: `GET /languages` and
//! `POST /translate`. Whatever a server sends is checked for size and shape before a viewer sees it.

use std::fmt;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use serde::Deserialize;
use serde_json::json;

use super::breaker::Blame;
use crate::limits::{OUTSIDE_ANSWER_BYTES_MAX, OUTSIDE_DIRECTIONS_MAX, OUTSIDE_TIMEOUT};
use crate::redacted::Redacted;

/// Directions in the server's own codes.
pub(super) type Directions = Vec<(String, String)>;

/// A server. Cheap to clone.
#[derive(Clone)]
pub struct LibreTranslate {
    client: Client,
    url: Url,
    key: Option<Redacted<String>>,
}

/// Why a request gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// For the log; holds neither key nor the line.
    pub(super) reason: String,
    /// Whose fault it is.
    pub(super) blame: Blame,
}

impl Failure {
    pub(super) fn of(reason: impl Into<String>) -> Failure {
        Failure {
            reason: reason.into(),
            blame: Blame::Server,
        }
    }
}

#[derive(Deserialize)]
struct LanguageEntry {
    code: String,
    /// Older servers leave it out: every language to every other.
    targets: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Translation {
    #[serde(rename = "translatedText")]
    text: String,
}

impl LibreTranslate {
    /// A server at `url`, for example `http://127.0.0.1:5000`.
    ///
    /// # Errors
    /// When the TLS library cannot be set up.
    pub fn new(url: Url, key: Option<Redacted<String>>) -> reqwest::Result<LibreTranslate> {
        LibreTranslate::with_timeout(url, key, OUTSIDE_TIMEOUT)
    }

    pub(super) fn with_timeout(
        url: Url,
        key: Option<Redacted<String>>,
        timeout: Duration,
    ) -> reqwest::Result<LibreTranslate> {
        // A redirect would carry the key to somebody else.
        let client = Client::builder().timeout(timeout).redirect(Policy::none());
        Ok(LibreTranslate {
            client: client.build()?,
            url,
            key,
        })
    }

    /// What it translates, after one word was translated to see that it does.
    pub(super) async fn trial(&self) -> Result<Directions, Failure> {
        let body = self.answer(self.client.get(self.at("languages"))).await?;
        let entries: Vec<LanguageEntry> = parsed(&body, "a list of languages")?;
        let all: Vec<String> = entries.iter().map(|entry| entry.code.clone()).collect();
        let directions = entries
            .into_iter()
            .flat_map(|LanguageEntry { code, targets }| {
                let targets = targets.unwrap_or_else(|| all.clone());
                targets.into_iter().map(move |to| (code.clone(), to))
            });
        let is_pair = |(from, to): &(String, String)| from != to;
        let directions: Directions = directions
            .filter(is_pair)
            .take(OUTSIDE_DIRECTIONS_MAX)
            .collect();
        let first = directions.iter().find(|(from, _)| from == "en");
        let Some((from, to)) = first.or(directions.first()) else {
            return Err(Failure::of("it has no languages"));
        };
        self.translate(from, to, "Welcome.").await?;
        Ok(directions)
    }

    /// Translates one line.
    pub(super) async fn translate(
        &self,
        from: &str,
        to: &str,
        text: &str,
    ) -> Result<String, Failure> {
        let mut body = json!({ "q": text, "source": from, "target": to, "format": "text" });
        if let Some(key) = &self.key {
            body["api_key"] = json!(key.reveal());
        }
        let request = self.client.post(self.at("translate")).json(&body);
        let body = self.answer(request).await?;
        let Translation { text: found } = parsed(&body, "a translation")?;
        // Rows of a screen, not whatever a model ran on to.
        let found = found.split_whitespace().collect::<Vec<_>>().join(" ");
        let most = 4 * text.len() + 200;
        if found.is_empty() || found.len() > most || found.contains(char::is_control) {
            return Err(Failure::of("its translation is empty or out of proportion"));
        }
        Ok(found)
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push(path);
        }
        url
    }

    /// Sends a request and reads its answer, up to a limit.
    async fn answer(&self, request: RequestBuilder) -> Result<Vec<u8>, Failure> {
        let failed = |error: reqwest::Error| {
            let why = if error.is_timeout() {
                "it takes too long".to_owned()
            } else {
                // Without the address, which may hold a password.
                error.without_url().to_string()
            };
            Failure::of(why)
        };
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            body.extend_from_slice(&chunk);
            if body.len() > OUTSIDE_ANSWER_BYTES_MAX {
                return Err(Failure::of("its answer is too long"));
            }
        }
        let blame = match status {
            StatusCode::OK => return Ok(body),
            StatusCode::BAD_REQUEST => Blame::Line,
            StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS => {
                Blame::Refusal
            }
            _ => Blame::Server,
        };
        let reason = format!("it answers {status}");
        Err(Failure { reason, blame })
    }
}

/// Where it is, without user and password.
impl fmt::Display for LibreTranslate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url.origin().ascii_serialization())
    }
}

fn parsed<T: for<'a> Deserialize<'a>>(body: &[u8], what: &str) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|_| Failure::of(format!("its answer is not {what}")))
}
