// The only file that names RTCPeerConnection: receiving a fixed set of slots, and publishing one
// source. Offers go out at once; the server is ICE-lite with all its candidates in the answer.

import { AUDIO_SLOTS, VIDEO_SLOTS } from "../limits";
import { CAMERA_LAYERS, wished } from "./layers";
import type { LayerWish, TrackKind } from "./protocol.gen";

/** What a receiver's statistics tell the page. */
export interface ReceiveStats {
  framesDecoded: number;
  /** NTP ms of the frame on screen, when the browser knows it. */
  playout_ntp_ms: number | undefined;
}

/** What a publisher's statistics tell the host. */
export interface SendStats {
  kilobits: number;
  frames: number;
  width: number;
  height: number;
  lossRatio: number;
}

export type PeerState = "connecting" | "connected" | "failed";

/** A short interruption heals by itself; after this long the page makes a new connection. */
const DISCONNECTED_MS_MAX = 5_000;
const SCREEN_BITRATE_MAX = 2_500_000;
/** Speech and music for a show. */
const AUDIO_BITRATE_MAX = 64_000;

/** Follows a peer connection's life and reports each change once. */
function watch(peer: RTCPeerConnection, onState: (state: PeerState) => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  peer.onconnectionstatechange = () => {
    clearTimeout(timer);
    const state = peer.connectionState;
    if (state === "connected") onState("connected");
    else if (state === "failed") onState("failed");
    else if (state === "disconnected") {
      timer = setTimeout(() => {
        if (peer.connectionState === "disconnected") onState("failed");
      }, DISCONNECTED_MS_MAX);
    }
  };
}

async function localOffer(peer: RTCPeerConnection): Promise<string> {
  await peer.setLocalDescription();
  const sdp = peer.localDescription?.sdp;
  if (!sdp) throw new Error("the browser made no offer");
  return sdp;
}

/** The receive side: a fixed set of recvonly m-lines that the server points at tracks. */
export class Receiver {
  private readonly peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  private readonly streams = new Map<string, { kind: TrackKind; stream: MediaStream }>();

  constructor(onState: (state: PeerState) => void) {
    watch(this.peer, onState);
    for (let slot = 0; slot < VIDEO_SLOTS; slot += 1) this.addSlot("video");
    for (let slot = 0; slot < AUDIO_SLOTS; slot += 1) this.addSlot("audio");
  }

  async offer(): Promise<string> {
    const sdp = await localOffer(this.peer);
    for (const { mid, receiver } of this.peer.getTransceivers()) {
      if (mid === null) continue;
      const kind = receiver.track.kind === "audio" ? "audio" : "video";
      this.streams.set(mid, { kind, stream: new MediaStream([receiver.track]) });
    }
    return sdp;
  }

  async accept(answer: string): Promise<void> {
    await this.peer.setRemoteDescription({ type: "answer", sdp: answer });
  }

  /** The stream of a slot; the same object for the life of the connection. */
  stream(mid: string): MediaStream | null {
    return this.streams.get(mid)?.stream ?? null;
  }

  /** Lets picture and sound wait together, so that words can be read with them. */
  delay(ms: number): void {
    for (const { receiver } of this.peer.getTransceivers()) delayReceiver(receiver, ms);
  }

  /** Statistics of the given video slot, or of the one that decodes most. */
  async stats(mid: string | null): Promise<ReceiveStats> {
    const best: ReceiveStats = { framesDecoded: 0, playout_ntp_ms: undefined };
    const report = await this.peer.getStats();
    report.forEach((entry: InboundEntry) => {
      if (entry.type !== "inbound-rtp" || entry.kind !== "video") return;
      if (mid !== null && entry.mid !== mid) return;
      const frames = entry.framesDecoded ?? 0;
      if (frames < best.framesDecoded) return;
      best.framesDecoded = frames;
      best.playout_ntp_ms = entry.estimatedPlayoutTimestamp;
    });
    return best;
  }

  close(): void {
    this.peer.onconnectionstatechange = null;
    this.peer.close();
  }

  private addSlot(kind: TrackKind): void {
    this.peer.addTransceiver(kind, { direction: "recvonly" });
  }
}

/** What browsers call the wait before playing: the standard's name, and Chromium's older one. */
interface Delayable {
  jitterBufferTarget?: number | null;
  playoutDelayHint?: number | null;
}

/** Whether this browser lets a page delay its pictures. */
export function canDelay(): boolean {
  if (typeof RTCRtpReceiver === "undefined") return false;
  const { prototype } = RTCRtpReceiver;
  return "jitterBufferTarget" in prototype || "playoutDelayHint" in prototype;
}

/** No wait gives the browser its own choice back. */
function delayReceiver(receiver: Delayable, ms: number): void {
  const target = ms > 0 ? ms : null;
  if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = target;
  else if ("playoutDelayHint" in receiver) {
    receiver.playoutDelayHint = target === null ? null : target / 1_000;
  }
}

/** `inbound-rtp` members used here; the DOM library lacks the playout time. */
interface InboundEntry {
  type: string;
  kind?: string;
  mid?: string;
  framesDecoded?: number;
  estimatedPlayoutTimestamp?: number;
}

/** The send side: one source (camera and microphone, or a screen) as VP8 and Opus. */
export class Publisher {
  private readonly peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  /** Parameters are changed one after the other: each change must begin with a fresh copy. */
  private changes: Promise<void> = Promise.resolve();
  private sent = { bytes: 0, at_ms: 0 };

  constructor(stream: MediaStream, isScreen: boolean, onState: (state: PeerState) => void) {
    watch(this.peer, onState);
    for (const track of stream.getTracks()) {
      const isVideo = track.kind === "video";
      const single = isVideo ? SCREEN_BITRATE_MAX : AUDIO_BITRATE_MAX;
      const transceiver = this.peer.addTransceiver(track, {
        direction: "sendonly",
        streams: [stream],
        // A screen must stay legible: its text would be lost in a smaller layer.
        sendEncodings: isVideo && !isScreen ? [...CAMERA_LAYERS] : [{ maxBitrate: single }],
      });
      if (isVideo) {
        track.contentHint = isScreen ? "detail" : "motion";
        preferVp8(transceiver);
      }
    }
  }

  offer(): Promise<string> {
    return localOffer(this.peer);
  }

  async accept(answer: string): Promise<void> {
    await this.peer.setRemoteDescription({ type: "answer", sdp: answer });
  }

  /** Encodes only what somebody takes. */
  setLayers(wishes: readonly LayerWish[]): Promise<void> {
    const sender = this.peer.getSenders().find(({ track }) => track?.kind === "video");
    const change = async (): Promise<void> => {
      const parameters = sender?.getParameters();
      const encodings = parameters && wished(parameters.encodings, wishes);
      if (sender && encodings) await sender.setParameters({ ...parameters, encodings });
    };
    // A connection that was closed meanwhile has nothing to change.
    this.changes = this.changes.then(change).catch(() => undefined);
    return this.changes;
  }

  /** Changes the device without a new negotiation. */
  async replace(track: MediaStreamTrack): Promise<void> {
    const sender = this.peer.getSenders().find((other) => other.track?.kind === track.kind);
    await sender?.replaceTrack(track);
  }

  async stats(): Promise<SendStats> {
    const now: SendStats = { kilobits: 0, frames: 0, width: 0, height: 0, lossRatio: 0 };
    let bytes = 0;
    const report = await this.peer.getStats();
    report.forEach((entry: OutboundEntry) => {
      if (entry.type === "outbound-rtp") bytes += entry.bytesSent ?? 0;
      // Of several layers the largest that is being sent counts.
      const isLarger = (entry.frameHeight ?? 0) >= now.height && (entry.framesPerSecond ?? 0) > 0;
      if (entry.type === "outbound-rtp" && entry.kind === "video" && isLarger) {
        now.frames = entry.framesPerSecond ?? 0;
        now.width = entry.frameWidth ?? 0;
        now.height = entry.frameHeight ?? 0;
      }
      if (entry.type === "remote-inbound-rtp" && entry.kind === "video") {
        now.lossRatio = Math.max(now.lossRatio, entry.fractionLost ?? 0);
      }
    });
    const at_ms = performance.now();
    const elapsed_ms = at_ms - this.sent.at_ms;
    if (this.sent.at_ms > 0 && elapsed_ms > 0) {
      now.kilobits = ((bytes - this.sent.bytes) * 8) / elapsed_ms;
    }
    this.sent = { bytes, at_ms };
    return now;
  }

  close(): void {
    this.peer.onconnectionstatechange = null;
    this.peer.close();
  }
}

interface OutboundEntry {
  type: string;
  kind?: string;
  bytesSent?: number;
  framesPerSecond?: number;
  frameWidth?: number;
  frameHeight?: number;
  fractionLost?: number;
}

/** VP8 is what every viewer decodes and what the server can cut into layers. */
function preferVp8(transceiver: RTCRtpTransceiver): void {
  const codecs = RTCRtpSender.getCapabilities("video")?.codecs ?? [];
  const wanted = codecs.filter(({ mimeType }) => /^video\/(vp8|rtx)$/i.test(mimeType));
  if (wanted.length > 0) transceiver.setCodecPreferences(wanted);
}
