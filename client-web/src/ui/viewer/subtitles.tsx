// Subtitles over the picture: at most two rows that do not jump while words are added.

import type { JSX } from "preact";
import { direction } from "../../i18n";
import type { Row } from "../../state/captions";

export function Subtitles({ rows }: { rows: Row[] }): JSX.Element {
  return (
    <div class="subtitles" data-testid="subtitles" aria-live="polite" aria-atomic="false">
      {rows.map((row) => (
        <p
          key={row.key}
          lang={row.language}
          dir={direction(row.language)}
          data-final={row.final}
          data-testid="subtitles_row"
        >
          {row.speaker !== null && <b>{row.speaker}: </b>}
          {row.text}
        </p>
      ))}
    </div>
  );
}
