// What `watch --render` writes, and takes away: what it applied itself and is not rendered any more.

import { expect, it } from 'vitest';
import { FINALIZER, RESOURCE_LABEL } from '../../src/api/names.ts';
import { createSystemClock } from '../../src/cluster/clock.ts';
import type { Kind, ObjectKey, StoredMySQL } from '../../src/cluster/kinds.ts';
import { FIELD_MANAGER, type ListOptions, type Manifest, type Objects } from '../../src/cluster/objects.ts';
import { shareReads } from '../../src/cluster/shared-reads.ts';
import type { StoredObject } from '../../src/cluster/types.ts';
import { createApplier } from '../../src/lifecycle/apply-rendered.ts';
import type { Observation } from '../../src/lifecycle/observe.ts';
import { resource, running } from '../support/observed.ts';

function object(kind: string, name: string, body: object = {}, metadata: object = {}): StoredObject {
  const identity = { name, namespace: 'a', uid: `${name}-uid`, resourceVersion: '1', creationTimestamp: '' };
  return { apiVersion: 'v1', kind, metadata: { ...identity, ...metadata }, ...body };
}

/** A cluster with these objects; what is deleted is noted. */
function serve(stored: readonly StoredObject[]): { readonly objects: Objects; readonly removed: string[] } {
  const removed: string[] = [];
  const server = {
    find: ({ kind }: Kind, { name }: ObjectKey) =>
      Promise.resolve(stored.find((one) => one.kind === kind && one.metadata.name === name)),
    list: ({ kind }: Kind, _: unknown, { keep }: Required<ListOptions<StoredObject>>) =>
      Promise.resolve({ items: stored.filter((one) => one.kind === kind).map(keep), resourceVersion: '1' }),
    apply: (_: Kind, manifest: Manifest) => Promise.resolve(manifest),
    delete: ({ kind }: Kind, { name }: ObjectKey) => {
      removed.push(`${kind} ${name}`);
      return Promise.resolve('gone');
    },
  };
  return {
    objects: shareReads(server as unknown as Objects, { clock: createSystemClock(), gatherMs: () => 0 })('shop'),
    removed,
  };
}

it('a policy that was applied and is not rendered any more goes, however many resources are looked at', async () => {
  const names = Array.from({ length: 10 }, (_, index) => `shop-${String(index)}`);
  const spec = { image: 'mysql:8.4', database: 'shop', password: 'x', storage_size: '1Gi' };
  const resources = names.map((name) => object('MySQL', name, { spec }, { finalizers: [FINALIZER] }) as StoredMySQL);
  const policies = names.map((name) =>
    object(
      'NetworkPolicy',
      name,
      {},
      {
        labels: { [RESOURCE_LABEL]: name },
        managedFields: [{ manager: FIELD_MANAGER, operation: 'Apply' }],
      },
    ),
  );
  const { objects, removed } = serve([...resources, ...policies]);
  const applier = createApplier();
  await Promise.all(
    resources.map((one) => {
      const { name, uid } = one.metadata;
      const observed = { ...running({ resource: resource({ uid }) }), name };
      const observation = { key: { namespace: 'a', name }, observed, resource: one } as unknown as Observation;
      return applier.apply(objects, observation, 0);
    }),
  );
  expect(removed.sort()).toEqual(names.map((name) => `NetworkPolicy ${name}`));
});

it('what is new is applied although all of it is there, since a field may be gone; what was applied is only compared', async () => {
  const stored: StoredObject[] = [];
  const { objects } = serve(stored);
  const applied: string[] = [];
  const noted = {
    ...objects,
    apply: (_: Kind, manifest: Manifest) => {
      const { kind, metadata } = manifest;
      applied.push(kind);
      const known = stored.findIndex((one) => one.kind === kind && one.metadata.name === metadata.name);
      const { metadata: identity } = object(kind, metadata.name ?? '', {}, metadata);
      const made = { ...manifest, metadata: identity, status: { phase: 'Bound' } };
      stored.splice(known < 0 ? stored.length : known, known < 0 ? 0 : 1, made);
      return Promise.resolve(made);
    },
  } as unknown as Objects;
  const applier = createApplier();
  const spec = { image: 'mysql:8.4', database: 'shop', password: 'x', storage_size: '1Gi' };
  const deliver = (change: object, now: number): Promise<unknown> => {
    const one = object('MySQL', 'shop', { spec: { ...spec, ...change } }, { finalizers: [FINALIZER] });
    stored.splice(0, stored[0]?.kind === 'MySQL' ? 1 : 0, one);
    const observed = { ...running({ resource: resource({ uid: one.metadata.uid }) }), name: 'shop' };
    const observation = { key: { namespace: 'a', name: 'shop' }, observed, resource: one } as unknown as Observation;
    applied.length = 0;
    return applier.apply(noted, observation, now);
  };
  await deliver({ nodeSelector: { disk: 'fast' } }, 0);
  expect(applied).toContain('StatefulSet');
  await deliver({}, 1);
  expect(applied).toContain('StatefulSet');
  await deliver({}, 10_000_000);
  expect(applied).toEqual([]);
});
