// The end of a deletion: what is no longer needed goes, in an order in which nothing can come back to life.

import { DONE_TEXTS } from '../model/life.ts';
import type { Action, Decision, StorageRole } from './actions.ts';
import { reconciling } from './actions.ts';
import type { Observed, ObservedResource, ObservedVolume } from './observed.ts';
import { waitForEnd } from './pods.ts';
import { boundVolume, isGivenUp } from './volumes.ts';

/** What goes next, when the data is safe or given up. */
export function decideRemoval(observed: Observed, resource: ObservedResource, now: number): Decision {
  const job = observed.jobs.backup;
  if (job?.hasPods && !job.foreign) {
    const action: Action = { kind: 'delete-job-pods', step: 'backup', uid: job.uid };
    return removing('takes away the pods of the backup Job, which hold the claim', action);
  }
  const decision = removeStorage(observed, resource, 'data', now) ?? removeStorage(observed, resource, 'backup', now);
  if (decision) return decision;
  const children = isMadeAgain(observed, resource) ? [] : observed.children;
  const actions = children.map((child): Action => ({ kind: 'delete-child', child }));
  if (actions.length > 0) return removing('takes away what was rendered', ...actions);
  const done = reconciling('Deleted', DONE_TEXTS[resource.deletionPolicy], { kind: 'remove-finalizer' });
  return releaseSet(observed, resource) ?? done;
}

/** Whoever makes the resource again at once would still find the StatefulSet, take it for the new one's, and then it would go. */
function releaseSet(observed: Observed, resource: ObservedResource): Decision | undefined {
  const { statefulSet: set } = observed;
  if (!set?.awaitsPods || isMadeAgain(observed, resource)) return undefined;
  return removing('lets the StatefulSet go', { kind: 'release-stateful-set', uid: set.uid });
}

function removeStorage(
  observed: Observed,
  resource: ObservedResource,
  role: StorageRole,
  now: number,
): Decision | undefined {
  const storage = observed[role];
  const isRemoved = (volume: ObservedVolume): boolean => isGivenUp(resource, volume, role === 'backup');
  const unfinished = storage.volumes.find((volume) => isRemoved(volume) && !volume.finished);
  if (unfinished && observed.mayTouchVolumes) {
    const action: Action = { kind: 'finish-volume', volume: unfinished.name, uid: unfinished.uid };
    return removing(`gives the volume ${unfinished.name} its own policy back`, action);
  }
  const { claim } = storage;
  const bound = boundVolume(storage);
  if (!claim || !(bound ? isRemoved(bound) : isUnused(resource, role, claim.createdAt))) return undefined;
  if (!claim.deleting)
    return removing(`takes the claim ${claim.name} away`, { kind: 'delete-claim', role, uid: claim.uid });
  // A server's pod lists the backup claim, too.
  return { ...waitForEnd(observed, claim, now), again: 1000 };
}

/** A claim that never had a volume goes with the resource; one that was made after the deletion is somebody else's. */
function isUnused({ deletionPolicy, deletedAt = 0 }: ObservedResource, role: StorageRole, createdAt: number): boolean {
  const goes = deletionPolicy === 'Delete' || (deletionPolicy === 'Backup' && role === 'data');
  return goes && createdAt <= deletedAt;
}

/** Somebody makes things again that the deletion took away; every further deletion would only be undone, too. */
function isMadeAgain({ statefulSet }: Observed, { deletedAt = 0 }: ObservedResource): boolean {
  return statefulSet !== undefined && statefulSet.createdAt > deletedAt;
}

function removing(message: string, ...actions: Action[]): Decision {
  return reconciling('Removing', message, ...actions);
}
