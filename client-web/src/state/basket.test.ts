import { expect, test } from "vitest";
import type { BasketView, Money, OrderView, QuoteView } from "../net/protocol.gen";
import { CLOSED, orderNumber, step, type Basket, type BasketEvent } from "./basket";

const eur = (minor: number): Money => ({ minor, currency: "EUR", exponent: 2 });
const quote = (minor: number): QuoteView => ({
  quote: `q${minor}`,
  product: "lamp",
  variant: "lamp-red",
  unit_price: eur(minor),
  tiers: [],
  min_quantity: 1,
  available: 9,
  expires_ms: 0,
});
const priced = (minor: number): BasketView => ({
  quotes: [quote(minor)],
  totals: [eur(minor)],
  discount: null,
  shipping: eur(0),
  total: eur(minor),
  countries: [],
});
const order: OrderView = {
  id: "019a0000-0000-7000-8000-0000abcdc7f4",
  merchant: "default",
  show: "s",
  lines: [
    {
      variant: "lamp-red",
      product: "lamp",
      title: "Lamp",
      options: {},
      quantity: 2,
      unit_price: eur(1000),
      total: eur(2000),
    },
  ],
  country: null,
  address_rules: null,
  coupon: null,
  discount: null,
  shipping: eur(0),
  total: eur(2000),
  state: "reserved",
  expires_ms: 600_000,
  created_ms: 0,
  buyer: null,
};

const after = (...events: BasketEvent[]): Basket => events.reduce(step, CLOSED);
const open: BasketEvent[] = [
  { type: "opened", product: "lamp", variant: "lamp-red" },
  { type: "quoted", quote: quote(1000) },
  { type: "quantity", quantity: 3 },
];

test("from choosing to the confirmation", () => {
  expect(after(...open)).toMatchObject({ step: "choosing", quantity: 3 });
  const details = after(...open, { type: "sent" }, { type: "reserved", order });
  expect(details).toMatchObject({ step: "details", busy: false });
  expect(step(details, { type: "confirmed", order: { ...order, state: "confirmed" } }).step).toBe(
    "done",
  );
});

test("a stale quote shows the new price and asks again", () => {
  const basket = after(...open, { type: "sent" }, { type: "stale", basket: priced(1200) });
  expect(basket).toMatchObject({
    step: "choosing",
    busy: false,
    quote: { unit_price: eur(1200) },
    notice: { kind: "price_changed", from: eur(1000) },
  });
});

test("a quote that only ran out is renewed without a word", () => {
  const basket = after(...open, { type: "sent" }, { type: "stale", basket: priced(1000) });
  expect(basket).toMatchObject({ busy: false, notice: null });
});

test("too few left lowers the quantity; none left says sold out", () => {
  expect(after(...open, { type: "short", available: 2 })).toMatchObject({
    quantity: 2,
    notice: { kind: "only_left", available: 2 },
  });
  expect(after(...open, { type: "short", available: 1, of: "limit" })).toMatchObject({
    quantity: 1,
    notice: { kind: "limit", available: 1 },
  });
  expect(after(...open, { type: "short", available: 0 })).toMatchObject({
    notice: { kind: "sold_out" },
  });
});

test("a hold that runs out goes back to choosing the same pieces", () => {
  expect(after({ type: "reserved", order }, { type: "lapsed" })).toMatchObject({
    step: "choosing",
    product: "lamp",
    quantity: 2,
    notice: { kind: "lapsed" },
  });
});

test("the basket asks again at a new sum, and keeps where it goes", () => {
  const basket = after(
    { type: "cart_opened" },
    { type: "cart_changed", country: "PT", coupon: null },
    { type: "priced", basket: priced(1000) },
    { type: "sent" },
    { type: "stale", basket: priced(1200) },
  );
  expect(basket).toMatchObject({
    step: "cart",
    country: "PT",
    priced: { total: eur(1200) },
    notice: { kind: "price_changed", from: eur(1000) },
  });
});

test("a hold of several lines that runs out goes back to the basket", () => {
  const [line] = order.lines;
  const two = { ...order, lines: line ? [line, { ...line, variant: "vase" }] : [] };
  expect(after({ type: "reserved", order: two }, { type: "lapsed" })).toMatchObject({
    step: "cart",
    notice: { kind: "lapsed" },
  });
});

test("an answer to a sheet that was closed meanwhile does not open it", () => {
  expect(after(...open, { type: "closed" }, { type: "quoted", quote: quote(5) })).toBe(CLOSED);
  expect(after({ type: "lapsed" })).toBe(CLOSED);
});

test("a quote for another variant is not shown", () => {
  const other = { ...quote(1), variant: "lamp-blue" };
  expect(after(...open, { type: "quoted", quote: other })).toMatchObject({
    quote: { variant: "lamp-red" },
  });
  const chosen = after(...open, { type: "variant", variant: "lamp-blue" });
  expect(chosen).toMatchObject({ variant: "lamp-blue", quote: null, quantity: 3 });
});

test("the order number is short enough to read out", () => {
  expect(orderNumber(order.id)).toBe("ABCD-C7F4");
});

test("an order that is paid on the provider's page waits for it, and lapses like a hold", () => {
  const pending: OrderView = { ...order, state: "pending" };
  const paying = after(...open, { type: "reserved", order }, { type: "confirmed", order: pending });
  expect(paying).toMatchObject({ step: "paying", busy: false });
  expect(step(paying, { type: "failed", notice: { kind: "offline" } })).toMatchObject({
    step: "paying",
    notice: { kind: "offline" },
  });
  expect(step(paying, { type: "lapsed" })).toMatchObject({ step: "choosing" });
  expect(step(paying, { type: "reserved", order: { ...order, state: "paid" } }).step).toBe("done");
  // Money on its way back is no sale.
  expect(after({ type: "reserved", order: { ...order, state: "refunding" } }).step).toBe(
    "choosing",
  );
});
