// A camera is published in three sizes; a viewer is sent the one that its screen can show.

import { expect } from "@playwright/test";
import { expectMoving, goLive, picture } from "../people.ts";
import { test } from "../server.ts";

test("a picture is as large as the screen it is shown on", async ({ server, browser }) => {
  const [show, token] = await server.makeShow("layers");
  const host = await (await browser.newContext()).newPage();
  await host.goto(`${server.url}/host/${show}#token=${token}`);
  await goLive(host);
  const viewer = await (await browser.newContext()).newPage();
  await viewer.goto(`${server.url}/s/${show}`);
  await expectMoving(viewer);
  const width = async (): Promise<number> => (await picture(viewer)).width;
  // The sender needs a moment to find that its network takes more than the smallest.
  await expect.poll(width, { timeout: 45_000 }).toBeGreaterThanOrEqual(640);
  await viewer.setViewportSize({ width: 320, height: 480 });
  await expect.poll(width).toBeLessThanOrEqual(320);
  await expectMoving(viewer);
  await viewer.setViewportSize({ width: 1280, height: 800 });
  await expect.poll(width).toBeGreaterThanOrEqual(640);
  await expectMoving(viewer);
  for (const page of [host, viewer]) await page.context().close();
});
