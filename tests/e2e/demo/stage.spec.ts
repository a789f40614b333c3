// A host goes live from the console, sells, and brings a viewer on stage who does not reconnect.

import { expect } from "@playwright/test";
import { expectMoving, goLive } from "../people.ts";
import { test } from "../server.ts";

const CATALOGUE = `id,title,description,price,currency,stock
mug,Blue mug,Holds a good deal of tea.,12.50,EUR,30
bowl,Soup bowl,Deep and wide.,18.00,EUR,12
`;

test("from the host's camera to a viewer on stage", async ({ server, browser }) => {
  test.setTimeout(150_000);
  const [show, token] = await server.makeShow("studio");
  const host = await (await browser.newContext()).newPage();
  await host.goto(`${server.url}/host/${show}#token=${token}`);
  await host.getByTestId("studio_preview").click();
  await expect(host.getByTestId("self_view")).toBeVisible();
  await host.getByTestId("studio_live").click();
  await expect(host.getByTestId("studio_health")).toHaveAttribute("data-light", "good", {
    timeout: 30_000,
  });

  const viewer = await (await browser.newContext()).newPage();
  let sockets = 0;
  viewer.on("websocket", () => (sockets += 1));
  await viewer.goto(`${server.url}/s/${show}`);
  await expectMoving(viewer);
  const witness = await (await browser.newContext()).newPage();
  await witness.goto(`${server.url}/s/${show}`);
  await expectMoving(witness);

  // The shelf: imported in the console, pinned by its button, on the viewer's picture.
  await host
    .getByTestId("import_file")
    .setInputFiles({ name: "mugs.csv", mimeType: "text/csv", buffer: Buffer.from(CATALOGUE) });
  await expect(host.getByTestId("import_done")).toContainText("2");
  await host.locator("[data-testid=shelf_pin][data-product=mug]").click();
  await expect(viewer.getByTestId("pin_card")).toContainText("Blue mug");

  // The viewer writes; the host answers by bringing them on stage.
  await viewer.getByTestId("chat_name").fill("Kenji");
  await viewer.getByTestId("chat_send").click();
  await expect(viewer.getByTestId("chat_text")).toBeVisible();
  await expect(viewer.getByTestId("viewer")).toHaveAttribute("data-status", "online");
  await viewer.getByTestId("chat_text").fill("May I show you mine?");
  await viewer.getByTestId("chat_send").click();
  await expect(host.getByTestId("chat_line")).toContainText("Kenji");
  const before = sockets;
  await host.getByTestId("chat_more").click();
  await host.getByTestId("chat_invite").click();
  await expect(viewer.getByTestId("stage_bar")).toBeVisible();
  await viewer.getByTestId("stage_join").click();
  await expect(viewer.getByTestId("stage_bar")).toHaveAttribute("data-state", "connected");
  await expectMoving(witness, "stage_guest");
  await expectMoving(host, "stage_guest");
  await expectMoving(viewer);
  expect(sockets, "no new socket was opened to go on stage").toBe(before);

  // Back to the audience: the picture goes with the role.
  await host.getByTestId("chat_more").click();
  await host.getByTestId("chat_uninvite").click();
  await expect(viewer.getByTestId("stage_bar")).toBeHidden();
  await expect(witness.getByTestId("stage_guest")).toHaveCount(0);
  for (const page of [host, viewer, witness]) await page.context().close();
});

test("a host's page that is reloaded goes on with the show", async ({ server, browser }) => {
  const [show, token] = await server.makeShow("reload");
  const host = await (await browser.newContext()).newPage();
  await host.goto(`${server.url}/host/${show}#token=${token}`);
  await goLive(host);
  const viewer = await (await browser.newContext()).newPage();
  await viewer.goto(`${server.url}/s/${show}`);
  await expectMoving(viewer);
  await host.reload();
  await goLive(host);
  await expect(host.getByTestId("studio_health")).toHaveAttribute("data-light", "good", {
    timeout: 30_000,
  });
  await expectMoving(viewer);
  for (const page of [host, viewer]) await page.context().close();
});

test("on plain HTTP the console says that it cannot use the camera", async ({ server, page }) => {
  const token = server.token("demo", "host");
  const port = new URL(server.url).port;
  await page.goto(`http://plain.example:${port}/host/demo#token=${token}`);
  await expect(page.getByTestId("host_insecure")).toBeVisible();
  await expect(page.getByTestId("studio_preview")).toBeDisabled();
});
