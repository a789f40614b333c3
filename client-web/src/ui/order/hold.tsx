// How long an order stands, on the server's clock, and whether its pieces are held meanwhile.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t, type MessageKey } from "../../i18n";
import type { OrderView, ProductView } from "../../net/protocol.gen";
import { ClockIcon } from "../kit/icons";

export interface HoldProps {
  order: OrderView;
  products: ProductView[];
  serverNow: () => number;
  onLapse: () => void;
}

const TICK_MS = 250;

export function Hold({ order, products, serverNow, onLapse }: HoldProps): JSX.Element | null {
  const { expires_ms } = order;
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
  const [title, hint] = words(order, products);
  return (
    <div class={left_ms < 60_000 ? "hold hurry" : "hold"} role="timer" data-testid="order_hold">
      <ClockIcon />
      <div>
        <strong>{t(title)}</strong>
        <p>{t(hint, { time: minutes(left_ms) })}</p>
      </div>
    </div>
  );
}

function words(order: OrderView, products: ProductView[]): [MessageKey, MessageKey] {
  const isFirstPaid = order.lines.some(({ product }) =>
    products.some(({ id, hold_mode }) => id === product && hold_mode === "first_paid"),
  );
  if (isFirstPaid) return ["order_first_paid", "order_first_paid_hint"];
  if (order.state === "pending") return ["order_pay_title", "order_pay_hint"];
  return ["order_held", "order_held_hint"];
}

/** `9:59`. */
function minutes(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
