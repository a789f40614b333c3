// The server's clock, for what is drawn by it: countdowns run alike for all viewers. The show's
// session sets it; before there is one it is this machine's own.

let read: () => number = Date.now;

/** The server's clock, Unix ms. */
export const serverNow = (): number => read();

/** From now on this is how it is read. */
export function setServerClock(clock: () => number): void {
  read = clock;
}
