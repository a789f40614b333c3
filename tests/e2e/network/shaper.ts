// One direction of an emulated path: a bottleneck with a bounded queue, then delay, jitter and
// loss from a seed.

export interface Conditions {
  /** Part of the datagrams lost, 0 to 1. */
  loss: number;
  delay_ms: number;
  /** Most that is added to the delay, evenly drawn; datagrams keep their order. */
  jitter_ms: number;
  /** Bits per second of the bottleneck; none: as fast as they come. */
  rate: number | null;
}

export const PERFECT: Conditions = { loss: 0, delay_ms: 0, jitter_ms: 0, rate: null };

/** What would wait longer at the bottleneck is dropped: what a home router holds. */
const QUEUE_MS_MAX = 300;
/** IPv4 and UDP headers, which a bottleneck carries too. */
const HEADER_BYTES = 28;

interface Waiting {
  at_ms: number;
  deliver: () => void;
}

export class Shaper {
  conditions = PERFECT;
  private readonly random: () => number;
  /** When the bottleneck is free, and before when nothing is delivered, so that order is kept. */
  private free_ms = 0;
  private order_ms = 0;
  private waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(seed: number) {
    this.random = mulberry32(seed);
  }

  /** Takes a datagram; `deliver` is called when it arrives, if it does. */
  send(bytes: number, deliver: () => void): void {
    const { loss, delay_ms, jitter_ms, rate } = this.conditions;
    const now_ms = performance.now();
    const start_ms = Math.max(now_ms, this.free_ms);
    if (start_ms - now_ms > QUEUE_MS_MAX) return;
    this.free_ms = rate === null ? now_ms : start_ms + ((bytes + HEADER_BYTES) * 8_000) / rate;
    const [fate, late] = [this.random(), this.random()];
    if (fate < loss) return;
    this.order_ms = Math.max(this.order_ms, this.free_ms + delay_ms + late * jitter_ms);
    // A timer would be late by more than nothing.
    if (this.waiting.length === 0 && this.order_ms <= now_ms) {
      deliver();
      return;
    }
    this.waiting.push({ at_ms: this.order_ms, deliver });
    if (this.waiting.length === 1) this.wake();
  }

  close(): void {
    clearTimeout(this.timer);
    this.waiting = [];
  }

  private wake(): void {
    const wait_ms = (this.waiting[0]?.at_ms ?? 0) - performance.now();
    this.timer = setTimeout(() => this.deliver(), Math.max(0, wait_ms));
  }

  private deliver(): void {
    const now_ms = performance.now();
    const due = this.waiting.findIndex(({ at_ms }) => at_ms > now_ms);
    for (const { deliver } of this.waiting.splice(0, due < 0 ? this.waiting.length : due)) {
      deliver();
    }
    if (this.waiting.length > 0) this.wake();
  }
}

/** Numbers from 0 to 1, the same for the same seed. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
