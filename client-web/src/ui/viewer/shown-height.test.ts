import { expect, test } from "vitest";
import { nextShown, shownHeight } from "./shown-height";

const wide = { width: 1280, height: 720 };
const phone = { width: 360, height: 780 };

test.each([
  ["contain", 1, 240], // 202 lines in a tall box
  ["contain", 3, 660],
  ["cover", 1, 780], // the sides are cut
  ["cover", 2, 1560],
])("a wide picture that is to %s a phone at ratio %d", (fit, ratio, expected) => {
  expect(shownHeight(phone, wide, fit, ratio)).toBe(expected);
});

test("the same picture in a smaller layer is as tall", () => {
  const quarter = { width: 320, height: 180 };
  expect(shownHeight(phone, quarter, "contain", 1)).toBe(240);
});

test("unknown before there is a picture or a place for it", () => {
  expect(shownHeight(phone, { width: 0, height: 0 }, "contain", 1)).toBeNull();
  expect(shownHeight({ width: 0, height: 0 }, wide, "contain", 1)).toBeNull();
});

test("what changed is told once, and nothing is wanted of what nobody sees", () => {
  expect(nextShown(true, null, null)).toBeNull();
  const shown = nextShown(true, 480, null);
  expect(shown).toEqual({ visible: true, height: 480 });
  expect(nextShown(true, 480, shown)).toBeNull();
  expect(nextShown(true, 720, shown)).toEqual({ visible: true, height: 720 });
  const hidden = nextShown(false, 480, shown);
  expect(hidden).toEqual({ visible: false, height: null });
  expect(nextShown(false, 720, hidden)).toBeNull();
  expect(nextShown(true, 480, hidden)).toEqual(shown);
});

test("a page that was opened hidden asks for its picture when it is seen", () => {
  const hidden = nextShown(false, null, null);
  expect(hidden).toEqual({ visible: false, height: null });
  expect(nextShown(true, null, hidden)).toEqual({ visible: true, height: null });
});
