import { expect, test } from "vitest";
import type { MinuteStats } from "../net/protocol.gen";
import { curve, duration, share, sinceStart } from "./stats";

const minute = (at: number, viewers: number, orders = 0): MinuteStats => ({
  at_ms: at * 60_000,
  viewers,
  watched_s: viewers * 60,
  joins: 0,
  orders,
  revenue: [],
  pinned: [],
  pieces: {},
});

test("minutes in which nothing happened are empty, and the newest is at the right", () => {
  const [first, last] = [minute(10, 4), minute(12, 2, 3)];
  const drawn = curve([first, last], 13.5 * 60_000, 40, 80);
  expect(drawn.points).toBe("5,0 15,80 25,40 35,80");
  expect(drawn.bars).toEqual([
    { x: 0, width: 9, height: 0, minute: first },
    { x: 20, width: 9, height: 80, minute: last },
  ]);
  expect(drawn.peak).toBe(4);
  expect(curve([], 5, 40, 80).bars).toEqual([]);
});

test("minutes are told in the picture's time", () => {
  expect(sinceStart(180_000, 30_000)).toBe("2:00");
  expect(sinceStart(3_840_000, 0)).toBe("1:04:00");
  expect(sinceStart(60_000, 90_000)).toBe("0:00");
  expect(sinceStart(60_000, null)).toBe("0:00");
});

test("shares are of the whole, the largest first", () => {
  expect(share({ PT: 1, DE: 3, XX: 0 })).toEqual([
    ["DE", 75],
    ["PT", 25],
  ]);
  expect(share({})).toEqual([]);
});

test("watch time is told in the largest units", () => {
  expect([40, 60, 3_599, 11_520].map(duration)).toEqual(["40 s", "1 min", "59 min", "3 h 12 min"]);
});
