// Third step: it is theirs. The number is large enough to read out on the phone.

import type { JSX } from "preact";
import { locale, t } from "../../i18n";
import type { OrderView, ProductView } from "../../net/protocol.gen";
import { orderNumber } from "../../state/basket";
import { formatMoney } from "../../state/money";
import { CheckIcon } from "../kit/icons";
import { Thumb } from "../kit/price";

export interface DoneProps {
  order: OrderView;
  product: ProductView | undefined;
  onClose: () => void;
}

export function Done({ order, product, onClose }: DoneProps): JSX.Element {
  return (
    <div class="order-step done" data-testid="order_done">
      <span class="done-mark">
        <CheckIcon />
      </span>
      <p class="done-hint">{t("order_done_hint")}</p>
      <div class="order-product">
        {product && <Thumb product={product} />}
        <div class="row-text">
          <h3>{order.title}</h3>
          <p class="muted">
            {order.quantity} × {formatMoney(order.unit_price, locale())}
          </p>
        </div>
        <strong>{formatMoney(order.total, locale())}</strong>
      </div>
      <dl class="order-number">
        <dt>{t("order_number")}</dt>
        <dd data-testid="order_number" data-order={order.id}>
          {orderNumber(order.id)}
        </dd>
      </dl>
      <button class="button light wide" data-testid="order_continue" onClick={onClose}>
        {t("order_continue")}
      </button>
    </div>
  );
}
