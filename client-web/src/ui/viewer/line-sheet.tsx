// What a host or moderator can do about a line and who wrote it.

import type { JSX } from "preact";
import { t } from "../../i18n";
import type { ChatLine } from "../../net/protocol.gen";
import type { ShowSession } from "../../state/session";
import { Sheet } from "../kit/dialog";

const MUTE_S = 600;

export interface LineSheetProps {
  session: ShowSession;
  line: ChatLine;
  /** Carries a request out and tells its refusal. */
  ask: (request: Promise<unknown>) => void;
  onClose: () => void;
}

export function LineSheet({ session, line, ask, onClose }: LineSheetProps): JSX.Element {
  const { participant, name } = line;
  const isHost = session.me.value?.role === "host";
  const people = session.show.value?.participants ?? [];
  const role = people.find(({ id }) => id === participant)?.role ?? line.role;
  const isHeld = role === "viewer" || role === "guest";
  const act = (request: () => Promise<unknown>) => (): void => {
    ask(request());
    onClose();
  };
  const ban = (): void => {
    if (window.confirm(t("chat_ban_sure", { name }))) {
      act(() => session.moderate({ act: "ban", participant }))();
    }
  };
  const button = (testid: string, label: string, onClick: () => void, kind = ""): JSX.Element => (
    <button class={`button wide ${kind}`} data-testid={testid} onClick={onClick}>
      {label}
    </button>
  );
  return (
    <Sheet title={name} testid="line_sheet" onClose={onClose}>
      <blockquote class="line-quote" dir="auto">
        {line.text}
      </blockquote>
      <div class="line-choices">
        {button(
          "chat_pin",
          t("chat_pin"),
          act(() => session.moderate({ act: "pin_line", id: line.id })),
        )}
        {isHost &&
          role === "viewer" &&
          button(
            "chat_invite",
            t("chat_invite"),
            act(() => session.promote(participant, "guest")),
          )}
        {isHost &&
          role === "viewer" &&
          button(
            "chat_appoint",
            t("chat_appoint"),
            act(() => session.promote(participant, "moderator")),
          )}
        {isHost &&
          (role === "guest" || role === "moderator") &&
          button(
            "chat_uninvite",
            t(role === "guest" ? "chat_uninvite" : "chat_dismiss"),
            act(() => session.promote(participant, "viewer")),
          )}
        {isHeld && (
          <>
            {button(
              "chat_mute",
              t("chat_mute"),
              act(() => session.moderate({ act: "mute", participant, seconds: MUTE_S })),
            )}
            {button(
              "chat_shadow",
              t("chat_shadow"),
              act(() => session.moderate({ act: "shadow", participant })),
            )}
            {button("chat_ban", t("chat_ban"), ban, "danger")}
          </>
        )}
      </div>
    </Sheet>
  );
}
