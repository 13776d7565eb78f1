// The lease and the events at a real API server.

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createEventRecorder } from '../../src/cluster/events.ts';
import { KINDS } from '../../src/cluster/kinds.ts';
import { acquireLease, type LeaseOptions, type Term } from '../../src/cluster/lease.ts';
import type { Objects } from '../../src/cluster/objects.ts';
import { clock, configMap, makeNamespace, openClient, until, type Client } from '../support/cluster-client.ts';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.ts';
import { kubectl } from './support/kubectl.ts';

const TIMES = { durationMs: 2000, deadlineMs: 1400, intervalMs: 200 };
let client: Client;
let namespace: string;

beforeAll(async () => {
  client = openClient();
  namespace = await makeNamespace(client, 'lease');
});
afterAll(async () => {
  await client.objects.delete(KINDS.Namespace, { name: namespace });
  await client.connection.close();
});

async function throughProxy(): Promise<{ proxy: FaultProxy; objects: Objects }> {
  const proxy = await startFaultProxy();
  const { connection, objects } = openClient(proxy.kubeconfig);
  onTestFinished(async () => {
    await connection.close();
    await proxy.close();
  });
  return { proxy, objects };
}

/** Asks for a lease until the test ends. */
function contend(name: string, identity: string, options: Partial<LeaseOptions> = {}): Promise<Term | undefined> {
  const abort = new AbortController();
  const { objects } = client;
  const term = acquireLease(
    { objects, namespace, name, identity, clock, random: Math.random, ...TIMES, ...options },
    abort.signal,
  );
  onTestFinished(async () => {
    abort.abort();
    await (await term)?.release();
  });
  return term;
}

const holderOf = async (name: string): Promise<unknown> =>
  (await client.objects.find(KINDS.Lease, { namespace, name }))?.spec?.holderIdentity;

describe('a lease', () => {
  it('has one holder of five who ask at once, and each in turn as they release it', async () => {
    const holders = new Set<string>();
    const turns: string[] = [];
    const contenders = ['a', 'b', 'c', 'd', 'e'].map(async (identity) => {
      const term = await contend('turns', identity);
      holders.add(identity);
      expect(holders.size).toBe(1);
      expect(term?.isHeld()).toBe(true);
      expect(await holderOf('turns')).toBe(identity);
      turns.push(identity);
      holders.delete(identity);
      await term?.release();
    });
    await Promise.all(contenders);
    expect(turns.sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    const { spec } = await client.objects.get(KINDS.Lease, { namespace, name: 'turns' });
    expect(spec).toMatchObject({ leaseTransitions: 4, leaseDurationSeconds: 2 });
  });

  it.each(['refuse', 'stall'] as const)(
    'of a holder whose connections %s is taken after the holder knows',
    async (how) => {
      const name = `cut-off-${how}`;
      const { proxy, objects } = await throughProxy();
      const term = await contend(name, 'cut-off', { objects });
      let endedAt = 0;
      term?.ended.addEventListener('abort', () => (endedAt = performance.now()));
      const next = contend(name, 'next');
      await until('it was renewed', 2000, () => proxy.seen.filter(({ method }) => method === 'PATCH').length >= 2);
      const cutAt = performance.now();
      if (how === 'refuse') await proxy.refuse();
      else proxy.inject({ kind: 'stall' }, { times: 99 });
      expect(await next.then((taken) => taken?.isHeld())).toBe(true);
      expect(term?.isHeld()).toBe(false);
      expect(endedAt).toBeGreaterThan(cutAt);
      expect(performance.now()).toBeGreaterThan(endedAt);
      if (how === 'refuse') await proxy.accept();
    },
  );

  it('of a holder that was killed is taken, by one whose time of day is an hour off', async () => {
    // Nobody renews what this process took.
    await contend('killed', 'killed', { intervalMs: 3_600_000 });
    const skewed = { ...clock, now: () => clock.now() - 3_600_000 };
    const startedAt = performance.now();
    const term = await contend('killed', 'next', { clock: skewed });
    expect(term?.isHeld()).toBe(true);
    expect(performance.now() - startedAt).toBeGreaterThan(TIMES.durationMs - 100);
    expect(await holderOf('killed')).toBe('next');
  });

  it('is still held when the answer to a renewal was lost', async () => {
    const { proxy, objects } = await throughProxy();
    const term = await contend('lost', 'a', { objects, durationMs: 30_000, deadlineMs: 20_000 });
    const isRenewal = ({ method }: { method: string }): boolean => method === 'PATCH';
    proxy.inject({ kind: 'reset', carriedOut: true }, { match: isRenewal, times: 2 });
    await until('it was renewed', 3000, () => proxy.seen.filter(isRenewal).length >= 5);
    expect(term?.isHeld()).toBe(true);
  });
});

describe('events', () => {
  it('are counted, and shown by kubectl', async () => {
    const { proxy, objects } = await throughProxy();
    const failures: unknown[] = [];
    const recorder = createEventRecorder({
      objects,
      component: 'kubectl-mysql',
      instance: 'test',
      clock,
      random: Math.random,
      onFailure: (error) => failures.push(error),
    });
    const made = await client.objects.create(KINDS.ConfigMap, configMap(namespace, 'subject'));
    const { name, uid } = made.metadata;
    const subject = { apiVersion: 'v1', kind: 'ConfigMap', name, namespace, uid };
    for (let time = 0; time < 50; time++) {
      recorder.record({ subject, type: 'Warning', reason: 'Waiting', message: 'the claim is pending' });
    }
    recorder.record({ subject, type: 'Normal', reason: 'Ready', message: 'the server is ready' });
    const volume = { apiVersion: 'v1', kind: 'PersistentVolume', name: 'some-volume', uid: 'x' };
    recorder.record({ subject: volume, type: 'Normal', reason: 'Retained', message: 'of the whole cluster' });
    await recorder.close(5000);
    expect(failures).toEqual([]);
    expect(proxy.seen.length).toBeLessThanOrEqual(4);
    const shown = await kubectl(['-n', namespace, 'describe', 'configmap', name]);
    expect(shown).toMatch(/Warning +Waiting +\S+ \(x50 over \S+\) +kubectl-mysql +the claim is pending/);
    expect(shown).toMatch(/Normal +Ready +\S+ +kubectl-mysql +the server is ready/);
    const events = await kubectl([
      '-n',
      'default',
      'get',
      'events',
      '--field-selector=involvedObject.name=some-volume',
    ]);
    expect(events).toContain('of the whole cluster');
  });

  it('for a namespace that is not there end nothing', async () => {
    const failures: unknown[] = [];
    const { objects } = client;
    const onFailure = (error: unknown): number => failures.push(error);
    const base = { component: 'kubectl-mysql', instance: 'test', clock, random: Math.random };
    const recorder = createEventRecorder({ ...base, objects, onFailure });
    const subject = { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', namespace: 'no-such-namespace', uid: 'x' };
    recorder.record({ subject, type: 'Normal', reason: 'Ready', message: 'hello' });
    await recorder.close(5000);
    expect(failures).toHaveLength(1);
  });
});
