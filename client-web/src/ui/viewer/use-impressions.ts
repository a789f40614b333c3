// Which products this viewer has really seen: half of a card, for a second.

import { useEffect } from "preact/hooks";
import type { ShowSession } from "../../state/session";

const HALF = 0.5;
const SECOND_MS = 1_000;

/** Watches every element with `data-product` below the page, as they come and go. */
export function useImpressions(session: ShowSession): void {
  useEffect(() => {
    const since = new Map<Element, number>();
    const observer = new IntersectionObserver(
      (entries) => {
        for (const { target, intersectionRatio } of entries) {
          if (intersectionRatio < HALF) since.delete(target);
          else if (!since.has(target)) since.set(target, performance.now());
        }
      },
      { threshold: HALF },
    );
    const look = (): void => {
      for (const element of document.querySelectorAll("[data-product]")) observer.observe(element);
      for (const [element, from] of since) {
        const product = element.getAttribute("data-product");
        if (!element.isConnected) since.delete(element);
        else if (product !== null && performance.now() - from >= SECOND_MS && !document.hidden)
          session.noticed("impression", product);
      }
    };
    const timer = setInterval(look, SECOND_MS / 2);
    return () => {
      clearInterval(timer);
      observer.disconnect();
    };
  }, [session]);
}
