// What this page shows to the others: camera and microphone, or a screen, over connections of
// their own, so that going on stage or off again never touches what the page receives.

import { signal } from "@preact/signals";
import { stopStream } from "../net/devices";
import { CAMERA_LAYERS } from "../net/layers";
import type { LayerWish, SourceKind } from "../net/protocol.gen";
import { Publisher, type PeerState, type SendStats } from "../net/rtc";
import type { ShowSession } from "./session";

const RETRY_MS = 2_000;

export class Publication {
  readonly stream = signal<MediaStream | null>(null);
  readonly state = signal<PeerState | "off">("off");
  readonly stats = signal<SendStats | null>(null);
  private publisher: Publisher | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private poll: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly session: ShowSession,
    private readonly source: SourceKind,
  ) {}

  /** Puts a stream on air. Rejects when the server refuses. */
  async start(stream: MediaStream): Promise<void> {
    this.stream.value = stream;
    await this.connect(stream);
    clearInterval(this.poll);
    this.poll = setInterval(() => void this.readStats(), 1_000);
    // The browser's own "stop sharing" button ends the track.
    stream.getVideoTracks()[0]?.addEventListener("ended", () => void this.stop());
  }

  /** Takes it off air and lets go of the devices. */
  async stop(): Promise<void> {
    if (this.state.value === "off") return;
    this.hangUp();
    stopStream(this.stream.value);
    this.stream.value = null;
    // Hanging up ends the tracks too, should this not arrive.
    await this.session.request({ type: "unpublish", source: this.source }).catch(() => undefined);
  }

  /** Changes camera or microphone while on air. */
  async swap(stream: MediaStream): Promise<void> {
    const old = this.stream.value;
    for (const track of stream.getTracks()) await this.publisher?.replace(track);
    this.stream.value = stream;
    stopStream(old);
  }

  setMuted(kind: "audio" | "video", isMuted: boolean): void {
    for (const track of this.stream.value?.getTracks() ?? []) {
      if (track.kind === kind) track.enabled = !isMuted;
    }
  }

  /** The server told which layers of this source somebody takes. */
  setLayers(layers: readonly LayerWish[]): void {
    void this.publisher?.setLayers(layers);
  }

  /** After a new join: published again unless the server still has us on air. */
  resume(): void {
    const stream = this.stream.value;
    if (!stream || this.state.value === "off") return;
    // What the server told since is not known: everything is wanted until it tells again.
    this.setLayers(CAMERA_LAYERS.map(({ rid = "" }) => ({ rid, wanted: true })));
    const me = this.session.me.value?.id;
    const isOnAir = this.session.show.value?.tracks.some(
      (track) => track.participant === me && track.source === this.source,
    );
    if (!isOnAir || this.state.value !== "connected") void this.reconnect();
  }

  private async connect(stream: MediaStream): Promise<void> {
    this.publisher?.close();
    this.state.value = "connecting";
    const publisher: Publisher = new Publisher(stream, this.source === "screen", (state) => {
      if (this.publisher !== publisher) return;
      this.state.value = state;
      if (state === "failed") this.reconnectLater();
    });
    this.publisher = publisher;
    try {
      const offer = await publisher.offer();
      const answer = await this.session.request({ type: "publish", source: this.source, offer });
      if (answer.type === "published") await publisher.accept(answer.answer);
    } catch (error) {
      if (this.publisher === publisher) this.hangUp();
      throw error;
    }
  }

  private async reconnect(): Promise<void> {
    const stream = this.stream.value;
    if (!stream) return;
    try {
      await this.connect(stream);
    } catch {
      this.state.value = "failed";
      this.reconnectLater();
    }
  }

  private reconnectLater(): void {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => void this.reconnect(), RETRY_MS);
  }

  private hangUp(): void {
    clearTimeout(this.retry);
    clearInterval(this.poll);
    this.publisher?.close();
    this.publisher = null;
    this.stats.value = null;
    this.state.value = "off";
  }

  private async readStats(): Promise<void> {
    const { publisher } = this;
    if (publisher) this.stats.value = await publisher.stats();
  }
}
