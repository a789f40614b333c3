// The viewer's page in moments that a real server will not produce on demand.

import { expect, test } from "@playwright/test";
import { hide } from "../people.ts";
import { World } from "./world.ts";

test("subtitles: two rows at most, another language and off are remembered", async ({ page }) => {
  const world = new World(page);
  await world.start();
  await page.goto(`${world.origin}/s/atelier`);
  const width = () =>
    page.getByTestId("stage_video").evaluate((v: HTMLVideoElement) => v.videoWidth);
  await expect.poll(width).toBeGreaterThan(0);
  world.say("a", "This one is cut from a single hide, so every bag keeps its own grain and", false);
  const rows = page.getByTestId("subtitles_row");
  await expect(rows).toHaveCount(2);
  await expect(rows.last()).toContainText("own grain");
  await page.getByTestId("captions_menu").click();
  await page.getByTestId("captions_menu_pt").click();
  world.say("b", "And it comes in black");
  world.say("b", "Esta é cortada de uma peça só", true, "pt");
  await expect(rows).toHaveText("Esta é cortada de uma peça só");
  await page.getByTestId("captions_menu").click();
  await page.getByTestId("captions_menu_off").click();
  await expect(rows).toHaveCount(0);

  await page.reload();
  await expect(page.getByTestId("viewer")).toHaveAttribute("data-status", "online");
  world.say("c", "And it comes in brown");
  world.happen({ event: "pinned", product: "belt", at_ms: Date.now() });
  await expect(page.locator('[data-product="belt"]').first()).toBeVisible();
  await expect(rows).toHaveCount(0);
});

test("a cut line is told, resumed behind the last entry, and no pin is lost", async ({ page }) => {
  const world = new World(page);
  await world.start();
  await page.goto(`${world.origin}/s/atelier`);
  const cards = page.getByTestId("pin_card");
  await expect(cards).toHaveCount(1);
  const known = world.seq;
  world.happenUnheard({ event: "pinned", product: "wallet", at_ms: Date.now() });
  await world.cutWires();
  await expect(cards).toHaveCount(2);
  await expect(cards.first()).toContainText("Piega");
  expect(world.joins.at(-1)?.resume).toEqual({ epoch: "e1", last_seq: known });
});

test("without network the page says so and comes back by itself", async ({ page, context }) => {
  const world = new World(page);
  await world.start();
  await page.goto(`${world.origin}/s/atelier`);
  await expect(page.getByTestId("viewer")).toHaveAttribute("data-status", "online");
  await context.setOffline(true);
  await expect(page.getByTestId("viewer_reconnecting")).toBeVisible();
  await context.setOffline(false);
  await expect(page.getByTestId("viewer")).toHaveAttribute("data-status", "online");
  await expect(page.getByTestId("viewer_reconnecting")).toBeHidden();
});

test("a page that nobody looks at wants no picture until it is seen again", async ({ page }) => {
  const world = new World(page);
  await world.start();
  await page.goto(`${world.origin}/s/atelier`);
  const told = () => world.watches.at(-1);
  await expect.poll(() => told()?.height).toBeGreaterThan(0);
  const seen = told();
  expect(seen?.visible).toBe(true);
  await hide(page, true);
  await expect.poll(told).toMatchObject({ mid: seen?.mid, visible: false });
  await hide(page, false);
  await expect.poll(told).toEqual(seen);
});

test("a network that lets no picture through is told apart from a pause", async ({ page }) => {
  await page.addInitScript(() => {
    window.RTCPeerConnection = class extends RTCPeerConnection {
      override get connectionState(): RTCPeerConnectionState {
        return "failed";
      }
      override async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
        await super.setRemoteDescription(description);
        this.dispatchEvent(new Event("connectionstatechange"));
      }
    };
  });
  const world = new World(page);
  await world.start();
  await page.goto(`${world.origin}/s/atelier`);
  const curtain = page.getByTestId("viewer_curtain");
  await expect(curtain).toHaveAttribute("data-act", "unreachable");
  await expect(page.getByTestId("pin_card")).toBeVisible();
});

test("not yet, over, and unknown shows say so", async ({ page }) => {
  const world = new World(page, undefined, null);
  world.show.tracks = [];
  world.show.info.phase = "scheduled";
  await world.start();
  await page.goto(`${world.origin}/s/atelier`);
  const curtain = page.getByTestId("viewer_curtain");
  await expect(curtain).toHaveAttribute("data-act", "starting");
  world.happen({ event: "show", ...world.show.info, phase: "ended" });
  await expect(curtain).toHaveAttribute("data-act", "over");

  await page.route("**/api/v1/shows/nothing/visit", (route) =>
    route.fulfill({ status: 404, json: { title: "Not Found", code: "not_found" } }),
  );
  await page.goto(`${world.origin}/s/nothing`);
  await expect(curtain).toHaveAttribute("data-act", "unknown");
});

test("the page speaks the browser's language and can be changed", async ({ browser }) => {
  const context = await browser.newContext({ locale: "pt-BR" });
  const page = await context.newPage();
  const world = new World(page);
  await world.start();
  await page.goto(`${world.origin}/s/atelier`);
  await expect(page.getByTestId("pin_buy")).toHaveText("Comprar");
  await expect(page.getByTestId("product_price").first()).toHaveText(/€\s?189,00/);
  await page.getByTestId("page_language").click();
  await page.getByTestId("page_language_de").click();
  await expect(page.getByTestId("pin_buy")).toHaveText("Kaufen");
  await context.close();
});

test("everything that can be pressed has a name and is large enough", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const world = new World(page);
  await world.start();
  await page.goto(`${world.origin}/s/atelier`);
  await expect(page.getByTestId("pin_card")).toBeVisible();
  const small = await page.locator("button:visible, a:visible").evaluateAll((elements) =>
    elements
      .filter((element) => {
        const { width, height } = element.getBoundingClientRect();
        const name = element.getAttribute("aria-label") ?? element.textContent ?? "";
        return name.trim() === "" || width < 44 || height < 44;
      })
      .map((element) => element.outerHTML.slice(0, 120)),
  );
  expect(small).toEqual([]);
});
