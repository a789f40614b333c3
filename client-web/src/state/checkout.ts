// Performs what the order sheet asks for: quotes, reservations, confirmations, through the order
// desk that makes them safe to repeat.

import { signal } from "@preact/signals";
import * as api from "../net/api";
import { OrderDesk, isOpen, isTransient } from "../net/orders";
import type { ConfirmBody, OrderView, ProductView } from "../net/protocol.gen";
import * as cart from "./cart";
import type { CartLine } from "./cart";
import { CLOSED, step, type Basket, type BasketEvent, type Notice } from "./basket";
import { times, unitPrice } from "./money";
import { randomKey } from "./random";
import { reasonOf } from "./reason";

export interface CheckoutPorts {
  show: string;
  /** The grant to buy with. */
  token(): string;
  /** Leaves for the payment provider's page. */
  leave(url: string): void;
}

/** Confirming too late: the hold ran out, or the order was given back. */
const LAPSED_CODES = new Set(["hold_expired", "order_state", "unknown_order"]);

export class Checkout {
  readonly basket = signal<Basket>(CLOSED);
  /** What is laid in the basket, kept through reloads. */
  readonly cart = signal<CartLine[]>([]);
  private readonly desk: OrderDesk;

  constructor(private readonly ports: CheckoutPorts) {
    const { show } = ports;
    const token = (): string => ports.token();
    this.cart.value = cart.load(sessionStorage, show);
    this.desk = new OrderDesk(
      show,
      {
        reserve: (key, body) => api.reserve(show, token(), key, body),
        confirm: (id, buyer) => api.confirmOrder(id, token(), buyer),
        pay: (id) => api.payPage(id),
        cancel: (id) => api.cancelOrder(id, token()),
        get: (id) => api.getOrder(id, token()),
        storage: sessionStorage,
        newKey: randomKey,
        wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      },
      (attempt) => this.apply({ type: "retrying", attempt }),
    );
  }

  /** Opens the sheet of a product, with its first variant that can be bought. */
  open(product: ProductView): void {
    const [first] = product.variants;
    const variant = product.variants.find(({ available }) => available > 0) ?? first;
    if (!variant) return;
    this.apply({ type: "opened", product: product.id, variant: variant.id });
    void this.refreshQuote();
  }

  setVariant(variant: string): void {
    this.apply({ type: "variant", variant });
    void this.refreshQuote();
  }

  setQuantity(quantity: number): void {
    this.apply({ type: "quantity", quantity });
  }

  /** Lays what is being chosen into the basket. */
  addToCart(): void {
    const basket = this.basket.value;
    if (basket.step !== "choosing") return;
    const { product, variant, quantity } = basket;
    this.setCart(cart.add(this.cart.value, { product, variant, quantity }));
    this.openCart();
  }

  openCart(): void {
    this.apply({ type: "cart_opened" });
    void this.priceCart();
  }

  setLine(variant: string, quantity: number): void {
    this.setCart(cart.set(this.cart.value, variant, quantity));
    this.setCountry(this.inCart().country);
  }

  setCountry(country: string | null): void {
    this.apply({ type: "cart_changed", country, coupon: this.inCart().coupon });
    void this.priceCart();
  }

  /** Uses a coupon, or none. */
  setCoupon(coupon: string | null): void {
    this.apply({ type: "cart_changed", country: this.inCart().country, coupon });
    void this.priceCart();
  }

  close(): void {
    this.apply({ type: "closed" });
  }

  /** Opens the sheet of an order that a reload interrupted. */
  async recover(): Promise<void> {
    const order = await this.desk.recover().catch(() => null);
    if (order === null) return;
    if (isBought(order)) this.takeOut(order);
    if (isOpen(order) || isBought(order)) this.apply({ type: "reserved", order });
  }

  async reserve(): Promise<void> {
    const basket = this.basket.value;
    if (basket.step !== "choosing" || basket.busy) return;
    this.apply({ type: "sent" });
    try {
      const quote =
        basket.quote ?? (await api.quote(this.ports.show, basket.variant, this.ports.token()));
      this.apply({ type: "quoted", quote });
      const { quantity } = basket;
      const order = await this.desk.reserve({
        lines: [{ quote: quote.quote, quantity }],
        total: times(unitPrice(quote, quantity), quantity),
      });
      this.apply({ type: "reserved", order });
    } catch (error) {
      // The merchant asks where it goes, and the basket does.
      if (error instanceof api.Problem && error.code === "unknown_country") this.addToCart();
      else this.apply(this.refusal(error));
    }
  }

  async reserveCart(): Promise<void> {
    const basket = this.basket.value;
    if (basket.step !== "cart" || basket.busy || basket.priced === null) return;
    const { priced, country, coupon } = basket;
    const pieces = new Map(this.cart.value.map((line) => [line.variant, line.quantity]));
    const lines = priced.quotes.map(({ quote, variant }) => ({
      quote,
      quantity: pieces.get(variant) ?? 0,
    }));
    this.apply({ type: "sent" });
    try {
      const order = await this.desk.reserve({
        lines,
        ...to(country),
        ...by(coupon),
        total: priced.total,
      });
      this.apply({ type: "reserved", order });
    } catch (error) {
      this.shorten(error);
      if (isAboutCoupon(error)) this.setCoupon(null);
      else void this.priceCart();
      this.apply(this.refusal(error));
    }
  }

  async confirm(buyer: ConfirmBody): Promise<void> {
    const basket = this.basket.value;
    if (basket.step !== "details" || basket.busy) return;
    this.apply({ type: "sent" });
    try {
      const order = await this.desk.confirm(basket.order.id, buyer);
      if (isBought(order)) this.takeOut(order);
      this.apply({ type: "confirmed", order });
      await this.pay();
    } catch (error) {
      this.refused(error);
    }
  }

  /** Goes to the page where the order is paid, if it has one. */
  async pay(): Promise<void> {
    const basket = this.basket.value;
    if (basket.step !== "paying" || basket.busy) return;
    this.apply({ type: "sent" });
    try {
      this.ports.leave(await this.desk.pay(basket.order.id));
    } catch (error) {
      this.refused(error);
    }
  }

  /** Why an order is not theirs. */
  private refused(error: unknown): void {
    const isLapsed = error instanceof api.Problem && LAPSED_CODES.has(error.code);
    if (isLapsed) this.lapse();
    else if (error instanceof api.Problem && error.code === "sold_out") {
      // Somebody was faster to pay.
      this.apply({ type: "failed", notice: { kind: "sold_out" } });
    } else if (error instanceof api.Problem && error.code === "buyer_limit") {
      // The same person has bought before, in another tab.
      const notice = { kind: "limit", available: error.body.available ?? 0 } as const;
      this.apply({ type: "failed", notice });
    } else this.apply({ type: "failed", notice: noticeOf(error) });
  }

  /** Takes what was bought out of the basket. */
  private takeOut(order: OrderView): void {
    const bought = new Set(order.lines.map(({ variant }) => variant));
    this.setCart(this.cart.value.filter(({ variant }) => !bought.has(variant)));
  }

  /** Gives the held pieces back and closes the sheet. */
  async giveBack(): Promise<void> {
    const basket = this.basket.value;
    this.close();
    // The hold runs out by itself should this not arrive.
    const isHeld = basket.step === "details" || basket.step === "paying";
    if (isHeld) await this.desk.cancel(basket.order.id).catch(() => undefined);
  }

  /** The hold ran out. */
  lapse(): void {
    this.desk.forget();
    this.apply({ type: "lapsed" });
    void this.refreshQuote();
    void this.priceCart();
  }

  private async refreshQuote(): Promise<void> {
    const basket = this.basket.value;
    if (basket.step !== "choosing") return;
    try {
      const quote = await api.quote(this.ports.show, basket.variant, this.ports.token());
      this.apply({ type: "quoted", quote });
    } catch (error) {
      const event = this.refusal(error);
      if (event.type !== "failed" || !isTransient(error)) this.apply(event);
    }
  }

  private refusal(error: unknown): BasketEvent {
    if (error instanceof api.Problem) {
      const { code, body } = error;
      if (body.basket) return { type: "stale", basket: body.basket };
      const available = body.available ?? 0;
      if (code === "sold_out") return { type: "short", available };
      if (code === "buyer_limit") return { type: "short", available, of: "limit" };
      if (code === "deal_limit") return { type: "short", available, of: "deal_limit" };
    }
    return { type: "failed", notice: noticeOf(error) };
  }

  private inCart(): { country: string | null; coupon: string | null } {
    const basket = this.basket.value;
    return basket.step === "cart" ? basket : { country: null, coupon: null };
  }

  private setCart(lines: CartLine[]): void {
    this.cart.value = lines;
    cart.save(sessionStorage, this.ports.show, lines);
  }

  /** Fewer pieces are left than the basket wants: it takes those. */
  private shorten(error: unknown): void {
    if (!(error instanceof api.Problem) || error.code !== "sold_out") return;
    const { variant, available = 0 } = error.body;
    if (variant !== undefined) this.setCart(cart.set(this.cart.value, variant, available));
  }

  /** Asks what the basket costs. An answer to a basket that has changed since is not shown. */
  private async priceCart(): Promise<void> {
    const [lines, { country, coupon }] = [this.cart.value, this.inCart()];
    if (this.basket.value.step !== "cart" || lines.length === 0) return;
    const wanted = lines.map(({ variant, quantity }) => ({ variant, quantity }));
    try {
      const body = { lines: wanted, ...to(country), ...by(coupon) };
      const basket = await api.priceBasket(this.ports.show, body, this.ports.token());
      const now = this.inCart();
      const isSame = now.country === country && now.coupon === coupon;
      if (isSame && this.cart.value === lines) this.apply({ type: "priced", basket });
    } catch (error) {
      if (isAboutCoupon(error)) this.setCoupon(null);
      this.apply(this.refusal(error));
    }
  }

  private apply(event: BasketEvent): void {
    this.basket.value = step(this.basket.value, event);
  }
}

/** Whether it is theirs. */
function isBought({ state }: OrderView): boolean {
  return state === "confirmed" || state === "paid";
}

/** With this coupon, if there is one. */
function by(coupon: string | null): { coupon?: string } {
  return coupon === null ? {} : { coupon };
}

function isAboutCoupon(error: unknown): error is api.Problem {
  return error instanceof api.Problem && error.code.startsWith("coupon_");
}

/** Where it goes, once that is known. */
function to(country: string | null): { country?: string } {
  return country === null ? {} : { country };
}

function noticeOf(error: unknown): Notice {
  if (isTransient(error)) return { kind: "offline" };
  if (isAboutCoupon(error)) return { kind: "coupon", why: error.code };
  return { kind: "error", message: reasonOf(error) };
}
