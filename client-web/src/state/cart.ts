// What the viewer has laid in the basket, kept through reloads of the tab. Pure functions over a
// list of lines; what it costs is asked of the server each time it is shown.

import { CART_LINES_MAX, QUANTITY_MAX } from "../limits";

/** A line of the basket. */
export interface CartLine {
  product: string;
  variant: string;
  quantity: number;
}

/** With more pieces of a variant; a full basket stays as it is. */
export function add(cart: readonly CartLine[], line: CartLine): CartLine[] {
  const known = cart.find(({ variant }) => variant === line.variant);
  if (known) return set(cart, line.variant, known.quantity + line.quantity);
  return cart.length < CART_LINES_MAX ? [...cart, line] : [...cart];
}

/** With so many pieces of a variant; none takes it out. */
export function set(cart: readonly CartLine[], variant: string, quantity: number): CartLine[] {
  const pieces = Math.min(QUANTITY_MAX, quantity);
  return cart.flatMap((line) => {
    if (line.variant !== variant) return [line];
    return pieces > 0 ? [{ ...line, quantity: pieces }] : [];
  });
}

export function load(storage: Pick<Storage, "getItem">, show: string): CartLine[] {
  const text = storage.getItem(slot(show));
  return text ? (JSON.parse(text) as CartLine[]) : [];
}

export function save(
  storage: Pick<Storage, "setItem">,
  show: string,
  cart: readonly CartLine[],
): void {
  storage.setItem(slot(show), JSON.stringify(cart));
}

const slot = (show: string): string => `vitrine.cart.${show}`;
