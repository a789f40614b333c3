// Second step: the pieces are held; who buys them? The countdown runs on the server's clock.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import type { ConfirmBody, ProductView } from "../../net/protocol.gen";
import type { Basket } from "../../state/basket";
import { ClockIcon } from "../kit/icons";
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
      <Hold expires_ms={order.expires_ms} serverNow={serverNow} onLapse={onLapse} />
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
      <button
        type="button"
        class="button quiet wide"
        data-testid="order_give_back"
        disabled={busy}
        onClick={onGiveBack}
      >
        {t("order_give_back")}
      </button>
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

interface HoldProps {
  expires_ms: number | null;
  serverNow: () => number;
  onLapse: () => void;
}

const TICK_MS = 250;

function Hold({ expires_ms, serverNow, onLapse }: HoldProps): JSX.Element | null {
  const [left_ms, setLeft] = useState(() => (expires_ms ?? 0) - serverNow());
  useEffect(() => {
    if (expires_ms === null) return;
    const timer = setInterval(() => {
      const left = expires_ms - serverNow();
      setLeft(left);
      if (left <= 0) {
        clearInterval(timer);
        onLapse();
      }
    }, TICK_MS);
    return () => clearInterval(timer);
  }, [expires_ms]);
  if (expires_ms === null) return null;
  return (
    <div class={left_ms < 60_000 ? "hold hurry" : "hold"} role="timer" data-testid="order_hold">
      <ClockIcon />
      <div>
        <strong>{t("order_held")}</strong>
        <p>{t("order_held_hint", { time: minutes(left_ms) })}</p>
      </div>
    </div>
  );
}

/** `9:59`. */
function minutes(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
