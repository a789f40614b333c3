// The host console in moments that a real server will not produce on demand.

import { expect, test } from "@playwright/test";
import { World } from "./world.ts";

test("on plain HTTP the console says why there is no camera and where to go", async ({ page }) => {
  const world = new World(page, "http://shop.example");
  world.role = "host";
  await world.start();
  await page.goto(`${world.origin}/host/atelier#token=secret`);
  await expect(page.getByTestId("host_insecure")).toBeVisible();
  await expect(page.getByTestId("host_insecure").getByRole("link")).toHaveAttribute(
    "href",
    "/trust",
  );
  await expect(page.getByTestId("studio_preview")).toBeDisabled();
  // The token does not stay in the address bar.
  await expect(page).toHaveURL(`${world.origin}/host/atelier`);
});

test("a catalogue with mistakes names each row and imports nothing", async ({ page }) => {
  const world = new World(page);
  world.role = "host";
  world.importAnswer = {
    status: 422,
    body: {
      title: "Unprocessable Content",
      code: "invalid_catalogue",
      detail: "the catalogue has 2 mistakes",
      errors: [
        { row: 2, field: "price", message: "`12,5x` is not an amount" },
        { row: 5, field: "id", message: "`tote` is there twice" },
      ],
    },
  };
  await world.start();
  await page.goto(`${world.origin}/host/atelier#token=secret`);
  const file = { name: "shop.csv", mimeType: "text/csv", buffer: Buffer.from("id,title\n") };
  await page.getByTestId("import_file").setInputFiles(file);
  const failed = page.getByTestId("import_failed");
  await expect(failed).toContainText("Row 2 · price");
  await expect(failed).toContainText("`tote` is there twice");
  world.importAnswer = { status: 200, body: { imported: 12 } };
  await page.getByTestId("import_file").setInputFiles(file);
  await expect(page.getByTestId("import_done")).toContainText("12");
});

test("a fourth product is not pinned, and the host is told why", async ({ page }) => {
  const world = new World(page);
  world.role = "host";
  await world.start();
  await page.goto(`${world.origin}/host/atelier#token=secret`);
  const button = (id: string) => page.locator(`[data-testid=shelf_pin][data-product=${id}]`);
  await button("belt").click();
  await expect(button("belt")).toHaveAttribute("aria-pressed", "true");
  await button("wallet").click();
  await expect(button("wallet")).toHaveAttribute("aria-pressed", "true");
  await button("strap").click();
  await expect(page.getByTestId("host_shelf").getByRole("alert")).toBeVisible();
  expect(world.requests.filter(({ type }) => type === "pin")).toHaveLength(2);
});

test("chat lines can be removed and their writers brought on stage", async ({ page }) => {
  const world = new World(page);
  world.role = "host";
  await world.start();
  await page.goto(`${world.origin}/host/atelier#token=secret`);
  await page.getByTestId("chat_remove").first().click();
  const act = { act: "remove", id: 1 };
  await expect.poll(() => world.requests.at(-1)).toMatchObject({ type: "moderate", act });
  world.happen({ event: "chat_removed", id: 1 });
  await expect(page.getByTestId("chat")).not.toContainText("strap come off");
  await page.getByTestId("chat_more").first().click();
  await page.getByTestId("chat_invite").click();
  await expect
    .poll(() => world.requests.at(-1))
    .toMatchObject({ type: "promote", participant: "p-Kenji", role: "guest" });
});

test("without a token the console says how to get one", async ({ page }) => {
  const world = new World(page);
  await world.start();
  await page.goto(`${world.origin}/host/atelier`);
  await expect(page.getByTestId("host_refused")).toContainText("vitrine token --show atelier");
});

test("on a phone nothing of the console is beyond the edge", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const world = new World(page);
  world.role = "host";
  await world.start();
  await page.goto(`${world.origin}/host/atelier#token=secret`);
  const panels = page.locator(".host .panel, .host .chat");
  await expect(page.getByTestId("host_shelf")).toBeVisible();
  for (const panel of await panels.all()) {
    const box = await panel.boundingBox();
    expect(box && box.x + box.width).toBeLessThanOrEqual(390);
  }
});
