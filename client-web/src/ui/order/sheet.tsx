// The order sheet: three short steps over the running stream. Draws the basket's state; the calls
// are in `state/checkout.ts`.

import type { JSX } from "preact";
import { t } from "../../i18n";
import type { Checkout } from "../../state/checkout";
import type { ShowSession } from "../../state/session";
import { Sheet } from "../kit/dialog";
import { Cart } from "./cart";
import { Choosing } from "./choosing";
import { Details } from "./details";
import { Done } from "./done";
import { Paying } from "./paying";

export interface OrderSheetProps {
  checkout: Checkout;
  session: ShowSession;
}

export function OrderSheet({ checkout, session }: OrderSheetProps): JSX.Element | null {
  const basket = checkout.basket.value;
  if (basket.step === "closed") return null;
  const products = session.show.value?.products ?? [];
  const product =
    basket.step === "choosing" ? products.find(({ id }) => id === basket.product) : undefined;
  const title = basket.step === "done" ? t("order_done") : t("order_title");
  return (
    <Sheet title={title} testid="order" onClose={() => checkout.close()}>
      {basket.step === "choosing" && product && (
        <Choosing
          basket={basket}
          product={product}
          onVariant={(variant) => checkout.setVariant(variant)}
          onQuantity={(quantity) => checkout.setQuantity(quantity)}
          onAdd={() => checkout.addToCart()}
          onReserve={() => void checkout.reserve()}
        />
      )}
      {basket.step === "cart" && (
        <Cart
          basket={basket}
          lines={checkout.cart.value}
          products={products}
          onQuantity={(variant, quantity) => checkout.setLine(variant, quantity)}
          onCountry={(code) => checkout.setCountry(code)}
          onCoupon={(code) => checkout.setCoupon(code)}
          onReserve={() => void checkout.reserveCart()}
        />
      )}
      {basket.step === "details" && (
        <Details
          basket={basket}
          products={products}
          serverNow={() => session.serverNow()}
          onConfirm={(buyer) => void checkout.confirm(buyer)}
          onLapse={() => checkout.lapse()}
          onGiveBack={() => void checkout.giveBack()}
        />
      )}
      {basket.step === "paying" && (
        <Paying
          basket={basket}
          products={products}
          serverNow={() => session.serverNow()}
          onPay={() => void checkout.pay()}
          onLapse={() => checkout.lapse()}
          onGiveBack={() => void checkout.giveBack()}
        />
      )}
      {basket.step === "done" && (
        <Done order={basket.order} products={products} onClose={() => checkout.close()} />
      )}
    </Sheet>
  );
}
