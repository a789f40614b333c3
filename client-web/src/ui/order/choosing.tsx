// First step: how many, at which price.

import type { JSX } from "preact";
import { locale, pageLanguage, t } from "../../i18n";
import { QUANTITY_MAX } from "../../limits";
import type { ProductView } from "../../net/protocol.gen";
import type { Basket } from "../../state/basket";
import { formatMoney, times } from "../../state/money";
import { MinusIcon, PlusIcon } from "../kit/icons";
import { Price, Stock, Thumb, titleOf } from "../kit/price";
import { NoticeLine } from "./notice";

export interface ChoosingProps {
  basket: Extract<Basket, { step: "choosing" }>;
  product: ProductView;
  onQuantity: (quantity: number) => void;
  onReserve: () => void;
}

export function Choosing({ basket, product, onQuantity, onReserve }: ChoosingProps): JSX.Element {
  const { quantity, quote, busy, notice } = basket;
  const price = quote?.unit_price ?? product.price;
  const most = Math.min(QUANTITY_MAX, product.available);
  const isSoldOut = product.available === 0;
  const isAgain = notice?.kind === "offline";
  return (
    <div class="order-step" data-testid="order_choosing">
      <div class="order-product">
        <Thumb product={product} />
        <div class="row-text">
          <h3>{titleOf(product, pageLanguage.value)}</h3>
          <Price product={{ ...product, price }} />
          <Stock product={product} />
        </div>
      </div>
      <p class="description long">{product.description}</p>
      <div class="order-line">
        <span id="quantity-label">{t("order_quantity")}</span>
        <div class="stepper" role="group" aria-labelledby="quantity-label">
          <button
            class="round quiet"
            aria-label={t("order_fewer")}
            data-testid="order_fewer"
            disabled={busy || quantity <= 1}
            onClick={() => onQuantity(quantity - 1)}
          >
            <MinusIcon />
          </button>
          <output data-testid="order_quantity">{quantity}</output>
          <button
            class="round quiet"
            aria-label={t("order_more")}
            data-testid="order_more"
            disabled={busy || quantity >= most}
            onClick={() => onQuantity(quantity + 1)}
          >
            <PlusIcon />
          </button>
        </div>
      </div>
      <div class="order-line total">
        <span>{t("order_total")}</span>
        <strong data-testid="order_total">{formatMoney(times(price, quantity), locale())}</strong>
      </div>
      <NoticeLine notice={notice} price={price} />
      <button
        class="button accent wide"
        data-testid="order_reserve"
        disabled={busy || isSoldOut}
        aria-busy={busy}
        onClick={onReserve}
      >
        {isSoldOut
          ? t("sold_out")
          : isAgain
            ? t("order_try_again")
            : t("order_reserve", { total: formatMoney(times(price, quantity), locale()) })}
      </button>
    </div>
  );
}
