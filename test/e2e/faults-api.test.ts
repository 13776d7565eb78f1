// What happens between the watcher and the API server, and to the watcher itself: docs/testing.md. FAULTS=all lives through
// everything, otherwise a part that is chosen by FAULTS_SEED.

import { describe, expect, it } from 'vitest';
import {
  allKills,
  boundedPart,
  callFaults,
  freezes,
  periodFaults,
  watchFaults,
  watcherCrowds,
} from './support/faults/catalogue.ts';
import type { Disturbance } from './support/faults/disturbance.ts';
import { Life } from './support/faults/life.ts';
import { SEED } from './support/faults/random.ts';
import { RESTING, expectNoWritesAtRest } from './support/faults/rest.ts';
import { expectNoSecret } from './support/faults/secrets.ts';
import { liveThrough } from './support/faults/stories.ts';

/** Parts of titles. */
const only = (process.env['FAULTS_ONLY'] ?? '').split('|');
const isAsked = (title: string): boolean => only.some((part) => title.includes(part));

function choose(): readonly Disturbance[] {
  if (process.env['FAULTS'] !== 'all') return boundedPart();
  return [...allKills(), ...callFaults(), ...periodFaults(), ...watchFaults(), ...watcherCrowds(), ...freezes()];
}

const disturbances = choose().filter(({ title }) => isAsked(title));

describe(`a database lives through all stories (FAULTS_SEED=${String(SEED)})`, () => {
  it.concurrent.each(disturbances.map((disturbance) => [disturbance.title, disturbance] as const))(
    '%s',
    async (_, disturbance) => {
      const life = await Life.begin(disturbance);
      try {
        await liveThrough(life);
        await expectNoSecret(life);
        const strikes = disturbance.strikes();
        process.stderr.write(`${disturbance.title}: struck ${String(strikes)} times\n`);
        if (disturbance.isBeyond) expect(strikes).toBe(0);
      } catch (error) {
        // Others may go on for an hour before vitest tells it.
        process.stderr.write(`${disturbance.title}: failed: ${String(error)}\n`);
        throw error;
      } finally {
        await life.end();
      }
    },
    3_600_000,
  );

  // With the others, since it takes as long as a life.
  it.runIf(isAsked('at rest')).concurrent(
    `and resources at rest are not written to for 90 s: ${RESTING}`,
    expectNoWritesAtRest,
    1_200_000,
  );
});
