// Who is on, since when it is live, how many watch; and the banner while the link is down.

import type { JSX } from "preact";
import { locale, t } from "../../i18n";
import type { ShowSession } from "../../state/session";
import { hasOwnName } from "./composer";
import { EyeIcon, LogoIcon } from "../kit/icons";

export function TopBar({ session }: { session: ShowSession }): JSX.Element {
  const info = session.show.value?.info;
  const phase = info?.phase;
  const isLost =
    session.show.value !== null &&
    session.status.value !== "online" &&
    session.ended.value === null;
  const host = session.show.value?.participants.find(({ role }) => role === "host");
  return (
    <header class="top-bar">
      <a class="round glass" href="/" aria-label={t("back_to_lobby")} data-testid="viewer_home">
        <LogoIcon />
      </a>
      <div class="top-title">
        <h1>{info?.title ?? ""}</h1>
        {host && hasOwnName(host) && <p>{host.name}</p>}
      </div>
      <div class="top-badges">
        {phase === "live" && (
          <span class="badge live" data-testid="viewer_live">
            {t("live")}
          </span>
        )}
        {phase === "scheduled" && <span class="badge">{t("scheduled")}</span>}
        {phase === "ended" && <span class="badge">{t("ended")}</span>}
        {info && (
          <span
            class="badge"
            data-testid="viewer_count"
            title={t("viewers", { n: session.viewers.value })}
          >
            <EyeIcon />
            <span class="visually-hidden">{t("viewers", { n: session.viewers.value })}</span>
            <span aria-hidden="true">
              {new Intl.NumberFormat(locale(), { notation: "compact" }).format(
                session.viewers.value,
              )}
            </span>
          </span>
        )}
      </div>
      {isLost && (
        <p class="banner" role="status" data-testid="viewer_reconnecting">
          <span class="spinner" aria-hidden="true" />
          {t("reconnecting")}
        </p>
      )}
    </header>
  );
}
