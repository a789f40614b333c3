// The receive side of a page: keeps a working Receiver, replaces it when the network changed, and
// swaps pictures only when the new connection carries them, so that nobody sees a black frame.

import { signal } from "@preact/signals";
import type { SlotView } from "../net/protocol.gen";
import { Receiver, type PeerState, type ReceiveStats } from "../net/rtc";

/** A receiver and what its slots show. */
export interface Reception {
  receiver: Receiver;
  slots: SlotView[];
}

const RENEW_MS_MIN = 1_000;
const RENEW_MS_MAX = 10_000;

export class Receptions {
  readonly current = signal<Reception | null>(null);
  readonly state = signal<PeerState>("connecting");
  /** Whether media ever came through: set before `state` tells of it. */
  hasConnected = false;
  private next: Reception | null = null;
  private failures = 0;
  private delay_ms = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `renew` sends an `offer` request; called when the connection failed. */
  constructor(private readonly renew: () => Promise<void>) {}

  /** A fresh connection's offer. */
  async offer(): Promise<string> {
    this.next?.receiver.close();
    const receiver: Receiver = new Receiver((state) => this.onState(receiver, state));
    this.next = { receiver, slots: [] };
    if (this.delay_ms > 0) receiver.delay(this.delay_ms);
    return receiver.offer();
  }

  /** The server's answer to the latest offer. */
  async accept(answer: string, slots: SlotView[]): Promise<void> {
    const { next } = this;
    if (!next) return;
    next.slots = slots;
    await next.receiver.accept(answer);
    if (!this.current.value) this.promote();
  }

  setSlots(slots: SlotView[]): void {
    if (this.next) this.next.slots = slots;
    else if (this.current.value) this.current.value = { ...this.current.value, slots };
  }

  /** How long pictures and sound wait, also those of later connections. */
  delay(ms: number): void {
    this.delay_ms = ms;
    this.current.value?.receiver.delay(ms);
    this.next?.receiver.delay(ms);
  }

  async stats(mid: string | null): Promise<ReceiveStats | null> {
    return (await this.current.value?.receiver.stats(mid)) ?? null;
  }

  close(): void {
    clearTimeout(this.timer);
    this.next?.receiver.close();
    this.current.value?.receiver.close();
    this.next = null;
    this.current.value = null;
  }

  private onState(receiver: Receiver, state: PeerState): void {
    if (state === "connected") {
      this.failures = 0;
      this.hasConnected = true;
      if (this.next?.receiver === receiver) this.promote();
    }
    if (receiver === this.current.value?.receiver) this.state.value = state;
    if (state === "failed" && receiver === (this.next ?? this.current.value)?.receiver) {
      const wait = Math.min(RENEW_MS_MAX, RENEW_MS_MIN * 2 ** this.failures);
      this.failures += 1;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.renew().catch(() => undefined), wait);
    }
  }

  private promote(): void {
    const old = this.current.value;
    this.current.value = this.next;
    this.next = null;
    if (old && old.receiver !== this.current.value?.receiver) old.receiver.close();
  }
}
