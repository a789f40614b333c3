// The state of a show as a pure function of its log: `reduce(show, entry)`. Nothing here knows
// sockets, clocks or pictures.

import { CAPTIONS_MAX, CHAT_LINES_MAX, PINS_MAX } from "../limits";
import type { ChatLine, Entry, ProductView, RoomEvent, ShowState } from "../net/protocol.gen";

/** The show after one more entry. Unknown events (from a newer server) change nothing. */
export function reduce(show: ShowState, entry: Entry): ShowState {
  return apply(show, entry.event);
}

/** The show with one more line in its chat. */
export function withLine(show: ShowState, line: ChatLine): ShowState {
  return { ...show, chat: [...show.chat, line].slice(-CHAT_LINES_MAX) };
}

const PLACED: ReadonlySet<RoomEvent["event"]> = new Set([
  "pinned",
  "unpinned",
  "now_showing",
  "price_changed",
  "sold_out",
] as const);

/** True for events that belong on a certain frame of the picture and may wait for it. */
export function isPlacedByMediaTime(event: RoomEvent): boolean {
  return PLACED.has(event.event);
}

function apply(show: ShowState, event: RoomEvent): ShowState {
  switch (event.event) {
    case "show": {
      const { event: _tag, ...info } = event;
      return { ...show, info };
    }
    case "participant": {
      const { event: _tag, ...participant } = event;
      return { ...show, participants: upsert(show.participants, participant) };
    }
    case "participant_left":
      return { ...show, participants: without(show.participants, event.id) };
    case "track_added": {
      const { event: _tag, ...track } = event;
      return { ...show, tracks: upsert(show.tracks, track) };
    }
    case "track_removed":
      return { ...show, tracks: without(show.tracks, event.id) };
    case "pinned": {
      const others = show.pins.filter((pin) => pin.product !== event.product);
      const pins = [...others, { product: event.product, at_ms: event.at_ms }];
      return { ...show, pins: pins.slice(-PINS_MAX) };
    }
    case "unpinned":
      return { ...show, pins: show.pins.filter((pin) => pin.product !== event.product) };
    case "product": {
      const { event: _tag, ...product } = event;
      return { ...show, products: upsert(show.products, product) };
    }
    case "product_removed":
      return {
        ...show,
        products: without(show.products, event.product),
        pins: show.pins.filter((pin) => pin.product !== event.product),
        now_showing: show.now_showing === event.product ? null : show.now_showing,
      };
    case "order":
      return { ...show, products: ordered(show.products, event.products) };
    case "now_showing":
      return { ...show, now_showing: event.product };
    case "stock":
      return { ...show, products: restock(show.products, event) };
    case "caption": {
      const { event: _tag, ...caption } = event;
      return { ...show, captions: [...show.captions, caption].slice(-CAPTIONS_MAX) };
    }
    case "languages":
      return { ...show, languages: event.languages, pairs: event.pairs };
    case "chat": {
      const { event: _tag, ...line } = event;
      return withLine(show, line);
    }
    case "chat_removed": {
      const chat = show.chat.filter((line) => line.id !== event.id);
      const isPinned = show.chat_rules.pinned?.id === event.id;
      const chat_rules = isPinned ? { ...show.chat_rules, pinned: null } : show.chat_rules;
      return { ...show, chat, chat_rules };
    }
    case "chat_rules": {
      const { event: _tag, ...chat_rules } = event;
      return { ...show, chat_rules };
    }
    case "caption_gap":
    case "price_changed":
    case "sold_out":
    default:
      return show;
  }
}

/** Stable: what is not named comes after, as it stood. */
function ordered(products: ProductView[], ids: string[]): ProductView[] {
  const place = ({ id }: ProductView): number => {
    const at = ids.indexOf(id);
    return at < 0 ? ids.length : at;
  };
  return [...products].sort((a, b) => place(a) - place(b));
}

function upsert<T extends { id: string }>(list: T[], item: T): T[] {
  const index = list.findIndex((other) => other.id === item.id);
  return index < 0 ? [...list, item] : list.with(index, item);
}

function without<T extends { id: string }>(list: T[], id: string): T[] {
  return list.filter((item) => item.id !== id);
}

type Stock = Extract<RoomEvent, { event: "stock" }>;

function restock(products: ProductView[], { product, variant, available }: Stock): ProductView[] {
  return products.map((known) => {
    if (known.id !== product) return known;
    const variants = known.variants.map((v) => (v.id === variant ? { ...v, available } : v));
    const pieces = variants.reduce((sum, v) => sum + v.available, 0);
    return { ...known, variants, available: pieces };
  });
}
