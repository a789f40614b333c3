// From "listening" to a sale: a real browser on a phone-sized page sees moving pictures, a
// subtitle that was really spoken, a pinned product and a confirmed order; each step is timed.
//
//   node tests/e2e/demo-check.mjs BASE_URL LISTENING_SINCE_MS [SCREENSHOT_FOLDER]

import { existsSync, readFileSync } from "node:fs";
import { chromium, devices } from "@playwright/test";

const BUDGET_MS = 120_000;
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

const [base, listening, folder] = process.argv.slice(2);
const since = Number(listening);
const cues = JSON.parse(
  readFileSync(new URL("../../signaling/demo/cues.json", import.meta.url), "utf8"),
);
const left = () => Math.max(1, since + BUDGET_MS - Date.now());

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? PLACES.find((path) => existsSync(path)),
  args: ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"],
});
const page = await browser.newPage({ ...devices["Pixel 7"], locale: "en-US" });
const complaints = [];
page.on("console", (line) => line.type() === "error" && complaints.push(line.text()));
page.on("pageerror", (error) => complaints.push(String(error)));

async function step(name, action) {
  try {
    const seen = await action();
    const at = ((Date.now() - since) / 1000).toFixed(1);
    console.log(`${at.padStart(6)} s  ${name}${seen ? `: ${seen}` : ""}`);
    if (folder) await page.screenshot({ path: `${folder}/${name.replaceAll(" ", "-")}.png` });
  } catch (error) {
    const at = ((Date.now() - since) / 1000).toFixed(1);
    console.error(`${at.padStart(6)} s  FAILED: ${name}\n${error}`);
    if (complaints.length > 0) console.error(`the page said:\n  ${complaints.join("\n  ")}`);
    if (folder) await page.screenshot({ path: `${folder}/failed.png` });
    await browser.close();
    process.exit(1);
  }
}

/** Lower case words without punctuation. */
const words = (text) => text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];

/** Whether three words in a row of the text are in the script. */
function wasSpoken(text) {
  const script = ` ${cues.lines.map((line) => words(line.text).join(" ")).join(" | ")} `;
  const heard = words(text);
  return heard.some((_, at) => {
    const run = heard.slice(at, at + 3);
    return run.length === 3 && script.includes(` ${run.join(" ")} `);
  });
}

/** Polls `read` until `accept` takes its value. */
async function until(read, accept, what) {
  let seen;
  while (left() > 1) {
    seen = await read();
    if (accept(seen)) return seen;
    await page.waitForTimeout(200);
  }
  throw new Error(`${what} within ${BUDGET_MS / 1000} s; last seen: ${JSON.stringify(seen)}`);
}

const subtitles = () =>
  page.locator("[data-testid=subtitles_row]").evaluateAll((rows) =>
    rows.map((row) => ({ text: row.textContent ?? "", language: row.lang })),
  );

await step("page open", () => page.goto(`${base}/s/demo`, { timeout: left() }).then(() => ""));

await step("moving pictures", async () => {
  const video = page.getByTestId("stage_video");
  const frames = () =>
    video.evaluateAll(([v]) => (v ? v.getVideoPlaybackQuality().totalVideoFrames : 0));
  const first = await until(frames, (count) => count > 0, "no picture");
  await until(frames, (count) => count >= first + 25, "the picture stands still");
  return video.evaluate((v) => `${v.videoWidth}x${v.videoHeight}`);
});

await step("a subtitle", async () => {
  const rows = await until(subtitles, (all) => all.some((row) => wasSpoken(row.text)), "no words of the script");
  return rows.find((row) => wasSpoken(row.text)).text;
});

await step("a pinned product", async () => {
  const card = page.getByTestId("pin_card").first();
  await card.waitFor({ timeout: left() });
  return card.getAttribute("data-product");
});

let bought;
await step("a confirmed order", async () => {
  // The pin may leave while we reach for it: then the next one does. A click that was given up
  // may have been made all the same: then the sheet is open and covers the pin.
  const reserve = page.getByTestId("order_reserve");
  await until(
    async () => {
      if (await reserve.isVisible()) return true;
      const button = page.getByTestId("pin_buy").first();
      return button.click({ timeout: 3_000 }).then(() => true, () => false);
    },
    (clicked) => clicked,
    "nothing to buy",
  );
  await reserve.click({ timeout: left() });
  await page.getByTestId("order_name").fill("Ana Demo", { timeout: left() });
  await page.getByTestId("order_contact").fill("ana@example.org");
  const answer = page.waitForResponse((r) => r.url().endsWith("/confirm"), { timeout: left() });
  await page.getByTestId("order_confirm").click();
  bought = await (await answer).json();
  if (bought.state !== "confirmed") throw new Error(JSON.stringify(bought));
  await page.getByTestId("order_done").waitFor({ timeout: left() });
  return bought.lines.map(({ quantity, title }) => `${quantity} × ${title}`).join(", ");
});

await browser.close();
const took = (Date.now() - since) / 1000;
console.log(`from listening to a sale in ${took.toFixed(1)} s (at most ${BUDGET_MS / 1000} s)`);
