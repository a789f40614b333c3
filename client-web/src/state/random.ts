// Keys that nobody can guess.

/** 128 random bits in hexadecimal. `crypto.randomUUID` needs a secure context; a phone on plain HTTP buys too. */
export function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
