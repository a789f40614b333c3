// Simulcast of a camera: what is offered, and which of it the server has use for.

import type { LayerWish } from "./protocol.gen";

/** Enough for 720p30 VP8 of a talking host holding things up. */
const VIDEO_BITRATE_MAX = 2_000_000;

/** Quarter, half and full size, the lowest first; each picture has a quarter of the next's pixels. */
export const CAMERA_LAYERS: readonly RTCRtpEncodingParameters[] = [
  { rid: "q", scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: "f", scaleResolutionDownBy: 1, maxBitrate: VIDEO_BITRATE_MAX },
];

/** The encodings as wished for; null when they are so already. */
export function wished(
  encodings: readonly RTCRtpEncodingParameters[],
  wishes: readonly LayerWish[],
): RTCRtpEncodingParameters[] | null {
  const isWanted = new Map(wishes.map(({ rid, wanted }) => [rid, wanted]));
  const next = encodings.map((encoding) => ({
    ...encoding,
    active: isWanted.get(encoding.rid ?? "") ?? encoding.active ?? true,
  }));
  const isSame = next.every(({ active }, n) => active === (encodings[n]?.active ?? true));
  return isSame ? null : next;
}
