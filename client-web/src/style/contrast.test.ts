// Reads the colours from the style sheets as a browser would and holds every pair of words and
// ground to WCAG 2.2 AA (1.4.3 and 1.4.11), in both themes.

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const HERE = new URL("./", import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, HERE), "utf8");
const TOKENS = read("brand.css") + read("tokens.css");

type Rgb = readonly [number, number, number];
const THEMES = ["light", "dark"] as const;
type Theme = (typeof THEMES)[number];

const COLORS = new Map(
  [...TOKENS.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);/g)].map(
    ([, name = "", light = "", dark = ""]) => [name, { light: rgb(light), dark: rgb(dark) }],
  ),
);
const WASHES = new Map(
  [
    ...TOKENS.matchAll(/--([\w-]+): color-mix\(in srgb, var\(--([\w-]+)\) (\d+)%, transparent\)/g),
  ].map(([, name = "", of = "", percent]) => [name, { of, share: Number(percent) / 100 }]),
);

function rgb(hex: string): Rgb {
  const part = (at: number): number => parseInt(hex.slice(at, at + 2), 16);
  return [part(1), part(3), part(5)];
}

function color(name: string, theme: Theme): Rgb {
  const found = COLORS.get(name)?.[theme];
  if (!found) throw new Error(`no colour pair --${name}`);
  return found;
}

/** A wash as it looks on a ground. */
function laid(wash: string, ground: string, theme: Theme): Rgb {
  const mix = WASHES.get(wash);
  if (!mix) throw new Error(`no wash --${wash}`);
  const [over, under] = [color(mix.of, theme), color(ground, theme)];
  const at = (i: 0 | 1 | 2): number => over[i] * mix.share + under[i] * (1 - mix.share);
  return [at(0), at(1), at(2)];
}

/** Relative luminance, WCAG 2.2. */
function luminance(of: Rgb): number {
  const [r, g, b] = of.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: Rgb, b: Rgb): number {
  const [low, high] = [luminance(a), luminance(b)].toSorted((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const GROUNDS = ["ground", "ground-1", "ground-2"] as const;
const WORDS = ["text", "text-2", "accent-text", "good", "poor"] as const;

test.each(THEMES)("words can be read on every ground, %s", (theme) => {
  for (const ground of GROUNDS) {
    for (const words of WORDS) {
      const ratio = contrast(color(words, theme), color(ground, theme));
      expect(ratio, `--${words} on --${ground}`).toBeGreaterThanOrEqual(4.5);
    }
  }
});

test.each(THEMES)("words can be read on fills and washes, %s", (theme) => {
  const fills = [
    ["on-accent", "accent"],
    ["on-accent", "accent-strong"],
    ["on-inverse", "inverse"],
    ["on-inverse", "inverse-strong"],
    ["on-good", "good"],
    ["text-2", "ground-3"],
    ["text", "ground-3"],
  ] as const;
  for (const [words, fill] of fills) {
    const ratio = contrast(color(words, theme), color(fill, theme));
    expect(ratio, `--${words} on --${fill}`).toBeGreaterThanOrEqual(4.5);
  }
  for (const wash of ["good-wash", "poor-wash", "accent-wash", "hover"]) {
    for (const words of ["text", "text-2", ...(wash === "accent-wash" ? ["accent-text"] : [])]) {
      const ratio = contrast(color(words, theme), laid(wash, "ground-1", theme));
      expect(ratio, `--${words} on --${wash}`).toBeGreaterThanOrEqual(4.5);
    }
  }
});

test.each(THEMES)("edges of fields and reactions can be seen, %s", (theme) => {
  const seen = [
    "line-field",
    "react-heart",
    "react-clap",
    "react-fire",
    "react-laugh",
    "react-wow",
  ];
  for (const name of seen) {
    for (const ground of ["ground-1", "ground-2"]) {
      const ratio = contrast(color(name, theme), color(ground, theme));
      expect(ratio, `--${name} on --${ground}`).toBeGreaterThanOrEqual(3);
    }
  }
});

test("every token that is used exists", () => {
  for (const file of readdirSync(HERE).filter((name) => name.endsWith(".css"))) {
    const sheet = read(file);
    for (const [, name = ""] of sheet.matchAll(/var\(--([\w-]+)/g)) {
      const isKnown = [TOKENS, sheet].some((text) => text.includes(`--${name}:`));
      expect(isKnown, `${file}: --${name}`).toBe(true);
    }
  }
});
