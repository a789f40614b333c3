// Parts of a page that are fetched when they are wanted, so that the picture does not wait for them.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

type Component<P> = (props: P) => JSX.Element | null;

export interface Later<P> {
  (props: P): JSX.Element | null;
  /** Fetches the part before it is drawn. */
  fetch: () => void;
}

/** A component that shows nothing until `load` brought it; a fetch that failed is tried again. */
export function later<P extends object>(load: () => Promise<Component<P>>): Later<P> {
  let part: Component<P> | null = null;
  const bring = async (): Promise<void> => {
    part = await load();
  };
  const Part = (props: P): JSX.Element | null => {
    const [, setHere] = useState(part !== null);
    useEffect(() => {
      if (part === null)
        bring().then(
          () => setHere(true),
          () => undefined,
        );
    }, []);
    const Drawn = part;
    return Drawn === null ? null : <Drawn {...props} />;
  };
  return Object.assign(Part, { fetch: () => void bring().catch(() => undefined) });
}
