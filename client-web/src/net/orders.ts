// Orders that survive a bad network: the idempotency key of an order is written to
// sessionStorage before the first try and removed only when the server has answered, so a retry,
// a reload or a second press finds the same order and never makes another.

import { ORDER_TRIES_MAX } from "../limits";
import { Problem, Unreachable } from "./api";
import type { ConfirmBody, OrderView, ReserveBody } from "./protocol.gen";

/** The calls and the surroundings an order desk needs; tests pass scripted ones. */
export interface OrderPorts {
  reserve(key: string, body: ReserveBody): Promise<OrderView>;
  confirm(id: string, buyer: ConfirmBody): Promise<OrderView>;
  pay(id: string): Promise<string>;
  cancel(id: string): Promise<OrderView>;
  get(id: string): Promise<OrderView>;
  storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  newKey(): string;
  wait(ms: number): Promise<void>;
}

/** What is remembered of an order that was sent and not yet answered. */
interface Pending {
  key: string;
  body: ReserveBody;
}

const RETRY_MS_MIN = 400;
const RETRY_MS_MAX = 4_000;

export class OrderDesk {
  constructor(
    private readonly show: string,
    private readonly ports: OrderPorts,
    /** Called before each repeated try, so that the page can say so. */
    private readonly retrying: (attempt: number) => void,
  ) {}

  /** Reserves stock at the quoted prices. */
  async reserve(body: ReserveBody): Promise<OrderView> {
    const old = this.pending();
    const same = old !== null && JSON.stringify(old.body) === JSON.stringify(body);
    const pending = same ? old : { key: this.ports.newKey(), body };
    this.ports.storage.setItem(this.pendingSlot, JSON.stringify(pending));
    return this.send(pending);
  }

  /** After a reload: the order that was on its way, or the one that is still held. */
  async recover(): Promise<OrderView | null> {
    const pending = this.pending();
    if (pending) return this.send(pending);
    const id = this.ports.storage.getItem(this.heldSlot);
    if (!id) return null;
    const order = await this.persist(() => this.ports.get(id));
    if (!isOpen(order)) this.forget();
    return order;
  }

  /** Confirms a held order. Safe to repeat: the server answers with the confirmed order. One that
   * is still to be paid is remembered until it is. */
  async confirm(id: string, buyer: ConfirmBody): Promise<OrderView> {
    const order = await this.persist(() => this.ports.confirm(id, buyer));
    if (!isOpen(order)) this.forget();
    return order;
  }

  /** The page where an order is paid. */
  async pay(id: string): Promise<string> {
    return this.persist(() => this.ports.pay(id));
  }

  /** Gives a held order back. */
  async cancel(id: string): Promise<void> {
    this.forget();
    await this.ports.cancel(id);
  }

  /** Stops remembering the held order: it was confirmed, given back, or it ran out. */
  forget(): void {
    this.ports.storage.removeItem(this.heldSlot);
  }

  private async send({ key, body }: Pending): Promise<OrderView> {
    try {
      const order = await this.persist(() => this.ports.reserve(key, body));
      this.ports.storage.removeItem(this.pendingSlot);
      this.ports.storage.setItem(this.heldSlot, order.id);
      return order;
    } catch (error) {
      // A refusal is an answer; silence is not, and the key stays for the next try.
      if (error instanceof Problem && !isTransient(error)) {
        this.ports.storage.removeItem(this.pendingSlot);
      }
      throw error;
    }
  }

  private async persist<T>(attempt: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await attempt();
      } catch (error) {
        if (!isTransient(error) || tries >= ORDER_TRIES_MAX) throw error;
        this.retrying(tries);
        await this.ports.wait(Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** (tries - 1)));
      }
    }
  }

  private pending(): Pending | null {
    const text = this.ports.storage.getItem(this.pendingSlot);
    const pending = text ? (JSON.parse(text) as Partial<Pending>) : null;
    // What an older page left behind has no body and is not sent again.
    return pending?.body ? (pending as Pending) : null;
  }

  private get pendingSlot(): string {
    return `vitrine.order.pending.${this.show}`;
  }

  private get heldSlot(): string {
    return `vitrine.order.held.${this.show}`;
  }
}

/** Whether it may still be bought. */
export function isOpen({ state }: OrderView): boolean {
  return state === "reserved" || state === "pending";
}

/** Worth trying again with the same key: no answer, or one that says "later". */
export function isTransient(error: unknown): boolean {
  if (error instanceof Unreachable) return true;
  return (
    error instanceof Problem && (error.status >= 500 || [408, 425, 429].includes(error.status))
  );
}
