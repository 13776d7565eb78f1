// The two claims of a resource that is being deleted: the backup Job needs both, bound to the volumes that were its own.

import { SKIP_BACKUP_ANNOTATION } from '../api/names.ts';
import { reconciling, stalled, type Action, type Decision, type StorageRole } from './actions.ts';
import { pendingClaim } from './claims.ts';
import type { Observed, ObservedClaim, ObservedVolume } from './observed.ts';
import { stopJob, waitForEnd } from './pods.ts';
import { boundVolume, ownVolume } from './volumes.ts';

/** What people can always do about a deletion that does not get on. */
export const WAY_OUT = `give the data up with the annotation ${SKIP_BACKUP_ANNOTATION}: "true"`;

/** A decision with that, where it does not get on. */
export function withWayOut(decision: Decision): Decision {
  return decision.progress === 'Stalled' ? { ...decision, message: `${decision.message}; or ${WAY_OUT}` } : decision;
}

/** The backup Job needs both claims; one that was deleted too is made again for the volume that it left. */
export function bindStorage(observed: Observed, role: StorageRole, now: number): Decision | undefined {
  const storage = observed[role];
  const { claim } = storage;
  const volume = ownVolume(observed, storage);
  if (claim?.deleting) return leavingClaim(observed, claim, now);
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

/** One backup would hide the other: which data is the right one people must say. */
export function severalVolumes(one: ObservedVolume, other: ObservedVolume): Decision {
  const message = `the volumes ${one.name} and ${other.name} both hold data of this name; delete the wrong one with its claim, or ${WAY_OUT}`;
  return stalled('SeveralVolumes', message);
}

/** A pod that waits, or has ended, holds a claim that is being deleted for ever. */
function leavingClaim(observed: Observed, claim: ObservedClaim, now: number): Decision {
  return stopJob('backup', observed.jobs.backup) ?? withWayOut(waitForEnd(observed, claim, now));
}

function withoutVolume(role: StorageRole, hasClaim: boolean): Decision {
  const what = hasClaim ? 'is not bound to a volume' : 'does not exist';
  const message = `the ${role} claim ${what}, so there is no place for the final backup; apply the rendered claim, or ${WAY_OUT}`;
  return stalled('ClaimPending', message);
}
