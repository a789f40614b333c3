// Whether there is room for a panel beside the picture.

import { useEffect, useState } from "preact/hooks";

const QUERY = "(min-width: 960px)";

export function useWide(): boolean {
  const [isWide, setWide] = useState(() => matchMedia(QUERY).matches);
  useEffect(() => {
    const query = matchMedia(QUERY);
    const onChange = (): void => setWide(query.matches);
    query.addEventListener("change", onChange);
    return () => query.removeEventListener("change", onChange);
  }, []);
  return isWide;
}
