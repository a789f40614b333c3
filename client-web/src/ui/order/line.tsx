// What is being bought: picture, name, quantity and sum of each line, then shipping and total.

import type { JSX } from "preact";
import { locale, t } from "../../i18n";
import type { OrderView, ProductView } from "../../net/protocol.gen";
import { formatMoney } from "../../state/money";
import { optionsOf, Thumb } from "../kit/price";

export interface OrderLinesProps {
  order: OrderView;
  products: ProductView[];
}

export function OrderLines({ order, products }: OrderLinesProps): JSX.Element {
  return (
    <>
      {order.lines.map((line) => {
        const product = products.find(({ id }) => id === line.product);
        return (
          <div key={line.variant} class="order-product" data-testid="order_line">
            {product && <Thumb product={product} />}
            <div class="row-text">
              <p class="order-name">{line.title}</p>
              {Object.keys(line.options).length > 0 && (
                <p class="muted">{optionsOf({ ...line, id: line.variant })}</p>
              )}
              <p class="muted">
                {line.quantity} × {formatMoney(line.unit_price, locale())}
              </p>
            </div>
            <strong>{formatMoney(line.total, locale())}</strong>
          </div>
        );
      })}
      {order.discount && (
        <div class="order-line">
          <span>
            {t("order_discount")} {order.coupon}
          </span>
          <span data-testid="order_discount">−{formatMoney(order.discount, locale())}</span>
        </div>
      )}
      {order.country !== null && (
        <div class="order-line">
          <span>{t("order_shipping")}</span>
          <span data-testid="order_shipping">{formatMoney(order.shipping, locale())}</span>
        </div>
      )}
      <div class="order-line total">
        <span>{t("order_total")}</span>
        <strong data-testid="order_total">{formatMoney(order.total, locale())}</strong>
      </div>
    </>
  );
}
