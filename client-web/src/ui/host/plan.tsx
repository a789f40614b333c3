// How the show is announced: title, cover, start; how many want to be reminded of it.

import "../../style/course.css";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import * as api from "../../net/api";
import type { ShowInfo } from "../../net/protocol.gen";
import type { ShowSession } from "../../state/session";
import { reasonOf } from "../../state/reason";

const REFRESH_MS = 10_000;

export function Plan({ session }: { session: ShowSession }): JSX.Element | null {
  const info = session.show.value?.info;
  if (!info || info.phase === "ended") return null;
  return <Form key={`${info.title}${info.cover}${info.starts_ms}`} session={session} info={info} />;
}

function Form({ session, info }: { session: ShowSession; info: ShowInfo }): JSX.Element {
  const [title, setTitle] = useState(info.title);
  const [cover, setCover] = useState(info.cover ?? "");
  const [start, setStart] = useState(info.starts_ms === null ? "" : localText(info.starts_ms));
  const [problem, setProblem] = useState<string | null>(null);
  const reminders = useReminders(info);
  const isOnAir = info.phase === "live";
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    // The minute of the field is not told as another start.
    const isMoved = info.starts_ms === null ? start !== "" : start !== localText(info.starts_ms);
    const starts_ms = !isMoved ? info.starts_ms : start === "" ? null : Date.parse(start);
    try {
      await api.planShow(info.name, session.grant.token ?? "", {
        title,
        ...(cover.trim() !== "" && { cover: cover.trim() }),
        ...(starts_ms !== null && { starts_ms }),
      });
      setProblem(null);
    } catch (error) {
      setProblem(reasonOf(error));
    }
  };
  return (
    <section class="panel plan" data-testid="plan">
      <header class="panel-head">
        <h2 class="panel-title">{t("plan")}</h2>
        {reminders > 0 && (
          <span data-testid="plan_reminders">{t("reminders", { n: reminders })}</span>
        )}
      </header>
      {problem !== null && (
        <p class="problem" role="alert">
          {t("error_generic", { reason: problem })}
        </p>
      )}
      <form onSubmit={(event) => void save(event)}>
        <label>
          {t("plan_title")}
          <input
            value={title}
            maxLength={200}
            required
            data-testid="plan_title"
            onInput={(event) => setTitle(event.currentTarget.value)}
          />
        </label>
        <label>
          {t("plan_cover")}
          <input
            value={cover}
            placeholder="https://"
            data-testid="plan_cover"
            onInput={(event) => setCover(event.currentTarget.value)}
          />
        </label>
        <label>
          {t("plan_start")}
          <input
            type="datetime-local"
            value={start}
            disabled={isOnAir}
            data-testid="plan_start"
            onInput={(event) => setStart(event.currentTarget.value)}
          />
        </label>
        <button class="button small" data-testid="plan_save">
          {t("plan_save")}
        </button>
      </form>
    </section>
  );
}

/** How many want to be reminded, read anew while the show is to come. */
function useReminders({ name, phase, starts_ms }: ShowInfo): number {
  const [reminders, setReminders] = useState(0);
  useEffect(() => {
    if (phase !== "scheduled" || starts_ms === null) return;
    const read = (): void =>
      void api.showCard(name).then(
        (card) => setReminders(card.reminders),
        () => undefined,
      );
    read();
    const timer = setInterval(read, REFRESH_MS);
    return () => clearInterval(timer);
  }, [name, phase, starts_ms]);
  return reminders;
}

/** As a `datetime-local` field has it: this place's time, to the minute. */
function localText(ms: number): string {
  const here = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return here.toISOString().slice(0, 16);
}
