// What the browsers' own statistics say of the peer connections of a page behind a `Link`.

import type { Page } from "@playwright/test";

export interface Received {
  /** Of the picture that decodes most. */
  frames: number;
  frozen_s: number;
  nacks: number;
  /** Packets that came as retransmissions. */
  repaired: number;
  /** How media travels. */
  protocol: "udp" | "tcp" | null;
}

/** A layer that a page publishes. */
export interface Layer {
  nacks: number;
  repaired: number;
}

interface Entry {
  id: string;
  type: string;
  kind?: string;
  rid?: string;
  protocol?: "udp" | "tcp";
  selectedCandidatePairId?: string;
  localCandidateId?: string;
  framesDecoded?: number;
  totalFreezesDuration?: number;
  nackCount?: number;
  retransmittedPacketsReceived?: number;
  retransmittedPacketsSent?: number;
}

/** The statistics of the page's open connections, one list for each. */
function reports(page: Page): Promise<Entry[][]> {
  return page.evaluate(() => {
    const { peers } = window as unknown as { peers: RTCPeerConnection[] };
    const open = peers.filter(({ connectionState }) => connectionState !== "closed");
    return Promise.all(open.map(async (peer) => [...(await peer.getStats()).values()] as Entry[]));
  });
}

export async function received(page: Page): Promise<Received> {
  const entries = (await reports(page)).flat();
  const [video] = entries
    .filter(({ type, kind }) => type === "inbound-rtp" && kind === "video")
    .toSorted((a, b) => (b.framesDecoded ?? 0) - (a.framesDecoded ?? 0));
  const find = (id: string | undefined): Entry | undefined => entries.find((e) => e.id === id);
  const transport = entries.find(({ type }) => type === "transport");
  const pair = find(transport?.selectedCandidatePairId);
  return {
    frames: video?.framesDecoded ?? 0,
    frozen_s: video?.totalFreezesDuration ?? 0,
    nacks: video?.nackCount ?? 0,
    repaired: video?.retransmittedPacketsReceived ?? 0,
    protocol: find(pair?.localCandidateId)?.protocol ?? null,
  };
}

/** What a page publishes, by rid. */
export async function published(page: Page): Promise<Map<string, Layer>> {
  const entries = (await reports(page)).flat();
  const outbound = entries.filter(({ type, kind }) => type === "outbound-rtp" && kind === "video");
  return new Map(
    outbound.map((entry) => [
      entry.rid ?? "",
      {
        nacks: entry.nackCount ?? 0,
        repaired: entry.retransmittedPacketsSent ?? 0,
      },
    ]),
  );
}
