// Orders as they come in, with what was sold and what is held.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { locale, t, type MessageKey } from "../../i18n";
import { ORDERS_LISTED_MAX } from "../../limits";
import * as api from "../../net/api";
import type { HostOrderView, Money, OrderState, OrderView } from "../../net/protocol.gen";
import { orderNumber } from "../../state/basket";
import { formatMoney, sums } from "../../state/money";
import type { ShowSession } from "../../state/session";

const STATE_NAMES: Record<OrderState, MessageKey> = {
  reserved: "order_reserved",
  confirmed: "order_confirmed",
  cancelled: "order_cancelled",
  expired: "order_expired",
};

/** During a rush the book is read at most about once a second. */
const BOOK_DELAY_MS = 1_000;

/** The further of two states: the feed may be ahead of the book, or the book of the feed. */
function newest(book: OrderView, feed: OrderView | undefined): { state: OrderState } {
  return { state: feed && book.state === "reserved" ? feed.state : book.state };
}

export function Orders({ session }: { session: ShowSession }): JSX.Element {
  const [book, setBook] = useState<HostOrderView[]>([]);
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
  const inState = (state: OrderState): OrderView[] =>
    orders.filter((order) => order.state === state);
  return (
    <section class="panel orders" data-testid="orders">
      <header class="panel-head">
        <h2 class="panel-title">
          {t("host_orders")} <span>{orders.length}</span>
        </h2>
      </header>
      <dl class="totals">
        <Total label={t("host_sold")} testid="orders_sold" orders={inState("confirmed")} />
        <Total label={t("host_held")} testid="orders_held" orders={inState("reserved")} />
      </dl>
      {orders.length === 0 && <p class="empty">{t("host_orders_empty")}</p>}
      <ul>
        {orders.slice(0, ORDERS_LISTED_MAX).map((order) => (
          <li key={order.id} class="order-row" data-state={order.state} data-testid="orders_row">
            <div>
              <b>{order.buyer ?? orderNumber(order.id)}</b>
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
            </div>
          </li>
        ))}
      </ul>
    </section>
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
