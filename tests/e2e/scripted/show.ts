// The show that the scripted tests look at.

import type { Money, ProductView, ShowState } from "../../../client-web/src/net/protocol.gen.ts";

const eur = (minor: number): Money => ({ minor, currency: "EUR", exponent: 2 });

function product(
  id: string,
  title: string,
  description: string,
  minor: number,
  before: number | null,
  available: number,
): ProductView {
  const [price, compare_at] = [eur(minor), before === null ? null : eur(before)];
  return {
    id,
    merchant: "default",
    title,
    description,
    images: [`/picture/${id}.svg`],
    price,
    compare_at,
    available,
    translations: {},
    descriptions: {},
    hold_mode: "hold",
    per_buyer: null,
    deal: null,
    variants: [
      {
        id,
        options: {},
        prices: [{ price, compare_at, tiers: [] }],
        min_quantity: 1,
        available,
      },
    ],
  };
}

const line = (id: number, name: string, text: string, role: "viewer" | "host" = "viewer") => ({
  id,
  participant: `p-${name}`,
  name,
  role,
  text,
  at_ms: Date.now() - 60_000 + id * 1000,
});

export function scriptedShow(): ShowState {
  return {
    info: {
      name: "atelier",
      title: "Atelier Sunday: new leather",
      kind: "live",
      phase: "live",
      private: false,
      transcript: false,
      started_ms: Date.now() - 1_300_000,
      cover: null,
      starts_ms: null,
    },
    participants: [{ id: "p1", name: "Marta", role: "host", speaks: "en" }],
    tracks: [
      { id: "t1", kind: "video", participant: "p1", source: "camera" },
      { id: "t2", kind: "audio", participant: "p1", source: "camera" },
    ],
    pins: [{ product: "tote", at_ms: Date.now() - 5000 }],
    products: [
      product(
        "tote",
        "Sella tote in chestnut leather",
        "Vegetable-tanned, stitched by hand, fits a 14-inch laptop.",
        18900,
        24000,
        7,
      ),
      product(
        "belt",
        "Linea belt, brass buckle",
        "Full-grain leather, 3 cm wide, five lengths.",
        5400,
        null,
        42,
      ),
      product("wallet", "Piega card wallet", "Six cards, one fold, no lining.", 3900, 4900, 18),
      product(
        "strap",
        "Shoulder strap, wide",
        "Woven cotton and leather, clips to every bag.",
        4500,
        null,
        0,
      ),
    ],
    now_showing: null,
    captions: [],
    chat: [
      line(1, "Joana", "Does the strap come off?"),
      line(2, "Kenji", "Looks great from Osaka"),
      line(3, "Marta", "It does, and there is a wider one too", "host"),
      line(4, "Ana Paula", "How much is shipping to Porto?"),
    ],
    chat_rules: { slow_s: 0, pinned: null },
    languages: ["en", "pt"],
    pairs: [],
  };
}
