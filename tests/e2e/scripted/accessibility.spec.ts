// WCAG 2.2 AA as far as a machine can tell (axe), in both themes; and what it cannot: the whole way
// by keyboard, and what a screen reader is told.

import { AxeBuilder } from "@axe-core/playwright";
import { expect, test, type Browser, type Page } from "@playwright/test";
import { World } from "./world.ts";

const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1440, height: 900 };

interface Visit {
  theme: "light" | "dark";
  viewport: typeof PHONE;
  locale?: string;
}

async function visit(browser: Browser, { theme, viewport, locale = "en" }: Visit): Promise<World> {
  // Without motion nothing is looked at while it is half transparent.
  const context = await browser.newContext({
    colorScheme: theme,
    viewport,
    locale,
    reducedMotion: "reduce",
  });
  const world = new World(await context.newPage());
  await world.start();
  return world;
}

/** Fails with each rule that is broken and where. */
async function check(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const told = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${target.join(" ")}: ${failureSummary}`),
  );
  expect.soft(told, what).toEqual([]);
}

for (const theme of ["light", "dark"] as const) {
  test(`viewer and buyer on a phone, ${theme}`, async ({ browser }) => {
    const world = await visit(browser, { theme, viewport: PHONE });
    const { page } = world;
    await page.goto(`${world.origin}/s/atelier`);
    await expect(page.getByTestId("pin_card")).toBeVisible();
    await check(page, "viewer");
    await page.getByTestId("captions_menu").click();
    await check(page, "menu of subtitles");
    await page.keyboard.press("Escape");
    await page.getByTestId("controls_shelf").click();
    await expect(page.getByTestId("shelf_product")).toHaveCount(4);
    await check(page, "shelf");
    await page.getByTestId("shelf_sheet_close").click();
    await page.getByTestId("pin_buy").click();
    await expect(page.getByTestId("order_reserve")).toBeEnabled();
    await check(page, "product sheet");
    await page.getByTestId("order_reserve").click();
    await expect(page.getByTestId("order_hold")).toBeVisible();
    await check(page, "address and hold");
    await page.getByTestId("order_name").fill("Ana");
    await page.getByTestId("order_contact").fill("ana@example.org");
    await page.getByTestId("order_confirm").click();
    await expect(page.getByTestId("order_done")).toBeVisible();
    await check(page, "confirmation");
    await page.goto(`${world.origin}/o/${world.order().id}`);
    await expect(page.getByTestId("order_state")).toBeVisible();
    await check(page, "order page");
    await page.context().close();
  });

  test(`wide viewer, lobby and host console, ${theme}`, async ({ browser }) => {
    const world = await visit(browser, { theme, viewport: DESKTOP });
    const { page } = world;
    await page.goto(`${world.origin}/s/atelier`);
    await expect(page.getByTestId("pin_card")).toBeVisible();
    await check(page, "viewer");
    await page.goto(world.origin);
    await expect(page.getByTestId("lobby_card")).toBeVisible();
    await check(page, "lobby");
    world.role = "host";
    await page.goto(`${world.origin}/host/atelier#token=secret`);
    await expect(page.getByTestId("chat_line")).toHaveCount(4);
    await check(page, "host console");
    await page.getByTestId("chat_rules").click();
    await expect(page.getByTestId("rules_sheet")).toBeVisible();
    await check(page, "chat rules");
    await page.context().close();
  });
}

test("in Arabic too", async ({ browser }) => {
  const world = await visit(browser, { theme: "light", viewport: PHONE, locale: "ar" });
  const { page } = world;
  await page.goto(`${world.origin}/s/atelier`);
  await page.getByTestId("pin_buy").click();
  await expect(page.getByTestId("order_reserve")).toBeEnabled();
  await check(page, "product sheet");
  await page.context().close();
});

/** Presses Tab until something has the focus, as somebody without a mouse does. */
async function tabTo(page: Page, testid: string): Promise<void> {
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("data-testid"));
  for (let presses = 0; presses < 60; presses++) {
    if ((await focused()) === testid) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`${testid} is not reached with Tab`);
}

test("a piece is bought, and a language chosen, without a mouse", async ({ page }) => {
  await page.setViewportSize(PHONE);
  const world = new World(page);
  await world.start();
  await page.goto(`${world.origin}/s/atelier`);
  await expect(page.getByTestId("pin_card")).toBeVisible();
  await tabTo(page, "pin_buy");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("order_reserve")).toBeEnabled();
  await tabTo(page, "order_reserve");
  await page.keyboard.press("Enter");
  await tabTo(page, "order_name");
  await page.keyboard.type("Ana");
  await tabTo(page, "order_contact");
  await page.keyboard.type("ana@example.org");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("order_done")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("order")).toBeHidden();
  await expect(page.getByTestId("pin_buy")).toBeFocused();

  await tabTo(page, "page_language");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("page_language_en")).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("pin_buy")).toHaveText("Comprar");
  await expect(page.getByTestId("page_language")).toBeFocused();
});

test("a screen reader hears pins and subtitles, and not more than it can say", async ({ page }) => {
  const world = new World(page);
  await world.start();
  await page.goto(`${world.origin}/s/atelier`);
  await expect(page.getByTestId("pins_spoken")).toHaveText(
    "On screen: Sella tote in chestnut leather, €189.00.",
  );
  await page.getByTestId("captions_menu").click();
  await page.getByTestId("captions_menu_en").click();
  const told = await page.getByTestId("subtitles_spoken").evaluateHandle((region) => {
    const texts: string[] = [];
    new MutationObserver(() => {
      const text = region.textContent;
      if (text !== "" && text !== texts.at(-1)) texts.push(text);
    }).observe(region, {
      subtree: true,
      childList: true,
      characterData: true,
    });
    return texts;
  });
  world.say("a", "One.");
  await expect.poll(() => told.jsonValue()).toEqual(["One."]);
  world.say("b", "Two.");
  world.say("c", "Three.");
  await expect.poll(() => told.jsonValue()).toEqual(["One.", "Two. Three."]);
});
