// The room around a picture that does not fill its place: the picture's own colours, drawn a few
// pixels large a few times a second and stretched by the browser, which costs next to nothing.

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

const WIDTH = 24;
const HEIGHT = 14;
const PERIOD_MS = 250;
/** How much of a new picture is mixed in: changes glide over about two seconds. */
const MIX = 0.2;

export function Ambient({ stream }: { stream: MediaStream | null }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const brush = canvas.current?.getContext("2d");
    const timer = setInterval(() => {
      const video = canvas.current?.parentElement?.querySelector("video");
      if (!brush || !video || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
      brush.globalAlpha = MIX;
      brush.drawImage(video, 0, 0, WIDTH, HEIGHT);
    }, PERIOD_MS);
    return () => clearInterval(timer);
  }, [stream]);
  return <canvas ref={canvas} class="ambient" width={WIDTH} height={HEIGHT} aria-hidden="true" />;
}
