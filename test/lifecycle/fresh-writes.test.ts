// What is too old to act on is not acted on, between any two steps.

import { expect, it } from 'vitest';
import { KINDS } from '../../src/cluster/kinds.ts';
import type { Objects } from '../../src/cluster/objects.ts';
import { refuseLateWrites } from '../../src/lifecycle/fresh-writes.ts';

const KEY = { namespace: 'a', name: 'shop' };
const MANIFEST = { apiVersion: 'v1', kind: 'ConfigMap', metadata: KEY };

function prepare(): { objects: Objects; calls: string[]; growOld: () => void } {
  const calls: string[] = [];
  const note = (verb: string) => () => {
    calls.push(verb);
    return Promise.resolve();
  };
  const verbs = ['get', 'find', 'list', 'create', 'apply', 'patch', 'delete'];
  const all = Object.fromEntries(verbs.map((verb) => [verb, note(verb)])) as unknown as Objects;
  let isLate = false;
  const objects = refuseLateWrites(all, () => isLate);
  return { objects, calls, growOld: () => (isLate = true) };
}

const WRITES: readonly [string, (objects: Objects) => Promise<unknown>][] = [
  ['create', (objects) => objects.create(KINDS.ConfigMap, MANIFEST)],
  ['apply', (objects) => objects.apply(KINDS.ConfigMap, MANIFEST)],
  ['patch', (objects) => objects.patch(KINDS.ConfigMap, KEY, { kind: 'merge', body: {} })],
  ['delete', (objects) => objects.delete(KINDS.ConfigMap, KEY)],
];

it.each(WRITES)('%s is sent in time, and refused when it is too late', async (verb, write) => {
  const { objects, calls, growOld } = prepare();
  await write(objects);
  growOld();
  await expect(write(objects)).rejects.toMatchObject({ kind: 'Conflict' });
  expect(calls).toEqual([verb]);
});

it('whatever is too late for writing may still be read', async () => {
  const { objects, calls, growOld } = prepare();
  growOld();
  await objects.get(KINDS.ConfigMap, KEY);
  await objects.find(KINDS.ConfigMap, KEY);
  await objects.list(KINDS.ConfigMap);
  expect(calls).toEqual(['get', 'find', 'list']);
});
