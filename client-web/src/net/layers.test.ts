import { expect, test } from "vitest";
import { CAMERA_LAYERS, wished } from "./layers";

const wish = (q: boolean, h: boolean, f: boolean) => [
  { rid: "q", wanted: q },
  { rid: "h", wanted: h },
  { rid: "f", wanted: f },
];

test("layers are stopped and started by name, everything else is kept", () => {
  const stopped = wished(CAMERA_LAYERS, wish(true, false, true));
  expect(stopped?.map(({ active }) => active)).toEqual([true, false, true]);
  expect(stopped?.[1]).toMatchObject({ rid: "h", scaleResolutionDownBy: 2, maxBitrate: 500_000 });
  expect(wished(stopped ?? [], wish(true, false, true))).toBeNull();
  expect(wished(stopped ?? [], wish(true, true, true))?.[1]?.active).toBe(true);
});

test("without simulcast, or with an unknown name, nothing is touched", () => {
  expect(wished([{ maxBitrate: 1 }], wish(false, false, false))).toBeNull();
  expect(wished(CAMERA_LAYERS, [{ rid: "x", wanted: false }])).toBeNull();
});
