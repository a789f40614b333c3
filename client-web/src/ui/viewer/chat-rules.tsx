// How a chat is run: slow mode, words, who is kept out, and for hosts what was done by whom.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { locale, t, type MessageKey } from "../../i18n";
import { WORDS_MAX } from "../../limits";
import * as api from "../../net/api";
import type { Judgement, Sanction } from "../../net/protocol.gen";
import type { ShowSession } from "../../state/session";
import { Sheet } from "../kit/dialog";
import { reasonOf } from "../../state/reason";

const SLOW_CHOICES = [0, 5, 10, 30, 60, 300];

export interface ChatRulesProps {
  session: ShowSession;
  onClose: () => void;
}

export function ChatRules({ session, onClose }: ChatRulesProps): JSX.Element {
  const [problem, setProblem] = useState<string | null>(null);
  const ask = (request: Promise<unknown>): void =>
    void request.then(
      () => setProblem(null),
      (error: unknown) => setProblem(reasonOf(error)),
    );
  return (
    <Sheet title={t("chat_rules")} testid="rules_sheet" onClose={onClose}>
      <div class="rules">
        {problem !== null && (
          <p class="problem" role="alert">
            {t("error_generic", { reason: problem })}
          </p>
        )}
        <SlowMode session={session} ask={ask} />
        <WordList session={session} ask={ask} />
        <People session={session} ask={ask} />
        {session.me.value?.role === "host" && <Log session={session} />}
      </div>
    </Sheet>
  );
}

interface PartProps {
  session: ShowSession;
  /** Carries a request out and tells its refusal. */
  ask: (request: Promise<unknown>) => void;
}

function SlowMode({ session, ask }: PartProps): JSX.Element {
  const slow_s = session.show.value?.chat_rules.slow_s ?? 0;
  const choices = [...new Set([...SLOW_CHOICES, slow_s])].sort((a, b) => a - b);
  return (
    <label class="field">
      <span>{t("chat_slow")}</span>
      <select
        value={String(slow_s)}
        data-testid="rules_slow"
        onChange={(event) =>
          ask(session.moderate({ act: "slow_mode", seconds: Number(event.currentTarget.value) }))
        }
      >
        {choices.map((n) => (
          <option key={n} value={String(n)}>
            {n === 0 ? t("captions_off") : t("chat_slow_every", { n })}
          </option>
        ))}
      </select>
    </label>
  );
}

function WordList({ session, ask }: PartProps): JSX.Element {
  const listed = (session.moderation.value?.words ?? []).join("\n");
  const [text, setText] = useState(listed);
  useEffect(() => setText(listed), [listed]);
  const words = text.split("\n").map((word) => word.trim());
  const named = words.filter((word) => word !== "").slice(0, WORDS_MAX);
  return (
    <div class="field">
      <label class="field">
        <span>{t("chat_words")}</span>
        <textarea
          rows={4}
          value={text}
          data-testid="rules_words"
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <small>{t("chat_words_hint")}</small>
      <button
        class="button small"
        data-testid="rules_save"
        disabled={named.join("\n") === listed}
        onClick={() => ask(session.moderate({ act: "words", words: named }))}
      >
        {t("chat_save")}
      </button>
    </div>
  );
}

function People({ session, ask }: PartProps): JSX.Element {
  const now = session.serverNow();
  const sanctions = (session.moderation.value?.sanctions ?? []).filter(
    ({ banned, shadowed, muted_until_ms }) => banned || shadowed || (muted_until_ms ?? 0) > now,
  );
  return (
    <section>
      <h3>{t("chat_people")}</h3>
      {sanctions.length === 0 && <p class="empty">{t("chat_people_none")}</p>}
      <ul class="rules-list">
        {sanctions.map((sanction) => (
          <li key={sanction.participant} data-testid="rules_person">
            <span>
              <b>{sanction.name}</b>{" "}
              {states(sanction, now)
                .map((key) => t(key))
                .join(" · ")}
            </span>
            <button
              class="button small"
              data-testid="rules_pardon"
              aria-label={`${t("chat_pardon")}: ${sanction.name}`}
              onClick={() =>
                ask(session.moderate({ act: "pardon", participant: sanction.participant }))
              }
            >
              {t("chat_pardon")}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function states({ banned, shadowed, muted_until_ms }: Sanction, now: number): MessageKey[] {
  const states: [boolean, MessageKey][] = [
    [banned, "chat_is_banned"],
    [shadowed, "chat_is_shadowed"],
    [(muted_until_ms ?? 0) > now, "chat_is_muted"],
  ];
  return states.filter(([holds]) => holds).map(([, key]) => key);
}

/** Read anew after each act, for an act changes what is shown here. */
function Log({ session }: { session: ShowSession }): JSX.Element {
  const [judgements, setJudgements] = useState<Judgement[]>([]);
  const { token } = session.grant;
  const name = session.show.value?.info.name;
  const { chat, chat_rules } = session.show.value ?? {};
  const moderation = session.moderation.value;
  useEffect(() => {
    if (token === null || name === undefined) return;
    api.moderationLog(name, token).then(
      (log) => setJudgements(log.judgements),
      () => undefined,
    );
  }, [token, name, chat?.length, chat_rules, moderation]);
  const time = new Intl.DateTimeFormat(locale(), { timeStyle: "short", dateStyle: "short" });
  return (
    <section>
      <h3>{t("chat_log")}</h3>
      {judgements.length === 0 && <p class="empty">{t("chat_log_empty")}</p>}
      <ol class="rules-list" data-testid="rules_log">
        {judgements.map((judgement) => (
          <li key={judgement.id}>
            <span>{told(judgement)}</span>
            <time>{time.format(judgement.at_ms)}</time>
          </li>
        ))}
      </ol>
    </section>
  );
}

function told({ act, by, whom, line }: Judgement): string {
  const who = { by: by.name, whom: whom?.name ?? "", text: line?.text ?? "" };
  switch (act.act) {
    case "slow_mode":
    case "mute":
      return t(`log_${act.act}`, { ...who, n: act.seconds });
    case "words":
      return t("log_words", { ...who, n: act.words.length });
    case "pin_line":
      return t(act.id === null ? "log_unpin_line" : "log_pin_line", who);
    default:
      return t(`log_${act.act}`, who);
  }
}
