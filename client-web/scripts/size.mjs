// Fails when the JavaScript that stands before a viewer's first frame grows beyond its budget.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET_BYTES = 45 * 1024;
const html = readFileSync(new URL("../dist/index.html", import.meta.url), "utf8");
const scripts = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map(
    (match) => match[1],
);
const bytes = scripts
    .map((path) => gzipSync(readFileSync(new URL(`../dist${path}`, import.meta.url))).length)
    .reduce((sum, size) => sum + size, 0);
console.log(
    `first load: ${(bytes / 1024).toFixed(1)} kB of JavaScript, gzipped (budget ${BUDGET_BYTES / 1024} kB)`,
);
if (bytes > BUDGET_BYTES) process.exit(1);
