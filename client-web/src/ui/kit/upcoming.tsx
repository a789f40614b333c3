// When a show starts: date, countdown, a calendar entry, and a wish to be reminded.

import "../../style/course.css";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { locale, t } from "../../i18n";
import { calendarUrl } from "../../net/api";
import { countdown, isReminded, remind } from "../../state/countdown";

export interface UpcomingProps {
  show: string;
  starts_ms: number;
  reminders: number | null;
  /** The server's clock, Unix ms. */
  now: () => number;
}

export function Upcoming({ show, starts_ms, reminders, now }: UpcomingProps): JSX.Element {
  const [left, setLeft] = useState(() => starts_ms - now());
  const [isOn, setOn] = useState(() => isReminded(show));
  const [count, setCount] = useState<number | null>(null);
  useEffect(() => {
    const timer = setInterval(() => setLeft(starts_ms - now()), 1_000);
    return () => clearInterval(timer);
  }, [starts_ms]);
  const toggle = (): void => {
    // What the server does not take now is not claimed; the button can be pressed again.
    remind(show, !isOn).then(
      (reminders) => {
        setCount(reminders);
        setOn(!isOn);
        // The alarm is the calendar's: the entry is offered at once.
        if (!isOn) location.assign(calendarUrl(show));
      },
      () => undefined,
    );
  };
  const wanted = count ?? reminders ?? 0;
  const date = new Intl.DateTimeFormat(locale(), { dateStyle: "full", timeStyle: "short" });
  return (
    <div class="upcoming" data-testid="upcoming">
      <time dateTime={new Date(starts_ms).toISOString()}>{date.format(starts_ms)}</time>
      <strong class="countdown" data-testid="countdown" dir="ltr">
        {countdown(left) || t("show_starting")}
      </strong>
      <span class="upcoming-actions">
        <button
          class={isOn ? "button small" : "button accent small"}
          aria-pressed={isOn}
          data-testid="remind"
          onClick={toggle}
        >
          {isOn ? t("reminded") : t("remind")}
        </button>
        <a class="button small" href={calendarUrl(show)} data-testid="calendar">
          {t("calendar")}
        </a>
      </span>
      {wanted > 0 && <span class="muted">{t("reminders", { n: wanted })}</span>}
    </div>
  );
}
