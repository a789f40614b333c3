//! The room's vocabulary: what goes in, what comes out, and why something was refused.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::captions::Spoken;
use super::course::{Display, Plan};
use super::moderation::Kept;
use super::reactions::Counts;
use crate::limits::{CHAT_CHARS_MAX, MUTE_S_MAX, PINS_MAX, SLOW_S_MAX, WORD_CHARS_MAX, WORDS_MAX};
use crate::protocol::chat::{Act, Judgement, ModerationView};
use crate::protocol::client::{Phase, Reaction, Resume, Role, SourceKind, Step};
use crate::protocol::server::{
    CaptionView, ChatLine, Entry, JoinState, LanguagePair, LayerWish, Participant, ProductView,
    RoomEvent, ShowInfo, TrackView,
};

/// One socket in one room. Unique for the life of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerId(pub u64);

/// Who somebody is according to their grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// Participant id.
    pub participant: String,
    /// Display name.
    pub name: String,
    /// Role of the grant; a host may have changed it since.
    pub role: Role,
}

/// Something asked for by a page; carried out wholly or refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Lay a product over the picture.
    Pin(String),
    /// Take it off.
    Unpin(String),
    /// Say which product is being shown.
    NowShowing(Option<String>),
    /// Write to the chat.
    Chat(String),
    /// Keep the chat in order.
    Moderate(Act),
    /// Change somebody's role.
    Promote(String, Role),
    /// Open or end the show.
    Phase(Phase),
    /// Say which language somebody speaks.
    SpeechLanguage(String, Option<String>),
}

/// What happens to a room.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A page enters.
    Join {
        /// Its socket.
        peer: PeerId,
        /// Who it is.
        seat: Seat,
        /// Where it left off.
        resume: Option<Resume>,
        /// Caption language wanted.
        captions: Option<String>,
    },
    /// A page is gone.
    Leave(PeerId),
    /// A page asks for something.
    Ask(PeerId, Ask),
    /// A page chooses another caption language.
    Captions(PeerId, Option<String>),
    /// Somebody publishes without a page (WHIP).
    PublisherCame(Seat),
    /// That publisher is gone.
    PublisherLeft(String),
    /// A standard player (WHEP) came.
    WatcherCame,
    /// It left.
    WatcherLeft,
    /// First packet of a track.
    TrackAdded(TrackView),
    /// A track ended.
    TrackRemoved(String),
    /// Which simulcast layers of what somebody publishes anybody takes.
    LayersWanted(String, SourceKind, Vec<LayerWish>),
    /// A product is on the shelf, new or changed.
    Product(ProductView),
    /// A product left the shelf.
    ProductRemoved(String),
    /// Stock changed: product, variant, pieces that can be bought.
    Stock(String, String, u32),
    /// How the show is announced from now on.
    Plan(Plan),
    /// In which order the shelf stands.
    Order(Vec<String>),
    /// Caption languages that can be chosen, and how well each is reached.
    Languages(Vec<String>, Vec<LanguagePair>),
    /// A speaker's language was found.
    Spoken(String, String),
    /// A caption that may still change.
    Partial(CaptionView),
    /// A caption that will not.
    Final(CaptionView),
    /// Speech without caption.
    Gap {
        /// Who spoke.
        participant: String,
        /// From, media time ms.
        start_ms: u64,
        /// To, media time ms.
        end_ms: u64,
    },
    /// Somebody without a page reads a language, and will for so many milliseconds at least.
    Reads(String, u64),
    /// Somebody tapped a reaction so many times.
    React(PeerId, Reaction, u32),
    /// A page tells what its viewer did with products.
    Noticed(PeerId, Step, Vec<String>),
    /// What the store kept of the show's moderation; the first input of a room.
    Restore(Kept),
    /// What was over the picture when the room was last open; after the shelf.
    RestoreDisplay(Display),
    /// An event of the same show in another process.
    Remote(RoomEvent),
    /// An act of moderation in another process.
    RemoteJudgement(Judgement),
    /// Reactions in another process since it last told.
    RemoteReactions(Counts),
    /// Viewers of the same show in another process.
    RemoteViewers(String, u32),
    /// A second has passed.
    Tick,
}

/// What a room wants done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Answer a join; from here on the peer receives entries.
    Welcome {
        /// To whom.
        peer: PeerId,
        /// Who it is in this room.
        you: Participant,
        /// What brings it up to date.
        state: JoinState,
        /// People watching.
        viewers: u32,
    },
    /// Send a log entry to everybody.
    Entry(Arc<Entry>),
    /// Send a partial caption to those who read its language.
    Partial(CaptionView),
    /// Keep a final caption.
    Keep(Spoken),
    /// Tell everybody how many watch.
    Viewers(u32),
    /// Tell one page its new role.
    Role(PeerId, Role),
    /// Tell one page which layers of what it publishes are wanted.
    Layers(PeerId, SourceKind, Vec<LayerWish>),
    /// Say goodbye to a page: another one took its place.
    Replaced(PeerId),
    /// Say goodbye to a page: its viewer was banned.
    Banned(PeerId),
    /// Show a line to one page alone.
    Whisper(PeerId, ChatLine),
    /// Tell a page, or all of hosts and moderators, how the chat is kept in order.
    Moderation(Option<PeerId>, ModerationView),
    /// Write down what was done, how the chat is run since, and what is done to that person now;
    /// tell the show's rooms in other processes.
    Judged(Box<(Judgement, Kept)>),
    /// Count a step with a product, the first of this visit.
    Noticed(Step, String),
    /// Tell everybody reactions.
    Reactions(Counts),
    /// Tell the show's rooms in other processes reactions.
    ShareReactions(Counts),
    /// Languages somebody wants to read now.
    Wanted(BTreeSet<String>),
    /// Languages somebody wants to read and nothing leads to.
    Unmet(BTreeSet<String>),
    /// A speaker's language was set by hand (or is to be found again).
    Speaks(String, Option<String>),
    /// Take somebody's pictures and sound off air.
    StopPublishing(String),
    /// Tell the show's rooms in other processes.
    Share(RoomEvent),
    /// What is over the picture now: remember it.
    Display(Display),
    /// Title, plan or phase changed: remember it.
    Save(ShowInfo),
}

/// Why nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Only a host may.
    #[error("only a host can do this")]
    NotHost,
    /// Only a host or guide may.
    #[error("only a host or guide can do this")]
    NotPresenter,
    /// Only a host or moderator may.
    #[error("only a host or moderator can do this")]
    NotModerator,
    /// Only people on stage may.
    #[error("only people on stage can do this")]
    NotOnStage,
    /// Not on the show's shelf.
    #[error("this product is not on the show's shelf")]
    UnknownProduct,
    /// The picture is full.
    #[error("{PINS_MAX} products are pinned already")]
    PinsFull,
    /// It is pinned already.
    #[error("this product is pinned already")]
    AlreadyPinned,
    /// It is not pinned.
    #[error("this product is not pinned")]
    NotPinned,
    /// Nobody of that id is here.
    #[error("nobody with this id is in the show")]
    UnknownParticipant,
    /// A host keeps that role.
    #[error("hosts and guides keep their role")]
    RoleFixed,
    /// The stage is full.
    #[error("the stage is full")]
    StageFull,
    /// An empty or too long chat line.
    #[error("a chat line has 1 to {CHAT_CHARS_MAX} characters")]
    BadChat,
    /// Too many chat lines.
    #[error("you are writing too fast")]
    ChatTooFast,
    /// Slow mode: written less than its pause ago. With what is left of it, ms.
    #[error("slow mode: you can write again in {} s", .0.div_ceil(1_000))]
    SlowMode(u32),
    /// Muted; for how long still, ms.
    #[error("a moderator has muted you for {} more s", .0.div_ceil(1_000))]
    Muted(u32),
    /// Banned.
    #[error("a moderator has banned you from this show")]
    Banned,
    /// A word of the show's list.
    #[error("this show does not allow a word in it")]
    BlockedWords,
    /// Who runs the show is not moderated.
    #[error("hosts, guides and moderators cannot be moderated")]
    RunsTheShow,
    /// Nothing was done to this person.
    #[error("nothing is done to this person")]
    NotSanctioned,
    /// A number or a list beyond its bounds.
    #[error(
        "slow mode is 0 to {SLOW_S_MAX} s, a mute 1 to {MUTE_S_MAX} s, a list at most {WORDS_MAX} \
         words of 1 to {WORD_CHARS_MAX} characters"
    )]
    BadAct,
    /// The store takes nothing.
    #[error("it is done, but the store does not take it: it may be undone by a restart")]
    NotKept,
    /// No such chat line.
    #[error("this chat line is not there (any more)")]
    UnknownChatLine,
    /// A show does not go back to being announced.
    #[error("a show that was on air cannot be announced again")]
    BadPhase,
    /// Not a language tag.
    #[error("this is not a BCP 47 language tag")]
    BadLanguage,
    /// More tracks than slots.
    #[error("too many tracks are on air")]
    TracksFull,
    /// The room is full.
    #[error("the show is full")]
    RoomFull,
    /// The socket never joined, or has left.
    #[error("join first")]
    NotJoined,
}

impl Refusal {
    /// Stable code for pages.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Refusal::NotHost => "not_host",
            Refusal::NotPresenter => "not_presenter",
            Refusal::NotModerator => "not_moderator",
            Refusal::NotOnStage => "not_on_stage",
            Refusal::UnknownProduct => "unknown_product",
            Refusal::PinsFull => "pins_full",
            Refusal::AlreadyPinned => "already_pinned",
            Refusal::NotPinned => "not_pinned",
            Refusal::UnknownParticipant => "unknown_participant",
            Refusal::RoleFixed => "role_fixed",
            Refusal::StageFull => "stage_full",
            Refusal::BadChat => "bad_chat",
            Refusal::ChatTooFast => "chat_too_fast",
            Refusal::SlowMode(_) => "slow_mode",
            Refusal::Muted(_) => "muted",
            Refusal::Banned => "banned",
            Refusal::BlockedWords => "blocked_words",
            Refusal::RunsTheShow => "runs_the_show",
            Refusal::NotSanctioned => "not_sanctioned",
            Refusal::BadAct => "bad_act",
            Refusal::NotKept => "not_kept",
            Refusal::UnknownChatLine => "unknown_chat_line",
            Refusal::BadPhase => "bad_phase",
            Refusal::BadLanguage => "bad_language",
            Refusal::TracksFull => "tracks_full",
            Refusal::RoomFull => "room_full",
            Refusal::NotJoined => "not_joined",
        }
    }

    /// When it would not be refused any more, ms from now.
    #[must_use]
    pub fn wait_ms(self) -> Option<u32> {
        match self {
            Refusal::SlowMode(wait_ms) | Refusal::Muted(wait_ms) => Some(wait_ms),
            _ => None,
        }
    }

    /// What to do next, when there is something.
    #[must_use]
    pub fn hint(self) -> Option<&'static str> {
        match self {
            Refusal::PinsFull => Some("unpin one first"),
            Refusal::ChatTooFast => Some("wait a second"),
            Refusal::BlockedWords => Some("say it in other words"),
            Refusal::UnknownProduct => Some("import it into the show's catalogue first"),
            Refusal::StageFull => Some("send somebody back to the audience first"),
            Refusal::NotOnStage => Some("a host can bring you on stage"),
            _ => None,
        }
    }
}
