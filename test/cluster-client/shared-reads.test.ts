// Live reads that are shared: never one that was begun before it was asked for.

import { describe, expect, it } from 'vitest';
import { createSystemClock } from '../../src/cluster/clock.ts';
import { ClusterError } from '../../src/cluster/errors.ts';
import { KINDS } from '../../src/cluster/kinds.ts';
import type { Objects, Selection } from '../../src/cluster/objects.ts';
import { shareReads } from '../../src/cluster/shared-reads.ts';
import { createManualClock } from '../support/manual-clock.ts';

interface Keeping {
  readonly keep: (object: object) => object;
}

/** Pods `pod-0` to `pod-(count-1)`, and what is asked of them. */
function serve(count: number, gatherMs = 0): { readonly objects: Objects; readonly calls: string[] } {
  const calls: string[] = [];
  const pods = Array.from({ length: count }, (_, index) => ({ metadata: { name: `pod-${String(index)}` } }));
  const server = {
    find: (_: unknown, { name }: { readonly name: string }) => {
      calls.push(`get ${name}`);
      return Promise.resolve(pods.find(({ metadata }) => metadata.name === name));
    },
    list: (_: unknown, __: unknown, { keep }: Keeping) => {
      calls.push('list');
      return Promise.resolve({ items: pods.map(keep), resourceVersion: '1' });
    },
  };
  const share = shareReads(server as unknown as Objects, { clock: createSystemClock(), gatherMs: () => gatherMs });
  return { objects: share('shop'), calls };
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

  it('of many objects that a role lets be read by name only are GETs', async () => {
    const calls: string[] = [];
    const server = {
      find: (_: unknown, { name }: { readonly name: string }) => {
        calls.push(`get ${name}`);
        return Promise.resolve({ metadata: { name } });
      },
      list: () => {
        calls.push('list');
        return Promise.reject(new ClusterError({ code: 403, reason: 'Forbidden', message: 'cannot list' }));
      },
    };
    const objects = shareReads(server as unknown as Objects, { clock: createSystemClock(), gatherMs: () => 0 })('shop');
    const names = Array.from({ length: 10 }, (_, index) => `service-${String(index)}`);
    const read = () => Promise.all(names.map((name) => objects.find(KINDS.Service, { namespace: 'n', name })));
    expect((await read()).map((service) => service?.metadata.name)).toEqual(names);
    expect((await read()).map((service) => service?.metadata.name)).toEqual(names);
    const gets = names.map((name) => `get ${name}`);
    expect(calls).toEqual(['list', ...gets, ...gets]);
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

  it('that are lists wait for the one that is under way, and are one after it', async () => {
    const ends: (() => void)[] = [];
    const server = {
      list: () =>
        new Promise((resolve) => {
          ends.push(() => {
            resolve({ items: [], resourceVersion: '1' });
          });
        }),
    };
    const clock = createManualClock();
    const objects = shareReads(server as unknown as Objects, { clock, gatherMs: () => 0 })('shop');
    const list = () => objects.list(KINDS.Pod, { namespace: 'n' });
    const first = list();
    await settle();
    const others = [list(), list()];
    await settle();
    expect(ends.length).toBe(1);
    ends[0]?.();
    await first;
    await settle();
    expect(ends.length).toBe(2);
    // The second hangs: nobody waits for it for long.
    const last = list();
    await clock.advance(1_000);
    expect(ends.length).toBe(3);
    for (const end of ends) end();
    await Promise.all([...others, last]);
  });

  it('of many owners are one list of what bears their labels; what does not, a GET where there is something of that name', async () => {
    const calls: string[] = [];
    const owned = new Map(
      Array.from({ length: 10 }, (_, index) => [`shop-${String(index)}-active`, `shop-${String(index)}`]),
    );
    const owners = [...owned.values()].join(',');
    const server = {
      find: (_: unknown, { name }: { readonly name: string }) => {
        calls.push(`get ${name}`);
        return Promise.resolve(name === 'theirs' ? { metadata: { name } } : undefined);
      },
      list: (_: unknown, { labelSelector, namesOnly }: Selection, { keep = (item) => item }: Partial<Keeping> = {}) => {
        calls.push(namesOnly ? 'list names' : `list ${labelSelector ?? ''}`);
        const asked = labelSelector?.replace(/^.*\((.*)\)$/, '$1').split(',') ?? [];
        const labelled = [...owned]
          .filter(([, owner]) => namesOnly === true || asked.includes(owner))
          .map(([name]) => name);
        const items = [...labelled, ...(namesOnly ? ['theirs'] : [])].map((name) => ({ metadata: { name } }));
        return Promise.resolve({ items: items.map(keep), resourceVersion: '1' });
      },
    };
    const ownerLabel = () => 'owner';
    const share = shareReads(server as unknown as Objects, {
      clock: createSystemClock(),
      gatherMs: () => 0,
      ownerLabel,
    });
    const read = async (asked: Iterable<readonly [name: string, owner: string]>): Promise<unknown[]> => {
      const reads = [...asked].map(([name, owner]) => share(owner).find(KINDS.Secret, { namespace: 'n', name }));
      return (await Promise.all(reads)).map((secret) => secret?.metadata.name);
    };
    expect(await read([...owned, ['theirs', 'shop-0'], ['absent', 'shop-1']])).toEqual([
      ...owned.keys(),
      'theirs',
      undefined,
    ]);
    expect(calls.splice(0)).toEqual([`list owner in (${owners})`, 'get theirs', 'get absent']);
    const absent = Array.from({ length: 10 }, (_, index) => [`absent-${String(index)}`, 'shop-0'] as const);
    expect(await read([['theirs', 'shop-0'], ...absent])).toEqual(['theirs', ...absent.map(() => undefined)]);
    expect(calls.splice(0)).toEqual(['list owner in (shop-0)', 'list names', 'get theirs']);
    // No label can say whose they are: each is a GET.
    const long = absent.map(([name]) => [name, 'x'.repeat(64)] as const);
    expect(await read(long)).toEqual(long.map(() => undefined));
    expect(calls).toEqual(long.map(([name]) => `get ${name}`));
  });
});

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
