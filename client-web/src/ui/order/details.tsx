// Second step: the pieces are held; who buys them? The countdown runs on the server's clock.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { ConfirmBody, ProductView } from "../../net/protocol.gen";
import type { Basket } from "../../state/basket";
import { GiveBack } from "./give-back";
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
  const [buyer, setBuyer] = useState({ name: "", contact: "", address: "" });
  const set = (field: keyof typeof buyer) => (value: string) =>
    setBuyer({ ...buyer, [field]: value });
  const submit = (event: Event): void => {
    event.preventDefault();
    const { name, contact, address } = buyer;
    const details = { name: name.trim(), contact: contact.trim() };
    onConfirm(address.trim() === "" ? details : { ...details, address: address.trim() });
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
      <Field
        label={t("order_address")}
        name="street-address"
        testid="order_address"
        value={buyer.address}
        onInput={set("address")}
      />
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

interface FieldProps {
  label: string;
  name: "name" | "email" | "street-address";
  testid: string;
  value: string;
  required?: boolean;
  onInput: (value: string) => void;
}

function Field({ label, name, testid, value, required = false, onInput }: FieldProps): JSX.Element {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        name={name}
        autocomplete={name}
        value={value}
        required={required}
        maxLength={200}
        data-testid={testid}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}
