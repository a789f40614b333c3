//! What pages get from and send to the HTTP routes beside the shop's ([`super::shop`]).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::server::{ShowInfo, ShowKind};

/// RFC 9457 problem details: the answer to every request that is refused.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProblemView {
    /// `urn:vitrine:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// What the status means.
    pub title: String,
    /// The status.
    pub status: u16,
    /// What was wrong this time, for people.
    pub detail: String,
    /// Stable name of the problem, for programs.
    pub code: String,
    /// What to do next, when there is something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Further members that belong to the code, such as the fresh `quote` of a stale one.
    #[serde(flatten)]
    pub members: BTreeMap<String, Value>,
}

/// A picture that was taken, as products can name it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PictureView {
    /// Its widest size.
    pub url: String,
    /// All sizes, the widest first.
    pub sizes: Vec<PictureSize>,
}

/// One size of a picture.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PictureSize {
    /// Path on this server.
    pub url: String,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// A show in the lobby.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ShowCard {
    /// The show.
    #[serde(flatten)]
    pub info: ShowInfo,
    /// People watching.
    pub viewers: u32,
    /// People who want to be reminded of its start.
    pub reminders: u32,
}

/// Body of `PUT /api/v1/shows/{show}`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct ShowPlan {
    /// Title for people.
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// Cover picture URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub cover: Option<String>,
    /// When it is to start, Unix ms; not past and at most a year ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub starts_ms: Option<u64>,
}

/// Answer to a reminder.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Reminders {
    /// How many want to be reminded of this show.
    pub reminders: u32,
}

/// Answer to `GET /api/v1/shows`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ShowList {
    /// Public shows by name.
    pub shows: Vec<ShowCard>,
}

/// Body of `POST /api/v1/shows`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct NewShow {
    /// Name in URLs.
    #[schema(pattern = "^[a-z0-9-]{1,64}$")]
    pub name: String,
    /// Title for people.
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// Kind of room; `live` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub kind: Option<ShowKind>,
    /// Only invited people may watch.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub private: bool,
    /// Write down what is said while the show is on air, whether or not somebody reads along.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub transcript: bool,
    /// Cover picture URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub cover: Option<String>,
    /// When it is to start, Unix ms; not past and at most a year ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub starts_ms: Option<u64>,
}

/// What was said in a show: `GET /captions/{show}/{lang}.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Transcript {
    /// The show.
    pub show: String,
    /// Its title.
    pub title: String,
    /// Time zero of the lines, Unix ms.
    #[cfg_attr(test, ts(type = "number"))]
    pub started_ms: u64,
    /// Language of the translations, as asked for.
    pub language: String,
    /// Languages there are lines in.
    pub languages: Vec<String>,
    /// By time.
    pub lines: Vec<TranscriptLine>,
}

/// A line as it was spoken, with its translation.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TranscriptLine {
    /// Line id.
    pub id: String,
    /// From, milliseconds after time zero.
    #[cfg_attr(test, ts(type = "number"))]
    pub start_ms: u64,
    /// To, milliseconds after time zero.
    #[cfg_attr(test, ts(type = "number"))]
    pub end_ms: u64,
    /// Who spoke.
    pub participant: String,
    /// Their name then.
    pub speaker: String,
    /// Language it was spoken in, BCP 47.
    pub spoken: String,
    /// The words.
    pub text: String,
    /// The words in the language asked for; none when it is the spoken one or nobody read it.
    pub translation: Option<String>,
}

/// Body of `POST /api/v1/shows/{show}/visit`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct VisitBody {
    /// Display name.
    #[schema(max_length = 64)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub name: Option<String>,
}

/// Answer to a visit.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Visit {
    /// Viewer grant, for tickets and orders.
    pub token: String,
    /// First ticket for the WebSocket.
    pub ticket: String,
    /// The visitor's participant id.
    pub participant: String,
}

/// A ticket.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Ticket {
    /// For `join`, once.
    pub ticket: String,
    /// Until when, Unix ms.
    #[cfg_attr(test, ts(type = "number"))]
    pub expires_ms: u64,
}

/// The server.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ServerInfo {
    /// Version of the program.
    pub version: String,
    /// Languages captions can be read in.
    pub languages: Vec<LanguageInfo>,
    /// Whether this page came over HTTPS (a phone's camera needs it).
    pub secure: bool,
    /// Address of the same server over HTTPS, when it has one.
    pub secure_port: Option<u16>,
    /// Whether this is the demo show.
    pub demo: bool,
    /// Why captions are off, when they are.
    pub captions_off: Option<String>,
}

/// A caption language.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LanguageInfo {
    /// BCP 47 tag.
    pub tag: String,
    /// Spoken languages it is reached from.
    pub from: Vec<String>,
}
