import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Reaction } from "../net/protocol.gen";
import { Taps } from "./reactions";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("taps go out twice a second as counts, never more than the server takes", () => {
  const sent: [Reaction, number][] = [];
  const taps = new Taps((reaction, count) => sent.push([reaction, count]));
  for (let n = 0; n < 30; n += 1) taps.add("heart");
  taps.add("fire");
  expect(sent).toEqual([]);
  vi.advanceTimersByTime(500);
  expect(sent).toEqual([
    ["heart", 10],
    ["fire", 1],
  ]);
  taps.add("heart");
  taps.stop();
  vi.advanceTimersByTime(5_000);
  expect(sent).toHaveLength(2);
});
