// The chat: a fading column over the picture on a phone, a panel on wide screens. Hosts and
// moderators can remove lines; hosts can bring the writer on stage.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { t, type MessageKey } from "../../i18n";
import { CHAT_TEXT_MAX, NAME_MAX } from "../../limits";
import type { ChatLine, Role } from "../../net/protocol.gen";
import type { ShowSession } from "../../state/session";
import { CloseIcon, PlusIcon, MinusIcon, SendIcon } from "../kit/icons";

/** Lines that fit over a phone's picture. */
const OVERLAY_LINES = 30;

export const ROLE_NAMES: Partial<Record<Role, MessageKey>> = {
  host: "role_host",
  guide: "role_guide",
  guest: "role_guest",
  moderator: "role_moderator",
};

/** The server calls people without a name "Guest" and a few letters. */
export function hasOwnName({ name }: { name: string }): boolean {
  return name !== "" && !name.startsWith("Guest ");
}

export interface ChatProps {
  session: ShowSession;
  isOverlay: boolean;
}

export function Chat({ session, isOverlay }: ChatProps): JSX.Element {
  const lines = session.show.value?.chat ?? [];
  const [problem, setProblem] = useState<string | null>(null);
  const ask = (request: Promise<unknown>): void =>
    void request.then(
      () => setProblem(null),
      (error: unknown) => setProblem(error instanceof Error ? error.message : String(error)),
    );
  return (
    <section class={isOverlay ? "chat overlay" : "chat"} data-testid="chat" aria-label={t("chat")}>
      {!isOverlay && <h2 class="panel-title">{t("chat")}</h2>}
      <div class="chat-scroll">
        <ul aria-live="off">
          {lines.length === 0 && !isOverlay && <li class="empty">{t("chat_empty")}</li>}
          {(isOverlay ? lines.slice(-OVERLAY_LINES) : lines).map((line) => (
            <Line key={line.id} line={line} session={session} ask={ask} />
          ))}
        </ul>
      </div>
      {problem !== null && (
        <p class="problem" role="alert">
          {t("error_generic", { reason: problem })}
        </p>
      )}
      <Composer session={session} />
    </section>
  );
}

interface LineProps {
  line: ChatLine;
  session: ShowSession;
  /** Carries a request out and tells its refusal. */
  ask: (request: Promise<unknown>) => void;
}

function Line({ line, session, ask }: LineProps): JSX.Element {
  const me = session.me.value;
  const badge = ROLE_NAMES[line.role];
  const mayModerate = me?.role === "host" || me?.role === "moderator";
  const onStage = session.show.value?.participants.find(({ id }) => id === line.participant);
  const mayPromote = me?.role === "host" && line.participant !== me.id;
  return (
    <li class="line" data-testid="chat_line">
      <p>
        <b>{line.name}</b>
        {badge && <span class="mark">{t(badge)}</span>} <span dir="auto">{line.text}</span>
      </p>
      {(mayModerate || mayPromote) && (
        <span class="line-actions">
          {mayPromote && (onStage === undefined || onStage.role === "viewer") && (
            <button
              class="round quiet tiny"
              title={t("chat_invite")}
              aria-label={`${t("chat_invite")}: ${line.name}`}
              data-testid="chat_invite"
              onClick={() => ask(session.promote(line.participant, "guest"))}
            >
              <PlusIcon />
            </button>
          )}
          {mayPromote && onStage?.role === "guest" && (
            <button
              class="round quiet tiny"
              title={t("chat_uninvite")}
              aria-label={`${t("chat_uninvite")}: ${line.name}`}
              data-testid="chat_uninvite"
              onClick={() => ask(session.promote(line.participant, "viewer"))}
            >
              <MinusIcon />
            </button>
          )}
          {mayModerate && (
            <button
              class="round quiet tiny"
              title={t("chat_remove")}
              aria-label={`${t("chat_remove")}: ${line.text}`}
              data-testid="chat_remove"
              onClick={() => ask(session.request({ type: "chat_remove", id: line.id }))}
            >
              <CloseIcon />
            </button>
          )}
        </span>
      )}
    </li>
  );
}

/** One field: first it asks for a name, then it takes lines. */
function Composer({ session }: { session: ShowSession }): JSX.Element {
  const me = session.me.value;
  const isNamed =
    session.grant.name !== null || (me !== null && me.role !== "viewer" && hasOwnName(me));
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const send = async (): Promise<void> => {
    const line = text.trim();
    if (line === "") return;
    if (!isNamed) {
      session.setName(line.slice(0, NAME_MAX));
      setText("");
      return;
    }
    try {
      await session.chat(line);
      setText("");
      setProblem(null);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  const label = isNamed ? t("chat_placeholder") : t("chat_name");
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
      >
        <SendIcon />
      </button>
      {problem !== null && (
        <p class="problem" role="alert">
          {t("error_generic", { reason: problem })}
        </p>
      )}
    </form>
  );
}
