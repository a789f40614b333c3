// Where a line is written: first it asks for a name, then it takes lines, as fast as the show
// lets them.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t, type MessageKey } from "../../i18n";
import { CHAT_TEXT_MAX, NAME_MAX } from "../../limits";
import { Refusal } from "../../net/socket";
import type { ShowSession } from "../../state/session";
import { SendIcon } from "../kit/icons";
import { reasonOf } from "../../state/reason";

/** Refusals that are said in the page's language. */
const WORDS: Record<string, MessageKey> = {
  slow_mode: "chat_wait",
  muted: "chat_muted",
  blocked_words: "chat_blocked",
};

/** The server calls people without a name "Guest" and a few letters. */
export function hasOwnName({ name }: { name: string }): boolean {
  return name !== "" && !name.startsWith("Guest ");
}

/** Why a line was not taken, and until when that holds (Unix ms of this page). */
interface Refused {
  reason: string;
  words: MessageKey;
  until: number;
}

export function Composer({ session }: { session: ShowSession }): JSX.Element {
  const me = session.me.value;
  const isNamed =
    session.grant.name !== null || (me !== null && me.role !== "viewer" && hasOwnName(me));
  const [text, setText] = useState("");
  const [refused, setRefused] = useState<Refused | null>(null);
  const left_s = useSecondsUntil(refused?.until ?? 0);
  const isWaiting = left_s > 0;
  const send = async (): Promise<void> => {
    const line = text.trim();
    if (line === "" || isWaiting) return;
    if (!isNamed) {
      session.setName(line.slice(0, NAME_MAX));
      setText("");
      return;
    }
    try {
      await session.chat(line);
      setText("");
      setRefused(null);
    } catch (error) {
      setRefused(refusal(error));
    }
  };
  const slow_s = session.show.value?.chat_rules.slow_s ?? 0;
  const isHeld = slow_s > 0 && (me?.role === "viewer" || me?.role === "guest");
  const label = isNamed ? t("chat_placeholder") : t("chat_name");
  // A wait that is over needs no words; other refusals stay until the next try.
  const isTold = refused !== null && (refused.until === 0 || isWaiting);
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <input
        value={text}
        maxLength={isNamed ? CHAT_TEXT_MAX : NAME_MAX}
        placeholder={label}
        aria-label={label}
        autocomplete={isNamed ? "off" : "nickname"}
        data-testid={isNamed ? "chat_text" : "chat_name"}
        enterkeyhint="send"
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button
        class="round"
        aria-label={isNamed ? t("chat_send") : t("chat_name_set")}
        data-testid="chat_send"
        aria-disabled={isWaiting}
      >
        <SendIcon />
      </button>
      {isTold ? (
        <p class="problem" role="alert" data-testid="chat_problem">
          {t(refused.words, { reason: refused.reason, n: left_s })}
        </p>
      ) : (
        isHeld && (
          <p class="composer-hint" data-testid="chat_slow_hint">
            {t("chat_slow_hint", { n: slow_s })}
          </p>
        )
      )}
    </form>
  );
}

function refusal(error: unknown): Refused {
  const reason = reasonOf(error);
  const words = (error instanceof Refusal && WORDS[error.code]) || "error_generic";
  const wait_ms = error instanceof Refusal ? error.wait_ms : null;
  return { reason, words, until: wait_ms === null ? 0 : Date.now() + wait_ms };
}

/** Seconds until a moment, counted down while somebody looks. */
function useSecondsUntil(until: number): number {
  const left = (): number => Math.max(0, Math.ceil((until - Date.now()) / 1_000));
  const [, setLeft] = useState(0);
  useEffect(() => {
    if (left() === 0) return;
    const timer = setInterval(() => {
      setLeft(left());
      if (left() === 0) clearInterval(timer);
    }, 250);
    return () => clearInterval(timer);
  }, [until]);
  return left();
}
