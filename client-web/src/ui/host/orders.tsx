// Orders as they come in, with what was sold and what is held.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { locale, t, type MessageKey } from "../../i18n";
import { ORDERS_LISTED_MAX } from "../../limits";
import * as api from "../../net/api";
import type { HostOrderView, HostWish, Money, OrderState, OrderView } from "../../net/protocol.gen";
import { orderNumber } from "../../state/basket";
import { formatMoney, sums } from "../../state/money";
import type { ShowSession } from "../../state/session";
import { reasonOf } from "../../state/reason";

/** Every state with its name, in the order in which an order may come through them. */
const STATE_NAMES: Record<OrderState, MessageKey> = {
  reserved: "order_reserved",
  pending: "order_pending",
  expired: "order_expired",
  confirmed: "order_confirmed",
  cancelled: "order_cancelled",
  paid: "order_paid",
  refunding: "order_refunding",
  refunded: "order_refunded",
};
const PATH = Object.keys(STATE_NAMES) as OrderState[];

/** During a rush the book is read at most about once a second. */
const BOOK_DELAY_MS = 1_000;

/** The further of two states: the feed may be ahead of the book, or the book of the feed. */
function newest(book: OrderView, feed: OrderView | undefined): { state: OrderState } {
  const isBehind = feed && PATH.indexOf(book.state) < PATH.indexOf(feed.state);
  return { state: isBehind ? feed.state : book.state };
}

export function Orders({ session }: { session: ShowSession }): JSX.Element {
  const [book, setBook] = useState<HostOrderView[]>([]);
  const [failure, setFailure] = useState<string | null>(null);
  const isOnline = session.status.value === "online";
  const name = session.show.value?.info.name;
  const feed = session.orders.value;
  useEffect(() => {
    const { token } = session.grant;
    if (!isOnline || name === undefined || token === null) return;
    // The feed tells at once that something was sold, but not to whom; the book does.
    const timer = setTimeout(
      () => void api.listOrders(name, token).then(setBook, () => undefined),
      feed.size === 0 ? 0 : BOOK_DELAY_MS,
    );
    return () => clearTimeout(timer);
  }, [isOnline, name, feed]);
  const byId = new Map<string, OrderView & Partial<HostOrderView>>(feed);
  for (const order of book) byId.set(order.id, { ...order, ...newest(order, feed.get(order.id)) });
  const orders = [...byId.values()].sort((a, b) => b.created_ms - a.created_ms);
  const inStates = (...states: OrderState[]): OrderView[] =>
    orders.filter((order) => states.includes(order.state));
  const decide = (order: OrderView, wish: HostWish): void => {
    const { token } = session.grant;
    if (name === undefined || token === null) return;
    api.decideOrder(name, order.id, token, wish).then(
      ({ state }) =>
        setBook((old) => old.map((one) => (one.id === order.id ? { ...one, state } : one))),
      (error: unknown) => setFailure(reasonOf(error)),
    );
  };
  const forget = (order: OrderView): void => {
    const { token } = session.grant;
    if (token === null || !window.confirm(t("host_forget_sure"))) return;
    const nobody = { buyer: null, contact: null, address: null };
    api.eraseBuyer(order.id, token).then(
      () => setBook((old) => old.map((one) => (one.id === order.id ? { ...one, ...nobody } : one))),
      (error: unknown) => setFailure(reasonOf(error)),
    );
  };
  return (
    <section class="panel orders" data-testid="orders">
      <header class="panel-head">
        <h2 class="panel-title">
          {t("host_orders")} <span>{orders.length}</span>
        </h2>
      </header>
      <dl class="totals">
        <Total label={t("host_sold")} testid="orders_sold" orders={inStates("confirmed", "paid")} />
        <Total
          label={t("host_held")}
          testid="orders_held"
          orders={inStates("reserved", "pending")}
        />
      </dl>
      {failure !== null && <p class="notice">{t("error_generic", { reason: failure })}</p>}
      {orders.length === 0 && <p class="empty">{t("host_orders_empty")}</p>}
      <ul>
        {orders.slice(0, ORDERS_LISTED_MAX).map((order) => (
          <li key={order.id} class="order-row" data-state={order.state} data-testid="orders_row">
            <div>
              <b dir="auto">{order.buyer || orderNumber(order.id)}</b>
              {order.lines.map((line) => (
                <p key={line.variant}>
                  {line.quantity} × {line.title} {Object.values(line.options).join(" · ")}
                </p>
              ))}
              {order.contact && <p>{[order.contact, order.address].filter(Boolean).join(" · ")}</p>}
            </div>
            <div class="order-sum">
              <strong>{formatMoney(order.total, locale())}</strong>
              <span class="state">{t(STATE_NAMES[order.state])}</span>
              <Decisions order={order} onDecide={(wish) => decide(order, wish)} />
              {order.contact && (
                <button
                  class="button quiet small"
                  data-testid="orders_forget"
                  onClick={() => forget(order)}
                >
                  {t("host_forget")}
                </button>
              )}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What a host may make of an order in its state. */
const DECISIONS: Partial<Record<OrderState, [HostWish, MessageKey][]>> = {
  confirmed: [
    ["paid", "host_mark_paid"],
    ["cancelled", "host_call_off"],
  ],
  paid: [["cancelled", "host_call_off"]],
  refunding: [["refunded", "host_mark_refunded"]],
};

interface DecisionsProps {
  order: OrderView & Partial<HostOrderView>;
  onDecide: (wish: HostWish) => void;
}

function Decisions({ order, onDecide }: DecisionsProps): JSX.Element {
  const ask = (wish: HostWish): void => {
    if (wish !== "cancelled" || window.confirm(t("host_call_off_sure"))) onDecide(wish);
  };
  // What the payment provider took it gives back itself.
  const decisions = (DECISIONS[order.state] ?? []).filter(
    ([wish]) => wish !== "refunded" || order.has_charge === false,
  );
  return (
    <>
      {decisions.map(([wish, label]) => (
        <button
          key={wish}
          class="button quiet small"
          data-testid={`orders_${wish}`}
          onClick={() => ask(wish)}
        >
          {t(label)}
        </button>
      ))}
    </>
  );
}

function Total({
  label,
  testid,
  orders,
}: {
  label: string;
  testid: string;
  orders: OrderView[];
}): JSX.Element {
  const totals: Money[] = sums(orders.map(({ total }) => total));
  return (
    <div>
      <dt>
        {label} <span>{orders.length}</span>
      </dt>
      <dd data-testid={testid}>
        {totals.length > 0 ? totals.map((sum) => formatMoney(sum, locale())).join(" + ") : "–"}
      </dd>
    </div>
  );
}
