// What is news among the changes that watches tell, and which volumes name a claim.

import { describe, expect, it } from 'vitest';
import type { Objects } from '../../src/cluster/objects.ts';
import type { PersistentVolume, StoredObject } from '../../src/cluster/types.ts';
import { createNews } from '../../src/lifecycle/news.ts';
import { claimOfVolume, createClaimIndex } from '../../src/lifecycle/claim-index.ts';

function object(kind: string, version: string, more: object = {}, metadata: object = {}): StoredObject {
  const identity = { name: 'x', namespace: 'n', uid: 'u', resourceVersion: version, creationTimestamp: '' };
  return { apiVersion: 'v1', kind, metadata: { ...identity, ...metadata }, ...more };
}

describe('an update', () => {
  const rows: [title: string, before: StoredObject, after: StoredObject, isNews: boolean][] = [
    ['of a status', object('MySQL', '1', { status: { a: 1 } }), object('MySQL', '2', { status: { a: 2 } }), false],
    ['of a spec', object('MySQL', '1', {}, { generation: 1 }), object('MySQL', '2', {}, { generation: 2 }), true],
    ['that deletes', object('MySQL', '1'), object('MySQL', '2', {}, { deletionTimestamp: 'now' }), true],
    [
      'that deletes a StatefulSet, whose pod tells of its end,',
      object('StatefulSet', '1'),
      object('StatefulSet', '2', {}, { deletionTimestamp: 'now' }),
      false,
    ],
    ['of a finalizer', object('MySQL', '1', {}, { finalizers: ['a'] }), object('MySQL', '2'), true],
    [
      'of an annotation that asks for something',
      object('MySQL', '1'),
      object('MySQL', '2', {}, { annotations: { 'otus.homework/skip-final-backup': 'true' } }),
      true,
    ],
    ['of a gate', object('ConfigMap', '1'), object('ConfigMap', '2'), true],
    ['of a Secret', object('Secret', '1'), object('Secret', '2'), true],
    [
      'of a heartbeat of a pod',
      object('Pod', '1', { status: { conditions: [{ type: 'Ready', status: 'True', lastProbeTime: '1' }] } }),
      object('Pod', '2', { status: { conditions: [{ type: 'Ready', status: 'True', lastProbeTime: '2' }] } }),
      false,
    ],
    [
      'of a pod that becomes Ready',
      object('Pod', '1', { status: { conditions: [{ type: 'Ready', status: 'False' }] } }),
      object('Pod', '2', { status: { conditions: [{ type: 'Ready', status: 'True' }] } }),
      true,
    ],
    [
      'of a claim that is bound',
      object('PersistentVolumeClaim', '1', { status: { phase: 'Pending' } }),
      object('PersistentVolumeClaim', '2', { status: { phase: 'Bound' } }),
      true,
    ],
  ];
  it.each(rows)('%s', (_, before, after, isNews) => {
    const news = createNews();
    for (const each of [before, after]) news.keep(each, each);
    expect(news.isNews({ kind: 'updated', object: after, previous: before })).toBe(isNews);
  });

  it('that the watcher wrote itself is no news, once; the next one is', async () => {
    const news = createNews();
    const gate = object('ConfigMap', '2');
    const create = (): Promise<StoredObject> => Promise.resolve(gate);
    const objects = news.noteWrites({ create } as unknown as Objects);
    await objects.create({ apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true }, gate);
    expect(news.isNews({ kind: 'added', object: gate })).toBe(false);
    expect(news.isNews({ kind: 'updated', object: object('ConfigMap', '3'), previous: gate })).toBe(true);
    expect(news.isNews({ kind: 'deleted', object: gate })).toBe(true);
  });
});

describe('a pod', () => {
  it('that was just made is no news before anything becomes of it', () => {
    const news = createNews();
    const [made, placed] = [object('Pod', '1', { spec: {} }), object('Pod', '2', { spec: { nodeName: 'a' } })];
    for (const each of [made, placed]) news.keep(each, each);
    expect(news.isNews({ kind: 'added', object: made })).toBe(false);
    expect(news.isNews({ kind: 'updated', object: placed, previous: made })).toBe(true);
    expect(news.isNews({ kind: 'added', object: placed })).toBe(true);
  });
});

describe('the word of a write that comes before its answer', () => {
  const kind = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
  const gate = object('ConfigMap', '2');

  /** What is told while the write is under way, and after it ended. */
  async function tellAround(write: () => Promise<StoredObject>, told: StoredObject): Promise<[number, number]> {
    const news = createNews();
    let times = 0;
    const writing = news.noteWrites({ create: write } as unknown as Objects).create(kind, gate);
    news.whenNews({ kind: 'added', object: told }, () => {
      times += 1;
    });
    const before = times;
    await writing.catch(() => undefined);
    return [before, times];
  }

  it('is no news', async () => {
    expect(await tellAround(() => Promise.resolve(gate), gate)).toEqual([0, 0]);
  });

  it("is news when it was somebody else's", async () => {
    const theirs = object('ConfigMap', '3');
    expect(await tellAround(() => Promise.resolve(gate), theirs)).toEqual([0, 1]);
  });

  it('is news when the answer is a failure', async () => {
    expect(await tellAround(() => Promise.reject(new Error('lost')), gate)).toEqual([0, 1]);
  });
});

describe('an update by the watcher itself', () => {
  const rows: [title: string, before: object, after: object, isNews: boolean][] = [
    ['of finalizers is no news', { generation: 1 }, { generation: 1, finalizers: ['a'] }, false],
    ['of a resource that somebody edited before, whose word got lost, is', { generation: 1 }, { generation: 2 }, true],
    ['of a resource that somebody deleted before is', {}, { deletionTimestamp: 'now' }, true],
  ];
  it.each(rows)('%s', async (_, before, after, isNews) => {
    const news = createNews();
    const [previous, written] = [object('MySQL', '1', {}, before), object('MySQL', '2', {}, after)];
    for (const each of [previous, written]) news.keep(each, each);
    const patch = (): Promise<StoredObject> => Promise.resolve(written);
    const kind = { apiVersion: 'v1', kind: 'MySQL', plural: 'mysqls', namespaced: true };
    await news.noteWrites({ patch } as unknown as Objects).patch(kind, { name: 'x' }, { kind: 'merge', body: {} });
    expect(news.isNews({ kind: 'updated', object: written, previous })).toBe(isNews);
  });
});

describe('the index of volumes', () => {
  const volume = (name: string, claim: string): PersistentVolume =>
    object(
      'PersistentVolume',
      '1',
      { spec: { claimRef: { namespace: 'n', name: claim } } },
      { name },
    ) as PersistentVolume;

  it('knows every volume that names a claim until it is gone', () => {
    const index = createClaimIndex(claimOfVolume);
    const claim = { namespace: 'n', name: 'x-pvc' };
    expect(index.of(claim)).toEqual([]);
    index.note({ kind: 'added', object: volume('old', 'x-pvc') });
    index.note({ kind: 'added', object: volume('new', 'x-pvc') });
    index.note({ kind: 'added', object: volume('other', 'y-pvc') });
    expect(index.of(claim)).toEqual(['old', 'new']);
    index.note({ kind: 'deleted', object: volume('old', 'x-pvc') });
    expect(index.of(claim)).toEqual(['new']);
  });
});
