// The chat as its readers, its writers and those who keep it in order see it.

import { expect, test } from "@playwright/test";
import { World } from "./world.ts";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true };

test.describe("on a phone", () => {
  test.use(PHONE);

  test("a line is read in the page's language, and in its own again", async ({ page }) => {
    const world = new World(page);
    world.translation = "Solta-se a alça?";
    await world.start();
    await page.goto(`${world.origin}/s/atelier`);
    const line = page.getByTestId("chat_line").first();
    await line.getByTestId("chat_translate").click();
    await expect(line).toContainText("Solta-se a alça?");
    await expect(line.getByTestId("chat_reading")).toContainText("machine translation");
    await expect(line.getByTestId("chat_translate")).toHaveAttribute("aria-pressed", "true");
    await line.getByTestId("chat_translate").click();
    await expect(line).toContainText("Does the strap come off?");
    world.refusal = { code: "no_translation", message: "nothing installed translates from `ja`" };
    await line.getByTestId("chat_translate").click();
    await expect(line.getByTestId("chat_reading")).toContainText("No translation into English");
    await expect(line).toContainText("Does the strap come off?");
  });

  test("slow mode is said before writing, and counted down after", async ({ page }) => {
    const world = new World(page);
    await world.start();
    await page.addInitScript(() => localStorage.setItem("vitrine.name", "Rui"));
    await page.goto(`${world.origin}/s/atelier`);
    await expect(page.getByTestId("chat_text")).toBeVisible();
    await expect(page.getByTestId("chat_slow_hint")).toHaveCount(0);
    world.happen({ event: "chat_rules", slow_s: 30, pinned: null });
    await expect(page.getByTestId("chat_slow_hint")).toContainText("every 30 s");
    world.refusal = { code: "slow_mode", message: "slow mode", wait_ms: 2_400 };
    await page.getByTestId("chat_text").fill("me again");
    await page.getByTestId("chat_send").click();
    await expect(page.getByTestId("chat_problem")).toContainText("again in 3 s");
    await expect(page.getByTestId("chat_problem")).toContainText("again in 1 s");
    await expect(page.getByTestId("chat_problem")).toHaveCount(0);
    await expect(page.getByTestId("chat_text")).toHaveValue("me again");
    await page.getByTestId("chat_send").click();
    await expect(page.getByTestId("chat_text")).toHaveValue("");
  });

  test("a pinned line stays above the chat until it is taken down", async ({ page }) => {
    const world = new World(page);
    await world.start();
    await page.goto(`${world.origin}/s/atelier`);
    await expect(page.getByTestId("chat_line").first()).toBeVisible();
    const [pinned] = world.show.chat;
    if (!pinned) throw new Error("the script has a line");
    world.happen({ event: "chat_rules", slow_s: 0, pinned });
    await expect(page.getByTestId("chat_pinned")).toContainText("strap come off");
    await expect(page.getByTestId("chat_unpin")).toHaveCount(0);
    world.happen({ event: "chat_removed", id: pinned.id });
    await expect(page.getByTestId("chat_pinned")).toHaveCount(0);
  });

  test("taps are gathered, and everybody's float", async ({ page }) => {
    const world = new World(page);
    await world.start();
    await page.goto(`${world.origin}/s/atelier`);
    for (let n = 0; n < 3; n += 1) await page.getByTestId("react_heart").click();
    const sent = (): number => world.taps.reduce((sum, { count }) => sum + count, 0);
    await expect.poll(sent).toBe(3);
    expect(world.taps.length).toBeLessThan(3);
    world.tell({ type: "reactions", counts: { heart: 5, fire: 2 } });
    await expect(page.getByTestId("floating").locator("span")).toHaveCount(7);
  });
});

test("a moderator keeps the chat in order and sees no orders", async ({ page }) => {
  const world = new World(page);
  world.role = "moderator";
  await world.start();
  await page.goto(`${world.origin}/s/atelier`);
  const last = () => world.requests.at(-1);
  const more = page.getByTestId("chat_more").first();
  await more.click();
  await expect(page.getByTestId("chat_invite")).toHaveCount(0);
  await page.getByTestId("chat_mute").click();
  const mute = { act: "mute", participant: "p-Joana", seconds: 600 };
  await expect.poll(last).toMatchObject({ type: "moderate", act: mute });
  page.once("dialog", (dialog) => void dialog.accept());
  await more.click();
  await page.getByTestId("chat_ban").click();
  const ban = { act: "ban", participant: "p-Joana" };
  await expect.poll(last).toMatchObject({ type: "moderate", act: ban });

  await page.getByTestId("chat_rules").click();
  await page.getByTestId("rules_slow").selectOption("30");
  await expect.poll(last).toMatchObject({ act: { act: "slow_mode", seconds: 30 } });
  await page.getByTestId("rules_words").fill("junk\n\n free money \n");
  await page.getByTestId("rules_save").click();
  await expect.poll(last).toMatchObject({ act: { words: ["junk", "free money"] } });
  const sanction = { participant: "p-Joana", name: "Joana", at_ms: 1, muted_until_ms: null };
  const sanctions = [{ ...sanction, banned: true, shadowed: false }];
  world.tell({ type: "moderation", words: ["junk"], sanctions });
  await expect(page.getByTestId("rules_person")).toContainText("Joana banned");
  await expect(page.getByTestId("rules_log")).toHaveCount(0);
  await page.getByTestId("rules_pardon").click();
  await expect.poll(last).toMatchObject({ act: { act: "pardon", participant: "p-Joana" } });
});

test("a host reads who did what to whom", async ({ page }) => {
  const world = new World(page);
  world.role = "host";
  const line = world.show.chat[1] ?? null;
  world.judgements = [
    {
      id: 2,
      at_ms: Date.now(),
      by: { id: "m", name: "Mo" },
      act: { act: "remove", id: 2 },
      whom: { id: "p-Kenji", name: "Kenji" },
      line,
    },
  ];
  await world.start();
  await page.goto(`${world.origin}/host/atelier#token=secret`);
  await page.getByTestId("chat_rules").click();
  const log = page.getByTestId("rules_log");
  await expect(log).toContainText("Mo removed a message of Kenji: “Looks great from Osaka”");
});
