// The sheet of subtitle settings: three choices, seen at once on the picture behind it.

import type { JSX } from "preact";
import { t, type MessageKey } from "../../i18n";
import { captionLook, LOOKS, setLook, type CaptionLook } from "../../state/caption-look";
import { Sheet } from "../kit/dialog";

const SETTINGS = Object.entries(LOOKS) as [keyof CaptionLook, readonly string[]][];

export function CaptionLookSheet({ onClose }: { onClose: () => void }): JSX.Element {
  const look = captionLook.value;
  return (
    <Sheet title={t("look")} testid="look" onClose={onClose}>
      {SETTINGS.map(([key, choices]) => (
        <fieldset key={key} class="segments">
          <legend>{t(`look_${key}`)}</legend>
          {choices.map((choice) => (
            <label key={choice}>
              <input
                type="radio"
                name={key}
                checked={look[key] === choice}
                data-testid={`look_${choice}`}
                onChange={() => setLook({ [key]: choice })}
              />
              <span>{t(`look_${choice}` as MessageKey)}</span>
            </label>
          ))}
        </fieldset>
      ))}
    </Sheet>
  );
}
