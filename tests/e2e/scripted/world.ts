// A scripted server for one page: the built pages from client-web/dist, a show whose state the
// test changes, and a picture drawn inside the page itself. It exists for the moments a real
// server will not produce on demand, and for looking at the design; nothing in the product uses it.

import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import type { Page, Route, WebSocketRoute } from "@playwright/test";
import type {
  BasketBody,
  BasketView,
  CaptionView,
  ClientMessage,
  ConfirmBody,
  Entry,
  Judgement,
  Money,
  OrderView,
  ProductView,
  QuoteView,
  ReserveBody,
  RoomEvent,
  ServerMessage,
  ShowState,
  Stats,
  Transcript,
  VariantView,
} from "../../../client-web/src/net/protocol.gen.ts";
import { answerInPage } from "./picture.ts";
import { scriptedShow } from "./show.ts";

const DIST = new URL("../../../client-web/dist", import.meta.url).pathname;
const TYPES: Record<string, string> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".svg": "image/svg+xml",
};

/** What sending an order costs in the script. */
/** What the coupon takes off. */
const DISCOUNT = 1000;
const SHIPPING = 490;

type Join = Extract<ClientMessage, { type: "join" }>;
type Watch = Extract<ClientMessage, { type: "watch" }>;
type Taps = Extract<ClientMessage, { type: "react" }>;
export type Answer = { status: number; body: unknown };

export class World {
  show: ShowState = scriptedShow();
  role: "host" | "moderator" | "viewer" = "viewer";
  viewers = 1284;
  seq = 7;
  epoch = "e1";
  joins: Join[] = [];
  requests: ClientMessage[] = [];
  /** What a chat line is in the reader's language; none: it cannot be translated. */
  translation: string | null = null;
  /** How the next request is refused. */
  refusal: { code: string; message: string; wait_ms?: number } | null = null;
  /** What was done to keep the chat in order. */
  judgements: Judgement[] = [];
  /** Numbers of the show; none: the server has none now. */
  stats: Stats | null = null;
  reminders = 3;
  /** Orders of the shelf that a host asked for. */
  readonly shelves: string[][] = [];
  /** What the page told of how it shows its pictures. */
  watches: Watch[] = [];
  taps: Taps[] = [];
  orderKeys: string[] = [];
  /** What `POST …/orders` answers next; empty means an order. `null` cuts the connection. */
  orderAnswers: (Answer | null)[] = [];
  /** What the catalogue import answers. */
  importAnswer: Answer = { status: 200, body: { imported: 12 } };
  hold_ms = 600_000;
  /** Whether orders are paid on a page of a provider before they are bought. */
  isHosted = false;
  /** The coupon that there is. */
  coupon = "TEN";
  /** What `POST …/pay` answers next; empty means the provider's page. */
  payAnswers: Answer[] = [];
  /** What the last order was confirmed with. */
  confirmed: ConfirmBody | null = null;
  /** Where the merchant sends to; empty when it does not ask. */
  countries: string[] = [];
  /** What proves products genuine, and how often a serial number was asked about. */
  proof = { certificate: null as string | null, has_serials: false };
  checks = 0;
  /** What was said so far, in every language asked for. */
  transcript: Transcript["lines"] = [];
  private wires: WebSocketRoute[] = [];
  private log: Entry[] = [];
  private made = new Map<string, OrderView>();

  constructor(
    readonly page: Page,
    readonly origin = "http://localhost:4173",
    readonly pictureSize: [number, number] | null = [1280, 720],
  ) {}

  async start(): Promise<void> {
    await this.page.route(`${this.origin}/**`, (route) => this.serve(route));
    await this.page.routeWebSocket(/\/ws$/, (wire) => {
      this.wires.push(wire);
      wire.onMessage((text) => {
        // The page may be gone before it is answered.
        this.receive(wire, JSON.parse(String(text)) as ClientMessage).catch(() => undefined);
      });
    });
  }

  /** Appends to the log and tells everybody. */
  happen(event: RoomEvent): void {
    this.seq += 1;
    const entry: Entry = { seq: this.seq, at_ms: Date.now(), event };
    this.log.push(entry);
    if (event.event === "pinned")
      this.show.pins.push({ product: event.product, at_ms: event.at_ms });
    this.tell({ type: "entry", ...entry });
  }

  /** Appends to the log while nobody is told, as when the network is down. */
  happenUnheard(event: RoomEvent): void {
    const wires = this.wires;
    this.wires = [];
    this.happen(event);
    this.wires = wires;
  }

  tell(message: ServerMessage): void {
    for (const wire of this.wires) wire.send(JSON.stringify(message));
  }

  say(id: string, text: string, final = true, language = "en", stable = text.length): void {
    const now = Date.now();
    const view: CaptionView = {
      id,
      participant: "p1",
      language,
      spoken: "en",
      text,
      stable,
      kept: false,
      start_ms: now - 1500,
      end_ms: now,
      cues: screens(text, now),
    };
    if (final) this.happen({ event: "caption", ...view });
    else this.tell({ type: "partial", ...view });
  }

  async cutWires(): Promise<void> {
    const wires = this.wires;
    this.wires = [];
    for (const wire of wires) await wire.close({ code: 1012 });
  }

  /** The order that was made last. */
  order(): OrderView {
    const order = [...this.made.values()].at(-1);
    if (!order) throw new Error("nothing was ordered");
    return order;
  }

  product(id: string): ProductView {
    const product = this.show.products.find((other) => other.id === id);
    if (!product) throw new Error(`no product ${id} in the script`);
    return product;
  }

  private async receive(wire: WebSocketRoute, message: ClientMessage): Promise<void> {
    const send = (answer: ServerMessage): void => wire.send(JSON.stringify(answer));
    if (message.type === "join") {
      this.joins.push(message);
      await this.join(message, send);
    } else if (message.type === "clock") {
      send({ type: "clock", client_ms: message.client_ms, server_ms: Date.now() });
    } else if (message.type === "watch") {
      this.watches.push(message);
    } else if (message.type === "react") {
      this.taps.push(message);
    } else if ("request" in message) {
      this.requests.push(message);
      if (message.type === "publish") {
        const answer = await answerInPage(this.page, message.offer, null);
        send({ type: "published", request: message.request, answer });
      } else if (this.refusal) {
        send({ type: "refused", request: message.request, hint: null, ...this.refusal });
        this.refusal = null;
      } else if (message.type === "translate" && this.translation !== null) {
        const [from, text] = ["pt", this.translation];
        send({ type: "translated", request: message.request, from, text, kept: false });
      } else {
        send({ type: "done", request: message.request });
      }
      if (message.type === "pin") {
        this.happen({ event: "pinned", product: message.product, at_ms: Date.now() });
      }
    }
  }

  private async join(join: Join, send: (message: ServerMessage) => void): Promise<void> {
    const hasPicture = this.pictureSize !== null && join.offer !== undefined;
    const answer = hasPicture
      ? await answerInPage(this.page, join.offer ?? "", this.pictureSize)
      : null;
    const { resume } = join;
    const missed = this.log.filter(({ seq }) => seq > (resume?.last_seq ?? 0));
    const canResume = resume?.epoch === this.epoch;
    send({
      type: "joined",
      protocol: 1,
      you: { id: "me", name: join.name ?? "", role: this.role, speaks: null },
      epoch: this.epoch,
      server_ms: Date.now(),
      answer,
      slots: hasPicture
        ? [
            { mid: "0", kind: "video", track: "t1" },
            { mid: "4", kind: "audio", track: "t2" },
          ]
        : [],
      state: canResume
        ? { kind: "entries", entries: missed }
        : { kind: "snapshot", seq: this.seq, show: this.show },
      viewers: this.viewers,
    });
  }

  private async serve(route: Route): Promise<void> {
    const { pathname } = new URL(route.request().url());
    if (pathname.startsWith("/api/v1/")) return this.serveApi(route, pathname);
    if (pathname.startsWith("/captions/")) return this.serveWords(route, pathname);
    if (pathname.startsWith("/checkout/")) return route.fulfill({ body: "the provider's page" });
    if (pathname.startsWith("/picture/")) {
      return route.fulfill({ contentType: TYPES[".svg"], body: drawing(pathname) });
    }
    const file = extname(pathname) === "" ? "/index.html" : pathname;
    try {
      const body = await readFile(DIST + file);
      await route.fulfill({
        body,
        contentType: TYPES[extname(file)] ?? "application/octet-stream",
      });
    } catch {
      await route.fulfill({ status: 404, body: "" });
    }
  }

  private async serveApi(route: Route, path: string): Promise<void> {
    const json = (body: unknown, status = 200): Promise<void> =>
      route.fulfill({ status, json: body });
    const method = route.request().method();
    if (path === "/api/v1/shows")
      return json({ shows: [{ ...this.show.info, viewers: this.viewers, reminders: 3 }] });
    if (path.endsWith("/stats")) return json(this.stats, this.stats === null ? 503 : 200);
    if (path.includes("/reminders/")) {
      this.reminders += method === "PUT" ? 1 : -1;
      return json({ reminders: this.reminders });
    }
    if (path.endsWith("/calendar.ics"))
      return route.fulfill({ contentType: "text/calendar", body: "BEGIN:VCALENDAR" });
    if (path.endsWith("/shelf")) {
      const { products } = route.request().postDataJSON() as { products: string[] };
      this.shelves.push(products);
      return json({ products: [] });
    }
    if (path.endsWith("/visit")) return json({ token: "t", ticket: "k", participant: "me" });
    if (path === "/api/v1/tickets") return json({ ticket: "k", expires_ms: Date.now() + 30_000 });
    if (path.endsWith("/basket")) {
      const body = route.request().postDataJSON() as BasketBody;
      const isKnown = body.coupon === undefined || body.coupon === this.coupon;
      return isKnown ? json(this.price(body)) : json({ title: "?", code: "coupon_unknown" }, 404);
    }
    if (path.endsWith("/deals")) return json({ deals: [] });
    if (path.endsWith("/coupons")) return json({ coupons: [] });
    if (path.endsWith("/authenticity")) return json(this.proof);
    if (path.endsWith("/serials/check")) {
      const checks_before = this.checks++;
      const first_ms = checks_before > 0 ? Date.UTC(2026, 10, 22) : null;
      return json({ is_known: true, checks_before, first_ms });
    }
    if (path.includes("/quotes/")) return json(this.quote(path.split("/").at(-1) ?? ""));
    if (path.endsWith("/products")) return json(this.importAnswer.body, this.importAnswer.status);
    if (path.endsWith("/moderation")) return json({ judgements: this.judgements, next: null });
    if (path.endsWith("/orders") && method === "GET") return json([...this.made.values()]);
    if (path.endsWith("/orders")) return this.serveOrder(route);
    const order = this.made.get(path.split("/")[4] ?? "");
    if (!order) return json({ title: "unknown order", code: "unknown_order" }, 404);
    if (path.endsWith("/confirm")) {
      this.confirmed = route.request().postDataJSON() as ConfirmBody;
      order.state = this.isHosted ? "pending" : "confirmed";
    }
    if (path.endsWith("/pay")) {
      const page = { status: 200, body: { url: `${this.origin}/checkout/${order.id}` } };
      const { status, body } = this.payAnswers.shift() ?? page;
      return json(body, status);
    }
    if (path.endsWith("/cancel")) order.state = "cancelled";
    return json(order);
  }

  private async serveWords(route: Route, path: string): Promise<void> {
    const [language = "", format] = (path.split("/").at(-1) ?? "").split(".");
    const { name, title, started_ms } = this.show.info;
    if (format !== "json") return route.fulfill({ body: `${format} in ${language}` });
    const known: Transcript = {
      show: name,
      title,
      started_ms: started_ms ?? 0,
      language,
      languages: ["en", "pt"],
      lines: this.transcript.map((line) => ({
        ...line,
        translation: language === line.spoken ? null : line.translation,
      })),
    };
    return route.fulfill({ json: known });
  }

  private async serveOrder(route: Route): Promise<void> {
    this.orderKeys.push(route.request().headers()["idempotency-key"] ?? "");
    const next = this.orderAnswers.shift();
    if (next === null) return route.abort("connectionreset");
    if (next) return route.fulfill({ status: next.status, json: next.body });
    const body = route.request().postDataJSON() as ReserveBody;
    const lines = body.lines.map(({ quote, quantity }) => {
      const { product, variant } = this.variant(quote.split("|")[0] ?? "");
      return {
        variant: variant.id,
        product: product.id,
        title: product.title,
        options: variant.options,
        quantity,
        unit_price: product.price,
        total: { ...product.price, minor: product.price.minor * quantity },
      };
    });
    const id = `019a0000-0000-7000-8000-0000${String(this.made.size).padStart(4, "0")}c7f4`;
    const order: OrderView = {
      id,
      merchant: "default",
      show: this.show.info.name,
      lines,
      country: body.country ?? null,
      address_rules:
        body.country === undefined
          ? null
          : { postal_codes: ["1234-567"], needs_postal_code: true, needs_region: false },
      coupon: body.coupon ?? null,
      discount: body.coupon === undefined ? null : { ...body.total, minor: DISCOUNT },
      shipping: { ...body.total, minor: body.country === undefined ? 0 : SHIPPING },
      total: body.total,
      state: "reserved",
      expires_ms: Date.now() + this.hold_ms,
      created_ms: Date.now(),
      buyer: null,
    };
    this.made.set(id, order);
    await route.fulfill({ status: 201, json: order });
  }

  /** What a basket costs; a show with countries charges for sending. */
  private price({ lines, country, coupon }: BasketBody): BasketView {
    const quotes = lines.map(({ variant }) => this.quote(variant));
    const totals = quotes.map(({ unit_price }, at) => ({
      ...unit_price,
      minor: unit_price.minor * (lines[at]?.quantity ?? 0),
    }));
    const money = (minor: number): Money => ({ minor, currency: "EUR", exponent: 2 });
    const isAsked = this.countries.length > 0;
    const shipping = isAsked && country === undefined ? null : money(isAsked ? SHIPPING : 0);
    const sum = totals.reduce((all, { minor }) => all + minor, 0);
    const discount = coupon === undefined ? null : money(DISCOUNT);
    const goods = sum - (discount?.minor ?? 0);
    const total = money(goods + (shipping?.minor ?? 0));
    return { quotes, totals, discount, shipping, total, countries: this.countries };
  }

  private variant(id: string): { product: ProductView; variant: VariantView } {
    for (const product of this.show.products) {
      const variant = product.variants.find((other) => other.id === id);
      if (variant) return { product, variant };
    }
    throw new Error(`no variant ${id} in the script`);
  }

  quote(id: string): QuoteView {
    const { product, variant } = this.variant(id);
    const { price, available } = { price: product.price, available: variant.available };
    return {
      quote: `${id}|${price.minor}`,
      product: product.id,
      variant: id,
      unit_price: price,
      tiers: [],
      min_quantity: 1,
      available,
      expires_ms: Date.now() + 60_000,
    };
  }
}

/** A text in rows and screens, as the server lays it out. */
function screens(text: string, now: number): CaptionView["cues"] {
  const rows = [""];
  for (const word of text.split(" ")) {
    const row = `${rows.at(-1) ?? ""} ${word}`.trim();
    if (row.length <= 37) rows[rows.length - 1] = row;
    else rows.push(word);
  }
  return rows.flatMap((_, i) =>
    i % 2 === 0 ? [{ rows: rows.slice(i, i + 2), start_ms: now - 1500, end_ms: now + 3000 }] : [],
  );
}

/** A simple still life, so that cards are looked at with pictures in them. */
function drawing(path: string): string {
  const hue = [...path].reduce((sum, char) => sum + char.charCodeAt(0) * 7, 0) % 360;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400">
    <rect width="400" height="400" fill="hsl(${hue} 24% 90%)"/>
    <ellipse cx="200" cy="330" rx="120" ry="18" fill="hsl(${hue} 20% 76%)"/>
    <path d="M140 120h120l26 200H114z" fill="hsl(${hue} 42% 46%)"/>
    <path d="M160 120c0-60 80-60 80 0" fill="none" stroke="hsl(${hue} 30% 30%)" stroke-width="12"/>
  </svg>`;
}
