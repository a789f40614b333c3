// A flash deal of a product: counted down before it begins and until it is over.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { locale, t } from "../../i18n";
import type { DealView, Money } from "../../net/protocol.gen";
import { dealAt, type DealNow } from "../../state/deal";
import { formatMoney } from "../../state/money";
import { serverNow } from "../../state/server-clock";

const TICK_MS = 250;

/** The deal as it is now, drawn again while its time runs. */
export function useDeal(deal: DealView | null): DealNow | null {
  const [, setNow] = useState(0);
  useEffect(() => {
    if (deal === null) return;
    const timer = setInterval(() => setNow(serverNow()), TICK_MS);
    return () => clearInterval(timer);
  }, [deal?.id]);
  return deal && dealAt(deal, serverNow());
}

interface DealLineProps {
  deal: DealView;
  now: DealNow;
  price: Money;
}

export function DealLine({ deal, now, price }: DealLineProps): JSX.Element {
  const words = { price: formatMoney(price, locale()), time: now.time };
  return (
    <p
      class={now.isOn ? "deal is-on" : "deal"}
      role="timer"
      data-testid="product_deal"
      data-on={now.isOn}
    >
      {t(now.isOn ? "deal_on" : "deal_soon", words)}
      {deal.per_buyer !== null && <span>{t("deal_each", { n: deal.per_buyer })}</span>}
    </p>
  );
}
