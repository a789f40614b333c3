// How subtitles look: chosen once on this device, for every show.

import { signal } from "@preact/signals";

const SLOT = "vitrine.captions.look";

/** Every setting with its choices, the first of which a page starts with. */
export const LOOKS = {
  size: ["medium", "small", "large"],
  ground: ["soft", "solid"],
  place: ["low", "high"],
} as const;

export type CaptionLook = { [K in keyof typeof LOOKS]: (typeof LOOKS)[K][number] };

/** What is stored, with the page's own choice where it is none of ours. */
export function parseLook(stored: string | null): CaptionLook {
  const given = new URLSearchParams(stored ?? "");
  const pick = <T extends string>(key: string, choices: readonly [T, ...T[]]): T =>
    choices.find((choice) => choice === given.get(key)) ?? choices[0];
  return {
    size: pick("size", LOOKS.size),
    ground: pick("ground", LOOKS.ground),
    place: pick("place", LOOKS.place),
  };
}

export const captionLook = signal<CaptionLook>(parseLook(null));

export function startLook(): void {
  captionLook.value = parseLook(localStorage.getItem(SLOT));
}

export function setLook(change: Partial<CaptionLook>): void {
  captionLook.value = { ...captionLook.value, ...change };
  localStorage.setItem(SLOT, new URLSearchParams(captionLook.value).toString());
}
