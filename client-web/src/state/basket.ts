// The order sheet as a pure machine: from choosing a quantity to the confirmation, with every way
// it can go wrong. The sheet draws a state; `checkout.ts` performs the calls.

import type { Money, OrderView, QuoteView } from "../net/protocol.gen";

/** Something the buyer should know before going on. */
export type Notice =
  | { kind: "price_changed"; from: Money }
  | { kind: "sold_out" }
  | { kind: "only_left"; available: number }
  | { kind: "retrying"; attempt: number }
  | { kind: "offline" }
  | { kind: "lapsed" }
  | { kind: "error"; message: string };

export type Basket =
  | { step: "closed" }
  | {
      step: "choosing";
      product: string;
      quantity: number;
      quote: QuoteView | null;
      busy: boolean;
      notice: Notice | null;
    }
  | { step: "details"; order: OrderView; busy: boolean; notice: Notice | null }
  | { step: "done"; order: OrderView };

export type BasketEvent =
  | { type: "opened"; product: string }
  | { type: "quoted"; quote: QuoteView }
  | { type: "quantity"; quantity: number }
  | { type: "sent" }
  | { type: "retrying"; attempt: number }
  | { type: "reserved"; order: OrderView }
  | { type: "stale"; quote: QuoteView }
  | { type: "short"; available: number }
  | { type: "failed"; notice: Notice }
  | { type: "confirmed"; order: OrderView }
  | { type: "lapsed" }
  | { type: "closed" };

export const CLOSED: Basket = { step: "closed" };

/** The sheet after one more event. Events that do not fit the step change nothing. */
export function step(basket: Basket, event: BasketEvent): Basket {
  switch (event.type) {
    case "opened":
      return choosing(event.product, 1, null);
    case "closed":
      return CLOSED;
    case "reserved":
      return held(event.order);
    case "confirmed":
      return { step: "done", order: event.order };
    case "sent":
      return isOpen(basket) ? { ...basket, busy: true, notice: null } : basket;
    case "retrying":
      return isOpen(basket)
        ? { ...basket, busy: true, notice: { kind: "retrying", attempt: event.attempt } }
        : basket;
    case "failed":
      return isOpen(basket) ? { ...basket, busy: false, notice: event.notice } : basket;
    case "lapsed":
      return basket.step === "details"
        ? choosing(basket.order.product, basket.order.quantity, { kind: "lapsed" })
        : basket;
    case "quoted":
    case "quantity":
    case "stale":
    case "short":
      return basket.step === "choosing" ? chosen(basket, event) : basket;
  }
}

type Choosing = Extract<Basket, { step: "choosing" }>;
type Open = Extract<Basket, { busy: boolean }>;

function isOpen(basket: Basket): basket is Open {
  return basket.step === "choosing" || basket.step === "details";
}

function choosing(product: string, quantity: number, notice: Notice | null): Choosing {
  return { step: "choosing", product, quantity, quote: null, busy: false, notice };
}

function held(order: OrderView): Basket {
  if (order.state === "confirmed") return { step: "done", order };
  if (order.state === "reserved") return { step: "details", order, busy: false, notice: null };
  return choosing(order.product, order.quantity, { kind: "lapsed" });
}

function chosen(
  basket: Choosing,
  event: Extract<BasketEvent, { type: "quoted" | "quantity" | "stale" | "short" }>,
): Choosing {
  switch (event.type) {
    case "quoted":
      return event.quote.product === basket.product ? { ...basket, quote: event.quote } : basket;
    case "quantity":
      return { ...basket, quantity: Math.max(1, event.quantity), notice: null };
    case "stale": {
      // The price the buyer saw is gone: show the new one and ask again, never charge silently.
      const old = basket.quote?.unit_price;
      const isNewPrice = old !== undefined && old.minor !== event.quote.unit_price.minor;
      const notice: Notice | null = isNewPrice ? { kind: "price_changed", from: old } : null;
      return { ...basket, quote: event.quote, busy: false, notice };
    }
    case "short": {
      const { available } = event;
      if (available === 0) return { ...basket, busy: false, notice: { kind: "sold_out" } };
      const quantity = Math.min(basket.quantity, available);
      return { ...basket, quantity, busy: false, notice: { kind: "only_left", available } };
    }
  }
}

/** The short number people read out; the last part of an id is its random part. */
export function orderNumber(id: string): string {
  const tail = id
    .replace(/[^a-z0-9]/gi, "")
    .slice(-8)
    .toUpperCase();
  return tail.length === 8 ? `${tail.slice(0, 4)}-${tail.slice(4)}` : tail;
}
