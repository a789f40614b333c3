//! What a page says to the server.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::chat::Act;

/// A message from a page. The first one on a socket is `join`; anything else before it is
/// refused. `request` is chosen by the page and comes back in `done` or `refused`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientMessage {
    /// Enter the show. One message, one reply (`joined`).
    Join {
        /// Protocol version of the page.
        protocol: u16,
        /// One-time ticket from `POST /api/v1/tickets` or `POST /api/v1/shows/{show}/visit`.
        ticket: String,
        /// SDP offer with a fixed set of recvonly m-lines, or none to stay without pictures.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        offer: Option<String>,
        /// Where the page left off, when it was here before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        resume: Option<Resume>,
        /// Caption language wanted (BCP 47), none for no captions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        captions: Option<String>,
        /// Display name for chat and stage, at most 64 characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        name: Option<String>,
    },
    /// A new offer for the receive side after the network changed. Answered by `answered`.
    Offer {
        /// Echoed back.
        request: u32,
        /// SDP offer, recvonly slots.
        offer: String,
    },
    /// Publish camera, microphone or screen. Hosts, guides and promoted guests only. Answered
    /// by `published`.
    Publish {
        /// Echoed back.
        request: u32,
        /// SDP offer, sendonly.
        offer: String,
        /// What is shown.
        source: SourceKind,
    },
    /// Stop publishing a source.
    Unpublish {
        /// Echoed back.
        request: u32,
        /// What to stop.
        source: SourceKind,
    },
    /// Point a receive slot at a track, or empty it.
    Slot {
        /// Echoed back.
        request: u32,
        /// The m-line's mid.
        mid: String,
        /// Track to show there.
        track: Option<String>,
    },
    /// Say that this viewer saw products, opened them, or laid them into the basket. Not answered;
    /// each counts once in a visit.
    Noticed {
        /// What was done.
        step: Step,
        /// With which.
        products: Vec<String>,
    },
    /// Say what a receive slot's picture is used for, so that no more is sent than it can show.
    /// Not answered; of no effect on sound.
    Watch {
        /// The m-line's mid.
        mid: String,
        /// Nothing is sent to a slot that is not visible.
        visible: bool,
        /// Height on the screen in physical pixels, none for as good as can be.
        height: Option<u16>,
    },
    /// Change the caption language; none switches captions off.
    Captions {
        /// BCP 47 tag.
        language: Option<String>,
    },
    /// Say which language a speaker speaks (`None`: find out). Hosts and the speaker only.
    SpeechLanguage {
        /// Echoed back.
        request: u32,
        /// The participant who speaks.
        participant: String,
        /// BCP 47 tag.
        language: Option<String>,
    },
    /// Write to the chat, at most 500 characters.
    Chat {
        /// Echoed back.
        request: u32,
        /// The line.
        text: String,
    },
    /// Read a chat line in another language. Answered by `translated`.
    Translate {
        /// Echoed back.
        request: u32,
        /// Id of the line.
        #[cfg_attr(test, ts(type = "number"))]
        id: u64,
        /// BCP 47 tag.
        language: String,
    },
    /// Keep the chat in order. Hosts and moderators only.
    Moderate {
        /// Echoed back.
        request: u32,
        /// What to do.
        act: Act,
    },
    /// Show feeling: so many taps since the last message. Not answered; beyond ten a second they
    /// are passed over.
    React {
        /// Which.
        reaction: Reaction,
        /// How often, at most 10.
        count: u32,
    },
    /// Lay a product over the picture. Hosts and guides only; at most three at once.
    Pin {
        /// Echoed back.
        request: u32,
        /// Product id.
        product: String,
    },
    /// Take a product off the picture.
    Unpin {
        /// Echoed back.
        request: u32,
        /// Product id.
        product: String,
    },
    /// Say which product is being shown; none: none is. Hosts and guides only.
    NowShowing {
        /// Echoed back.
        request: u32,
        /// Product id.
        product: Option<String>,
    },
    /// Bring a viewer on stage as guest, make one a moderator, or send them back to the audience.
    /// Hosts only.
    Promote {
        /// Echoed back.
        request: u32,
        /// Who.
        participant: String,
        /// New role: `guest`, `moderator` or `viewer`.
        role: Role,
    },
    /// Open or end the show. Hosts only.
    Phase {
        /// Echoed back.
        request: u32,
        /// New phase.
        phase: Phase,
    },
    /// Ask for the server's clock; answered by `clock`.
    Clock {
        /// The page's clock, ms, echoed.
        client_ms: f64,
    },
}

/// Where a page left off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// Epoch of the log the page knows.
    pub epoch: String,
    /// Last sequence number it has applied.
    #[cfg_attr(test, ts(type = "number"))]
    pub last_seq: u64,
}

/// A feeling, as a viewer taps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Reaction {
    /// ❤️
    Heart,
    /// 👏
    Clap,
    /// 🔥
    Fire,
    /// 😂
    Laugh,
    /// 😮
    Wow,
}

/// A step on a product's way to its buyer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Half of its card was visible for a second.
    Impression,
    /// It was opened.
    Tap,
    /// It was laid into the basket.
    Cart,
}

/// What a publisher shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// Camera and microphone.
    Camera,
    /// A screen or window.
    Screen,
}

/// What somebody may do in a show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs the show: publish, pin, price, moderate, see orders.
    Host,
    /// Leads a tour: publish and pin.
    Guide,
    /// On stage: publish.
    Guest,
    /// Watches, chats, buys.
    Viewer,
    /// Watches and moderates the chat.
    Moderator,
}

impl Role {
    /// Whether it may publish.
    #[must_use]
    pub fn is_on_stage(self) -> bool {
        matches!(self, Role::Host | Role::Guide | Role::Guest)
    }
}

/// Phase of a show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Announced.
    Scheduled,
    /// On air.
    Live,
    /// Over.
    Ended,
}
