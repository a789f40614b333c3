// Numbers of a show as they are drawn: pure.

import type { MinuteStats } from "../net/protocol.gen";

const MINUTE_MS = 60_000;

export interface Curve {
  /** Of a polyline: viewers. */
  points: string;
  /** Minutes in which something happened: how high orders stand, and what belongs to it. */
  bars: { x: number; width: number; height: number; minute: MinuteStats }[];
  /** Most viewers of a minute, in the mean. */
  peak: number;
}

/** Minutes side by side from the first one until now; those in which nothing happened are empty. */
export function curve(
  minutes: readonly MinuteStats[],
  now_ms: number,
  width: number,
  height: number,
): Curve {
  const from = minutes[0]?.at_ms ?? now_ms;
  const count = Math.floor((now_ms - from) / MINUTE_MS) + 1;
  const step = width / count;
  const peak = Math.max(1, ...minutes.map(({ viewers }) => viewers));
  const most = Math.max(1, ...minutes.map(({ orders }) => orders));
  const at = new Map(
    minutes.map((minute) => [Math.round((minute.at_ms - from) / MINUTE_MS), minute]),
  );
  const points = Array.from({ length: count }, (_, n) => {
    const y = height - ((at.get(n)?.viewers ?? 0) / peak) * height;
    return `${round(step * (n + 0.5))},${round(y)}`;
  });
  return {
    points: points.join(" "),
    bars: [...at].map(([n, minute]) => ({
      x: round(step * n),
      width: round(Math.max(1, step - 1)),
      height: round((minute.orders / most) * height),
      minute,
    })),
    peak: Math.round(peak),
  };
}

/** Time since the picture began: `0:00`, `1:04:00`. */
export function sinceStart(at_ms: number, started_ms: number | null): string {
  const minutes = Math.max(0, Math.floor((at_ms - (started_ms ?? at_ms)) / MINUTE_MS));
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return hours > 0 ? `${hours}:${String(rest).padStart(2, "0")}:00` : `${rest}:00`;
}

/** Hundredths of the whole, the largest first. */
export function share(counts: Readonly<Record<string, number>>): [string, number][] {
  const all = Object.entries(counts).filter(([, count]) => count > 0);
  const sum = all.reduce((sum, [, count]) => sum + count, 0);
  const shares = all.map(([name, count]): [string, number] => [name, (100 * count) / sum]);
  return shares.sort((a, b) => b[1] - a[1]).map(([name, part]) => [name, Math.round(part)]);
}

/** `3 h 12 min`, `12 min`, `40 s`: units that are written alike in all page languages. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
