import { expect, test } from "vitest";
import type { CaptionView } from "../net/protocol.gen";
import { columns, languageServes, upsertCue, visibleRows, wrap, type Cue } from "./captions";

const said = (id: string, text: string, start_ms: number, more: Partial<CaptionView> = {}) => ({
  id,
  participant: "marta",
  language: "en",
  spoken: "en",
  text,
  start_ms,
  end_ms: start_ms + 1000,
  ...more,
});

const NAMES = new Map([["marta", "Marta"]]);
const texts = (cues: Cue[], media_ms: number, now: number, names = NAMES): string[] =>
  visibleRows(cues, "en", media_ms, now, names).map(({ text }) => text);

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
  const rows = visibleRows(cues, "pt", 1000, 1000, NAMES);
  expect(rows.map(({ text }) => text)).toEqual(["um abajur"]);
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

test("a line that came late stays long enough to be read, then goes", () => {
  const cues = upsertCue([], said("a", "short", 0), true, 4000);
  expect(texts(cues, 4000, 5700)).toEqual(["short"]);
  expect(texts(cues, 9000, 9000)).toEqual([]);
});

test("at most two rows, and words already shown keep their row while more are added", () => {
  const words = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen";
  const all = words.split(" ");
  let before: string[] = [];
  for (let count = 1; count <= all.length; count += 1) {
    const rows = wrap(all.slice(0, count).join(" "), 37);
    expect(rows.slice(0, before.length - 1)).toEqual(before.slice(0, -1));
    expect(rows[before.length - 1] ?? "").toContain(before.at(-1) ?? "");
    before = rows;
  }
  const cues = upsertCue([], said("a", `${words} ${words}`, 0), true, 100);
  expect(texts(cues, 200, 200)).toHaveLength(2);
});

test("scripts without spaces wrap by width", () => {
  expect(columns("灯 lamp")).toBe(7);
  const rows = wrap("这盏灯是手工吹制的玻璃灯罩可以调节亮度非常适合客厅", 20);
  expect(rows.every((row) => columns(row) <= 20)).toBe(true);
  expect(rows.join("")).toBe("这盏灯是手工吹制的玻璃灯罩可以调节亮度非常适合客厅");
});

test("speakers are named when they change, only where several people speak", () => {
  let cues = upsertCue([], said("a", "welcome", 0), true, 100);
  cues = upsertCue(cues, said("b", "thank you", 100, { participant: "kenji" }), true, 200);
  const both = new Map([...NAMES, ["kenji", "Kenji"]]);
  const speakers = (names: Map<string, string>) =>
    visibleRows(cues, "en", 300, 300, names).map(({ speaker }) => speaker);
  expect(speakers(both)).toEqual(["Marta", "Kenji"]);
  expect(speakers(NAMES)).toEqual([null, null]);
});

test("no language, no rows", () => {
  const cues = upsertCue([], said("a", "welcome", 0), true, 100);
  expect(visibleRows(cues, null, 200, 200, NAMES)).toEqual([]);
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
