//! What the server says to a page.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use super::caption::{CaptionView, CueView, LanguagePair, PairQuality};
use super::chat::ModerationView;
pub use super::chat::{ChatLine, ChatRules};
use super::client::{Phase, Reaction, Role, SourceKind};
pub use super::order::{LineView, OrderState, OrderView};

/// A message to a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// Answer to `join`.
    Joined {
        /// Protocol version spoken from here on.
        protocol: u16,
        /// Who the page is in this show.
        you: Participant,
        /// Epoch of the log: a new one means that the page must start from the snapshot.
        epoch: String,
        /// Server clock, Unix ms.
        #[cfg_attr(test, ts(type = "number"))]
        server_ms: u64,
        /// SDP answer when `join` carried an offer.
        answer: Option<String>,
        /// The receive slots of the answer, in m-line order.
        slots: Vec<SlotView>,
        /// The whole state, or what was missed.
        state: JoinState,
        /// People watching now.
        viewers: u32,
    },
    /// One log entry; sequence numbers are contiguous.
    Entry(Entry),
    /// A caption that may still change. Not in the log; the latest one replaces earlier ones of
    /// the same id and language.
    Partial(CaptionView),
    /// People watching now.
    Viewers {
        /// How many.
        count: u32,
    },
    /// Slots were re-pointed (tracks came or went, or the page asked).
    Slots {
        /// All slots in m-line order.
        slots: Vec<SlotView>,
    },
    /// Answer to `offer`.
    Answered {
        /// From the request.
        request: u32,
        /// SDP answer.
        answer: String,
        /// The receive slots.
        slots: Vec<SlotView>,
    },
    /// Answer to `publish`.
    Published {
        /// From the request.
        request: u32,
        /// SDP answer.
        answer: String,
    },
    /// The request was carried out.
    Done {
        /// From the request.
        request: u32,
    },
    /// The request (or, without one, the whole connection) was refused; nothing was changed.
    Refused {
        /// From the request, when it had one.
        request: Option<u32>,
        /// Stable code, e.g. `not_host`, `unknown_product`, `unsupported_protocol`.
        code: String,
        /// A sentence for people.
        message: String,
        /// What to do next, when there is something.
        hint: Option<String>,
        /// When it would not be refused any more, ms from now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        wait_ms: Option<u32>,
    },
    /// A chat line that is not in the log.
    Line(ChatLine),
    /// Reactions of everybody since this message was last sent. Not in the log.
    Reactions {
        /// How many of each.
        counts: BTreeMap<Reaction, u32>,
    },
    /// How the chat is kept in order. Hosts and moderators only, not in the log.
    Moderation(ModerationView),
    /// Answer to `translate`: a machine translation.
    Translated {
        /// From the request.
        request: u32,
        /// Language of the line, as found from its words.
        from: String,
        /// The words.
        text: String,
        /// The translation could not be trusted with the line's numbers: `text` is the line.
        kept: bool,
    },
    /// Which simulcast layers of what this page publishes anybody takes. It should stop encoding
    /// the others, and start again at once when told. After a new join all are wanted.
    Layers {
        /// What it publishes.
        source: SourceKind,
        /// Every layer, the lowest first.
        layers: Vec<LayerWish>,
    },
    /// A track is on air that this page's slots cannot take: no common codec.
    Undecodable {
        /// The track.
        track: String,
        /// Encoding name as SDP writes it, e.g. `AV1`.
        codec: String,
    },
    /// Your role was changed by a host.
    Role {
        /// The new role.
        role: Role,
    },
    /// An order of this show. Hosts only, not in the log.
    Order(OrderView),
    /// Answer to `clock`.
    Clock {
        /// From the request.
        client_ms: f64,
        /// Server clock, Unix ms.
        server_ms: f64,
    },
    /// The server will close the socket now.
    Bye {
        /// `shutdown`, `too_slow`, `replaced`, `removed` or `ended`.
        reason: String,
        /// Whether the page should connect again.
        reconnect: bool,
    },
}

/// Whether somebody takes a simulcast layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LayerWish {
    /// Restriction id (RFC 8851), as in the page's offer.
    pub rid: String,
    /// Whether to send it.
    pub wanted: bool,
}

/// What a joining page needs to be up to date.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum JoinState {
    /// Everything.
    Snapshot {
        /// Sequence number of the last entry in it.
        #[cfg_attr(test, ts(type = "number"))]
        seq: u64,
        /// The show.
        show: Box<ShowState>,
    },
    /// Only what was missed, contiguous after the page's `last_seq`.
    Entries {
        /// Oldest first.
        entries: Vec<Entry>,
    },
}

/// One entry of a show's log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Entry {
    /// Contiguous sequence number in this epoch, from 1.
    #[cfg_attr(test, ts(type = "number"))]
    pub seq: u64,
    /// Media time of the event: server clock, Unix ms. A page that wants to be exact shows it
    /// when its picture reaches this time.
    #[cfg_attr(test, ts(type = "number"))]
    pub at_ms: u64,
    /// What happened.
    pub event: RoomEvent,
}

/// What can happen in a show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RoomEvent {
    /// Title or phase changed.
    Show(ShowInfo),
    /// Somebody came on stage, or changed.
    Participant(Participant),
    /// Somebody left the stage.
    ParticipantLeft {
        /// Who.
        id: String,
    },
    /// A track is on air.
    TrackAdded(TrackView),
    /// A track ended.
    TrackRemoved {
        /// Which.
        id: String,
    },
    /// A product was laid over the picture.
    Pinned(Pin),
    /// A product was taken off the picture.
    Unpinned {
        /// Product id.
        product: String,
    },
    /// A product came into the show's shelf, or its text or price changed.
    Product(ProductView),
    /// A product left the shelf.
    ProductRemoved {
        /// Product id.
        product: String,
    },
    /// Stock that can still be bought.
    Stock {
        /// Product id.
        product: String,
        /// Which of its variants.
        variant: String,
        /// Pieces.
        available: u32,
    },
    /// A product costs something else: the lowest price of one piece. For who shows the moment;
    /// the shelf has it from `product`.
    PriceChanged {
        /// Product id.
        product: String,
        /// Before.
        was: Money,
        /// Now.
        price: Money,
    },
    /// The last piece of a product is gone.
    SoldOut {
        /// Product id.
        product: String,
    },
    /// The shelf's order changed; products that are not named come after.
    Order {
        /// Product ids.
        products: Vec<String>,
    },
    /// Another product is being shown, or none.
    NowShowing {
        /// Product id.
        product: Option<String>,
    },
    /// A final caption.
    Caption(CaptionView),
    /// Speech that was not captioned.
    CaptionGap {
        /// Who spoke.
        participant: String,
        /// From, media time ms.
        #[cfg_attr(test, ts(type = "number"))]
        start_ms: u64,
        /// To, media time ms.
        #[cfg_attr(test, ts(type = "number"))]
        end_ms: u64,
    },
    /// Caption languages that can be chosen now.
    Languages {
        /// BCP 47 tags, what is spoken first.
        languages: Vec<String>,
        /// How well each is reached from what is spoken here.
        #[serde(default)]
        pairs: Vec<LanguagePair>,
    },
    /// A chat line.
    Chat(ChatLine),
    /// A chat line was removed.
    ChatRemoved {
        /// Its id.
        #[cfg_attr(test, ts(type = "number"))]
        id: u64,
    },
    /// How the chat is run changed.
    ChatRules(ChatRules),
}

/// A show as lists and pages name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ShowInfo {
    /// Name in URLs: `[a-z0-9-]`, 1 to 64 characters.
    pub name: String,
    /// Title for people.
    pub title: String,
    /// Kind of room.
    pub kind: ShowKind,
    /// Phase.
    pub phase: Phase,
    /// Only invited people may watch.
    pub private: bool,
    /// What is said on air is written down, whether or not somebody reads along.
    #[serde(default)]
    pub transcript: bool,
    /// When it went on air, Unix ms.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub started_ms: Option<u64>,
    /// Cover picture URL.
    pub cover: Option<String>,
    /// When it is to start, Unix ms.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "number | null"))]
    pub starts_ms: Option<u64>,
}

/// Kinds of show; one room model for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ShowKind {
    /// One (or few) to many.
    Live,
    /// Few to few.
    Call,
    /// Several cameras, one guide.
    Tour,
}

/// The whole state of a show: the result of all entries up to its sequence number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ShowState {
    /// The show.
    pub info: ShowInfo,
    /// People on stage (hosts, guides, guests).
    pub participants: Vec<Participant>,
    /// Tracks on air.
    pub tracks: Vec<TrackView>,
    /// Products over the picture, oldest first, at most three.
    pub pins: Vec<Pin>,
    /// The shelf: products of the show in running order.
    pub products: Vec<ProductView>,
    /// The product that is being shown.
    #[serde(default)]
    pub now_showing: Option<String>,
    /// Recent final captions, all languages, oldest first.
    pub captions: Vec<CaptionView>,
    /// Recent chat, oldest first.
    pub chat: Vec<ChatLine>,
    /// How the chat is run.
    #[serde(default)]
    pub chat_rules: ChatRules,
    /// Caption languages that can be chosen, what is spoken first.
    pub languages: Vec<String>,
    /// How well each is reached from what is spoken here; empty while nobody has spoken.
    #[serde(default)]
    pub pairs: Vec<LanguagePair>,
}

/// Somebody in a show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Participant {
    /// Unguessable only to those who are not told; stable over reconnects with one grant.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Spoken language, when set or found.
    pub speaks: Option<String>,
}

/// A track on air.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TrackView {
    /// Id used in `slot`.
    pub id: String,
    /// `audio` or `video`.
    pub kind: TrackKind,
    /// Who publishes it.
    pub participant: String,
    /// What it shows.
    pub source: SourceKind,
}

/// Audio or video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum TrackKind {
    /// Sound.
    Audio,
    /// Picture.
    Video,
}

/// A receive slot and what it shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SlotView {
    /// The m-line's mid.
    pub mid: String,
    /// Kind of track it takes.
    pub kind: TrackKind,
    /// Track shown now.
    pub track: Option<String>,
}

/// A product over the picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Pin {
    /// Product id; its data is in the shelf.
    pub product: String,
    /// Media time of the pin, Unix ms.
    #[cfg_attr(test, ts(type = "number"))]
    pub at_ms: u64,
}

/// Money in minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Money {
    /// Minor units, e.g. cents; the currency's ISO 4217 exponent says how many decimals.
    #[cfg_attr(test, ts(type = "number"))]
    pub minor: i64,
    /// ISO 4217 code.
    pub currency: String,
    /// ISO 4217 exponent of the currency (JPY 0, EUR 2, KWD 3), so that pages need no table.
    pub exponent: u8,
}

/// A product as buyers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProductView {
    /// Id, unique in the catalogue.
    pub id: String,
    /// Merchant it belongs to.
    pub merchant: String,
    /// Title.
    pub title: String,
    /// Description, plain text.
    pub description: String,
    /// Picture URLs, first is the cover.
    pub images: Vec<String>,
    /// Lowest price of one piece among the variants, in the first currency.
    pub price: Money,
    /// Earlier price of that variant, shown struck through.
    pub compare_at: Option<Money>,
    /// Pieces of all variants that can still be bought.
    pub available: u32,
    /// Titles in other languages, by BCP 47 tag.
    pub translations: BTreeMap<String, String>,
    /// Descriptions in other languages, by BCP 47 tag.
    pub descriptions: BTreeMap<String, String>,
    /// When stock is taken from the shelf.
    pub hold_mode: HoldMode,
    /// Most pieces for each buyer, if there is a limit.
    pub per_buyer: Option<u32>,
    /// A flash deal in this show that is counted down or on.
    pub deal: Option<Box<DealView>>,
    /// What can be bought, at least one; a product without options has one with its own id.
    pub variants: Vec<VariantView>,
}

/// When an order takes its pieces from the shelf.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum HoldMode {
    /// When it is reserved, until it is paid or the hold runs out.
    #[default]
    Hold,
    /// When it is paid: first paid, first served.
    FirstPaid,
}

/// A variant of a product: what is really sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct VariantView {
    /// The merchant's SKU, unique in the catalogue.
    pub id: String,
    /// Which one, e.g. `size` is `M`.
    pub options: BTreeMap<String, String>,
    /// One price per currency, at least one; the first is shown to who asks for none.
    pub prices: Vec<PriceView>,
    /// Fewest pieces in an order.
    pub min_quantity: u32,
    /// Pieces that can still be bought.
    pub available: u32,
}

/// A flash deal: for some minutes variants of a product cost less. Pages count by its times on the
/// server's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DealView {
    /// Id.
    pub id: String,
    /// Product it is of.
    pub product: String,
    /// What costs less, and how much.
    pub prices: Vec<DealPrice>,
    /// Since when it is counted down, Unix ms.
    #[cfg_attr(test, ts(type = "number"))]
    pub counts_ms: u64,
    /// When it begins, Unix ms.
    #[cfg_attr(test, ts(type = "number"))]
    pub starts_ms: u64,
    /// When it is over, Unix ms.
    #[cfg_attr(test, ts(type = "number"))]
    pub ends_ms: u64,
    /// It has begun.
    pub is_on: bool,
    /// Pieces in all.
    pub total: u32,
    /// Pieces for each buyer, if there is a limit.
    pub per_buyer: Option<u32>,
}

/// What a variant costs by a flash deal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DealPrice {
    /// Variant id.
    pub variant: String,
    /// Price of one piece.
    pub price: Money,
}

/// A price in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PriceView {
    /// Price of one piece.
    pub price: Money,
    /// Earlier price, shown struck through.
    pub compare_at: Option<Money>,
    /// Prices of one piece from some quantity on, by rising quantity.
    pub tiers: Vec<TierView>,
}

/// A price for who buys many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TierView {
    /// From this many pieces on.
    pub min_quantity: u32,
    /// Price of one piece then.
    pub price: Money,
}
