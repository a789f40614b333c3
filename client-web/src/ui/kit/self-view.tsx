// One's own picture, mirrored as in a mirror unless it is a screen.

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

export function SelfView({
  stream,
  isMirrored = true,
}: {
  stream: MediaStream | null;
  isMirrored?: boolean;
}): JSX.Element {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (!video.current) return;
    video.current.srcObject = stream;
    void video.current.play().catch(() => undefined);
  }, [stream]);
  return (
    <video
      ref={video}
      class={isMirrored ? "self mirrored" : "self"}
      muted
      autoplay
      playsInline
      data-testid="self_view"
    />
  );
}
