// Between the second step and the third, where the shop has a payment provider: off to its page.

import type { JSX } from "preact";
import { locale, t } from "../../i18n";
import type { ProductView } from "../../net/protocol.gen";
import type { Basket } from "../../state/basket";
import { formatMoney } from "../../state/money";
import { GiveBack } from "./give-back";
import { Hold } from "./hold";
import { OrderLines } from "./line";
import { NoticeLine } from "./notice";

export interface PayingProps {
  basket: Extract<Basket, { step: "paying" }>;
  products: ProductView[];
  serverNow: () => number;
  onPay: () => void;
  onLapse: () => void;
  onGiveBack: () => void;
}

export function Paying(props: PayingProps): JSX.Element {
  const { basket, products, serverNow, onPay, onLapse, onGiveBack } = props;
  const { order, busy, notice } = basket;
  return (
    <div class="order-step" data-testid="order_paying">
      <Hold order={order} products={products} serverNow={serverNow} onLapse={onLapse} />
      <OrderLines order={order} products={products} />
      <NoticeLine notice={notice} price={order.total} />
      <button
        class="button accent wide"
        data-testid="order_pay"
        disabled={busy}
        aria-busy={busy}
        onClick={onPay}
      >
        {t("order_pay", { total: formatMoney(order.total, locale()) })}
      </button>
      <GiveBack busy={busy} onGiveBack={onGiveBack} />
    </div>
  );
}
