// The invariants, held for every combination of what the watcher can see: about 1.7 million observations.

import { describe, expect, it } from 'vitest';
import type { Action, Decision } from '../../src/lifecycle/actions.ts';
import { decide } from '../../src/lifecycle/decide.ts';
import type { Observed, ObservedResource, ObservedStorage, ObservedVolume } from '../../src/lifecycle/observed.ts';
import { ownersOf } from '../../src/lifecycle/pods.ts';
import { boundVolume } from '../../src/lifecycle/volumes.ts';
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

/** Checks one decision; gives the invariant that it breaks. */
function violated(state: Observed, { progress, message, actions }: Decision): string | undefined {
  if (progress !== 'Ready' && message === '') return 'I8: it says why it is not Ready';
  for (const action of actions) {
    const broken = CHECKS.find(([, holds]) => !holds(action, state));
    if (broken) return `${broken[0]} (${action.kind})`;
  }
  return undefined;
}

function isSafe(storage: ObservedStorage): boolean {
  return boundVolume(storage)?.policy === 'Retain';
}

/** Whether a volume's data may be destroyed. */
function isGivenUp({ resource: owner, data }: Observed, { uid, resourceUid }: ObservedVolume): boolean {
  if (owner?.deletedAt === undefined || owner.deletionPolicy === 'Retain') return false;
  const isOwn = resourceUid === owner.uid;
  if (owner.deletionPolicy === 'Delete') return isOwn;
  if (!data.volumes.some((volume) => volume.uid === uid)) return false;
  return owner.status.backedUpVolume === uid || (isOwn && owner.skipFinalBackup && owner.status.skipRecorded);
}

/** A claim may go when what it is bound to outlives it, or may be destroyed. */
function mayLoseClaim(state: Observed, role: 'data' | 'backup'): boolean {
  const bound = boundVolume(state[role]);
  return bound === undefined || (bound.finished && bound.policy === 'Retain') || isGivenUp(state, bound);
}

/** Nothing of this resource is on a volume that a deletion would take along. */
function mayLetGo(state: Observed): boolean {
  const { resource: owner, data, definitionDeleting } = state;
  if (!owner?.managed || definitionDeleting) return true;
  const own = data.volumes.filter(({ resourceUid, finished: done }) => resourceUid === owner.uid && !done);
  return own.every((volume) => isGivenUp(state, volume) || isKeptBy(owner, state, volume));
}

/** The data may stay on its volume without a backup. */
function isKeptBy(
  { deletionPolicy }: ObservedResource,
  { mayTouchVolumes, namespaceTerminating }: Observed,
  { policy }: ObservedVolume,
): boolean {
  // Where volumes may not be touched, the claim that stays is all that keeps one.
  if (deletionPolicy === 'Retain') return policy === 'Retain' || !mayTouchVolumes;
  return policy === 'Retain' && namespaceTerminating;
}

/** What a password Job has to tell before this is written. */
function isTold(change: string, { jobs }: Observed): boolean {
  if (['first', 'recover', 'begin', 'reset'].includes(change)) return true;
  const told = jobs['change-pass'];
  if (!told?.ours) return false;
  if (change === 'withdraw') return told.state === 'failed' && told.result?.['altered'] === false;
  return told.state === 'succeeded' && told.result?.outcome === 'done';
}

type Check = readonly [invariant: string, holds: (action: Action, state: Observed) => boolean];

const CHECKS: readonly Check[] = [
  [
    'I1: the resource goes only when its data is backed up, given up, or kept',
    (action, state) => action.kind !== 'remove-finalizer' || mayLetGo(state),
  ],
  [
    'I1: a claim goes only when its volume outlives it or may be destroyed',
    (action, state) =>
      (action.kind !== 'delete-claim' && action.kind !== 'replace-claim') || mayLoseClaim(state, action.role),
  ],
  [
    'I1: the claim of a living resource goes only for a kept volume',
    (action, state) =>
      action.kind !== 'replace-claim' || state[action.role].volumes.some(({ name }) => name === action.volume),
  ],
  [
    'I1: no claim of a living resource is deleted for good',
    (action, state) => action.kind !== 'delete-claim' || state.resource?.deletedAt !== undefined,
  ],
  [
    'I1: a volume gets its own policy back only after its backup',
    (action, state) =>
      action.kind !== 'finish-volume' ||
      [...state.data.volumes, ...state.backup.volumes].some((one) => one.uid === action.uid && isGivenUp(state, one)),
  ],
  [
    'I1: a volume with data of a living resource is never set aside',
    (action, state) =>
      action.kind !== 'set-aside-volume' ||
      [...state.data.volumes, ...state.backup.volumes].some((one) => one.uid === action.uid && one.resourceUid === ''),
  ],
  [
    'I2: a restore starts only behind a closed gate',
    (action, state) => action.kind !== 'create-job' || action.step !== 'restore' || state.gate === undefined,
  ],
  [
    'I3: a password is in force only when the Job said so',
    (action, state) => action.kind !== 'write-active' || isTold(action.change, state),
  ],
  [
    'I3: the password that is in force is never written over',
    (action, state) =>
      action.kind !== 'write-active' || !['first', 'recover'].includes(action.change) || !state.passwords.hasActive,
  ],
  [
    'I4: a Job that opens the data starts only when nothing else has it open',
    (action, state) =>
      action.kind !== 'create-job' ||
      action.step === 'change-pass' ||
      (state.gate === undefined && ownersOf(state).length === 0),
  ],
  [
    'I4: the gate opens only when no Job has the data open',
    (action, state) =>
      action.kind !== 'open-gate' || state.jobs.restore?.ours !== true || state.jobs.restore.state !== 'running',
  ],
  [
    'I9: the gate opens only for volumes that outlive their claims',
    (action, state) =>
      action.kind !== 'open-gate' || !state.mayTouchVolumes || (isSafe(state.data) && isSafe(state.backup)),
  ],
  [
    'the gate opens only while the resource lives',
    (action, state) =>
      action.kind !== 'open-gate' || (state.resource !== undefined && state.resource.deletedAt === undefined),
  ],
  [
    'an empty volume is never started where a server had run',
    (action, state) =>
      action.kind !== 'open-gate' || action.expect === 'data' || state.resource?.status.server === undefined,
  ],
];

describe('whatever the watcher sees', () => {
  it('keeps the invariants', () => {
    let count = 0;
    const broken = new Map<string, Observed>();
    for (const state of everything()) {
      count += 1;
      const found = violated(state, decide(state, NOW));
      if (found !== undefined && !broken.has(found)) broken.set(found, state);
    }
    expect(Object.fromEntries(broken)).toEqual({});
    expect(count).toBeGreaterThan(1_000_000);
  });
});
