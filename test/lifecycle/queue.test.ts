// The promises of the work queue, by hand and for random schedules.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WorkQueue, type QueueOptions, type WorkResult } from '../../src/lifecycle/queue.ts';
import { createManualClock, settle, type ManualClock } from '../support/manual-clock.ts';

const BACKOFF = { firstMs: 100, capMs: 1000 };

/** A queue whose work ends when the test says so. */
function createBench(options: Partial<QueueOptions> = {}): {
  clock: ManualClock;
  queue: WorkQueue;
  begun: string[];
  finish: (key: string, result?: WorkResult | Error) => Promise<void>;
} {
  const clock = createManualClock();
  const begun: string[] = [];
  const open = new Map<string, (result: WorkResult | Error) => void>();
  const work = (key: string): Promise<WorkResult> =>
    new Promise((resolve, reject) => {
      begun.push(key);
      open.set(key, (result) => {
        if (result instanceof Error) reject(result);
        else resolve(result);
      });
    });
  const queue = new WorkQueue({ work, clock, random: () => 1, backoff: BACKOFF, ...options });
  const finish = async (key: string, result?: WorkResult | Error): Promise<void> => {
    await settle();
    open.get(key)?.(result);
    await settle();
  };
  return { clock, queue, begun, finish };
}

describe('adding', () => {
  it('works on a key once, however often it was added before', async () => {
    const { queue, begun, finish } = createBench();
    queue.add('busy');
    queue.add('a');
    queue.add('a');
    await finish('busy');
    await finish('a');
    expect(begun).toEqual(['busy', 'a']);
  });

  it('works on keys in the order in which they were added', async () => {
    const { queue, begun, finish } = createBench();
    for (const key of ['a', 'b', 'c']) queue.add(key);
    for (const key of ['a', 'b', 'c']) await finish(key);
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('works on a key again that is added while it is worked on, and not at the same time', async () => {
    const { queue, begun, finish } = createBench({ workers: 5 });
    queue.add('a');
    await settle();
    queue.add('a');
    queue.add('a');
    await settle();
    expect(begun).toEqual(['a']);
    await finish('a');
    expect(begun).toEqual(['a', 'a']);
    await finish('a');
    expect(begun).toEqual(['a', 'a']);
  });

  it('begins many at once: while more are due than hands are free, half of the hands get free first', async () => {
    const { queue, begun, finish } = createBench({ workers: 4 });
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) queue.add(key);
    await finish('a');
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
    await finish('b');
    expect(begun).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    // The last one waits for nobody.
    await finish('c');
    expect(begun).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
  });

  it('waits ten seconds for free hands, not for work that hangs', async () => {
    const { queue, begun, finish, clock } = createBench({ workers: 4 });
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) queue.add(key);
    await finish('a');
    expect(begun).toHaveLength(4);
    await clock.advance(10_000);
    expect(begun).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('works on as many keys at once as there are workers', async () => {
    const { queue, begun } = createBench({ workers: 2 });
    for (const key of ['a', 'b', 'c']) queue.add(key);
    await settle();
    expect(begun).toEqual(['a', 'b']);
    expect(queue.depth).toEqual({ due: 1, delayed: 0, inFlight: 2 });
  });
});

describe('adding for later', () => {
  it('waits', async () => {
    const { clock, queue, begun } = createBench();
    queue.addAfter('a', 500);
    await clock.advance(499);
    expect(begun).toEqual([]);
    await clock.advance(1);
    expect(begun).toEqual(['a']);
  });

  it.each([
    ['a later time changes nothing', [500, 900], 500],
    ['an earlier time counts', [900, 500], 500],
    ['no delay is now', [900, 0], 0],
    ['a delay that is not a number is now', [900, NaN], 0],
  ])('%s', async (_, delays, expected) => {
    const { clock, queue, begun, finish } = createBench();
    for (const delay of delays) queue.addAfter('a', delay);
    await clock.advance(expected);
    expect(begun).toEqual(['a']);
    await finish('a');
    await clock.advance(5000);
    expect(begun).toEqual(['a']);
  });

  it('is overtaken by adding now', async () => {
    const { clock, queue, begun, finish } = createBench();
    queue.addAfter('a', 500);
    queue.add('a');
    await finish('a');
    await clock.advance(5000);
    expect(begun).toEqual(['a']);
  });

  it('is what the work can ask for', async () => {
    const { clock, queue, begun, finish } = createBench();
    queue.add('a');
    await finish('a', { againMs: 300 });
    expect(queue.depth.delayed).toBe(1);
    await clock.advance(300);
    expect(begun).toEqual(['a', 'a']);
  });
});

describe('failing', () => {
  it('brings a key back later each time, up to the cap, until it succeeds', async () => {
    const { clock, queue, begun, finish } = createBench();
    const delays: number[] = [];
    queue.add('a');
    for (let time = 0; time < 6; time++) {
      await finish('a', new Error('no'));
      delays.push((clock.next() ?? NaN) - clock.elapsed());
      await clock.advance(1000);
    }
    expect(delays).toEqual([100, 200, 400, 800, 1000, 1000]);
    expect(queue.failures('a')).toBe(6);
    await finish('a');
    expect(queue.failures('a')).toBe(0);
    expect(begun).toHaveLength(7);
  });

  it.each([
    [0, 50],
    [0.5, 75],
    [1, 100],
  ])('spreads the delay by chance: %d gives %d ms', async (chance, expected) => {
    const { clock, queue, finish } = createBench({ random: () => chance });
    queue.add('a');
    await finish('a', new Error('no'));
    expect(clock.next()).toBe(expected);
  });

  it('waits as long as the error says', async () => {
    const { clock, queue, finish } = createBench();
    queue.add('a');
    await finish('a', Object.assign(new Error('busy'), { retryAfterMs: 7000 }));
    expect(clock.next()).toBe(7000);
  });

  it('starts from the first delay again after forget', async () => {
    const { clock, queue, finish } = createBench();
    queue.add('a');
    await finish('a', new Error('no'));
    await clock.advance(100);
    queue.forget('a');
    await finish('a', new Error('no'));
    expect((clock.next() ?? NaN) - clock.elapsed()).toBe(100);
  });

  it('does not hold up other keys', async () => {
    const { queue, begun, finish } = createBench();
    queue.add('a');
    queue.add('b');
    await finish('a', new Error('no'));
    expect(begun).toEqual(['a', 'b']);
  });
});

describe('stopping', () => {
  it('waits for the work that was begun and begins no other', async () => {
    const { clock, queue, begun, finish } = createBench();
    queue.add('a');
    queue.add('b');
    queue.addAfter('c', 100);
    await settle();
    let stopped = false;
    const stopping = queue.stop().then(() => (stopped = true));
    queue.add('d');
    queue.addAfter('e', 1);
    await clock.advance(1000);
    expect(stopped).toBe(false);
    await finish('a', new Error('no'));
    await stopping;
    await clock.advance(10_000);
    expect(begun).toEqual(['a']);
    expect(clock.next()).toBeUndefined();
  });

  it('ends at once when nothing is worked on, and twice is once', async () => {
    const { queue } = createBench();
    await Promise.all([queue.stop(), queue.stop()]);
    await queue.stop();
  });
});

it('tells its observer what happens, and survives one that throws', async () => {
  const told: string[] = [];
  const throwing = createBench({
    observer: {
      added: () => {
        throw new Error('observer');
      },
    },
  });
  throwing.queue.add('a');
  await settle();
  expect(throwing.begun).toEqual(['a']);
  const { queue, finish } = createBench({
    observer: {
      added: (key) => told.push(`added ${key}`),
      started: (key) => told.push(`started ${key}`),
      ended: (key, { error }) => told.push(`ended ${key} ${String(error)}`),
      retried: (key, delayMs) => told.push(`retried ${key} ${String(delayMs)}`),
    },
  });
  queue.add('a');
  await finish('a', new Error('no'));
  expect(told).toEqual(['added a', 'started a', 'ended a Error: no', 'retried a 100']);
});

const key = fc.constantFrom('a', 'b', 'c', 'd');
const step = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), key }),
  fc.record({ kind: fc.constant('later' as const), key, ms: fc.integer({ min: 0, max: 2000 }) }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 1500 }) }),
);
const outcome = fc.record({
  takes: fc.integer({ min: 0, max: 700 }),
  how: fc.constantFrom('done' as const, 'fail' as const, 'again' as const),
});

it('works on each added key after it was added, never twice at once, never by more than its workers', async () => {
  const schedule = fc.array(step, { maxLength: 40 });
  const outcomes = fc.infiniteStream(outcome);
  await fc.assert(
    fc.asyncProperty(schedule, outcomes, fc.integer({ min: 1, max: 3 }), async (steps, results, workers) => {
      const clock = createManualClock();
      const running = new Set<string>();
      /** For each key the time by which its work must have begun. */
      const owed = new Map<string, number>();
      let failing = true;
      const work = async (name: string): Promise<WorkResult> => {
        expect(running.has(name)).toBe(false);
        running.add(name);
        expect(running.size).toBeLessThanOrEqual(workers);
        owed.delete(name);
        const { takes, how } = results.next().value as { takes: number; how: 'done' | 'fail' | 'again' };
        await new Promise<void>((resolve) => clock.startTimer(takes, resolve));
        running.delete(name);
        if (how === 'fail' && failing) throw new Error('no');
        return how === 'again' && failing ? { againMs: takes } : undefined;
      };
      const queue = new WorkQueue({ work, clock, random: () => 0.5, workers, backoff: BACKOFF });
      const owe = (name: string, delay: number): void => {
        owed.set(name, Math.min(owed.get(name) ?? Infinity, clock.elapsed() + delay));
      };
      for (const each of steps) {
        if (each.kind === 'add') {
          owe(each.key, 0);
          queue.add(each.key);
        } else if (each.kind === 'later') {
          owe(each.key, each.ms);
          queue.addAfter(each.key, each.ms);
        } else await clock.advance(each.ms);
      }
      failing = false;
      await clock.advance(60_000);
      expect([...owed.keys()]).toEqual([]);
      expect(queue.depth).toEqual({ due: 0, delayed: 0, inFlight: 0 });
      expect(clock.next()).toBeUndefined();
      await queue.stop();
    }),
    { numRuns: 300 },
  );
});
