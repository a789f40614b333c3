// The HTTP side of the server: typed calls, and RFC 9457 problems as one error type.

import type {
  AuthenticityView,
  BasketBody,
  BasketView,
  ConfirmBody,
  CouponBody,
  CouponList,
  CouponView,
  DealBody,
  DealList,
  DealView,
  HostWish,
  HostOrderList,
  HostOrderView,
  ImportReport,
  ModerationLog,
  OrderView,
  PayView,
  QuoteView,
  Reminders,
  ReserveBody,
  RowError,
  SerialView,
  ServerInfo,
  ProductList,
  ShowCard,
  ShowInfo,
  ShowList,
  ShowPlan,
  Stats,
  Ticket,
  Transcript,
  Visit,
} from "./protocol.gen";
import { API } from "./protocol.gen";

/** RFC 9457 problem details, with the members our server adds. */
export interface ProblemBody {
  title: string;
  status: number;
  code: string;
  detail?: string;
  hint?: string;
  basket?: BasketView;
  available?: number;
  variant?: string;
  errors?: RowError[];
}

/** The server answered and refused. */
export class Problem extends Error {
  constructor(readonly body: ProblemBody) {
    super(body.detail ?? body.title);
    this.name = "Problem";
  }
  get code(): string {
    return this.body.code;
  }
  get status(): number {
    return this.body.status;
  }
}

/** Nobody answered: offline, server away, or an answer that was cut off. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super("the server could not be reached", { cause });
    this.name = "Unreachable";
  }
}

interface CallOptions {
  method?: string;
  token?: string | null;
  json?: unknown;
  body?: string;
  headers?: Record<string, string>;
}

async function call<T>(path: string, options: CallOptions = {}): Promise<T> {
  const text = await textOf(path, options);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

async function textOf(path: string, options: CallOptions): Promise<string> {
  const headers: Record<string, string> = { accept: "application/json", ...options.headers };
  if (options.token) headers["authorization"] = `Bearer ${options.token}`;
  if (options.json !== undefined) headers["content-type"] = "application/json";
  const body = options.json !== undefined ? JSON.stringify(options.json) : options.body;
  const request: RequestInit = { method: options.method ?? "GET", headers };
  if (body !== undefined) request.body = body;
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, request);
    text = await response.text();
  } catch (cause) {
    throw new Unreachable(cause);
  }
  if (response.ok) return text;
  throw new Problem(problemOf(response, text));
}

function problemOf(response: Response, text: string): ProblemBody {
  try {
    const body = JSON.parse(text) as Partial<ProblemBody>;
    return {
      ...body,
      title: body.title ?? response.statusText,
      status: response.status,
      code: body.code ?? `http_${response.status}`,
    };
  } catch {
    return { title: response.statusText, status: response.status, code: `http_${response.status}` };
  }
}

const show = (name: string): string => `${API}/shows/${encodeURIComponent(name)}`;
const order = (id: string): string => `${API}/orders/${encodeURIComponent(id)}`;

export const server = (): Promise<ServerInfo> => call(`${API}/server`);

export const shows = async (): Promise<ShowCard[]> => (await call<ShowList>(`${API}/shows`)).shows;

/** One show, on air or not. */
export const showCard = (name: string): Promise<ShowCard> => call(show(name));

/** How a show is announced. */
export const planShow = (name: string, token: string, plan: ShowPlan): Promise<ShowInfo> =>
  call(show(name), { method: "PUT", token, json: plan });

/** Makes these products, in this order, the whole shelf. */
export const shelve = (name: string, token: string, products: string[]): Promise<ProductList> =>
  call(`${show(name)}/shelf`, { method: "PUT", token, json: { products } });

/** A show that is to come, for a calendar. */
export const calendarUrl = (name: string): string => `${show(name)}/calendar.ics`;

const reminder = (name: string, key: string): string => `${show(name)}/reminders/${key}`;

export const putReminder = (name: string, key: string): Promise<Reminders> =>
  call(reminder(name, key), { method: "PUT" });

export const forgetReminder = (name: string, key: string): Promise<Reminders> =>
  call(reminder(name, key), { method: "DELETE" });

/** A viewer's grant. The name is left to the join, so that it can be changed later. */
export const visit = (name: string): Promise<Visit> =>
  call(`${show(name)}/visit`, { method: "POST", json: {} });

export const ticket = (token: string): Promise<Ticket> =>
  call(`${API}/tickets`, { method: "POST", token });

export const importProducts = (
  name: string,
  token: string,
  body: string,
  contentType: "text/csv" | "application/ld+json",
): Promise<ImportReport> =>
  call(`${show(name)}/products`, {
    method: "POST",
    token,
    body,
    headers: { "content-type": contentType },
  });

export const quote = (name: string, variant: string, token: string): Promise<QuoteView> =>
  call(`${show(name)}/quotes/${encodeURIComponent(variant)}`, { token });

/** What a basket costs now, with a signed quote for each line. */
export const priceBasket = (name: string, body: BasketBody, token: string): Promise<BasketView> =>
  call(`${show(name)}/basket`, { method: "POST", token, json: body });

export const reserve = (
  name: string,
  token: string,
  key: string,
  body: ReserveBody,
): Promise<OrderView> =>
  call(`${show(name)}/orders`, {
    method: "POST",
    token,
    json: body,
    headers: { "idempotency-key": key },
  });

export const confirmOrder = (id: string, token: string, buyer: ConfirmBody): Promise<OrderView> =>
  call(`${order(id)}/confirm`, { method: "POST", token, json: buyer });

/** The provider's page where a pending order is paid; asked again it is the same page. */
export const payPage = async (id: string): Promise<string> =>
  (await call<PayView>(`${order(id)}/pay`, { method: "POST" })).url;

/** Announces a flash deal. */
export const announceDeal = (name: string, token: string, deal: DealBody): Promise<DealView> =>
  call(`${show(name)}/deals`, { method: "POST", token, json: deal });

/** Flash deals that are planned, counted down or on. */
export const listDeals = async (name: string, token: string): Promise<DealView[]> =>
  (await call<DealList>(`${show(name)}/deals`, { token })).deals;

export const listCoupons = async (token: string): Promise<CouponView[]> =>
  (await call<CouponList>(`${API}/coupons`, { token })).coupons;

/** Makes a coupon, or changes it. */
export const putCoupon = (token: string, code: string, body: CouponBody): Promise<CouponView> =>
  call(`${API}/coupons/${encodeURIComponent(code)}`, { method: "PUT", token, json: body });

export const removeCoupon = (token: string, code: string): Promise<void> =>
  call(`${API}/coupons/${encodeURIComponent(code)}`, { method: "DELETE", token });

/** Ends a flash deal before its time. */
export const endDeal = (name: string, token: string, id: string): Promise<void> =>
  call(`${show(name)}/deals/${encodeURIComponent(id)}`, { method: "DELETE", token });

/** What the host makes of an order. */
export const decideOrder = (
  name: string,
  id: string,
  token: string,
  state: HostWish,
): Promise<OrderView> =>
  call(`${show(name)}/orders/${encodeURIComponent(id)}`, { method: "PUT", token, json: { state } });

export const cancelOrder = (id: string, token: string): Promise<OrderView> =>
  call(`${order(id)}/cancel`, { method: "POST", token });

export const getOrder = (id: string, token: string | null = null): Promise<OrderView> =>
  call(order(id), { token });

const product = (id: string): string => `${API}/products/${encodeURIComponent(id)}`;

/** What proves a product genuine. */
export const authenticity = (id: string): Promise<AuthenticityView> =>
  call(`${product(id)}/authenticity`);

/** What is known of a serial number. */
export const checkSerial = (id: string, serial: string): Promise<SerialView> =>
  call(`${product(id)}/serials/check`, { method: "POST", json: { serial } });

const words = (name: string, language: string, format: string): string =>
  `/captions/${encodeURIComponent(name)}/${encodeURIComponent(language)}.${format}`;

/** What was said, beside its translation. */
export const transcript = (
  name: string,
  language: string,
  token: string | null,
): Promise<Transcript> => call(words(name, language, "json"), { token });

/** The same as a file to keep. */
export const transcriptFile = async (
  name: string,
  language: string,
  format: string,
  token: string | null,
): Promise<Blob> => new Blob([await textOf(words(name, language, format), { token })]);

/** Forgets name, contact and address of an order's buyer. */
export const eraseBuyer = (order: string, token: string): Promise<void> =>
  call(`${API}/erasures`, { method: "POST", token, json: { order } });

/** The audience and what it bought, up to this second. */
export const stats = (name: string, token: string): Promise<Stats> =>
  call(`${show(name)}/stats`, { token });

/** The same as a table. */
export const statsFile = async (name: string, token: string | null): Promise<Blob> =>
  new Blob([await textOf(`${show(name)}/stats.csv`, { token })], { type: "text/csv" });

/** What was done to keep the chat in order, the newest first. */
export const moderationLog = (name: string, token: string): Promise<ModerationLog> =>
  call(`${show(name)}/moderation`, { token });

export const listOrders = async (name: string, token: string): Promise<HostOrderView[]> =>
  (await call<HostOrderList>(`${show(name)}/orders`, { token })).orders;
