// Money for people: minor units and the currency's exponent come from the server, so no table of
// currencies is needed here.

import type { Money, QuoteView } from "../net/protocol.gen";

/** `€12.34`, `R$ 99,90`, `¥1,200` as the reader's locale writes it. */
export function formatMoney(money: Money, locale: string): string {
  const value = money.minor / 10 ** money.exponent;
  try {
    return new Intl.NumberFormat(locale, {
      style: "currency",
      currency: money.currency,
      minimumFractionDigits: money.exponent,
      maximumFractionDigits: money.exponent,
    }).format(value);
  } catch {
    // Not a currency code this browser can format: say it plainly rather than not at all.
    return `${money.currency} ${value.toFixed(money.exponent)}`;
  }
}

/** The price of one piece when so many are bought. */
export function unitPrice(quote: QuoteView, quantity: number): Money {
  const reached = quote.tiers.filter((tier) => tier.min_quantity <= quantity);
  return reached.at(-1)?.price ?? quote.unit_price;
}

/** The sum for a number of pieces. */
export function times(price: Money, quantity: number): Money {
  return { ...price, minor: price.minor * quantity };
}

/** Sums per currency, in the order the currencies first appear. */
export function sums(amounts: readonly Money[]): Money[] {
  const totals = new Map<string, Money>();
  for (const amount of amounts) {
    const sum = totals.get(amount.currency);
    totals.set(amount.currency, sum ? { ...sum, minor: sum.minor + amount.minor } : amount);
  }
  return [...totals.values()];
}

/** Percent off, rounded down so that the page never promises more than the shop gives. */
export function percentOff(price: Money, compareAt: Money | null): number | null {
  if (!compareAt || compareAt.currency !== price.currency || compareAt.minor <= price.minor) {
    return null;
  }
  const percent = Math.floor(((compareAt.minor - price.minor) * 100) / compareAt.minor);
  return percent > 0 ? percent : null;
}
