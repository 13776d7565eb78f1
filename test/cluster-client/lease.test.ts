// Who holds the lease, when clocks, machines and the API server misbehave.

import { describe, expect, it } from 'vitest';
import { acquireLease, type LeaseOptions, type Term } from '../../src/cluster/lease.ts';
import { createFakeObjects, failure, type FakeObjects } from '../support/fake-objects.ts';
import { createManualClock, settle, type ManualClock } from '../support/manual-clock.ts';

interface Bench {
  readonly clock: ManualClock;
  readonly fake: FakeObjects;
  /** Starts to ask for the lease. The result has the term, once there is one. */
  readonly contend: (identity: string, options?: Partial<LeaseOptions>) => { term: Term | undefined; give: () => void };
  readonly holder: () => unknown;
}

function createBench(): Bench {
  const clock = createManualClock();
  const fake = createFakeObjects();
  return {
    clock,
    fake,
    contend(identity, options = {}) {
      const { objects } = fake;
      const base = { objects, namespace: 'n', name: 'lease', identity, clock, random: () => 0 };
      const abort = new AbortController();
      const state = {
        term: undefined as Term | undefined,
        give: () => {
          abort.abort();
        },
      };
      void acquireLease({ ...base, ...options }, abort.signal).then((term) => (state.term = term));
      return state;
    },
    holder: () => (fake.stored.get('lease')?.['spec'] as Record<string, unknown> | undefined)?.['holderIdentity'],
  };
}

describe('a lease', () => {
  it('is held by the first, and by nobody else while it is renewed', async () => {
    const { clock, contend, holder } = createBench();
    const a = contend('a');
    await settle();
    const b = contend('b');
    await clock.advance(600_000);
    expect([a.term?.isHeld(), b.term, holder()]).toEqual([true, undefined, 'a']);
  });

  it('is taken at the next asking when it was released', async () => {
    const { clock, contend, holder } = createBench();
    const a = contend('a');
    await settle();
    const b = contend('b');
    await clock.advance(10_000);
    await a.term?.release();
    expect(a.term?.isHeld()).toBe(false);
    await clock.advance(2_000);
    expect([b.term?.isHeld(), holder()]).toEqual([true, 'b']);
  });

  it('that is released while nobody can write it is simply not held any more', async () => {
    const { clock, contend, fake } = createBench();
    const a = contend('a');
    await settle();
    fake.disturb = () => {
      throw failure(503, 'ServiceUnavailable');
    };
    await a.term?.release();
    expect(a.term?.ended.aborted).toBe(true);
    await clock.advance(60_000);
    expect(clock.next()).toBeUndefined();
  });

  it('is not waited for any more by one who gave up', async () => {
    const { clock, contend } = createBench();
    contend('a');
    await settle();
    const b = contend('b');
    await clock.advance(5_000);
    b.give();
    await clock.advance(0);
    expect(b.term).toBeUndefined();
  });
});

describe('a holder that cannot renew', () => {
  it.each([
    [
      'the API server refuses',
      () => {
        throw failure(500, 'InternalError');
      },
    ],
    ['the API server does not answer', () => new Promise<void>(() => undefined)],
  ])('is deposed before anybody else is elected: %s', async (_, disturb) => {
    const { clock, contend, fake } = createBench();
    const a = contend('a');
    await settle();
    await clock.advance(20_000);
    const b = contend('b', { objects: fake.undisturbed });
    fake.disturb = disturb;
    let deposedAt = 0;
    a.term?.ended.addEventListener('abort', () => (deposedAt = clock.elapsed()));
    const isElected = (): boolean => b.term !== undefined;
    for (let step = 0; step < 60 && !isElected(); step++) {
      await clock.advance(500);
      expect(a.term?.isHeld() === true && isElected()).toBe(false);
    }
    expect(isElected()).toBe(true);
    expect(deposedAt).toBeGreaterThan(0);
    expect(clock.elapsed() - deposedAt).toBeGreaterThanOrEqual(4_000);
  });

  it.each([
    ['an hour ahead', 3_600_000],
    ['an hour behind', -3_600_000],
  ])('counts for a contender by its own clock, which is %s', async (_, skew) => {
    const { clock, contend } = createBench();
    const a = contend('a');
    await settle();
    const b = contend('b', { clock: { ...clock, now: () => clock.now() + skew } });
    await clock.advance(300_000);
    expect([a.term?.isHeld(), b.term]).toEqual([true, undefined]);
  });

  it('knows after a suspension, in which only the time of day went on, that it holds nothing', async () => {
    const { clock, contend } = createBench();
    const a = contend('a');
    await settle();
    clock.jump(60_000);
    expect(a.term?.isHeld()).toBe(false);
  });
});

describe('a renewal', () => {
  it('whose answer was lost is found out about, and the lease is still held', async () => {
    const { clock, contend, fake } = createBench();
    const a = contend('a');
    await settle();
    let lost = 0;
    fake.disturb = (verb, phase) => {
      if (verb === 'patch' && phase === 'after' && lost++ === 0) throw failure(0, 'ECONNRESET');
    };
    await clock.advance(60_000);
    expect([lost > 1, a.term?.isHeld()]).toEqual([true, true]);
  });

  it('of a lease that somebody deleted makes it again', async () => {
    const { clock, contend, fake, holder } = createBench();
    const a = contend('a');
    await settle();
    fake.stored.delete('lease');
    await clock.advance(60_000);
    expect([a.term?.isHeld(), holder()]).toEqual([true, 'a']);
  });

  it('of a lease that somebody else has is the end', async () => {
    const { clock, contend, fake } = createBench();
    const a = contend('a');
    await settle();
    const lease = fake.stored.get('lease');
    if (lease) {
      const metadata = { ...lease.metadata, resourceVersion: '99' };
      fake.stored.set('lease', { ...lease, metadata, spec: { holderIdentity: 'thief', leaseDurationSeconds: 15 } });
    }
    await clock.advance(2_000);
    expect([a.term?.ended.aborted, a.term?.isHeld()]).toEqual([true, false]);
  });
});
