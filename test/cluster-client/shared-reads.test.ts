// Live reads that are shared: never one that was begun before it was asked for.

import { describe, expect, it } from 'vitest';
import { createSystemClock } from '../../src/cluster/clock.ts';
import { KINDS } from '../../src/cluster/kinds.ts';
import type { Objects } from '../../src/cluster/objects.ts';
import { shareReads } from '../../src/cluster/shared-reads.ts';

/** Pods `pod-0` to `pod-(count-1)`, and what is asked of them. */
function serve(count: number, gatherMs = 0): { readonly objects: Objects; readonly calls: string[] } {
  const calls: string[] = [];
  const pods = Array.from({ length: count }, (_, index) => ({ metadata: { name: `pod-${String(index)}` } }));
  const server = {
    find: (_: unknown, { name }: { readonly name: string }) => {
      calls.push(`get ${name}`);
      return Promise.resolve(pods.find(({ metadata }) => metadata.name === name));
    },
    list: () => {
      calls.push('list');
      return Promise.resolve({ items: pods, resourceVersion: '1' });
    },
  };
  const objects = shareReads(server as unknown as Objects, { clock: createSystemClock(), gatherMs: () => gatherMs });
  return { objects, calls };
}

const find = ({ objects }: ReturnType<typeof serve>, name: string) => objects.find(KINDS.Pod, { namespace: 'n', name });

describe('reads', () => {
  it('of few objects are GETs of their own', async () => {
    const server = serve(3);
    const found = await Promise.all(['pod-0', 'pod-2', 'absent'].map((name) => find(server, name)));
    expect(found.map((pod) => pod?.metadata.name)).toEqual(['pod-0', 'pod-2', undefined]);
    expect(server.calls).toEqual(['get pod-0', 'get pod-2', 'get absent']);
  });

  it('of the same object at the same moment are one', async () => {
    const server = serve(1);
    await Promise.all([find(server, 'pod-0'), find(server, 'pod-0')]);
    await find(server, 'pod-0');
    expect(server.calls).toEqual(['get pod-0', 'get pod-0']);
  });

  it('of many objects at the same moment are one list, in which what is not there is absent', async () => {
    const server = serve(20);
    const names = Array.from({ length: 21 }, (_, index) => `pod-${String(index)}`);
    const found = await Promise.all(names.map((name) => find(server, name)));
    expect(found.map((pod) => pod?.metadata.name)).toEqual([...names.slice(0, 20), undefined]);
    expect(server.calls).toEqual(['list']);
  });

  it('of some objects among very many are GETs, once that is known', async () => {
    const server = serve(1000);
    const names = Array.from({ length: 10 }, (_, index) => `pod-${String(index)}`);
    await Promise.all(names.map((name) => find(server, name)));
    await Promise.all(names.map((name) => find(server, name)));
    expect(server.calls).toEqual(['list', ...names.map((name) => `get ${name}`)]);
  });

  it('wait for others while there is much to do', async () => {
    const server = serve(20, 5);
    const soon = find(server, 'pod-0');
    await new Promise((resolve) => setImmediate(resolve));
    const names = Array.from({ length: 10 }, (_, index) => `pod-${String(index)}`);
    await Promise.all([soon, ...names.map((name) => find(server, name))]);
    expect(server.calls).toEqual(['list']);
  });

  it('that are lists are shared by those that asked before it began, and by nobody later', async () => {
    const server = serve(1);
    const list = () => server.objects.list(KINDS.Pod, { namespace: 'n' });
    const [first, second] = [list(), list()];
    await first;
    await Promise.all([second, list()]);
    expect(server.calls).toEqual(['list', 'list']);
  });
});
