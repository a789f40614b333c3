// The vocabulary of the tests: what a person sees on a page.

import { expect, type Page } from "@playwright/test";

/** Frames the page's large picture has shown, and its width. */
export function picture(
  page: Page,
  testid = "stage_video",
): Promise<{ frames: number; width: number }> {
  return page.getByTestId(testid).evaluateAll(([video]) => {
    if (!(video instanceof HTMLVideoElement)) return { frames: 0, width: 0 };
    return { frames: video.getVideoPlaybackQuality().totalVideoFrames, width: video.videoWidth };
  });
}

/** Waits until the picture moves: it has a size and its frame count grows by a second's worth. */
export async function expectMoving(page: Page, testid = "stage_video"): Promise<void> {
  const reason = `${testid} moves`;
  await expect
    .poll(async () => (await picture(page, testid)).width, { message: reason, timeout: 45_000 })
    .toBeGreaterThan(0);
  const { frames } = await picture(page, testid);
  await expect
    .poll(async () => (await picture(page, testid)).frames, { message: reason, timeout: 30_000 })
    .toBeGreaterThan(frames + 15);
}

/** Presses what a host presses to go on air: the camera, then live. */
export async function goLive(host: Page): Promise<void> {
  await host.getByTestId("studio_preview").click();
  await host.getByTestId("studio_live").click();
}

/** Makes a page believe that its tab went to the background, or came back. */
export async function hide(page: Page, isHidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, isHidden);
}

/** The subtitle rows on the screen. */
export function subtitles(page: Page): Promise<{ text: string; language: string }[]> {
  return page
    .getByTestId("subtitles_row")
    .evaluateAll((rows) =>
      rows.map((row) => ({ text: row.textContent ?? "", language: (row as HTMLElement).lang })),
    );
}

/** Lower-case words without punctuation. */
export function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
}

/** Products on the picture, newest first. */
export function pinned(page: Page): Promise<string[]> {
  return page
    .getByTestId("pin_card")
    .evaluateAll((cards) => cards.map((card) => card.getAttribute("data-product") ?? ""));
}

/** Pieces left of a product, as this page's shelf says. */
export function stockShown(page: Page, product: string): Promise<number> {
  return page
    .locator(`[data-testid=shelf_product][data-product="${product}"] [data-testid=product_stock]`)
    .evaluate((element) => Number(element.getAttribute("data-available")));
}

/** Buys from the open order sheet. */
export async function buy(page: Page, name: string): Promise<void> {
  await page.getByTestId("order_reserve").click();
  await page.getByTestId("order_name").fill(name);
  await page
    .getByTestId("order_contact")
    .fill(`${name.toLowerCase().replace(/\W+/g, ".")}@example.org`);
  await page.getByTestId("order_confirm").click();
  await expect(page.getByTestId("order_done")).toBeVisible();
}
