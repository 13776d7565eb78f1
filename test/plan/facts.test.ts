// What a cluster tells a plan: the age of backups, what a new resource finds, the image that ran, what was changed by hand.

import { describe, expect, it } from 'vitest';
import { describeBackup, formatAge } from '../../src/plan/age.ts';
import { listDrift } from '../../src/plan/drift.ts';
import { buildPlan, type LiveFacts } from '../../src/plan/plan.ts';
import type { PlannedResource, Side } from '../../src/plan/side.ts';
import { readStored } from '../../src/plan/stored.ts';
import { linesOf, sideOf } from '../support/plan.ts';
import { makeResource } from '../support/resource.ts';

it.each([
  [0, '0 seconds'],
  [59_999, '59 seconds'],
  [60_000, '1 minute'],
  [7_200_000, '2 hours'],
  [86_400_000 * 40, '40 days'],
  [-5, '0 seconds'],
])('%s ms are %s', (ms, text) => {
  expect(formatAge(ms)).toBe(text);
});

it.each([
  [{ name: 'a', time: '2026-11-23T00:00:00Z' }, 'the backup a (1 hour old)'],
  [{ name: undefined, time: '2026-11-23T00:00:00Z' }, 'the newest backup (1 hour old)'],
  [{ name: 'a', time: undefined }, 'the backup a'],
  [{ name: undefined, time: 'nonsense' }, undefined],
])('a backup %j is called %s', (backup, text) => {
  expect(describeBackup(backup, Date.parse('2026-11-23T01:00:00Z'))).toBe(text);
});

describe('a new resource', () => {
  const none = { hasData: false, hasBackups: false };
  it.each<[string, object, LiveFacts['leftovers'], string | undefined]>([
    ['finds nothing', {}, none, undefined],
    [
      'finds its data',
      {},
      { ...none, hasData: true },
      'restore the volume of an earlier shop-pvc is kept: the server goes on with its data',
    ],
    [
      'finds data that it is not to get',
      { restore: { from: 'none' } },
      { ...none, hasData: true },
      'restore a volume of an earlier shop-pvc holds data, and restore.from is none: the server does not start until people decide',
    ],
    [
      'finds a backup',
      {},
      { ...none, hasBackups: true, backup: 'the backup a (1 hour old)' },
      'restore the Job restore-shop-job restores the backup a (1 hour old) from backup-shop-pvc',
    ],
    [
      'finds backups that it is not to get',
      { restore: { from: 'none' } },
      { ...none, hasBackups: true },
      'restore there are backups in backup-shop-pvc; they stay, and the database is empty (restore.from: none)',
    ],
  ])('%s', (_, spec, leftovers = none, line) => {
    const facts = new Map([['/shop', { leftovers, more: [] }]]);
    const [entry] = buildPlan({ before: sideOf(), after: sideOf(makeResource(spec)), facts });
    expect(entry && linesOf(entry).find((each) => each.startsWith('restore'))).toEqual(line);
  });
});

describe('a stored resource', () => {
  function stored(spec: object, metadata: object, status: object, applied: unknown = null): PlannedResource {
    const wanted = [...sideOf(makeResource({ image: 'mysql:8.4' })).resources.values()][0];
    if (!wanted) throw new Error('there is no resource');
    const live = { ...makeResource(spec, metadata), status } as unknown as Parameters<typeof readStored>[0];
    return readStored(live, wanted, applied);
  }
  function planAgainst(before: PlannedResource): string[] {
    const sides: { before: Side; after: Side } = {
      before: { resources: new Map([['/shop', before]]), secrets: new Map() },
      after: sideOf(makeResource({ image: 'mysql:8.4' })),
    };
    return buildPlan(sides).flatMap(linesOf);
  }
  it('is no change by what only the cluster put on it', () => {
    const metadata = {
      uid: 'u',
      finalizers: ['otus.homework/final-backup'],
      annotations: { other: 'x' },
      labels: { a: 'b' },
    };
    expect(planAgainst(stored({}, metadata, {}))).toEqual([]);
  });
  it('loses a label that kubectl apply had put on it', () => {
    const applied = { metadata: { labels: { a: 'b' } } };
    expect(planAgainst(stored({}, { labels: { a: 'b', other: 'x' } }, {}, applied))).toEqual([
      "config metadata.labels: the resource's own labels change",
    ]);
  });
  it('goes back to the image that ran: no downgrade, since the newer one never ran', () => {
    const lines = planAgainst(stored({ image: 'mysql:9.7' }, {}, { server: { image: 'mysql:8.4' } }));
    expect(lines).toEqual(['restart spec.image: the image changes (mysql:9.7 → mysql:8.4)']);
  });
});

describe('what was changed by hand', () => {
  const statefulSet = (image: string, replicas = 1): object => ({
    kind: 'StatefulSet',
    metadata: { name: 'shop' },
    spec: { replicas, template: { spec: { image } } },
  });
  const manifest = { kind: 'StatefulSet', name: 'shop' };
  it.each<[string, object | undefined, object | undefined, string[]]>([
    ['nothing', statefulSet('a'), statefulSet('a'), []],
    ['the pod', statefulSet('b'), statefulSet('a'), ['restart']],
    ['something else', statefulSet('a', 2), statefulSet('a'), ['config']],
    ['it was deleted', undefined, statefulSet('a'), ['config']],
    ['what is refused is told elsewhere', statefulSet('b'), undefined, []],
  ])('%s', (_, live, merged, kinds) => {
    expect(listDrift([{ manifest, live, merged }]).map(({ kind }) => kind)).toEqual(kinds);
  });
});
