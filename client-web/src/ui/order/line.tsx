// What is being bought: picture, name, quantity and total.

import type { JSX } from "preact";
import { locale } from "../../i18n";
import type { OrderView, ProductView } from "../../net/protocol.gen";
import { formatMoney } from "../../state/money";
import { Thumb } from "../kit/price";

export interface OrderLineProps {
  order: OrderView;
  product: ProductView | undefined;
}

export function OrderLine({ order, product }: OrderLineProps): JSX.Element {
  return (
    <div class="order-product">
      {product && <Thumb product={product} />}
      <div class="row-text">
        <h3>{order.title}</h3>
        <p class="muted">
          {order.quantity} × {formatMoney(order.unit_price, locale())}
        </p>
      </div>
      <strong data-testid="order_total">{formatMoney(order.total, locale())}</strong>
    </div>
  );
}
