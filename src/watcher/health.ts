// When a restart would help. An API server that does not answer is no reason: the watcher waits for it, and a restarted one
// would do the same with less knowledge.

/** Every call ends within 30 seconds, and a round makes fewer than 30 calls one after the other. */
const LONGEST_ROUND_MS = 15 * 60_000;

/** Whether a round has been under way for longer than any round can be. */
export function isStuck(longestRoundMs: number): boolean {
  return longestRoundMs > LONGEST_ROUND_MS;
}
