// What a reflector's handler is told.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStore, strip, type Store } from '../../src/cluster/store.ts';
import type { StoredObject } from '../../src/cluster/types.ts';

function object(name: string, uid: string, resourceVersion: number): StoredObject {
  const metadata = { name, namespace: 'n', uid, resourceVersion: String(resourceVersion), creationTimestamp: '' };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata };
}

function createBench(): { store: Store<StoredObject>; told: () => string[] } {
  const told: string[] = [];
  const store = createStore<StoredObject>(({ kind, object: { metadata } }) => {
    told.push(`${kind} ${metadata.name}/${metadata.uid}@${metadata.resourceVersion}`);
  });
  return { store, told: () => told.splice(0) };
}

describe('a list', () => {
  it('tells what is new, changed, gone, and another object of the same name; and nothing else', () => {
    const { store, told } = createBench();
    store.replace([object('a', '1', 1), object('b', '2', 2), object('c', '3', 3), object('d', '4', 4)]);
    told();
    store.replace([object('a', '1', 1), object('b', '2', 12), object('c', '13', 13), object('e', '5', 5)]);
    expect(told()).toEqual(['deleted d/4@4', 'updated b/2@12', 'deleted c/3@3', 'added c/13@13', 'added e/5@5']);
  });

  it('counts even where it is older, as after a backup of the whole cluster was put back', () => {
    const { store, told } = createBench();
    store.replace([object('a', '1', 100)]);
    store.replace([object('a', '1', 50)]);
    expect(told()).toEqual(['added a/1@100', 'updated a/1@50']);
  });
});

describe('an event', () => {
  it.each([
    [
      'told twice',
      [
        ['put', 'a', '1', 2],
        ['put', 'a', '1', 2],
      ],
      ['added a/1@2'],
    ],
    [
      'told late',
      [
        ['put', 'a', '1', 3],
        ['put', 'a', '1', 2],
      ],
      ['added a/1@3'],
    ],
    [
      'of an object that its selector matches again',
      [
        ['put', 'a', '1', 2],
        ['delete', 'a', '1', 4],
        ['put', 'a', '1', 5],
      ],
      ['added a/1@2', 'deleted a/1@4', 'added a/1@5'],
    ],
    [
      'told after the deletion',
      [
        ['put', 'a', '1', 2],
        ['delete', 'a', '1', 4],
        ['put', 'a', '1', 3],
      ],
      ['added a/1@2', 'deleted a/1@4'],
    ],
    [
      'that deletes an earlier object of the name',
      [
        ['put', 'a', '2', 5],
        ['delete', 'a', '1', 4],
      ],
      ['added a/2@5'],
    ],
    [
      'that makes a new object of the name, the deletion lost',
      [
        ['put', 'a', '1', 2],
        ['put', 'a', '2', 5],
      ],
      ['added a/1@2', 'deleted a/1@2', 'added a/2@5'],
    ],
    ['that deletes what was never there', [['delete', 'a', '1', 4]], []],
  ] as const)('%s', (_, events, expected) => {
    const { store, told } = createBench();
    for (const [kind, name, uid, version] of events) store[kind](object(name, uid, version));
    expect(told()).toEqual(expected);
  });
});

it('tells changes that lead from each state to the next, whatever comes in', () => {
  const item = fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    uid: fc.integer({ min: 1, max: 4 }),
    version: fc.integer({ min: 1, max: 9 }),
  });
  const toObject = ({ name, uid, version }: { name: string; uid: number; version: number }): StoredObject =>
    object(name, `${name}${String(uid)}`, version);
  const step = fc.oneof(
    fc.record({ kind: fc.constantFrom('put' as const, 'delete' as const), item }),
    fc.record({ kind: fc.constant('replace' as const), items: fc.uniqueArray(item, { selector: ({ name }) => name }) }),
  );
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const told = new Map<string, string>();
      const store = createStore<StoredObject>(({ kind, object: { metadata } }) => {
        // A uid is added when it is not there, and deleted when it is.
        expect(told.has(metadata.uid)).toBe(kind !== 'added');
        if (kind === 'deleted') told.delete(metadata.uid);
        else told.set(metadata.uid, metadata.resourceVersion);
      });
      for (const each of steps) {
        if (each.kind === 'replace') store.replace(each.items.map(toObject));
        else store[each.kind](toObject(each.item));
        const stored = store.list().map(({ metadata }) => [metadata.uid, metadata.resourceVersion]);
        expect([...told].sort()).toEqual(stored.sort());
        if (each.kind === 'replace') expect(stored).toHaveLength(each.items.length);
      }
    }),
  );
});

it('keeps no managedFields and no last applied form, which repeats passwords', () => {
  const full = object('a', '1', 1);
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{"password":"x"}', mine: 'y' };
  const noisy = { ...full, metadata: { ...full.metadata, managedFields: [{}], annotations } };
  expect(strip(noisy)).toEqual({ ...full, metadata: { ...full.metadata, annotations: { mine: 'y' } } });
});
