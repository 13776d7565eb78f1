// Every state of docs/lifecycle.md, one row each: what was seen, and what the watcher does about it. The document's tables
// are made from these rows.

import type { Action } from '../../src/lifecycle/actions.ts';
import { decide } from '../../src/lifecycle/decide.ts';
import type { Observed } from '../../src/lifecycle/observed.ts';
import {
  MADE,
  NOW,
  RAN,
  STATUS,
  claim,
  finished,
  job,
  observed,
  pod,
  resource,
  running,
  volume,
} from '../support/observed.ts';

/** A state, and the decision in one line: `Progress/Reason: action, action`. */
export type Row = readonly [title: string, state: Observed, decision: string];

/** A decision in one line. */
export function summarise(state: Observed): string {
  const { progress, reason, actions } = decide(state, NOW);
  return `${progress}/${reason}: ${actions.map(nameAction).join(', ')}`;
}

/** The action's kind and the one word that tells it from others of its kind. */
export function nameAction(action: Action): string {
  const words = ['expect', 'step', 'role', 'change', 'volume'].map(
    (field) => (action as Record<string, unknown>)[field],
  );
  const word =
    action.kind === 'delete-pod' ? action.name : words.find((value): value is string => typeof value === 'string');
  return word === undefined ? action.kind : `${action.kind} ${word}`;
}

const passwords = observed().passwords;
const active = { ...passwords, hasActive: true, desiredIsCurrent: true };
const ran = RAN;
const unready = resource({ status: { ...ran, notReadySince: NOW - 200_000 } });
const unbound = claim('data', { createdAt: NOW - 1000, phase: 'Pending', volumeName: '' });
const kept = volume('data', { name: 'old', uid: 'old', phase: 'Available', claimUid: '', resourceUid: 'earlier' });
const stray = volume('data', { name: 'stray', uid: 'stray', phase: 'Released', claimUid: 'other', resourceUid: '' });
const dying = resource({ deletedAt: NOW - 5000 });
const saved = resource({ deletedAt: NOW - 5000, status: { ...ran, backedUpVolume: 'data-volume' } });
const backedUp = { ...saved, status: { ...saved.status, hasFinalBackup: true } };
const stopped = { gate: undefined, pods: [], statefulSet: undefined };

const theirs = pod({ name: 'theirs', started: true });
/** The volume of a claim that somebody made again. */
const remade = volume('data', { name: 'other', uid: 'other', claimUid: 'again' });

const backup = { claim: claim('backup', { createdAt: MADE - 9000 }), volumes: [volume('backup')] };
const changed = { ...active, desiredIsCurrent: false };
const changing = { ...changed, hasNext: true };
const overlapping = { ...active, previousSince: NOW - 1000 };
const unaltered = job({ state: 'failed', result: { outcome: 'refused', reason: 'because', altered: false } });
const over = { ...active, previousSince: NOW - 301_000 };

/** The rows, by what they are about. */
export const GROUPS: readonly (readonly [title: string, rows: readonly Row[]])[] = [
  [
    'a living resource',
    [
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
        'says why a claim is not bound for long, and waits on',
        observed({ data: { claim: { ...unbound, createdAt: NOW - 130_000 }, volumes: [] } }),
        'Stalled/ClaimPending: ',
      ],
      [
        'misses a claim where a server had run',
        observed({ resource: resource({ status: ran }), data: { claim: undefined, volumes: [] } }),
        'Stalled/ClaimMissing: ',
      ],
      [
        'makes a claim again that is missing, for the volume that holds its data',
        observed({
          resource: resource({ status: ran }),
          data: { claim: undefined, volumes: [volume('data', { phase: 'Available', claimUid: '' })] },
        }),
        'Reconciling/ClaimMissing: make-claim data',
      ],
      [
        'waits for a claim as long as it may still be delivered',
        observed({
          resource: resource({ createdAt: NOW - 5000 }),
          data: { claim: undefined, volumes: [volume('data', { phase: 'Available', claimUid: '' })] },
        }),
        'Reconciling/ClaimMissing: ',
      ],
      [
        'waits for a claim as long as a tool may heal it',
        observed({
          resource: resource({ status: ran }),
          data: {
            claim: undefined,
            volumes: [volume('data', { phase: 'Available', phaseSince: NOW - 5000, claimUid: '' })],
          },
        }),
        'Reconciling/ClaimMissing: ',
      ],
      [
        'waits for a claim that went this moment, whose volume is not released yet',
        observed({ resource: resource({ status: ran }), data: { claim: undefined, volumes: [volume('data')] } }),
        'Reconciling/ClaimMissing: ',
      ],
      [
        'makes no claim for data that it is not to get',
        observed({
          resource: resource({ restoreFrom: 'none' }),
          data: { claim: undefined, volumes: [volume('data', { phase: 'Available', claimUid: '' })] },
        }),
        'Reconciling/ClaimMissing: ',
      ],
      [
        'whose volume was lost says so',
        observed({ data: { claim: claim('data', { phase: 'Lost' }), volumes: [] } }),
        'Stalled/VolumeLost: ',
      ],
      [
        'looks again at a claim that was bound a moment ago',
        observed({ data: { claim: claim('data'), volumes: [] } }),
        'Reconciling/ClaimPending: ',
      ],
      [
        'runs on while somebody deletes its claim',
        running({ data: { claim: claim('data', { deleting: true }), volumes: [volume('data')] } }),
        'Stalled/ClaimDeleting: ',
      ],
      [
        'keeps the volume of a claim that somebody deletes before anybody is told to restart the server',
        running({
          data: { claim: claim('data', { deleting: true }), volumes: [volume('data', { policy: 'Delete' })] },
        }),
        'Reconciling/Retaining: retain-volume pvc-data-claim',
      ],
      [
        'says that the data goes with a claim that somebody deletes where volumes may not be touched',
        running({
          mayTouchVolumes: false,
          data: { claim: claim('data', { deleting: true }), volumes: [volume('data', { policy: 'Delete' })] },
        }),
        'Stalled/ClaimDeleting: ',
      ],
      [
        'stops no server that is not Ready for that: it may be in a crash recovery',
        running({
          data: { claim: claim('data', { deleting: true }), volumes: [volume('data')] },
          pods: [pod({ started: true, trouble: 'CrashLoopBackOff: out of memory' })],
        }),
        'Stalled/ClaimDeleting: ',
      ],
      [
        'waits for the word of people when a claim is held by a pod on a node that does not answer',
        running({
          data: { claim: claim('data', { deleting: true }), volumes: [volume('data')] },
          pods: [pod({ started: true, terminating: true, endsBy: NOW - 61_000 })],
        }),
        'Stalled/PodStuck: ',
      ],
      [
        'takes a pod away that waits and holds a claim that is going',
        running({ data: { claim: claim('data', { deleting: true }), volumes: [volume('data')] }, pods: [pod()] }),
        'Reconciling/ClaimDeleting: delete-pod shop-0',
      ],
      [
        'leaves a pod alone that is on no node and does not hold a claim that is going: it would only be made again',
        running({
          data: { claim: claim('data', { deleting: true }), volumes: [volume('data')] },
          pods: [pod({ node: '' }), pod({ name: 'restore-shop-job-x', uid: 'x', ended: true, jobUid: 'job' })],
        }),
        'Reconciling/ClaimDeleting: delete-pod restore-shop-job-x',
      ],
      [
        'takes a pod away that only counts as started behind the closed gate and holds a claim that is going',
        observed({
          data: { claim: claim('data', { deleting: true }), volumes: [volume('data')] },
          pods: [pod({ started: true })],
        }),
        'Reconciling/ClaimDeleting: delete-pod shop-0',
      ],
      [
        'in a namespace that ends only has its volumes made safe, since nothing can be made any more',
        running({
          namespaceTerminating: true,
          passwords,
          data: { claim: claim('data'), volumes: [volume('data', { policy: 'Delete', resourceUid: '' })] },
        }),
        'Reconciling/NamespaceTerminating: retain-volume pvc-data-claim',
      ],
      [
        'puts its own volumes under its uid when the server runs on them',
        running({ data: { claim: claim('data'), volumes: [volume('data', { resourceUid: 'earlier' })] } }),
        'Reconciling/Adopting: adopt-volume pvc-data-claim',
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
        'Reconciling/Opening: write-active new, open-gate empty',
      ],
      [
        'starts no server while a right to volumes is taken away that the watcher had: another volume may hold the data',
        observed({
          resource: resource({ status: RAN }),
          mayTouchVolumes: false,
          volumesLostSince: NOW - 3_600_000,
          jobs: { restore: finished('restored') },
          passwords: { ...observed().passwords, hasActive: true, desiredIsCurrent: true },
        }),
        'Stalled/VolumesForbidden: ',
      ],
      [
        'runs on when that right is taken away',
        running({ mayTouchVolumes: false, volumesLostSince: NOW - 1000 }),
        'Ready/Ready: ',
      ],
      [
        'takes a bound volume into use again that an earlier resource was done with',
        running({ data: { claim: claim('data'), volumes: [volume('data', { finished: true, policy: 'Delete' })] } }),
        'Reconciling/Retaining: retain-volume pvc-data-claim',
      ],
      [
        'opens the gate for two volumes that are provably new, without a Job',
        observed(),
        'Reconciling/Opening: write-active new, open-gate empty',
      ],
      [
        'goes on to open the gate where that was decided when the password was written, by another watcher perhaps',
        observed({ passwords: { ...active, newClaims: ['data-claim', 'backup-claim'] } }),
        'Reconciling/Opening: open-gate empty',
      ],
      [
        'waits for the Secret that git names',
        observed({ passwords: { ...passwords, hasDesired: false } }),
        'Reconciling/PasswordMissing: ',
      ],
      [
        'refuses a password that the image cannot take at its first start',
        observed({ passwords: { ...passwords, isUnusable: true } }),
        'Stalled/PasswordUnusable: ',
      ],
      [
        'replaces a pod that has waited before the gate opens',
        observed({ pods: [pod({ createdAt: NOW - 60_000 })] }),
        'Reconciling/Opening: delete-pod shop-0',
      ],
      [
        'replaces no pod a second time, however slow its rounds are',
        observed({
          pods: [pod({ createdAt: NOW - 60_000 })],
          resource: resource({ status: { ...STATUS, openingSince: NOW - 61_000 } }),
        }),
        'Reconciling/Opening: write-active new, open-gate empty',
      ],
      [
        'waits until that pod is gone',
        observed({ pods: [pod({ createdAt: NOW - 60_000, terminating: true })] }),
        'Reconciling/Opening: ',
      ],
      [
        'waits for the word of people when that pod is on a node that does not answer',
        observed({ pods: [pod({ createdAt: NOW - 90_000, terminating: true, endsBy: NOW - 61_000 })] }),
        'Stalled/PodStuck: ',
      ],
      [
        'waits for the server behind the open gate',
        running({ pods: [pod({ started: true })] }),
        'Reconciling/ServerStarting: ',
      ],
      [
        'says why its server does not start',
        running({ pods: [pod({ started: true, trouble: 'ImagePullBackOff: not found' })] }),
        'Stalled/ServerFailing: ',
      ],
      [
        'says where to look when its pod waits for long',
        running({ resource: unready, pods: [pod({ createdAt: NOW - 190_000 })] }),
        'Stalled/ServerFailing: ',
      ],
      [
        'gives a pod that was just made again its time',
        running({ resource: unready, pods: [pod()] }),
        'Reconciling/ServerStarting: ',
      ],
      [
        'says where to look when its StatefulSet makes no pod for long',
        running({ resource: unready, pods: [] }),
        'Stalled/ServerFailing: ',
      ],
      [
        'waits for a pod that went this moment',
        running({ resource: resource({ status: ran }), pods: [] }),
        'Reconciling/ServerStarting: ',
      ],
      [
        'is not taken for Ready right after a crash: mysqld may listen for a moment before it gives up again',
        running({ pods: [pod({ started: true, settlesAt: NOW + 4000 })] }),
        'Reconciling/ServerStarting: ',
      ],
      [
        'is never called failing while its server may be in a crash recovery',
        running({ resource: unready, pods: [pod({ started: true, createdAt: MADE })] }),
        'Reconciling/ServerStarting: ',
      ],
      ['waits for its StatefulSet', running({ pods: [], statefulSet: undefined }), 'Reconciling/StatefulSetMissing: '],
      [
        'misses its StatefulSet where a server had run',
        running({ resource: resource({ status: ran }), pods: [], statefulSet: undefined }),
        'Stalled/StatefulSetMissing: ',
      ],
      [
        'cannot start without any Secret with its password',
        running({ passwords: { ...passwords, hasDesired: false }, pods: [pod()] }),
        'Stalled/PasswordMissing: ',
      ],
      [
        'gets the Secret with its password back that somebody deleted',
        running({ passwords: { ...active, hasActive: false, desiredIsCurrent: false } }),
        'Reconciling/Starting: write-active recover',
      ],
      [
        'refuses an empty volume once the server was Ready',
        running({ gate: { uid: 'gate', expect: 'empty', claimUid: 'data-claim', created: '' } }),
        'Reconciling/Initialised: expect-data',
      ],
      ['is at rest when the server is Ready', running(), 'Ready/Ready: '],
      ['is at rest while paused', running({ resource: resource({ paused: true }), pods: [] }), 'Ready/Paused: '],
    ],
  ],

  [
    'a volume that may hold data',
    [
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
        'is looked at where the password was written for another claim',
        observed({ passwords: { ...active, newClaims: ['another', 'backup-claim'] } }),
        'Reconciling/Restoring: create-job restore',
      ],
      [
        'is looked at where a server was Ready, although the password was written for these new volumes',
        observed({
          resource: resource({ status: ran }),
          passwords: { ...active, newClaims: ['data-claim', 'backup-claim'] },
        }),
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
        'Reconciling/ReplacingJob: delete-job restore',
      ],
      [
        'and a Job that somebody else made under its name is left alone',
        observed({ passwords: active, jobs: { restore: job({ ours: false, foreign: true }) } }),
        'Stalled/JobNameTaken: ',
      ],
      [
        'whose Job does not start says why',
        observed({ passwords: active, jobs: { restore: job({ trouble: 'ErrImagePull: no such image' }) } }),
        'Stalled/JobNotStarting: ',
      ],
      [
        'whose Job does not start is made again when git says otherwise',
        observed({
          passwords: active,
          jobs: { restore: job({ trouble: 'ErrImagePull: no such image', outdated: true }) },
        }),
        'Reconciling/ReplacingJob: delete-job restore',
      ],
      [
        'whose Job has told what it found and is complete in a moment is waited for',
        observed({ passwords: active, jobs: { restore: finished('empty', { state: 'running' }) } }),
        'Reconciling/Restoring: ',
      ],
      [
        'is looked at again when the Job has succeeded and its pod, which knew the result, is gone',
        observed({ passwords: active, jobs: { restore: job({ state: 'succeeded', hasPods: false }) } }),
        'Reconciling/ReplacingJob: delete-job restore',
      ],
      [
        "is started when the Job says so, and the Job's pod, which was seen just before its end, is left alone",
        observed({
          passwords: active,
          jobs: { restore: finished('data') },
          pods: [pod({ name: 'restore', started: true, createdAt: NOW - 60_000, jobUid: 'job' })],
        }),
        'Reconciling/Opening: open-gate data',
      ],
      [
        'whose Job is tried again says why',
        observed({
          passwords: active,
          jobs: { restore: job({ result: { outcome: 'failed', reason: 'mysqld does not start' } }) },
        }),
        'Reconciling/Restoring: ',
      ],
      [
        'while the Job runs: a pod of somebody else that looks at it is no server',
        observed({
          passwords: active,
          jobs: { restore: job() },
          pods: [pod({ started: true, ready: true, image: '' })],
        }),
        'Reconciling/Restoring: ',
      ],
      [
        'whose restore failed is tried again when git says otherwise',
        observed({ passwords: active, jobs: { restore: job({ state: 'failed', outdated: true }) } }),
        'Reconciling/ReplacingJob: delete-job restore',
      ],
      [
        'of an earlier resource is taken over before the gate opens',
        observed({
          data: { claim: claim('data'), volumes: [volume('data', { resourceUid: 'earlier' })] },
          passwords: active,
          jobs: { restore: finished('data') },
        }),
        'Reconciling/Opening: adopt-volume pvc-data-claim, open-gate data',
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
        'was empty before a server was let in: looked at again',
        observed({
          resource: resource({ status: { ...ran, gateOpenedAt: NOW - 30_000 } }),
          passwords: active,
          jobs: { restore: finished('empty') },
        }),
        'Reconciling/ReplacingJob: delete-job restore',
      ],
      [
        'is empty after a server was let in: never started silently',
        observed({
          resource: resource({ status: { ...ran, gateOpenedAt: NOW - 90_000 } }),
          passwords: active,
          jobs: { restore: finished('empty') },
        }),
        'Stalled/DataMissing: ',
      ],
      [
        'is empty although a server ran, and people asked for an empty database',
        observed({
          resource: resource({ status: ran, restoreFrom: 'none' }),
          passwords: active,
          jobs: { restore: finished('empty') },
        }),
        'Reconciling/Opening: open-gate empty',
      ],
      [
        'is empty, in a claim that was made since a server ran, and people asked for an empty database',
        observed({
          resource: resource({ status: { ...ran, gateOpenedAt: MADE }, restoreFrom: 'none' }),
          passwords: active,
          jobs: { restore: finished('empty') },
        }),
        'Reconciling/Opening: open-gate empty',
      ],
      [
        'is empty after a server was Ready on this very claim: never started silently, although git asked for an empty database once',
        observed({
          resource: resource({ status: { ...ran, gateOpenedAt: NOW - 90_000 }, restoreFrom: 'none' }),
          passwords: active,
          jobs: { restore: finished('empty') },
        }),
        'Stalled/DataMissing: ',
      ],
      [
        'is empty after a server was Ready on this very claim, and the backup is declined',
        observed({
          resource: resource({ status: { ...ran, gateOpenedAt: NOW - 90_000 }, restoreFrom: 'none' }),
          passwords: active,
          jobs: { restore: finished('declined') },
        }),
        'Stalled/DataMissing: ',
      ],
      [
        'is empty, and a watcher ended before it could open the gate for the empty database that people asked for',
        observed({
          resource: resource({
            status: { ...ran, gateOpenedAt: NOW - 90_000, notReadySince: NOW - 300_000 },
            restoreFrom: 'none',
          }),
          passwords: active,
          jobs: { restore: finished('empty') },
        }),
        'Reconciling/Opening: open-gate empty',
      ],
      [
        'whose backup was declined before a server was let in: looked at again',
        observed({
          resource: resource({ status: { ...ran, gateOpenedAt: NOW - 30_000 }, restoreFrom: 'none' }),
          passwords: active,
          jobs: { restore: finished('declined') },
        }),
        'Reconciling/ReplacingJob: delete-job restore',
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
    ],
  ],

  [
    'a claim that changes',
    [
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
        'but never one that is not marked as ours',
        observed({
          resource: undefined,
          data: { claim: undefined, volumes: [volume('data', { phase: 'Released', resourceUid: '' })] },
        }),
        'Ready/NoResource: ',
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
        'waits for long for its reserved volume: says where to look',
        observed({ data: { claim: { ...unbound, createdAt: NOW - 130_000 }, volumes: [kept] } }),
        'Stalled/ClaimPending: ',
      ],
      [
        'is larger than its reserved volume: made again for it',
        observed({ data: { claim: { ...unbound, requested: 4096 }, volumes: [kept] } }),
        'Stalled/RetainedVolumeNotBound: replace-claim data',
      ],
      [
        'is bound to the volume with its data, beside one that nobody was let in: that one counts for nothing',
        running({
          data: { claim: claim('data'), volumes: [volume('data'), stray] },
          passwords: { ...passwords, hasActive: true, desiredIsCurrent: true },
        }),
        'Ready/Ready: ',
      ],
      [
        'went to a new volume: made again for the kept one',
        observed({ data: { claim: claim('data'), volumes: [volume('data', { resourceUid: '' }), kept] } }),
        'Stalled/RetainedVolumeNotBound: set-aside-volume pvc-data-claim',
      ],
      [
        'went to a new volume that is set aside: made again for the kept one',
        observed({
          data: { claim: claim('data'), volumes: [volume('data', { resourceUid: '', finished: true }), kept] },
        }),
        'Stalled/RetainedVolumeNotBound: replace-claim data',
      ],
      [
        'went to a new volume, with a pod that waits and would hold it for ever: the pod goes, too',
        observed({
          data: { claim: claim('data'), volumes: [volume('data', { resourceUid: '', finished: true }), kept] },
          pods: [pod()],
        }),
        'Stalled/RetainedVolumeNotBound: delete-claim data, delete-pod shop-0, replace-claim data',
      ],
      [
        'went to a new volume that a pod has open: the pod goes first',
        observed({
          data: { claim: claim('data'), volumes: [volume('data', { resourceUid: '' }), kept] },
          pods: [pod({ started: true })],
        }),
        'Reconciling/PodRunning: delete-pod shop-0',
      ],
      [
        'went to a volume that was not made for it: people decide',
        observed({
          data: { claim: claim('data'), volumes: [volume('data', { resourceUid: '', provisioned: false }), kept] },
        }),
        'Stalled/RetainedVolumeNotBound: ',
      ],
      [
        'went to a new volume on which a server was let in: people decide',
        running({ data: { claim: claim('data'), volumes: [volume('data', { resourceUid: '' }), kept] } }),
        'Stalled/RetainedVolumeNotBound: ',
      ],
      [
        'went to another volume that holds data, too: people decide',
        observed({ data: { claim: claim('data'), volumes: [volume('data'), kept] } }),
        'Stalled/RetainedVolumeNotBound: ',
      ],
      [
        'has got the data of an earlier resource, although it was not to: people decide',
        observed({
          resource: resource({ restoreFrom: 'none' }),
          data: { claim: claim('data'), volumes: [volume('data', { resourceUid: 'earlier' })] },
        }),
        'Stalled/RetainedVolumeDeclined: ',
      ],
      [
        'is not to get the data that is kept: people decide',
        observed({ resource: resource({ restoreFrom: 'none' }), data: { claim: unbound, volumes: [kept] } }),
        'Stalled/RetainedVolumeDeclined: ',
      ],
      [
        'has another class than its kept volume: people are told what to put into git',
        observed({ data: { claim: { ...unbound, className: 'fast' }, volumes: [kept] } }),
        'Stalled/RetainedVolumeNotBound: ',
      ],
    ],
  ],

  [
    'a password',
    [
      [
        'that differs from the one in force is written down first',
        running({ passwords: changed }),
        'Reconciling/PasswordChanging: write-active begin',
      ],
      [
        'is changed by the Job',
        running({ passwords: changing }),
        'Reconciling/PasswordChanging: create-job change-pass',
      ],
      [
        'is in force when the Job says so',
        running({ passwords: changing, jobs: { 'change-pass': finished('done') } }),
        'Reconciling/PasswordChanging: write-active complete',
      ],
      [
        'is changed again when the Job had changed it before the server was let in anew, since that may have put it back',
        running({
          resource: resource({ status: { ...ran, gateOpenedAt: NOW - 30_000 } }),
          passwords: changing,
          jobs: { 'change-pass': finished('done') },
        }),
        'Reconciling/ReplacingJob: delete-job change-pass',
      ],
      [
        'is tried again when the Job has succeeded and its pod, which knew the result, is gone',
        running({ passwords: changing, jobs: { 'change-pass': job({ state: 'succeeded', hasPods: false }) } }),
        'Reconciling/ReplacingJob: delete-job change-pass',
      ],
      [
        'that was only tried is in force',
        running({ passwords: { ...changing, nextIsCurrent: true }, jobs: { 'change-pass': finished('done') } }),
        'Reconciling/PasswordChanging: write-active confirm',
      ],
      [
        'stays when the Job fails',
        running({ passwords: changing, jobs: { 'change-pass': job({ state: 'failed' }) } }),
        'Stalled/PasswordChangeFailed: ',
      ],
      [
        'that the server refused is taken back when git names another one',
        running({ passwords: changing, jobs: { 'change-pass': unaltered } }),
        'Reconciling/PasswordChanging: write-active withdraw',
      ],
      [
        'that the server refused stays while git names it',
        running({ passwords: { ...changing, desiredIsNext: true }, jobs: { 'change-pass': unaltered } }),
        'Stalled/PasswordChangeFailed: ',
      ],
      [
        'that may be in force is never taken back',
        running({ passwords: changing, jobs: { 'change-pass': finished('failed', { state: 'failed' }) } }),
        'Stalled/PasswordChangeFailed: ',
      ],
      [
        'that was taken back is followed by the next one',
        running({ passwords: changed, jobs: { 'change-pass': { ...unaltered, ours: false } } }),
        'Reconciling/PasswordChanging: write-active begin',
      ],
      [
        'of which the Job failed is tried again when git says otherwise',
        running({ passwords: changing, jobs: { 'change-pass': job({ state: 'failed', outdated: true }) } }),
        'Reconciling/ReplacingJob: delete-job change-pass',
      ],
      [
        'that nobody knows any more is set offline when the annotation asks for it',
        running({
          resource: resource({ resetPassword: true }),
          passwords: changing,
          jobs: { 'change-pass': job({ state: 'failed' }) },
        }),
        'Reconciling/PasswordResetting: write-active reset, close-gate',
      ],
      [
        'that is being set offline closes the gate, however far that came',
        running({ resource: resource({ status: { ...ran, resetSince: '2026-01-01T00:00:00Z' } }) }),
        'Reconciling/PasswordResetting: write-active reset, close-gate',
      ],
      [
        'that is set offline stops the server first',
        running({ resource: resource({ status: { ...ran, resetSince: '2026-01-01T00:00:00Z' } }), gate: undefined }),
        'Reconciling/PodRunning: delete-pod shop-0',
      ],
      [
        'that is set offline is set by the restore Job',
        running({
          resource: resource({ status: { ...ran, resetSince: '2026-01-01T00:00:00Z' } }),
          gate: undefined,
          pods: [],
        }),
        'Reconciling/Restoring: create-job restore',
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
        'that is replaced works, and says so, although the Secret is gone',
        running({ passwords: { ...overlapping, hasDesired: false, desiredIsCurrent: false } }),
        'Ready/PasswordOverlap: ',
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
      [
        'that no Secret tells any more is in force as long as the server runs',
        running({ passwords: { ...active, hasActive: false, hasDesired: false, desiredIsCurrent: false } }),
        'Ready/PasswordMissing: ',
      ],
    ],
  ],

  [
    'a deleted resource',
    [
      [
        'closes the gate and deletes its StatefulSet at once',
        running({ resource: dying }),
        'Reconciling/Stopping: close-gate, delete-stateful-set',
      ],
      [
        'closes the gate where there is no StatefulSet',
        running({ resource: dying, statefulSet: undefined }),
        'Reconciling/Stopping: close-gate',
      ],
      [
        'runs on while its claim is going, too, and may not be kept',
        running({
          resource: dying,
          mayTouchVolumes: false,
          data: { claim: claim('data', { deleting: true }), volumes: [volume('data', { policy: 'Delete' })] },
        }),
        'Stalled/ClaimDeleting: ',
      ],
      [
        'whose claim is going, too, and may not be kept, stops when people give the data up',
        running({
          resource: resource({ deletedAt: NOW - 5000, skipFinalBackup: true }),
          mayTouchVolumes: false,
          data: { claim: claim('data', { deleting: true }), volumes: [volume('data', { policy: 'Delete' })] },
        }),
        'Reconciling/Stopping: close-gate, delete-stateful-set',
      ],
      [
        'stops its StatefulSet',
        running({ resource: dying, gate: undefined }),
        'Reconciling/Stopping: delete-stateful-set',
      ],
      [
        'leaves a StatefulSet alone that was made after the deletion',
        running({
          resource: dying,
          ...stopped,
          statefulSet: { uid: 'new', createdAt: NOW, deleting: false, awaitsPods: false },
        }),
        'Reconciling/BackingUp: create-job backup',
      ],
      [
        'deletes a pod that still has the data open',
        running({ resource: dying, gate: undefined, statefulSet: undefined, pods: [pod({ started: true })] }),
        'Reconciling/PodRunning: delete-pod shop-0',
      ],
      [
        'waits until that pod is gone',
        running({ resource: dying, ...stopped, pods: [pod({ started: true, terminating: true, endsBy: NOW + 9000 })] }),
        'Reconciling/PodRunning: ',
      ],
      [
        'waits for the word of people when the node of that pod does not answer',
        running({
          resource: dying,
          ...stopped,
          pods: [pod({ started: true, terminating: true, endsBy: NOW - 61_000 })],
        }),
        'Stalled/PodStuck: ',
      ],
      [
        'waits for the pods of an earlier backup Job, too',
        running({
          resource: dying,
          ...stopped,
          pods: [pod({ name: 'backup-shop-job-x', started: true, jobUid: 'old' })],
        }),
        'Reconciling/PodRunning: delete-pod backup-shop-job-x',
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
        'Reconciling/ReplacingJob: delete-job backup',
      ],
      [
        'waits where the backup Job cannot start, and says why and what to do',
        running({
          resource: { ...dying, status: ran },
          ...stopped,
          jobs: { backup: job({ trouble: 'ImagePullBackOff: no such image' }) },
        }),
        'Stalled/JobNotStarting: ',
      ],
      [
        'waits where the backup Job cannot start and no server was ever Ready: another image may be the way out',
        running({
          resource: dying,
          ...stopped,
          jobs: { backup: job({ trouble: 'ImagePullBackOff: no such image' }) },
        }),
        'Stalled/JobNotStarting: ',
      ],
      [
        'does not take the backup of another volume for its own',
        running({
          resource: dying,
          ...stopped,
          jobs: { backup: finished('done', { result: { outcome: 'done', reason: '', volumeUid: 'another' } }) },
        }),
        'Reconciling/ReplacingJob: delete-job backup',
      ],
      [
        'leaves a Job alone that somebody else made under its name',
        running({ resource: dying, ...stopped, jobs: { backup: finished('done', { ours: false, foreign: true }) } }),
        'Stalled/JobNameTaken: ',
      ],
      [
        'records the backup',
        running({ resource: dying, ...stopped, jobs: { backup: finished('done') } }),
        'Reconciling/BackedUp: record-backup',
      ],
      [
        'forgets the backup Job where the gate was opened again beside it, since rows may have come after it',
        running({ resource: dying, statefulSet: undefined, jobs: { backup: finished('done') } }),
        'Reconciling/Stopping: forget-backup',
      ],
      [
        'forgets the backup where the gate was opened again behind it',
        running({ resource: saved, statefulSet: undefined }),
        'Reconciling/Stopping: forget-backup',
      ],
      [
        'forgets the backup Job beside which another pod has the data open, whoever made that',
        running({ resource: dying, ...stopped, pods: [theirs], jobs: { backup: job() } }),
        'Reconciling/Stopping: forget-backup',
      ],
      [
        'forgets the backup where a pod has opened the data since',
        running({ resource: saved, ...stopped, pods: [theirs] }),
        'Reconciling/Stopping: forget-backup',
      ],
      [
        'does not forget it for a pod that has a claim open which was made again',
        running({
          resource: saved,
          ...stopped,
          pods: [theirs],
          data: { claim: claim('data', { uid: 'again', volumeName: 'other' }), volumes: [remade] },
        }),
        'Reconciling/PodRunning: delete-pod theirs',
      ],
      [
        'records that there was nothing to back up',
        running({ resource: dying, ...stopped, jobs: { backup: finished('nothing') } }),
        'Reconciling/BackedUp: record-backup',
      ],
      [
        'is asked again when the backup Job has succeeded and its pod, which knew the result, is gone',
        running({ resource: dying, ...stopped, jobs: { backup: job({ state: 'succeeded', hasPods: false }) } }),
        'Reconciling/ReplacingJob: delete-job backup',
      ],
      [
        'stays, with the way out, when the backup fails',
        running({ resource: dying, ...stopped, jobs: { backup: job({ state: 'failed' }) } }),
        'Stalled/BackupFailed: ',
      ],
      [
        'says what to do when the image of the last server cannot make the backup, since a newer one may have upgraded the data',
        running({
          resource: { ...dying, image: 'mysql:9.8', status: ran },
          ...stopped,
          jobs: { backup: job({ state: 'failed' }) },
        }),
        'Stalled/BackupFailed: ',
      ],
      [
        'whose backup failed is tried again when the spec says otherwise',
        running({ resource: dying, ...stopped, jobs: { backup: job({ state: 'failed', outdated: true }) } }),
        'Reconciling/ReplacingJob: delete-job backup',
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
        'waits for the right to volumes that somebody has taken away, since it may be back in a moment',
        running({ resource: dying, mayTouchVolumes: false, volumesLostSince: NOW - 1000 }),
        'Stalled/VolumesForbidden: ',
      ],
      [
        'does not wait for that right for ever',
        running({ resource: dying, mayTouchVolumes: false, volumesLostSince: NOW - 600_000 }),
        'Reconciling/Stopping: close-gate, delete-stateful-set',
      ],
      [
        'does not wait for that right when people give the data up',
        running({
          resource: { ...dying, skipFinalBackup: true },
          mayTouchVolumes: false,
          volumesLostSince: NOW - 1000,
        }),
        'Reconciling/Stopping: close-gate, delete-stateful-set',
      ],
      [
        'keeps its data while the backup claim is going, too, and may not be kept',
        running({
          resource: backedUp,
          ...stopped,
          mayTouchVolumes: false,
          backup: { claim: claim('backup', { deleting: true }), volumes: [volume('backup', { policy: 'Delete' })] },
          jobs: { backup: finished('done') },
        }),
        'Stalled/ClaimDeleting: ',
      ],
      [
        'is backed up again when the backup went with its claim before the data did',
        running({
          resource: backedUp,
          ...stopped,
          mayTouchVolumes: false,
          jobs: { backup: finished('done', { ours: false, hasPods: false }) },
        }),
        'Reconciling/ReplacingJob: delete-job backup',
      ],
      [
        'whose backup claim is gone with the backup, before the data, waits for another claim',
        running({
          resource: backedUp,
          ...stopped,
          mayTouchVolumes: false,
          backup: { claim: undefined, volumes: [] },
          jobs: { backup: finished('done', { ours: false, hasPods: false }) },
        }),
        'Stalled/ClaimPending: ',
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
        'Reconciling/ClaimDeleting: delete-pod shop-0',
      ],
      [
        'leaves a pod alone that is on no node until the claim is gone',
        running({
          resource: saved,
          ...stopped,
          pods: [pod({ node: '' })],
          data: { claim: claim('data', { deleting: true }), volumes: [volume('data', { finished: true })] },
        }),
        'Reconciling/ClaimDeleting: ',
      ],
      [
        'says where to look when its claim does not go, for somebody who looks at it perhaps',
        running({
          resource: saved,
          ...stopped,
          data: {
            claim: claim('data', { deleting: true, deletingSince: NOW - 200_000 }),
            volumes: [volume('data', { finished: true })],
          },
        }),
        'Stalled/ClaimDeleting: ',
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
        'leaves everything alone once somebody makes things again',
        running({
          resource: saved,
          ...stopped,
          data: { claim: undefined, volumes: [] },
          statefulSet: { uid: 'new', createdAt: NOW, deleting: false, awaitsPods: false },
          children: [{ kind: 'Service', name: 'shop', uid: 's' }],
        }),
        'Reconciling/Deleted: remove-finalizer',
      ],
      [
        'leaves a claim alone that somebody made again and that is not bound',
        running({
          resource: saved,
          ...stopped,
          data: { claim: claim('data', { createdAt: NOW, phase: 'Pending', volumeName: '' }), volumes: [] },
        }),
        'Reconciling/Deleted: remove-finalizer',
      ],
      [
        'takes a claim away that never had a volume',
        running({ resource: dying, ...stopped, data: { claim: { ...unbound, createdAt: NOW - 9000 }, volumes: [] } }),
        'Reconciling/Removing: delete-claim data',
      ],
      [
        'ends with a volume whose claim somebody deleted after the backup',
        running({
          resource: saved,
          ...stopped,
          data: { claim: undefined, volumes: [volume('data', { phase: 'Released' })] },
        }),
        'Reconciling/Removing: finish-volume pvc-data-claim',
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
        'lets its StatefulSet go before it goes itself, since the next resource of the name is to make its own',
        running({
          resource: resource({ deletedAt: NOW - 5000, deletionPolicy: 'Retain' }),
          ...stopped,
          statefulSet: { uid: 'set', createdAt: MADE, deleting: true, awaitsPods: true },
        }),
        'Reconciling/Removing: release-stateful-set',
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
        'with policy Delete leaves what was there before it and what no server of it was let into: somebody else may have made it',
        observed({
          ...stopped,
          resource: resource({ deletedAt: NOW - 5000, deletionPolicy: 'Delete' }),
          data: {
            claim: claim('data', { createdAt: MADE - 9000 }),
            volumes: [volume('data', { createdAt: MADE - 8000 })],
          },
          backup: { claim: undefined, volumes: [] },
        }),
        'Reconciling/Deleted: remove-finalizer',
      ],
      [
        'whose data is given up leaves what was there before it and what no server of it was let into',
        observed({
          ...stopped,
          resource: resource({
            deletedAt: NOW - 5000,
            skipFinalBackup: true,
            status: { ...ran, server: undefined, skipRecorded: true },
          }),
          data: {
            claim: claim('data', { createdAt: MADE - 9000 }),
            volumes: [volume('data', { createdAt: MADE - 8000 })],
          },
        }),
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
        'in a namespace that ends goes without its data where volumes may not be touched, and says so',
        running({ resource: dying, namespaceTerminating: true, mayTouchVolumes: false }),
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
        'lets the backup Job finish when somebody deletes the claim under it',
        running({
          resource: dying,
          ...stopped,
          data: { claim: claim('data', { deleting: true }), volumes: [volume('data')] },
          jobs: { backup: job() },
          pods: [pod({ started: true, jobUid: 'job' })],
        }),
        'Reconciling/BackingUp: ',
      ],
      [
        'is backed up into a claim that waits for its first pod',
        running({
          resource: dying,
          ...stopped,
          backup: { claim: claim('backup', { phase: 'Pending', volumeName: '' }), volumes: [] },
        }),
        'Reconciling/BackingUp: create-job backup',
      ],
      [
        'whose claim waits for long for the volume with its data says where to look',
        running({
          resource: dying,
          ...stopped,
          data: {
            claim: claim('data', { phase: 'Pending', volumeName: '' }),
            volumes: [volume('data', { phase: 'Available', claimUid: '' })],
          },
        }),
        'Stalled/ClaimPending: ',
      ],
      [
        'whose volume is gone stays, with the way out',
        running({ resource: dying, ...stopped, data: { claim: claim('data', { phase: 'Lost' }), volumes: [] } }),
        'Stalled/VolumeLost: ',
      ],
      [
        'with two volumes that hold its data stays: people decide',
        running({
          resource: dying,
          ...stopped,
          data: { claim: claim('data'), volumes: [volume('data', { name: 'old', uid: 'old' }), volume('data')] },
        }),
        'Stalled/SeveralVolumes: ',
      ],
      [
        'does not set a volume of an earlier resource aside',
        running({
          resource: dying,
          ...stopped,
          data: {
            claim: claim('data', { volumeName: 'new' }),
            volumes: [
              volume('data', { phase: 'Available', claimUid: '' }),
              volume('data', { name: 'new', uid: 'new', resourceUid: 'earlier' }),
            ],
          },
        }),
        'Stalled/SeveralVolumes: ',
      ],
      [
        'without a place for the backup says so, and what to do',
        running({ resource: dying, ...stopped, backup: { claim: undefined, volumes: [] } }),
        'Stalled/ClaimPending: ',
      ],
      [
        'looks again at a claim that was bound a moment ago',
        running({ resource: dying, ...stopped, data: { claim: claim('data'), volumes: [] } }),
        'Reconciling/Retaining: ',
      ],
      [
        'is backed up where volumes may not be touched',
        running({
          resource: dying,
          ...stopped,
          mayTouchVolumes: false,
          data: { claim: claim('data'), volumes: [volume('data', { policy: 'Delete' })] },
        }),
        'Reconciling/BackingUp: create-job backup',
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
        'Reconciling/ClaimReplaced: set-aside-volume new',
      ],
      [
        'whose definition may not be read is not taken for deleted: the definition may be, which lets everything run on',
        running({ resource: dying, definitionDeleting: undefined }),
        'Stalled/DefinitionUnreadable: ',
      ],
      [
        'whose definition may not be read has its volumes made safe',
        running({
          resource: dying,
          definitionDeleting: undefined,
          data: { claim: claim('data'), volumes: [volume('data', { policy: 'Delete' })] },
        }),
        'Reconciling/Retaining: retain-volume pvc-data-claim',
      ],
      [
        'with the CRD is let go, and everything runs on',
        running({ resource: dying, definitionDeleting: true }),
        'Ready/Ejected: remove-finalizer',
      ],
    ],
  ],
  [
    'a resource with lifecycle None',
    [
      [
        'is left alone, but for our finalizer',
        running({ resource: resource({ managed: false }) }),
        'Ready/NotManaged: remove-finalizer',
      ],
      ['is left alone', running({ resource: resource({ managed: false, hasFinalizer: false }) }), 'Ready/NotManaged: '],
    ],
  ],
];
