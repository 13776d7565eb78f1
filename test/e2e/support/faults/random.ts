// Chance that can be repeated.

/** The seed of this run: FAULTS_SEED, or one that is told. */
export const SEED = Number(process.env['FAULTS_SEED'] ?? Math.floor(Math.random() * 1_000_000));

/** Numbers from 0 to 1, always the same ones for the same words (mulberry32). */
export function createRandom(...words: readonly unknown[]): () => number {
  let state = 0;
  for (const char of [SEED, ...words].join(' ')) state = (Math.imul(state, 31) + char.charCodeAt(0)) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** So many of them, by chance, in their order. */
export function sample<T>(items: readonly T[], count: number, random: () => number): T[] {
  const chosen = items
    .map((item, at) => ({ item, at, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, count);
  return chosen.sort((a, b) => a.at - b.at).map(({ item }) => item);
}
