// A living resource's two claims: what keeps them from being used, and the way back to the volume that holds the data.

import { reconciling, stalled, type Action, type Decision, type StorageRole } from './actions.ts';
import type { Observed, ObservedClaim, ObservedPod, ObservedResource, ObservedVolume } from './observed.ts';
import { findServer, findStuck, ownersOf, stopOwners, waitForEnd } from './pods.ts';
import { PROTECT_VOLUMES, boundVolume, isMadeFor, isVolumeUnseen, keptVolumes, retainActions } from './volumes.ts';

/** Provisioning takes seconds; whoever waits longer should look. */
const SLOW_MILLISECONDS = 120_000;

/** What is rendered arrives together, and tools that heal are back within seconds. */
const DELIVERY_MILLISECONDS = 30_000;

/** What keeps the two claims from being used; undefined when both are bound to the right volumes. */
export function decideClaims(observed: Observed, resource: ObservedResource, now: number): Decision | undefined {
  return decideClaim(observed, resource, 'data', now) ?? decideClaim(observed, resource, 'backup', now);
}

function decideClaim(
  observed: Observed,
  resource: ObservedResource,
  role: StorageRole,
  now: number,
): Decision | undefined {
  const storage = observed[role];
  const { claim } = storage;
  if (!claim) return missingClaim(observed, resource, { role, now });
  if (claim.deleting) return leavingClaim(observed, claim, now);
  const [kept] = keptVolumes(storage);
  if (kept) return useKeptVolume(observed, { role, claim, kept }, now);
  if (isVolumeUnseen(storage)) return { ...reconciling('ClaimPending', 'looks at the volume'), again: 1000 };
  if (claim.phase === 'Bound') return role === 'data' ? declineData(observed, resource, claim) : undefined;
  if (claim.phase === 'Lost') {
    const message = `the volume of the claim ${claim.name} is gone; delete the claim and bring the volume back, or start anew`;
    return stalled('VolumeLost', message);
  }
  return pendingClaim(claim, now);
}

/** Whoever asks for an empty database does not get one with the data of an earlier resource of the name. */
function declineData(
  observed: Observed,
  { uid, restoreFrom }: ObservedResource,
  { name }: ObservedClaim,
): Decision | undefined {
  const volume = boundVolume(observed.data);
  const isEarlier = volume !== undefined && volume.resourceUid !== '' && volume.resourceUid !== uid;
  if (restoreFrom !== 'none' || !isEarlier || observed.gate || findServer(observed)) return undefined;
  const message = `restore.from is none, but the volume ${volume.name} holds data of this name; put restore.from: latest into git to use it, or delete the claim ${name} and that volume`;
  return stalled('RetainedVolumeDeclined', message);
}

/** @param volume that it is to be bound to */
export function pendingClaim({ name, createdAt }: ObservedClaim, now: number, volume = 'a volume'): Decision {
  const message = `waits until the claim ${name} is bound to ${volume}`;
  if (now - createdAt < SLOW_MILLISECONDS) {
    return { ...reconciling('ClaimPending', message), again: createdAt + SLOW_MILLISECONDS - now };
  }
  return stalled('ClaimPending', `${message}; "kubectl describe pvc ${name}" says why it is not`);
}

/**
 * Whoever delivers the resource makes its claims. A volume with data is not left without one, though: the claim may have
 * been taken away by the watcher itself, to be made again.
 */
function missingClaim(
  observed: Observed,
  { status, restoreFrom, createdAt }: ObservedResource,
  { role, now }: { readonly role: StorageRole; readonly now: number },
): Decision {
  const name = role === 'data' ? `${observed.name}-pvc` : `backup-${observed.name}-pvc`;
  const [kept] = keptVolumes(observed[role]);
  if (kept && (restoreFrom === 'latest' || role === 'backup')) {
    // The volume of a claim that went this moment is still Bound, since long ago.
    if (kept.phase === 'Bound') return { ...waitForClaim(name, false), again: 1000 };
    const waitsUntil = Math.max(createdAt, kept.phaseSince) + DELIVERY_MILLISECONDS;
    if (now < waitsUntil) return { ...waitForClaim(name, false), again: waitsUntil - now };
    const message = `makes the claim ${name} again for the volume ${kept.name}, which holds its data`;
    return reconciling('ClaimMissing', message, { kind: 'make-claim', role, volume: kept.name });
  }
  return waitForClaim(name, status.server !== undefined);
}

function waitForClaim(name: string, hadServer: boolean): Decision {
  const message = `waits for the claim ${name}; apply the rendered manifests`;
  return hadServer ? stalled('ClaimMissing', message) : reconciling('ClaimMissing', message);
}

/**
 * A claim that somebody deleted goes when no pod has it. A server that was let in, and may be in a crash recovery, is not
 * stopped for that; a pod that waits or has ended holds the claim for ever and is taken away.
 */
function leavingClaim(observed: Observed, claim: ObservedClaim, now: number): Decision {
  const all = ownersOf(observed);
  const isKept = ({ ready: isReady, jobUid, terminating }: ObservedPod): boolean =>
    jobUid === '' && !terminating && (isReady || observed.gate !== undefined);
  const server = all.find(isKept);
  if (server) return keepServer(observed, claim.name, server);
  const stuck = findStuck(all, now);
  if (stuck) return stuck;
  const owners = new Set(all.map(({ uid }) => uid));
  // Behind a closed gate a pod only counts as started, and a server that does run has to go anyway.
  const isHolder = ({ uid, jobUid }: ObservedPod): boolean => !owners.has(uid) || (!observed.gate && jobUid === '');
  return waitForEnd(observed, claim, now, isHolder);
}

/** The volume must outlive the claim before anybody restarts the server. */
function keepServer(observed: Observed, claimName: string, { name: pod }: ObservedPod): Decision {
  const leaving = [observed.data, observed.backup].filter(({ claim }) => claim?.deleting).map(boundVolume);
  const retain = retainActions(observed).filter(
    (action) => action.kind === 'retain-volume' && leaving.some((volume) => volume?.name === action.volume),
  );
  if (retain.length > 0) return reconciling('Retaining', 'makes the volumes outlive their claims', ...retain);
  const fate = observed.mayTouchVolumes
    ? `and its volume is kept. To let the claim be made again, restart it: kubectl delete pod ${pod}`
    : `but its volume goes with the claim when the server stops, unless its class keeps it: the watcher may not change volumes. ${PROTECT_VOLUMES} first`;
  return stalled(
    'ClaimDeleting',
    `somebody deleted the claim ${claimName}; its server is not stopped for that, ${fate}`,
  );
}

/** A claim, and a volume with data of its name that it is not bound to. */
interface Mismatch {
  readonly role: StorageRole;
  readonly claim: ObservedClaim;
  readonly kept: ObservedVolume;
}

/** Another volume holds the data. It is never left aside: the claim is made again for it, or people are told. */
function useKeptVolume(observed: Observed, mismatch: Mismatch, now: number): Decision {
  const { role, claim, kept } = mismatch;
  const bound = boundVolume(observed[role]);
  if (observed.resource?.restoreFrom === 'none' && role === 'data') {
    const message = `restore.from is none, but the volume ${kept.name} holds data of this name; put restore.from: latest into git to use it, or delete that volume`;
    return stalled('RetainedVolumeDeclined', message);
  }
  if (claim.className !== kept.className) {
    const field = role === 'data' ? 'spec.storage.className' : 'spec.backup.className';
    const message = `the volume ${kept.name} holds the data and has the class "${kept.className}"; put ${field}: ${kept.className} into git, and delete the claim, which cannot change: kubectl delete pvc ${claim.name}`;
    return stalled('RetainedVolumeNotBound', message);
  }
  if (claim.phase === 'Pending' && claim.requested <= kept.capacity) {
    return pendingClaim(claim, now, `the volume ${kept.name}, which holds its data`);
  }
  if (bound && !mayBeSetAside(observed, claim, bound)) {
    const message = `the claim ${claim.name} is bound to ${bound.name}, but ${kept.name} holds data of the same name; decide which one to keep and delete the other claim or volume`;
    return stalled('RetainedVolumeNotBound', message);
  }
  return replaceClaim(observed, mismatch, now);
}

/** No server was let in there, and nobody else has put anything there: the volume was made for this very claim. */
function mayBeSetAside({ gate }: Observed, claim: ObservedClaim, volume: ObservedVolume): boolean {
  return volume.resourceUid === '' && isMadeFor(volume, claim) && gate?.claimUid !== claim.uid;
}

function replaceClaim(observed: Observed, { role, claim, kept }: Mismatch, now: number): Decision {
  const bound = boundVolume(observed[role]);
  const reason = 'RetainedVolumeNotBound';
  const stopping = role === 'data' ? stopOwners(observed, now) : undefined;
  if (stopping) return stopping;
  // It outlives its claim all the same, for people to look at.
  if (bound && !bound.finished) {
    const message = `sets the volume ${bound.name} aside: the claim ${claim.name} is made again for ${kept.name}, which holds its data`;
    return stalled(reason, message, { kind: 'set-aside-volume', volume: bound.name, uid: bound.uid });
  }
  const message = `makes the claim ${claim.name} again for the volume ${kept.name}, which holds its data`;
  // Pods that wait would hold the claim for ever. It is marked first: a pod that is made meanwhile does not get it any more.
  const waiting = observed.pods.filter(({ started, terminating }) => !started && !terminating);
  const actions = waiting.map(({ name, uid }): Action => ({ kind: 'delete-pod', name, uid }));
  if (waiting.length > 0) actions.unshift({ kind: 'delete-claim', role, uid: claim.uid });
  return stalled(reason, message, ...actions, { kind: 'replace-claim', role, uid: claim.uid, volume: kept.name });
}
