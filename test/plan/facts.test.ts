// What a cluster tells a plan: the age of backups, what a new resource finds, the image that ran, what was changed by hand.

import { describe, expect, it } from 'vitest';
import { describeBackup, formatAge } from '../../src/plan/age.ts';
import { listDrift } from '../../src/plan/drift.ts';
import type { Change } from '../../src/model/consequence.ts';
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
  const none = { hasData: false, hasClaim: false, hasBackups: false };
  const DECLINED = { restore: { from: 'none' } };
  it.each<[string, object, LiveFacts['leftovers'], string[]]>([
    ['finds nothing', {}, none, []],
    [
      'finds its data',
      {},
      { ...none, hasData: true },
      ['restore the volume of an earlier shop-pvc is kept: the server goes on with its data'],
    ],
    [
      'finds data that it is not to get',
      DECLINED,
      { ...none, hasData: true },
      [
        'restore the volume of an earlier shop-pvc holds data, and restore.from is none: the server does not start until people decide',
      ],
    ],
    [
      'finds its data in the claim that stayed',
      {},
      { hasData: true, hasClaim: true, hasBackups: true },
      ['restore the claim shop-pvc is still there: the server goes on with its data'],
    ],
    [
      'finds a claim of which nobody knows what is in it',
      {},
      { ...none, hasClaim: true },
      ['restore the claim shop-pvc is there already: the server goes on with the data of its volume, if it holds any'],
    ],
    [
      'finds a backup',
      {},
      { ...none, hasBackups: true, backup: 'the backup a (1 hour old)' },
      ['restore the Job restore-shop-job restores the backup a (1 hour old) from backup-shop-pvc'],
    ],
    [
      'finds a volume for backups of which nobody knows',
      {},
      { ...none, hasBackups: true },
      ['restore the Job restore-shop-job restores the newest backup in backup-shop-pvc, if there is one'],
    ],
    [
      'finds backups that it is not to get',
      DECLINED,
      { ...none, hasBackups: true },
      ['restore the backups in backup-shop-pvc stay where they are, and the database is empty (restore.from: none)'],
    ],
  ])('%s', (_, spec, leftovers = none, lines) => {
    const facts = new Map([['/shop', { leftovers, more: [] }]]);
    const [entry] = buildPlan({ before: sideOf(), after: sideOf(makeResource(spec)), facts });
    expect(entry && linesOf(entry).filter((each) => each.startsWith('restore'))).toEqual(lines);
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
      before: { namespaces: new Map(), resources: new Map([['/shop', before]]), secrets: new Map() },
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
  const change = (after: object = {}): Change => {
    const [from, to] = [{}, after].map((spec) => sideOf(makeResource(spec)).resources.get('/shop'));
    if (!from || !to) throw new Error('there is no resource');
    return { before: from, after: to };
  };
  const kindsOf = (to: Change, live: object | undefined, merged: object | undefined): string[] =>
    listDrift(to, [{ manifest, live, merged }]).map(({ kind }) => kind);
  it.each<[string, object | undefined, object | undefined, string[]]>([
    ['nothing', statefulSet('a'), statefulSet('a'), []],
    ['the pod', statefulSet('b'), statefulSet('a'), ['restart']],
    ['something else', statefulSet('a', 2), statefulSet('a'), ['config']],
    ['a server that is paused was started', statefulSet('a', 1), statefulSet('a', 0), ['stop']],
    ['a server was stopped', statefulSet('a', 0), statefulSet('a', 1), ['start']],
    ['the pod of a server that is paused', statefulSet('b', 0), statefulSet('a', 0), ['config']],
    ['it was deleted', undefined, statefulSet('a'), ['start']],
    ['that of a server that is paused was deleted', undefined, statefulSet('a', 0), ['config']],
    ['what is refused is told elsewhere', statefulSet('b'), undefined, []],
  ])('%s', (_, live, merged, kinds) => {
    expect(kindsOf(change(), live, merged)).toEqual(kinds);
  });
  it.each<[string, object, object, string[]]>([
    [
      'is told where the resource asks for something that restarts nothing',
      { labels: { a: 'b' } },
      statefulSet('b'),
      ['restart'],
    ],
    ['is told once where the resource asks for a restart', { image: 'mysql:8.4.6' }, statefulSet('b'), []],
    ['is not what the resource itself changes', { labels: { a: 'b' } }, statefulSet('a', 2), []],
  ])('a pod that would be another one anyway %s', (_, after, live, kinds) => {
    expect(kindsOf(change(after), live, statefulSet('a'))).toEqual(kinds);
  });
});

describe('a Secret that a tool makes', () => {
  const sealed = (value: string, template: object = {}): object => ({
    apiVersion: 'bitnami.com/v1alpha1',
    kind: 'SealedSecret',
    metadata: { name: 'shop-root' },
    spec: { encryptedData: { password: value, other: value.length }, template },
  });
  const external = (key: string): object => ({
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name: 'any' },
    spec: { target: { name: 'shop-root' }, data: [{ secretKey: 'password', remoteRef: { key } }] },
  });
  const sops = (value: string): object => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'shop-root' },
    stringData: { password: value },
    sops: { version: '3.9.0', lastmodified: value },
  });
  const plain = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'shop-root' }, stringData: { password: 'a' } };
  const JOB = 'the Job change-pass-shop-job sets it while the server runs; the previous one works for another 5m';
  const GONE =
    'config the Secret shop-root does not stand there any more, or not with the key password: a server that runs goes on, a new one waits until something else makes it';
  const unseen = (kind: string): string =>
    `password the Secret shop-root (${kind}) changes, and it cannot be seen whether it holds another password; if it does: ${JOB}`;
  it.each<[string, object | undefined, object | undefined, string[]]>([
    ['a SealedSecret that is encrypted anew', sealed('AgA1'), sealed('AgB2'), [unseen('SealedSecret')]],
    ['a SealedSecret with the same value', sealed('AgA1'), sealed('AgA1', { metadata: { labels: { a: 'b' } } }), []],
    ['a SealedSecret of another Secret', sealed('AgA1'), sealed('AgB2', { metadata: { name: 'web' } }), [GONE]],
    ['an ExternalSecret with another source', external('a'), external('b'), [unseen('ExternalSecret')]],
    ['an ExternalSecret with the same source', external('a'), external('a'), []],
    ['a value that SOPS has encrypted anew', sops('ENC[a]'), sops('ENC[b]'), [unseen('Secret')]],
    ['a SealedSecret in place of a Secret', plain, sealed('AgA1'), [unseen('SealedSecret')]],
    ['a SealedSecret that comes', undefined, sealed('AgA1'), []],
    ['a Secret that goes', plain, undefined, [GONE]],
    ['a SealedSecret that goes', sealed('AgA1'), undefined, [GONE]],
    ['a Secret that loses the key', plain, { ...plain, stringData: { other: 'a' } }, [GONE]],
  ])('%s', (_, before, after, lines) => {
    const resource = makeResource({ password: undefined, passwordSecretRef: { name: 'shop-root', key: 'password' } });
    const side = (secret: object | undefined): Side => sideOf(resource, ...(secret ? [secret] : []));
    expect(buildPlan({ before: side(before), after: side(after) }).flatMap(linesOf)).toEqual(lines);
  });
});
