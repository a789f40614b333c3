// The page's language: chosen from the browser, changed by a menu, remembered. English is in the
// first load; the others are fetched when they are wanted.

import { signal } from "@preact/signals";
import { en, type MessageKey, type Messages } from "./en";

export type { MessageKey } from "./en";

/** Page languages, each by its own name. */
export const PAGE_LANGUAGES: readonly { tag: string; name: string }[] = [
  { tag: "en", name: "English" },
  { tag: "pt", name: "Português" },
  { tag: "es", name: "Español" },
  { tag: "de", name: "Deutsch" },
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
  de: async () => (await import("./de")).de,
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

/** A message with its `{placeholders}` filled. */
export function t(key: MessageKey, values: Record<string, string | number> = {}): string {
  return messages.value[key].replace(/\{(\w+)\}/g, (whole, name: string) =>
    name in values ? String(values[name]) : whole,
  );
}

/** The locale for numbers and money: the browser's own variant of the page language. */
export function locale(): string {
  const tag = pageLanguage.value;
  return navigator.languages.find((other) => other.split("-")[0] === tag) ?? tag;
}
