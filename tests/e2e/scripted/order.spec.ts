// Buying, when the shop or the network is in the way.

import { expect, test, type Page } from "@playwright/test";
import { World } from "./world.ts";

async function open(page: Page): Promise<World> {
  const world = new World(page);
  await world.start();
  await page.goto(`${world.origin}/s/atelier`);
  await page.getByTestId("pin_buy").click();
  await expect(page.getByTestId("order_total")).toHaveText("€189.00");
  return world;
}

async function confirm(page: Page): Promise<void> {
  await page.getByTestId("order_name").fill("Ana");
  await page.getByTestId("order_contact").fill("ana@example.org");
  await page.getByTestId("order_confirm").click();
  await expect(page.getByTestId("order_done")).toBeVisible();
}

test("a new price is shown and asked again, never charged silently", async ({ page }) => {
  const world = await open(page);
  world.product("tote").price.minor = 19900;
  const problem = {
    title: "Conflict",
    code: "stale_quote",
    basket: { quotes: [world.quote("tote")] },
  };
  world.orderAnswers = [{ status: 409, body: problem }];
  await page.getByTestId("order_reserve").click();
  const notice = page.getByTestId("order_notice");
  await expect(notice).toHaveAttribute("data-kind", "price_changed");
  await expect(notice).toContainText("€199.00");
  await expect(page.getByTestId("order_total")).toHaveText("€199.00");
  await page.getByTestId("order_reserve").click();
  await expect(page.getByTestId("order_hold")).toBeVisible();
  await confirm(page);
  expect(new Set(world.orderKeys).size).toBe(2);
});

test("a lost answer is asked for again with the same key", async ({ page }) => {
  const world = await open(page);
  world.orderAnswers = [null, null];
  await page.getByTestId("order_more").click();
  await page.getByTestId("order_reserve").click();
  await expect(page.getByTestId("order_notice")).toHaveAttribute("data-kind", "retrying");
  await expect(page.getByTestId("order_hold")).toBeVisible();
  await expect(page.getByTestId("order_total")).toHaveText("€378.00");
  expect(world.orderKeys).toHaveLength(3);
  expect(new Set(world.orderKeys).size).toBe(1);
});

test("fewer left lowers the quantity; none left says sold out", async ({ page }) => {
  const world = await open(page);
  const soldOut = { title: "Conflict", code: "sold_out" };
  world.orderAnswers = [
    { status: 409, body: { ...soldOut, available: 1 } },
    { status: 409, body: { ...soldOut, available: 0 } },
  ];
  await page.getByTestId("order_more").click();
  await page.getByTestId("order_reserve").click();
  await expect(page.getByTestId("order_notice")).toHaveAttribute("data-kind", "only_left");
  await expect(page.getByTestId("order_quantity")).toHaveText("1");
  await page.getByTestId("order_reserve").click();
  await expect(page.getByTestId("order_notice")).toHaveAttribute("data-kind", "sold_out");
  world.happen({ event: "stock", product: "tote", variant: "tote", available: 0 });
  await expect(page.getByTestId("order_reserve")).toBeDisabled();
});

test("a reload finds the held order; a hold that runs out can be made again", async ({ page }) => {
  const world = await open(page);
  world.hold_ms = 12_000;
  await page.getByTestId("order_reserve").click();
  await expect(page.getByTestId("order_hold")).toBeVisible();
  await page.reload();
  await expect(page.getByTestId("order_hold")).toBeVisible();
  await expect(page.getByTestId("order_notice")).toHaveAttribute("data-kind", "lapsed");
  await page.getByTestId("order_reserve").click();
  await expect(page.getByTestId("order_hold")).toBeVisible();
});

test("a variant is chosen, and a basket of several lines survives a reload", async ({ page }) => {
  const world = new World(page);
  await world.start();
  const tote = world.product("tote");
  const [only] = tote.variants;
  if (!only) throw new Error("the tote has a variant");
  tote.variants = [
    { ...only, id: "tote-brown", options: { colour: "brown" }, available: 4 },
    { ...only, id: "tote-black", options: { colour: "black" }, available: 3 },
  ];
  world.countries = ["PT", "ES"];
  await page.goto(`${world.origin}/s/atelier`);
  await page.getByTestId("pin_buy").click();
  await page.getByTestId("order_variant").selectOption("tote-black");
  await page.getByTestId("order_more").click();
  await page.getByTestId("order_add").click();
  await expect(page.getByTestId("cart_line")).toHaveCount(1);
  await expect(page.getByTestId("cart_line")).toContainText("black");
  await page.reload();
  await page
    .locator('[data-testid=shelf_product][data-product="wallet"]')
    .getByTestId("shelf_buy")
    .click();
  await page.getByTestId("order_add").click();
  await expect(page.getByTestId("cart_line")).toHaveCount(2);
  await expect(page.getByTestId("order_total")).toHaveText("€417.00");
  await expect(page.getByTestId("cart_reserve")).toBeDisabled();
  await page.getByTestId("cart_country").selectOption("PT");
  await expect(page.getByTestId("order_shipping")).toHaveText("€4.90");
  await expect(page.getByTestId("order_total")).toHaveText("€421.90");
  await page.getByTestId("cart_reserve").click();
  await expect(page.getByTestId("order_line")).toHaveCount(2);
  await expect(page.getByTestId("order_total")).toHaveText("€421.90");
  await expect(page.getByTestId("order_address")).toContainText("Portugal");
  await expect(page.getByTestId("address_region")).toHaveCount(0);
  await page.getByTestId("address_street").fill("Rua Augusta 1");
  await page.getByTestId("address_postal").fill("1100148");
  await page.getByTestId("address_city").fill("Lisboa");
  await confirm(page);
  expect(world.confirmed?.address).toEqual({
    lines: ["Rua Augusta 1"],
    postal_code: "1100148",
    city: "Lisboa",
    country: "PT",
  });
  await page.getByTestId("order_continue").click();
  await expect(page.getByTestId("cart_open")).toHaveCount(0);
});

test("a coupon takes something off the basket, and one that does not says so", async ({ page }) => {
  await open(page);
  await page.getByTestId("order_add").click();
  await expect(page.getByTestId("order_total")).toHaveText("€189.00");
  await page.getByTestId("coupon_code").fill("never");
  await page.getByTestId("coupon_use").click();
  await expect(page.getByTestId("order_notice")).toHaveAttribute("data-kind", "coupon");
  await expect(page.getByTestId("order_total")).toHaveText("€189.00");
  await page.getByTestId("coupon_code").fill("TEN");
  await page.getByTestId("coupon_use").click();
  await expect(page.getByTestId("order_discount")).toHaveText("−€10.00");
  await expect(page.getByTestId("order_total")).toHaveText("€179.00");
  await page.getByTestId("cart_reserve").click();
  await expect(page.getByTestId("order_discount")).toHaveText("−€10.00");
  await confirm(page);
});

test("a flash deal is counted down, on, and over", async ({ page }) => {
  const world = new World(page);
  await world.start();
  await page.goto(`${world.origin}/s/atelier`);
  const card = page.getByTestId("pin_card").first();
  await expect(card.getByTestId("product_price")).toContainText("189.00");
  const tote = world.product("tote");
  const starts_ms = Date.now() + 3_000;
  const deal = {
    id: "d",
    product: "tote",
    prices: [{ variant: "tote", price: { ...tote.price, minor: 14900 } }],
    counts_ms: Date.now(),
    starts_ms,
    ends_ms: starts_ms + 3_000,
    is_on: false,
    total: 5,
    per_buyer: 1,
  };
  world.happen({ event: "product", ...tote, deal });
  const line = card.getByTestId("product_deal");
  await expect(line).toHaveAttribute("data-on", "false");
  await expect(line).toContainText("€149.00");
  await expect(line).toHaveAttribute("data-on", "true");
  await expect(card.getByTestId("product_price")).toContainText("149.00");
  await expect(line).toHaveCount(0);
  await expect(card.getByTestId("product_price")).toContainText("189.00");
});

test("what is paid first is paid on the provider's page, and its own page tells when", async ({
  page,
}) => {
  const world = await open(page);
  world.isHosted = true;
  world.payAnswers = [{ status: 503, body: { title: "Later", code: "payment_unavailable" } }];
  await page.getByTestId("order_reserve").click();
  await page.getByTestId("order_name").fill("Ana");
  await page.getByTestId("order_contact").fill("ana@example.org");
  await page.getByTestId("order_confirm").click();
  await page.waitForURL("**/checkout/*");

  // Who comes back before the provider has told is told to wait, and can go there again.
  const order = world.order();
  await page.goto(`${world.origin}/o/${order.id}`);
  const status = page.getByTestId("order_page");
  await expect(status).toHaveAttribute("data-state", "pending");
  await expect(page.getByTestId("order_pay")).toBeEnabled();
  order.state = "paid";
  await expect(status).toHaveAttribute("data-state", "paid");
  await expect(page.getByTestId("order_pay")).toHaveCount(0);
  await page.getByTestId("order_back").click();
  await expect(page.getByTestId("order_done")).toBeVisible();
  await page.goto(`${world.origin}/o/nothing`);
  await expect(page.getByTestId("order_notice")).toContainText("no such order");
});

test("a piece's serial number is checked on the product sheet", async ({ page }) => {
  const world = new World(page);
  world.proof = { certificate: "/documents/seal.pdf", has_serials: true };
  await world.start();
  await page.goto(`${world.origin}/s/atelier`);
  await page.getByTestId("pin_buy").click();
  await page.getByTestId("authenticity").click();
  await expect(page.getByRole("link", { name: "Certificate of authenticity" })).toBeVisible();
  await page.getByTestId("serial").fill("ST 0017");
  await page.getByTestId("serial_check").click();
  const answer = page.getByTestId("serial_answer");
  await expect(answer).toContainText("Nobody checked it before");
  await page.getByTestId("serial_check").click();
  await expect(answer).toContainText("checked before: 1×");
});
