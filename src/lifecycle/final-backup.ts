// The final backup of a resource that is being deleted, from a server that has stopped to a result that is recorded.

import { childNames } from '../api/names.ts';
import { reconciling, stalled, type Decision } from './actions.ts';
import { WAY_OUT, bindStorage, severalVolumes, withWayOut } from './backup-claims.ts';
import type { Observed, ObservedJob, ObservedResource, ObservedVolume } from './observed.ts';
import { followRunning, isUnwanted, replaceJob, stopJob } from './pods.ts';
import { PROTECT_VOLUMES, ownVolume } from './volumes.ts';

/** What must happen until the data is saved, or given up; undefined when it is. */
export function saveData(observed: Observed, resource: ObservedResource, now: number): Decision | undefined {
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

/** The backup Job that is made for this deletion, if there is one. */
export function currentBackup({ jobs: { backup } }: Observed): ObservedJob | undefined {
  return backup?.ours === true && !backup.deleting ? backup : undefined;
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
  // Somebody took its pod away, and with it what it told; the backup that is there is found, and not made again.
  if (job.state === 'succeeded' && !job.result) return replaceJob(name, 'backup', job);
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

/** First the Job's pods, then the record, then on: nothing may still write when the volume goes. */
function skipBackup({ jobs }: Observed, isRecorded: boolean): Decision | undefined {
  const stopping = stopJob('backup', jobs.backup);
  if (stopping || isRecorded) return stopping;
  return reconciling('BackupSkipped', 'gives the data up, as the annotation says', { kind: 'record-skip' });
}
