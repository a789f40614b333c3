// A flash deal at a moment: counted down or on, how long still, and what it makes of a price.

import type { DealView, Money, ProductView } from "../net/protocol.gen";
import { countdown } from "./countdown";

export interface DealNow {
  /** Begun; else it is being counted down. */
  isOn: boolean;
  /** Until it begins, or is over: `4:59`, or `2:04:59`. */
  time: string;
}

/** The deal at this time of the server's clock; none when it is over. */
export function dealAt(deal: DealView, now_ms: number): DealNow | null {
  if (now_ms >= deal.ends_ms) return null;
  const isOn = now_ms >= deal.starts_ms;
  return { isOn, time: countdown((isOn ? deal.ends_ms : deal.starts_ms) - now_ms) };
}

/** The lowest price of a product's deal in the currency it is shown in. */
export function dealPrice({ deal, price }: Pick<ProductView, "deal" | "price">): Money | null {
  const own = deal?.prices.filter(({ price: { currency } }) => currency === price.currency) ?? [];
  const [lowest] = own.map((row) => row.price).sort((a, b) => a.minor - b.minor);
  return lowest ?? null;
}

/** The product as one of its variants has it: a deal that is of others only is none of it. */
export function dealOf(product: ProductView, variant: string): DealView | null {
  const { deal } = product;
  const prices = deal?.prices.filter((row) => row.variant === variant) ?? [];
  return deal && prices.length > 0 ? { ...deal, prices } : null;
}
