// A visitor of the demo show: pictures, words in two languages, products, a purchase, and a
// network that goes away. Real server, real engines, real browser.

import { readFileSync } from "node:fs";
import { expect } from "@playwright/test";
import { buy, expectMoving, pinned, stockShown, subtitles, words } from "../people.ts";
import { test } from "../server.ts";

interface Script {
  lines: { text: string }[];
}

const script = JSON.parse(
  readFileSync(new URL("../../../signaling/demo/cues.json", import.meta.url), "utf8"),
) as Script;
const spoken = ` ${script.lines.map(({ text }) => words(text).join(" ")).join(" | ")} `;

/** Whether three words in a row were really said. */
function wasSpoken(text: string): boolean {
  const heard = words(text);
  return heard.some((_, at) => {
    const run = heard.slice(at, at + 3);
    return run.length === 3 && spoken.includes(` ${run.join(" ")} `);
  });
}

/** Words that Portuguese needs for almost any sentence and English never uses. */
const PORTUGUESE = new Set(
  "um uma de da do das dos e é são não que para com por em na no nas nos os as se mais cada este esta isso hoje peças euros".split(
    " ",
  ),
);

test("the picture moves and the subtitles say what is spoken", async ({ server, page }) => {
  await page.goto(`${server.url}/s/demo`);
  await expectMoving(page);
  await expect(page.getByTestId("viewer_live")).toBeVisible();
  await expect
    .poll(async () => (await subtitles(page)).map(({ text }) => text).filter(wasSpoken), {
      message: "a subtitle holds words of the script",
      timeout: 60_000,
    })
    .not.toEqual([]);
  expect((await subtitles(page)).every(({ language }) => language.startsWith("en"))).toBe(true);
});

test("after switching to Portuguese the subtitles are Portuguese", async ({ server, page }) => {
  await page.goto(`${server.url}/s/demo`);
  await page.getByTestId("captions_menu").click();
  await page.getByTestId("captions_menu_pt").click();
  const portuguese = async (): Promise<number> => {
    const rows = await subtitles(page);
    if (!rows.every(({ language }) => language.startsWith("pt"))) return 0;
    const heard = rows.flatMap(({ text }) => words(text));
    return heard.filter((word) => PORTUGUESE.has(word)).length;
  };
  await expect
    .poll(portuguese, { message: "a Portuguese line is on screen", timeout: 60_000 })
    .toBeGreaterThanOrEqual(2);
  expect((await subtitles(page)).map(({ text }) => text).filter(wasSpoken)).toEqual([]);
});

test("a purchase from a pinned card lowers the stock in another browser", async ({
  server,
  page,
  browser,
}) => {
  test.setTimeout(120_000);
  const other = await (await browser.newContext()).newPage();
  await other.goto(`${server.url}/s/demo`);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${server.url}/s/demo`);
  // The pin may leave while it is being reached for: then the next one is bought.
  const order = page.getByTestId("order_choosing");
  await expect(async () => {
    if (await order.isVisible()) return;
    await page.getByTestId("pin_buy").first().click({ timeout: 3_000 });
    await expect(order).toBeVisible({ timeout: 3_000 });
  }).toPass({ timeout: 60_000 });
  const response = page.waitForResponse(
    (r) => r.request().method() === "POST" && r.url().endsWith("/orders"),
  );
  await expect(other.getByTestId("shelf_product").first()).toBeVisible();
  const shelf = await other
    .getByTestId("shelf_product")
    .evaluateAll((rows) => rows.map((row) => row.getAttribute("data-product") ?? ""));
  const before = new Map<string, number>();
  for (const product of shelf) before.set(product, await stockShown(other, product));
  await page.getByTestId("order_more").click();
  await buy(page, "Ana Lima");
  const { lines } = (await (await response).json()) as { lines: { product: string }[] };
  const product = lines[0]?.product ?? "";
  await expect(page.getByTestId("order_number")).not.toBeEmpty();
  await expect
    .poll(() => stockShown(other, product), { message: "two pieces fewer in the other browser" })
    .toBe((before.get(product) ?? 0) - 2);
  await other.context().close();
});

test("a reload and a lost network lose no pin", async ({ server, page, context, browser }) => {
  test.setTimeout(150_000);
  const witness = await (await browser.newContext()).newPage();
  await witness.goto(`${server.url}/s/demo`);
  await page.goto(`${server.url}/s/demo`);
  const agree = (why: string): Promise<void> =>
    expect
      .poll(
        async () => JSON.stringify(await pinned(page)) === JSON.stringify(await pinned(witness)),
        {
          message: why,
          timeout: 20_000,
        },
      )
      .toBe(true);
  await expect
    .poll(() => pinned(witness), { message: "a product is pinned", timeout: 60_000 })
    .not.toEqual([]);
  await agree("both pages show the same products");

  await context.setOffline(true);
  await expect(page.getByTestId("viewer_reconnecting")).toBeVisible();
  const missed = JSON.stringify(await pinned(witness));
  await expect
    .poll(async () => JSON.stringify(await pinned(witness)), {
      message: "the show goes on",
      timeout: 60_000,
    })
    .not.toBe(missed);
  await context.setOffline(false);
  await expect(page.getByTestId("viewer_reconnecting")).toBeHidden();
  await agree("after the network came back");
  await expectMoving(page);

  await page.reload();
  await expectMoving(page);
  await agree("after a reload");
  await witness.context().close();
});
