import { expect, test } from "vitest";
import { pickLanguage } from "../i18n";
import { de } from "../i18n/de";
import { en } from "../i18n/en";
import { es } from "../i18n/es";
import { pt } from "../i18n/pt";
import { zh } from "../i18n/zh";
import { chooseLanguage } from "./caption-choice";
import { bestOffset, clockSample, nextLag, NTP_TO_UNIX_MS } from "./media-clock";

const placeholders = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();

test.each(Object.entries({ de, es, pt, zh }))("%s keeps every placeholder", (_tag, messages) => {
  for (const [key, text] of Object.entries(en)) {
    expect(placeholders(messages[key as keyof typeof en]), key).toEqual(placeholders(text));
  }
});

test.each([
  [["pt-BR", "en"], "pt"],
  [["fr", "de-AT"], "de"],
  [["fi"], "en"],
  [["zh-Hant-TW"], "zh"],
])("a browser that wants %o reads the page in %s", (wanted, tag) => {
  expect(pickLanguage(wanted)).toBe(tag);
});

test.each([
  ["never asked: the browser's language", ["en", "pt"], undefined, ["pt-BR"], "pt"],
  ["never asked, not on offer: the first", ["en", "pt"], undefined, ["fi"], "en"],
  ["chosen before", ["en", "pt"], "pt", ["en"], "pt"],
  ["switched off before", ["en", "pt"], null, ["en"], null],
  ["chosen, not on offer here: the browser's", ["en", "de"], "pt", ["de"], "de"],
  ["the reader's script", ["zh-Hans", "zh-Hant"], undefined, ["zh-Hant"], "zh-Hant"],
  ["nothing on offer", [], undefined, ["en"], null],
])("captions, %s", (_story, available, chosen, browser, language) => {
  expect(chooseLanguage(available, { chosen, browser })).toBe(language);
});

test("the picture's lag follows the playout time and ignores clocks that make no sense", () => {
  const now = 1_790_000_000_000;
  const playout = (lag: number): number => now - lag + NTP_TO_UNIX_MS;
  expect(nextLag(null, undefined, now)).toBe(null);
  expect(nextLag(null, playout(400), now)).toBe(400);
  expect(nextLag(400, playout(600), now)).toBeCloseTo(460);
  expect(nextLag(400, 12_345, now)).toBe(400);
  expect(nextLag(null, playout(60_000), now)).toBe(null);
});

test("the server's clock is taken from the fastest answer", () => {
  const fast = clockSample(1000, 1020, 51_010);
  const slow = clockSample(2000, 2900, 52_800);
  expect(fast).toEqual({ offset_ms: 50_000, round_trip_ms: 20 });
  expect(bestOffset([slow, fast])).toBe(50_000);
  expect(bestOffset([])).toBe(0);
});
