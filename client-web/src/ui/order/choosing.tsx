// First step: how many, at which price.

import type { JSX } from "preact";
import { locale, pageLanguage, t } from "../../i18n";
import { QUANTITY_MAX } from "../../limits";
import type { ProductView } from "../../net/protocol.gen";
import type { Basket } from "../../state/basket";
import { dealOf } from "../../state/deal";
import { formatMoney, times, unitPrice } from "../../state/money";
import { descriptionOf, optionsOf, Price, Stock, Thumb, titleOf } from "../kit/price";
import { Authenticity } from "./authenticity";
import { NoticeLine } from "./notice";
import { Stepper } from "./stepper";

export interface ChoosingProps {
  basket: Extract<Basket, { step: "choosing" }>;
  product: ProductView;
  onVariant: (variant: string) => void;
  onQuantity: (quantity: number) => void;
  onAdd: () => void;
  onReserve: () => void;
}

export function Choosing(props: ChoosingProps): JSX.Element {
  const { basket, product, onVariant, onQuantity, onAdd, onReserve } = props;
  const { quantity, quote, busy, notice } = basket;
  const variant = product.variants.find(({ id }) => id === basket.variant);
  const price = quote ? unitPrice(quote, quantity) : (variant?.prices[0]?.price ?? product.price);
  const available = variant?.available ?? 0;
  const most = Math.min(QUANTITY_MAX, available);
  const isSoldOut = available === 0;
  const isAgain = notice?.kind === "offline";
  return (
    <div class="order-step" data-testid="order_choosing">
      <div class="order-product">
        <Thumb product={product} />
        <div class="row-text">
          <h3>{titleOf(product, pageLanguage.value)}</h3>
          <Price product={{ ...product, price, deal: dealOf(product, basket.variant) }} />
          <Stock product={{ ...product, available }} />
        </div>
      </div>
      <p class="description long">{descriptionOf(product, pageLanguage.value)}</p>
      <Authenticity product={product.id} />
      {product.variants.length > 1 && (
        <label class="field">
          <span>{t("order_variant")}</span>
          <select
            data-testid="order_variant"
            value={basket.variant}
            disabled={busy}
            onChange={(event) => onVariant(event.currentTarget.value)}
          >
            {product.variants.map((other) => (
              <option key={other.id} value={other.id} disabled={other.available === 0}>
                {optionsOf(other)}
              </option>
            ))}
          </select>
        </label>
      )}
      <div class="order-line">
        <span>{t("order_quantity")}</span>
        <Stepper
          quantity={quantity}
          least={1}
          most={most}
          isBusy={busy}
          testid="order"
          onQuantity={onQuantity}
        />
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
      <button
        class="button quiet wide"
        data-testid="order_add"
        disabled={busy || isSoldOut}
        onClick={onAdd}
      >
        {t("cart_add")}
      </button>
    </div>
  );
}
