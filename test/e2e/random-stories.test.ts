// Random stories against the node: whatever happens in whatever order, a row that the server has acknowledged and nobody has
// given up is there in the end. STORY_SEED repeats a story; STORIES says how many there are with FAULTS=all.

import { afterAll, beforeAll, describe, it } from 'vitest';
import fc from 'fast-check';
import { Namespace } from './support/kubectl.ts';
import { ALL_FAULTS, Life } from './support/life.ts';
import { STORY_EVENTS, StoryCommand, begin, expectRows, startModel } from './support/story.ts';
import { Watcher } from './support/watcher.ts';

const SEED = Number(process.env['STORY_SEED'] ?? 20260131);
const STORIES = ALL_FAULTS ? Number(process.env['STORIES'] ?? 10) : 1;
const LONGEST = ALL_FAULTS ? 25 : 8;

let namespace: Namespace;
beforeAll(async () => {
  namespace = await Namespace.create('stories');
});
afterAll(() => namespace.delete());

/** Events by their weight, each with a time after it in which nothing else happens. */
const events = STORY_EVENTS.flatMap((event) =>
  Array.from({ length: event.weight }, () =>
    fc.nat({ max: ALL_FAULTS ? 8000 : 3000 }).map((delay) => new StoryCommand(event.title, delay, event)),
  ),
);

describe('a random story', () => {
  const seeds = Array.from({ length: STORIES }, (_, index) => SEED + index);
  it.each(seeds)('of seed %d loses no row', async (seed) => {
    const commands = fc.commands(events, { maxCommands: LONGEST, size: 'max' });
    const tell = fc.asyncProperty(commands, async (story) => {
      const life = new Life(namespace, `story-${String(seed)}`);
      const watcher = new Watcher(namespace);
      watcher.start();
      const model = startModel();
      try {
        await begin(model, { life, watcher });
        await fc.asyncModelRun(() => ({ model, real: { life, watcher } }), story);
        await expectRows(model, { life, watcher });
        await life.discard();
        await life.untilGone();
      } catch (error) {
        const log = watcher.log.slice(-40).map((line) => JSON.stringify(line));
        console.error(`STORY_SEED=${String(seed)} failed; the watcher's last lines:\n${log.join('\n')}`);
        throw error;
      } finally {
        await watcher.stop();
      }
    });
    await fc.assert(tell, { seed, numRuns: 1, endOnFailure: true });
  });
});
