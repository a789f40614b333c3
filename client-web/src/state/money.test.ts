import { expect, test } from "vitest";
import type { Money } from "../net/protocol.gen";
import { formatMoney, percentOff, sums, times } from "./money";

const money = (minor: number, currency: string, exponent: number): Money => ({
  minor,
  currency,
  exponent,
});

test.each([
  [money(1234, "EUR", 2), "en", "€12.34"],
  [money(9990, "BRL", 2), "pt-BR", "R$ 99,90"],
  [money(1200, "JPY", 0), "en", "¥1,200"],
  [money(12345, "KWD", 3), "en", "KWD 12.345"],
  [money(5, "USD", 2), "en", "$0.05"],
  [money(123456, "EUR", 2), "de", "1.234,56 €"],
])("%o in %s reads %s", (amount, locale, text) => {
  expect(formatMoney(amount, locale).replace(/\s/g, " ")).toBe(text);
});

test("a code that is no currency is said plainly", () => {
  expect(formatMoney(money(150, "points", 2), "en")).toBe("points 1.50");
});

test("a sum for several pieces stays in minor units", () => {
  expect(times(money(1999, "EUR", 2), 3).minor).toBe(5997);
});

test("sums never mix currencies", () => {
  const totals = sums([money(100, "EUR", 2), money(5, "JPY", 0), money(250, "EUR", 2)]);
  expect(totals).toEqual([money(350, "EUR", 2), money(5, "JPY", 0)]);
});

test.each([
  [7500, 10000, 25],
  [6667, 10000, 33],
  [10000, 10000, null],
  [12000, 10000, null],
  [9999, 10000, null],
])("%d instead of %d is %s percent off", (now, before, percent) => {
  expect(percentOff(money(now, "EUR", 2), money(before, "EUR", 2))).toBe(percent);
});
