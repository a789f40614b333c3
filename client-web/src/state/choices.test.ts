import { expect, test } from "vitest";
import type { LanguagePair, PairQuality } from "../net/protocol.gen";
import { bestQuality, chooseLanguage, lookup } from "./caption-choice";
import { bestOffset, clockSample, nextLag, NTP_TO_UNIX_MS } from "./media-clock";

test.each([
  ["never asked: the browser's language", ["en", "pt"], undefined, ["pt-BR"], "pt"],
  ["never asked, not on offer: the first", ["en", "pt"], undefined, ["fi"], "en"],
  ["chosen before", ["en", "pt"], "pt", ["en"], "pt"],
  ["switched off before", ["en", "pt"], null, ["en"], null],
  ["chosen, not on offer here: the browser's", ["en", "de"], "pt", ["de"], "de"],
  ["the reader's script", ["zh-Hans", "zh-Hant"], undefined, ["zh-Hant"], "zh-Hant"],
  ["nothing on offer", [], undefined, ["en"], null],
])("captions, %s", (_story, available, chosen, browser, language) => {
  expect(chooseLanguage(available, [], { chosen, browser }).language).toBe(language);
});

const pair = (from: string, to: string, quality: PairQuality): LanguagePair => ({
  from,
  to,
  quality,
  lacking: null,
});
const CHINESE = [pair("zh", "zh-Hans", "spoken"), pair("zh", "en", "gist")];

test.each([
  ["a gist is not chosen for anybody", undefined, ["en-US"], "zh-Hans", "en-US"],
  ["but the viewer may choose it", "en", ["en-US"], "en", null],
  ["nothing is missed by who reads it", undefined, ["zh-CN"], "zh-Hans", null],
  ["no model leads there", undefined, ["fi"], "zh-Hans", "fi"],
  ["off is off", null, ["fi"], null, null],
])("a Chinese show: %s", (_story, chosen, browser, language, missed) => {
  const choice = chooseLanguage(["zh-Hans", "en"], CHINESE, { chosen, browser });
  expect(choice).toEqual({ language, missed });
});

test("of two speakers the better way to a language counts", () => {
  const pairs = [...CHINESE, pair("pt", "pt", "spoken"), pair("pt", "en", "neural")];
  expect(bestQuality("en", pairs)).toBe("neural");
  expect(bestQuality("fi", pairs)).toBe(null);
  const choice = chooseLanguage(["pt", "en"], pairs, { chosen: undefined, browser: ["en"] });
  expect(choice).toEqual({ language: "en", missed: null });
});

test.each([
  ["pt-BR", ["en", "pt"], "pt"],
  ["pt", ["en", "pt-BR"], "pt-BR"],
  ["pt-PT", ["pt-BR", "pt-PT", "pt"], "pt-PT"],
  ["PT_br", ["pt"], "pt"],
  ["de-Latn-AT-x-wien", ["de-Latn", "de"], "de-Latn"],
  ["de-x-wien", ["de"], "de"],
  ["zh-TW", ["zh-Hans", "zh-Hant"], "zh-Hant"],
  ["zh-Hant-HK", ["zh-Hans"], null],
  ["zh-CN", ["zh-Hant", "zh"], "zh"],
  ["zh", ["zh-Hans", "zh-Hant"], "zh-Hans"],
  ["fi", ["en"], null],
])("%s is served from %o by %s", (wanted, available, expected) => {
  expect(lookup(wanted, available)).toBe(expected);
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
