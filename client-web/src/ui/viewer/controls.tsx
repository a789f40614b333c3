// The round buttons of the viewer: sound, subtitles, share, products.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { ShowSession } from "../../state/session";
import { BagIcon, MutedIcon, ShareIcon, SoundIcon } from "../kit/icons";
import { PageLanguageMenu } from "../kit/language";
import { CaptionsMenu } from "./captions-menu";

const COPIED_MS = 2_000;

export interface ControlsProps {
  session: ShowSession;
  isMuted: boolean;
  onMuted: (isMuted: boolean) => void;
  onShelf: () => void;
  showShelf: boolean;
}

export function Controls({
  session,
  isMuted,
  onMuted,
  onShelf,
  showShelf,
}: ControlsProps): JSX.Element {
  const count = session.show.value?.products.length ?? 0;
  return (
    <div class="controls">
      {showShelf && (
        <button class="bag" data-testid="controls_shelf" onClick={onShelf} aria-label={t("shelf")}>
          <BagIcon />
          {count > 0 && <span class="count">{count}</span>}
        </button>
      )}
      <span class="grow" />
      <PageLanguageMenu />
      <button
        class="round glass"
        aria-label={isMuted ? t("unmute") : t("mute")}
        data-testid="controls_sound"
        onClick={() => onMuted(!isMuted)}
      >
        {isMuted ? <MutedIcon /> : <SoundIcon />}
      </button>
      <CaptionsMenu session={session} />
      <ShareButton />
    </div>
  );
}

function ShareButton(): JSX.Element {
  const [isCopied, setCopied] = useState(false);
  const share = async (): Promise<void> => {
    const url = location.origin + location.pathname;
    try {
      if ("share" in navigator && matchMedia("(pointer: coarse)").matches) {
        await navigator.share({ url, title: document.title });
      } else {
        await navigator.clipboard.writeText(url);
        setCopied(true);
        setTimeout(() => setCopied(false), COPIED_MS);
      }
    } catch {
      // The visitor closed the share sheet, or the browser keeps the clipboard to itself.
    }
  };
  return (
    <span class="share">
      <button
        class="round glass"
        aria-label={t("share")}
        data-testid="controls_share"
        onClick={() => void share()}
      >
        <ShareIcon />
      </button>
      <span class="toast" role="status" hidden={!isCopied}>
        {t("copied")}
      </span>
    </span>
  );
}
