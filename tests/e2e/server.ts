// The real server, started once for a run: `vitrine demo` on a free port with empty books, or the
// one that VITRINE_URL and VITRINE_DATA name.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base } from "@playwright/test";

const ROOT = new URL("../..", import.meta.url).pathname;
const BINARY = process.env["VITRINE_BIN"] ?? join(ROOT, "target/release/vitrine");
const START_MS_MAX = 90_000;

export type Role = "host" | "guide" | "guest" | "viewer" | "moderator";

export class Server {
  constructor(
    readonly url: string,
    private readonly data: string,
    private readonly child: ChildProcess | null,
  ) {}

  /** A token as an operator makes one. */
  token(show: string, role: Role): string {
    const args = ["token", "--data", this.data, "--show", show, "--role", role, "--ttl", "1h"];
    return execFileSync(BINARY, args, { encoding: "utf8" }).trim();
  }

  /** Makes a show of its own for a test; returns its name and its host's token. */
  async makeShow(title: string): Promise<[string, string]> {
    const name = `${title}-${Date.now().toString(36)}`;
    const token = this.token(name, "host");
    const response = await fetch(`${this.url}/api/v1/shows`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ name, title, kind: "live", private: false }),
    });
    if (!response.ok) throw new Error(`show not made: ${await response.text()}`);
    return [name, token];
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child === null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
    rmSync(this.data, { recursive: true, force: true });
  }
}

export async function startDemo(): Promise<Server> {
  const url = process.env["VITRINE_URL"];
  if (url !== undefined) return new Server(url, process.env["VITRINE_DATA"] ?? "", null);
  const data = mkdtempSync(join(tmpdir(), "vitrine-e2e-"));
  const log = join(data, "server.log");
  const args = ["demo", "--listen", "127.0.0.1:0", "--media-tcp-port", "0", "--data", data];
  const child = spawn(BINARY, args, { stdio: ["ignore", "pipe", "pipe"] });
  child.stderr.pipe(createWriteStream(log));
  const address = await new Promise<string>((resolve, reject) => {
    const said = (): string => readFileSync(log, "utf8").slice(-4_000);
    const timer = setTimeout(() => reject(new Error(`no address:\n${said()}`)), START_MS_MAX);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`vitrine ended with ${code}:\n${said()}`)));
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString();
      const found = /^listening on (\S+)/m.exec(out)?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    });
  });
  return new Server(address, data, child);
}

/** Tests with a real server. */
export const test = base.extend<object, { server: Server }>({
  server: [
    async ({}, use) => {
      const server = await startDemo();
      await use(server);
      await server.stop();
    },
    { scope: "worker", timeout: START_MS_MAX + 10_000 },
  ],
});
