// How tall a picture really is on the screen, which tells the server the layer to send: the
// element may be larger than the picture in it (`contain`) or cut it (`cover`). Nothing is sent of
// a picture that nobody sees.

import type { Shown } from "../../state/session";

export interface Box {
  width: number;
  height: number;
}

/** Heights are told in these steps, so that a window being resized says little. */
const STEP = 60;
const HEIGHT_MAX = 65_535;

/** Height in physical pixels, rounded up to a step; null before the picture's size is known. */
export function shownHeight(
  box: Box,
  picture: Box,
  fit: string,
  pixelRatio: number,
): number | null {
  if (picture.width === 0 || picture.height === 0) return null;
  if (box.width === 0 || box.height === 0) return null;
  const across = box.width / picture.width;
  const down = box.height / picture.height;
  const scale = fit === "cover" ? Math.max(across, down) : Math.min(across, down);
  const height = Math.ceil((picture.height * scale * pixelRatio) / STEP) * STEP;
  return Math.min(height, HEIGHT_MAX);
}

/** What the server is to be told after `told`; null when that has not changed. */
export function nextShown(
  isSeen: boolean,
  height: number | null,
  told: Shown | null,
): Shown | null {
  // Until its first frame a picture's size is unknown, and so it is to the server.
  if (isSeen && height === null && told?.visible !== false) return null;
  const next = { visible: isSeen, height: isSeen ? height : null };
  return told?.visible === next.visible && told.height === next.height ? null : next;
}
