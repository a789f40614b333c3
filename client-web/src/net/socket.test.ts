import { beforeEach, expect, test } from "vitest";
import { BACKOFF_MS_MAX, CLOCK_PERIOD_MS, SOCKET_SILENCE_MS_MAX } from "../limits";
import type { ClientMessage, Entry, ServerMessage, ShowState } from "./protocol.gen";
import { Refusal, ShowSocket, type LinkStatus, type Wire } from "./socket";

const SHOW = {} as ShowState;

/** A world with its own clock: wires, timers and what the page was told. */
class World {
  now = 0;
  wires: (Wire & { sent: ClientMessage[]; isClosed: boolean })[] = [];
  timers: { at: number; run: () => void }[] = [];
  statuses: LinkStatus[] = [];
  entries: number[] = [];
  snapshots = 0;
  ended: string | null = null;
  tickets = 0;
  ticketFailure: Error | null = null;

  socket = new ShowSocket(
    {
      open: () => this.open(),
      ticket: () => {
        this.tickets += 1;
        const ticket = `ticket${this.tickets}`;
        return this.ticketFailure ? Promise.reject(this.ticketFailure) : Promise.resolve(ticket);
      },
      joinExtras: () => Promise.resolve({}),
      after: (ms, run) => {
        const timer = { at: this.now + ms, run };
        this.timers.push(timer);
        return () => (this.timers = this.timers.filter((other) => other !== timer));
      },
      now: () => this.now,
      random: () => 1,
    },
    {
      status: (status) => this.statuses.push(status),
      joined: () => undefined,
      snapshot: () => (this.snapshots += 1),
      entry: ({ seq }) => this.entries.push(seq),
      other: () => undefined,
      ended: (reason) => (this.ended = reason),
    },
  );

  get wire(): World["wires"][number] {
    const wire = this.wires.at(-1);
    if (!wire) throw new Error("no wire was opened");
    return wire;
  }

  private open(): Wire {
    const sent: ClientMessage[] = [];
    const wire = {
      sent,
      isClosed: false,
      send: (text: string) => void sent.push(JSON.parse(text) as ClientMessage),
      close: () => void (wire.isClosed = true),
      onopen: null,
      onmessage: null,
      onclose: null,
    };
    this.wires.push(wire);
    return wire;
  }

  receive(message: ServerMessage): void {
    this.wire.onmessage?.({ data: JSON.stringify(message) });
  }

  /** Lets promises settle and the wire open. */
  async connect(): Promise<void> {
    await settle();
    this.wire.onopen?.();
  }

  async advance(ms: number): Promise<void> {
    const until = this.now + ms;
    for (;;) {
      const next = this.timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.timers = this.timers.filter((other) => other !== next);
      this.now = next.at;
      next.run();
      await settle();
    }
    this.now = until;
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

const entry = (seq: number): { type: "entry" } & Entry => ({
  type: "entry",
  seq,
  at_ms: 0,
  event: { event: "unpinned", product: "x" },
});

const joined = (epoch: string, state: "snapshot" | Entry[], seq = 0): ServerMessage => ({
  type: "joined",
  protocol: 1,
  you: { id: "me", name: "", role: "viewer", speaks: null },
  epoch,
  server_ms: 0,
  answer: null,
  slots: [],
  viewers: 1,
  state:
    state === "snapshot"
      ? { kind: "snapshot", seq, show: SHOW }
      : { kind: "entries", entries: state },
});

let world: World;
beforeEach(async () => {
  world = new World();
  world.socket.start();
  await world.connect();
  world.receive(joined("e1", "snapshot", 5));
});

const join = (): Extract<ClientMessage, { type: "join" }> => {
  const message = world.wire.sent[0];
  if (message?.type !== "join") throw new Error("the first message is not a join");
  return message;
};

test("the first join carries a ticket and no place to resume from", () => {
  expect(join()).toMatchObject({ protocol: 1, ticket: "ticket1" });
  expect(join().resume).toBeUndefined();
  expect(world.statuses).toEqual(["connecting", "online"]);
  expect(world.snapshots).toBe(1);
});

test("after a cut it resumes behind the last entry, with a fresh ticket", async () => {
  world.receive(entry(6));
  world.receive(entry(7));
  world.wire.onclose?.();
  await world.advance(BACKOFF_MS_MAX);
  await world.connect();
  expect(join()).toMatchObject({ ticket: "ticket2", resume: { epoch: "e1", last_seq: 7 } });
  world.receive(joined("e1", [entry(8), entry(9)]));
  world.receive(entry(10));
  expect(world.entries).toEqual([6, 7, 8, 9, 10]);
  expect(world.snapshots).toBe(1);
});

test("a new epoch starts from the snapshot", async () => {
  world.wire.onclose?.();
  await world.advance(BACKOFF_MS_MAX);
  await world.connect();
  world.receive(joined("e2", "snapshot", 1));
  world.receive(entry(2));
  expect(world.entries).toEqual([2]);
  expect(world.snapshots).toBe(2);
});

test("an entry that comes twice is applied once", () => {
  world.receive(entry(6));
  world.receive(entry(6));
  expect(world.entries).toEqual([6]);
});

test("a hole in the log is filled by resuming", async () => {
  world.receive(entry(6));
  world.receive(entry(9));
  expect(world.entries).toEqual([6]);
  await world.connect();
  expect(world.wires).toHaveLength(2);
  expect(join().resume).toEqual({ epoch: "e1", last_seq: 6 });
});

test("waits grow up to a ceiling and start over after a success", async () => {
  const waits: number[] = [];
  for (let cut = 0; cut < 8; cut += 1) {
    const before = world.now;
    world.wire.onclose?.();
    const count = world.wires.length;
    while (world.wires.length === count) await world.advance(50);
    waits.push(world.now - before);
  }
  expect(waits[0]).toBeLessThanOrEqual(250);
  expect(waits.at(-1)).toBe(BACKOFF_MS_MAX);
  await world.connect();
  world.receive(joined("e1", []));
  world.wire.onclose?.();
  const count = world.wires.length;
  await world.advance(300);
  expect(world.wires).toHaveLength(count + 1);
});

test("a silent socket is given up", async () => {
  const first = world.wire;
  await world.advance(SOCKET_SILENCE_MS_MAX + CLOCK_PERIOD_MS + 1000);
  expect(first.isClosed).toBe(true);
  expect(first.sent.some(({ type }) => type === "clock")).toBe(true);
  expect(world.wires.length).toBeGreaterThan(1);
});

test("a request gets its own answer, or its refusal", async () => {
  const pin = world.socket.request({ type: "pin", product: "lamp" });
  const bad = world.socket.request({ type: "pin", product: "nothing" });
  world.receive({
    type: "refused",
    request: 2,
    code: "unknown_product",
    message: "no such product",
    hint: null,
  });
  world.receive({ type: "done", request: 1 });
  await expect(pin).resolves.toMatchObject({ type: "done" });
  await expect(bad).rejects.toMatchObject({ code: "unknown_product" });
});

test("a request under way when the socket is cut is refused, not lost", async () => {
  const pin = world.socket.request({ type: "pin", product: "lamp" });
  world.wire.onclose?.();
  await expect(pin).rejects.toMatchObject({ code: "offline" });
});

test("a used ticket is replaced; a closed door is final", async () => {
  world.wire.onclose?.();
  await world.advance(BACKOFF_MS_MAX);
  await world.connect();
  world.receive({
    type: "refused",
    request: null,
    code: "invalid_ticket",
    message: "",
    hint: null,
  });
  await world.advance(BACKOFF_MS_MAX);
  expect(world.tickets).toBe(3);
  await world.connect();
  world.receive({ type: "bye", reason: "removed", reconnect: false });
  expect(world.ended).toBe("removed");
  await world.advance(60_000);
  expect(world.wires).toHaveLength(3);
});

test("a show that does not exist is said, not asked for again", async () => {
  const other = new World();
  other.ticketFailure = new Refusal("unknown_show", "no such show", null);
  other.socket.start();
  await settle();
  expect(other.ended).toBe("unknown_show");
  await other.advance(60_000);
  expect(other.tickets).toBe(1);
});

test("an unreachable server is asked again", async () => {
  const other = new World();
  other.ticketFailure = new TypeError("network");
  other.socket.start();
  await settle();
  await other.advance(30_000);
  expect(other.tickets).toBeGreaterThan(3);
  expect(other.ended).toBe(null);
});

test("offline hangs up at once and online comes back at once", async () => {
  world.socket.suspend();
  expect(world.wire.isClosed).toBe(true);
  expect(world.statuses.at(-1)).toBe("waiting");
  world.socket.reconnect();
  await world.connect();
  expect(join().resume).toEqual({ epoch: "e1", last_seq: 5 });
});
