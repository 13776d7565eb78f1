// The way out: the server stops, the data is backed up, and only then does anything go. Every step can be entered again.

import { reconciling, stalled, type Action, type Decision } from './actions.ts';
import { WAY_OUT } from './backup-claims.ts';
import { currentBackup, saveData } from './final-backup.ts';
import type { Observed, ObservedResource } from './observed.ts';
import { ownersBut, ownersOf, stopJob, stopOwners } from './pods.ts';
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

/** What the deletion of a resource needs next. */
export function decideDeletion(observed: Observed, resource: ObservedResource, now: number): Decision {
  if (!resource.hasFinalizer) return reconciling('Deleted', 'nothing more is to be done');
  return (
    protectVolumes(observed) ??
    askWhatIsDeleted(observed) ??
    awaitVolumes(observed, resource, now) ??
    holdServer(observed, resource) ??
    forgetBackup(observed, resource) ??
    stopServer(observed, resource, now) ??
    saveData(observed, resource, now) ??
    decideRemoval(observed, resource, now)
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

/** A right that was taken away may be back in a moment: roles are made anew. */
const VOLUMES_PATIENCE_MS = 600_000;

/** Which volume holds the data is better known before it is backed up; for ever nobody has to wait for that. */
function awaitVolumes(
  { volumesLostSince }: Observed,
  { deletionPolicy, skipFinalBackup }: ObservedResource,
  now: number,
): Decision | undefined {
  if (volumesLostSince === undefined || deletionPolicy !== 'Backup' || skipFinalBackup) return undefined;
  const left = volumesLostSince + VOLUMES_PATIENCE_MS - now;
  if (left <= 0) return undefined;
  const message = `the watcher may not read volumes any more; for ten minutes the final backup waits for that right, then it is made of the volume that the claim is bound to, and the volume is kept. ${PROTECT_VOLUMES}`;
  return { ...stalled('VolumesForbidden', message), again: left };
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

/**
 * Gate and StatefulSet go together: whichever ends first, nothing may be started before both are gone, and a server that
 * somebody lets start again in between is stopped like any other.
 */
function stopServer(observed: Observed, { deletedAt = 0 }: ObservedResource, now: number): Decision | undefined {
  const { gate, jobs, statefulSet } = observed;
  const closing: Action[] = gate ? [{ kind: 'close-gate', uid: gate.uid }] : [];
  const stopping = stopJob('restore', jobs.restore) ?? stopJob('change-pass', jobs['change-pass']);
  // One that somebody made after the deletion is left alone: without a gate its pod never starts.
  if (statefulSet && !stopping && !statefulSet.deleting && statefulSet.createdAt <= deletedAt) {
    const stop: Action = { kind: 'delete-stateful-set', uid: statefulSet.uid };
    return reconciling('Stopping', 'stops the server', ...closing, stop);
  }
  if (gate) return reconciling('Stopping', 'closes the gate', ...closing);
  return stopping ?? stopOwners(observed, now, currentBackup(observed));
}

/**
 * A watcher that was held up between its look and the gate opens one beside the final backup, or after it, and a tool may have
 * made the StatefulSet again; or somebody mounts the claim: what a server writes then is in no backup. It counts no more, nor
 * does its Job, before that gate is closed, or that pod ended.
 */
function forgetBackup(observed: Observed, { deletionPolicy, status }: ObservedResource): Decision | undefined {
  if (deletionPolicy !== 'Backup' || (status.backedUpVolume === '' && !currentBackup(observed))) return undefined;
  if (!observed.gate && !hasStranger(observed, status.backedUpVolume)) return undefined;
  const message = 'a server may have been let in beside the final backup, which is made again';
  return reconciling('Stopping', message, { kind: 'forget-backup' });
}

/**
 * A pod that has the data open and is not the backup Job's: it came after the Job was made, or was not found before. Once the
 * claim goes, no pod starts with it, and one that was made again is another's.
 */
function hasStranger(observed: Observed, backedUpVolume: string): boolean {
  const { claim } = observed.data;
  const isOther = claim?.deleting !== false || boundVolume(observed.data)?.uid !== backedUpVolume;
  return !(backedUpVolume !== '' && isOther) && ownersBut(observed, currentBackup(observed)).length > 0;
}
