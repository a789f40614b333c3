// How long until a show starts, and whether this visitor asked to be reminded.

import { forgetReminder, putReminder } from "../net/api";
import { randomKey } from "./random";

/** `2 d 03:04`, `1:04:09`, `4:09`; nothing once it is time. */
export function countdown(left_ms: number): string {
  if (left_ms <= 0) return "";
  const seconds = Math.ceil(left_ms / 1_000);
  const two = (n: number): string => String(n).padStart(2, "0");
  const [days, hours] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3_600) % 24];
  const [minutes, rest] = [Math.floor(seconds / 60) % 60, seconds % 60];
  if (days > 0) return `${days} d ${two(hours)}:${two(minutes)}`;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

const slot = (show: string): string => `vitrine.reminder.${show}`;

export function isReminded(show: string): boolean {
  return localStorage.getItem(slot(show)) !== null;
}

/** Notes or takes back this visitor's wish; resolves to how many have it. The key is nobody's name. */
export async function remind(show: string, isWanted: boolean): Promise<number> {
  const key = localStorage.getItem(slot(show)) ?? randomKey();
  if (isWanted) {
    const { reminders } = await putReminder(show, key);
    localStorage.setItem(slot(show), key);
    return reminders;
  }
  const { reminders } = await forgetReminder(show, key);
  localStorage.removeItem(slot(show));
  return reminders;
}
