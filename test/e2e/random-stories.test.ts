// Random stories against the node: whatever happens in whatever order, a row that the server has acknowledged and nobody has
// given up is there in the end. STORY_SEED repeats a story; STORIES says how many there are with FAULTS=all.

import { describe, it } from 'vitest';
import fc from 'fast-check';
import { Namespace } from './support/kubectl.ts';
import { ALL_FAULTS, Life, endNamespace } from './support/life.ts';
import { STORY_EVENTS, StoryCommand, begin, expectRows, startModel } from './support/story.ts';
import { Watcher } from './support/watcher.ts';

const SEED = Number(process.env['STORY_SEED'] ?? 388);
const STORIES = ALL_FAULTS ? Number(process.env['STORIES'] ?? 10) : 1;
const LENGTH = ALL_FAULTS ? 25 : 8;

/** One event, as often as its weight says, with a time after it in which nothing else happens. */
const event = fc.oneof(
  ...STORY_EVENTS.map((what) => ({
    weight: what.weight,
    arbitrary: fc.nat({ max: ALL_FAULTS ? 8000 : 3000 }).map((delay) => new StoryCommand(what.title, delay, what)),
  })),
);

/** Several of them wait for processors that the others have. */
const PATIENCE_MILLISECONDS = 1_800_000;

describe('a random story', () => {
  const seeds = Array.from({ length: STORIES }, (_, index) => SEED + index);
  it.concurrent.each(seeds)('of seed %d loses no row', { timeout: PATIENCE_MILLISECONDS }, async (seed) => {
    // Those that make no sense at their turn are passed over.
    const events = fc.array(event, { minLength: LENGTH, maxLength: LENGTH });
    const [story = []] = fc.sample(events, { seed, numRuns: 1 });
    // A namespace and a watcher of its own, which nobody but the story kills.
    const namespace = await Namespace.create(`story-${String(seed)}`);
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
      await endNamespace(namespace, watcher);
    }
  });
});
