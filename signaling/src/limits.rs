//! Every bound of this crate, each with the reason for its number. "Full" is answered where the
//! bound is used: refuse, drop and count, or wait.

use std::time::Duration;

/// Media workers: one UDP port and one thread each; more than cores do not help.
pub const WORKERS_MAX: usize = 64;

/// Largest JSON or SDP request body: a Chromium offer with 32 m-lines is about 60 kB.
pub const BODY_BYTES_MAX: usize = 256 * 1024;

/// Largest WebSocket message from a page: one SDP offer and change.
pub const WS_MESSAGE_BYTES_MAX: usize = BODY_BYTES_MAX;

/// What a page's socket reads at once; kept as long as the page is there. Pages say little after
/// their offer, and the library's own 128 KiB would be most of a viewer's memory.
pub const WS_READ_BUFFER_BYTES: usize = 4 * 1_024;

/// Shows one server keeps; each open room costs a task and its log, about a megabyte.
pub const SHOWS_MAX: usize = 1_000;

/// Sockets in one room of one process: the outbox bound makes this about 100 MB at worst.
pub const ROOM_PEERS_MAX: usize = 10_000;

/// Commands waiting for a room. A full inbox makes the sender wait.
pub const ROOM_INBOX_MAX: usize = 1_024;

/// Ten minutes of a lively show: about three log entries a second.
pub const LOG_ENTRIES_MAX: usize = 2_048;

/// Products over the picture at once: more would hide the host (Bambuser shows three, too).
pub const PINS_MAX: usize = 3;

/// Products of one show's shelf; a snapshot carries them all.
pub const SHELF_PRODUCTS_MAX: usize = 500;

/// Final captions in a snapshot: a minute or two in four languages.
pub const CAPTIONS_MAX: usize = 128;

/// Final captions kept for rolling WebVTT, per show: half an hour of one language, or five minutes
/// of six. All of them are in the store.
pub const CUES_MAX: usize = 512;

/// Longest window of rolling WebVTT, seconds: as long as those are kept.
pub const VTT_WINDOW_S_MAX: u64 = 1_800;

/// Languages of a show whose reading pace is kept: those spoken and those wanted. Full: all are
/// forgotten, at worst a cue comes a second early.
pub const PRESENTERS_MAX: usize = 64;

/// Lines waiting to be written: a minute of a dozen shows. Full: dropped and counted.
pub const TRANSCRIPT_QUEUE_MAX: usize = 4_096;

/// Lines in one transaction.
pub const TRANSCRIPT_BATCH_MAX: usize = 256;

/// Lines read of one language: a week of talk; about 10 MB.
pub const TRANSCRIPT_LINES_MAX: i64 = 100_000;

/// Longest text looked for in a transcript, characters.
pub const SEARCH_CHARS_MAX: usize = 200;

/// Chat lines in a snapshot.
pub const CHAT_LINES_MAX: usize = 100;

/// Longest chat line, characters.
pub const CHAT_CHARS_MAX: usize = 500;

/// Chat lines somebody may send at once.
pub const CHAT_BURST: u32 = 5;

/// Then one line each so many milliseconds.
pub const CHAT_REFILL_MS: u64 = 1_000;

/// Longest pause of slow mode, seconds: ten minutes.
pub const SLOW_S_MAX: u32 = 600;

/// Longest mute, seconds: a day; who should be silent for longer is banned.
pub const MUTE_S_MAX: u32 = 86_400;

/// Words and phrases nobody may write in a show: each line is held against all of them.
pub const WORDS_MAX: usize = 200;

/// Longest of them, characters.
pub const WORD_CHARS_MAX: usize = 40;

/// People muted, banned or shadowed in one show. Full: the oldest is forgotten; visitors' grants
/// are over after an evening anyway.
pub const SANCTIONS_MAX: usize = 10_000;

/// Of them, those that hosts and moderators are shown: the newest.
pub const SANCTIONS_SHOWN: usize = 100;

/// Judgements in one answer.
pub const JUDGEMENTS_LISTED_MAX: u32 = 100;

/// Judgements that wait for the store. Full: they hold until a restart, and their maker is told.
pub const JUDGEMENTS_OWED_MAX: usize = 256;

/// How long a store that did not take a judgement is left alone.
pub const JUDGEMENT_RETRY: Duration = Duration::from_secs(1);

/// Taps in one message: more than a thumb makes in half a second.
pub const REACTIONS_MESSAGE_MAX: u32 = 10;

/// Taps somebody may make at once.
pub const REACTIONS_BURST: u32 = 20;

/// Then one each so many milliseconds.
pub const REACTIONS_REFILL_MS: u64 = 100;

/// Chat lines waiting for a translation: two seconds of work. Full: refused.
pub const CHAT_TRANSLATIONS_WAITING_MAX: usize = 32;

/// Translations of chat lines that are remembered: what a screen shows, in a dozen languages.
pub const CHAT_TRANSLATIONS_KEPT: usize = 1_024;

/// Chat lines somebody may have translated at once.
pub const CHAT_TRANSLATIONS_BURST: u32 = 10;

/// Then one each so many milliseconds.
pub const CHAT_TRANSLATIONS_REFILL_MS: u64 = 1_000;

/// Longest display name, characters.
pub const NAME_CHARS_MAX: usize = 64;

/// Longest show title, characters.
pub const TITLE_CHARS_MAX: usize = 200;

/// People on stage at once: the slots of a page are 16 at most, half of them video.
pub const STAGE_MAX: usize = 16;

/// Tracks on air in one show: camera and screen, picture and sound, of a full stage.
pub const TRACKS_MAX: usize = STAGE_MAX * 4;

/// People whose role was changed by a host and is remembered over a reconnect.
pub const PROMOTED_MAX: usize = 256;

/// Languages wanted at once in one room; each costs one translation per line.
pub const LANGUAGES_WANTED_MAX: usize = 12;

/// How long one poll of a WebVTT file keeps its language wanted. Players poll every few seconds.
pub const VTT_INTEREST_MS: u64 = 15_000;

/// How long an event stream keeps its languages wanted after it last said so: it does at every
/// `EVENT_TICK`, and a reader that is gone should not cost a decode for long.
pub const STREAM_INTEREST_MS: u64 = 3_000;

/// Messages waiting for one page. At twenty a second this is over ten seconds of not reading.
pub const OUTBOX_MAX: usize = 256;

/// Partials are dropped once the outbox has fewer free places than this.
pub const OUTBOX_PARTIALS_FREE_MIN: usize = OUTBOX_MAX / 2;

/// How long the last word (`bye`) may take on a socket that does not read.
pub const BYE_TIMEOUT: Duration = Duration::from_secs(2);

/// A page that says nothing (not even pong) for so long is gone.
pub const WS_SILENCE_MAX: Duration = Duration::from_secs(45);

/// How often a silent page is pinged: twice within the silence allowed.
pub const WS_PING_EVERY: Duration = Duration::from_secs(20);

/// How long a socket may stay without `join`.
pub const WS_JOIN_TIMEOUT: Duration = Duration::from_secs(10);

/// Receive slots a page may offer.
pub const SLOTS_MAX: usize = 16;

/// One-time tickets outstanding. Full: refuse with 503, they last half a minute.
pub const TICKETS_MAX: usize = 20_000;

/// Life of a one-time ticket.
pub const TICKET_TTL_MS: u64 = 30_000;

/// Life of a visitor's grant: one evening.
pub const VISIT_TTL_S: u64 = 6 * 3_600;

/// Longest life of any token, so that a leaked one ends by itself.
pub const TOKEN_TTL_S_MAX: u64 = 30 * 24 * 3_600;

/// Clock difference tolerated at `exp` (RFC 8725 leaves it to us; LiveKit uses the same).
pub const TOKEN_LEEWAY_S: u64 = 60;

/// Longest token read at all: ours are under 600 bytes.
pub const TOKEN_BYTES_MAX: usize = 4_096;

/// WHIP and WHEP sessions of one process.
pub const HTTP_SESSIONS_MAX: usize = 20_000;

/// Offers of ours that wait for an answer, each a few kB. Full: 503, they last half a minute.
pub const INVITATIONS_MAX: usize = 1_024;

/// How long such an offer holds: what the WHEP draft assumes when nothing is said.
pub const INVITATION_TTL_MS: u64 = 30_000;

/// Event streams of one WHEP session: a page, its reload, and two to spare. Full: 503.
pub const EVENT_STREAMS_MAX: usize = 4;

/// Log entries waiting for one event stream: a minute of a lively show. Full: the stream ends,
/// and its reader, coming back, is told how things are.
pub const EVENT_BACKLOG_MAX: usize = 256;

/// How often an event stream looks at what may wait: the viewer count, languages, the stop.
pub const EVENT_TICK: Duration = Duration::from_secs(1);

/// How often a silent event stream sends a comment, so that proxies keep it.
pub const EVENT_KEEPALIVE: Duration = Duration::from_secs(15);

/// Life of a TURN password made from a shared secret: one evening, for a client tells it at each
/// refresh of its allocation.
pub const TURN_CREDENTIAL_TTL_S: u64 = 6 * 3_600;

/// ICE servers told to clients: browsers warn above five.
pub const ICE_SERVERS_MAX: usize = 8;

/// Addresses whose POST rate is remembered. Full: the one longest idle is forgotten.
pub const RATE_ADDRESSES_MAX: usize = 10_000;

/// POSTs one address may make at once, as seconds of its rate: a flat behind one NAT joins.
pub const RATE_BURST_S: u32 = 10;

/// Default POSTs per second and address.
pub const RATE_DEFAULT: u32 = 50;

/// How long the last words of an ended track may take to come out of the caption engine.
pub const SPEAKER_LINGER_MS: u64 = 60_000;

/// Shows waiting to be written to the store. Full: the room waits, shows change seldom.
pub const SAVES_MAX: usize = 256;

/// Pause before what a show shows is written again.
pub const COURSE_RETRY: Duration = Duration::from_secs(1);

/// Reminders of one show. Full: refused; the calendar's own alarm needs none.
pub const REMINDERS_MAX: u32 = 100_000;

/// How old a count of reminders may be: other processes note some, too.
pub const REMINDERS_STALE_MS: u64 = 3_000;

/// Longest key of a reminder: a UUID, with room.
pub const REMINDER_KEY_CHARS_MAX: usize = 64;

/// How far ahead a show is announced: a year.
pub const START_AHEAD_MAX_MS: u64 = 366 * 24 * 3_600 * 1_000;

/// How often rooms look at their clocks.
pub const TICK_EVERY: Duration = Duration::from_secs(1);

/// Audio packets waiting for the caption engine: 20 speakers for one second. Full: media drops
/// and counts.
pub const TAP_QUEUE_MAX: usize = 1_024;

/// Events waiting to go to other processes. Full: dropped and counted; rooms go on locally.
pub const BUS_OUTBOX_MAX: usize = 4_096;

/// Events from other processes waiting for their rooms. Full: the reader waits.
pub const BUS_INBOX_MAX: usize = 4_096;

/// How often a process tells how many watch.
pub const PRESENCE_EVERY: Duration = Duration::from_secs(3);

/// A process not heard of for so long has no viewers.
pub const PRESENCE_TTL_MS: u64 = 10_000;

/// Other processes one room remembers.
pub const PRESENCE_PROCESSES_MAX: usize = 64;

/// How long Redis may take to take us in.
pub const BUS_TIMEOUT: Duration = Duration::from_secs(3);

/// Pause between tries to reach Redis again.
pub const BUS_RETRY: Duration = Duration::from_millis(500);

/// How long requests in flight may take after stop was asked.
pub const STOP_DRAIN: Duration = Duration::from_secs(5);

/// How long any single phase of the stop may take before the next one starts anyway.
pub const STOP_PHASE_MAX: Duration = Duration::from_secs(10);

const _: () = assert!(OUTBOX_PARTIALS_FREE_MIN < OUTBOX_MAX);
const _: () = assert!(STREAM_INTEREST_MS > 2 * EVENT_TICK.as_millis() as u64);
const _: () = assert!(WS_PING_EVERY.as_secs() * 2 < WS_SILENCE_MAX.as_secs());
const _: () = assert!(PRESENCE_EVERY.as_millis() as u64 * 3 < PRESENCE_TTL_MS);

/// Bounds of the shop.
pub mod shop {
    use std::time::Duration;

    /// Highest price, in minor units: ten thousand million euros. Times the highest quantity it
    /// stays exact in a page's number (2^53).
    pub const PRICE_MINOR_MAX: i64 = 1_000_000_000_000;
    /// Highest sum, in minor units: a page's number is exact up to here.
    pub const TOTAL_MINOR_MAX: i64 = 1 << 53;
    /// Pieces in one line of an order; a wholesale carton, far above a viewer's purchase.
    pub const ORDER_QUANTITY_MAX: u32 = 1_000;
    /// Lines in one order: more than a viewer gathers in one show.
    pub const ORDER_LINES_MAX: usize = 20;
    /// Variants of a product: ten sizes in ten colours.
    pub const VARIANTS_MAX: usize = 100;
    /// Options of a variant: size, colour, material, and one more.
    pub const OPTIONS_MAX: usize = 4;
    /// Characters in the name or the value of an option: a button's width.
    pub const OPTION_CHARS_MAX: usize = 40;
    /// Currencies a variant is priced in.
    pub const CURRENCIES_MAX: usize = 12;
    /// Tier prices of a variant in one currency; they travel inside its quote.
    pub const TIERS_MAX: usize = 8;
    /// Shipping zones of a merchant.
    pub const SHIPPING_ZONES_MAX: usize = 64;
    /// Pieces of one product.
    pub const STOCK_MAX: u32 = 100_000_000;
    /// Characters in a product id: fits a URL and a printed label.
    pub const PRODUCT_ID_CHARS_MAX: usize = 64;
    /// Characters in a title: two lines of a product card.
    pub const TITLE_CHARS_MAX: usize = 200;
    /// Characters in a description: about two printed pages.
    pub const DESCRIPTION_CHARS_MAX: usize = 5_000;
    /// Pictures of a product.
    pub const IMAGES_MAX: usize = 8;
    /// Characters in a picture's URL; what browsers and proxies agree on.
    pub const IMAGE_URL_CHARS_MAX: usize = 2_048;
    /// Products in one import: what one shelf holds.
    pub const IMPORT_PRODUCTS_MAX: usize = super::SHELF_PRODUCTS_MAX;
    /// Bytes of an import: room for the products above with every text at its longest.
    pub const IMPORT_BYTES_MAX: usize = 8 * 1024 * 1024;
    /// Mistakes reported by one import; more do not help anybody to mend the file.
    pub const IMPORT_ERRORS_MAX: usize = 100;
    /// Bytes of an order's request body.
    pub const ORDER_BYTES_MAX: usize = 16 * 1024;
    /// Characters of a buyer's name, contact or address.
    pub const CONTACT_CHARS_MAX: usize = 500;
    /// Lines of an address above its place.
    pub const ADDRESS_LINES_MAX: usize = 3;
    /// Characters of an idempotency key; a UUID has 36.
    pub const IDEMPOTENCY_KEY_CHARS_MAX: usize = 128;
    /// Characters of a quote: the payload's fields at their longest, in base64.
    pub const QUOTE_CHARS_MAX: usize = 1_024;
    /// Requests waiting for the shop's task: two seconds of 2,500 orders a second. Full: refuse
    /// with 503 and `Retry-After`.
    pub const INBOX_REQUESTS_MAX: usize = 5_000;
    /// Requests in one transaction, so that no buyer waits long behind others.
    pub const BATCH_REQUESTS_MAX: usize = 512;
    /// Wait after a failure of the store before holds are looked at again.
    pub const STORE_RETRY_MS: u64 = 1_000;
    /// How often the store is asked whether another process wrote to it: a second process's sale
    /// shows on this one's pages within this time.
    pub const STORE_WATCH_MS: u64 = 1_000;
    /// Notices the rooms have not yet taken; beyond, they wait in the shop's outbox.
    pub const NOTICES_MAX: usize = 1_024;
    /// How often stock is told while it changes: a number that runs down looks alive at five a
    /// second, and each time is a message to every viewer.
    pub const STOCK_EVERY_MS: u64 = 200;
    /// Order notices in the outbox. Full: the oldest is dropped and counted, for the host's list
    /// of orders has them all. Stock notices are one per product, the latest wins.
    pub const OUTBOX_ORDERS_MAX: usize = 4_096;
    /// Orders in the host's list, newest first.
    pub const ORDERS_LISTED_MAX: i64 = 1_000;
    /// Holds released by one transaction; the rest follow in the next one at once.
    pub const EXPIRIES_PER_BATCH_MAX: i64 = 512;
    /// Characters of a coupon's code: people type it.
    pub const COUPON_CHARS_MAX: usize = 32;
    /// Uses of a coupon: more is no limit.
    pub const COUPON_USES_MAX: u32 = 100_000_000;
    /// Seconds a flash deal is counted down: not at all, or enough to gather and too few to be
    /// forgotten (TikTok: 10 to 300).
    pub const DEAL_COUNTDOWN_S: std::ops::RangeInclusive<u32> = 0..=300;
    /// How far ahead a flash deal may be planned, seconds: a season.
    pub const DEAL_AHEAD_S: u64 = 90 * 86_400;
    /// Seconds a flash deal lasts (TikTok: 1 to 20 minutes).
    pub const DEAL_LENGTH_S: std::ops::RangeInclusive<u32> = 60..=1_200;
    /// Payment pages being opened at once, each a request to the provider; Stripe takes a hundred
    /// a second, and each takes about half a second. Full: refuse with 503 and `Retry-After`.
    pub const PAGES_OPENING_MAX: usize = 50;
    /// How long the payment provider may take to answer. A page waits for it.
    pub const PROVIDER_TIMEOUT: Duration = Duration::from_secs(10);
    /// Longest answer read from it: a session has some 4 kB, with twenty lines some more.
    pub const PROVIDER_ANSWER_BYTES_MAX: usize = 256 * 1024;
    /// How old the signature of a provider's event may be, and how far ahead: what Stripe asks.
    pub const EVENT_TOLERANCE_MS: u64 = 300_000;
    /// How long events are remembered to be taken once: Stripe sends one again for three days.
    /// A payment is remembered as long as its order.
    pub const EVENTS_KEPT_MS: u64 = 30 * 24 * 3_600 * 1_000;
    /// How often it is looked for refunds that are owed.
    pub const REFUNDS_WATCH: Duration = Duration::from_millis(500);
    /// Refunds asked for at once. The others wait in the store.
    pub const REFUNDS_IN_FLIGHT_MAX: usize = 8;
    /// Refunds looked at together, the longest owed first. More wait until some are done; so many
    /// that fail mean that the provider does.
    pub const REFUNDS_READ_MAX: i64 = 1_000;
    /// Connections for reading: WAL readers never wait for the writer, cores are the limit.
    pub const STORE_READERS_MAX: u32 = 4;

    const _: () =
        assert!(PRICE_MINOR_MAX as i128 * ORDER_QUANTITY_MAX as i128 <= TOTAL_MINOR_MAX as i128);
}

/// Bounds of product pictures.
pub mod pictures {
    /// Bytes of an upload: a photograph of 50 megapixels as telephones save it.
    pub const UPLOAD_BYTES_MAX: usize = 16 * 1024 * 1024;
    /// Pixels that are decoded: what telephones make in their largest setting.
    pub const PIXELS_MAX: u64 = 50_000_000;
    /// Pixels on a side: panoramas of the above.
    pub const SIDE_MAX: u32 = 20_000;
    /// Memory of a decoded picture: the pixels above with four bytes each. Flattening needs as
    /// much again for a moment; one picture is decoded at a time.
    pub const DECODED_BYTES_MAX: u64 = 4 * PIXELS_MAX;
    /// Uploads waiting for the decoder, each held in memory. Full: 503, one takes about a second.
    pub const QUEUE_MAX: usize = 4;
    /// Files kept: ten thousand products with three pictures in three widths, some 10 GB.
    /// Full: 507.
    pub const FILES_MAX: usize = 100_000;
}

/// Bounds of certificates and serial numbers.
pub mod authenticity {
    /// Bytes of a document: some pages with seals and signatures.
    pub const DOCUMENT_BYTES_MAX: usize = 4 * 1024 * 1024;
    /// Bytes of a list of serial numbers: some hundred thousand.
    pub const SERIALS_BYTES_MAX: usize = 2 * 1024 * 1024;
    /// Letters and digits of a serial number: fewer are guessed …
    pub const SERIAL_CHARS_MIN: usize = 6;
    /// … and more are no serial number.
    pub const SERIAL_CHARS_MAX: usize = 64;
}

/// Bounds of what is counted of an audience.
pub mod analytics {
    use std::time::Duration;

    /// Items of a measure in one minute of one show: every country there is. The rest is `other`.
    pub const ITEMS_MAX: usize = 300;
    /// Rows in memory that the store has not taken: a hundred lively shows for a minute. Full: the
    /// rest is `other`.
    pub const ROWS_WAITING_MAX: usize = 20_000;
    /// How often counts are written. Pages read them every second (`STATS_PERIOD_MS` in
    /// `client-web/src/limits.ts`), so that a host sees them within two.
    pub const WRITE_EVERY: Duration = Duration::from_millis(500);
    /// How often old counts are forgotten.
    pub const FORGET_EVERY: Duration = Duration::from_secs(3_600);
    /// How far back a host looks, minutes: a day.
    pub const MINUTES_MAX: u64 = 24 * 60;
    /// Rows of a table: a day of a show with a full shelf.
    pub const ROWS_READ_MAX: i64 = 200_000;
    /// Items of a show, all measures together.
    pub const ITEMS_READ_MAX: i64 = 5_000;
    /// Rows of sales: a day of minutes in which dozens of products are sold.
    pub const SALES_READ_MAX: i64 = 50_000;
    /// Default of the days for which counts are kept.
    pub const DAYS_DEFAULT: u32 = 90;
    /// Products in one message of a page: a whole shelf.
    pub const NOTICED_MAX: usize = super::SHELF_PRODUCTS_MAX;
}

/// Bounds of webhooks.
pub mod webhooks {
    use std::time::Duration;

    /// Longest URL of an endpoint; what browsers and proxies agree on.
    pub const URL_CHARS_MAX: usize = 2_048;
    /// Endpoints of a show: mail, warehouse, bookkeeping, and some to spare.
    pub const ENDPOINTS_PER_SHOW_MAX: i64 = 16;
    /// Requests in the air: each holds a socket for up to `TRY_TIMEOUT`. Full: the others wait.
    pub const IN_FLIGHT_MAX: usize = 64;
    /// Of one endpoint, so that a slow one does not take all of them.
    pub const IN_FLIGHT_PER_ENDPOINT_MAX: usize = 4;
    /// Deliveries of an endpoint in memory. Full: the others stay in the outbox.
    pub const OWED_MAX: usize = 1_000;
    /// Endpoints that were changed and wait for the task. Full: the request waits.
    pub const CHANGES_MAX: usize = 64;
    /// How long an endpoint may take to answer; Standard Webhooks asks for 15 to 30 s.
    pub const TRY_TIMEOUT: Duration = Duration::from_secs(20);
    /// How long of that the connection may take.
    pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
    /// How often the outbox is looked at: a mail hook may be so late.
    pub const OUTBOX_WATCH: Duration = Duration::from_millis(500);
    /// How often what other processes left, and what is old, is looked for.
    pub const OUTBOX_SWEEP: Duration = Duration::from_secs(30);
    /// A delivery that is so late belongs to a process that is gone.
    pub const ORPHAN_MS: u64 = 120_000;
    /// Days for which events can be read and sent again.
    pub const OUTBOX_DAYS_MAX: u64 = 30;
    /// Events in one answer.
    pub const EVENTS_LISTED_MAX: u32 = 100;
    /// Deliveries in the list of an endpoint.
    pub const DELIVERIES_LISTED_MAX: i64 = 200;
    /// Characters kept of what went wrong.
    pub const ERROR_CHARS_MAX: usize = 200;

    const _: () = assert!(ORPHAN_MS > 2 * TRY_TIMEOUT.as_millis() as u64);
    const _: () = assert!(IN_FLIGHT_PER_ENDPOINT_MAX < IN_FLIGHT_MAX);
}

/// A translator outside that has not answered by then is no help to a live line.
pub const OUTSIDE_TIMEOUT: Duration = Duration::from_secs(4);

/// Failures in a row after which it is left alone.
pub const OUTSIDE_FAILURES_MAX: u32 = 4;

/// For how long at first; doubled each time it fails again …
pub const OUTSIDE_PAUSE_MS: u64 = 5_000;

/// … up to this.
pub const OUTSIDE_PAUSE_MS_MAX: u64 = 300_000;

/// Longest answer read from it: its list of languages is the longest, 50 times 50 codes.
pub const OUTSIDE_ANSWER_BYTES_MAX: usize = 256 * 1024;

/// Directions believed of it: 60 languages each to each other.
pub const OUTSIDE_DIRECTIONS_MAX: usize = 3_600;
