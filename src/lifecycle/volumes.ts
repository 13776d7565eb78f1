// Invariant 2, "Retained": which volume belongs to a claim, and what must happen before it may be used.

import type { Action, Decision, StorageRole } from './actions.ts';
import type { Observed, ObservedClaim, ObservedStorage, ObservedVolume } from './observed.ts';

/** The volume that a claim is bound to. */
export function boundVolume({ claim, volumes }: ObservedStorage): ObservedVolume | undefined {
  return claim?.volumeName === '' ? undefined : volumes.find(({ name }) => name === claim?.volumeName);
}

/** Volumes that hold, or may hold, data of this name and are not bound to its claim now. */
export function keptVolumes({ claim, volumes }: ObservedStorage): ObservedVolume[] {
  return volumes.filter(
    ({ name, finished, policy, phase }) =>
      !finished && policy === 'Retain' && name !== claim?.volumeName && phase !== 'Failed',
  );
}

/** A volume whose claim is gone is given back to the next claim of its name, whoever makes it. */
export function reserveActions({ data, backup }: Observed): Action[] {
  return [data, backup].flatMap(({ claim, volumes }) =>
    volumes
      .filter((volume) => volume.phase === 'Released' && !volume.finished && volume.policy === 'Retain')
      .filter((volume) => volume.claimUid !== '' && volume.claimUid !== claim?.uid)
      .map(({ name, claimUid }): Action => ({ kind: 'reserve-volume', volume: name, claimUid })),
  );
}

/** Bound volumes that a deleted claim or namespace would still take along. */
export function retainActions({ data, backup, mayTouchVolumes }: Observed): Action[] {
  if (!mayTouchVolumes) return [];
  return [data, backup].flatMap((storage) => {
    const volume = boundVolume(storage);
    if (!volume || volume.finished || (volume.policy === 'Retain' && volume.resourceUid !== '')) return [];
    return [{ kind: 'retain-volume', volume: volume.name, uid: volume.uid } satisfies Action];
  });
}

/** What keeps the two claims from being used; undefined when both are bound to the right volumes. */
export function waitForVolumes(observed: Observed): Decision | undefined {
  return waitForStorage(observed, 'data') ?? waitForStorage(observed, 'backup');
}

function waitForStorage(observed: Observed, role: StorageRole): Decision | undefined {
  const storage = observed[role];
  const { claim } = storage;
  const name = role === 'data' ? `${observed.name}-pvc` : `backup-${observed.name}-pvc`;
  const waiting = (reason: string, message: string): Decision => ({
    progress: 'Reconciling',
    reason,
    message,
    actions: [],
  });
  if (!claim) return waiting('ClaimMissing', `waits for the claim ${name}; apply the rendered manifests`);
  if (claim.deleting) return waiting('ClaimDeleting', `waits until the claim ${name}, which is being deleted, is gone`);
  const [kept] = keptVolumes(storage);
  if (kept) return useKeptVolume(role, claim, kept, boundVolume(storage));
  if (claim.phase === 'Bound') return undefined;
  return waiting('ClaimPending', `waits until the claim ${name} is bound to a volume`);
}

/** Another volume holds the data. It is never left aside: the claim is made again for it, or people are told. */
function useKeptVolume(
  role: StorageRole,
  claim: ObservedClaim,
  kept: ObservedVolume,
  bound: ObservedVolume | undefined,
): Decision {
  if (claim.phase === 'Pending' && claim.className === kept.className && claim.requested <= kept.capacity) {
    const message = `waits until the claim ${claim.name} is bound to the volume ${kept.name}, which holds its data`;
    return { progress: 'Reconciling', reason: 'ClaimPending', message, actions: [] };
  }
  const stalled = { progress: 'Stalled', reason: 'RetainedVolumeNotBound' } as const;
  if (claim.className !== kept.className) {
    const field = role === 'data' ? 'spec.storage.className' : 'spec.backup.className';
    const message = `the volume ${kept.name} holds the data and has the class "${kept.className}"; put ${field}: ${kept.className} into git`;
    return { ...stalled, message, actions: [] };
  }
  if (bound && bound.resourceUid !== '') {
    const message = `the claim ${claim.name} is bound to ${bound.name}, but ${kept.name} holds data of the same name; decide which one to keep and delete the other claim or volume`;
    return { ...stalled, message, actions: [] };
  }
  const message = `makes the claim ${claim.name} again for the volume ${kept.name}, which holds its data`;
  return { ...stalled, message, actions: [{ kind: 'delete-claim', role, uid: claim.uid }] };
}

/**
 * Tells whether a volume can hold nothing yet: it was made for this claim, and the claim for this resource. Everything else
 * is looked at by the restore Job before a server may start.
 */
export function isProvablyNew({ resource, passwords }: Observed, storage: ObservedStorage): boolean {
  const { claim } = storage;
  const volume = boundVolume(storage);
  if (!resource || !claim || !volume) return false;
  return [
    volume.provisioned,
    volume.name.endsWith(claim.uid),
    volume.createdAt >= claim.createdAt,
    claim.createdAt >= resource.createdAt,
    !claim.hasDataSource,
    resource.status.server === undefined,
    !passwords.hasActive,
    volume.resourceUid === '' || volume.resourceUid === resource.uid,
  ].every(Boolean);
}

/**
 * The volume that holds the resource's data or backups: the one that carries its uid, else the one that is bound. After
 * the final backup a bound volume that does not carry it is somebody else's.
 */
export function ownVolume({ resource, data }: Observed, storage: ObservedStorage): ObservedVolume | undefined {
  const marked = storage.volumes.find(({ resourceUid, finished }) => resourceUid === resource?.uid && !finished);
  const isSaved = storage === data && (resource?.status.backedUpVolume ?? '') !== '';
  return marked ?? (isSaved ? undefined : boundVolume(storage));
}
