// The other end of a page's peer connection, played inside the same page: it answers the offer
// and, when asked to, sends a drawn picture and a quiet tone.

import type { Page } from "@playwright/test";

export function answerInPage(
  page: Page,
  offer: string,
  size: [number, number] | null,
): Promise<string> {
  return page.evaluate(
    async ({ offer, size }) => {
      const peer = new RTCPeerConnection();
      const kept = ((window as unknown as { scripted?: unknown[] }).scripted ??= []);
      kept.push(peer);
      await peer.setRemoteDescription({ type: "offer", sdp: offer });
      if (size) {
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = size;
        const brush = canvas.getContext("2d");
        const paint = (): void => {
          if (!brush) return;
          const { width, height } = canvas;
          const glow = brush.createRadialGradient(
            width * 0.6,
            height * 0.35,
            20,
            width / 2,
            height / 2,
            width * 0.8,
          );
          glow.addColorStop(0, "#d9b99a");
          glow.addColorStop(1, "#4a352b");
          brush.fillStyle = glow;
          brush.fillRect(0, 0, width, height);
          const sway = Math.sin(performance.now() / 500) * 20;
          brush.fillStyle = "#2c211c";
          brush.beginPath();
          brush.arc(width / 2 + sway, height * 0.42, height * 0.14, 0, 7);
          brush.fill();
          brush.beginPath();
          brush.ellipse(width / 2 + sway, height * 0.95, height * 0.3, height * 0.38, 0, 0, 7);
          brush.fill();
        };
        setInterval(paint, 50);
        const tone = new AudioContext().createMediaStreamDestination();
        const [video] = canvas.captureStream(20).getVideoTracks();
        const [audio] = tone.stream.getAudioTracks();
        for (const [kind, track] of [
          ["video", video],
          ["audio", audio],
        ] as const) {
          const slot = peer.getTransceivers().find(({ receiver }) => receiver.track.kind === kind);
          if (!slot || !track) continue;
          slot.direction = "sendonly";
          await slot.sender.replaceTrack(track);
        }
      }
      await peer.setLocalDescription();
      await new Promise<void>((resolve) => {
        const check = (): void => {
          if (peer.iceGatheringState === "complete") resolve();
        };
        peer.onicegatheringstatechange = check;
        check();
      });
      return peer.localDescription?.sdp ?? "";
    },
    { offer, size },
  );
}
