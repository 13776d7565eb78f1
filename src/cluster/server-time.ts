// The API server's time of day. What it writes into objects is compared with it, never with this machine's clock.

import type { Clock } from './clock.ts';

export interface ServerTime {
  /** Milliseconds since 1970 at the API server, a second behind at the most; this machine's time before its first answer. */
  readonly now: () => number;
  /** @param date the header of an answer */
  readonly note: (date: string | readonly string[] | undefined) => void;
}

export function createServerTime(clock: Clock): ServerTime {
  let seen: { readonly time: number; readonly at: number } | undefined;
  return {
    now: () => (seen ? seen.time + (clock.elapsed() - seen.at) : clock.now()),
    note(date) {
      const time = typeof date === 'string' ? Date.parse(date) : Number.NaN;
      const at = clock.elapsed();
      if (Number.isNaN(time)) return;
      // Whole seconds, rounded down: the largest of them is the nearest, unless the clock was set back.
      const running = seen ? seen.time + (at - seen.at) : -Infinity;
      if (running > time && running < time + 1000) return;
      seen = { time, at };
    },
  };
}
