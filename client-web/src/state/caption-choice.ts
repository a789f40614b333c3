// Which caption language a page starts with: what the viewer chose before, else the browser's
// language, else the language the show is captioned in first.

import { languageServes } from "./captions";

const SLOT = "vitrine.captions";
const SYNC_SLOT = "vitrine.captions.sync";
const OFF = "off";

/** What the viewer chose: `undefined` when never asked, `null` for off. */
export interface CaptionPreference {
  chosen: string | null | undefined;
  browser: readonly string[];
}

export function captionPreference(): CaptionPreference {
  const stored = localStorage.getItem(SLOT);
  const chosen = stored === null ? undefined : stored === OFF ? null : stored;
  return { chosen, browser: navigator.languages };
}

export function rememberCaptions(language: string | null): void {
  localStorage.setItem(SLOT, language ?? OFF);
}

/** Whether picture and sound wait for the subtitles. */
export function isSynced(): boolean {
  return localStorage.getItem(SYNC_SLOT) === "on";
}

export function rememberSynced(isSynced: boolean): void {
  if (isSynced) localStorage.setItem(SYNC_SLOT, "on");
  else localStorage.removeItem(SYNC_SLOT);
}

/** The best of the languages on offer. */
export function chooseLanguage(
  available: readonly string[],
  { chosen, browser }: CaptionPreference,
): string | null {
  if (chosen === null || available.length === 0) return null;
  const wanted = chosen === undefined ? browser : [chosen, ...browser];
  for (const tag of wanted) {
    const exact = available.find((other) => other.toLowerCase() === tag.toLowerCase());
    const match = exact ?? available.find((other) => languageServes(other, tag));
    if (match !== undefined) return match;
  }
  return available[0] ?? null;
}

/** A language as the reader names it, e.g. `pt` is "Portuguese" in English. */
export function languageName(tag: string, locale: string): string {
  try {
    const name = new Intl.DisplayNames([locale], { type: "language" }).of(tag);
    return name ? name.charAt(0).toLocaleUpperCase(locale) + name.slice(1) : tag;
  } catch {
    return tag;
  }
}
