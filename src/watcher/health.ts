// When a restart would help, and what the watcher is deaf to. An API server that does not answer is no reason for a restart:
// the watcher waits for it, and a restarted one would do the same with less knowledge.

import type { Silence } from '../lifecycle/reflectors.ts';

/** Every call ends within 30 seconds, and a round makes fewer than 30 calls one after the other. */
const LONGEST_ROUND_MS = 15 * 60_000;

/** A kind is listed each minute; a server that is away, or a right that was taken, is felt by then. */
const LONGEST_SILENCE_MS = 5 * 60_000;

/** Whether a round has been under way for longer than any round can be. */
export function isStuck(longestRoundMs: number): boolean {
  return longestRoundMs > LONGEST_ROUND_MS;
}

/** What the watcher is deaf to: kinds of which nothing was heard for minutes, though each is listed every minute. */
export function listDeaf(silences: readonly Silence[]): string[] {
  return silences.filter(({ ms }) => ms > LONGEST_SILENCE_MS).map(({ resource }) => resource);
}
