// How many random cases the tests take, and from which seed.

/** The seed of all random cases; another one by PARITY_SEED. */
export const SEED = Number(process.env['PARITY_SEED'] ?? 20260131);
console.info(`random cases: PARITY_SEED=${String(SEED)} PARITY_RUNS=${process.env['PARITY_RUNS'] ?? '1'} (a factor)`);

/** So many cases, times PARITY_RUNS. */
export function runsOf(usual: number): number {
  return Math.ceil(usual * Number(process.env['PARITY_RUNS'] ?? 1));
}
