// What a screen reader is told as it happens: never more often than one can listen to.

import { useEffect, useRef, useState } from "preact/hooks";
import { SPOKEN_EVERY_MS, SPOKEN_MAX } from "../../limits";

/**
 * The words for a polite live region: new words at once, what follows soon after together and later.
 * `key` tells that the same words are news again.
 */
export function useSpoken(words: string, key: unknown = words): string {
  const [spoken, setSpoken] = useState("");
  const waiting = useRef<string[]>([]);
  const last_ms = useRef(-Infinity);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    if (words === "") return;
    waiting.current = [...waiting.current, words].slice(-SPOKEN_MAX);
    timer.current ??= setTimeout(
      () => {
        timer.current = undefined;
        last_ms.current = performance.now();
        setSpoken(waiting.current.join(" "));
        waiting.current = [];
      },
      Math.max(0, last_ms.current + SPOKEN_EVERY_MS - performance.now()),
    );
  }, [key]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return spoken;
}
