// The invariants, held for every combination of what the watcher can see: about a million observations.

import { describe, expect, it } from 'vitest';
import type { Action, Decision } from '../../src/lifecycle/actions.ts';
import { decide } from '../../src/lifecycle/decide.ts';
import type { Observed, ObservedStorage } from '../../src/lifecycle/observed.ts';
import { ownersOf } from '../../src/lifecycle/start.ts';
import { boundVolume } from '../../src/lifecycle/volumes.ts';
import { MADE, NOW, claim, finished, job, observed, pod, resource, volume } from '../support/observed.ts';

const ran = { server: { image: 'mysql:9.7' }, backedUpVolume: '', skipRecorded: false };
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
    { claim: claim(role), volumes: [volume(role, { finished: true })] },
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
  [pod({ started: true, ended: true, step: 'backup' })],
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
  { ...base, hasActive: true, hasNext: true, desiredIsNext: true },
  { ...base, hasActive: true, desiredIsCurrent: true, previousSince: NOW - 1_000_000 },
];

/** Every combination, counted through like the digits of a number. */
function* everything(): Iterable<Observed> {
  const data = storages('data');
  const backup = storages('backup');
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
    yield observed({ resource: pick(resources), ...storage, ...around, statefulSet: undefined });
  }
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

function isGivenUp({ resource: owner, data }: Observed): boolean {
  const bound = boundVolume(data);
  if (owner?.deletionPolicy !== 'Backup') return true;
  return (owner.skipFinalBackup && owner.status.skipRecorded) || owner.status.backedUpVolume === bound?.uid;
}

/** Nothing of this resource is on a volume that a deletion would take along. */
function mayLetGo(state: Observed): boolean {
  const { resource: owner, data, definitionDeleting } = state;
  if (!owner?.managed || definitionDeleting || isGivenUp(state)) return true;
  const own = data.volumes.filter(({ resourceUid, finished: done }) => resourceUid === owner.uid && !done);
  return (
    own.every(({ uid }) => owner.status.backedUpVolume === uid) &&
    (!boundVolume(data) || owner.status.backedUpVolume !== '')
  );
}

type Check = readonly [invariant: string, holds: (action: Action, state: Observed) => boolean];

const CHECKS: readonly Check[] = [
  [
    'I1: the resource goes only when its data is backed up, given up, or kept',
    (action, state) => action.kind !== 'remove-finalizer' || mayLetGo(state) || boundVolume(state.data) === undefined,
  ],
  [
    'I1: a bound data claim of a deleted resource goes only after its backup',
    (action, state) =>
      action.kind !== 'delete-claim' ||
      action.role !== 'data' ||
      state.resource?.deletedAt === undefined ||
      boundVolume(state.data) === undefined ||
      boundVolume(state.data)?.resourceUid === '' ||
      isGivenUp(state),
  ],
  [
    'I1: the claim of a living resource goes only for a kept volume',
    (action, state) =>
      action.kind !== 'delete-claim' ||
      state.resource?.deletedAt !== undefined ||
      state[action.role].volumes.some(({ name }) => name === 'old'),
  ],
  [
    'I1: the backup claim stays',
    (action, state) =>
      action.kind !== 'delete-claim' ||
      action.role !== 'backup' ||
      state.resource?.deletionPolicy === 'Delete' ||
      state.backup.volumes.some(({ name }) => name === 'old'),
  ],
  [
    'I1: a volume gets its own policy back only after its backup',
    (action, state) => action.kind !== 'finish-volume' || isGivenUp(state),
  ],
  [
    'I2: a restore starts only behind a closed gate',
    (action, state) => action.kind !== 'create-job' || action.step !== 'restore' || state.gate === undefined,
  ],
  [
    'I3: a password is in force only when the Job said so',
    (action, state) => {
      if (action.kind !== 'write-active' || action.change === 'first' || action.change === 'begin') return true;
      const change = state.jobs['change-pass'];
      return change?.ours === true && change.state === 'succeeded' && change.result?.outcome === 'done';
    },
  ],
  [
    'I3: the password that is in force is never written over',
    (action, state) => action.kind !== 'write-active' || action.change !== 'first' || !state.passwords.hasActive,
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
      action.kind !== 'open-gate' ||
      state.jobs.restore?.ours !== true ||
      state.jobs.restore.state !== 'running' ||
      state.pods.some(({ ready }) => ready),
  ],
  [
    'I9: the gate opens only for volumes that outlive their claims',
    (action, state) => action.kind !== 'open-gate' || (isSafe(state.data) && isSafe(state.backup)),
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
