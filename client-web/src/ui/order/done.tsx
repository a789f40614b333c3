// Third step: it is theirs. The number is large enough to read out on the phone.

import type { JSX } from "preact";
import { t } from "../../i18n";
import type { OrderView, ProductView } from "../../net/protocol.gen";
import { orderNumber } from "../../state/basket";
import { CheckIcon } from "../kit/icons";
import { OrderLines } from "./line";

export interface DoneProps {
  order: OrderView;
  products: ProductView[];
  onClose: () => void;
}

export function Done({ order, products, onClose }: DoneProps): JSX.Element {
  return (
    <div class="order-step done" data-testid="order_done">
      <span class="done-mark">
        <CheckIcon />
      </span>
      <p class="done-hint">
        {t(order.state === "paid" ? "order_is_paid" : "order_done_hint")}{" "}
        <a href={`/o/${order.id}`} data-testid="order_link">
          {t("order_status")}
        </a>
      </p>
      <OrderLines order={order} products={products} />
      <dl class="order-number">
        <dt>{t("order_number")}</dt>
        <dd dir="ltr" data-testid="order_number" data-order={order.id}>
          {orderNumber(order.id)}
        </dd>
      </dl>
      <button class="button light wide" data-testid="order_continue" onClick={onClose}>
        {t("order_continue")}
      </button>
    </div>
  );
}
