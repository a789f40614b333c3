// The page's language: chosen from the browser, changed by a menu, remembered. English is in the
// first load; the others are fetched when they are wanted.

import { signal } from "@preact/signals";
import { format, type Values } from "./format";
import { en, type MessageKey, type Messages } from "./en";

export type { MessageKey } from "./en";

/** Page languages, each by its own name. */
export const PAGE_LANGUAGES: readonly { tag: string; name: string }[] = [
  { tag: "en", name: "English" },
  { tag: "pt", name: "Português" },
  { tag: "es", name: "Español" },
  { tag: "fr", name: "Français" },
  { tag: "de", name: "Deutsch" },
  { tag: "ar", name: "العربية" },
  { tag: "zh", name: "中文" },
];

const SLOT = "vitrine.language";
const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur"]);

const messages = signal<Messages>(en);

/** The page language's tag. */
export const pageLanguage = signal("en");

const loaders: Record<string, () => Promise<Messages>> = {
  en: () => Promise.resolve(en),
  pt: async () => (await import("./pt")).pt,
  es: async () => (await import("./es")).es,
  fr: async () => (await import("./fr")).fr,
  de: async () => (await import("./de")).de,
  ar: async () => (await import("./ar")).ar,
  zh: async () => (await import("./zh")).zh,
};

/** The first of the wanted languages that the page speaks. */
export function pickLanguage(wanted: readonly string[]): string {
  for (const tag of wanted) {
    const base = tag.toLowerCase().split("-")[0] ?? "";
    if (base in loaders) return base;
  }
  return "en";
}

/** Loads the language before the first drawing. */
export async function startLanguage(): Promise<void> {
  const stored = localStorage.getItem(SLOT);
  await use(pickLanguage(stored ? [stored, ...navigator.languages] : navigator.languages));
}

export async function setPageLanguage(tag: string): Promise<void> {
  localStorage.setItem(SLOT, tag);
  await use(tag);
}

async function use(tag: string): Promise<void> {
  const load = loaders[tag];
  if (!load) return;
  // A language file that cannot be fetched leaves the page as it is: English at first.
  const loaded = await load().catch(() => null);
  if (!loaded) return;
  messages.value = loaded;
  pageLanguage.value = tag;
  document.documentElement.lang = tag;
  document.documentElement.dir = direction(tag);
}

/** Writing direction of a language. */
export function direction(tag: string): "ltr" | "rtl" {
  return RIGHT_TO_LEFT.has(tag.split("-")[0] ?? "") ? "rtl" : "ltr";
}

/** A message with its values: numbers in the reader's digits, plurals in the language's forms. */
export function t(key: MessageKey, values: Values = {}): string {
  const isRightToLeft = direction(pageLanguage.value) === "rtl";
  return format(messages.value[key], values, { locale: locale(), isRightToLeft });
}

/** The locale for numbers and money: the browser's own variant of the page language. */
export function locale(): string {
  const tag = pageLanguage.value;
  return navigator.languages.find((other) => other.split("-")[0] === tag) ?? tag;
}
