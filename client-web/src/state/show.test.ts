import { expect, test } from "vitest";
import { CHAT_LINES_MAX } from "../limits";
import type { Money, ProductView, RoomEvent, ShowState, VariantView } from "../net/protocol.gen";
import { reduce } from "./show";

const price: Money = { minor: 1000, currency: "EUR", exponent: 2 };
const variant = (id: string, available: number): VariantView => ({
  id,
  options: {},
  prices: [{ price, compare_at: null, tiers: [] }],
  min_quantity: 1,
  available,
});
const product = (id: string, available = 5): ProductView => ({
  id,
  merchant: "default",
  title: id,
  description: "",
  images: [],
  price,
  compare_at: null,
  available,
  translations: {},
  descriptions: {},
  hold_mode: "hold",
  per_buyer: null,
  deal: null,
  variants: [variant(`${id}-s`, available - 1), variant(`${id}-m`, 1)],
});

const empty: ShowState = {
  info: {
    name: "s",
    title: "S",
    kind: "live",
    phase: "scheduled",
    private: false,
    transcript: false,
    started_ms: null,
    cover: null,
    starts_ms: null,
  },
  participants: [],
  tracks: [],
  pins: [],
  products: [product("lamp"), product("vase"), product("rug"), product("cup")],
  now_showing: null,
  captions: [],
  chat: [],
  chat_rules: { slow_s: 0, pinned: null },
  languages: [],
  pairs: [],
};

/** The show after a story. */
function after(...events: RoomEvent[]): ShowState {
  return events.reduce((show, event, seq) => reduce(show, { seq, at_ms: seq, event }), empty);
}

const pinned = (product: string): RoomEvent => ({ event: "pinned", product, at_ms: 1 });
const chat = (id: number): RoomEvent => ({
  event: "chat",
  id,
  participant: "p",
  name: "Ana",
  role: "viewer",
  text: "hi",
  at_ms: id,
});

test("products are pinned in order, at most three, and taken off again", () => {
  const show = after(pinned("lamp"), pinned("vase"), pinned("rug"), pinned("cup"), {
    event: "unpinned",
    product: "rug",
  });
  expect(show.pins.map(({ product }) => product)).toEqual(["vase", "cup"]);
});

test("a product pinned again comes to the front and is there once", () => {
  const show = after(pinned("lamp"), pinned("vase"), pinned("lamp"));
  expect(show.pins.map(({ product }) => product)).toEqual(["vase", "lamp"]);
});

test("stock changes one variant, and its product's sum", () => {
  const show = after({ event: "stock", product: "vase", variant: "vase-s", available: 2 });
  expect(show.products.map(({ available }) => available)).toEqual([5, 3, 5, 5]);
  expect(show.products[1]?.variants.map(({ available }) => available)).toEqual([2, 1]);
  expect(show.products[0]).toBe(empty.products[0]);
});

test("a product that leaves the shelf leaves the picture too", () => {
  const show = after(pinned("lamp"), { event: "product_removed", product: "lamp" });
  expect(show.pins).toEqual([]);
  expect(show.products.map(({ id }) => id)).not.toContain("lamp");
});

test("a changed product keeps its place in the running order", () => {
  const show = after({ event: "product", ...product("vase", 9) });
  expect(show.products.map(({ id }) => id)).toEqual(["lamp", "vase", "rug", "cup"]);
  expect(show.products[1]?.available).toBe(9);
});

test("the chat is bounded, and removed lines are gone", () => {
  const lines = Array.from({ length: CHAT_LINES_MAX + 5 }, (_, id) => chat(id));
  const show = after(...lines, { event: "chat_removed", id: 10 });
  expect(show.chat).toHaveLength(CHAT_LINES_MAX - 1);
  expect(show.chat[0]?.id).toBe(5);
  expect(show.chat.some(({ id }) => id === 10)).toBe(false);
});

test("people and tracks come, change and go", () => {
  const show = after(
    { event: "participant", id: "p", name: "Ana", role: "guest", speaks: null },
    { event: "track_added", id: "t1", kind: "video", participant: "p", source: "camera" },
    { event: "participant", id: "p", name: "Ana", role: "guest", speaks: "pt" },
    { event: "track_removed", id: "t1" },
  );
  expect(show.participants).toEqual([{ id: "p", name: "Ana", role: "guest", speaks: "pt" }]);
  expect(show.tracks).toEqual([]);
});

test("an event of a newer server changes nothing", () => {
  expect(after({ event: "fireworks" } as unknown as RoomEvent)).toEqual(empty);
});

test("the shelf stands in the order it is told, what is not named after it", () => {
  const ids = empty.products.map(({ id }) => id);
  const [first = "", ...rest] = ids;
  const show = after({ event: "order", products: [...rest.slice(0, 1), "gone", first] });
  expect(show.products.map(({ id }) => id)).toEqual([rest[0], first, ...rest.slice(1)]);
});

test("what is being shown goes with its product", () => {
  const shown: RoomEvent = { event: "now_showing", product: "lamp" };
  expect(after(shown).now_showing).toBe("lamp");
  expect(after(shown, { event: "product_removed", product: "lamp" }).now_showing).toBeNull();
});
