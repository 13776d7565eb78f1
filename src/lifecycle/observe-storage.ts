// Reads the claims of a resource and every volume that names them.

import { FINISHED_ANNOTATION, RESOURCE_UID_ANNOTATION, RETAINED_AT_ANNOTATION } from '../api/names.ts';
import { KINDS } from '../cluster/kinds.ts';
import type { Objects } from '../cluster/objects.ts';
import { isClusterError } from '../cluster/errors.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../cluster/types.ts';
import { parseQuantity } from '../parse/quantity.ts';
import type { ObservedClaim, ObservedStorage, ObservedVolume } from './observed.ts';

const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';

/** All volumes of the cluster; undefined where the watcher may not read them. */
export async function readVolumes(objects: Objects): Promise<readonly PersistentVolume[] | undefined> {
  try {
    return (await objects.list(KINDS.PersistentVolume)).items;
  } catch (error) {
    if (isClusterError(error, 'Forbidden')) return undefined;
    throw error;
  }
}

/**
 * Reads one claim, live, and finds its volumes.
 *
 * @param volumes all of the cluster; undefined where they may not be read
 */
export async function observeStorage(
  objects: Objects,
  key: { readonly namespace: string; readonly name: string },
  volumes: readonly PersistentVolume[] | undefined,
  resourceUid: string,
): Promise<ObservedStorage> {
  const claim = await objects.find(KINDS.PersistentVolumeClaim, key);
  if (!volumes) return withoutVolumes(claim && toClaim(claim), resourceUid);
  const named = volumes.filter(({ metadata, spec }) => {
    const reference = spec?.claimRef;
    const isNamed = reference?.namespace === key.namespace && reference.name === key.name;
    return isNamed || metadata.name === claim?.spec?.volumeName;
  });
  return { claim: claim && toClaim(claim), volumes: named.map(toVolume) };
}

/** Where volumes may not be read, all that is known of one is that the claim is bound to it. */
function withoutVolumes(claim: ObservedClaim | undefined, resourceUid: string): ObservedStorage {
  if (claim?.phase !== 'Bound') return { claim, volumes: [] };
  const { volumeName: name, uid: claimUid, className, requested: capacity, createdAt } = claim;
  const marks = { provisioned: false, resourceUid, retainedAt: '', finished: false };
  const bound = {
    name,
    uid: name,
    createdAt,
    phase: 'Bound',
    phaseSince: createdAt,
    policy: 'Delete',
    className,
    capacity,
    claimUid,
  } as const;
  return { claim, volumes: [{ ...bound, ...marks }] };
}

function toClaim({ metadata, spec = {}, status = {} }: PersistentVolumeClaim): ObservedClaim {
  const { volumeName = '', storageClassName = '', resources, dataSource, dataSourceRef } = spec;
  return {
    name: metadata.name,
    uid: metadata.uid,
    createdAt: Date.parse(metadata.creationTimestamp),
    deleting: metadata.deletionTimestamp !== undefined,
    phase: (status.phase ?? 'Pending') as ObservedClaim['phase'],
    volumeName,
    className: storageClassName,
    requested: bytes(resources?.requests?.['storage']),
    hasDataSource: (dataSource ?? dataSourceRef) !== undefined,
  };
}

function toVolume({ metadata, spec = {}, status = {} }: PersistentVolume): ObservedVolume {
  const { phase = 'Pending', lastPhaseTransitionTime = metadata.creationTimestamp } = status;
  const { persistentVolumeReclaimPolicy = 'Delete', storageClassName = '', capacity = {}, claimRef = {} } = spec;
  const { uid: claimUid = '' } = claimRef;
  return {
    name: metadata.name,
    uid: metadata.uid,
    createdAt: Date.parse(metadata.creationTimestamp),
    phase: phase as ObservedVolume['phase'],
    phaseSince: Date.parse(lastPhaseTransitionTime),
    policy: persistentVolumeReclaimPolicy as ObservedVolume['policy'],
    className: storageClassName,
    capacity: bytes(capacity['storage']),
    claimUid,
    ...readMarks(metadata.annotations),
  };
}

function readMarks(
  annotations: Readonly<Record<string, string>> = {},
): Pick<ObservedVolume, 'provisioned' | 'resourceUid' | 'retainedAt' | 'finished'> {
  return {
    provisioned: PROVISIONED_BY in annotations,
    resourceUid: annotations[RESOURCE_UID_ANNOTATION] ?? '',
    retainedAt: annotations[RETAINED_AT_ANNOTATION] ?? '',
    finished: FINISHED_ANNOTATION in annotations,
  };
}

function bytes(quantity = '0'): number {
  return Number((parseQuantity(quantity)?.nanos ?? 0n) / 1_000_000_000n);
}
