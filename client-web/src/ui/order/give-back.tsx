// Gives the held pieces back.

import type { JSX } from "preact";
import { t } from "../../i18n";

export function GiveBack({
  busy,
  onGiveBack,
}: {
  busy: boolean;
  onGiveBack: () => void;
}): JSX.Element {
  return (
    <button
      type="button"
      class="button quiet wide"
      data-testid="order_give_back"
      disabled={busy}
      onClick={onGiveBack}
    >
      {t("order_give_back")}
    </button>
  );
}
