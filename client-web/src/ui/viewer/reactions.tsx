// Feelings: buttons to tap, and what everybody tapped, floating up beside the picture.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { FLOATING_MAX } from "../../limits";
import type { Reaction } from "../../net/protocol.gen";
import { REACTIONS } from "../../state/reactions";
import type { ShowSession } from "../../state/session";

/** Of one reaction and second: a hundred hearts look like a dozen. */
const EACH_MAX = 8;
/** Counts come once a second: they start spread over it. */
const SPREAD_MS = 1_000;

export function ReactionBar({ session }: { session: ShowSession }): JSX.Element {
  return (
    <div class="reactions" role="group" aria-label={t("reactions")}>
      {REACTIONS.map(([reaction, face]) => (
        <button
          key={reaction}
          class="reaction"
          aria-label={t(`react_${reaction}`)}
          data-testid={`react_${reaction}`}
          onClick={() => session.react(reaction)}
        >
          {face}
        </button>
      ))}
    </div>
  );
}

interface Floating {
  id: number;
  face: string;
  /** Where, in hundredths of the column. */
  at: number;
  delay_ms: number;
}

export function FloatingReactions({ session }: { session: ShowSession }): JSX.Element {
  const [floating, setFloating] = useState<Floating[]>([]);
  const made = useRef(0);
  const counts = session.reactions.value;
  useEffect(() => {
    const fresh = REACTIONS.flatMap(([reaction, face]) => float(counts, reaction, face, made));
    if (fresh.length > 0) setFloating((known) => [...known, ...fresh].slice(-FLOATING_MAX));
  }, [counts]);
  return (
    <div class="floating" aria-hidden="true" data-testid="floating">
      {floating.map(({ id, face, at, delay_ms }) => (
        <span
          key={id}
          style={{ insetInlineStart: `${at}%`, animationDelay: `${delay_ms}ms` }}
          onAnimationEnd={() => setFloating((known) => known.filter((other) => other.id !== id))}
        >
          {face}
        </span>
      ))}
    </div>
  );
}

function float(
  counts: Partial<Record<Reaction, number>>,
  reaction: Reaction,
  face: string,
  made: { current: number },
): Floating[] {
  const count = Math.min(counts[reaction] ?? 0, EACH_MAX);
  return Array.from({ length: count }, () => {
    made.current += 1;
    const [at, delay_ms] = [Math.random() * 80, Math.random() * SPREAD_MS];
    return { id: made.current, face, at, delay_ms };
  });
}
