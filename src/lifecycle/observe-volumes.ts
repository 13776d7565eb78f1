// Reads the storage of a resource: of a living one as watches have told, of any other all that bears its name.

import { childNames } from '../api/names.ts';
import { KINDS, type NamespacedKey } from '../cluster/kinds.ts';
import type { Objects } from '../cluster/objects.ts';
import type { StorageRole } from './actions.ts';
import { observeStorage, type VolumesOf } from './observe-storage.ts';
import type { Observed, ObservedStorage, Time } from './observed.ts';
import { isDeleted, type Core } from './plan-look.ts';
import type { Reading } from './read-ahead.ts';
import type { StoredStatus } from './status.ts';
import { boundVolume } from './volumes.ts';

interface VolumeContext {
  readonly objects: Objects;
  readonly volumesOf?: VolumesOf;
}

/** Reads both claims of a resource. */
export async function readClaims({ namespace, name }: NamespacedKey, objects: Objects): Promise<Core['claims']> {
  const { dataClaim, backupClaim } = childNames(name);
  const [data, backup] = await Promise.all(
    [dataClaim, backupClaim].map((claim) => objects.find(KINDS.PersistentVolumeClaim, { namespace, name: claim })),
  );
  return { data, backup };
}

/**
 * Reads claims and volumes.
 *
 * @param told empty for a look at everything
 */
export async function readStorage(
  key: NamespacedKey,
  { live, quick }: Reading,
  told: Partial<VolumeContext>,
  core: Core,
): ReturnType<typeof observeVolumes> {
  const isQuick = told.objects !== undefined && core.resource !== undefined && !isDeleted(core.resource);
  if (isQuick || quick === live) return observeVolumes(key, { ...told, objects: quick }, core);
  // A watch had told of a living resource behind its gate, and that is not what is there.
  return observeVolumes(key, { ...told, objects: live }, { ...core, claims: await readClaims(key, live) });
}

async function observeVolumes(
  { namespace, name }: NamespacedKey,
  { objects, volumesOf = () => undefined }: VolumeContext,
  { resource, claims }: Core,
): Promise<Pick<Observed, StorageRole | 'mayTouchVolumes'>> {
  const names = childNames(name);
  const resourceUid = resource?.metadata.uid ?? '';
  const read = async (role: StorageRole, claim: string): Promise<StorageLook> => {
    const at = { namespace, name: claim };
    const look = await observeStorage({ objects, volumesOf, resourceUid }, at, claims[role]);
    if (!isDeleted(resource) || isSettled(look.storage, resourceUid)) return look;
    return observeStorage({ objects, volumesOf: () => undefined, resourceUid }, at, claims[role]);
  };
  const [data, backup] = await Promise.all([read('data', names.dataClaim), read('backup', names.backupClaim)]);
  return { data: data.storage, backup: backup.storage, mayTouchVolumes: data.mayRead && backup.mayRead };
}

type StorageLook = Awaited<ReturnType<typeof observeStorage>>;

/**
 * The claim is bound, both ways, to a retained volume that bears the resource's mark: where its data is needs no search. Any
 * other volume of the name is left as it is by what follows. Without that all volumes are looked through at a deletion.
 */
function isSettled(storage: ObservedStorage, resourceUid: string): boolean {
  const volume = boundVolume(storage);
  const isBound = volume?.phase === 'Bound' && volume.claimUid === storage.claim?.uid && volume.policy === 'Retain';
  return isBound && volume.resourceUid === resourceUid && !volume.finished;
}

/** Since when a right is missing that was there: by what an earlier round wrote down, else by what this process could read before. */
export function lostSince(
  { namespace, name }: NamespacedKey,
  { volumesOf, now }: { readonly volumesOf?: VolumesOf; readonly now: Time },
  { status: { volumes }, mayTouchVolumes }: { readonly status: StoredStatus; readonly mayTouchVolumes: boolean },
): Time | undefined {
  if (mayTouchVolumes) return undefined;
  if (volumes.lostSince !== undefined) return volumes.lostSince;
  const couldRead = volumesOf?.({ namespace, name: childNames(name).dataClaim }) !== undefined;
  return volumes.areKept || couldRead ? now : undefined;
}
