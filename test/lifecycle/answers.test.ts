// How often a round waits for the API server: what watches have told is asked for at once. Every answer is counted in which
// something was asked for, however much that was.

import { describe, expect, it } from 'vitest';
import type { Kind, ObjectKey } from '../../src/cluster/kinds.ts';
import type { Manifest, Objects, Patch, Selection } from '../../src/cluster/objects.ts';
import type { StoredObject } from '../../src/cluster/types.ts';
import { reconcile, type Round } from '../../src/lifecycle/reconcile.ts';
import { createRefusals } from '../../src/lifecycle/refusals.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { AT_REST, NOW, TIME, VOLUMES, pod } from '../support/stored.ts';

interface Outcome {
  readonly round: Round;
  /** What was asked for before each answer, as `verb plural name`. */
  readonly answers: readonly (readonly string[])[];
}

/** An API server whose answers come together: what was asked for before one is in it. */
function createApi(live: readonly StoredObject[]): { readonly objects: Objects; readonly answers: string[][] } {
  const answers: string[][] = [];
  let asked: { readonly call: string; readonly answer: () => void }[] = [];
  const answerAll = (): void => {
    const all = asked;
    asked = [];
    answers.push(all.map(({ call }) => call));
    for (const { answer } of all) answer();
  };
  const ask = <T>(call: string, read: () => T): Promise<T> => {
    if (asked.length === 0) setImmediate(answerAll);
    return new Promise((resolve) => {
      const answer = (): void => {
        resolve(read());
      };
      asked.push({ call, answer });
    });
  };
  const of = ({ kind }: Kind): StoredObject[] => live.filter((object) => object.kind === kind);
  const find = (kind: Kind, key: ObjectKey): StoredObject | undefined =>
    of(kind).find(({ metadata }) => metadata.name === key.name);
  const objects = {
    find: (kind: Kind, key: ObjectKey) => ask(`find ${kind.plural} ${key.name}`, () => find(kind, key)),
    list: (kind: Kind, { labelSelector }: Selection = {}) =>
      ask(['list', kind.plural, labelSelector].filter(Boolean).join(' '), () => ({
        items: labelSelector === undefined ? of(kind) : [],
        resourceVersion: '1',
      })),
    create: (kind: Kind, manifest: Manifest) =>
      ask(`create ${kind.plural} ${manifest.metadata.name ?? ''}`, () => manifest),
    patch: (kind: Kind, key: ObjectKey, patch: Patch) =>
      ask(`patch ${kind.plural} ${key.name}`, () => ({
        ...find(kind, key),
        ...(patch.kind === 'merge' ? { data: { ...dataOf(find(kind, key)), ...dataOf(patch.body) } } : {}),
      })),
    delete: (kind: Kind, key: ObjectKey) => ask(`delete ${kind.plural} ${key.name}`, () => 'gone'),
  };
  return { objects: objects as unknown as Objects, answers };
}

function dataOf(object: object | undefined): object {
  return (object as { readonly data?: object } | undefined)?.data ?? {};
}

/**
 * One round; the watches know all that there is.
 *
 * @param strays pods that mount the data claim and bear another resource's label
 */
async function run(live: readonly StoredObject[], strays: readonly string[] = []): Promise<Outcome> {
  const { objects, answers } = createApi(live);
  const known = (kind: Kind, { name }: ObjectKey): StoredObject | undefined =>
    live.find((object) => object.kind === kind.kind && object.metadata.name === name);
  const volumesOf = ({ name }: { name: string }): string[] => VOLUMES[name] ?? [];
  const clock = createManualClock(NOW);
  const straysOf = (): readonly string[] => strays;
  const context = { objects, volumesOf, straysOf, known, refusals: createRefusals(), clock, now: () => NOW };
  return { round: await reconcile({ namespace: 'a', name: 'shop' }, context), answers };
}

function change(kind: string, changed: object, live = AT_REST): StoredObject[] {
  return live.map((object) => (object.kind === kind ? { ...object, ...changed } : object));
}

const [RESOURCE] = AT_REST;
const DELETED = change('MySQL', {
  metadata: { ...RESOURCE?.metadata, deletionTimestamp: TIME },
  status: { gateOpenedAt: TIME },
});
const STOPPED = DELETED.filter(({ kind }) => !['ConfigMap', 'StatefulSet', 'Pod'].includes(kind));

describe('a round', () => {
  it('reads a resource at rest in one answer', async () => {
    const { answers } = await run(AT_REST);
    expect(answers).toHaveLength(2);
    expect(answers[1]).toEqual(['patch mysqls shop']);
  });

  it('makes the Job of a password after two answers: what there is, and the Secret', async () => {
    const spec = { image: 'mysql:8.4', database: 'shop', password: 'y', storage_size: '1Gi' };
    const { answers } = await run(change('MySQL', { spec }));
    expect(answers.slice(1)).toEqual([
      ['patch secrets shop-active'],
      ['create jobs change-pass-shop-job'],
      ['patch mysqls shop'],
    ]);
    expect(answers[0]).toEqual([
      'find pods shop-0',
      'find mysqls shop',
      'find configmaps shop-gate',
      'find secrets shop-active',
    ]);
  });

  it('stops the server of a deleted resource after one answer, by two calls at once', async () => {
    const { answers } = await run(DELETED);
    expect(answers.slice(1)).toEqual([['delete configmaps shop-gate', 'delete statefulsets shop']]);
  });

  it('makes the Job of the final backup after two answers: the gate, and then all pods', async () => {
    const { answers } = await run(STOPPED);
    const pods = ['find pods shop-0', 'list pods otus.homework/mysql=shop', 'list pods !otus.homework/mysql'];
    expect(answers.slice(1)).toEqual([pods, ['create jobs backup-shop-job'], ['patch mysqls shop']]);
  });

  it("reads a pod that mounts the claim under another resource's label, and makes no Job beside it", async () => {
    const { answers, round } = await run([...STOPPED, pod('theirs', 'Running')], ['theirs', 'gone']);
    expect(answers[2]).toEqual(['find pods theirs', 'find pods gone']);
    expect(round.decision.actions.map(({ kind }) => kind)).toEqual(['delete-pod']);
  });

  it('looks through all pods where no watch can be trusted', async () => {
    const { objects, answers } = createApi(STOPPED);
    const context = { objects, refusals: createRefusals(), clock: createManualClock(NOW), now: () => NOW };
    await reconcile({ namespace: 'a', name: 'shop' }, context);
    expect(answers.flat()).toContain('list pods');
  });

  it('reads the pods after the gate where that is gone, although a watch still knows of it', async () => {
    const { objects, answers } = createApi(
      DELETED.filter(({ kind }) => kind !== 'ConfigMap' && kind !== 'StatefulSet'),
    );
    const known = (kind: Kind, { name }: ObjectKey): StoredObject | undefined =>
      DELETED.find((object) => object.kind === kind.kind && object.metadata.name === name);
    const context = { objects, known, refusals: createRefusals(), clock: createManualClock(NOW), now: () => NOW };
    const round = await reconcile({ namespace: 'a', name: 'shop' }, context);
    expect(answers.filter((calls) => calls.includes('find pods shop-0'))).toHaveLength(2);
    expect(round.decision.reason).toBe('PodRunning');
  });

  it('takes no deletion of the definition for one of the resource, where both came after it had asked', async () => {
    const { objects, answers } = createApi(DELETED);
    const known = (kind: Kind, { name }: ObjectKey): StoredObject | undefined =>
      AT_REST.find((object) => object.kind === kind.kind && object.metadata.name === name);
    let asked = 0;
    const find: Objects['find'] = (kind, key, options) => {
      if (kind.plural !== 'customresourcedefinitions') return objects.find(kind, key, options);
      asked += 1;
      const times = asked > 1 ? { deletionTimestamp: TIME } : {};
      return Promise.resolve({ kind: kind.kind, metadata: { name: key.name, ...times } } as never);
    };
    const applier = { apply: () => Promise.resolve({ changed: false }), forget: () => undefined };
    const clock = createManualClock(NOW);
    const context = {
      objects: { ...objects, find },
      known,
      applier,
      refusals: createRefusals(),
      clock,
      now: () => NOW,
    };
    const round = await reconcile({ namespace: 'a', name: 'shop' }, context);
    expect(round.decision.reason).toBe('Ejected');
    expect(answers.flat().filter((call) => call.startsWith('delete'))).toEqual([]);
  });
});
