// Which caption language a page starts with: what the viewer chose before, else the browser's
// language, else what is spoken. A translation that is a gist only is never chosen for a viewer.

import type { LanguagePair, PairQuality } from "../net/protocol.gen";

const SLOT = "vitrine.captions";
const SYNC_SLOT = "vitrine.captions.sync";
const OFF = "off";
/** Best first. */
const QUALITIES: readonly PairQuality[] = ["spoken", "neural", "speech", "gist"];

/** What the viewer chose: `undefined` when never asked, `null` for off. */
export interface CaptionPreference {
  chosen: string | null | undefined;
  browser: readonly string[];
}

export interface CaptionChoice {
  /** Language in use; none for no captions. */
  language: string | null;
  /** The language the viewer reads, when what is spoken stands in for it. */
  missed: string | null;
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

/** The best of the languages on offer, what is spoken first among them. */
export function chooseLanguage(
  available: readonly string[],
  pairs: readonly LanguagePair[],
  { chosen, browser }: CaptionPreference,
): CaptionChoice {
  const spoken = available[0] ?? null;
  if (chosen === null || spoken === null) return { language: null, missed: null };
  const wanted = chosen === undefined ? browser : [chosen, ...browser];
  for (const tag of wanted) {
    const match = lookup(tag, available);
    if (match === null) continue;
    if (tag === chosen || bestQuality(match, pairs) !== "gist")
      return { language: match, missed: null };
  }
  return { language: spoken, missed: pairs.length > 0 ? (wanted[0] ?? null) : null };
}

/** The best that may be expected of a language here; none while nobody has spoken. */
export function bestQuality(tag: string, pairs: readonly LanguagePair[]): PairQuality | null {
  const reached = pairs.filter(({ to }) => to === tag).map(({ quality }) => quality);
  return QUALITIES.find((quality) => reached.includes(quality)) ?? null;
}

/**
 * The tag of those on offer that serves a wanted one: by RFC 4647 section 3.4 (the wanted tag
 * loses its last subtag until one fits), with the script that a Chinese region writes; then any
 * other variant of the language, but never the other Chinese script.
 */
export function lookup(wanted: string, available: readonly string[]): string | null {
  const low = (tag: string): string => tag.toLowerCase().replaceAll("_", "-");
  const find = (tag: string): string | undefined => available.find((other) => low(other) === tag);
  const script = chineseScript(low(wanted));
  for (const start of script === null ? [low(wanted)] : [low(wanted), `zh-${script}`]) {
    for (let tag = start; tag !== ""; tag = shortened(tag)) {
      const match = find(tag);
      if (match !== undefined) return match;
    }
  }
  const language = low(wanted).split("-")[0];
  const isOther = (tag: string): boolean =>
    script !== null && ![null, script].includes(chineseScript(low(tag)));
  const variant = available.find((tag) => low(tag).split("-")[0] === language && !isOther(tag));
  return variant ?? null;
}

/** A tag without its last subtag; a single letter before that goes too (RFC 4647 3.4). */
function shortened(tag: string): string {
  const subtags = tag.split("-").slice(0, -1);
  if (subtags.at(-1)?.length === 1) subtags.pop();
  return subtags.join("-");
}

function chineseScript(tag: string): "hans" | "hant" | null {
  const [language, ...subtags] = tag.split("-");
  if (language !== "zh" && language !== "cmn") return null;
  if (subtags.includes("hans")) return "hans";
  if (subtags.includes("hant")) return "hant";
  if (subtags.some((subtag) => ["tw", "hk", "mo"].includes(subtag))) return "hant";
  return subtags.some((subtag) => ["cn", "sg"].includes(subtag)) ? "hans" : null;
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
