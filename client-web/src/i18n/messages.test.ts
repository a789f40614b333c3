import { expect, test } from "vitest";
import { PAGE_LANGUAGES, direction, pickLanguage } from ".";
import { ar } from "./ar";
import { de } from "./de";
import { en, type MessageKey } from "./en";
import { es } from "./es";
import { format, pluralCategories } from "./format";
import { fr } from "./fr";
import { pt } from "./pt";
import { zh } from "./zh";

const all = { ar, de, en, es, fr, pt, zh };

/** Names of the values that a message shows. */
const names = (text: string): string[] =>
  [...text.matchAll(/\{(\w+)(?:\}|, plural)/g)].map(([, name = ""]) => name).sort();

test.each(Object.entries(all))("%s shows every value, in every plural form", (tag, messages) => {
  const categories = new Intl.PluralRules(tag).resolvedOptions().pluralCategories.toSorted();
  for (const [key, text] of Object.entries(messages)) {
    expect(names(text), key).toEqual(names(en[key as MessageKey]));
    for (const given of pluralCategories(text)) expect(given.toSorted(), key).toEqual(categories);
  }
});

test("the menu has every language, and the type every message", () => {
  expect(PAGE_LANGUAGES.map(({ tag }) => tag).toSorted()).toEqual(Object.keys(all));
  for (const messages of Object.values(all)) {
    expect(Object.keys(messages)).toHaveLength(Object.keys(en).length);
  }
});

const ARABIC = { locale: "ar", isRightToLeft: true };
const SPEAKER = { locale: "en", isRightToLeft: false };

test.each([
  [0, "لم يبقَ شيء"],
  [1, "بقيت قطعة واحدة"],
  [2, "بقيت قطعتان"],
  [3, "بقيت 3 قطع"],
  [11, "بقيت 11 قطعة"],
  [100, "بقيت 100 قطعة"],
])("%i pieces in Arabic", (n, words) => {
  expect(format(ar.left, { n }, ARABIC)).toBe(words);
});

test("numbers are grouped, and a value that is missing stays visible", () => {
  expect(format(en.viewers, { n: 1284 }, SPEAKER)).toBe("1,284 watching");
  expect(format(en.transcript_found, { n: 1 }, SPEAKER)).toBe("1 line found");
  expect(format(en.transcript_found, {}, SPEAKER)).toBe(en.transcript_found);
  expect(format(en.error_generic, { reason: "{n}" }, SPEAKER)).toBe("That did not work: {n}");
});

test("a Latin name keeps its own direction in an Arabic sentence", () => {
  expect(format(ar.log_ban, { by: "Marta", whom: "Ken (2)" }, ARABIC)).toContain(
    "\u2068Ken (2)\u2069",
  );
  expect(format(en.log_ban, { by: "Marta", whom: "Ken" }, SPEAKER)).toBe("Marta banned Ken");
});

test.each([
  [["pt-BR", "en"], "pt"],
  [["fi", "de-AT"], "de"],
  [["fr-CA"], "fr"],
  [["ar-EG"], "ar"],
  [["fi"], "en"],
  [["zh-Hant-TW"], "zh"],
])("a browser that wants %o reads the page in %s", (wanted, tag) => {
  expect(pickLanguage(wanted)).toBe(tag);
});

test("only Arabic is written from the right", () => {
  expect(
    PAGE_LANGUAGES.filter(({ tag }) => direction(tag) === "rtl").map(({ tag }) => tag),
  ).toEqual(["ar"]);
});
