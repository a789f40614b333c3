// Subtitles and the transcript on the viewer's page.

import { readFile } from "node:fs/promises";
import { expect, test, type Page } from "@playwright/test";
import { World } from "./world.ts";

async function open(page: Page): Promise<World> {
  const world = new World(page);
  await world.start();
  await page.goto(`${world.origin}/s/atelier`);
  const width = () =>
    page.getByTestId("stage_video").evaluate((v: HTMLVideoElement) => v.videoWidth);
  await expect.poll(width).toBeGreaterThan(0);
  return world;
}

test("words that may change are lighter, and nothing moves while words are added", async ({
  page,
}) => {
  const world = await open(page);
  const box = page.getByTestId("subtitles");
  await page.getByTestId("captions_menu").click();
  await page.getByTestId("captions_menu_en").click();
  const empty = await box.boundingBox();
  world.say("a", "This one is cut from a", false, "en", 16);
  const row = page.getByTestId("subtitles_row");
  await expect(row).toHaveText("This one is cut from a");
  await expect(row.locator(".may-change")).toHaveText("from a");
  const first = await row.boundingBox();
  world.say("a", "This one is cut from a single hide, so every bag keeps", false, "en", 30);
  await expect(row).toHaveCount(2);
  const second = await row.first().boundingBox();
  expect([second?.x, second?.y]).toEqual([first?.x, first?.y]);
  expect((await box.boundingBox())?.height).toBe(empty?.height);
  await expect(page.getByTestId("subtitles_spoken")).toBeEmpty();
  world.say("a", "This one is cut from a single hide.");
  await expect(page.getByTestId("subtitles_spoken")).toHaveText(
    "This one is cut from a single hide.",
  );
});

test("rows of Arabic begin at the right", async ({ page }) => {
  const world = await open(page);
  world.happen({ event: "languages", languages: ["en", "ar"], pairs: [] });
  await page.getByTestId("captions_menu").click();
  await page.getByTestId("captions_menu_ar").click();
  world.say("a", "السعر اليوم تسعة عشر يورو", true, "ar");
  const row = page.getByTestId("subtitles_row");
  await expect(row).toHaveAttribute("dir", "rtl");
  const [inner, outer] = [await row.boundingBox(), await row.locator("..").boundingBox()];
  const end = (box: typeof inner) => Math.round((box?.x ?? 0) + (box?.width ?? 0));
  expect(end(inner)).toBe(end(outer));
});

test("the picture waits for the subtitles when it is told to, also after a reload", async ({
  page,
}) => {
  await page.addInitScript(() => {
    const waits: unknown[] = [];
    Object.assign(window, { waits });
    Object.defineProperty(RTCRtpReceiver.prototype, "jitterBufferTarget", {
      set: (ms) => waits.push(ms),
    });
  });
  const waits = () => page.evaluate(() => (window as unknown as { waits: number[] }).waits);
  await open(page);
  expect(await waits()).toEqual([]);
  await page.getByTestId("captions_menu").click();
  await page.getByTestId("captions_menu_sync").click();
  await expect.poll(async () => (await waits()).at(-1)).toBe(1500);
  await page.reload();
  await expect.poll(async () => (await waits()).at(-1)).toBe(1500);
  await page.getByTestId("captions_menu").click();
  await expect(page.getByTestId("captions_menu_sync")).toHaveAttribute("aria-checked", "true");
  await page.getByTestId("captions_menu_sync").click();
  await expect.poll(async () => (await waits()).at(-1)).toBe(null);
});

test("what was said is read side by side, searched and taken home", async ({ page }) => {
  const world = await open(page);
  const said = { participant: "p1", speaker: "Marta", spoken: "en" };
  world.transcript = [
    {
      ...said,
      id: "a",
      start_ms: 62_000,
      end_ms: 65_000,
      text: "This lamp is new.",
      translation: "Esta lâmpada é nova.",
    },
    { ...said, id: "b", start_ms: 66_000, end_ms: 68_000, text: "Only today.", translation: null },
  ];
  await page.getByTestId("captions_menu").click();
  await page.getByTestId("captions_menu_transcript").click();
  const lines = page.getByTestId("transcript_line");
  await expect(lines).toHaveCount(2);
  await expect(lines.first()).toContainText("1:02");
  await page.getByTestId("transcript_language").selectOption("pt");
  await expect(lines.first()).toContainText("Esta lâmpada");
  await page.getByTestId("transcript_search").fill("LAMPADA");
  await expect(lines).toHaveCount(1);
  await expect(lines.locator("mark")).toHaveText("lâmpada");
  const download = page.waitForEvent("download");
  await page.getByTestId("transcript_srt").click();
  const file = await download;
  expect(file.suggestedFilename()).toBe("atelier.pt.srt");
  expect(await readFile(await file.path(), "utf8")).toBe("srt in pt");
});

test("subtitles are as large, as dark and as high as the reader wants, also after a reload", async ({
  page,
}) => {
  const world = await open(page);
  await page.getByTestId("captions_menu").click();
  await page.getByTestId("captions_menu_en").click();
  world.say("a", "Cut from a single hide");
  // Both lines may be there: the newest is the last.
  const row = page.getByTestId("subtitles_row").last();
  const before = await row.boundingBox();
  await page.getByTestId("captions_menu").click();
  await page.getByTestId("captions_menu_look").click();
  for (const choice of ["large", "solid", "high"]) await page.getByTestId(`look_${choice}`).check();
  await page.getByTestId("look_close").click();
  for (const again of [false, true]) {
    if (again) {
      await page.reload();
      await expect(page.getByTestId("viewer")).toHaveAttribute("data-status", "online");
    }
    world.say(`b${again}`, "Cut from a single hide");
    await expect(row).toHaveCSS("background-color", "rgb(0, 0, 0)");
    const size = async (): Promise<number> => (await row.boundingBox())?.height ?? 0;
    const top = async (): Promise<number> => (await row.boundingBox())?.y ?? Infinity;
    await expect.poll(size).toBeGreaterThan((before?.height ?? Infinity) * 1.2);
    await expect.poll(top).toBeLessThan(before?.y ?? 0);
  }
});
