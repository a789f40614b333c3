// The page of one order, by its unguessable link: where it stands, and the way to pay it. Buyers
// come here from the payment provider, often before the provider has told the server.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { locale, t, type MessageKey } from "../../i18n";
import * as api from "../../net/api";
import type { OrderState, OrderView } from "../../net/protocol.gen";
import { orderNumber } from "../../state/basket";
import { formatMoney } from "../../state/money";
import { SiteHead } from "../kit/site-head";
import { OrderLines } from "./line";
import { reasonOf } from "../../state/reason";

/** While somebody waits for money the order is asked about this often. */
const REFRESH_MS = 2_000;

/** States that change without the buyer's doing. */
const MOVING: ReadonlySet<OrderState> = new Set(["reserved", "pending", "expired", "refunding"]);

const WORDS: Record<OrderState, MessageKey> = {
  reserved: "order_is_reserved",
  pending: "order_is_pending",
  confirmed: "order_is_confirmed",
  paid: "order_is_paid",
  refunding: "order_is_refunding",
  refunded: "order_is_refunded",
  cancelled: "order_is_cancelled",
  expired: "order_is_expired",
};

export function OrderPage({ id }: { id: string }): JSX.Element {
  const [order, setOrder] = useState<OrderView | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const isMoving = order === null || MOVING.has(order.state);
  useEffect(() => {
    const load = (): void => {
      api.getOrder(id).then(
        (found) => {
          setOrder(found);
          setFailure(null);
        },
        (error: unknown) => setFailure(reason(error)),
      );
    };
    load();
    if (!isMoving) return;
    const timer = setInterval(load, REFRESH_MS);
    return () => clearInterval(timer);
  }, [id, isMoving]);
  useEffect(() => {
    document.title = `${t("order_title")} · Vitrine`;
  }, []);
  return (
    <div class="lobby order-page">
      <SiteHead />
      <main class="order-step" data-testid="order_page" data-state={order?.state}>
        <h1>{t("order_title")}</h1>
        {order && <Order order={order} onFailure={setFailure} />}
        {failure !== null && (
          <p class="notice" role="alert" data-testid="order_notice">
            {failure}
          </p>
        )}
      </main>
    </div>
  );
}

interface OrderProps {
  order: OrderView;
  onFailure: (reason: string) => void;
}

function Order({ order, onFailure }: OrderProps): JSX.Element {
  const [isBusy, setBusy] = useState(false);
  const pay = async (): Promise<void> => {
    setBusy(true);
    try {
      location.assign(await api.payPage(order.id));
    } catch (error) {
      setBusy(false);
      onFailure(reason(error));
    }
  };
  return (
    <>
      <p role="status" data-testid="order_state">
        {t(WORDS[order.state])}
      </p>
      <OrderLines order={order} products={[]} />
      <dl class="order-number">
        <dt>{t("order_number")}</dt>
        <dd dir="ltr">{orderNumber(order.id)}</dd>
      </dl>
      {order.state === "pending" && (
        <button
          class="button accent wide"
          data-testid="order_pay"
          disabled={isBusy}
          aria-busy={isBusy}
          onClick={() => void pay()}
        >
          {t("order_pay", { total: formatMoney(order.total, locale()) })}
        </button>
      )}
      <a
        class="button light wide"
        data-testid="order_back"
        href={`/s/${encodeURIComponent(order.show)}`}
      >
        {t("order_back")}
      </a>
    </>
  );
}

function reason(error: unknown): string {
  if (error instanceof api.Problem && error.code === "unknown_order") return t("order_unknown");
  if (error instanceof api.Unreachable) return t("order_offline");
  return t("error_generic", { reason: reasonOf(error) });
}
