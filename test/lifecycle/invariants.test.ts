// The invariants, held for every combination of what matters most, about 2.6 million observations, and for a million more that
// are drawn, always the same ones, from everything that can be seen.

import { describe, expect, it } from 'vitest';
import { decide } from '../../src/lifecycle/decide.ts';
import type { Observed, ObservedStorage } from '../../src/lifecycle/observed.ts';
import { violated } from '../support/invariants.ts';
import { MADE, NOW, RAN, claim, finished, job, observed, pod, resource, volume } from '../support/observed.ts';

const ran = RAN;
const deleted = { deletedAt: NOW - 5000 };

const resources = [
  undefined,
  resource({ hasFinalizer: false }),
  resource(),
  resource({ status: ran }),
  resource({ managed: false }),
  resource(deleted),
  resource({ ...deleted, status: { ...ran, backedUpVolume: 'data-volume' } }),
  resource({ ...deleted, status: { ...ran, backedUpVolume: 'another' } }),
  resource({ ...deleted, status: { ...ran, backedUpVolume: 'pvc-data-claim', hasFinalBackup: true } }),
  resource({ ...deleted, skipFinalBackup: true }),
  resource({ ...deleted, skipFinalBackup: true, status: { ...ran, skipRecorded: true } }),
  resource({ ...deleted, deletionPolicy: 'Retain' }),
  resource({ ...deleted, deletionPolicy: 'Delete' }),
];

function storages(role: 'data' | 'backup'): ObservedStorage[] {
  const fresh = volume(role, { policy: 'Delete', resourceUid: '' });
  const kept = volume(role, { name: 'old', uid: 'old', phase: 'Available', claimUid: '' });
  const other = { name: 'other', uid: 'other', resourceUid: '', policy: 'Delete' } as const;
  const pending = claim(role, { phase: 'Pending', volumeName: '' });
  return [
    { claim: undefined, volumes: [] },
    { claim: pending, volumes: [] },
    { claim: claim(role), volumes: [fresh] },
    { claim: claim(role), volumes: [volume(role)] },
    { claim: claim(role, { createdAt: MADE - 9000 }), volumes: [volume(role, { resourceUid: 'earlier' })] },
    { claim: claim(role), volumes: [volume(role, { finished: true, policy: 'Delete' })] },
    { claim: claim(role, { deleting: true }), volumes: [volume(role, { finished: true })] },
    { claim: claim(role, { deleting: true }), volumes: [volume(role)] },
    { claim: undefined, volumes: [volume(role, { phase: 'Released' })] },
    { claim: undefined, volumes: [kept] },
    { claim: claim(role, { volumeName: 'other' }), volumes: [kept, volume(role, other)] },
    { claim: { ...pending, className: 'fast' }, volumes: [kept] },
  ];
}

const podSets = [
  [],
  [pod()],
  [pod({ createdAt: NOW - 60_000 })],
  [pod({ started: true, ready: true })],
  [pod({ started: true, terminating: true })],
  [pod({ started: true, ended: true, jobUid: 'job' })],
];

const gates = [
  undefined,
  { uid: 'gate', expect: 'empty', claimUid: 'data-claim', created: '' },
  { uid: 'gate', expect: 'data', claimUid: 'data-claim', created: '' },
  { uid: 'gate', expect: 'data', claimUid: 'another', created: '' },
] as const;

const jobSets: Observed['jobs'][] = [
  {},
  { restore: job(), backup: job(), 'change-pass': job() },
  { restore: job({ state: 'failed' }), backup: job({ state: 'failed' }), 'change-pass': job({ state: 'failed' }) },
  { 'change-pass': job({ state: 'failed', result: { outcome: 'refused', reason: 'because', altered: false } }) },
  { restore: job({ state: 'failed', outdated: true }), backup: job({ trouble: 'no image', outdated: true }) },
  { restore: finished('data'), backup: finished('done'), 'change-pass': finished('done') },
  { restore: finished('empty'), backup: finished('nothing', { hasPods: false }) },
  { restore: finished('data', { ours: false }), backup: finished('done', { ours: false }) },
];

const base = observed().passwords;
const passwordSets = [
  base,
  { ...base, hasDesired: false },
  { ...base, hasActive: true, desiredIsCurrent: true },
  { ...base, hasActive: true },
  { ...base, hasActive: true, hasNext: true },
  { ...base, hasActive: true, hasNext: true, desiredIsNext: true },
  { ...base, hasActive: true, desiredIsCurrent: true, previousSince: NOW - 1_000_000 },
];

/** What is seen of a claim where volumes may not be read: that it is bound. */
function unreadableStorages(role: 'data' | 'backup'): ObservedStorage[] {
  const bound = volume(role, { uid: `pvc-${role}-claim`, policy: 'Delete', provisioned: false });
  return [
    { claim: undefined, volumes: [] },
    { claim: claim(role, { phase: 'Pending', volumeName: '' }), volumes: [] },
    { claim: claim(role), volumes: [bound] },
    { claim: claim(role, { deleting: true }), volumes: [bound] },
  ];
}

/** Every combination, counted through like the digits of a number. */
function* combine(data: readonly ObservedStorage[], backup: readonly ObservedStorage[]): Iterable<Partial<Observed>> {
  const sizes = [resources, data, backup, podSets, gates, jobSets, passwordSets].map(({ length }) => length);
  const total = sizes.reduce((product, size) => product * size, 1);
  for (let number = 0; number < total; number += 1) {
    let rest = number;
    const pick = <Item>(items: readonly Item[]): Item => {
      const item = items[rest % items.length] as Item;
      rest = Math.floor(rest / items.length);
      return item;
    };
    const storage = { data: pick(data), backup: pick(backup) };
    const around = { pods: pick(podSets), gate: pick(gates), jobs: pick(jobSets), passwords: pick(passwordSets) };
    yield { resource: pick(resources), ...storage, ...around, statefulSet: undefined };
  }
}

function* everything(): Iterable<Observed> {
  for (const seen of combine(storages('data'), storages('backup'))) yield observed(seen);
  for (const seen of combine(unreadableStorages('data'), unreadableStorages('backup')))
    yield observed({ ...seen, mayTouchVolumes: false });
}

type Dimensions = { readonly [K in keyof Observed]?: readonly Observed[K][] };

/** Checks observations; gives the first one that breaks an invariant, by invariant. */
function check(states: Iterable<Observed>): { readonly count: number; readonly broken: Record<string, Observed> } {
  let count = 0;
  const broken = new Map<string, Observed>();
  for (const state of states) {
    count += 1;
    const found = violated(state, decide(state, NOW));
    if (found !== undefined && !broken.has(found)) broken.set(found, state);
  }
  return { count, broken: Object.fromEntries(broken) };
}

/** More of each kind, and what the exhaustive part leaves out. */
const DIMENSIONS: Dimensions = {
  resource: [
    ...resources,
    resource({ paused: true }),
    resource({ restoreFrom: 'none' }),
    resource({ restoreFrom: 'none', status: ran }),
    resource({ resetPassword: true, rotateNow: true, status: ran }),
    resource({ status: { ...ran, resetSince: '2026-01-01T00:00:00Z' } }),
    resource({ status: { ...ran, gateOpenedAt: NOW - 30_000, notReadySince: NOW - 400_000 } }),
    resource({ ...deleted, restoreFrom: 'none', status: ran }),
    resource({ ...deleted, status: { ...ran, resetSince: '2026-01-01T00:00:00Z' } }),
    resource({ ...deleted, managed: false }),
    resource({ ...deleted, deletionPolicy: 'Delete', status: { ...ran, backedUpVolume: 'data-volume' } }),
  ],
  data: [...storages('data'), ...crowdedStorages('data')],
  backup: [...storages('backup'), ...crowdedStorages('backup')],
  pods: [
    ...podSets,
    [pod({ started: true, trouble: 'CrashLoopBackOff: no' })],
    [pod({ started: true, terminating: true, endsBy: NOW - 100_000 })],
    [pod({ started: true, ready: true, image: '', name: 'look', uid: 'look' }), pod({ createdAt: MADE })],
    [pod({ started: true, ready: true }), pod({ name: 'job', uid: 'job-pod', started: true, jobUid: 'job' })],
  ],
  gate: [...gates],
  jobs: [
    ...jobSets,
    { restore: foreign(), backup: foreign(), 'change-pass': foreign() },
    {
      restore: finished('data', { foreign: true, ours: false }),
      backup: finished('done', { foreign: true, ours: false }),
    },
    { restore: job({ deleting: true }), backup: job({ deleting: true }), 'change-pass': job({ deleting: true }) },
    { restore: finished('declined'), backup: finished('done', { result: result('another') }) },
    { restore: finished('restored'), 'change-pass': finished('failed', { state: 'failed' }) },
  ],
  passwords: [
    ...passwordSets,
    { ...base, hasActive: true, newClaims: ['data-claim', 'backup-claim'] },
    { ...base, isUnusable: true },
    { ...base, hasActive: true, hasNext: true, nextIsCurrent: true },
    { ...base, hasActive: true, hasDesired: false, hasNext: true },
    { ...base, hasActive: true, previousSince: NOW - 1000 },
  ],
  statefulSet: [
    undefined,
    { uid: 'set', createdAt: MADE, deleting: false, awaitsPods: false },
    { uid: 'set', createdAt: MADE, deleting: true, awaitsPods: false },
    { uid: 'set', createdAt: MADE, deleting: true, awaitsPods: true },
    { uid: 'new', createdAt: NOW, deleting: false, awaitsPods: false },
  ],
  children: [[], [{ kind: 'Service', name: 'shop', uid: 'service' }]],
  namespaceTerminating: [false, true],
  definitionDeleting: [false, true, undefined],
};

const UNREADABLE: Dimensions = {
  ...DIMENSIONS,
  data: unreadableStorages('data'),
  backup: unreadableStorages('backup'),
  mayTouchVolumes: [false],
  volumesLostSince: [undefined, NOW - 1000, NOW - 3_600_000],
};

function foreign(): ReturnType<typeof job> {
  return job({ foreign: true, ours: false });
}

function result(volumeUid: string): { outcome: string; reason: string; volumeUid: string } {
  return { outcome: 'done', reason: '', volumeUid };
}

/** Several volumes of one name, and a claim that lost its own. */
function crowdedStorages(role: 'data' | 'backup'): ObservedStorage[] {
  const kept = (name: string, resourceUid = 'shop-uid') =>
    volume(role, { name, uid: name, phase: 'Available', claimUid: '', resourceUid });
  const pending = claim(role, { phase: 'Pending', volumeName: '', createdAt: NOW - 300_000 });
  return [
    { claim: claim(role, { phase: 'Lost' }), volumes: [] },
    { claim: undefined, volumes: [kept('one'), kept('two', 'earlier')] },
    { claim: pending, volumes: [kept('one'), kept('two')] },
    { claim: claim(role), volumes: [volume(role), kept('one'), kept('two', 'earlier')] },
    { claim: claim(role), volumes: [volume(role, { resourceUid: '' }), kept('one'), kept('two')] },
    {
      claim: claim(role),
      volumes: [
        volume(role, { resourceUid: 'earlier' }),
        volume(role, { name: 'r', uid: 'r', phase: 'Released', claimUid: 'gone' }),
      ],
    },
    { claim: claim(role, { deleting: true }), volumes: [volume(role), kept('one')] },
    { claim: claim(role, { uid: 'again' }), volumes: [volume(role, { resourceUid: '', provisioned: false })] },
  ];
}

/** A linear congruence: the same numbers in every run. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Draws each dimension by itself. `seen` gets every pair of values. */
function* draw(values: Dimensions, total: number, seen: Set<number>): Iterable<Observed> {
  const random = createRandom(1);
  const dimensions = Object.entries(values) as [string, readonly unknown[]][];
  for (let number = 0; number < total; number += 1) {
    const picks = dimensions.map(([, { length }]) => random(length));
    // Pairs come often; the first tenth has them all.
    if (number < total / 10) notePairs(picks, seen);
    const change = dimensions.map(([name, all], at) => [name, all[picks[at] ?? 0]]);
    yield observed(Object.fromEntries(change) as Partial<Observed>);
  }
}

function notePairs(picks: readonly number[], seen: Set<number>): void {
  for (const [one, value] of picks.entries()) {
    for (let other = one + 1; other < picks.length; other += 1) {
      seen.add(((one * 100 + value) * 100 + other) * 100 + (picks[other] ?? 0));
    }
  }
}

function countPairs(values: Dimensions): number {
  const sizes = Object.values(values).map(({ length }) => length);
  return sizes
    .flatMap((one, at) => sizes.slice(at + 1).map((other) => one * other))
    .reduce((sum, pairs) => sum + pairs, 0);
}

describe('whatever the watcher sees', () => {
  it('keeps the invariants in every combination of what matters most', () => {
    const { count, broken } = check(everything());
    expect(broken).toEqual({});
    expect(count).toBeGreaterThan(1_000_000);
  });

  it.each([
    ['volumes may be touched', DIMENSIONS, 800_000],
    ['volumes may not be touched', UNREADABLE, 200_000],
  ])('keeps the invariants in combinations of everything where %s, among them every pair', (_, values, total) => {
    const seen = new Set<number>();
    const { broken } = check(draw(values, total, seen));
    expect(broken).toEqual({});
    expect(seen.size).toBe(countPairs(values));
  });
});
