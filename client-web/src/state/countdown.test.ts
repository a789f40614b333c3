import { expect, test } from "vitest";
import { countdown } from "./countdown";

test("the time left is told by its largest units", () => {
  const day = 86_400_000;
  expect(
    [2 * day + 3 * 3_600_000 + 4 * 60_000, 3_849_000, 249_000, 400, 0, -5].map(countdown),
  ).toEqual(["2 d 03:04", "1:04:09", "4:09", "0:01", "", ""]);
});
