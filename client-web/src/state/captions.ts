// Subtitles: records upserted by id and language, laid out in rows by the server, and the two rows
// to show at a moment. Words arrive after they were spoken, so a row stays readable from the moment
// it reached the screen, not from the moment it was said.

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
  /** How many characters of `text` stay. */
  stable: number;
  /** Named when the speaker changed and more than one person speaks. */
  speaker: string | null;
  language: string;
  /** The language it was spoken in. */
  spoken: string;
  /** These are the words as spoken: no translation kept their names and numbers. */
  kept: boolean;
  final: boolean;
  /** How long it takes to read. */
  read_ms: number;
}

/** Cues kept: more than fit on the screen in any reading order. */
const CUES_MAX = 40;
/** Rows on the screen (broadcast practice: at most two). */
export const ROWS_MAX = 2;
/** Nothing leaves the screen sooner. */
const STAY_MS_MIN = 1_000;
/** A last row stays so long after its last change, by its length. */
const REST_MS_MIN = 1_800;
const REST_MS_MAX = 6_000;
/** What reached the page longer ago is past. */
const PAST_MS = 10_000;

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
    now - cue.changed_ms < REST_MS_MAX ? { ...cue, changed_ms: now } : cue,
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

/** The rows in one language that are due when the picture is at `media_ms`, oldest first. */
export function dueRows(
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
      now < cue.changed_ms + PAST_MS,
  );
  const rows: Row[] = [];
  let previous: string | null = null;
  for (const cue of due) {
    const speaker = names.size > 1 && cue.participant !== previous ? cue.participant : null;
    previous = cue.participant;
    rowsOf(cue).forEach((row, line) => {
      const name = speaker === null || line > 0 ? null : (names.get(speaker) ?? null);
      rows.push({ ...row, speaker: name });
    });
  }
  return rows;
}

function rowsOf(cue: Cue): Omit<Row, "speaker">[] {
  let left = ink(Array.from(cue.text).slice(0, cue.stable).join(""));
  const { id, language, spoken, kept, final } = cue;
  const texts = cue.cues.flatMap(({ rows, start_ms, end_ms }) =>
    rows.map((text) => ({ text, read_ms: (end_ms - start_ms) / rows.length })),
  );
  return texts.map(({ text, read_ms }, line) => {
    const stable = inked(text, left);
    left -= ink(Array.from(text).slice(0, stable).join(""));
    const key = `${id}:${language}:${line}`;
    return { key, text, stable, language, spoken, kept, final, read_ms };
  });
}

/** Characters that are not white space: rows keep all of these and only these. */
function ink(text: string): number {
  return Array.from(text.replace(/\s+/gu, "")).length;
}

/** How many characters of a text the first `count` printed ones reach. */
function inked(text: string, count: number): number {
  const chars = Array.from(text);
  let left = count;
  const end = chars.findIndex((char) => {
    if (/\s/u.test(char)) return false;
    left -= 1;
    return left < 0;
  });
  return end < 0 ? chars.length : end;
}

interface Shown {
  row: Row;
  since_ms: number;
  changed_ms: number;
}

/** The two rows on the screen: they roll up as others come, none before it could be read. */
export class Screen {
  private shown: Shown[] = [];
  /** Rows that have left; they do not come again. */
  private gone: string[] = [];

  /** Takes the due rows, oldest first; gives those to show now. */
  show(due: Row[], now: number): Row[] {
    const current = new Map(due.map((row) => [row.key, row]));
    this.shown = this.shown.flatMap((shown) => {
      const row = current.get(shown.row.key);
      if (row === undefined) return this.drop(shown);
      const changed_ms = row.text === shown.row.text ? shown.changed_ms : now;
      return [{ row, since_ms: shown.since_ms, changed_ms }];
    });
    const isNew = ({ key }: Row): boolean =>
      !this.gone.includes(key) && this.shown.every(({ row }) => row.key !== key);
    const waiting = due.filter(isNew);
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [oldest] = this.shown;
      if (oldest && this.shown.length >= ROWS_MAX) {
        // Who is two rows behind reads faster rather than missing words.
        const stay_ms = waiting.length < ROWS_MAX ? oldest.row.read_ms : STAY_MS_MIN;
        if (now < oldest.since_ms + Math.max(STAY_MS_MIN, stay_ms)) break;
        this.drop(oldest);
      }
      this.shown.push({ row: next, since_ms: now, changed_ms: now });
    }
    if (this.shown.every((shown) => now >= restsUntil(shown))) {
      this.shown.forEach((shown) => this.drop(shown));
    }
    return this.shown.map(({ row }) => row);
  }

  /** Another language: what is on the screen is not read any more. */
  clear(): void {
    this.shown = [];
    this.gone = [];
  }

  private drop(shown: Shown): Shown[] {
    this.shown = this.shown.filter((other) => other !== shown);
    this.gone = [...this.gone, shown.row.key].slice(-CUES_MAX * ROWS_MAX);
    return [];
  }
}

function restsUntil({ row, changed_ms }: Shown): number {
  return changed_ms + Math.min(REST_MS_MAX, Math.max(REST_MS_MIN, row.read_ms));
}

/** How far captions come behind the words: what "wait for the subtitles" must wait. */
export class CaptionLag {
  private samples: number[] = [];

  /** New words that were spoken until `end_ms` came. */
  note(end_ms: number, now: number): void {
    this.samples = [...this.samples, now - end_ms].slice(-LAG_SAMPLES_MAX);
  }

  /** Four of five come within this, ms; at most three seconds. */
  get ms(): number {
    const sorted = this.samples.toSorted((a, b) => a - b);
    const lag = sorted[Math.floor(sorted.length * 0.8)] ?? LAG_MS_FIRST;
    return Math.min(LAG_MS_MAX, Math.max(0, lag));
  }
}

const LAG_SAMPLES_MAX = 40;
/** Before anything was said. */
const LAG_MS_FIRST = 1_500;
/** A picture later than this is not live any more. */
const LAG_MS_MAX = 3_000;
