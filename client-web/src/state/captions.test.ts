import { expect, test } from "vitest";
import type { CaptionView } from "../net/protocol.gen";
import { CaptionLag, dueRows, languageServes, Screen, upsertCue, type Cue } from "./captions";

/** A caption of rows separated by `|`, as the server lays it out. */
const said = (
  id: string,
  text: string,
  start_ms: number,
  more: Partial<CaptionView> = {},
): CaptionView => {
  const rows = text.split("|");
  const screens = rows.flatMap((_, i) => (i % 2 === 0 ? [rows.slice(i, i + 2)] : []));
  return {
    id,
    participant: "marta",
    language: "en",
    spoken: "en",
    text: rows.join(" "),
    stable: 0,
    kept: false,
    start_ms,
    end_ms: start_ms + 1000,
    cues: screens.map((rows) => ({ rows, start_ms, end_ms: start_ms + 2_000 * rows.length })),
    ...more,
  };
};

const NAMES = new Map([["marta", "Marta"]]);
const texts = (cues: Cue[], media_ms: number, now: number, names = NAMES): string[] =>
  dueRows(cues, "en", media_ms, now, names).map(({ text }) => text);
const rows = (cues: Cue[], now: number) => dueRows(cues, "en", now, now, NAMES);
const shown = (screen: Screen, cues: Cue[], now: number): string[] =>
  screen.show(rows(cues, now), now).map(({ text }) => text);

test("a final replaces its partial, and a late partial does not come back", () => {
  let cues = upsertCue([], said("a", "this is", 0), false, 500);
  cues = upsertCue(cues, said("a", "this is a lamp", 0), true, 900);
  cues = upsertCue(cues, said("a", "this is a", 0), false, 1000);
  expect(cues).toHaveLength(1);
  expect(cues[0]).toMatchObject({ text: "this is a lamp", final: true });
});

test("a translation shares the id and is a line of its own", () => {
  let cues = upsertCue([], said("a", "a lamp", 0), true, 500);
  cues = upsertCue(cues, said("a", "um abajur", 0, { language: "pt" }), true, 600);
  expect(texts(cues, 1000, 1000)).toEqual(["a lamp"]);
  const other = dueRows(cues, "pt", 1000, 1000, NAMES);
  expect(other.map(({ text }) => text)).toEqual(["um abajur"]);
});

test("lines that arrive out of order are shown in the order they were said", () => {
  let cues = upsertCue([], said("b", "second", 2000), true, 3000);
  cues = upsertCue(cues, said("a", "first", 1000), true, 3100);
  expect(texts(cues, 3200, 3200)).toEqual(["first", "second"]);
});

test("a line waits for its picture", () => {
  const cues = upsertCue([], said("a", "look here", 5000), true, 5100);
  expect(texts(cues, 4900, 5100)).toEqual([]);
  expect(texts(cues, 5000, 5200)).toEqual(["look here"]);
});

test("a line that came late stays long enough to be read, then goes for good", () => {
  const screen = new Screen();
  const cues = upsertCue([], said("a", "short", 0), true, 4000);
  expect(shown(screen, cues, 4000)).toEqual(["short"]);
  expect(shown(screen, cues, 5900)).toEqual(["short"]);
  expect(shown(screen, cues, 6000)).toEqual([]);
  expect(shown(screen, cues, 6100)).toEqual([]);
});

test("at most two rows; they roll up, none before it was read, and all of them come", () => {
  const screen = new Screen();
  const cues = upsertCue([], said("a", "one|two|three|four|five", 0), true, 0);
  const seen: Record<number, string[]> = {};
  for (let now = 0; now <= 8_000; now += 100) seen[now] = shown(screen, cues, now);
  expect(Object.values(seen).every((rows) => rows.length <= 2)).toBe(true);
  expect(seen[0]).toEqual(["one", "two"]);
  expect(seen[900]).toEqual(["one", "two"]);
  expect(seen[1000]).toEqual(["two", "three"]);
  for (const word of ["one", "two", "three", "four", "five"]) {
    const times = Object.values(seen).filter((rows) => rows.includes(word)).length;
    expect(times, word).toBeGreaterThanOrEqual(10);
  }
});

test("a row keeps its place while words are added, and what was taken back goes", () => {
  const screen = new Screen();
  let cues = upsertCue([], said("a", "one two", 0), false, 0);
  const before = screen.show(rows(cues, 0), 0);
  cues = upsertCue(cues, said("a", "one two three|four", 0), false, 500);
  const after = screen.show(rows(cues, 500), 500);
  expect(after.map(({ key }) => key)).toEqual([before[0]?.key, "a:en:1"]);
  cues = upsertCue(cues, said("a", "", 0, { cues: [] }), false, 600);
  expect(shown(screen, cues, 600)).toEqual([]);
});

test("words that stay are told from those that may change, row by row", () => {
  const view = said("a", "this lamp|is new", 0, { stable: 12 });
  const cues = upsertCue([], view, false, 0);
  const split = rows(cues, 0).map(({ text, stable }) => [
    text.slice(0, stable),
    text.slice(stable),
  ]);
  expect(split).toEqual([
    ["this lamp", ""],
    ["is ", "new"],
  ]);
});

test("a line that was left as it was spoken says so", () => {
  const view = said("a", "nineteen euro", 0, { language: "en", spoken: "de", kept: true });
  const [row] = rows(upsertCue([], view, true, 0), 0);
  expect(row).toMatchObject({ kept: true, spoken: "de" });
});

test("speakers are named when they change, only where several people speak", () => {
  let cues = upsertCue([], said("a", "welcome|back", 0), true, 100);
  cues = upsertCue(cues, said("b", "thank you", 100, { participant: "kenji" }), true, 200);
  const both = new Map([...NAMES, ["kenji", "Kenji"]]);
  const speakers = (names: Map<string, string>) =>
    dueRows(cues, "en", 300, 300, names).map(({ speaker }) => speaker);
  expect(speakers(both)).toEqual(["Marta", null, "Kenji"]);
  expect(speakers(NAMES)).toEqual([null, null, null]);
});

test("no language, no rows", () => {
  const cues = upsertCue([], said("a", "welcome", 0), true, 100);
  expect(dueRows(cues, null, 200, 200, NAMES)).toEqual([]);
});

test("the wait for subtitles follows their lag, three seconds at most", () => {
  const lag = new CaptionLag();
  expect(lag.ms).toBe(1_500);
  for (const ms of [800, 900, 900, 1_000, 9_000]) lag.note(0, ms);
  expect(lag.ms).toBe(3_000);
  for (let i = 0; i < 40; i += 1) lag.note(0, i % 10 === 0 ? 9_000 : 700);
  expect(lag.ms).toBe(700);
});

test.each([
  ["pt", "pt-BR", true],
  ["pt-PT", "pt-BR", true],
  ["en", "pt", false],
  ["zh-Hans", "zh-Hant", false],
  ["zh", "zh-Hant", true],
])("%s serves %s: %s", (tag, wanted, serves) => {
  expect(languageServes(tag, wanted)).toBe(serves);
});
