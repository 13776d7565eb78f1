// The way out: the server stops, the data is backed up, and only then does anything go. Every step can be entered again.

import { reconciling, type Action, type Decision, type JobStep, type StorageRole } from './actions.ts';
import type { Observed, ObservedJob, ObservedResource, ObservedVolume } from './observed.ts';
import { decideRemoval } from './removal.ts';
import { ownersOf } from './start.ts';
import { boundVolume, ownVolume, reserveActions, retainActions } from './volumes.ts';

/** What the deletion of a resource needs next. */
export function decideDeletion(observed: Observed, resource: ObservedResource): Decision {
  if (!resource.hasFinalizer) return reconciling('Deleted', 'nothing more is to be done');
  return (
    protectVolumes(observed) ??
    stopServer(observed, resource) ??
    saveData(observed, resource) ??
    decideRemoval(observed, resource)
  );
}

/** Volumes first: whatever goes wrong later, the data outlives its claim. A namespace that ends allows no more than that. */
function protectVolumes(observed: Observed): Decision | undefined {
  const isOwn = (name: string): boolean =>
    [observed.data, observed.backup].some((storage) => ownVolume(observed, storage)?.name === name);
  const retain = retainActions(observed).filter((action) => action.kind === 'retain-volume' && isOwn(action.volume));
  const actions = [...retain, ...reserveActions(observed)];
  if (actions.length > 0) return reconciling('Retaining', 'makes the volumes outlive their claims', ...actions);
  if (!observed.namespaceTerminating) return undefined;
  const message = 'the namespace is being deleted; the volumes are kept for a resource of the same name';
  return reconciling('NamespaceTerminating', message, { kind: 'remove-finalizer' });
}

function stopServer(observed: Observed, { deletedAt = 0 }: ObservedResource): Decision | undefined {
  const { gate, jobs, statefulSet } = observed;
  if (gate) return reconciling('Stopping', 'closes the gate', { kind: 'close-gate', uid: gate.uid });
  const stopping = stopJob('restore', jobs.restore) ?? stopJob('change-pass', jobs['change-pass']);
  if (stopping) return stopping;
  // One that somebody made after the deletion is left alone: without a gate its pod never starts.
  if (statefulSet && !statefulSet.deleting && statefulSet.createdAt <= deletedAt) {
    return reconciling('Stopping', 'stops the server', { kind: 'delete-stateful-set', uid: statefulSet.uid });
  }
  return stopOwners(observed);
}

function stopOwners(observed: Observed): Decision | undefined {
  const owners = ownersOf(observed).filter((pod) => pod.step !== 'backup');
  const [first] = owners;
  if (!first) return undefined;
  const actions = owners
    .filter(({ terminating }) => !terminating)
    .map(({ name, uid }): Action => ({ kind: 'delete-pod', name, uid }));
  return reconciling('Stopping', `waits until the pod ${first.name} is gone`, ...actions);
}

function stopJob(name: JobStep, job: ObservedJob | undefined): Decision | undefined {
  if (!job || (job.state !== 'running' && !job.hasPods)) return undefined;
  const actions: Action[] = job.deleting ? [] : [{ kind: 'delete-job', step: name, uid: job.uid }];
  return reconciling('Stopping', `stops the Job of the step ${name}`, ...actions);
}

function saveData(observed: Observed, resource: ObservedResource): Decision | undefined {
  const { deletionPolicy, status, skipFinalBackup } = resource;
  const volume = ownVolume(observed, observed.data);
  if (!volume || deletionPolicy !== 'Backup' || status.backedUpVolume === volume.uid) return undefined;
  if (skipFinalBackup) return skipBackup(observed, status.skipRecorded);
  return bindStorage(observed, 'data') ?? bindStorage(observed, 'backup') ?? followBackup(observed, volume);
}

function followBackup({ jobs: { backup: job } }: Observed, volume: ObservedVolume): Decision {
  if (!job?.ours || job.deleting) return startBackup(job);
  if (job.state === 'running') return reconciling('BackingUp', 'the final backup runs');
  const { outcome, reason } = job.result ?? { outcome: '', reason: 'the Job did not say why' };
  if (job.state === 'succeeded' && (outcome === 'done' || outcome === 'nothing')) {
    return reconciling('BackedUp', 'the final backup is complete', { kind: 'record-backup', volumeUid: volume.uid });
  }
  const wayOut = 'give the data up with the annotation otus.homework/skip-final-backup: "true"';
  const message = `the final backup failed and nothing is deleted: ${reason}; delete the Job to try again, or ${wayOut}`;
  return { progress: 'Stalled', reason: 'BackupFailed', message, actions: [] };
}

function startBackup(job: ObservedJob | undefined): Decision {
  if (!job) return reconciling('BackingUp', 'starts the final backup', { kind: 'create-job', step: 'backup' });
  const actions: Action[] = job.deleting ? [] : [{ kind: 'delete-job', step: 'backup', uid: job.uid }];
  return reconciling('BackingUp', 'takes away an earlier backup Job', ...actions);
}

/** First the Job's pods, then the record, then on: nothing may still write when the volume goes. */
function skipBackup({ jobs }: Observed, isRecorded: boolean): Decision | undefined {
  const stopping = stopJob('backup', jobs.backup);
  if (stopping || isRecorded) return stopping;
  return reconciling('BackupSkipped', 'gives the data up, as the annotation says', { kind: 'record-skip' });
}

/** The backup Job needs both claims; one that was deleted too is made again for the volume that it left. */
function bindStorage(observed: Observed, role: StorageRole): Decision | undefined {
  const storage = observed[role];
  const { claim } = storage;
  const volume = ownVolume(observed, storage);
  if (claim?.deleting) return reconciling('ClaimDeleting', `waits until the claim ${claim.name} is gone`);
  if (claim && volume && boundVolume(storage)?.uid === volume.uid) return undefined;
  if (!volume) return reconciling('ClaimPending', `waits until the ${role} claim is bound to a volume`);
  if (!claim)
    return reconciling('ClaimMissing', `makes the ${role} claim again`, {
      kind: 'make-claim',
      role,
      volume: volume.name,
    });
  if (claim.phase === 'Pending') return reconciling('ClaimPending', `waits until the claim ${claim.name} is bound`);
  const message = `takes away a claim that is bound to another volume than ${volume.name}`;
  return reconciling('ClaimReplaced', message, { kind: 'delete-claim', role, uid: claim.uid });
}
