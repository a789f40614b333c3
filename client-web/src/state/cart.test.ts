import { expect, test } from "vitest";
import { CART_LINES_MAX } from "../limits";
import { add, load, save, set, type CartLine } from "./cart";

const line = (variant: string, quantity: number): CartLine => ({
  product: "shirt",
  variant,
  quantity,
});

test("the same variant laid in twice is one line with all pieces", () => {
  const cart = add(add([line("s", 1)], line("m", 2)), line("s", 3));
  expect(cart).toEqual([line("s", 4), line("m", 2)]);
});

test("a quantity of none takes the line out", () => {
  expect(set([line("s", 1), line("m", 2)], "s", 0)).toEqual([line("m", 2)]);
});

test("a full basket stays as it is", () => {
  const full = Array.from({ length: CART_LINES_MAX }, (_, n) => line(`v${n}`, 1));
  expect(add(full, line("more", 1))).toEqual(full);
});

test("a reload finds what was laid in, for this show only", () => {
  const stored = new Map<string, string>();
  save({ setItem: (slot, text) => void stored.set(slot, text) }, "gala", [line("s", 2)]);
  const storage = { getItem: (slot: string) => stored.get(slot) ?? null };
  expect(load(storage, "gala")).toEqual([line("s", 2)]);
  expect(load(storage, "other")).toEqual([]);
});
