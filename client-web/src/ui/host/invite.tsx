// The link for viewers, as text and as a code to scan.

import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { encode } from "uqr";
import { t } from "../../i18n";
import { CheckIcon, ShareIcon } from "../kit/icons";

export function Invite({ show }: { show: string }): JSX.Element {
  const url = `${location.origin}/s/${show}`;
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(url);
      setCopied(true);
    } catch {
      // Not allowed on plain HTTP: the field below can be selected by hand.
    }
  };
  return (
    <section class="panel invite" data-testid="invite">
      <Code text={url} />
      <div>
        <h2 class="panel-title">{t("host_share")}</h2>
        <p class="muted">{t("host_share_hint")}</p>
        <div class="invite-link">
          <input
            readOnly
            dir="ltr"
            value={url}
            aria-label={t("share")}
            data-testid="invite_link"
            onFocus={(event) => event.currentTarget.select()}
          />
          <button
            class="round quiet"
            aria-label={isCopied ? t("copied") : t("share")}
            onClick={() => void copy()}
          >
            {isCopied ? <CheckIcon /> : <ShareIcon />}
          </button>
        </div>
      </div>
    </section>
  );
}

/** The code as one path: no data URL, so the strictest content policy shows it. */
function Code({ text }: { text: string }): JSX.Element {
  const { size, path } = useMemo(() => {
    const code = encode(text, { border: 2 });
    const dark = code.data.flatMap((row, y) =>
      row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")),
    );
    return { size: code.size, path: dark.join("") };
  }, [text]);
  return (
    <svg
      class="qr"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={text}
      shape-rendering="crispEdges"
    >
      <path d={path} />
    </svg>
  );
}
