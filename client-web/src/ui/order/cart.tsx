// The basket: several lines, where they go, what sending costs, and the sum that is charged.

import type { JSX } from "preact";
import { locale, pageLanguage, t } from "../../i18n";
import type { ProductView } from "../../net/protocol.gen";
import type { Basket } from "../../state/basket";
import type { CartLine } from "../../state/cart";
import { countryChoices } from "../../state/countries";
import { formatMoney } from "../../state/money";
import { optionsOf, Thumb, titleOf } from "../kit/price";
import { CouponField } from "./coupon";
import { NoticeLine } from "./notice";
import { Stepper } from "./stepper";

export interface CartProps {
  basket: Extract<Basket, { step: "cart" }>;
  lines: readonly CartLine[];
  products: ProductView[];
  onQuantity: (variant: string, quantity: number) => void;
  onCountry: (code: string) => void;
  onCoupon: (code: string | null) => void;
  onReserve: () => void;
}

export function Cart(props: CartProps): JSX.Element {
  const { basket, lines, products, onQuantity, onCountry, onCoupon, onReserve } = props;
  const { priced, country, busy, notice } = basket;
  const countries = countryChoices(priced?.countries ?? [], locale());
  const isReady = priced !== null && priced.shipping !== null && lines.length > 0;
  return (
    <div class="order-step" data-testid="cart">
      {lines.length === 0 && <p class="empty">{t("cart_empty")}</p>}
      {lines.map((line, at) => {
        const product = products.find(({ id }) => id === line.product);
        const variant = product?.variants.find(({ id }) => id === line.variant);
        const total = priced?.totals[at];
        return (
          <div key={line.variant} class="order-product" data-testid="cart_line">
            {product && <Thumb product={product} />}
            <div class="row-text">
              <h3>{product ? titleOf(product, pageLanguage.value) : line.variant}</h3>
              {variant && Object.keys(variant.options).length > 0 && (
                <p class="muted">{optionsOf(variant)}</p>
              )}
              {total && (
                <strong data-testid="cart_line_total">{formatMoney(total, locale())}</strong>
              )}
            </div>
            <Stepper
              quantity={line.quantity}
              least={0}
              most={variant?.available ?? line.quantity}
              isBusy={busy}
              testid="cart"
              onQuantity={(quantity) => onQuantity(line.variant, quantity)}
            />
          </div>
        );
      })}
      {countries.length > 0 && (
        <label class="field">
          <span>{t("order_country")}</span>
          <select
            data-testid="cart_country"
            value={country ?? ""}
            disabled={busy}
            onChange={(event) => onCountry(event.currentTarget.value)}
          >
            <option value="" disabled>
              {t("order_country_choose")}
            </option>
            {countries.map(({ code, name }) => (
              <option key={code} value={code}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      {lines.length > 0 && <CouponField coupon={basket.coupon} busy={busy} onCoupon={onCoupon} />}
      {priced?.discount && (
        <div class="order-line">
          <span>{t("order_discount")}</span>
          <span data-testid="order_discount">−{formatMoney(priced.discount, locale())}</span>
        </div>
      )}
      {priced?.shipping && countries.length > 0 && (
        <div class="order-line">
          <span>{t("order_shipping")}</span>
          <span data-testid="order_shipping">{formatMoney(priced.shipping, locale())}</span>
        </div>
      )}
      {priced && lines.length > 0 && (
        <div class="order-line total">
          <span>{t("order_total")}</span>
          <strong data-testid="order_total">{formatMoney(priced.total, locale())}</strong>
        </div>
      )}
      <NoticeLine notice={notice} price={priced?.total ?? null} />
      <button
        class="button accent wide"
        data-testid="cart_reserve"
        disabled={busy || !isReady}
        aria-busy={busy}
        onClick={onReserve}
      >
        {isReady
          ? t("order_reserve", { total: formatMoney(priced.total, locale()) })
          : t("order_country_choose")}
      </button>
    </div>
  );
}
