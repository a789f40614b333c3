// All products of the show, those on screen marked.

import type { JSX } from "preact";
import { pageLanguage, t } from "../../i18n";
import type { ShowState } from "../../net/protocol.gen";
import { descriptionOf, Price, Stock, Thumb, titleOf } from "../kit/price";

export interface ShelfProps {
  show: ShowState;
  onBuy: (product: string) => void;
  /** Lines in the viewer's basket. */
  cartLines: number;
  onCart: () => void;
}

export function Shelf({ show, onBuy, cartLines, onCart }: ShelfProps): JSX.Element {
  const pinned = new Set(show.pins.map(({ product }) => product));
  return (
    <section class="shelf" data-testid="shelf" aria-label={t("shelf")}>
      <h2 class="panel-title">
        {t("shelf")} <span>{show.products.length}</span>
      </h2>
      {cartLines > 0 && (
        <button class="button light wide" data-testid="cart_open" onClick={onCart}>
          {t("cart_open", { n: cartLines })}
        </button>
      )}
      {show.products.length === 0 && <p class="empty">{t("shelf_empty")}</p>}
      <ul>
        {show.products.map((product) => (
          <li key={product.id} class="row" data-testid="shelf_product" data-product={product.id}>
            <Thumb product={product} />
            <div class="row-text">
              <h3>{titleOf(product, pageLanguage.value)}</h3>
              <p class="description">{descriptionOf(product, pageLanguage.value)}</p>
              <Price product={product} />
              <div class="row-marks">
                {show.now_showing === product.id && <span class="mark">{t("now_showing")}</span>}
                {pinned.has(product.id) && <span class="mark">{t("on_screen")}</span>}
                <Stock product={product} />
              </div>
            </div>
            <button
              class="button light"
              data-testid="shelf_buy"
              disabled={product.available === 0}
              onClick={() => onBuy(product.id)}
            >
              {t("buy")}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
