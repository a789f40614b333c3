// Generated from signaling/src/protocol by cargo test (VITRINE_BLESS=1, see export.rs). Do not edit.

/** Version stated in `join`. */
export const PROTOCOL_VERSION = 1;
/** Where the REST routes are. */
export const API = "/api/v1";

/**
 * Something a host or moderator does. Hosts, guides and moderators are never muted or banned.
 */
export type Act = { "act": "remove", 
/**
 * Its id.
 */
id: number, } | { "act": "pin_line", 
/**
 * Its id.
 */
id: number | null, } | { "act": "slow_mode", 
/**
 * At most 600; 0: as fast as they like.
 */
seconds: number, } | { "act": "words", 
/**
 * At most 200 words or phrases of up to 40 characters.
 */
words: Array<string>, } | { "act": "mute", 
/**
 * Whose.
 */
participant: string, 
/**
 * 1 to 86,400.
 */
seconds: number, } | { "act": "ban", 
/**
 * Whom.
 */
participant: string, } | { "act": "shadow", 
/**
 * Whose.
 */
participant: string, } | { "act": "pardon", 
/**
 * To whom.
 */
participant: string, };

/**
 * A postal address.
 */
export type AddressBody = { 
/**
 * Street, house, floor: one to three lines.
 */
lines: Array<string>, 
/**
 * Postal code, in any writing of its country's.
 */
postal_code?: string, 
/**
 * City or place.
 */
city: string, 
/**
 * State, province or prefecture.
 */
region?: string, 
/**
 * ISO 3166-1 alpha-2.
 */
country: string, };

/**
 * What an address needs in a country.
 */
export type AddressRules = { 
/**
 * How postal codes are written, by example; empty when any will do.
 */
postal_codes: Array<string>, 
/**
 * Whether there must be one.
 */
needs_postal_code: boolean, 
/**
 * Whether a state, province or prefecture must be named.
 */
needs_region: boolean, };

/**
 * What proves a product genuine.
 */
export type AuthenticityView = { 
/**
 * Path of its certificate on this server: a picture or a PDF.
 */
certificate: string | null, 
/**
 * Whether serial numbers can be checked.
 */
has_serials: boolean, };

/**
 * Body of `POST /api/v1/shows/{show}/basket`: what would this cost?
 */
export type BasketBody = { 
/**
 * What is wanted.
 */
lines: Array<BasketLine>, 
/**
 * ISO 4217 code; without one, the first price of each variant.
 */
currency?: string, 
/**
 * ISO 3166-1 alpha-2 code, once the buyer has told.
 */
country?: string, 
/**
 * Code of a coupon.
 */
coupon?: string, };

/**
 * A line that is wanted.
 */
export type BasketLine = { 
/**
 * Variant id.
 */
variant: string, 
/**
 * Pieces.
 */
quantity: number, };

/**
 * What a basket costs now, signed line by line.
 */
export type BasketView = { 
/**
 * One quote per line, in their order.
 */
quotes: Array<QuoteView>, 
/**
 * Sum of each line, in their order.
 */
totals: Array<Money>, 
/**
 * What the coupon takes off.
 */
discount: Money | null, 
/**
 * What sending costs; none while the country is needed and not known.
 */
shipping: Money | null, 
/**
 * Sum of lines, less the discount, and shipping: to be sent back in the order.
 */
total: Money, 
/**
 * Countries the merchant sends to, `*` for any other; empty when it asks for none.
 */
countries: Array<string>, };

/**
 * One caption line in one language.
 */
export type CaptionView = { 
/**
 * Line id; partial, final and translations of one line share it.
 */
id: string, 
/**
 * Who spoke.
 */
participant: string, 
/**
 * Language of the text, BCP 47.
 */
language: string, 
/**
 * Language it was spoken in.
 */
spoken: string, 
/**
 * The words.
 */
text: string, 
/**
 * How many characters of `text` stay as they are: all of a final.
 */
stable: number, 
/**
 * No translation could be trusted with the names and numbers of the line: these are the words
 * in the spoken language, to be marked as such.
 */
kept: boolean, 
/**
 * Media time the speech starts, Unix ms.
 */
start_ms: number, 
/**
 * Media time it ends, Unix ms.
 */
end_ms: number, 
/**
 * The text as screens that can be followed, in order.
 */
cues: Array<CueView>, };

/**
 * A chat line.
 */
export type ChatLine = { 
/**
 * Id in this show.
 */
id: number, 
/**
 * Who wrote it.
 */
participant: string, 
/**
 * Display name at that time.
 */
name: string, 
/**
 * Role at that time.
 */
role: Role, 
/**
 * The line.
 */
text: string, 
/**
 * When, Unix ms.
 */
at_ms: number, };

/**
 * How a chat is run, as everybody sees it.
 */
export type ChatRules = { 
/**
 * Seconds between two lines of one viewer; 0: as they like.
 */
slow_s: number, 
/**
 * The line above the chat.
 */
pinned: ChatLine | null, };

/**
 * A message from a page. The first one on a socket is `join`; anything else before it is
 * refused. `request` is chosen by the page and comes back in `done` or `refused`.
 */
export type ClientMessage = { "type": "join", 
/**
 * Protocol version of the page.
 */
protocol: number, 
/**
 * One-time ticket from `POST /api/v1/tickets` or `POST /api/v1/shows/{show}/visit`.
 */
ticket: string, 
/**
 * SDP offer with a fixed set of recvonly m-lines, or none to stay without pictures.
 */
offer?: string, 
/**
 * Where the page left off, when it was here before.
 */
resume?: Resume, 
/**
 * Caption language wanted (BCP 47), none for no captions.
 */
captions?: string, 
/**
 * Display name for chat and stage, at most 64 characters.
 */
name?: string, } | { "type": "offer", 
/**
 * Echoed back.
 */
request: number, 
/**
 * SDP offer, recvonly slots.
 */
offer: string, } | { "type": "publish", 
/**
 * Echoed back.
 */
request: number, 
/**
 * SDP offer, sendonly.
 */
offer: string, 
/**
 * What is shown.
 */
source: SourceKind, } | { "type": "unpublish", 
/**
 * Echoed back.
 */
request: number, 
/**
 * What to stop.
 */
source: SourceKind, } | { "type": "slot", 
/**
 * Echoed back.
 */
request: number, 
/**
 * The m-line's mid.
 */
mid: string, 
/**
 * Track to show there.
 */
track: string | null, } | { "type": "noticed", 
/**
 * What was done.
 */
step: Step, 
/**
 * With which.
 */
products: Array<string>, } | { "type": "watch", 
/**
 * The m-line's mid.
 */
mid: string, 
/**
 * Nothing is sent to a slot that is not visible.
 */
visible: boolean, 
/**
 * Height on the screen in physical pixels, none for as good as can be.
 */
height: number | null, } | { "type": "captions", 
/**
 * BCP 47 tag.
 */
language: string | null, } | { "type": "speech_language", 
/**
 * Echoed back.
 */
request: number, 
/**
 * The participant who speaks.
 */
participant: string, 
/**
 * BCP 47 tag.
 */
language: string | null, } | { "type": "chat", 
/**
 * Echoed back.
 */
request: number, 
/**
 * The line.
 */
text: string, } | { "type": "translate", 
/**
 * Echoed back.
 */
request: number, 
/**
 * Id of the line.
 */
id: number, 
/**
 * BCP 47 tag.
 */
language: string, } | { "type": "moderate", 
/**
 * Echoed back.
 */
request: number, 
/**
 * What to do.
 */
act: Act, } | { "type": "react", 
/**
 * Which.
 */
reaction: Reaction, 
/**
 * How often, at most 10.
 */
count: number, } | { "type": "pin", 
/**
 * Echoed back.
 */
request: number, 
/**
 * Product id.
 */
product: string, } | { "type": "unpin", 
/**
 * Echoed back.
 */
request: number, 
/**
 * Product id.
 */
product: string, } | { "type": "now_showing", 
/**
 * Echoed back.
 */
request: number, 
/**
 * Product id.
 */
product: string | null, } | { "type": "promote", 
/**
 * Echoed back.
 */
request: number, 
/**
 * Who.
 */
participant: string, 
/**
 * New role: `guest`, `moderator` or `viewer`.
 */
role: Role, } | { "type": "phase", 
/**
 * Echoed back.
 */
request: number, 
/**
 * New phase.
 */
phase: Phase, } | { "type": "clock", 
/**
 * The page's clock, ms, echoed.
 */
client_ms: number, };

/**
 * Body of `POST /api/v1/orders/{id}/confirm`.
 */
export type ConfirmBody = { 
/**
 * Buyer's name.
 */
name: string, 
/**
 * E-mail address or telephone number.
 */
contact: string, 
/**
 * Where to send it: needed when the order has a country, and in that country.
 */
address?: AddressBody, };

/**
 * Body of `PUT /api/v1/coupons/{code}`: either `percent` or `amount`.
 */
export type CouponBody = { 
/**
 * Hundredths of the goods that it takes off.
 */
percent?: number, 
/**
 * What it takes off the goods, such as `5.00 EUR`, of use in this currency alone.
 */
amount?: string, 
/**
 * From when it can be used, Unix ms.
 */
starts_ms?: number, 
/**
 * Until when, Unix ms.
 */
ends_ms?: number, 
/**
 * Orders it may be used in.
 */
total?: number, 
/**
 * The same of each buyer.
 */
per_buyer?: number, 
/**
 * Least sum of goods, such as `50 EUR`; then it is of no use in other currencies.
 */
minimum?: string, };

/**
 * Answer to `GET /api/v1/coupons`.
 */
export type CouponList = { 
/**
 * By code.
 */
coupons: Array<CouponView>, };

/**
 * A coupon as its merchant sees it.
 */
export type CouponView = { 
/**
 * Its code, in upper case.
 */
code: string, 
/**
 * Hundredths of the goods that it takes off.
 */
percent: number | null, 
/**
 * Or what it takes off.
 */
amount: Money | null, 
/**
 * From when it can be used, Unix ms.
 */
starts_ms: number | null, 
/**
 * Until when, Unix ms.
 */
ends_ms: number | null, 
/**
 * Orders it may be used in.
 */
total: number | null, 
/**
 * The same of each buyer.
 */
per_buyer: number | null, 
/**
 * Least sum of goods.
 */
minimum: Money | null, 
/**
 * Orders it is used in, held or bought.
 */
taken: number, };

/**
 * What is on the screen at one time: at most two rows of 37 columns (18 full-width characters),
 * at least a second, at no more than 180 words a minute unless it would be three seconds late.
 */
export type CueView = { 
/**
 * One row or two.
 */
rows: Array<string>, 
/**
 * Media time from which it is shown, Unix ms.
 */
start_ms: number, 
/**
 * Until when, unless the next one comes before.
 */
end_ms: number, };

/**
 * Body of `POST /api/v1/shows/{show}/deals`: a flash deal.
 */
export type DealBody = { 
/**
 * Product on the show's shelf.
 */
product: string, 
/**
 * Variants that cost less; without any, all of the product.
 */
variants?: Array<string>, 
/**
 * Price of one piece, below the usual one, one a currency like `19.90 EUR`; in other
 * currencies it costs what it did.
 */
prices: Array<string>, 
/**
 * When it begins, Unix ms; without it, after the countdown.
 */
starts_ms?: number, 
/**
 * Seconds it is counted down, up to 300.
 */
countdown_s: number, 
/**
 * Seconds it lasts, 60 to 1,200.
 */
length_s: number, 
/**
 * Pieces in all.
 */
total: number, 
/**
 * Pieces for each buyer; any number without it.
 */
per_buyer?: number, };

/**
 * Answer to `GET /api/v1/shows/{show}/deals`.
 */
export type DealList = { 
/**
 * Flash deals that are not over, the next first.
 */
deals: Array<DealView>, };

/**
 * What a variant costs by a flash deal.
 */
export type DealPrice = { 
/**
 * Variant id.
 */
variant: string, 
/**
 * Price of one piece.
 */
price: Money, };

/**
 * A flash deal: for some minutes variants of a product cost less. Pages count by its times on the
 * server's clock.
 */
export type DealView = { 
/**
 * Id.
 */
id: string, 
/**
 * Product it is of.
 */
product: string, 
/**
 * What costs less, and how much.
 */
prices: Array<DealPrice>, 
/**
 * Since when it is counted down, Unix ms.
 */
counts_ms: number, 
/**
 * When it begins, Unix ms.
 */
starts_ms: number, 
/**
 * When it is over, Unix ms.
 */
ends_ms: number, 
/**
 * It has begun.
 */
is_on: boolean, 
/**
 * Pieces in all.
 */
total: number, 
/**
 * Pieces for each buyer, if there is a limit.
 */
per_buyer: number | null, };

/**
 * One entry of a show's log.
 */
export type Entry = { 
/**
 * Contiguous sequence number in this epoch, from 1.
 */
seq: number, 
/**
 * Media time of the event: server clock, Unix ms. A page that wants to be exact shows it
 * when its picture reaches this time.
 */
at_ms: number, 
/**
 * What happened.
 */
event: RoomEvent, };

/**
 * When an order takes its pieces from the shelf.
 */
export type HoldMode = "hold" | "first_paid";

/**
 * Body of `PUT /api/v1/shows/{show}/orders/{id}`: what the host says of an order.
 */
export type HostOrderBody = { 
/**
 * What it is to be.
 */
state: HostWish, };

/**
 * Answer to `GET /api/v1/shows/{show}/orders`.
 */
export type HostOrderList = { 
/**
 * Newest first.
 */
orders: Array<HostOrderView>, };

/**
 * An order as the host sees it, with what is needed to send the goods.
 */
export type HostOrderView = { 
/**
 * E-mail address or telephone number, once it is known who buys.
 */
contact: string | null, 
/**
 * Where to send it.
 */
address: string | null, 
/**
 * The payment provider took money for it that is not back: what is to go back, it gives back
 * itself.
 */
has_charge: boolean, 
/**
 * Unguessable id.
 */
id: string, 
/**
 * Merchant who sells.
 */
merchant: string, 
/**
 * Show it was made in.
 */
show: string, 
/**
 * What is bought, at least one line.
 */
lines: Array<LineView>, 
/**
 * Country it is sent to, ISO 3166-1 alpha-2, when the merchant asks for one.
 */
country: string | null, 
/**
 * What its address needs there.
 */
address_rules: AddressRules | null, 
/**
 * Code of the coupon that is used.
 */
coupon: string | null, 
/**
 * What it takes off the lines.
 */
discount: Money | null, 
/**
 * What sending it costs.
 */
shipping: Money, 
/**
 * Sum of lines, less the discount, and shipping: what is charged.
 */
total: Money, 
/**
 * State.
 */
state: OrderState, 
/**
 * When it is released unless it was bought, Unix ms.
 */
expires_ms: number | null, 
/**
 * When it was made, Unix ms.
 */
created_ms: number, 
/**
 * Name the buyer gave.
 */
buyer: string | null, };

/**
 * What a host may make of an order.
 */
export type HostWish = "paid" | "cancelled" | "refunded";

/**
 * Answer to an import.
 */
export type ImportReport = { 
/**
 * Products created or updated.
 */
imported: number, };

/**
 * What a joining page needs to be up to date.
 */
export type JoinState = { "kind": "snapshot", 
/**
 * Sequence number of the last entry in it.
 */
seq: number, 
/**
 * The show.
 */
show: ShowState, } | { "kind": "entries", 
/**
 * Oldest first.
 */
entries: Array<Entry>, };

/**
 * One line of the audit log: an act that was carried out.
 */
export type Judgement = { 
/**
 * Grows with time; unique in a show.
 */
id: number, 
/**
 * When, Unix ms.
 */
at_ms: number, 
/**
 * Who did it.
 */
by: Person, 
/**
 * What.
 */
act: Act, 
/**
 * Whom it was done to.
 */
whom: Person | null, 
/**
 * The line it was about.
 */
line: ChatLine | null, };

/**
 * A caption language.
 */
export type LanguageInfo = { 
/**
 * BCP 47 tag.
 */
tag: string, 
/**
 * Spoken languages it is reached from.
 */
from: Array<string>, };

/**
 * How well a caption language is reached from a spoken one.
 */
export type LanguagePair = { 
/**
 * Spoken, BCP 47.
 */
from: string, 
/**
 * Read, BCP 47.
 */
to: string, 
/**
 * What a reader may expect.
 */
quality: PairQuality, 
/**
 * The model that would serve this pair well, when nothing installed does: for the host.
 */
lacking: string | null, };

/**
 * Whether somebody takes a simulcast layer.
 */
export type LayerWish = { 
/**
 * Restriction id (RFC 8851), as in the page's offer.
 */
rid: string, 
/**
 * Whether to send it.
 */
wanted: boolean, };

/**
 * A line of an order, as it was when the order was made.
 */
export type LineView = { 
/**
 * What was bought.
 */
variant: string, 
/**
 * Product it belongs to.
 */
product: string, 
/**
 * Title of the product.
 */
title: string, 
/**
 * Options of the variant.
 */
options: { [key in string]: string }, 
/**
 * Pieces.
 */
quantity: number, 
/**
 * Price of one piece at this quantity.
 */
unit_price: Money, 
/**
 * Sum of the line.
 */
total: Money, };

/**
 * A minute of a show.
 */
export type MinuteStats = { 
/**
 * Its beginning: media time, Unix ms.
 */
at_ms: number, 
/**
 * People watching at once, in the mean.
 */
viewers: number, 
/**
 * Products that were laid over the picture in it.
 */
pinned: Array<string>, 
/**
 * Pieces sold, by product.
 */
pieces: Record<string, number>, 
/**
 * Seconds that viewers watched.
 */
watched_s: number, 
/**
 * Viewers who came in.
 */
joins: number, 
/**
 * Orders bought, by when they were made.
 */
orders: number, 
/**
 * What they are worth without shipping, by currency.
 */
revenue: Array<Money>, };

/**
 * `GET /api/v1/shows/{show}/moderation`.
 */
export type ModerationLog = { 
/**
 * The newest first.
 */
judgements: Array<Judgement>, 
/**
 * `before` of the next page; none: this was the last.
 */
next: number | null, };

/**
 * What only hosts and moderators see of the chat.
 */
export type ModerationView = { 
/**
 * What nobody may write.
 */
words: Array<string>, 
/**
 * The newest 100, newest first.
 */
sanctions: Array<Sanction>, };

/**
 * Money in minor units.
 */
export type Money = { 
/**
 * Minor units, e.g. cents; the currency's ISO 4217 exponent says how many decimals.
 */
minor: number, 
/**
 * ISO 4217 code.
 */
currency: string, 
/**
 * ISO 4217 exponent of the currency (JPY 0, EUR 2, KWD 3), so that pages need no table.
 */
exponent: number, };

/**
 * Body of `POST /api/v1/shows`.
 */
export type NewShow = { 
/**
 * Name in URLs.
 */
name: string, 
/**
 * Title for people.
 */
title: string, 
/**
 * Kind of room; `live` when left out.
 */
kind?: ShowKind, 
/**
 * Only invited people may watch.
 */
private?: boolean, 
/**
 * Write down what is said while the show is on air, whether or not somebody reads along.
 */
transcript?: boolean, 
/**
 * Cover picture URL.
 */
cover?: string, 
/**
 * When it is to start, Unix ms; not past and at most a year ahead.
 */
starts_ms?: number, };

/**
 * State of an order.
 */
export type OrderState = "reserved" | "pending" | "confirmed" | "paid" | "refunding" | "refunded" | "cancelled" | "expired";

/**
 * An order as its buyer and the host see it. `buyer` is empty in the host's live feed.
 */
export type OrderView = { 
/**
 * Unguessable id.
 */
id: string, 
/**
 * Merchant who sells.
 */
merchant: string, 
/**
 * Show it was made in.
 */
show: string, 
/**
 * What is bought, at least one line.
 */
lines: Array<LineView>, 
/**
 * Country it is sent to, ISO 3166-1 alpha-2, when the merchant asks for one.
 */
country: string | null, 
/**
 * What its address needs there.
 */
address_rules: AddressRules | null, 
/**
 * Code of the coupon that is used.
 */
coupon: string | null, 
/**
 * What it takes off the lines.
 */
discount: Money | null, 
/**
 * What sending it costs.
 */
shipping: Money, 
/**
 * Sum of lines, less the discount, and shipping: what is charged.
 */
total: Money, 
/**
 * State.
 */
state: OrderState, 
/**
 * When it is released unless it was bought, Unix ms.
 */
expires_ms: number | null, 
/**
 * When it was made, Unix ms.
 */
created_ms: number, 
/**
 * Name the buyer gave.
 */
buyer: string | null, };

/**
 * What a reader may expect of a caption language, best first.
 */
export type PairQuality = "spoken" | "neural" | "speech" | "gist";

/**
 * Somebody in a show.
 */
export type Participant = { 
/**
 * Unguessable only to those who are not told; stable over reconnects with one grant.
 */
id: string, 
/**
 * Display name.
 */
name: string, 
/**
 * Role.
 */
role: Role, 
/**
 * Spoken language, when set or found.
 */
speaks: string | null, };

/**
 * Answer to `POST /api/v1/orders/{id}/pay`.
 */
export type PayView = { 
/**
 * The payment provider's page for this order: send the buyer there.
 */
url: string, };

/**
 * Somebody by id and the name they had.
 */
export type Person = { 
/**
 * Participant id.
 */
id: string, 
/**
 * Display name at that time.
 */
name: string, };

/**
 * Phase of a show.
 */
export type Phase = "scheduled" | "live" | "ended";

/**
 * A product over the picture.
 */
export type Pin = { 
/**
 * Product id; its data is in the shelf.
 */
product: string, 
/**
 * Media time of the pin, Unix ms.
 */
at_ms: number, };

/**
 * A price in a [`VariantBody`]; amounts are decimals like `19.90`.
 */
export type PriceBody = { 
/**
 * ISO 4217 code.
 */
currency: string, 
/**
 * Price of one piece.
 */
price: string, 
/**
 * Earlier price, above `price`.
 */
compare_at: string | null, 
/**
 * Prices from some quantity on: quantities rise, prices fall.
 */
tiers: Array<TierBody>, };

/**
 * A price in one currency.
 */
export type PriceView = { 
/**
 * Price of one piece.
 */
price: Money, 
/**
 * Earlier price, shown struck through.
 */
compare_at: Money | null, 
/**
 * Prices of one piece from some quantity on, by rising quantity.
 */
tiers: Array<TierView>, };

/**
 * Body of `PUT /api/v1/products/{id}`: a whole product, made or replaced.
 */
export type ProductBody = { 
/**
 * Title.
 */
title: string, 
/**
 * Description, plain text.
 */
description: string, 
/**
 * Picture URLs, first is the cover.
 */
images: Array<string>, 
/**
 * Titles in other languages, by BCP 47 tag.
 */
translations: { [key in string]: string }, 
/**
 * Descriptions in other languages, by BCP 47 tag.
 */
descriptions: { [key in string]: string }, 
/**
 * When an order takes its pieces.
 */
hold_mode: HoldMode, 
/**
 * Most pieces for each buyer; any number without it.
 */
per_buyer: number | null, 
/**
 * What can be bought; variants that are not here are sold no longer.
 */
variants: Array<VariantBody>, };

/**
 * Answer to `GET /api/v1/shows/{show}/products`.
 */
export type ProductList = { 
/**
 * The shelf in running order.
 */
products: Array<ProductView>, };

/**
 * A product's way to its buyers.
 */
export type ProductStats = { 
/**
 * Product id.
 */
product: string, 
/**
 * Its title.
 */
title: string, 
/**
 * Visits in which it was seen.
 */
impressions: number, 
/**
 * Visits in which it was opened.
 */
taps: number, 
/**
 * Visits in which it was laid into the basket.
 */
carts: number, 
/**
 * Orders bought with it.
 */
orders: number, 
/**
 * Pieces of it.
 */
pieces: number, 
/**
 * What these are worth, by currency.
 */
revenue: Array<Money>, };

/**
 * A product as buyers see it.
 */
export type ProductView = { 
/**
 * Id, unique in the catalogue.
 */
id: string, 
/**
 * Merchant it belongs to.
 */
merchant: string, 
/**
 * Title.
 */
title: string, 
/**
 * Description, plain text.
 */
description: string, 
/**
 * Picture URLs, first is the cover.
 */
images: Array<string>, 
/**
 * Lowest price of one piece among the variants, in the first currency.
 */
price: Money, 
/**
 * Earlier price of that variant, shown struck through.
 */
compare_at: Money | null, 
/**
 * Pieces of all variants that can still be bought.
 */
available: number, 
/**
 * Titles in other languages, by BCP 47 tag.
 */
translations: { [key in string]: string }, 
/**
 * Descriptions in other languages, by BCP 47 tag.
 */
descriptions: { [key in string]: string }, 
/**
 * When stock is taken from the shelf.
 */
hold_mode: HoldMode, 
/**
 * Most pieces for each buyer, if there is a limit.
 */
per_buyer: number | null, 
/**
 * A flash deal in this show that is counted down or on.
 */
deal: DealView | null, 
/**
 * What can be bought, at least one; a product without options has one with its own id.
 */
variants: Array<VariantView>, };

/**
 * A price signed by the server: what the viewer saw is what is charged.
 */
export type QuoteView = { 
/**
 * The signed quote, to be sent back in the order.
 */
quote: string, 
/**
 * Product id.
 */
product: string, 
/**
 * Variant that is quoted.
 */
variant: string, 
/**
 * Price of one piece.
 */
unit_price: Money, 
/**
 * Prices from some quantity on.
 */
tiers: Array<TierView>, 
/**
 * Fewest pieces in an order.
 */
min_quantity: number, 
/**
 * Pieces that can be bought now.
 */
available: number, 
/**
 * When the quote ends, Unix ms.
 */
expires_ms: number, };

/**
 * A feeling, as a viewer taps it.
 */
export type Reaction = "heart" | "clap" | "fire" | "laugh" | "wow";

/**
 * Answer to a reminder.
 */
export type Reminders = { 
/**
 * How many want to be reminded of this show.
 */
reminders: number, };

/**
 * Body of `POST /api/v1/shows/{show}/orders`.
 */
export type ReserveBody = { 
/**
 * What is bought: one merchant, one currency, no variant twice.
 */
lines: Array<ReserveLine>, 
/**
 * Where it is sent, ISO 3166-1 alpha-2, when the merchant asks for a country.
 */
country?: string, 
/**
 * Code of the coupon that `total` reckons with.
 */
coupon?: string, 
/**
 * The total the buyer saw. Were it another, the order is refused with the new one.
 */
total: Money, };

/**
 * A line of an order to be made.
 */
export type ReserveLine = { 
/**
 * The quote the buyer saw.
 */
quote: string, 
/**
 * Pieces.
 */
quantity: number, };

/**
 * Where a page left off.
 */
export type Resume = { 
/**
 * Epoch of the log the page knows.
 */
epoch: string, 
/**
 * Last sequence number it has applied.
 */
last_seq: number, };

/**
 * What somebody may do in a show.
 */
export type Role = "host" | "guide" | "guest" | "viewer" | "moderator";

/**
 * What can happen in a show.
 */
export type RoomEvent = { "event": "show" } & ShowInfo | { "event": "participant" } & Participant | { "event": "participant_left", 
/**
 * Who.
 */
id: string, } | { "event": "track_added" } & TrackView | { "event": "track_removed", 
/**
 * Which.
 */
id: string, } | { "event": "pinned" } & Pin | { "event": "unpinned", 
/**
 * Product id.
 */
product: string, } | { "event": "product" } & ProductView | { "event": "product_removed", 
/**
 * Product id.
 */
product: string, } | { "event": "stock", 
/**
 * Product id.
 */
product: string, 
/**
 * Which of its variants.
 */
variant: string, 
/**
 * Pieces.
 */
available: number, } | { "event": "price_changed", 
/**
 * Product id.
 */
product: string, 
/**
 * Before.
 */
was: Money, 
/**
 * Now.
 */
price: Money, } | { "event": "sold_out", 
/**
 * Product id.
 */
product: string, } | { "event": "order", 
/**
 * Product ids.
 */
products: Array<string>, } | { "event": "now_showing", 
/**
 * Product id.
 */
product: string | null, } | { "event": "caption" } & CaptionView | { "event": "caption_gap", 
/**
 * Who spoke.
 */
participant: string, 
/**
 * From, media time ms.
 */
start_ms: number, 
/**
 * To, media time ms.
 */
end_ms: number, } | { "event": "languages", 
/**
 * BCP 47 tags, what is spoken first.
 */
languages: Array<string>, 
/**
 * How well each is reached from what is spoken here.
 */
pairs: Array<LanguagePair>, } | { "event": "chat" } & ChatLine | { "event": "chat_removed", 
/**
 * Its id.
 */
id: number, } | { "event": "chat_rules" } & ChatRules;

/**
 * One mistake in an import.
 */
export type RowError = { 
/**
 * Where: in CSV the row as a spreadsheet counts it (the header is 1), in JSON-LD the
 * number of the product (from 1). 0 when the whole file is meant.
 */
row: number, 
/**
 * Column or property, empty when the whole row is meant.
 */
field: string, 
/**
 * What is wrong and how to write it.
 */
message: string, };

/**
 * What is done to somebody now.
 */
export type Sanction = { 
/**
 * To whom: participant id.
 */
participant: string, 
/**
 * Their name at that time.
 */
name: string, 
/**
 * Since when, Unix ms.
 */
at_ms: number, 
/**
 * Their lines are refused until then, Unix ms.
 */
muted_until_ms: number | null, 
/**
 * They may not come in.
 */
banned: boolean, 
/**
 * Their lines reach nobody else.
 */
shadowed: boolean, };

/**
 * Body of `POST /api/v1/products/{id}/serials/check`.
 */
export type SerialBody = { 
/**
 * As it stands on the piece; spaces, dashes and case do not matter.
 */
serial: string, };

/**
 * What is known of a serial number.
 */
export type SerialView = { 
/**
 * Whether its maker gave it out for this product.
 */
is_known: boolean, 
/**
 * How often it was checked before: one that many ask about may have been copied.
 */
checks_before: number, 
/**
 * When it was checked first, Unix ms; none now for the first time.
 */
first_ms: number | null, };

/**
 * The server.
 */
export type ServerInfo = { 
/**
 * Version of the program.
 */
version: string, 
/**
 * Languages captions can be read in.
 */
languages: Array<LanguageInfo>, 
/**
 * Whether this page came over HTTPS (a phone's camera needs it).
 */
secure: boolean, 
/**
 * Address of the same server over HTTPS, when it has one.
 */
secure_port: number | null, 
/**
 * Whether this is the demo show.
 */
demo: boolean, 
/**
 * Why captions are off, when they are.
 */
captions_off: string | null, };

/**
 * A message to a page.
 */
export type ServerMessage = { "type": "joined", 
/**
 * Protocol version spoken from here on.
 */
protocol: number, 
/**
 * Who the page is in this show.
 */
you: Participant, 
/**
 * Epoch of the log: a new one means that the page must start from the snapshot.
 */
epoch: string, 
/**
 * Server clock, Unix ms.
 */
server_ms: number, 
/**
 * SDP answer when `join` carried an offer.
 */
answer: string | null, 
/**
 * The receive slots of the answer, in m-line order.
 */
slots: Array<SlotView>, 
/**
 * The whole state, or what was missed.
 */
state: JoinState, 
/**
 * People watching now.
 */
viewers: number, } | { "type": "entry" } & Entry | { "type": "partial" } & CaptionView | { "type": "viewers", 
/**
 * How many.
 */
count: number, } | { "type": "slots", 
/**
 * All slots in m-line order.
 */
slots: Array<SlotView>, } | { "type": "answered", 
/**
 * From the request.
 */
request: number, 
/**
 * SDP answer.
 */
answer: string, 
/**
 * The receive slots.
 */
slots: Array<SlotView>, } | { "type": "published", 
/**
 * From the request.
 */
request: number, 
/**
 * SDP answer.
 */
answer: string, } | { "type": "done", 
/**
 * From the request.
 */
request: number, } | { "type": "refused", 
/**
 * From the request, when it had one.
 */
request: number | null, 
/**
 * Stable code, e.g. `not_host`, `unknown_product`, `unsupported_protocol`.
 */
code: string, 
/**
 * A sentence for people.
 */
message: string, 
/**
 * What to do next, when there is something.
 */
hint: string | null, 
/**
 * When it would not be refused any more, ms from now.
 */
wait_ms?: number, } | { "type": "line" } & ChatLine | { "type": "reactions", 
/**
 * How many of each.
 */
counts: { [key in Reaction]?: number }, } | { "type": "moderation" } & ModerationView | { "type": "translated", 
/**
 * From the request.
 */
request: number, 
/**
 * Language of the line, as found from its words.
 */
from: string, 
/**
 * The words.
 */
text: string, 
/**
 * The translation could not be trusted with the line's numbers: `text` is the line.
 */
kept: boolean, } | { "type": "layers", 
/**
 * What it publishes.
 */
source: SourceKind, 
/**
 * Every layer, the lowest first.
 */
layers: Array<LayerWish>, } | { "type": "undecodable", 
/**
 * The track.
 */
track: string, 
/**
 * Encoding name as SDP writes it, e.g. `AV1`.
 */
codec: string, } | { "type": "role", 
/**
 * The new role.
 */
role: Role, } | { "type": "order" } & OrderView | { "type": "clock", 
/**
 * From the request.
 */
client_ms: number, 
/**
 * Server clock, Unix ms.
 */
server_ms: number, } | { "type": "bye", 
/**
 * `shutdown`, `too_slow`, `replaced`, `removed` or `ended`.
 */
reason: string, 
/**
 * Whether the page should connect again.
 */
reconnect: boolean, };

/**
 * Body of `PUT /api/v1/shows/{show}/shelf`.
 */
export type ShelfBody = { 
/**
 * Product ids in running order.
 */
products: Array<string>, };

/**
 * Where a merchant sends to: body of `PUT /api/v1/shipping` and answer to `GET`. Without zones
 * nothing is charged and no country is asked for.
 */
export type ShippingBody = { 
/**
 * The first zone of the order's currency that names the country counts.
 */
zones: Array<ZoneBody>, };

/**
 * A show in the lobby.
 */
export type ShowCard = { 
/**
 * People watching.
 */
viewers: number, 
/**
 * People who want to be reminded of its start.
 */
reminders: number, 
/**
 * Name in URLs: `[a-z0-9-]`, 1 to 64 characters.
 */
name: string, 
/**
 * Title for people.
 */
title: string, 
/**
 * Kind of room.
 */
kind: ShowKind, 
/**
 * Phase.
 */
phase: Phase, 
/**
 * Only invited people may watch.
 */
private: boolean, 
/**
 * What is said on air is written down, whether or not somebody reads along.
 */
transcript: boolean, 
/**
 * When it went on air, Unix ms.
 */
started_ms: number | null, 
/**
 * Cover picture URL.
 */
cover: string | null, 
/**
 * When it is to start, Unix ms.
 */
starts_ms: number | null, };

/**
 * A show as lists and pages name it.
 */
export type ShowInfo = { 
/**
 * Name in URLs: `[a-z0-9-]`, 1 to 64 characters.
 */
name: string, 
/**
 * Title for people.
 */
title: string, 
/**
 * Kind of room.
 */
kind: ShowKind, 
/**
 * Phase.
 */
phase: Phase, 
/**
 * Only invited people may watch.
 */
private: boolean, 
/**
 * What is said on air is written down, whether or not somebody reads along.
 */
transcript: boolean, 
/**
 * When it went on air, Unix ms.
 */
started_ms: number | null, 
/**
 * Cover picture URL.
 */
cover: string | null, 
/**
 * When it is to start, Unix ms.
 */
starts_ms: number | null, };

/**
 * Kinds of show; one room model for all.
 */
export type ShowKind = "live" | "call" | "tour";

/**
 * Answer to `GET /api/v1/shows`.
 */
export type ShowList = { 
/**
 * Public shows by name.
 */
shows: Array<ShowCard>, };

/**
 * Body of `PUT /api/v1/shows/{show}`.
 */
export type ShowPlan = { 
/**
 * Title for people.
 */
title: string, 
/**
 * Cover picture URL.
 */
cover?: string, 
/**
 * When it is to start, Unix ms; not past and at most a year ahead.
 */
starts_ms?: number, };

/**
 * The whole state of a show: the result of all entries up to its sequence number.
 */
export type ShowState = { 
/**
 * The show.
 */
info: ShowInfo, 
/**
 * People on stage (hosts, guides, guests).
 */
participants: Array<Participant>, 
/**
 * Tracks on air.
 */
tracks: Array<TrackView>, 
/**
 * Products over the picture, oldest first, at most three.
 */
pins: Array<Pin>, 
/**
 * The shelf: products of the show in running order.
 */
products: Array<ProductView>, 
/**
 * The product that is being shown.
 */
now_showing: string | null, 
/**
 * Recent final captions, all languages, oldest first.
 */
captions: Array<CaptionView>, 
/**
 * Recent chat, oldest first.
 */
chat: Array<ChatLine>, 
/**
 * How the chat is run.
 */
chat_rules: ChatRules, 
/**
 * Caption languages that can be chosen, what is spoken first.
 */
languages: Array<string>, 
/**
 * How well each is reached from what is spoken here; empty while nobody has spoken.
 */
pairs: Array<LanguagePair>, };

/**
 * A receive slot and what it shows.
 */
export type SlotView = { 
/**
 * The m-line's mid.
 */
mid: string, 
/**
 * Kind of track it takes.
 */
kind: TrackKind, 
/**
 * Track shown now.
 */
track: string | null, };

/**
 * What a publisher shows.
 */
export type SourceKind = "camera" | "screen";

/**
 * `GET /api/v1/shows/{show}/stats`: a day at most, up to this second.
 */
export type Stats = { 
/**
 * When the show went on air, Unix ms.
 */
started_ms: number | null, 
/**
 * Server clock, Unix ms.
 */
now_ms: number, 
/**
 * People watching now, in all processes.
 */
viewers: number, 
/**
 * Sums of the minutes below.
 */
total: Sums, 
/**
 * Minutes in which anything happened, the oldest first.
 */
minutes: Array<MinuteStats>, 
/**
 * Viewers who came in, by country: ISO 3166-1 alpha-2, or `unknown`.
 */
countries: Record<string, number>, 
/**
 * Viewers who came in, by the language their browser asks for.
 */
languages: Record<string, number>, 
/**
 * Seconds that viewers read captions, by language.
 */
captions: Record<string, number>, 
/**
 * Products that were seen or sold.
 */
products: Array<ProductStats>, };

/**
 * A step on a product's way to its buyer.
 */
export type Step = "impression" | "tap" | "cart";

/**
 * Sums of a time.
 */
export type Sums = { 
/**
 * Seconds that viewers watched.
 */
watched_s: number, 
/**
 * Viewers who came in.
 */
joins: number, 
/**
 * Orders bought, by when they were made.
 */
orders: number, 
/**
 * What they are worth without shipping, by currency.
 */
revenue: Array<Money>, };

/**
 * A ticket.
 */
export type Ticket = { 
/**
 * For `join`, once.
 */
ticket: string, 
/**
 * Until when, Unix ms.
 */
expires_ms: number, };

/**
 * A tier in a [`PriceBody`].
 */
export type TierBody = { 
/**
 * From this many pieces on.
 */
min_quantity: number, 
/**
 * Price of one piece then.
 */
price: string, };

/**
 * A price for who buys many.
 */
export type TierView = { 
/**
 * From this many pieces on.
 */
min_quantity: number, 
/**
 * Price of one piece then.
 */
price: Money, };

/**
 * Audio or video.
 */
export type TrackKind = "audio" | "video";

/**
 * A track on air.
 */
export type TrackView = { 
/**
 * Id used in `slot`.
 */
id: string, 
/**
 * `audio` or `video`.
 */
kind: TrackKind, 
/**
 * Who publishes it.
 */
participant: string, 
/**
 * What it shows.
 */
source: SourceKind, };

/**
 * What was said in a show: `GET /captions/{show}/{lang}.json`.
 */
export type Transcript = { 
/**
 * The show.
 */
show: string, 
/**
 * Its title.
 */
title: string, 
/**
 * Time zero of the lines, Unix ms.
 */
started_ms: number, 
/**
 * Language of the translations, as asked for.
 */
language: string, 
/**
 * Languages there are lines in.
 */
languages: Array<string>, 
/**
 * By time.
 */
lines: Array<TranscriptLine>, };

/**
 * A line as it was spoken, with its translation.
 */
export type TranscriptLine = { 
/**
 * Line id.
 */
id: string, 
/**
 * From, milliseconds after time zero.
 */
start_ms: number, 
/**
 * To, milliseconds after time zero.
 */
end_ms: number, 
/**
 * Who spoke.
 */
participant: string, 
/**
 * Their name then.
 */
speaker: string, 
/**
 * Language it was spoken in, BCP 47.
 */
spoken: string, 
/**
 * The words.
 */
text: string, 
/**
 * The words in the language asked for; none when it is the spoken one or nobody read it.
 */
translation: string | null, };

/**
 * A variant in a [`ProductBody`].
 */
export type VariantBody = { 
/**
 * SKU; for the only variant of a product, the product's id.
 */
id: string, 
/**
 * Which one, e.g. `size` is `M`.
 */
options: { [key in string]: string }, 
/**
 * Fewest pieces in an order.
 */
min_quantity: number, 
/**
 * One price per currency; the first is shown to who asks for none.
 */
prices: Array<PriceBody>, 
/**
 * Pieces there ever were to sell: sold and held ones count.
 */
stock: number, 
/**
 * Version of `stock` in the merchant's system. A stock older than what the shop has is
 * passed over, however late it comes.
 */
stock_version: number | null, };

/**
 * A variant of a product: what is really sold.
 */
export type VariantView = { 
/**
 * The merchant's SKU, unique in the catalogue.
 */
id: string, 
/**
 * Which one, e.g. `size` is `M`.
 */
options: { [key in string]: string }, 
/**
 * One price per currency, at least one; the first is shown to who asks for none.
 */
prices: Array<PriceView>, 
/**
 * Fewest pieces in an order.
 */
min_quantity: number, 
/**
 * Pieces that can still be bought.
 */
available: number, };

/**
 * Answer to a visit.
 */
export type Visit = { 
/**
 * Viewer grant, for tickets and orders.
 */
token: string, 
/**
 * First ticket for the WebSocket.
 */
ticket: string, 
/**
 * The visitor's participant id.
 */
participant: string, };

/**
 * Body of `POST /api/v1/shows/{show}/visit`.
 */
export type VisitBody = { 
/**
 * Display name.
 */
name?: string, };

/**
 * Countries that are sent to at one price; amounts are decimals like `4.90`.
 */
export type ZoneBody = { 
/**
 * ISO 3166-1 alpha-2 codes; `*` is every country that no other zone names.
 */
countries: Array<string>, 
/**
 * ISO 4217 code.
 */
currency: string, 
/**
 * Price of sending one order.
 */
rate: string, 
/**
 * From this sum of goods on, sending costs nothing.
 */
free_from: string | null, };
