// The end of a deletion: what is no longer needed goes, in an order in which nothing can come back to life.

import type { Action, Decision, StorageRole } from './actions.ts';
import type { Observed, ObservedResource, ObservedVolume } from './observed.ts';
import { boundVolume } from './volumes.ts';

const CLAIMS_TO_REMOVE: Readonly<Record<ObservedResource['deletionPolicy'], readonly StorageRole[]>> = {
  Backup: ['data'],
  Retain: [],
  Delete: ['data', 'backup'],
};

/** What goes next, when the data is safe or given up. */
export function decideRemoval(observed: Observed, resource: ObservedResource): Decision {
  const job = observed.jobs.backup;
  if (job?.hasPods) {
    const action: Action = { kind: 'delete-job-pods', step: 'backup', uid: job.uid };
    return removing('takes away the pods of the backup Job, which hold the claim', action);
  }
  for (const role of CLAIMS_TO_REMOVE[resource.deletionPolicy]) {
    const decision = removeClaim(observed, resource, role);
    if (decision) return decision;
  }
  const children = observed.children.map((child): Action => ({ kind: 'delete-child', child }));
  if (children.length > 0) return removing('takes away what was rendered', ...children);
  const message = resource.deletionPolicy === 'Delete' ? 'done; nothing stays' : 'done; the backups stay';
  return { progress: 'Reconciling', reason: 'Deleted', message, actions: [{ kind: 'remove-finalizer' }] };
}

function removeClaim(observed: Observed, resource: ObservedResource, role: StorageRole): Decision | undefined {
  const { claim } = observed[role];
  const volume = boundVolume(observed[role]);
  if (!claim || (volume && !isGivenUp(resource, volume))) return undefined;
  if (volume && !volume.finished && observed.mayTouchVolumes) {
    const action: Action = { kind: 'finish-volume', volume: volume.name, uid: volume.uid };
    return removing(`gives the volume ${volume.name} its own policy back`, action);
  }
  if (!claim.deleting)
    return removing(`takes the claim ${claim.name} away`, { kind: 'delete-claim', role, uid: claim.uid });
  const holders = role === 'data' ? observed.pods.filter(({ terminating }) => !terminating) : [];
  const actions = holders.map(({ name, uid }): Action => ({ kind: 'delete-pod', name, uid }));
  return { ...removing(`waits until the claim ${claim.name} is gone`, ...actions), again: 1000 };
}

/** A claim that is bound to a volume that was neither backed up nor given up is somebody else's. */
function isGivenUp({ deletionPolicy, status, skipFinalBackup }: ObservedResource, volume: ObservedVolume): boolean {
  if (deletionPolicy === 'Delete' || status.backedUpVolume === volume.uid) return true;
  return skipFinalBackup && status.skipRecorded;
}

function removing(message: string, ...actions: Action[]): Decision {
  return { progress: 'Reconciling', reason: 'Removing', message, actions };
}
