// Notices a decision that comes again although its actions were carried out: something undoes or ignores them. Such a
// resource is worked on ever more seldom, and people are told. Pure but for what it remembers.

import { backoffMs, type BackoffBounds } from '../cluster/clock.ts';
import type { Decision } from './actions.ts';

/** How often the same decision was carried out in a row before, and how long to wait now. */
export interface Repeat {
  readonly times: number;
  readonly delayMs: number;
}

export interface Repeats {
  /** Notes a decision that was carried out. */
  readonly note: (key: string, decision: Decision) => Repeat;
  readonly forget: (key: string) => void;
}

/** After so many repetitions without effect people are told. */
export const TOLD_AFTER = 5;

const BACKOFF: BackoffBounds = { firstMs: 200, capMs: 60_000 };

export function createRepeats(random: () => number): Repeats {
  const last = new Map<string, { readonly signature: string; readonly times: number }>();
  return {
    note(key, { reason, message, actions }) {
      if (actions.length === 0) {
        last.delete(key);
        return { times: 0, delayMs: 0 };
      }
      const signature = JSON.stringify([reason, message, actions]);
      const before = last.get(key);
      const times = before?.signature === signature ? before.times + 1 : 0;
      last.set(key, { signature, times });
      return { times, delayMs: times === 0 ? 0 : backoffMs(times, BACKOFF, random) };
    },
    forget: (key) => {
      last.delete(key);
    },
  };
}
