// A show that is to come, the order of its shelf, and what its host is told of it.

import { expect, test } from "@playwright/test";
import { World } from "./world.ts";

const HOUR_MS = 3_600_000;

test("an announced show counts down, reminds and goes into the calendar", async ({ page }) => {
  const world = new World(page, undefined, null);
  Object.assign(world.show.info, { phase: "scheduled", starts_ms: Date.now() + HOUR_MS });
  world.show.tracks = [];
  await world.start();
  await page.goto(`${world.origin}/`);
  const upcoming = page.getByTestId("upcoming");
  await expect(upcoming.getByTestId("countdown")).toHaveText(/^(59:\d\d|1:00:00)$/);
  await expect(upcoming.getByTestId("calendar")).toHaveAttribute(
    "href",
    "/api/v1/shows/atelier/calendar.ics",
  );
  await page.goto(`${world.origin}/s/atelier`);
  await expect(page.getByTestId("viewer_curtain")).toHaveAttribute("data-act", "starting");
  // On a phone, where the chat lies over the picture, too.
  await page.setViewportSize({ width: 390, height: 844 });
  const remind = page.getByTestId("remind");
  await expect(remind).toHaveAttribute("aria-pressed", "false");
  const entry = page.waitForRequest(/calendar\.ics$/);
  await remind.click();
  await entry;
  await expect.poll(() => world.reminders).toBe(4);
  await page.goto(`${world.origin}/s/atelier`);
  await expect(remind).toHaveAttribute("aria-pressed", "true");
  await remind.click();
  await expect(remind).toHaveAttribute("aria-pressed", "false");
  expect(world.reminders).toBe(3);
});

test("a host puts the shelf in order and says what is shown", async ({ page }) => {
  const world = new World(page);
  world.role = "host";
  await world.start();
  await page.goto(`${world.origin}/host/atelier#token=secret`);
  const button = (name: string, id: string) =>
    page.locator(`[data-testid=${name}][data-product=${id}]`);
  await expect(button("shelf_up", "tote")).toBeDisabled();
  await button("shelf_down", "tote").click();
  await expect.poll(() => world.shelves).toEqual([["belt", "tote", "wallet", "strap"]]);
  world.happen({ event: "order", products: ["belt", "tote", "wallet", "strap"] });
  await expect(button("shelf_up", "tote")).toBeEnabled();
  await button("shelf_now", "belt").click();
  await expect
    .poll(() => world.requests.at(-1))
    .toMatchObject({ type: "now_showing", product: "belt" });
  world.happen({ event: "now_showing", product: "belt" });
  await expect(button("shelf_now", "belt")).toHaveAttribute("aria-pressed", "true");
});

test("a new price and a sold-out product are said for a moment", async ({ page }) => {
  const world = new World(page, undefined, null);
  await world.start();
  await page.goto(`${world.origin}/s/atelier`);
  await expect(page.getByTestId("viewer")).toHaveAttribute("data-status", "online");
  const price = { minor: 14_900, currency: "EUR", exponent: 2 };
  world.happen({
    event: "price_changed",
    product: "tote",
    was: world.product("tote").price,
    price,
  });
  await expect(page.getByTestId("news")).toContainText("149");
  world.happen({ event: "sold_out", product: "belt" });
  await expect(page.getByTestId("news")).toContainText("Linea belt");
  await expect(page.getByTestId("news")).toBeHidden({ timeout: 10_000 });
});

test("the host's numbers follow the server's", async ({ page }) => {
  const world = new World(page);
  world.role = "host";
  const now_ms = Date.now();
  const revenue = [{ minor: 18_900, currency: "EUR", exponent: 2 }];
  const sums = { watched_s: 3_720, joins: 7, orders: 1, revenue };
  world.stats = {
    started_ms: now_ms - 120_000,
    now_ms,
    viewers: 5,
    total: sums,
    minutes: [
      { at_ms: now_ms - 60_000, viewers: 4, pinned: ["tote"], pieces: { tote: 1 }, ...sums },
    ],
    countries: { PT: 5, unknown: 2 },
    languages: { pt: 7 },
    captions: { en: 60 },
    products: [
      {
        product: "tote",
        title: "Tote",
        impressions: 6,
        taps: 3,
        carts: 2,
        orders: 1,
        pieces: 1,
        revenue,
      },
    ],
  };
  await world.start();
  await page.goto(`${world.origin}/host/atelier#token=secret`);
  const stats = page.getByTestId("stats");
  await expect(stats.getByTestId("stats_joins")).toHaveText("7");
  await expect(stats.getByTestId("stats_watched")).toHaveText("1 h 2 min");
  await expect(stats.getByTestId("stats_funnel").locator("tbody td")).toHaveText([
    "6",
    "3",
    "2",
    "1",
    /189/,
  ]);
  await expect(stats).toContainText("Portugal");
  world.stats = { ...world.stats, total: { ...sums, joins: 8 } };
  await expect(stats.getByTestId("stats_joins")).toHaveText("8", { timeout: 10_000 });
});
