// Browser tests on the system's own Chromium; no tool here downloads a browser. Two kinds:
// `scripted` drives the built pages against a scripted wire, for the moments a real server will
// not produce on demand; `demo` and `media` run against the real server.

import { defineConfig } from "@playwright/test";
import { CHROMIUM } from "./browser.ts";

/** What a browser sees of the media engine: part of that suite. */
const MEDIA = "demo/{layers,network,stage}.spec.ts";

export default defineConfig({
  testDir: ".",
  outputDir: "results",
  timeout: 60_000,
  expect: { timeout: 15_000 },
  // One browser at a time: the machine also decodes, recognises and translates.
  workers: 1,
  retries: 0,
  reporter: [["list"]],
  use: { ...CHROMIUM, screenshot: "only-on-failure" },
  projects: [
    { name: "scripted", testMatch: "scripted/*.spec.ts" },
    { name: "demo", testMatch: "demo/*.spec.ts", testIgnore: MEDIA },
    { name: "media", testMatch: MEDIA },
    { name: "screenshots", testMatch: "screenshots.ts" },
  ],
});
