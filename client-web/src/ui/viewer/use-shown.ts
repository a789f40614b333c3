// Keeps the server told whether a picture is seen, and how tall.

import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import type { Reception } from "../../state/reception";
import type { ShowSession, Shown } from "../../state/session";
import { nextShown, shownHeight } from "./shown-height";

export function useShown(
  video: RefObject<HTMLVideoElement | null>,
  session: ShowSession,
  reception: Reception,
  mid: string,
): void {
  const { receiver } = reception;
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    let told: Shown | null = null;
    const tell = (): void => {
      const next = nextShown(isSeen(element), heightOf(element), told);
      if (next === null) return;
      told = next;
      session.watch(mid, next);
    };
    tell();
    const observer = new ResizeObserver(tell);
    observer.observe(element);
    const events = ["resize", "enterpictureinpicture", "leavepictureinpicture"] as const;
    for (const event of events) element.addEventListener(event, tell);
    document.addEventListener("visibilitychange", tell);
    return () => {
      observer.disconnect();
      for (const event of events) element.removeEventListener(event, tell);
      document.removeEventListener("visibilitychange", tell);
    };
  }, [video, session, receiver, mid]);
}

/** A picture that was taken out of its page outlives the page's being hidden. */
function isSeen(element: HTMLVideoElement): boolean {
  return !document.hidden || document.pictureInPictureElement === element;
}

function heightOf(element: HTMLVideoElement): number | null {
  const box = { width: element.clientWidth, height: element.clientHeight };
  const picture = { width: element.videoWidth, height: element.videoHeight };
  const fit = getComputedStyle(element).objectFit;
  return shownHeight(box, picture, fit, window.devicePixelRatio);
}
