// Taps gathered for half a second and sent as counts, so that a happy thumb is a few messages.

import { TAPS_MAX } from "../limits";
import type { Reaction } from "../net/protocol.gen";

const SEND_MS = 500;

export class Taps {
  private readonly counts = new Map<Reaction, number>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly send: (reaction: Reaction, count: number) => void) {}

  add(reaction: Reaction): void {
    this.counts.set(reaction, Math.min(TAPS_MAX, (this.counts.get(reaction) ?? 0) + 1));
    this.timer ??= setTimeout(() => this.flush(), SEND_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.counts.clear();
  }

  private flush(): void {
    const counts = [...this.counts];
    this.stop();
    for (const [reaction, count] of counts) this.send(reaction, count);
  }
}
