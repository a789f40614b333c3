import { expect, test } from "vitest";
import type { Transcript } from "../net/protocol.gen";
import { pieces, search, stamp } from "./transcript";

const line = (id: string, text: string, translation: string | null) => ({
  id,
  start_ms: 0,
  end_ms: 1,
  participant: "p",
  speaker: "Marta",
  spoken: "en",
  text,
  translation,
});

const TRANSCRIPT: Transcript = {
  show: "lamp",
  title: "Lamps",
  started_ms: 0,
  language: "pt",
  languages: ["en", "pt"],
  lines: [line("a", "This lamp is new.", "Esta lâmpada é nova."), line("b", "Only today.", null)],
};

test.each([
  ["LAMPADA", ["a"]],
  ["lamp", ["a"]],
  ["today", ["b"]],
  ["  ", ["a", "b"]],
  ["rug", []],
])("%s is found whatever its case and accents", (sought, ids) => {
  expect(search(TRANSCRIPT, sought).map(({ id }) => id)).toEqual(ids);
});

test("what is found is marked, the text stays as it is", () => {
  const found = pieces("Ação, ação: 灯 İ!", "acao");
  expect(found.map(({ text }) => text).join("")).toBe("Ação, ação: 灯 İ!");
  expect(found.filter(({ isSought }) => isSought).map(({ text }) => text)).toEqual([
    "Ação",
    "ação",
  ]);
  expect(pieces("lamp", "")).toEqual([{ text: "lamp", isSought: false }]);
});

test.each([
  [0, "0:00"],
  [62_900, "1:02"],
  [3_723_000, "1:02:03"],
])("%i ms is %s", (ms, expected) => {
  expect(stamp(ms)).toBe(expected);
});
