import { expect, test } from "vitest";
import { parseLook } from "./caption-look";

const START = { size: "medium", ground: "soft", place: "low" };

test.each([
  ["nothing stored", null, START],
  [
    "what was chosen",
    "size=large&ground=solid&place=high",
    { size: "large", ground: "solid", place: "high" },
  ],
  ["a choice that is gone", "size=huge&place=high", { ...START, place: "high" }],
])("%s", (_story, stored, look) => {
  expect(parseLook(stored)).toEqual(look);
});
