// The transcript as pure functions: which lines have the words looked for, and where.

import type { Transcript, TranscriptLine } from "../net/protocol.gen";

/** A piece of a text; sought pieces are marked. */
export interface Piece {
  text: string;
  isSought: boolean;
}

/** Lower case without accents, character by character, so that positions stay the same. */
function folded(text: string): string[] {
  return Array.from(text, (char) => {
    const plain = char.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
    return plain === "" ? char : plain;
  });
}

/** Cuts a text at the places where the sought words are. */
export function pieces(text: string, sought: string): Piece[] {
  const needle = folded(sought.trim()).join("");
  const chars = Array.from(text);
  const found: Piece[] = [];
  const push = (part: string[], isSought: boolean): void => {
    if (part.length > 0) found.push({ text: part.join(""), isSought });
  };
  const plain = folded(text);
  let from = 0;
  for (let at = 0; needle !== "" && at < chars.length; at += 1) {
    const length = matchLength(plain, at, needle);
    if (length === 0) continue;
    push(chars.slice(from, at), false);
    push(chars.slice(at, at + length), true);
    from = at + length;
    at = from - 1;
  }
  push(chars.slice(from), false);
  return found;
}

/** How many characters from `at` on make the needle; none when they do not. */
function matchLength(plain: string[], at: number, needle: string): number {
  let rest = needle;
  for (let i = at; i < plain.length; i += 1) {
    const char = plain[i] ?? "";
    if (!rest.startsWith(char)) return 0;
    rest = rest.slice(char.length);
    if (rest === "") return i - at + 1;
  }
  return 0;
}

/** Lines that have the words, in either language. */
export function search({ lines }: Transcript, sought: string): TranscriptLine[] {
  if (sought.trim() === "") return lines;
  const has = (text: string): boolean => pieces(text, sought).some(({ isSought }) => isSought);
  return lines.filter(({ text, translation }) => has(text) || has(translation ?? ""));
}

/** `1:02:03` or `2:03` after the start. */
export function stamp(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const two = (n: number): string => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const rest = two(seconds % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}
