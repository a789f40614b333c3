// What is said instead of a picture: not yet live, blocked by the network, over, unknown, private,
// turned away.

import type { JSX } from "preact";
import { t } from "../../i18n";
import type { ShowSession } from "../../state/session";
import { LogoIcon } from "../kit/icons";
import { Upcoming } from "../kit/upcoming";

type Act =
  | "opening"
  | "starting"
  | "paused"
  | "unreachable"
  | "over"
  | "unknown"
  | "private"
  | "left"
  | null;

/** Why the page is not connected any more. */
interface Ended {
  reason: string;
  message: string;
}

/** Acts during which the show goes on: chat, shelf and subtitles stay. */
const BESIDE_THE_SHOW: readonly Act[] = [null, "starting", "paused", "unreachable", "over"];

function actOf(session: ShowSession): Act {
  const ended = session.ended.value;
  if (ended) {
    if (ended.reason === "unknown_show") return "unknown";
    if (ended.reason === "private_show" || ended.reason === "bad_token") return "private";
    return ended.reason === "ended" ? "over" : "left";
  }
  const show = session.show.value;
  if (!show) return "opening";
  if (show.info.phase === "ended") return "over";
  const { receptions } = session;
  if (show.tracks.some(({ kind }) => kind === "video")) {
    if (receptions.state.value !== "failed") return null;
    if (!receptions.hasConnected) return "unreachable";
  }
  return show.info.phase === "live" ? "paused" : "starting";
}

/** Whether subtitles and cards have nothing to lie over. */
export function isCurtained(session: ShowSession): boolean {
  return !BESIDE_THE_SHOW.includes(actOf(session));
}

export function Curtain({ session }: { session: ShowSession }): JSX.Element | null {
  const act = actOf(session);
  if (act === null) return null;
  const info = session.show.value?.info;
  const [title, hint] = words(act, session.ended.value ?? { reason: "", message: "" });
  const isFinal = act === "unknown" || act === "private" || act === "left";
  return (
    <div class="curtain" data-testid="viewer_curtain" data-act={act}>
      {act === "opening" ? (
        <span class="spinner large" role="status" />
      ) : act === "starting" && info?.cover ? (
        <img class="curtain-cover" src={info.cover} alt="" />
      ) : (
        <LogoIcon />
      )}
      {title !== "" && <h2>{title}</h2>}
      {hint !== "" && <p>{hint}</p>}
      {act === "starting" && info && info.starts_ms !== null && (
        <Upcoming
          show={info.name}
          starts_ms={info.starts_ms}
          reminders={null}
          now={() => session.serverNow()}
        />
      )}
      {isFinal && (
        <p class="curtain-actions">
          {act === "left" && (
            <button class="button accent" onClick={() => location.reload()}>
              {t("reload")}
            </button>
          )}
          <a class="button" href="/">
            {t("back_to_lobby")}
          </a>
        </p>
      )}
    </div>
  );
}

function words(act: Exclude<Act, null>, ended: Ended): [string, string] {
  switch (act) {
    case "opening":
      return ["", ""];
    case "starting":
      return [t("show_starting"), t("show_starting_hint")];
    case "paused":
      return [t("show_paused"), ""];
    case "unreachable":
      return [t("show_unreachable"), t("show_unreachable_hint")];
    case "over":
      return [t("show_ended"), t("show_ended_hint")];
    case "unknown":
      return [t("show_unknown"), ""];
    case "private":
      return [t("show_private"), t("show_private_hint")];
    case "left":
      return [t("show_left"), leftHint(ended)];
  }
}

function leftHint({ reason, message }: Ended): string {
  if (reason === "replaced") return t("left_replaced");
  return reason === "removed" || reason === "banned" ? t("left_removed") : message;
}
