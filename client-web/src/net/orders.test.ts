import { beforeEach, expect, test } from "vitest";
import { ORDER_TRIES_MAX } from "../limits";
import { Problem, Unreachable } from "./api";
import { OrderDesk, type OrderPorts } from "./orders";
import type { OrderView, ReserveBody } from "./protocol.gen";

/** A shop that makes one order per key, and a network that fails as told. */
class ScriptedShop {
  orders = new Map<string, OrderView>();
  keys: string[] = [];
  failures: ("lost request" | "lost answer" | Problem)[] = [];

  async reserve(key: string, body: ReserveBody): Promise<OrderView> {
    this.keys.push(key);
    const failure = this.failures.shift();
    if (failure === "lost request") throw new Unreachable(null);
    if (failure instanceof Problem) throw failure;
    const order = this.orders.get(key) ?? {
      id: `o${this.orders.size}`,
      merchant: "default",
      show: "s",
      lines: [],
      country: null,
      address_rules: null,
      coupon: null,
      discount: null,
      shipping: { minor: 0, currency: "EUR", exponent: 2 },
      total: body.total,
      state: "reserved" as const,
      expires_ms: 1,
      created_ms: 0,
      buyer: null,
    };
    this.orders.set(key, order);
    if (failure === "lost answer") throw new Unreachable(null);
    return Promise.resolve(order);
  }
}

let shop: ScriptedShop;
let stored: Map<string, string>;
let retries: number[];
let keys: number;

/** A page of the same tab: what was stored stays. */
function desk(more: Partial<OrderPorts> = {}): OrderDesk {
  const ports: OrderPorts = {
    reserve: (key, body) => shop.reserve(key, body),
    confirm: () => Promise.reject(new Unreachable(null)),
    pay: () => Promise.resolve("https://pay.example/"),
    cancel: () => Promise.reject(new Unreachable(null)),
    get: (id) =>
      Promise.resolve([...shop.orders.values()].find((o) => o.id === id) ?? ({} as OrderView)),
    storage: {
      getItem: (slot) => stored.get(slot) ?? null,
      setItem: (slot, text) => void stored.set(slot, text),
      removeItem: (slot) => void stored.delete(slot),
    },
    newKey: () => `key${(keys += 1)}`,
    wait: () => Promise.resolve(),
    ...more,
  };
  return new OrderDesk("s", ports, (attempt) => retries.push(attempt));
}

const body = (quote: string, quantity: number): ReserveBody => ({
  lines: [{ quote, quantity }],
  total: { minor: quantity, currency: "EUR", exponent: 2 },
});

const problem = (status: number, code: string): Problem =>
  new Problem({ title: code, status, code });

beforeEach(() => {
  shop = new ScriptedShop();
  stored = new Map();
  retries = [];
  keys = 0;
});

test("a lost answer is asked for again with the same key and makes one order", async () => {
  shop.failures = ["lost request", "lost answer", "lost answer"];
  const order = await desk().reserve(body("lamp", 2));
  expect(order.id).toBe("o0");
  expect(shop.orders.size).toBe(1);
  expect(new Set(shop.keys)).toEqual(new Set(["key1"]));
  expect(retries).toEqual([1, 2, 3]);
});

test("a server in trouble is asked again, a refusal is not", async () => {
  shop.failures = [problem(503, "stopping")];
  await desk().reserve(body("lamp", 1));
  expect(shop.keys).toHaveLength(2);
  shop.failures = [problem(409, "sold_out")];
  await expect(desk().reserve(body("vase", 1))).rejects.toMatchObject({ code: "sold_out" });
  expect(shop.keys).toHaveLength(3);
});

test("after giving up, a second press sends the same key", async () => {
  shop.failures = Array.from({ length: ORDER_TRIES_MAX }, () => "lost answer" as const);
  await expect(desk().reserve(body("lamp", 1))).rejects.toBeInstanceOf(Unreachable);
  await desk().reserve(body("lamp", 1));
  expect(new Set(shop.keys).size).toBe(1);
  expect(shop.orders.size).toBe(1);
});

test("a reload in the middle finds the order that was made", async () => {
  shop.failures = Array.from({ length: ORDER_TRIES_MAX }, () => "lost answer" as const);
  await desk()
    .reserve(body("lamp", 3))
    .catch(() => undefined);
  const order = await desk().recover();
  expect(order).toMatchObject({ id: "o0", total: { minor: 3 } });
  expect(shop.orders.size).toBe(1);
});

test("an answered order is new the next time, even for the same quote", async () => {
  const first = desk();
  await first.reserve(body("lamp", 1));
  await first.reserve(body("lamp", 1));
  expect(shop.keys).toEqual(["key1", "key2"]);
});

test("another quantity is another order", async () => {
  shop.failures = Array.from({ length: ORDER_TRIES_MAX }, () => "lost request" as const);
  await desk()
    .reserve(body("lamp", 1))
    .catch(() => undefined);
  await desk().reserve(body("lamp", 2));
  expect(new Set(shop.keys)).toEqual(new Set(["key1", "key2"]));
});

test("a held order is found again after a reload until it is confirmed", async () => {
  const order = await desk().reserve(body("lamp", 1));
  expect(await desk().recover()).toMatchObject({ id: order.id });
  const confirming = desk({ confirm: () => Promise.resolve({ ...order, state: "confirmed" }) });
  await confirming.confirm(order.id, { name: "Ana", contact: "a@b" });
  expect(await desk().recover()).toBe(null);
});

test("a held order is forgotten only when the server says so, not when the network fails", async () => {
  const order = await desk().reserve(body("lamp", 1));
  await expect(desk().confirm(order.id, { name: "Ana", contact: "a@b" })).rejects.toThrow();
  expect(await desk().recover()).toMatchObject({ id: order.id });
});

test("an order that is still to be paid is remembered until it is", async () => {
  const confirmed = (state: "pending" | "paid") => ({
    confirm: (id: string) => {
      const found = [...shop.orders.values()].find((o) => o.id === id);
      const order = { ...(found as OrderView), state };
      shop.orders.set("key1", order);
      return Promise.resolve(order);
    },
  });
  const held = await desk().reserve(body("q", 1));
  await desk(confirmed("pending")).confirm(held.id, { name: "Ada", contact: "a@b.c" });
  expect((await desk().recover())?.state).toBe("pending");
  await desk(confirmed("paid")).confirm(held.id, { name: "Ada", contact: "a@b.c" });
  expect(await desk().recover()).toBeNull();
});
