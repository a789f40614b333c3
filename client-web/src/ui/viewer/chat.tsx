// The chat: a fading column over the picture on a phone, a panel on wide screens. Any line can be
// read in the page's language; hosts and moderators keep it in order.

import "../../style/chat.css";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { pageLanguage, t, type MessageKey } from "../../i18n";
import type { ChatLine, Role } from "../../net/protocol.gen";
import { Refusal } from "../../net/socket";
import { languageName } from "../../state/caption-choice";
import type { ShowSession } from "../../state/session";
import { CloseIcon, MoreIcon, PinIcon, SlidersIcon, TranslateIcon } from "../kit/icons";
import { later } from "../kit/later";
import { Composer } from "./composer";
import { ReactionBar } from "./reactions";
import { reasonOf } from "../../state/reason";

const ChatRules = later(async () => (await import("./chat-rules")).ChatRules);
const LineSheet = later(async () => (await import("./line-sheet")).LineSheet);

/** Lines that fit over a phone's picture. */
const OVERLAY_LINES = 30;

const ROLE_NAMES: Partial<Record<Role, MessageKey>> = {
  host: "role_host",
  guide: "role_guide",
  guest: "role_guest",
  moderator: "role_moderator",
};

export interface ChatProps {
  session: ShowSession;
  isOverlay: boolean;
}

export function Chat({ session, isOverlay }: ChatProps): JSX.Element {
  const lines = session.show.value?.chat ?? [];
  const role = session.me.value?.role;
  const mayModerate = role === "host" || role === "moderator";
  const [problem, setProblem] = useState<string | null>(null);
  const [chosen, setChosen] = useState<ChatLine | null>(null);
  const [areRulesOpen, setRulesOpen] = useState(false);
  const ask = (request: Promise<unknown>): void =>
    void request.then(
      () => setProblem(null),
      (error: unknown) => setProblem(reasonOf(error)),
    );
  return (
    <section class={isOverlay ? "chat overlay" : "chat"} data-testid="chat" aria-label={t("chat")}>
      {!isOverlay && <h2 class="panel-title">{t("chat")}</h2>}
      <Pinned session={session} onUnpin={mayModerate ? ask : null} />
      <div class="chat-scroll">
        <ul aria-live="off">
          {lines.length === 0 && !isOverlay && <li class="empty">{t("chat_empty")}</li>}
          {(isOverlay ? lines.slice(-OVERLAY_LINES) : lines).map((line) => (
            <Line
              key={line.id}
              line={line}
              session={session}
              ask={ask}
              onMore={mayModerate ? () => setChosen(line) : null}
            />
          ))}
        </ul>
      </div>
      {problem !== null && (
        <p class="problem" role="alert">
          {t("error_generic", { reason: problem })}
        </p>
      )}
      <div class="chat-tools">
        <ReactionBar session={session} />
        {mayModerate && (
          <button
            class="round quiet tiny"
            title={t("chat_rules")}
            aria-label={t("chat_rules")}
            data-testid="chat_rules"
            onClick={() => setRulesOpen(true)}
          >
            <SlidersIcon />
          </button>
        )}
      </div>
      <Composer session={session} />
      {chosen && (
        <LineSheet session={session} line={chosen} ask={ask} onClose={() => setChosen(null)} />
      )}
      {areRulesOpen && <ChatRules session={session} onClose={() => setRulesOpen(false)} />}
    </section>
  );
}

interface PinnedProps {
  session: ShowSession;
  /** Carries out what takes it down; none for those who may not. */
  onUnpin: ((request: Promise<unknown>) => void) | null;
}

function Pinned({ session, onUnpin }: PinnedProps): JSX.Element | null {
  const line = session.show.value?.chat_rules.pinned;
  if (!line) return null;
  return (
    <p class="chat-pinned" data-testid="chat_pinned">
      <PinIcon />
      <span>
        <span class="visually-hidden">{t("chat_pinned")}: </span>
        <b>{line.name}</b> <span dir="auto">{line.text}</span>
      </span>
      {onUnpin && (
        <button
          class="round quiet tiny"
          title={t("chat_unpin")}
          aria-label={t("chat_unpin")}
          data-testid="chat_unpin"
          onClick={() => onUnpin(session.moderate({ act: "pin_line", id: null }))}
        >
          <CloseIcon />
        </button>
      )}
    </p>
  );
}

interface LineProps {
  line: ChatLine;
  session: ShowSession;
  /** Carries a request out and tells its refusal. */
  ask: (request: Promise<unknown>) => void;
  /** Opens what else can be done; none for those who do not keep the chat in order. */
  onMore: (() => void) | null;
}

function Line({ line, session, ask, onMore }: LineProps): JSX.Element {
  const badge = ROLE_NAMES[line.role];
  const [reading, setReading] = useState<{ text: string | null; note: string } | null>(null);
  const language = pageLanguage.value;
  const read = async (): Promise<void> => {
    if (reading) {
      setReading(null);
      return;
    }
    try {
      const { text, kept } = await session.translate(line.id, language);
      setReading({ text, note: t(kept ? "captions_kept" : "captions_neural") });
    } catch (error) {
      setReading({ text: null, note: whyNot(error, language) });
    }
  };
  const text = reading?.text ?? null;
  return (
    <li class="line" data-testid="chat_line">
      <p>
        <b>{line.name}</b>
        {badge && <span class="mark">{t(badge)}</span>}{" "}
        <span dir="auto" lang={text === null ? undefined : language}>
          {text ?? line.text}
        </span>
        {reading && (
          <small class="line-note" role="status" data-testid="chat_reading">
            {reading.note}
          </small>
        )}
      </p>
      <span class="line-actions">
        {line.participant !== session.me.value?.id && (
          <button
            class="round quiet tiny"
            title={t(text === null ? "chat_translate" : "chat_original")}
            aria-label={`${t("chat_translate")}: ${line.text}`}
            aria-pressed={text !== null}
            data-testid="chat_translate"
            onClick={() => void read()}
          >
            <TranslateIcon />
          </button>
        )}
        {onMore && (
          <>
            <button
              class="round quiet tiny"
              title={t("chat_remove")}
              aria-label={`${t("chat_remove")}: ${line.text}`}
              data-testid="chat_remove"
              onClick={() => ask(session.moderate({ act: "remove", id: line.id }))}
            >
              <CloseIcon />
            </button>
            <button
              class="round quiet tiny"
              title={t("chat_more")}
              aria-label={`${t("chat_more")}: ${line.text}`}
              aria-haspopup="dialog"
              data-testid="chat_more"
              onClick={onMore}
            >
              <MoreIcon />
            </button>
          </>
        )}
      </span>
    </li>
  );
}

/** Why a line cannot be read in the page's language. */
function whyNot(error: unknown, language: string): string {
  const name = languageName(language, language);
  switch (error instanceof Refusal ? error.code : "") {
    case "no_translation":
    case "translation_off":
      return t("chat_no_translation", { language: name });
    case "same_language":
      return t("chat_same_language", { language: name });
    case "language_unknown":
      return t("chat_unknown_language");
    case "blocked_words":
      return t("chat_blocked_translation");
    default:
      return t("error_generic", { reason: error instanceof Error ? error.message : "" });
  }
}
