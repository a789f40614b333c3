// What the buyer should know before going on: a new price, no stock, a slow network.

import type { JSX } from "preact";
import { locale, t, type MessageKey } from "../../i18n";
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

const NO_COUPON: Partial<Record<string, MessageKey>> = {
  coupon_unknown: "coupon_unknown",
  coupon_not_yet: "coupon_not_yet",
  coupon_expired: "coupon_expired",
  coupon_used_up: "coupon_used_up",
  coupon_used: "coupon_used",
  coupon_minimum: "coupon_minimum",
  coupon_currency: "coupon_currency",
};

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
    case "limit":
      return notice.available === 0
        ? t("order_limit_none")
        : t("order_limit_some", { n: notice.available });
    case "deal_limit":
      return notice.available === 0
        ? t("order_deal_none")
        : t("order_deal_left", { n: notice.available });
    case "coupon":
      return t(NO_COUPON[notice.why] ?? "coupon_unknown");
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
