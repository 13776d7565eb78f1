// Invariant 2, "Retained": which volume belongs to a claim, and what must happen before it may be used.

import type { Action } from './actions.ts';
import type { Observed, ObservedClaim, ObservedResource, ObservedStorage, ObservedVolume } from './observed.ts';

/** What people can do where the watcher may not change volumes. */
export const PROTECT_VOLUMES = 'Give it the right (kubectl mysql install --protect-volumes)';

/** What becomes of the volumes of a namespace that ends; nothing but their policy can keep them. */
export function tellNamespaceEnd({ mayTouchVolumes }: Observed): string {
  const fate = mayTouchVolumes
    ? 'the volumes are kept for a resource of the same name'
    : 'the volumes go with it, unless their class keeps them: the watcher may not change volumes';
  return `the namespace is being deleted; ${fate}`;
}

/** The volume that a claim is bound to. */
export function boundVolume({ claim, volumes }: ObservedStorage): ObservedVolume | undefined {
  return claim?.volumeName === '' ? undefined : volumes.find(({ name }) => name === claim?.volumeName);
}

/** The claim is bound to a volume that was not seen: it was bound a moment ago. Nothing is known about it yet. */
export function isVolumeUnseen(storage: ObservedStorage): boolean {
  return storage.claim?.phase === 'Bound' && boundVolume(storage) === undefined;
}

/** Volumes that hold, or may hold, data of this name and are not bound to its claim now. */
export function keptVolumes({ claim, volumes }: ObservedStorage): ObservedVolume[] {
  return volumes.filter(
    (volume) =>
      !volume.finished &&
      volume.policy === 'Retain' &&
      volume.name !== claim?.volumeName &&
      volume.phase !== 'Failed' &&
      !isStrayVolume(volume, volumes),
  );
}

/** Where one volume is known to hold the data, another without our mark was never let in. It stays, and is nobody's. */
function isStrayVolume({ resourceUid }: ObservedVolume, volumes: readonly ObservedVolume[]): boolean {
  const holdsData = ({ resourceUid: owner, finished, policy, phase }: ObservedVolume): boolean =>
    owner !== '' && !finished && policy === 'Retain' && phase !== 'Failed';
  return resourceUid === '' && volumes.some(holdsData);
}

/** A volume whose claim is gone is given back to the next claim of its name, whoever makes it. */
export function reserveActions({ resource, data, backup }: Observed): Action[] {
  return [data, backup].flatMap((storage) =>
    storage.volumes
      .filter((volume) => volume.phase === 'Released' && !volume.finished && volume.policy === 'Retain')
      .filter((volume) => volume.claimUid !== '' && volume.claimUid !== storage.claim?.uid)
      .filter((volume) => !isStrayVolume(volume, storage.volumes))
      // Without the resource only our own mark tells that a volume is not somebody else's.
      .filter((volume) => (resource ? !isGivenUp(resource, volume, storage === backup) : volume.resourceUid !== ''))
      .map(({ name, claimUid }): Action => ({ kind: 'reserve-volume', volume: name, claimUid })),
  );
}

/** Bound volumes that a deleted claim or namespace would still take along, and those of a living resource we were done with. */
export function retainActions({ resource, data, backup, mayTouchVolumes }: Observed): Action[] {
  if (!mayTouchVolumes) return [];
  const isDying = resource?.deletedAt !== undefined;
  return [data, backup].flatMap((storage) => {
    const volume = boundVolume(storage);
    if (!volume || (volume.finished && isDying)) return [];
    if (volume.policy === 'Retain' && volume.resourceUid !== '' && !volume.finished) return [];
    return [{ kind: 'retain-volume', volume: volume.name, uid: volume.uid } satisfies Action];
  });
}

/** Volumes of an earlier resource, which are this one's as soon as its server may use them. */
export function adoptActions({ resource, data, backup, mayTouchVolumes }: Observed): Action[] {
  if (!mayTouchVolumes) return [];
  return [data, backup].flatMap((storage) => {
    const volume = boundVolume(storage);
    if (!volume || volume.resourceUid === resource?.uid) return [];
    return [{ kind: 'adopt-volume', volume: volume.name, uid: volume.uid } satisfies Action];
  });
}

/** The volume was provisioned, empty, for this very claim. */
export function isMadeFor(volume: ObservedVolume, claim: ObservedClaim): boolean {
  const isNamed = volume.provisioned && volume.name.endsWith(claim.uid);
  return isNamed && volume.createdAt >= claim.createdAt && !claim.hasDataSource;
}

/**
 * Tells whether a volume can hold nothing yet: it was made for this claim, and the claim for this resource. Everything else
 * is looked at by the restore Job before a server may start. NAME-active is a sign that a server may have run, unless it was
 * made for these very claims.
 */
export function isProvablyNew({ resource, passwords }: Observed, storage: ObservedStorage): boolean {
  const { claim } = storage;
  const volume = boundVolume(storage);
  if (!resource || !claim || !volume) return false;
  return [
    isMadeFor(volume, claim),
    claim.createdAt >= resource.createdAt,
    resource.status.server === undefined,
    !passwords.hasActive || passwords.newClaims.includes(claim.uid),
    volume.resourceUid === '' || volume.resourceUid === resource.uid,
  ].every(Boolean);
}

/**
 * The volume that holds the resource's data or backups: the one that carries its uid, else the one that is bound. After
 * the final backup a bound volume that does not carry it is somebody else's.
 */
export function ownVolume({ resource, data }: Observed, storage: ObservedStorage): ObservedVolume | undefined {
  const isMarked = ({ resourceUid, finished }: ObservedVolume): boolean => resourceUid === resource?.uid && !finished;
  const bound = boundVolume(storage);
  // Of several the one that is bound is the one that the server had.
  const marked = bound && isMarked(bound) ? bound : storage.volumes.find(isMarked);
  const isSaved = storage === data && (resource?.status.backedUpVolume ?? '') !== '';
  return marked ?? (isSaved ? undefined : bound);
}

/**
 * A server of the resource may have used the volume, or it is younger than the resource. Any other one was there before, and
 * may hold what somebody else has put there under this name.
 */
function isOfResource({ status, createdAt }: ObservedResource, volume: ObservedVolume): boolean {
  return status.server !== undefined || status.gateOpenedAt !== undefined || volume.createdAt >= createdAt;
}

/** The data on a volume of a deleted resource is backed up, or nobody wants it. */
export function isGivenUp(resource: ObservedResource, volume: ObservedVolume, isBackup: boolean): boolean {
  const { deletedAt, deletionPolicy, status, skipFinalBackup, uid } = resource;
  if (deletedAt === undefined || deletionPolicy === 'Retain') return false;
  const isOwn = volume.resourceUid === uid && isOfResource(resource, volume);
  if (deletionPolicy === 'Delete') return isOwn;
  if (isBackup) return false;
  return status.backedUpVolume === volume.uid || (skipFinalBackup && status.skipRecorded && isOwn);
}
