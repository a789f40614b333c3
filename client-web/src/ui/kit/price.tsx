// A price with what it used to cost, and the stock line, the same everywhere.

import type { JSX } from "preact";
import { locale, t } from "../../i18n";
import type { ProductView, VariantView } from "../../net/protocol.gen";
import { languageServes } from "../../state/captions";
import { dealPrice } from "../../state/deal";
import { formatMoney, percentOff } from "../../state/money";
import { DealLine, useDeal } from "./deal";

/** Below this the number of pieces is worth telling as a warning. */
const FEW = 10;

export function Price({ product }: { product: ProductView }): JSX.Element {
  const deal = useDeal(product.deal);
  const cheap = dealPrice(product);
  const isCheaper = deal?.isOn === true && cheap !== null && cheap.minor < product.price.minor;
  const price = isCheaper ? cheap : product.price;
  const before = isCheaper ? product.price : product.compare_at;
  const off = percentOff(price, before);
  return (
    <>
      <p class="price">
        <strong data-testid="product_price">{formatMoney(price, locale())}</strong>
        {before && off !== null && (
          <>
            <span class="visually-hidden">{t("earlier_price")}</span>
            <s>{formatMoney(before, locale())}</s>
            <span class="off">{percent(-off)}</span>
          </>
        )}
      </p>
      {deal && product.deal && cheap && <DealLine deal={product.deal} now={deal} price={cheap} />}
    </>
  );
}

export function Stock({ product }: { product: ProductView }): JSX.Element {
  const { available } = product;
  const few = available > 0 && available <= FEW;
  return (
    <p
      class={available === 0 ? "stock none" : few ? "stock few" : "stock"}
      data-testid="product_stock"
      data-available={available}
    >
      {available === 0 ? t("sold_out") : t("left", { n: available })}
      {product.per_buyer !== null && ` · ${t("deal_each", { n: product.per_buyer })}`}
    </p>
  );
}

export function Thumb({ product }: { product: ProductView }): JSX.Element {
  const [cover] = product.images;
  return (
    <span class="thumb">
      {cover !== undefined ? (
        <img src={cover} alt="" loading="lazy" decoding="async" />
      ) : (
        <span>{product.title.charAt(0)}</span>
      )}
    </span>
  );
}

function percent(n: number): string {
  return new Intl.NumberFormat(locale(), { style: "percent" }).format(n / 100);
}

/** `M · red`: which variant it is; its id when it has no options. */
export function optionsOf({ id, options }: Pick<VariantView, "id" | "options">): string {
  const values = Object.values(options);
  return values.length > 0 ? values.join(" · ") : id;
}

/** The title in the reader's language when the merchant gave one. */
export function titleOf(product: ProductView, tag: string): string {
  return inLanguage(product.translations, tag) ?? product.title;
}

/** The description, likewise. */
export function descriptionOf(product: ProductView, tag: string): string {
  return inLanguage(product.descriptions, tag) ?? product.description;
}

function inLanguage(texts: Record<string, string>, tag: string): string | undefined {
  return Object.entries(texts).find(([other]) => languageServes(other, tag))?.[1];
}
