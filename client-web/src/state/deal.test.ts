import { expect, test } from "vitest";
import type { DealView, Money } from "../net/protocol.gen";
import { dealAt, dealPrice } from "./deal";

const eur = (minor: number): Money => ({ minor, currency: "EUR", exponent: 2 });

const deal: DealView = {
  id: "d",
  product: "lamp",
  prices: [
    { variant: "large", price: eur(3990) },
    { variant: "small", price: eur(2990) },
    { variant: "small", price: { ...eur(1), currency: "USD" } },
  ],
  counts_ms: 0,
  starts_ms: 10_000,
  ends_ms: 70_000,
  is_on: false,
  total: 5,
  per_buyer: null,
};

test("a deal is counted down, then on, then gone", () => {
  expect(dealAt(deal, 0)).toEqual({ isOn: false, time: "0:10" });
  expect(dealAt(deal, 9_999)).toEqual({ isOn: false, time: "0:01" });
  expect(dealAt(deal, 10_000)).toEqual({ isOn: true, time: "1:00" });
  expect(dealAt(deal, 69_999)).toEqual({ isOn: true, time: "0:01" });
  expect(dealAt(deal, 70_000)).toBeNull();
  expect(dealAt({ ...deal, starts_ms: 7_384_000, ends_ms: 9e6 }, 0)?.time).toBe("2:03:04");
});

test("its lowest price in the shown currency is told", () => {
  expect(dealPrice({ deal, price: eur(4990) })).toEqual(eur(2990));
  expect(dealPrice({ deal, price: { ...eur(4990), currency: "JPY" } })).toBeNull();
  expect(dealPrice({ deal: null, price: eur(4990) })).toBeNull();
});
