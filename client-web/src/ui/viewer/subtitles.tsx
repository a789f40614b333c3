// Subtitles over the picture: at most two rows in a box of a fixed height, so that nothing moves
// while words are added. Words that may still change are lighter. Who listens to the page is read
// finished lines only.

import type { JSX } from "preact";
import { direction, t } from "../../i18n";
import { captionLook } from "../../state/caption-look";
import type { Row } from "../../state/captions";
import type { ShowSession } from "../../state/session";
import { useSpoken } from "../kit/spoken";

export function Subtitles({ session }: { session: ShowSession }): JSX.Element {
  const rows = session.rows.value;
  const line = session.lastLine.value;
  const look = captionLook.value;
  const spoken = useSpoken(line?.text ?? "", line);
  const language = rows[0]?.language ?? session.captionLanguage.value ?? "en";
  return (
    <div
      class="subtitles"
      data-testid="subtitles"
      data-on={session.captionLanguage.value !== null}
      data-size={look.size}
      data-ground={look.ground}
      data-place={look.place}
      dir={direction(language)}
    >
      <div class="subtitle-rows" aria-hidden="true">
        {rows.map((row) => (
          <SubtitleRow key={row.key} row={row} />
        ))}
      </div>
      <p
        class="visually-hidden"
        aria-live="polite"
        lang={line?.language}
        data-testid="subtitles_spoken"
      >
        {spoken}
      </p>
    </div>
  );
}

function SubtitleRow({ row }: { row: Row }): JSX.Element {
  const chars = Array.from(row.text);
  const stays = chars.slice(0, row.stable).join("");
  const mayChange = chars.slice(row.stable).join("");
  return (
    <p
      lang={row.kept ? row.spoken : row.language}
      dir={direction(row.kept ? row.spoken : row.language)}
      data-final={row.final}
      data-testid="subtitles_row"
    >
      {row.speaker !== null && <b>{row.speaker}: </b>}
      {row.kept && (
        <abbr class="kept" title={t("captions_kept")} data-testid="subtitles_kept">
          {row.spoken.split("-")[0]}
        </abbr>
      )}
      {stays}
      {mayChange !== "" && <span class="may-change">{mayChange}</span>}
    </p>
  );
}
