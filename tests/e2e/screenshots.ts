// The README's pictures, taken from the real pages on the real demo show: `npm run screenshots`.

import { mkdirSync, writeFileSync } from "node:fs";
import { expect, type Browser, type Page } from "@playwright/test";
import UPNG from "upng-js";
import { buy, expectMoving, pinned, subtitles } from "./people.ts";
import { test, type Server } from "./server.ts";

const FOLDER = new URL("../../docs/images/", import.meta.url).pathname;
const BYTES_MAX = 300_000;
const COLOURS = 256;
/** The clip cross-fades when a product is pinned. */
const SETTLED_MS = 2_500;

const PHONE = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};
const DESKTOP = { viewport: { width: 1440, height: 900 } };

/** Takes the picture and reduces it to a palette until it is small enough. */
async function shoot(page: Page, name: string): Promise<void> {
  const image = UPNG.decode(new Uint8Array(await page.screenshot({ scale: "device" })).buffer);
  const frames = UPNG.toRGBA8(image);
  for (let colours = COLOURS; ; colours /= 2) {
    const bytes = Buffer.from(UPNG.encode(frames, image.width, image.height, colours));
    if (bytes.length > BYTES_MAX && colours > 32) continue;
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(`${FOLDER}${name}.png`, bytes);
    return;
  }
}

async function open(browser: Browser, options: object, url: string): Promise<Page> {
  const context = await browser.newContext({ locale: "en-GB", ...options });
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

/** A moment worth a picture: a product has been on screen for a while and a line is complete. */
async function waitForMoment(page: Page): Promise<void> {
  await expectMoving(page);
  let since = 0;
  let last = "";
  await expect
    .poll(
      async () => {
        const products = (await pinned(page)).join();
        if (products !== last) since = Date.now();
        last = products;
        const isSettled = products !== "" && Date.now() - since > SETTLED_MS;
        const rows = page.getByTestId("subtitles_row");
        const complete = await page.locator("[data-testid=subtitles_row][data-final=true]").count();
        return isSettled && complete === 2 && (await rows.count()) === 2;
      },
      {
        message: "a product and two complete rows are on screen",
        timeout: 150_000,
        intervals: [200],
      },
    )
    .toBe(true);
}

async function write(server: Server, browser: Browser, name: string, text: string): Promise<void> {
  const page = await open(browser, DESKTOP, `${server.url}/s/demo`);
  await page.getByTestId("chat_name").fill(name);
  await page.getByTestId("chat_send").click();
  await page.getByTestId("chat_text").fill(text);
  await expect(async () => {
    await page.getByTestId("chat_send").click({ timeout: 1_000 });
    await expect(page.getByTestId("chat_text")).toHaveValue("", { timeout: 2_000 });
  }).toPass();
  await page.context().close();
}

test("lobby, viewer on phone and desktop, host console", async ({ server, browser }) => {
  test.setTimeout(600_000);
  await write(server, browser, "Joana", "The cups are lovely, do they come in grey?");
  await write(server, browser, "Kenji", "Good evening from Osaka");
  await write(server, browser, "Ana Paula", "Entregam no Porto?");

  const shopper = await open(browser, DESKTOP, `${server.url}/s/demo`);
  for (const [index, name] of ["Inês Duarte", "Tom Becker", "Mei Lin"].entries()) {
    await shopper.getByTestId("shelf_buy").nth(index).click();
    await buy(shopper, name);
    await shopper.getByTestId("order_continue").click();
  }
  await shopper.getByTestId("shelf_buy").nth(3).click();
  await shopper.getByTestId("order_reserve").click();
  await expect(shopper.getByTestId("order_hold")).toBeVisible();
  await shopper.context().close();

  const phone = await open(browser, PHONE, `${server.url}/s/demo`);
  await waitForMoment(phone);
  await phone.getByTestId("controls_sound").click();
  await waitForMoment(phone);
  await shoot(phone, "viewer-phone");
  await phone.context().close();

  const desktop = await open(browser, DESKTOP, `${server.url}/s/demo`);
  await desktop.getByTestId("captions_menu").click();
  await desktop.getByTestId("captions_menu_pt").click();
  await desktop.getByTestId("controls_sound").click();
  await waitForMoment(desktop);
  await shoot(desktop, "viewer-desktop");

  const token = server.token("demo", "host");
  const host = await open(browser, DESKTOP, `${server.url}/host/demo#token=${token}`);
  await expectMoving(host);
  await expect(host.getByTestId("orders_row").first()).toBeVisible();
  await expect
    .poll(async () => (await subtitles(host)).length, { timeout: 60_000, intervals: [250] })
    .toBe(2);
  await shoot(host, "host");
  await host.context().close();

  const lobby = await open(browser, DESKTOP, server.url);
  await expect(lobby.getByTestId("lobby_card").first()).toBeVisible();
  await lobby.waitForLoadState("networkidle");
  await shoot(lobby, "lobby");
  await lobby.context().close();
  await desktop.context().close();
});
