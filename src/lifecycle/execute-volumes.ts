// What the watcher changes on a volume: its marks, its policy, and for whose claim it is kept. Volumes are told apart by uid;
// names.ts says what each annotation means.

import {
  FINISHED_ANNOTATION,
  ORIGINAL_POLICY_ANNOTATION,
  RESOURCE_UID_ANNOTATION,
  RETAINED_AT_ANNOTATION,
} from '../api/names.ts';
import { KINDS } from '../cluster/kinds.ts';
import type { Objects } from '../cluster/objects.ts';
import type { Action } from './actions.ts';
import type { Observation } from './observe.ts';
import { boundVolume } from './volumes.ts';

type VolumeAction = 'retain-volume' | 'adopt-volume' | 'set-aside-volume' | 'reserve-volume' | 'finish-volume';

type VolumeHandlers = {
  readonly [K in VolumeAction]: (action: Extract<Action, { kind: K }>) => Promise<unknown>;
};

/** @param context with the time in ISO 8601 */
export function createVolumeHandlers(
  { resource, observed }: Observation,
  { objects, now }: { readonly objects: Objects; readonly now: string },
): VolumeHandlers {
  const uid = resource?.metadata.uid ?? '';
  const mark = (volume: string, volumeUid: string, annotations: object, spec: object = {}): Promise<unknown> => {
    const body = { metadata: { annotations }, spec };
    return objects.patch(KINDS.PersistentVolume, { name: volume }, { kind: 'merge', body }, { uid: volumeUid });
  };
  return {
    'retain-volume': ({ volume, uid: volumeUid }) => {
      const { policy = 'Delete', resourceUid = '' } =
        [observed.data, observed.backup].map(boundVolume).find((found) => found?.name === volume) ?? {};
      // One that is marked already keeps what is known about it, although somebody has changed its policy.
      const marks =
        resourceUid === ''
          ? { [RESOURCE_UID_ANNOTATION]: uid, [RETAINED_AT_ANNOTATION]: now, [ORIGINAL_POLICY_ANNOTATION]: policy }
          : {};
      const inUse = { [FINISHED_ANNOTATION]: null };
      return mark(volume, volumeUid, { ...marks, ...inUse }, { persistentVolumeReclaimPolicy: 'Retain' });
    },
    'adopt-volume': ({ volume, uid: volumeUid }) => mark(volume, volumeUid, { [RESOURCE_UID_ANNOTATION]: uid }),
    'set-aside-volume': ({ volume, uid: volumeUid }) =>
      mark(volume, volumeUid, { [FINISHED_ANNOTATION]: now }, { persistentVolumeReclaimPolicy: 'Retain' }),
    'reserve-volume': ({ volume, claimUid }) => reserveVolume(objects, volume, claimUid),
    'finish-volume': async ({ volume, uid: volumeUid }) => {
      const { metadata, status } = await objects.get(KINDS.PersistentVolume, { name: volume });
      const policy = metadata.annotations?.[ORIGINAL_POLICY_ANNOTATION] ?? 'Retain';
      const spec = { persistentVolumeReclaimPolicy: policy, ...unreserve(status?.phase, uid) };
      await mark(volume, volumeUid, { [FINISHED_ANNOTATION]: now }, spec);
    },
  };
}

/** Without the uid of the claim that is gone, the volume waits for the next claim of that name. */
async function reserveVolume(objects: Objects, name: string, claimUid: string): Promise<void> {
  const { metadata, spec } = await objects.get(KINDS.PersistentVolume, { name });
  if (spec?.claimRef?.uid !== claimUid) return;
  const body = { spec: { claimRef: { uid: null, resourceVersion: null } } };
  const { uid, resourceVersion } = metadata;
  await objects.patch(KINDS.PersistentVolume, { name }, { kind: 'merge', body }, { uid, resourceVersion });
}

/**
 * A volume that was reserved would go to the next claim of its name. Named for a claim that there never was, it counts as
 * released, and its own policy says what becomes of it.
 */
function unreserve(phase: string | undefined, uid: string): object {
  return phase === 'Available' ? { claimRef: { uid } } : {};
}
