// Where Chromium is and how it is started: fake camera and microphone, no questions, no calls to
// its maker's servers.

import { existsSync } from "node:fs";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

const executablePath = process.env["CHROMIUM"] ?? PLACES.find((path) => existsSync(path));
if (executablePath === undefined) {
  throw new Error("Chromium is missing: apt install chromium, or set CHROMIUM to its path");
}

export const CHROMIUM = {
  headless: true,
  viewport: { width: 1280, height: 800 },
  locale: "en-US",
  launchOptions: {
    executablePath,
    args: [
      "--no-sandbox",
      // A name that is not this machine, for the pages that are not in a secure context.
      "--host-resolver-rules=MAP plain.example 127.0.0.1",
      "--disable-gpu",
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      "--autoplay-policy=no-user-gesture-required",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  },
};
