// A chat on the real server: read in another language, kept in order, and a viewer sent away.

import { expect, type Browser, type Page } from "@playwright/test";
import { test } from "../server.ts";

async function viewer(browser: Browser, url: string, name: string): Promise<Page> {
  const page = await (await browser.newContext({ locale: "en-GB" })).newPage();
  await page.goto(url);
  await page.getByTestId("chat_name").fill(name);
  await page.getByTestId("chat_send").click();
  await expect(page.getByTestId("chat_text")).toBeVisible();
  await expect(page.getByTestId("viewer")).toHaveAttribute("data-status", "online");
  return page;
}

async function write(page: Page, text: string): Promise<void> {
  await page.getByTestId("chat_text").fill(text);
  await page.getByTestId("chat_send").click();
  await expect(page.getByTestId("chat_text")).toHaveValue("");
}

test("translated, refused, removed, banned, and written down", async ({ server, browser }) => {
  test.setTimeout(120_000);
  const [show, token] = await server.makeShow("chat");
  const url = `${server.url}/s/${show}`;
  const ana = await viewer(browser, url, "Ana");
  const troll = await viewer(browser, url, "Otto");
  const host = await (await browser.newContext({ locale: "en-GB" })).newPage();
  await host.goto(`${server.url}/host/${show}#token=${token}`);

  await write(ana, "Quanto custa o envio para o Porto?");
  const line = host.getByTestId("chat_line").filter({ hasText: "Ana" });
  await line.getByTestId("chat_translate").click();
  await expect(line.getByTestId("chat_reading")).toContainText("machine translation");
  await expect(line).toContainText(/how much/i);

  await host.getByTestId("chat_rules").click();
  await host.getByTestId("rules_words").fill("junk");
  await host.getByTestId("rules_save").click();
  await expect(host.getByTestId("rules_log")).toContainText("changed the word list");
  await host.getByTestId("rules_sheet_close").click();
  await troll.getByTestId("chat_text").fill("what a J.U.N.K");
  await troll.getByTestId("chat_send").click();
  await expect(troll.getByTestId("chat_problem")).toContainText("does not allow");

  await write(troll, "awful");
  const awful = (page: Page) => page.getByTestId("chat_line").filter({ hasText: "awful" });
  await expect(awful(ana)).toHaveCount(1);
  host.once("dialog", (dialog) => void dialog.accept());
  await awful(host).getByTestId("chat_more").click();
  await host.getByTestId("chat_ban").click();
  await expect(awful(ana)).toHaveCount(0);
  await expect(troll.getByTestId("viewer_curtain")).toContainText("You were removed");
  await troll.reload();
  await expect(troll.getByTestId("viewer_curtain")).toContainText("You were removed");

  await host.getByTestId("chat_rules").click();
  await expect(host.getByTestId("rules_person")).toContainText("Otto banned");
  await expect(host.getByTestId("rules_log")).toContainText("banned Otto");
  for (const page of [ana, troll, host]) await page.context().close();
});
