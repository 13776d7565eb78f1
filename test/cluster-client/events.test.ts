// Notes become few events, slowly, and never a failure.

import { describe, expect, it } from 'vitest';
import { createEventRecorder, type EventRecorder } from '../../src/cluster/events.ts';
import type { EventNote } from '../../src/cluster/event-entries.ts';
import { createFakeObjects, failure, type FakeObjects } from '../support/fake-objects.ts';
import { createManualClock, type ManualClock } from '../support/manual-clock.ts';

function createBench(): { clock: ManualClock; fake: FakeObjects; recorder: EventRecorder; failures: unknown[] } {
  const clock = createManualClock();
  const fake = createFakeObjects();
  const failures: unknown[] = [];
  let chance = 0;
  const recorder = createEventRecorder({
    objects: fake.objects,
    component: 'kubectl-mysql',
    instance: 'pod-1',
    clock,
    random: () => ++chance / 1e6,
    onFailure: (error) => failures.push(error),
  });
  return { clock, fake, recorder, failures };
}

function note(message: string, name = 'shop', reason = 'Waiting'): EventNote {
  const subject = { apiVersion: 'otus.homework/v1', kind: 'MySQL', name, namespace: 'prod', uid: `uid-${name}` };
  return { subject, type: 'Normal', reason, message };
}

const events = (fake: FakeObjects): unknown[] =>
  [...fake.stored.values()].map(({ message, count }) => [message, count]);

describe('notes', () => {
  it('of one object, reason and message are one event with a count, written ever more seldom', async () => {
    const { clock, fake, recorder } = createBench();
    for (let time = 0; time < 600; time++) {
      recorder.record(note('the claim is pending'));
      await clock.advance(1000);
    }
    await clock.advance(60_000);
    expect(events(fake)).toEqual([['the claim is pending', 600]]);
    expect(fake.calls.length).toBeLessThan(18);
  });

  it('with different messages are several events, beyond ten of a reason one', async () => {
    const { clock, fake, recorder } = createBench();
    for (let time = 1; time <= 30; time++) recorder.record(note(`number ${String(time)}`));
    await clock.advance(600_000);
    expect(events(fake)).toHaveLength(11);
    expect(events(fake)).toContainEqual(['number 30', 20]);
  });

  it('are about their object, in its namespace', async () => {
    const { clock, fake, recorder } = createBench();
    recorder.record(note('hello'));
    await clock.advance(0);
    const [event] = fake.stored.values();
    expect(event).toMatchObject({
      metadata: { namespace: 'prod' },
      involvedObject: { kind: 'MySQL', name: 'shop', uid: 'uid-shop' },
      reason: 'Waiting',
      count: 1,
      reportingComponent: 'kubectl-mysql',
    });
  });

  it('after ten minutes without them are news again', async () => {
    const { clock, fake, recorder } = createBench();
    recorder.record(note('hello'));
    await clock.advance(601_000);
    recorder.record(note('hello'));
    await clock.advance(1000);
    expect(events(fake)).toEqual([
      ['hello', 1],
      ['hello', 1],
    ]);
  });

  it('of a thousand objects are written ten a second after the first fifty', async () => {
    const { clock, fake, recorder } = createBench();
    for (let time = 0; time < 1000; time++) recorder.record(note('hello', `shop-${String(time)}`));
    await clock.advance(10_000);
    expect(fake.calls.length).toBeGreaterThan(140);
    expect(fake.calls.length).toBeLessThan(160);
    await clock.advance(100_000);
    expect(fake.stored.size).toBe(1000);
  });

  it('are dropped, and counted, when too many wait', () => {
    const { recorder } = createBench();
    for (let time = 0; time < 5000; time++) recorder.record(note('hello', `shop-${String(time)}`));
    expect(recorder.dropped()).toBe(3000);
  });
});

describe('a failure', () => {
  it('of the connection is tried again, and the event is made once', async () => {
    const { clock, fake, recorder, failures } = createBench();
    let lost = 0;
    fake.disturb = (_, phase) => {
      if (phase === 'after' && lost++ === 0) throw failure(0, 'ECONNRESET');
    };
    recorder.record(note('hello'));
    await clock.advance(60_000);
    expect(events(fake)).toEqual([['hello', 1]]);
    expect(failures).toHaveLength(1);
  });

  it('that would stay is reported and dropped', async () => {
    const { clock, fake, recorder, failures } = createBench();
    fake.disturb = () => {
      throw failure(403, 'Forbidden');
    };
    recorder.record(note('hello'));
    await clock.advance(60_000);
    expect([fake.calls.length, failures.length]).toEqual([1, 1]);
  });

  it('after the API server forgot the event makes it again', async () => {
    const { clock, fake, recorder } = createBench();
    recorder.record(note('hello'));
    await clock.advance(1000);
    fake.stored.clear();
    recorder.record(note('hello'));
    await clock.advance(60_000);
    expect(events(fake)).toEqual([['hello', 2]]);
  });

  it('to answer one holds no other one up', async () => {
    const { clock, fake, recorder } = createBench();
    const unanswered = new Set([0]);
    fake.disturb = (_, phase) =>
      phase === 'before' && unanswered.delete(0) ? new Promise(() => undefined) : undefined;
    recorder.record(note('hello', 'slow'));
    recorder.record(note('hello', 'quick'));
    await clock.advance(1000);
    recorder.record(note('hello', 'later'));
    recorder.record(note('hello', 'slow'));
    await clock.advance(1000);
    expect([...fake.stored.values()].map(({ involvedObject }) => (involvedObject as { name: string }).name)).toEqual([
      'quick',
      'later',
    ]);
    // Never twice at the same time.
    expect(fake.calls).toHaveLength(3);
  });

  it('ends nothing, not even with a server that never answers', async () => {
    const { clock, fake, recorder } = createBench();
    fake.disturb = (_, phase) => (phase === 'before' ? new Promise(() => undefined) : undefined);
    recorder.record(note('hello'));
    let closed = false;
    void recorder.close(2000).then(() => (closed = true));
    await clock.advance(2000);
    expect(closed).toBe(true);
  });
});

it('writes what waits when it is closed, and takes nothing more', async () => {
  const { clock, fake, recorder } = createBench();
  recorder.record(note('hello'));
  await clock.advance(0);
  recorder.record(note('hello'));
  const closing = recorder.close(5000);
  recorder.record(note('too late'));
  await clock.advance(100);
  await closing;
  expect(events(fake)).toEqual([['hello', 2]]);
});
