// The way out: the server stops, the data is backed up, and only then does anything go. Every step can be entered again.

import { SKIP_BACKUP_ANNOTATION, childNames } from '../api/names.ts';
import { reconciling, stalled, type Action, type Decision, type JobStep, type StorageRole } from './actions.ts';
import type { Observed, ObservedClaim, ObservedJob, ObservedResource, ObservedVolume } from './observed.ts';
import { pendingClaim } from './claims.ts';
import { followRunning, holdsClaim, isUnwanted, ownersOf, replaceJob, stopOwners } from './pods.ts';
import { decideRemoval } from './removal.ts';
import {
  PROTECT_VOLUMES,
  boundVolume,
  isVolumeUnseen,
  ownVolume,
  reserveActions,
  retainActions,
  tellNamespaceEnd,
} from './volumes.ts';

const WAY_OUT = `give the data up with the annotation ${SKIP_BACKUP_ANNOTATION}: "true"`;

/** What the deletion of a resource needs next. */
export function decideDeletion(observed: Observed, resource: ObservedResource, now: number): Decision {
  if (!resource.hasFinalizer) return reconciling('Deleted', 'nothing more is to be done');
  return (
    protectVolumes(observed) ??
    askWhatIsDeleted(observed) ??
    holdServer(observed, resource) ??
    stopServer(observed, resource, now) ??
    saveData(observed, resource, now) ??
    decideRemoval(observed, resource)
  );
}

/** Volumes first: whatever goes wrong later, the data outlives its claim. A namespace that ends allows no more than that. */
function protectVolumes(observed: Observed): Decision | undefined {
  if ([observed.data, observed.backup].some(isVolumeUnseen))
    return { ...reconciling('Retaining', 'looks at the volumes'), again: 1000 };
  const isOwn = (name: string): boolean =>
    [observed.data, observed.backup].some((storage) => ownVolume(observed, storage)?.name === name);
  const retain = retainActions(observed).filter((action) => action.kind === 'retain-volume' && isOwn(action.volume));
  const actions = [...retain, ...reserveActions(observed)];
  if (actions.length > 0) return reconciling('Retaining', 'makes the volumes outlive their claims', ...actions);
  if (!observed.namespaceTerminating) return undefined;
  return reconciling('NamespaceTerminating', tellNamespaceEnd(observed), { kind: 'remove-finalizer' });
}

/**
 * Where the watcher may not change volumes, a claim that was deleted, too, takes its volume along as soon as the server stops:
 * before there is a backup.
 */
function holdServer(observed: Observed, resource: ObservedResource): Decision | undefined {
  const { deletionPolicy, skipFinalBackup, status } = resource;
  if (observed.mayTouchVolumes || deletionPolicy !== 'Backup' || skipFinalBackup || status.backedUpVolume !== '')
    return undefined;
  const leaving = [observed.data, observed.backup].find(({ claim }) => claim?.deleting)?.claim;
  const isHeld = ownersOf(observed).some(({ terminating, jobUid }) => !terminating && jobUid === '');
  if (!leaving || !isHeld) return undefined;
  const message = `the claim ${leaving.name} was deleted, too, and would take its volume along when the server stops, before the final backup: the watcher may not change volumes. ${PROTECT_VOLUMES}, or ${WAY_OUT}`;
  return stalled('ClaimDeleting', message);
}

/** With its definition all resources are deleted, and that must not stop a server. What is not known is not assumed. */
function askWhatIsDeleted({ definitionDeleting }: Observed): Decision | undefined {
  if (definitionDeleting !== undefined) return undefined;
  const message =
    'either this resource is being deleted, or its definition with all resources, which would let the server run on; the watcher may not read the definition and does neither: give it the right to get customresourcedefinitions/mysqls.otus.homework, as "kubectl mysql install" does';
  return stalled('DefinitionUnreadable', message);
}

function stopServer(observed: Observed, { deletedAt = 0 }: ObservedResource, now: number): Decision | undefined {
  const { gate, jobs, statefulSet } = observed;
  if (gate) return reconciling('Stopping', 'closes the gate', { kind: 'close-gate', uid: gate.uid });
  const stopping = stopJob('restore', jobs.restore) ?? stopJob('change-pass', jobs['change-pass']);
  if (stopping) return stopping;
  // One that somebody made after the deletion is left alone: without a gate its pod never starts.
  if (statefulSet && !statefulSet.deleting && statefulSet.createdAt <= deletedAt) {
    return reconciling('Stopping', 'stops the server', { kind: 'delete-stateful-set', uid: statefulSet.uid });
  }
  return stopOwners(observed, now, currentBackup(observed));
}

/** The backup Job that is made for this deletion, if there is one. */
function currentBackup({ jobs: { backup } }: Observed): ObservedJob | undefined {
  return backup?.ours === true && !backup.deleting ? backup : undefined;
}

function stopJob(step: JobStep, job: ObservedJob | undefined): Decision | undefined {
  if (!job || job.foreign || (job.state !== 'running' && !job.hasPods)) return undefined;
  const actions: Action[] = job.deleting ? [] : [{ kind: 'delete-job', step, uid: job.uid }];
  return reconciling('Stopping', `stops the Job of the step ${step}`, ...actions);
}

function saveData(observed: Observed, resource: ObservedResource, now: number): Decision | undefined {
  const { deletionPolicy, status, skipFinalBackup } = resource;
  const volume = ownVolume(observed, observed.data);
  if (deletionPolicy !== 'Backup') return undefined;
  if (!volume) return lostVolume(observed, resource);
  if (status.backedUpVolume === volume.uid) return keepBackup(observed, resource, volume, now);
  if (skipFinalBackup) return skipBackup(observed, status.skipRecorded);
  return severalOwn(observed, resource, volume) ?? backUp(observed, volume, now);
}

/** Where the watcher may not change volumes, the final backup goes with its claim; then the data must not go, too. */
function keepBackup(
  observed: Observed,
  { status, skipFinalBackup }: ObservedResource,
  volume: ObservedVolume,
  now: number,
): Decision | undefined {
  if (observed.mayTouchVolumes || skipFinalBackup || !status.hasFinalBackup) return undefined;
  const { claim } = observed.backup;
  if (claim?.deleting) {
    const message = `the claim ${claim.name} was deleted, too, and would take the final backup along: the watcher may not change volumes. ${PROTECT_VOLUMES}, or ${WAY_OUT}`;
    return stalled('ClaimDeleting', message);
  }
  return isBackupGone(observed) ? backUp(observed, volume, now) : undefined;
}

/** The Job is this deletion's only as long as both claims are those that it was made for. */
function isBackupGone({ data, backup, jobs }: Observed): boolean {
  const isThere = backup.claim !== undefined && jobs.backup?.ours !== false;
  return !isThere && data.claim?.deleting === false;
}

function backUp(observed: Observed, volume: ObservedVolume, now: number): Decision {
  // A Job that has the volumes open is let finish, whatever becomes of the claims.
  if (isBackupAtWork(observed)) return followBackup(observed, volume);
  return bindStorage(observed, 'data', now) ?? bindStorage(observed, 'backup', now) ?? followBackup(observed, volume);
}

function severalOwn({ data }: Observed, { uid }: ObservedResource, volume: ObservedVolume): Decision | undefined {
  const other = data.volumes.find((one) => one.resourceUid === uid && !one.finished && one.uid !== volume.uid);
  return other && severalVolumes(volume, other);
}

/** One backup would hide the other: which data is the right one people must say. */
function severalVolumes(one: ObservedVolume, other: ObservedVolume): Decision {
  const message = `the volumes ${one.name} and ${other.name} both hold data of this name; delete the wrong one with its claim, or ${WAY_OUT}`;
  return stalled('SeveralVolumes', message);
}

/** The claim had a volume, which is gone. Whether it held data nobody can tell any more. */
function lostVolume(
  { data: { claim } }: Observed,
  { status, skipFinalBackup }: ObservedResource,
): Decision | undefined {
  if (claim?.phase !== 'Lost' || skipFinalBackup || status.backedUpVolume !== '') return undefined;
  const message = `the volume of the claim ${claim.name} is gone and cannot be backed up; bring it back, or ${WAY_OUT}`;
  return stalled('VolumeLost', message);
}

function isBackupAtWork(observed: Observed): boolean {
  const job = currentBackup(observed);
  if (!job) return false;
  const { pods } = observed;
  return job.state !== 'running' || pods.some(({ jobUid, started }) => jobUid === job.uid && started);
}

function followBackup(observed: Observed, volume: ObservedVolume): Decision {
  const job = observed.jobs.backup;
  const name = childNames(observed.name).jobs.backup;
  if (!job) return reconciling('BackingUp', 'starts the final backup', { kind: 'create-job', step: 'backup' });
  if (isUnwanted(job)) return replaceJob(name, 'backup', job);
  const image = nameImage(observed);
  return job.state === 'running' ? followBackupJob(name, job, image) : concludeBackup({ name, image }, job, volume);
}

function concludeBackup(
  { name, image }: { readonly name: string; readonly image: string },
  job: ObservedJob,
  volume: ObservedVolume,
): Decision {
  const { outcome, reason, volumeUid = volume.uid } = job.result ?? { outcome: '', reason: 'the Job did not say why' };
  if (volumeUid !== volume.uid) return replaceJob(name, 'backup', job);
  if (job.state === 'succeeded' && (outcome === 'done' || outcome === 'nothing')) {
    return reconciling('BackedUp', 'the final backup is complete', { kind: 'record-backup', volumeUid: volume.uid });
  }
  const message = `the final backup failed and nothing is deleted: ${reason}; to try again, delete the Job: kubectl delete job ${name}${image}; or ${WAY_OUT}`;
  return stalled('BackupFailed', message);
}

function followBackupJob(name: string, job: ObservedJob, image: string): Decision {
  const decision = followRunning(name, 'BackingUp', job);
  return decision.progress === 'Stalled'
    ? withWayOut({ ...decision, message: `${decision.message}${image}` })
    : decision;
}

/**
 * What people can do about the image of the final backup. It is that of the last server that was Ready, which cannot read what
 * a newer one has upgraded; without one it is the image of git, which may never have started.
 */
function nameImage({ name, resource }: Observed): string {
  const { status, image = '' } = resource ?? {};
  const last = status?.server?.image;
  if (last === undefined)
    return '. No server of this resource was ever Ready: put an image that starts into spec.image (kubectl edit works while it is being deleted)';
  if (last === image) return '';
  const patch = JSON.stringify({ status: { server: { image } } });
  return `. The backup is made with ${last}, the last image that was Ready; if ${image} has upgraded the data since, have it made with that one: kubectl patch mysql ${name} --subresource=status --type=merge -p '${patch}'`;
}

function withWayOut(decision: Decision): Decision {
  return decision.progress === 'Stalled' ? { ...decision, message: `${decision.message}; or ${WAY_OUT}` } : decision;
}

/** First the Job's pods, then the record, then on: nothing may still write when the volume goes. */
function skipBackup({ jobs }: Observed, isRecorded: boolean): Decision | undefined {
  const stopping = stopJob('backup', jobs.backup);
  if (stopping || isRecorded) return stopping;
  return reconciling('BackupSkipped', 'gives the data up, as the annotation says', { kind: 'record-skip' });
}

/** The backup Job needs both claims; one that was deleted too is made again for the volume that it left. */
function bindStorage(observed: Observed, role: StorageRole, now: number): Decision | undefined {
  const storage = observed[role];
  const { claim } = storage;
  const volume = ownVolume(observed, storage);
  if (claim?.deleting) return leavingClaim(observed, claim.name);
  // The Job's pod binds a backup claim that waits for its first one.
  if (!volume)
    return role === 'backup' && claim?.phase === 'Pending' ? undefined : withoutVolume(role, claim !== undefined);
  if (!claim) {
    const action: Action = { kind: 'make-claim', role, volume: volume.name };
    return reconciling('ClaimMissing', `makes the ${role} claim again for the volume that holds its data`, action);
  }
  return boundVolume(storage)?.uid === volume.uid ? undefined : bindElsewhere(observed, { role, claim, volume }, now);
}

/** Somebody made the claim again, and it went, or will go, to another volume. */
function bindElsewhere(
  observed: Observed,
  seen: { readonly role: StorageRole; readonly claim: ObservedClaim; readonly volume: ObservedVolume },
  now: number,
): Decision {
  const { role, claim, volume } = seen;
  const bound = boundVolume(observed[role]);
  const willFit = claim.requested <= volume.capacity && claim.className === volume.className;
  if (!bound && willFit) return withWayOut(pendingClaim(claim, now, `the volume ${volume.name}`));
  const message = `takes away the claim ${claim.name}, which is not bound to ${volume.name}`;
  if (bound && bound.resourceUid !== '' && !bound.finished) return severalVolumes(bound, volume);
  if (bound && !bound.finished)
    return reconciling('ClaimReplaced', message, { kind: 'set-aside-volume', volume: bound.name, uid: bound.uid });
  return reconciling('ClaimReplaced', message, { kind: 'replace-claim', role, uid: claim.uid, volume: volume.name });
}

/** A pod that waits, or has ended, holds a claim that is being deleted for ever. */
function leavingClaim({ pods, jobs }: Observed, name: string): Decision {
  const stopping = stopJob('backup', jobs.backup);
  if (stopping) return stopping;
  const holders = pods.filter(holdsClaim);
  const actions = holders.map(({ name: pod, uid }): Action => ({ kind: 'delete-pod', name: pod, uid }));
  return reconciling('ClaimDeleting', `waits until the claim ${name} is gone`, ...actions);
}

function withoutVolume(role: StorageRole, hasClaim: boolean): Decision {
  const what = hasClaim ? 'is not bound to a volume' : 'does not exist';
  const message = `the ${role} claim ${what}, so there is no place for the final backup; apply the rendered claim, or ${WAY_OUT}`;
  return stalled('ClaimPending', message);
}
