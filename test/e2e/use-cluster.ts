// Gives a test file a cluster that no other one uses meanwhile, before anything else. The number of vitest's worker does not
// tell: two workers had the same one when the tests before them ended late.

import { setTimeout as sleep } from 'node:timers/promises';
import { inject } from 'vitest';
import { tryLock } from './support/lock.ts';

/** The worker before may still be ending. */
const PATIENCE_SECONDS = 120;

async function takeCluster(): Promise<void> {
  const clusters = inject('clusters');
  for (let second = 0; second < PATIENCE_SECONDS; second += 1) {
    for (const cluster of clusters) {
      if (await tryLock(`${cluster.CLUSTER_DIR}.file.lock`)) {
        Object.assign(process.env, cluster);
        return;
      }
    }
    await sleep(1000);
  }
  throw new Error(`all of ${String(clusters.length)} clusters are in use by other test files`);
}

await takeCluster();
