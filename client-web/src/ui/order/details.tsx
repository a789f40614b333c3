// Second step: the pieces are held; who buys them? The countdown runs on the server's clock.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { ConfirmBody, ProductView } from "../../net/protocol.gen";
import type { Basket } from "../../state/basket";
import { GiveBack } from "./give-back";
import { Address, EMPTY_ADDRESS, addressBody } from "./address";
import { Field } from "./field";
import { Hold } from "./hold";
import { OrderLines } from "./line";
import { NoticeLine } from "./notice";

export interface DetailsProps {
  basket: Extract<Basket, { step: "details" }>;
  products: ProductView[];
  serverNow: () => number;
  onConfirm: (buyer: ConfirmBody) => void;
  onLapse: () => void;
  onGiveBack: () => void;
}

export function Details(props: DetailsProps): JSX.Element {
  const { basket, products, serverNow, onConfirm, onLapse, onGiveBack } = props;
  const { order, busy, notice } = basket;
  const [buyer, setBuyer] = useState({ name: "", contact: "" });
  const [address, setAddress] = useState(EMPTY_ADDRESS);
  const set = (field: keyof typeof buyer) => (value: string) =>
    setBuyer({ ...buyer, [field]: value });
  const submit = (event: Event): void => {
    event.preventDefault();
    const details = { name: buyer.name.trim(), contact: buyer.contact.trim() };
    const { country } = order;
    onConfirm(country === null ? details : { ...details, address: addressBody(address, country) });
  };
  return (
    <form class="order-step" data-testid="order_details" onSubmit={submit}>
      <Hold order={order} products={products} serverNow={serverNow} onLapse={onLapse} />
      <OrderLines order={order} products={products} />
      <Field
        label={t("order_name")}
        name="name"
        testid="order_name"
        value={buyer.name}
        onInput={set("name")}
        required
      />
      <Field
        label={t("order_contact")}
        name="email"
        testid="order_contact"
        value={buyer.contact}
        onInput={set("contact")}
        required
      />
      {order.country !== null && order.address_rules !== null && (
        <Address
          country={order.country}
          rules={order.address_rules}
          draft={address}
          onInput={setAddress}
        />
      )}
      <NoticeLine notice={notice} price={order.total} />
      <button
        class="button accent wide"
        data-testid="order_confirm"
        disabled={busy}
        aria-busy={busy}
      >
        {notice?.kind === "offline" ? t("order_try_again") : t("order_confirm")}
      </button>
      <GiveBack busy={busy} onGiveBack={onGiveBack} />
    </form>
  );
}
