// Every state of docs/lifecycle.md, one row each: what was seen, and what the watcher does about it.

import { describe, expect, it } from 'vitest';
import type { Action } from '../../src/lifecycle/actions.ts';
import { decide } from '../../src/lifecycle/decide.ts';
import type { Observed } from '../../src/lifecycle/observed.ts';
import { MADE, NOW, claim, finished, job, observed, pod, resource, running, volume } from '../support/observed.ts';

/** A decision in one line: `Progress/Reason: action, action`. */
function summarise(state: Observed): string {
  const { progress, reason, actions } = decide(state, NOW);
  return `${progress}/${reason}: ${actions.map(nameAction).join(', ')}`;
}

/** The action's kind and the one word that tells it from others of its kind. */
function nameAction(action: Action): string {
  const words = ['expect', 'step', 'role', 'change', 'volume'].map(
    (field) => (action as Record<string, unknown>)[field],
  );
  const word =
    action.kind === 'delete-pod' ? action.name : words.find((value): value is string => typeof value === 'string');
  return word === undefined ? action.kind : `${action.kind} ${word}`;
}

const passwords = observed().passwords;
const active = { ...passwords, hasActive: true, desiredIsCurrent: true };
const ran = { server: { image: 'mysql:9.7' }, backedUpVolume: '', skipRecorded: false };
const unbound = claim('data', { phase: 'Pending', volumeName: '' });
const kept = volume('data', { name: 'old', uid: 'old', phase: 'Available', claimUid: '', resourceUid: 'earlier' });
const dying = resource({ deletedAt: NOW - 5000 });
const saved = resource({ deletedAt: NOW - 5000, status: { ...ran, backedUpVolume: 'data-volume' } });
const stopped = { gate: undefined, pods: [], statefulSet: undefined };

type Row = readonly [title: string, state: Observed, decision: string];

describe('a living resource', () => {
  it.each<Row>([
    [
      'gets the finalizer before anything else',
      observed({ resource: resource({ hasFinalizer: false }) }),
      'Reconciling/Starting: add-finalizer',
    ],
    [
      'waits for a claim that is not there',
      observed({ data: { claim: undefined, volumes: [] } }),
      'Reconciling/ClaimMissing: ',
    ],
    [
      'waits for a claim that is not bound',
      observed({ data: { claim: unbound, volumes: [] } }),
      'Reconciling/ClaimPending: ',
    ],
    [
      'waits for a claim that is going',
      running({ data: { claim: claim('data', { deleting: true }), volumes: [volume('data')] } }),
      'Reconciling/ClaimDeleting: ',
    ],
    [
      'makes bound volumes outlive their claims before the gate opens',
      observed({ data: { claim: claim('data'), volumes: [volume('data', { policy: 'Delete', resourceUid: '' })] } }),
      'Reconciling/Retaining: retain-volume pvc-data-claim',
    ],
    [
      'goes on without protection where volumes may not be touched',
      observed({
        mayTouchVolumes: false,
        data: { claim: claim('data'), volumes: [volume('data', { policy: 'Delete', resourceUid: '' })] },
      }),
      'Reconciling/Opening: write-active first, open-gate empty',
    ],
    [
      'opens the gate for two volumes that are provably new, without a Job',
      observed(),
      'Reconciling/Opening: write-active first, open-gate empty',
    ],
    [
      'waits for the Secret that git names',
      observed({ passwords: { ...passwords, hasDesired: false } }),
      'Reconciling/PasswordMissing: ',
    ],
    [
      'replaces a pod that has waited before the gate opens',
      observed({ pods: [pod({ createdAt: NOW - 60_000 })] }),
      'Reconciling/Opening: delete-pod shop-0',
    ],
    [
      'waits until that pod is gone',
      observed({ pods: [pod({ createdAt: NOW - 60_000, terminating: true })] }),
      'Reconciling/Opening: ',
    ],
    [
      'waits for the server behind the open gate',
      running({ pods: [pod({ started: true })] }),
      'Reconciling/ServerStarting: ',
    ],
    [
      'refuses an empty volume once the server was Ready',
      running({ gate: { uid: 'gate', expect: 'empty', claimUid: 'data-claim', created: '' } }),
      'Reconciling/Initialised: expect-data',
    ],
    ['is at rest when the server is Ready', running(), 'Ready/Ready: '],
    ['is at rest while paused', running({ resource: resource({ paused: true }), pods: [] }), 'Ready/Paused: '],
  ])('%s', (_, state, decision) => {
    expect(summarise(state)).toBe(decision);
  });
});

describe('a volume that may hold data', () => {
  const backup = { claim: claim('backup', { createdAt: MADE - 9000 }), volumes: [volume('backup')] };
  it.each<Row>([
    [
      'of which the backup is older than the resource: the password first',
      observed({ backup }),
      'Reconciling/Starting: write-active first',
    ],
    [
      'is looked at by the restore Job',
      observed({ backup, passwords: active }),
      'Reconciling/Restoring: create-job restore',
    ],
    [
      'is looked at where the status says that a server ran',
      observed({ resource: resource({ status: ran }), passwords: active }),
      'Reconciling/Restoring: create-job restore',
    ],
    [
      'is looked at where the password was written already',
      observed({ passwords: active }),
      'Reconciling/Restoring: create-job restore',
    ],
    [
      'is looked at only when no pod may have it open',
      observed({ passwords: active, pods: [pod({ started: true })] }),
      'Reconciling/PodRunning: delete-pod shop-0',
    ],
    [
      'and a pod that ends is waited for',
      observed({ passwords: active, pods: [pod({ started: true, terminating: true })] }),
      'Reconciling/PodRunning: ',
    ],
    ['while the Job runs', observed({ passwords: active, jobs: { restore: job() } }), 'Reconciling/Restoring: '],
    [
      'and a Job of an earlier resource is replaced',
      observed({ passwords: active, jobs: { restore: finished('data', { ours: false }) } }),
      'Reconciling/Restoring: delete-job restore',
    ],
    [
      'holds data: kept',
      observed({ passwords: active, jobs: { restore: finished('data') } }),
      'Reconciling/Opening: open-gate data',
    ],
    [
      'got the backup',
      observed({ passwords: active, jobs: { restore: finished('restored') } }),
      'Reconciling/Opening: open-gate data',
    ],
    [
      'is empty, and so are the backups',
      observed({ passwords: active, jobs: { restore: finished('empty') } }),
      'Reconciling/Opening: open-gate empty',
    ],
    [
      'whose backup is declined',
      observed({ passwords: active, jobs: { restore: finished('declined') } }),
      'Reconciling/Opening: open-gate empty',
    ],
    [
      'is empty although a server ran: never started silently',
      observed({ resource: resource({ status: ran }), passwords: active, jobs: { restore: finished('empty') } }),
      'Stalled/DataMissing: ',
    ],
    [
      'whose backup is refused keeps the gate closed',
      observed({ passwords: active, jobs: { restore: finished('refused') } }),
      'Stalled/RestoreFailed: ',
    ],
    [
      'whose restore failed keeps the gate closed',
      observed({ passwords: active, jobs: { restore: job({ state: 'failed' }) } }),
      'Stalled/RestoreFailed: ',
    ],
    [
      'under a server that runs without a gate: the gate comes back',
      running({ gate: undefined }),
      'Reconciling/Opening: open-gate data',
    ],
  ])('%s', (_, state, decision) => {
    expect(summarise(state)).toBe(decision);
  });
});

describe('a claim that changes', () => {
  it.each<Row>([
    [
      'closes the gate that was opened for another one',
      running({ gate: { uid: 'gate', expect: 'data', claimUid: 'another', created: '' } }),
      'Reconciling/ClaimReplaced: close-gate',
    ],
    [
      'leaves its volume, which is reserved for the next of its name',
      observed({ data: { claim: undefined, volumes: [volume('data', { phase: 'Released' })] } }),
      'Reconciling/Reserving: reserve-volume pvc-data-claim',
    ],
    [
      'and even without the resource the volume is reserved',
      observed({ resource: undefined, data: { claim: undefined, volumes: [volume('data', { phase: 'Released' })] } }),
      'Ready/NoResource: reserve-volume pvc-data-claim',
    ],
    [
      'but never one that we are done with',
      observed({
        resource: undefined,
        data: { claim: undefined, volumes: [volume('data', { phase: 'Released', finished: true })] },
      }),
      'Ready/NoResource: ',
    ],
    [
      'waits for its reserved volume',
      observed({ data: { claim: unbound, volumes: [kept] } }),
      'Reconciling/ClaimPending: ',
    ],
    [
      'is larger than its reserved volume: made again for it',
      observed({ data: { claim: { ...unbound, requested: 4096 }, volumes: [kept] } }),
      'Stalled/RetainedVolumeNotBound: delete-claim data',
    ],
    [
      'went to a new volume: made again for the kept one',
      observed({ data: { claim: claim('data'), volumes: [volume('data', { resourceUid: '' }), kept] } }),
      'Stalled/RetainedVolumeNotBound: delete-claim data',
    ],
    [
      'has another class than its kept volume: people are told what to put into git',
      observed({ data: { claim: { ...unbound, className: 'fast' }, volumes: [kept] } }),
      'Stalled/RetainedVolumeNotBound: ',
    ],
  ])('%s', (_, state, decision) => {
    expect(summarise(state)).toBe(decision);
  });
});

describe('a password', () => {
  const changed = { ...active, desiredIsCurrent: false };
  const changing = { ...changed, hasNext: true, desiredIsNext: true };
  const overlapping = { ...active, previousSince: NOW - 1000 };
  const over = { ...active, previousSince: NOW - 301_000 };
  it.each<Row>([
    [
      'that differs from the one in force is written down first',
      running({ passwords: changed }),
      'Reconciling/PasswordChanging: write-active begin',
    ],
    ['is changed by the Job', running({ passwords: changing }), 'Reconciling/PasswordChanging: create-job change-pass'],
    [
      'is in force when the Job says so',
      running({ passwords: changing, jobs: { 'change-pass': finished('done') } }),
      'Reconciling/PasswordChanging: write-active complete',
    ],
    [
      'stays when the Job fails',
      running({ passwords: changing, jobs: { 'change-pass': job({ state: 'failed' }) } }),
      'Stalled/PasswordChangeFailed: ',
    ],
    ['that is replaced works until the overlap ends', running({ passwords: overlapping }), 'Ready/PasswordOverlap: '],
    [
      'that is newer waits until then',
      running({ passwords: { ...overlapping, desiredIsCurrent: false } }),
      'Ready/PasswordOverlap: ',
    ],
    [
      'that is replaced is discarded after the overlap',
      running({ passwords: over }),
      'Reconciling/PasswordChanging: create-job change-pass',
    ],
    [
      'is discarded at once when the annotation asks for it',
      running({ resource: resource({ rotateNow: true }), passwords: overlapping }),
      'Reconciling/PasswordChanging: create-job change-pass',
    ],
    [
      'is discarded when the Job says so',
      running({ passwords: over, jobs: { 'change-pass': finished('done') } }),
      'Reconciling/PasswordChanging: write-active discard',
    ],
    [
      'whose Secret is gone stays in force',
      running({ passwords: { ...active, hasDesired: false, desiredIsCurrent: false } }),
      'Ready/PasswordMissing: ',
    ],
  ])('%s', (_, state, decision) => {
    expect(summarise(state)).toBe(decision);
  });
});

describe('a deleted resource', () => {
  it.each<Row>([
    ['closes the gate first', running({ resource: dying }), 'Reconciling/Stopping: close-gate'],
    [
      'stops its StatefulSet',
      running({ resource: dying, gate: undefined }),
      'Reconciling/Stopping: delete-stateful-set',
    ],
    [
      'leaves a StatefulSet alone that was made after the deletion',
      running({ resource: dying, ...stopped, statefulSet: { uid: 'new', createdAt: NOW, deleting: false } }),
      'Reconciling/BackingUp: create-job backup',
    ],
    [
      'waits until its pod is gone',
      running({
        resource: dying,
        gate: undefined,
        statefulSet: undefined,
        pods: [pod({ started: true, terminating: true })],
      }),
      'Reconciling/Stopping: ',
    ],
    [
      'does not wait for a pod that waits itself',
      running({ resource: dying, ...stopped, pods: [pod()] }),
      'Reconciling/BackingUp: create-job backup',
    ],
    [
      'stops a restore that runs',
      observed({ resource: dying, jobs: { restore: job() } }),
      'Reconciling/Stopping: delete-job restore',
    ],
    [
      'stops a password change that runs',
      running({ resource: dying, gate: undefined, jobs: { 'change-pass': job() } }),
      'Reconciling/Stopping: delete-job change-pass',
    ],
    ['is backed up', running({ resource: dying, ...stopped }), 'Reconciling/BackingUp: create-job backup'],
    [
      'waits for the backup',
      running({ resource: dying, ...stopped, jobs: { backup: job() } }),
      'Reconciling/BackingUp: ',
    ],
    [
      'is not fooled by a finished Job of an earlier resource',
      running({ resource: dying, ...stopped, jobs: { backup: finished('done', { ours: false }) } }),
      'Reconciling/BackingUp: delete-job backup',
    ],
    [
      'records the backup',
      running({ resource: dying, ...stopped, jobs: { backup: finished('done') } }),
      'Reconciling/BackedUp: record-backup',
    ],
    [
      'records that there was nothing to back up',
      running({ resource: dying, ...stopped, jobs: { backup: finished('nothing') } }),
      'Reconciling/BackedUp: record-backup',
    ],
    [
      'stays, with the way out, when the backup fails',
      running({ resource: dying, ...stopped, jobs: { backup: job({ state: 'failed' }) } }),
      'Stalled/BackupFailed: ',
    ],
    [
      'is given up when the annotation says so, after the Job is gone',
      running({ resource: { ...dying, skipFinalBackup: true }, ...stopped, jobs: { backup: job() } }),
      'Reconciling/Stopping: delete-job backup',
    ],
    [
      'and that is recorded',
      running({ resource: { ...dying, skipFinalBackup: true }, ...stopped }),
      'Reconciling/BackupSkipped: record-skip',
    ],
    [
      "takes the Job's pods away",
      running({ resource: saved, ...stopped, jobs: { backup: finished('done') } }),
      'Reconciling/Removing: delete-job-pods backup',
    ],
    [
      'gives the volume its own policy back',
      running({ resource: saved, ...stopped }),
      'Reconciling/Removing: finish-volume pvc-data-claim',
    ],
    [
      'deletes the data claim',
      running({
        resource: saved,
        ...stopped,
        data: { claim: claim('data'), volumes: [volume('data', { finished: true })] },
      }),
      'Reconciling/Removing: delete-claim data',
    ],
    [
      'deletes pods that hold the claim until it is gone',
      running({
        resource: saved,
        ...stopped,
        pods: [pod()],
        data: { claim: claim('data', { deleting: true }), volumes: [volume('data', { finished: true })] },
      }),
      'Reconciling/Removing: delete-pod shop-0',
    ],
    [
      'leaves a claim alone that somebody made again',
      running({
        resource: saved,
        ...stopped,
        data: {
          claim: claim('data', { volumeName: 'new' }),
          volumes: [volume('data', { name: 'new', uid: 'new', resourceUid: '', policy: 'Delete' })],
        },
      }),
      'Reconciling/Deleted: remove-finalizer',
    ],
    [
      'takes away what was rendered',
      running({
        resource: saved,
        ...stopped,
        data: { claim: undefined, volumes: [] },
        children: [{ kind: 'Service', name: 'shop', uid: 's' }],
      }),
      'Reconciling/Removing: delete-child',
    ],
    [
      'is let go at last',
      running({ resource: saved, ...stopped, data: { claim: undefined, volumes: [] } }),
      'Reconciling/Deleted: remove-finalizer',
    ],
    [
      'with policy Retain keeps both claims and needs no Job',
      running({ resource: { ...dying, deletionPolicy: 'Retain' }, ...stopped }),
      'Reconciling/Deleted: remove-finalizer',
    ],
    [
      'with policy Delete loses everything',
      running({ resource: { ...dying, deletionPolicy: 'Delete' }, ...stopped }),
      'Reconciling/Removing: finish-volume pvc-data-claim',
    ],
    [
      'in a namespace that ends keeps its volumes and goes',
      running({ resource: dying, namespaceTerminating: true }),
      'Reconciling/NamespaceTerminating: remove-finalizer',
    ],
    [
      'in a namespace that ends makes its volumes safe first',
      running({
        resource: dying,
        namespaceTerminating: true,
        data: { claim: claim('data'), volumes: [volume('data', { policy: 'Delete' })] },
      }),
      'Reconciling/Retaining: retain-volume pvc-data-claim',
    ],
    [
      'whose claim was deleted too gets it made again for its volume',
      running({
        resource: dying,
        ...stopped,
        data: { claim: undefined, volumes: [volume('data', { phase: 'Available', claimUid: '' })] },
      }),
      'Reconciling/ClaimMissing: make-claim data',
    ],
    [
      'whose claim was made again elsewhere gets it back for its volume',
      running({
        resource: dying,
        ...stopped,
        data: {
          claim: claim('data', { volumeName: 'new' }),
          volumes: [
            volume('data', { phase: 'Available', claimUid: '' }),
            volume('data', { name: 'new', uid: 'new', resourceUid: '', policy: 'Delete' }),
          ],
        },
      }),
      'Reconciling/ClaimReplaced: delete-claim data',
    ],
    [
      'with the CRD is let go, and everything runs on',
      running({ resource: dying, definitionDeleting: true }),
      'Ready/Ejected: remove-finalizer',
    ],
  ])('%s', (_, state, decision) => {
    expect(summarise(state)).toBe(decision);
  });
});

describe('a resource with lifecycle None', () => {
  it('is left alone, but for our finalizer', () => {
    expect(summarise(running({ resource: resource({ managed: false }) }))).toBe('Ready/NotManaged: remove-finalizer');
    expect(summarise(running({ resource: resource({ managed: false, hasFinalizer: false }) }))).toBe(
      'Ready/NotManaged: ',
    );
  });
});
