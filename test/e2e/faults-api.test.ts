// What happens between the watcher and the API server, and to the watcher itself: docs/testing.md. FAULTS=all lives through
// everything, otherwise a part that is chosen by FAULTS_SEED.

import { describe, it } from 'vitest';
import {
  boundedPart,
  callFaults,
  fewKills,
  freezes,
  manyKills,
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

const isWhole = process.env['FAULTS'] === 'all';

/** In the order of what they tell: a run that is cut off has seen most. */
function choose(): readonly Disturbance[] {
  if (!isWhole) return boundedPart();
  return [...manyKills(), ...callFaults(), ...periodFaults(), ...watchFaults(), ...watcherCrowds(), ...freezes()];
}

function titled(disturbances: readonly Disturbance[]): (readonly [string, Disturbance])[] {
  return disturbances.filter(({ title }) => isAsked(title)).map((disturbance) => [disturbance.title, disturbance]);
}

async function live(_: string, disturbance: Disturbance): Promise<void> {
  const life = await Life.begin(disturbance);
  let next: Disturbance | undefined;
  try {
    await liveThrough(life);
    await expectNoSecret(life);
    const strikes = disturbance.strikes();
    process.stderr.write(`${disturbance.title}: struck ${String(strikes)} times\n`);
    if (strikes > 0 && disturbance.next) next = disturbance.next();
  } catch (error) {
    // Others may go on for an hour before vitest tells it.
    process.stderr.write(`${disturbance.title}: failed: ${String(error)}\n`);
    throw error;
  } finally {
    await life.end();
  }
  if (next) await live(next.title, next);
}

const LONGEST_MS = 3_600_000;

describe(`a database lives through all stories (FAULTS_SEED=${String(SEED)})`, () => {
  it.concurrent.each(titled(choose()))('%s', live, LONGEST_MS);

  // With the others, since it takes as long as a life.
  it.runIf(isAsked('at rest')).concurrent(
    `and resources at rest are not written to for 90 s: ${RESTING}`,
    expectNoWritesAtRest,
    1_200_000,
  );

  it.concurrent.each(titled(isWhole ? fewKills() : []))('%s', live, LONGEST_MS);
});
