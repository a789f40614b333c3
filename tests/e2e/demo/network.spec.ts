// Real browsers on bad networks: losses, no UDP at all. One host publishes three layers to all of
// them.

import { expect, type Browser, type Page } from "@playwright/test";
import { Link } from "../network/link.ts";
import { published, received } from "../network/stats.ts";
import { expectMoving, goLive } from "../people.ts";
import { test, type Server } from "../server.ts";

test.describe.configure({ mode: "serial" });

const NEAR = { delay_ms: 20 };

let show: string;
let host: Page;
let hostLink: Link;

test.beforeAll(async ({ server, browser }) => {
  const [name, token] = await server.makeShow("network");
  show = name;
  host = await (await browser.newContext()).newPage();
  hostLink = await Link.of(host, 1);
  await host.goto(`${server.url}/host/${show}#token=${token}`);
  await goLive(host);
});

test.afterAll(() => host.context().close());

/** A viewer behind a link that `prepare` sets up. */
async function join(
  server: Server,
  browser: Browser,
  prepare: (link: Link) => void,
): Promise<[Page, Link]> {
  const page = await (await browser.newContext()).newPage();
  const link = await Link.of(page, 100);
  prepare(link);
  await page.goto(`${server.url}/s/${show}`);
  return [page, link];
}

/** Waits until so many more frames were decoded. */
async function expectFrames(page: Page, more: number, timeout: number): Promise<void> {
  const { frames } = await received(page);
  await expect
    .poll(async () => (await received(page)).frames, { message: `${more} frames`, timeout })
    .toBeGreaterThanOrEqual(frames + more);
}

test("without UDP the picture comes by TCP; without both the page says so", async ({
  server,
  browser,
}) => {
  test.setTimeout(90_000);
  const [cutOff] = await join(server, browser, (link) => {
    link.isBlocked = true;
    link.hasTcp = false;
  });
  const [viewer] = await join(server, browser, (link) => {
    link.isBlocked = true;
  });
  await expectMoving(viewer);
  expect((await received(viewer)).protocol).toBe("tcp");
  const curtain = cutOff.getByTestId("viewer_curtain");
  await expect(curtain).toHaveAttribute("data-act", "unreachable", { timeout: 45_000 });
  for (const page of [viewer, cutOff]) await page.context().close();
});

test("losses on both ways are repaired", async ({ server, browser }) => {
  hostLink.become({ ...NEAR, loss: 0.05 }, { ...NEAR, loss: 0.05 });
  const [viewer] = await join(server, browser, (link) => {
    link.become({ ...NEAR, loss: 0.07, jitter_ms: 5 }, { ...NEAR, loss: 0.05 });
  });
  await expectMoving(viewer);
  const before = await received(viewer);
  await expectFrames(viewer, 150, 25_000);
  const after = await received(viewer);
  expect(after.nacks).toBeGreaterThan(0);
  expect(after.repaired).toBeGreaterThan(0);
  expect(after.frozen_s - before.frozen_s).toBeLessThan(4);
  const layers = [...(await published(host)).values()];
  expect(layers.some(({ nacks, repaired }) => nacks > 0 && repaired > 0)).toBe(true);
  await viewer.context().close();
});
