// Subtitles: records upserted by id and language, and the two stable lines to show at a moment
// of media time. Words arrive after they were spoken, so a line stays readable from the moment
// it reached the page, not from the moment it was said.

import type { CaptionView } from "../net/protocol.gen";

/** A caption as the page keeps it. */
export interface Cue extends CaptionView {
  /** The server will not change it any more. */
  final: boolean;
  /** When its latest words reached the page, server clock, Unix ms. */
  changed_ms: number;
}

/** One row of the subtitle box. */
export interface Row {
  /** Stable while the row's words only grow. */
  key: string;
  text: string;
  /** Named when the speaker changed and more than one person speaks. */
  speaker: string | null;
  language: string;
  final: boolean;
}

/** Cues kept: more than fit on the screen in any reading order. */
const CUES_MAX = 40;
/** Rows on the screen (broadcast practice: at most two). */
export const ROWS_MAX = 2;
/** Columns of a row: 37 is the broadcasters' limit; wide (CJK) characters count double. */
export const COLUMNS_MAX = 37;
/** Reading time per column, about 17 characters a second. */
const READ_MS_PER_COLUMN = 60;
/** Shortest and longest stay after the last change. */
const STAY_MS_MIN = 1_800;
const STAY_MS_MAX = 6_000;

/** Adds or replaces a caption. A late partial never overwrites its final. */
export function upsertCue(cues: Cue[], view: CaptionView, final: boolean, now: number): Cue[] {
  const index = cues.findIndex((cue) => cue.id === view.id && cue.language === view.language);
  const old = cues[index];
  if (old?.final && !final) return cues;
  const changed_ms = old?.text === view.text ? old.changed_ms : now;
  const cue: Cue = { ...view, final, changed_ms };
  const next = old ? cues.with(index, cue) : [...cues, cue];
  next.sort((a, b) => a.start_ms - b.start_ms);
  return next.slice(-CUES_MAX);
}

/** After a change of language: what was just said can be read again in the new one. */
export function refresh(cues: Cue[], now: number): Cue[] {
  return cues.map((cue) =>
    now - cue.changed_ms < STAY_MS_MAX ? { ...cue, changed_ms: now } : cue,
  );
}

/** Whether a caption tag serves a wanted tag: `pt` serves `pt-BR`, `zh-Hant` only itself. */
export function languageServes(tag: string, wanted: string): boolean {
  const a = tag.toLowerCase();
  const b = wanted.toLowerCase();
  if (a === b) return true;
  if (a.startsWith("zh-han") && b.startsWith("zh-han")) return false;
  return a.split("-")[0] === b.split("-")[0];
}

/** The rows to show: newest two, in one language, when the picture is at `media_ms`. */
export function visibleRows(
  cues: Cue[],
  language: string | null,
  media_ms: number,
  now: number,
  names: ReadonlyMap<string, string>,
): Row[] {
  if (language === null) return [];
  const due = cues.filter(
    (cue) =>
      languageServes(cue.language, language) &&
      cue.start_ms <= media_ms &&
      now < cue.changed_ms + stay(cue.text),
  );
  const rows: Row[] = [];
  let previous: string | null = null;
  for (const cue of due) {
    const speaker = names.size > 1 && cue.participant !== previous ? cue.participant : null;
    previous = cue.participant;
    wrap(cue.text, COLUMNS_MAX).forEach((text, line) => {
      rows.push({
        key: `${cue.id}:${cue.language}:${line}`,
        text,
        speaker: line === 0 && speaker !== null ? (names.get(speaker) ?? null) : null,
        language: cue.language,
        final: cue.final,
      });
    });
  }
  return rows.slice(-ROWS_MAX);
}

function stay(text: string): number {
  const reading = columns(text) * READ_MS_PER_COLUMN;
  return Math.min(STAY_MS_MAX, Math.max(STAY_MS_MIN, reading));
}

/**
 * Greedy wrap from the first word, so that words already shown keep their row while more words
 * are appended. Scripts without spaces break between any two characters.
 */
export function wrap(text: string, columnsMax: number): string[] {
  const rows: string[] = [];
  let row = "";
  for (const word of pieces(text)) {
    const joined = row + word;
    if (row !== "" && columns(joined.trimEnd()) > columnsMax) {
      rows.push(row.trim());
      row = word.trimStart();
    } else {
      row = joined;
    }
  }
  if (row.trim() !== "") rows.push(row.trim());
  return rows;
}

/** Wide (CJK, kana, hangul, full-width) characters take two columns. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{20000}-\u{3fffd}]/u;

export function columns(text: string): number {
  let count = 0;
  for (const char of text) count += WIDE.test(char) ? 2 : 1;
  return count;
}

/** Pieces a row may break between: words with their trailing space, or single wide characters. */
function pieces(text: string): string[] {
  return text
    .replace(/\s+/g, " ")
    .split(/(?<= )/)
    .flatMap((word) => (WIDE.test(word) ? Array.from(word) : [word]));
}
