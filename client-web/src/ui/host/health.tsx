// The status light: is it going out, how well; and what subtitles would need to be good.

import type { JSX } from "preact";
import { pageLanguage, t } from "../../i18n";
import { languageName } from "../../state/caption-choice";
import type { Publication } from "../../state/publication";
import type { ShowSession } from "../../state/session";

/** Above this share of lost packets viewers notice. */
const LOSS_WARNING = 0.03;

export function Health({
  camera,
  session,
}: {
  camera: Publication;
  session: ShowSession;
}): JSX.Element {
  const state = camera.state.value;
  const stats = camera.stats.value;
  const isFedElsewhere = state === "off" && (session.show.value?.tracks.length ?? 0) > 0;
  const isGood = state === "connected" || isFedElsewhere;
  const loss = stats?.lossRatio ?? 0;
  const light =
    state === "failed"
      ? "bad"
      : isGood
        ? loss > LOSS_WARNING
          ? "poor"
          : "good"
        : state === "off"
          ? "off"
          : "poor";
  const words = {
    connected: t("host_on_air"),
    connecting: t("host_connecting"),
    failed: t("host_failed"),
    off: isFedElsewhere ? t("host_on_air") : t("host_off_air"),
  }[state];
  return (
    <p class="health" data-testid="studio_health" data-light={light} role="status">
      <span class="light" aria-hidden="true" />
      <strong>{words}</strong>
      {stats && state === "connected" && (
        <span class="muted">
          {t("host_health", {
            kbps: Math.round(stats.kilobits),
            fps: Math.round(stats.frames),
            size: `${stats.width}×${stats.height}`,
          })}
          {loss > LOSS_WARNING && ` · ${t("host_loss", { n: Math.round(loss * 100) })}`}
        </span>
      )}
    </p>
  );
}

/** Says which translation models the show would need, when viewers get a gist at best. */
export function LackingModels({ session }: { session: ShowSession }): JSX.Element | null {
  const pairs = session.show.value?.pairs ?? [];
  const lacking = new Map(
    pairs.flatMap(({ from, lacking }) => (lacking === null ? [] : [[lacking, from] as const])),
  );
  if (lacking.size === 0) return null;
  const list = new Intl.ListFormat(pageLanguage.value);
  return (
    <p class="lacking muted" data-testid="studio_lacking">
      {t("host_lacking", {
        language: list.format(
          [...new Set(lacking.values())].map((tag) => languageName(tag, pageLanguage.value)),
        ),
        models: list.format(lacking.keys()),
      })}
    </p>
  );
}
