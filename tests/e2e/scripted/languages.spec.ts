// The pages in other languages, and from right to left.

import { expect, test, type Locator } from "@playwright/test";
import { World } from "./world.ts";

async function left(locator: Locator): Promise<number> {
  return (await locator.boundingBox())?.x ?? NaN;
}

test("an Arabic browser gets the whole page from right to left", async ({ browser }) => {
  const context = await browser.newContext({
    locale: "ar",
    viewport: { width: 390, height: 844 },
  });
  const page = await context.newPage();
  const world = new World(page);
  await world.start();
  await page.goto(`${world.origin}/s/atelier`);
  await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
  await expect(page.locator("html")).toHaveAttribute("lang", "ar");
  const card = page.getByTestId("pin_card");
  await expect(card.getByTestId("pin_buy")).toHaveText("شراء");
  await expect(card.getByTestId("product_stock")).toHaveText("بقيت 7 قطع");
  await expect(card.getByTestId("product_price")).toContainText("189.00");
  // What is first stands at the right: picture before text before button, products before sound.
  expect(await left(card.locator(".thumb"))).toBeGreaterThan(await left(card.getByRole("heading")));
  expect(await left(card.getByRole("heading"))).toBeGreaterThan(
    await left(card.getByTestId("pin_buy")),
  );
  const [bag, sound] = [page.getByTestId("controls_shelf"), page.getByTestId("controls_sound")];
  expect(await left(bag)).toBeGreaterThan(await left(sound));
  // A Latin name reads from the left, and stands at the right edge like everything else.
  await expect(card.getByRole("heading")).toHaveCSS("unicode-bidi", "plaintext");
  await expect(card.getByRole("heading")).toHaveCSS("text-align", "right");
  await expect(page.getByTestId("chat_send").locator(".icon")).toHaveCSS("scale", "-1 1");

  await card.getByTestId("pin_buy").click();
  await page.getByTestId("order_reserve").click();
  await expect(page.getByTestId("order_hold")).toContainText("محجوز لك");
  await page.getByTestId("order_name").fill("ليلى");
  await page.getByTestId("order_contact").fill("layla@example.com");
  await page.getByTestId("order_confirm").click();
  await expect(page.getByTestId("order_done")).toContainText("وصل طلبك إلى المتجر");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(wide).toBeLessThanOrEqual(0);
  await page.getByTestId("order_continue").click();

  await page.getByTestId("page_language").click();
  await expect(page.getByTestId("page_language_ar")).toHaveText("العربية");
  await page.getByTestId("page_language_fr").click();
  await expect(page.locator("html")).toHaveAttribute("dir", "ltr");
  await expect(card.getByTestId("pin_buy")).toHaveText("Acheter");
  expect(await left(bag)).toBeLessThan(await left(sound));
  await context.close();
});

test("subtitle languages are named by themselves, and again for the reader", async ({ page }) => {
  const world = new World(page);
  world.show.languages = ["en", "pt", "zh-Hans", "ar"];
  await world.start();
  await page.goto(`${world.origin}/s/atelier`);
  await page.getByTestId("captions_menu").click();
  await expect(page.getByTestId("captions_menu_en")).toHaveText("English");
  await expect(page.getByTestId("captions_menu_pt")).toContainText("Português");
  await expect(page.getByTestId("captions_menu_zh-Hans")).toContainText("简体中文");
  const arabic = page.getByTestId("captions_menu_ar");
  await expect(arabic.locator("bdi")).toHaveText("العربية");
  await expect(arabic).toContainText("Arabic");
});
