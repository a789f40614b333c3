// One WebSocket per page: join with a one-time ticket, resume by epoch and last sequence number,
// back off and try again, and notice a silent connection. What the messages mean is decided by
// the listener; the log's contiguity is held here.

import {
  BACKOFF_MS_MAX,
  BACKOFF_MS_MIN,
  CLOCK_PERIOD_MS,
  REQUEST_WAIT_MS_MAX,
  SOCKET_SILENCE_MS_MAX,
} from "../limits";
import {
  PROTOCOL_VERSION,
  type ClientMessage,
  type Entry,
  type Resume,
  type ServerMessage,
  type ShowState,
} from "./protocol.gen";

export type Joined = Extract<ServerMessage, { type: "joined" }>;
type JoinMessage = Extract<ClientMessage, { type: "join" }>;
/** What the page adds to a join: offer, caption language, name. */
export type JoinExtras = Pick<JoinMessage, "offer" | "captions" | "name">;
type WithRequest = Extract<ClientMessage, { request: number }>;
/** A request before the socket numbers it. */
export type Request = WithRequest extends infer M
  ? M extends WithRequest
    ? Omit<M, "request">
    : never
  : never;

export type LinkStatus = "connecting" | "online" | "waiting" | "stopped";

/** A request (or the whole page) was turned down. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly hint: string | null,
    /** When it would not be refused any more, ms from now. */
    readonly wait_ms: number | null = null,
  ) {
    super(message);
    this.name = "Refusal";
  }
}

/** The part of a WebSocket that is used here. */
export interface Wire {
  send(text: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
}

export interface SocketPorts {
  open(): Wire;
  /** A fresh ticket; rejects with a `Refusal` when this page may not come in at all. */
  ticket(): Promise<string>;
  joinExtras(): Promise<JoinExtras>;
  after(ms: number, run: () => void): () => void;
  now(): number;
  random(): number;
}

export interface SocketListener {
  status(status: LinkStatus): void;
  joined(joined: Joined): void;
  snapshot(show: ShowState): void;
  entry(entry: Entry): void;
  other(message: ServerMessage): void;
  /** The server will not have this page back; the reason is its code. */
  ended(reason: string, message: string): void;
}

interface Waiting {
  resolve(message: ServerMessage): void;
  reject(error: Error): void;
  cancelTimer(): void;
}

/** Refusals of a join that pass: with a fresh ticket, or when the server has room again. */
const PASSING_CODES = new Set([
  "invalid_ticket",
  "stopping",
  "join_timeout",
  "server_full",
  "room_full",
]);

export class ShowSocket {
  private wire: Wire | null = null;
  private status: LinkStatus = "waiting";
  private resume: Resume | null = null;
  private attempts = 0;
  private requests = 0;
  private heard_ms = 0;
  private generation = 0;
  private cancelRetry: (() => void) | null = null;
  private cancelPulse: (() => void) | null = null;
  private readonly waiting = new Map<number, Waiting>();

  constructor(
    private readonly ports: SocketPorts,
    private readonly listener: SocketListener,
  ) {}

  start(): void {
    if (this.status === "stopped") return;
    this.cancelRetry?.();
    this.cancelRetry = null;
    void this.connect();
  }

  /** Leaves for good. */
  stop(): void {
    this.setStatus("stopped");
    this.drop();
  }

  /** Connects anew at once: the network came back, or the name to show has changed. */
  reconnect(): void {
    if (this.status === "stopped") return;
    this.drop();
    this.start();
  }

  /** The network went away: hang up now rather than wait for the silence limit. */
  suspend(): void {
    if (this.status === "stopped") return;
    this.drop();
    this.setStatus("waiting");
  }

  /** Sends a request and waits for its answer. */
  request(body: Request): Promise<ServerMessage> {
    const wire = this.wire;
    if (!wire || this.status !== "online") {
      return Promise.reject(new Refusal("offline", "not connected", null));
    }
    this.requests += 1;
    const request = this.requests;
    return new Promise((resolve, reject) => {
      const cancelTimer = this.ports.after(REQUEST_WAIT_MS_MAX, () => {
        this.waiting.delete(request);
        reject(new Refusal("timeout", "the server did not answer", null));
      });
      this.waiting.set(request, { resolve, reject, cancelTimer });
      wire.send(JSON.stringify({ ...body, request }));
    });
  }

  /** Sends a message that has no answer; dropped while offline, because `join` repeats it. */
  notify(
    message: Extract<ClientMessage, { type: "captions" | "clock" | "noticed" | "react" | "watch" }>,
  ): void {
    if (this.status === "online") this.wire?.send(JSON.stringify(message));
  }

  private async connect(): Promise<void> {
    this.generation += 1;
    const generation = this.generation;
    this.setStatus("connecting");
    let join: JoinMessage;
    try {
      const [ticket, extras] = await Promise.all([this.ports.ticket(), this.ports.joinExtras()]);
      join = { type: "join", protocol: PROTOCOL_VERSION, ticket, ...extras };
    } catch (error) {
      if (generation !== this.generation) return;
      if (error instanceof Refusal) this.end(error.code, error.message);
      else this.retryLater();
      return;
    }
    if (generation !== this.generation) return;
    if (this.resume) join.resume = this.resume;
    const wire = this.ports.open();
    this.wire = wire;
    this.heard_ms = this.ports.now();
    wire.onopen = () => wire.send(JSON.stringify(join));
    wire.onmessage = (event) => {
      if (this.wire === wire && typeof event.data === "string") this.receive(event.data);
    };
    wire.onclose = () => {
      if (this.wire !== wire) return;
      this.drop();
      this.retryLater();
    };
    this.pulse();
  }

  private receive(text: string): void {
    this.heard_ms = this.ports.now();
    const message = JSON.parse(text) as ServerMessage;
    switch (message.type) {
      case "joined":
        this.onJoined(message);
        break;
      case "entry":
        this.onEntry(message);
        break;
      case "done":
      case "answered":
      case "published":
      case "translated":
        this.settle(message.request, (waiting) => waiting.resolve(message));
        break;
      case "refused":
        this.onRefused(message);
        break;
      case "bye":
        if (!message.reconnect) this.end(message.reason, message.reason);
        break;
      default:
        this.listener.other(message);
    }
  }

  private onJoined(joined: Joined): void {
    this.attempts = 0;
    this.setStatus("online");
    const { state } = joined;
    if (state.kind === "snapshot") {
      this.resume = { epoch: joined.epoch, last_seq: state.seq };
      this.listener.snapshot(state.show);
    } else {
      for (const entry of state.entries) this.onEntry(entry);
    }
    this.listener.joined(joined);
    this.notify({ type: "clock", client_ms: this.ports.now() });
  }

  private onEntry(entry: Entry): void {
    if (!this.resume || entry.seq <= this.resume.last_seq) return;
    if (entry.seq > this.resume.last_seq + 1) {
      // A hole means that something was lost on the way: ask for it by resuming.
      this.reconnect();
      return;
    }
    this.resume = { ...this.resume, last_seq: entry.seq };
    this.listener.entry(entry);
  }

  private onRefused(refused: Extract<ServerMessage, { type: "refused" }>): void {
    const { code, message, hint, wait_ms } = refused;
    const error = new Refusal(code, message, hint, wait_ms ?? null);
    if (refused.request !== null) {
      this.settle(refused.request, (waiting) => waiting.reject(error));
    } else if (PASSING_CODES.has(refused.code)) {
      this.drop();
      this.retryLater();
    } else {
      this.end(refused.code, refused.message);
    }
  }

  private settle(request: number, act: (waiting: Waiting) => void): void {
    const waiting = this.waiting.get(request);
    if (!waiting) return;
    this.waiting.delete(request);
    waiting.cancelTimer();
    act(waiting);
  }

  private end(reason: string, message: string): void {
    this.stop();
    this.listener.ended(reason, message);
  }

  private retryLater(): void {
    if (this.status === "stopped") return;
    this.setStatus("waiting");
    const ceiling = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** this.attempts);
    this.attempts += 1;
    // Full jitter, but never less than half: a thousand pages must not return in one moment.
    const wait = ceiling * (0.5 + this.ports.random() / 2);
    this.cancelRetry?.();
    this.cancelRetry = this.ports.after(wait, () => this.start());
  }

  /** Asks for the clock now and then; a long silence means that nobody is there. */
  private pulse(): void {
    this.cancelPulse?.();
    this.cancelPulse = this.ports.after(CLOCK_PERIOD_MS, () => {
      if (this.ports.now() - this.heard_ms > SOCKET_SILENCE_MS_MAX) {
        this.drop();
        this.retryLater();
        return;
      }
      this.notify({ type: "clock", client_ms: this.ports.now() });
      this.pulse();
    });
  }

  private drop(): void {
    this.generation += 1;
    this.cancelRetry?.();
    this.cancelPulse?.();
    this.cancelRetry = null;
    this.cancelPulse = null;
    const wire = this.wire;
    this.wire = null;
    wire?.close();
    for (const request of [...this.waiting.keys()]) {
      this.settle(request, (waiting) =>
        waiting.reject(new Refusal("offline", "not connected", null)),
      );
    }
  }

  private setStatus(status: LinkStatus): void {
    if (this.status === status) return;
    this.status = status;
    this.listener.status(status);
  }
}

/** The real wire. */
export function openWire(): Wire {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(`${scheme}//${location.host}/ws`);
  const wire: Wire = {
    send: (text) => socket.send(text),
    close: () => socket.close(),
    onopen: null,
    onmessage: null,
    onclose: null,
  };
  socket.onopen = () => wire.onopen?.();
  socket.onmessage = (event: MessageEvent) => wire.onmessage?.({ data: event.data as unknown });
  socket.onclose = () => wire.onclose?.();
  return wire;
}
