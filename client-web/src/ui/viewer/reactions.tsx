// Feelings: buttons to tap, and what everybody tapped, floating up beside the picture.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { FLOATING_MAX } from "../../limits";
import type { Reaction } from "../../net/protocol.gen";
import type { ShowSession } from "../../state/session";
import { ClapIcon, FireIcon, HeartIcon, LaughIcon, WowIcon, type Icon } from "../kit/icons";

/** Reactions in the order they are offered, and how they look. */
const FACES: Record<Reaction, Icon> = {
  heart: HeartIcon,
  clap: ClapIcon,
  fire: FireIcon,
  laugh: LaughIcon,
  wow: WowIcon,
};
const REACTIONS = Object.keys(FACES) as Reaction[];

/** Of one reaction and second: a hundred hearts look like a dozen. */
const EACH_MAX = 8;
/** Counts come once a second: they start spread over it. */
const SPREAD_MS = 1_000;

export function ReactionBar({ session }: { session: ShowSession }): JSX.Element {
  return (
    <div class="reactions" role="group" aria-label={t("reactions")}>
      {REACTIONS.map((reaction) => (
        <button
          key={reaction}
          class="reaction"
          data-reaction={reaction}
          aria-label={t(`react_${reaction}`)}
          data-testid={`react_${reaction}`}
          onClick={() => session.react(reaction)}
        >
          <Face of={reaction} />
        </button>
      ))}
    </div>
  );
}

interface Floating {
  id: number;
  reaction: Reaction;
  /** Where, in hundredths of the column. */
  at: number;
  delay_ms: number;
}

export function FloatingReactions({ session }: { session: ShowSession }): JSX.Element {
  const [floating, setFloating] = useState<Floating[]>([]);
  const made = useRef(0);
  const counts = session.reactions.value;
  useEffect(() => {
    const fresh = REACTIONS.flatMap((reaction) => float(counts, reaction, made));
    if (fresh.length > 0) setFloating((known) => [...known, ...fresh].slice(-FLOATING_MAX));
  }, [counts]);
  return (
    <div class="floating" aria-hidden="true" data-testid="floating">
      {floating.map(({ id, reaction, at, delay_ms }) => (
        <span
          key={id}
          data-reaction={reaction}
          style={{ insetInlineStart: `${at}%`, animationDelay: `${delay_ms}ms` }}
          onAnimationEnd={() => setFloating((known) => known.filter((other) => other.id !== id))}
        >
          <Face of={reaction} />
        </span>
      ))}
    </div>
  );
}

function Face({ of }: { of: Reaction }): JSX.Element {
  const Drawn = FACES[of];
  return <Drawn />;
}

function float(
  counts: Partial<Record<Reaction, number>>,
  reaction: Reaction,
  made: { current: number },
): Floating[] {
  const count = Math.min(counts[reaction] ?? 0, EACH_MAX);
  return Array.from({ length: count }, () => {
    made.current += 1;
    const [at, delay_ms] = [Math.random() * 80, Math.random() * SPREAD_MS];
    return { id: made.current, reaction, at, delay_ms };
  });
}
