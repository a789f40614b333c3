// Products laid over the picture. The newest comes first and large; earlier ones stay as chips.

import type { JSX } from "preact";
import { locale, pageLanguage, t } from "../../i18n";
import type { ProductView, ShowState } from "../../net/protocol.gen";
import { formatMoney } from "../../state/money";
import { Price, Stock, Thumb, titleOf } from "../kit/price";
import { useSpoken } from "../kit/spoken";

export interface PinsProps {
  show: ShowState;
  onBuy: (product: string) => void;
}

export function Pins({ show, onBuy }: PinsProps): JSX.Element {
  const pinned = show.pins
    .map(({ product }) => show.products.find(({ id }) => id === product))
    .filter((product) => product !== undefined)
    .reverse();
  const [newest] = pinned;
  const spoken = useSpoken(newest ? announcement(newest) : "", newest?.id);
  return (
    <div class="pins" data-testid="pins">
      <p class="visually-hidden" role="status" data-testid="pins_spoken">
        {spoken}
      </p>
      {pinned.map((product, index) => (
        <PinCard key={product.id} product={product} isFirst={index === 0} onBuy={onBuy} />
      ))}
    </div>
  );
}

function announcement(product: ProductView): string {
  const price = formatMoney(product.price, locale());
  return `${t("on_screen")}: ${titleOf(product, pageLanguage.value)}, ${price}.`;
}

interface PinCardProps {
  product: ProductView;
  isFirst: boolean;
  onBuy: (product: string) => void;
}

function PinCard({ product, isFirst, onBuy }: PinCardProps): JSX.Element {
  const isSoldOut = product.available === 0;
  return (
    <article class={isFirst ? "pin first" : "pin"} data-testid="pin_card" data-product={product.id}>
      <Thumb product={product} />
      <div class="pin-text">
        <h2>{titleOf(product, pageLanguage.value)}</h2>
        <Price product={product} />
        <Stock product={product} />
      </div>
      <button
        class="button accent"
        data-testid="pin_buy"
        disabled={isSoldOut}
        onClick={() => onBuy(product.id)}
      >
        {isSoldOut ? t("sold_out") : t("buy")}
      </button>
    </article>
  );
}
