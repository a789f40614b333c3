// Performs what the order sheet asks for: quotes, reservations, confirmations, through the order
// desk that makes them safe to repeat.

import { signal } from "@preact/signals";
import * as api from "../net/api";
import { OrderDesk, isTransient } from "../net/orders";
import type { ConfirmBody } from "../net/protocol.gen";
import { CLOSED, step, type Basket, type BasketEvent, type Notice } from "./basket";

export interface CheckoutPorts {
  show: string;
  /** The grant to buy with. */
  token(): string;
}

/** Confirming too late: the hold ran out, or the order was given back. */
const LAPSED_CODES = new Set(["hold_expired", "order_state", "unknown_order"]);

export class Checkout {
  readonly basket = signal<Basket>(CLOSED);
  private readonly desk: OrderDesk;

  constructor(private readonly ports: CheckoutPorts) {
    const { show } = ports;
    const token = (): string => ports.token();
    this.desk = new OrderDesk(
      show,
      {
        reserve: (key, body) => api.reserve(show, token(), key, body),
        confirm: (id, buyer) => api.confirmOrder(id, token(), buyer),
        cancel: (id) => api.cancelOrder(id, token()),
        get: (id) => api.getOrder(id, token()),
        storage: sessionStorage,
        newKey: randomKey,
        wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      },
      (attempt) => this.apply({ type: "retrying", attempt }),
    );
  }

  open(product: string): void {
    this.apply({ type: "opened", product });
    void this.refreshQuote();
  }

  setQuantity(quantity: number): void {
    this.apply({ type: "quantity", quantity });
  }

  close(): void {
    this.apply({ type: "closed" });
  }

  /** Opens the sheet of an order that a reload interrupted. */
  async recover(): Promise<void> {
    const order = await this.desk.recover().catch(() => null);
    if (order?.state === "reserved") this.apply({ type: "reserved", order });
  }

  async reserve(): Promise<void> {
    const basket = this.basket.value;
    if (basket.step !== "choosing" || basket.busy) return;
    this.apply({ type: "sent" });
    try {
      const quote =
        basket.quote ?? (await api.quote(this.ports.show, basket.product, this.ports.token()));
      this.apply({ type: "quoted", quote });
      const order = await this.desk.reserve(quote.quote, basket.quantity);
      this.apply({ type: "reserved", order });
    } catch (error) {
      this.apply(this.refusal(error));
    }
  }

  async confirm(buyer: ConfirmBody): Promise<void> {
    const basket = this.basket.value;
    if (basket.step !== "details" || basket.busy) return;
    this.apply({ type: "sent" });
    try {
      const order = await this.desk.confirm(basket.order.id, buyer);
      this.apply({ type: "confirmed", order });
    } catch (error) {
      const isLapsed = error instanceof api.Problem && LAPSED_CODES.has(error.code);
      if (isLapsed) this.lapse();
      else this.apply({ type: "failed", notice: noticeOf(error) });
    }
  }

  /** Gives the held pieces back and closes the sheet. */
  async giveBack(): Promise<void> {
    const basket = this.basket.value;
    this.close();
    // The hold runs out by itself should this not arrive.
    if (basket.step === "details") await this.desk.cancel(basket.order.id).catch(() => undefined);
  }

  /** The hold ran out. */
  lapse(): void {
    this.desk.forget();
    this.apply({ type: "lapsed" });
    void this.refreshQuote();
  }

  private async refreshQuote(): Promise<void> {
    const basket = this.basket.value;
    if (basket.step !== "choosing") return;
    try {
      const quote = await api.quote(this.ports.show, basket.product, this.ports.token());
      this.apply({ type: "quoted", quote });
    } catch (error) {
      const event = this.refusal(error);
      if (event.type !== "failed" || !isTransient(error)) this.apply(event);
    }
  }

  private refusal(error: unknown): BasketEvent {
    if (error instanceof api.Problem) {
      const { code, body } = error;
      if (body.quote) return { type: "stale", quote: body.quote };
      if (code === "sold_out") return { type: "short", available: body.available ?? 0 };
    }
    return { type: "failed", notice: noticeOf(error) };
  }

  private apply(event: BasketEvent): void {
    this.basket.value = step(this.basket.value, event);
  }
}

function noticeOf(error: unknown): Notice {
  if (isTransient(error)) return { kind: "offline" };
  return { kind: "error", message: error instanceof Error ? error.message : String(error) };
}

/** `crypto.randomUUID` needs a secure context; a phone on plain HTTP buys too. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
