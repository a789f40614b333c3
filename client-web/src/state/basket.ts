// The order sheet as a pure machine: from choosing a quantity to the confirmation, with every way
// it can go wrong. The sheet draws a state; `checkout.ts` performs the calls.

import type { BasketView, Money, OrderView, QuoteView } from "../net/protocol.gen";

/** Something the buyer should know before going on. */
export type Notice =
  | { kind: "price_changed"; from: Money }
  | { kind: "sold_out" }
  | { kind: "only_left"; available: number }
  /** What each buyer may have; so many more. */
  | { kind: "limit"; available: number }
  /** What a flash deal has; so many more. */
  | { kind: "deal_limit"; available: number }
  | { kind: "retrying"; attempt: number }
  | { kind: "offline" }
  /** Why a coupon takes nothing off, by the server's code. */
  | { kind: "coupon"; why: string }
  | { kind: "lapsed" }
  | { kind: "error"; message: string };

export type Basket =
  | { step: "closed" }
  | {
      step: "choosing";
      product: string;
      variant: string;
      quantity: number;
      quote: QuoteView | null;
      busy: boolean;
      notice: Notice | null;
    }
  | {
      step: "cart";
      /** What the server says that it costs; none until it has. */
      priced: BasketView | null;
      country: string | null;
      /** Code of the coupon that is used. */
      coupon: string | null;
      busy: boolean;
      notice: Notice | null;
    }
  | { step: "details"; order: OrderView; busy: boolean; notice: Notice | null }
  /** To be paid, on a page of the payment provider. */
  | { step: "paying"; order: OrderView; busy: boolean; notice: Notice | null }
  | { step: "done"; order: OrderView };

export type BasketEvent =
  | { type: "opened"; product: string; variant: string }
  | { type: "variant"; variant: string }
  | { type: "quoted"; quote: QuoteView }
  | { type: "quantity"; quantity: number }
  | { type: "sent" }
  | { type: "retrying"; attempt: number }
  | { type: "reserved"; order: OrderView }
  | { type: "stale"; basket: BasketView }
  | { type: "short"; available: number; of?: "limit" | "deal_limit" }
  | { type: "cart_opened" }
  | { type: "cart_changed"; country: string | null; coupon: string | null }
  | { type: "priced"; basket: BasketView }
  | { type: "failed"; notice: Notice }
  | { type: "confirmed"; order: OrderView }
  | { type: "lapsed" }
  | { type: "closed" };

export const CLOSED: Basket = { step: "closed" };

/** The sheet after one more event. Events that do not fit the step change nothing. */
export function step(basket: Basket, event: BasketEvent): Basket {
  switch (event.type) {
    case "opened":
      return choosing(event.product, event.variant, 1, null);
    case "closed":
      return CLOSED;
    case "cart_opened":
      return cart(null, null);
    case "cart_changed":
    case "priced":
      return basket.step === "cart" ? inCart(basket, event) : basket;
    case "reserved":
      return held(event.order);
    case "confirmed":
      return held(event.order);
    case "sent":
      return isOpen(basket) ? { ...basket, busy: true, notice: null } : basket;
    case "retrying":
      return isOpen(basket)
        ? { ...basket, busy: true, notice: { kind: "retrying", attempt: event.attempt } }
        : basket;
    case "failed":
      return isOpen(basket) ? { ...basket, busy: false, notice: event.notice } : basket;
    case "lapsed":
      return basket.step === "details" || basket.step === "paying" ? again(basket.order) : basket;
    case "variant":
    case "quoted":
    case "quantity":
    case "stale":
    case "short":
      if (basket.step === "cart" && (event.type === "stale" || event.type === "short")) {
        return inCart(basket, event);
      }
      return basket.step === "choosing" ? chosen(basket, event) : basket;
  }
}

type Choosing = Extract<Basket, { step: "choosing" }>;
type Open = Extract<Basket, { busy: boolean }>;

function isOpen(basket: Basket): basket is Open {
  return basket.step !== "closed" && basket.step !== "done";
}

function choosing(
  product: string,
  variant: string,
  quantity: number,
  notice: Notice | null,
): Choosing {
  return { step: "choosing", product, variant, quantity, quote: null, busy: false, notice };
}

/** Choosing again what an order held until it lapsed; the basket still has what was in it. */
function again(order: OrderView): Basket {
  const [line, more] = order.lines;
  if (more) {
    return { ...cart(order.country, order.coupon), notice: { kind: "lapsed" } };
  }
  return line ? choosing(line.product, line.variant, line.quantity, { kind: "lapsed" }) : CLOSED;
}

function held(order: OrderView): Basket {
  switch (order.state) {
    case "confirmed":
    case "paid":
      return { step: "done", order };
    case "reserved":
      return { step: "details", order, busy: false, notice: null };
    case "pending":
      return { step: "paying", order, busy: false, notice: null };
    default:
      return again(order);
  }
}

function chosen(
  basket: Choosing,
  event: Extract<BasketEvent, { type: "variant" | "quoted" | "quantity" | "stale" | "short" }>,
): Choosing {
  switch (event.type) {
    case "variant":
      return { ...basket, variant: event.variant, quote: null, notice: null };
    case "quoted":
      return event.quote.variant === basket.variant ? { ...basket, quote: event.quote } : basket;
    case "quantity":
      return { ...basket, quantity: Math.max(1, event.quantity), notice: null };
    case "stale": {
      // The price the buyer saw is gone: show the new one and ask again, never charge silently.
      const quote = event.basket.quotes[0] ?? null;
      const notice = changed(basket.quote?.unit_price, quote?.unit_price);
      return { ...basket, quote, busy: false, notice };
    }
    case "short": {
      const { available } = event;
      const quantity = available === 0 ? basket.quantity : Math.min(basket.quantity, available);
      return { ...basket, quantity, busy: false, notice: shortage(event) };
    }
  }
}

function cart(country: string | null, coupon: string | null): InCart {
  return { step: "cart", priced: null, country, coupon, busy: false, notice: null };
}

type InCart = Extract<Basket, { step: "cart" }>;

function inCart(
  basket: InCart,
  event: Extract<BasketEvent, { type: "cart_changed" | "priced" | "stale" | "short" }>,
): InCart {
  switch (event.type) {
    case "cart_changed":
      return { ...basket, country: event.country, coupon: event.coupon, notice: null };
    case "priced":
      return { ...basket, priced: event.basket };
    case "stale": {
      const notice = changed(basket.priced?.total, event.basket.total);
      return { ...basket, priced: event.basket, busy: false, notice };
    }
    case "short":
      return { ...basket, busy: false, notice: shortage(event) };
  }
}

function shortage({ available, of }: Extract<BasketEvent, { type: "short" }>): Notice {
  if (of !== undefined) return { kind: of, available };
  return available === 0 ? { kind: "sold_out" } : { kind: "only_left", available };
}

/** Told only when the amount is another: a quote that merely ran out is renewed without a word. */
function changed(from: Money | undefined, to: Money | undefined): Notice | null {
  return from !== undefined && from.minor !== to?.minor ? { kind: "price_changed", from } : null;
}

/** The short number people read out; the last part of an id is its random part. */
export function orderNumber(id: string): string {
  const tail = id
    .replace(/[^a-z0-9]/gi, "")
    .slice(-8)
    .toUpperCase();
  return tail.length === 8 ? `${tail.slice(0, 4)}-${tail.slice(4)}` : tail;
}
