// Reads the claims of a resource and every volume that names them.

import { FINISHED_ANNOTATION, RESOURCE_UID_ANNOTATION, RETAINED_AT_ANNOTATION } from '../api/names.ts';
import { KINDS, idOf, type NamespacedKey } from '../cluster/kinds.ts';
import type { Objects } from '../cluster/objects.ts';
import { isClusterError } from '../cluster/errors.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../cluster/types.ts';
import { parseQuantity } from '../parse/quantity.ts';
import { PROVISIONED_BY } from './cached.ts';
import type { ObservedClaim, ObservedStorage, ObservedVolume } from './observed.ts';

/** Names the volumes that name a claim, as a watch has told; undefined where that is not known. */
export type VolumesOf = (claim: NamespacedKey) => readonly string[] | undefined;

/** How the volumes of a claim are read. */
export interface VolumeReading {
  readonly objects: Objects;
  readonly volumesOf: VolumesOf;
  readonly resourceUid: string;
}

/** Where the watcher may not read volumes. */
const FORBIDDEN = Symbol('forbidden');

/**
 * Finds the volumes of a claim, live: the one that it is bound to, and those that name it. Which ones name it a watch has
 * told; without it all volumes of the cluster are looked through.
 *
 * @returns the claim with its volumes, and whether they may be read
 */
export async function observeStorage(
  reading: VolumeReading,
  key: NamespacedKey,
  claim: PersistentVolumeClaim | undefined,
): Promise<{ readonly storage: ObservedStorage; readonly mayRead: boolean }> {
  const volumes = await readVolumes(reading, key, claim);
  const seen = claim && toClaim(claim);
  if (volumes === FORBIDDEN) return { storage: withoutVolumes(seen, reading.resourceUid), mayRead: false };
  const index = indexVolumes(volumes);
  const named = new Set([
    ...(index.byClaim.get(idOf(key)) ?? []),
    ...(index.byName.get(claim?.spec?.volumeName ?? '') ?? []),
  ]);
  return { storage: { claim: seen, volumes: [...named].map(toVolume) }, mayRead: true };
}

interface VolumesBy {
  readonly byClaim: ReadonlyMap<string, readonly PersistentVolume[]>;
  readonly byName: ReadonlyMap<string, readonly PersistentVolume[]>;
}

/** Many resources look for theirs in one list of all volumes of the cluster. */
const INDEXES = new WeakMap<readonly PersistentVolume[], VolumesBy>();

function indexVolumes(volumes: readonly PersistentVolume[]): VolumesBy {
  const known = INDEXES.get(volumes);
  if (known) return known;
  const index = {
    byClaim: groupBy(volumes, ({ spec: { claimRef } = {} }) => idOf({ ...claimRef, name: claimRef?.name ?? '' })),
    byName: groupBy(volumes, ({ metadata }) => metadata.name),
  };
  INDEXES.set(volumes, index);
  return index;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

async function readVolumes(
  { objects, volumesOf }: VolumeReading,
  key: NamespacedKey,
  claim: PersistentVolumeClaim | undefined,
): Promise<readonly PersistentVolume[] | typeof FORBIDDEN> {
  const known = volumesOf(key);
  try {
    if (!known) return (await objects.list(KINDS.PersistentVolume)).items;
    const names = new Set([...known, claim?.spec?.volumeName ?? ''].filter((name) => name !== ''));
    const found = await Promise.all([...names].map((name) => objects.find(KINDS.PersistentVolume, { name })));
    return found.filter((volume) => volume !== undefined);
  } catch (error) {
    if (isClusterError(error, 'Forbidden')) return FORBIDDEN;
    throw error;
  }
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

/** A claim as a decision sees it. */
export function toClaim({ metadata, spec = {}, status = {} }: PersistentVolumeClaim): ObservedClaim {
  const { volumeName = '', storageClassName = '', resources, dataSource, dataSourceRef } = spec;
  return {
    name: metadata.name,
    uid: metadata.uid,
    createdAt: Date.parse(metadata.creationTimestamp),
    deleting: metadata.deletionTimestamp !== undefined,
    deletingSince: metadata.deletionTimestamp === undefined ? undefined : Date.parse(metadata.deletionTimestamp),
    phase: (status.phase ?? 'Pending') as ObservedClaim['phase'],
    volumeName,
    className: storageClassName,
    requested: bytes(resources?.requests?.['storage']),
    hasDataSource: (dataSource ?? dataSourceRef) !== undefined,
  };
}

/** A volume as a decision sees it. */
export function toVolume({ metadata, spec = {}, status = {} }: PersistentVolume): ObservedVolume {
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
