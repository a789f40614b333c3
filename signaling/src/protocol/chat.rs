//! The chat's lines, and its moderation as pages ask for it, as processes tell each other, and as
//! the audit log keeps it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::client::Role;

/// A chat line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ChatLine {
    /// Id in this show.
    #[cfg_attr(test, ts(type = "number"))]
    pub id: u64,
    /// Who wrote it.
    pub participant: String,
    /// Display name at that time.
    pub name: String,
    /// Role at that time.
    pub role: Role,
    /// The line.
    pub text: String,
    /// When, Unix ms.
    #[cfg_attr(test, ts(type = "number"))]
    pub at_ms: u64,
}

/// How a chat is run, as everybody sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ChatRules {
    /// Seconds between two lines of one viewer; 0: as they like.
    pub slow_s: u32,
    /// The line above the chat.
    pub pinned: Option<ChatLine>,
}

impl ChatRules {
    /// Whether this line is above the chat.
    #[must_use]
    pub fn has_pinned(&self, id: u64) -> bool {
        self.pinned.as_ref().is_some_and(|line| line.id == id)
    }

    /// The same with nothing above the chat.
    #[must_use]
    pub fn unpinned(&self) -> ChatRules {
        ChatRules {
            pinned: None,
            ..*self
        }
    }
}

/// Something a host or moderator does. Hosts, guides and moderators are never muted or banned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Take a line off the chat, for everybody.
    Remove {
        /// Its id.
        #[cfg_attr(test, ts(type = "number"))]
        id: u64,
    },
    /// Keep a line above the chat; without one: take it off again.
    PinLine {
        /// Its id.
        #[cfg_attr(test, ts(type = "number | null"))]
        id: Option<u64>,
    },
    /// The least time between two lines of one viewer.
    SlowMode {
        /// At most 600; 0: as fast as they like.
        seconds: u32,
    },
    /// What nobody may write. Replaces the list.
    Words {
        /// At most 200 words or phrases of up to 40 characters.
        words: Vec<String>,
    },
    /// Refuse somebody's lines for a while.
    Mute {
        /// Whose.
        participant: String,
        /// 1 to 86,400.
        seconds: u32,
    },
    /// Send somebody away for good; their lines go, too.
    Ban {
        /// Whom.
        participant: String,
    },
    /// Let somebody's lines reach nobody but themselves.
    Shadow {
        /// Whose.
        participant: String,
    },
    /// Take back all that was done to somebody.
    Pardon {
        /// To whom.
        participant: String,
    },
}

impl Act {
    /// Whom it is done to, when it is done to a person.
    #[must_use]
    pub fn person(&self) -> Option<&str> {
        match self {
            Act::Mute { participant, .. }
            | Act::Ban { participant }
            | Act::Shadow { participant }
            | Act::Pardon { participant } => Some(participant),
            Act::Remove { .. } | Act::PinLine { .. } | Act::SlowMode { .. } | Act::Words { .. } => {
                None
            }
        }
    }
}

/// Somebody by id and the name they had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Person {
    /// Participant id.
    pub id: String,
    /// Display name at that time.
    pub name: String,
}

/// One line of the audit log: an act that was carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Judgement {
    /// Grows with time; unique in a show.
    #[cfg_attr(test, ts(type = "number"))]
    pub id: u64,
    /// When, Unix ms.
    #[cfg_attr(test, ts(type = "number"))]
    pub at_ms: u64,
    /// Who did it.
    pub by: Person,
    /// What.
    pub act: Act,
    /// Whom it was done to.
    pub whom: Option<Person>,
    /// The line it was about.
    pub line: Option<ChatLine>,
}

/// `GET /api/v1/shows/{show}/moderation`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ModerationLog {
    /// The newest first.
    pub judgements: Vec<Judgement>,
    /// `before` of the next page; none: this was the last.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub next: Option<u64>,
}

/// What is done to somebody now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Sanction {
    /// To whom: participant id.
    pub participant: String,
    /// Their name at that time.
    pub name: String,
    /// Since when, Unix ms.
    #[cfg_attr(test, ts(type = "number"))]
    pub at_ms: u64,
    /// Their lines are refused until then, Unix ms.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub muted_until_ms: Option<u64>,
    /// They may not come in.
    pub banned: bool,
    /// Their lines reach nobody else.
    pub shadowed: bool,
}

/// What only hosts and moderators see of the chat.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ModerationView {
    /// What nobody may write.
    pub words: Vec<String>,
    /// The newest 100, newest first.
    pub sanctions: Vec<Sanction>,
}
