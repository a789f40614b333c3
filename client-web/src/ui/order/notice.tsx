// What the buyer should know before going on: a new price, no stock, a slow network.

import type { JSX } from "preact";
import { locale, t } from "../../i18n";
import type { Money } from "../../net/protocol.gen";
import type { Notice } from "../../state/basket";
import { formatMoney } from "../../state/money";
import { WarnIcon } from "../kit/icons";

export function NoticeLine({
  notice,
  price,
}: {
  notice: Notice | null;
  price: Money | null;
}): JSX.Element | null {
  if (notice === null) return null;
  return (
    <p class="notice" role="alert" data-testid="order_notice" data-kind={notice.kind}>
      {notice.kind === "retrying" ? <span class="spinner" aria-hidden="true" /> : <WarnIcon />}
      <span>{words(notice, price)}</span>
    </p>
  );
}

function words(notice: Notice, price: Money | null): string {
  switch (notice.kind) {
    case "price_changed":
      return t("order_price_changed", {
        from: formatMoney(notice.from, locale()),
        to: price ? formatMoney(price, locale()) : "…",
      });
    case "sold_out":
      return t("order_sold_out");
    case "only_left":
      return t("order_only_left", { n: notice.available });
    case "retrying":
      return t("order_retrying");
    case "offline":
      return t("order_offline");
    case "lapsed":
      return t("order_lapsed");
    case "error":
      return t("error_generic", { reason: notice.message });
  }
}
