// A page's way to the server's media ports: UDP goes through a proxy that loses, delays and holds
// back datagrams, or drops them all; ICE-TCP is left alone or taken away. The page is none the
// wiser: the ports in the server's answers are changed before its browser reads them.

import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { Page } from "@playwright/test";
import { PERFECT, Shaper, type Conditions } from "./shaper.ts";

/** UDP and TCP candidates of an answer, up to the address, the port, and the rest. */
const CANDIDATE = /^(a=candidate:\S+ \d+ (udp|tcp) \d+ )(\S+) (\d+)( .*)$/i;

export class Link {
  /** No datagram passes, either way. */
  isBlocked = false;
  /** Whether the server's TCP candidates reach the page. */
  hasTcp = true;
  private readonly up: Shaper;
  private readonly down: Shaper;
  /** By the server's address and port: where the page sends to instead. */
  private readonly fronts = new Map<string, Promise<number>>();
  private readonly sockets = new Set<Socket>();

  private constructor(seed: number) {
    this.up = new Shaper(seed);
    this.down = new Shaper(seed + 1);
  }

  /** Puts a page behind a link, before it goes anywhere. */
  static async of(page: Page, seed: number): Promise<Link> {
    const link = new Link(seed);
    await page.exposeFunction("throughLink", (sdp: string) => link.rewrite(sdp));
    await page.addInitScript(spyOnPeers);
    page.once("close", () => link.close());
    return link;
  }

  /** How the ways to the page and to the server are from now on. */
  become(down: Partial<Conditions>, up: Partial<Conditions> = {}): void {
    this.down.conditions = { ...PERFECT, ...down };
    this.up.conditions = { ...PERFECT, ...up };
  }

  private close(): void {
    for (const shaper of [this.up, this.down]) shaper.close();
    for (const socket of this.sockets) socket.close();
    this.sockets.clear();
  }

  private async rewrite(sdp: string): Promise<string> {
    const lines = sdp.split("\r\n").map(async (line) => {
      const [, before, protocol, address, port, after] = CANDIDATE.exec(line) ?? [];
      if (address === undefined || port === undefined) return line;
      if (protocol?.toLowerCase() === "tcp") return this.hasTcp ? line : null;
      // One family is enough, and loopback needs no second.
      if (address.includes(":")) return null;
      return `${before}${address} ${await this.front(address, Number(port))}${after}`;
    });
    return (await Promise.all(lines)).filter((line) => line !== null).join("\r\n");
  }

  private front(address: string, port: number): Promise<number> {
    const key = `${address}:${port}`;
    const known = this.fronts.get(key) ?? this.open(address, port);
    this.fronts.set(key, known);
    return known;
  }

  /** A port that stands for one of the server's. Each address it hears from gets a socket of its
   * own towards the server, which tells its peers apart by address. */
  private async open(address: string, port: number): Promise<number> {
    // Answers must come from where the page sends to.
    const front = await this.bind(address);
    const backs = new Map<string, Promise<Socket>>();
    front.on("message", (datagram, from) => {
      const key = `${from.address}:${from.port}`;
      const known =
        backs.get(key) ??
        this.bind().then((back) => {
          back.on("message", (answer) =>
            this.pass(this.down, answer, front, from.address, from.port),
          );
          return back;
        });
      backs.set(key, known);
      void known.then((back) => this.pass(this.up, datagram, back, address, port));
    });
    return front.address().port;
  }

  private pass(shaper: Shaper, datagram: Buffer, via: Socket, address: string, port: number): void {
    if (this.isBlocked) return;
    shaper.send(datagram.length, () => {
      // The page may have gone meanwhile.
      if (!this.isBlocked && this.sockets.has(via)) via.send(datagram, port, address);
    });
  }

  private async bind(address = "0.0.0.0"): Promise<Socket> {
    const socket = createSocket("udp4");
    this.sockets.add(socket);
    // A port of a page that went away answers with an error; so does a network.
    socket.on("error", () => undefined);
    socket.bind(0, address);
    await once(socket, "listening");
    return socket;
  }
}

/** Runs in the page, before its scripts: remembers its peer connections, and has their answers
 * changed. */
function spyOnPeers(): void {
  const scope = window as unknown as {
    peers: RTCPeerConnection[];
    throughLink: (sdp: string) => Promise<string>;
  };
  scope.peers = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      scope.peers.push(this);
    }

    override async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
      const sdp = await scope.throughLink(description.sdp ?? "");
      await super.setRemoteDescription({ ...description, sdp });
    }
  };
}
