// What the reflectors keep of an object: enough to know which resource it belongs to and that it changed. Everything else,
// values of Secrets before all, is dropped when it comes in; decisions are made on live reads. Of claims and volumes so much
// is kept that a quick look at a resource that lives needs not read them.

import {
  FINALIZER,
  FINISHED_ANNOTATION,
  RESOURCE_LABEL,
  RESOURCE_UID_ANNOTATION,
  RETAINED_AT_ANNOTATION,
  childNames,
} from '../api/names.ts';
import type { MySQLSpec } from '../api/resource.ts';
import type { StoredMySQL } from '../cluster/kinds.ts';
import type { PersistentVolume, PersistentVolumeClaim, Pod, StoredMetadata, StoredObject } from '../cluster/types.ts';
import { claimsOfPod } from './claim-index.ts';
import type { Time } from './observed.ts';

/** A resource for metrics. */
export interface KnownResource {
  readonly namespace: string;
  readonly name: string;
  readonly lastBackupAt: Time | undefined;
  /** Since when it waits for our finalizer; undefined when it does not. */
  readonly pendingSince: Time | undefined;
}

/** Keeps who an object is, and whose. */
export function keepIdentity<T extends StoredObject>({ apiVersion, kind, metadata }: T): T {
  const owner = metadata.labels?.[RESOURCE_LABEL];
  const kept: StoredObject = {
    apiVersion,
    kind,
    metadata: {
      ...identityOf(metadata),
      ...(owner === undefined ? {} : { labels: { [RESOURCE_LABEL]: owner } }),
    },
  };
  // The rest of the type is what nobody reads from a cache.
  return kept as T;
}

/** Of a pod also the claims that its label does not lead to: all but those of the resource whose name it bears. */
export function keepPod(pod: Pod): Pod {
  const kept = keepIdentity(pod);
  const owner = pod.metadata.labels?.[RESOURCE_LABEL] ?? '';
  const { dataClaim, backupClaim } = childNames(owner);
  const strange = claimsOfPod(pod).filter(({ name }) => name !== dataClaim && name !== backupClaim);
  if (strange.length === 0) return kept;
  const volumes = strange.map(({ name: claimName }) => ({ name: claimName, persistentVolumeClaim: { claimName } }));
  return { ...kept, spec: { containers: [], volumes } };
}

/** Of a claim also what a quick look at a living resource asks for. */
export function keepClaim(claim: PersistentVolumeClaim): PersistentVolumeClaim {
  const { spec = {}, status = {}, metadata } = claim;
  const { volumeName, storageClassName, resources, dataSource, dataSourceRef = dataSource } = spec;
  const { creationTimestamp, deletionTimestamp } = metadata;
  const kept = keepIdentity(claim);
  const requests = resources?.requests;
  return {
    ...kept,
    metadata: withoutEmpty({ ...kept.metadata, creationTimestamp, deletionTimestamp }),
    spec: withoutEmpty({ volumeName, storageClassName, resources: requests && { requests }, dataSourceRef }),
    status: withoutEmpty({ phase: status.phase }),
  };
}

/** Of a volume also whose claim it belongs to, whether it holds data of a resource, and what a quick look asks for. */
export function keepVolume(volume: PersistentVolume): PersistentVolume {
  const { spec = {}, status = {}, metadata } = volume;
  const { namespace = '', name = '', uid } = spec.claimRef ?? {};
  const { capacity, persistentVolumeReclaimPolicy, storageClassName } = spec;
  const { phase, lastPhaseTransitionTime } = status;
  const kept = keepIdentity(volume);
  const marks = Object.entries(metadata.annotations ?? {}).filter(([mark]) => MARKS.has(mark));
  const annotations = marks.length === 0 ? {} : { annotations: Object.fromEntries(marks) };
  const claimRef = { namespace, name, ...(uid === undefined ? {} : { uid }) };
  return {
    ...kept,
    metadata: { ...kept.metadata, creationTimestamp: metadata.creationTimestamp, ...annotations },
    spec: withoutEmpty({ claimRef, capacity, persistentVolumeReclaimPolicy, storageClassName }),
    status: withoutEmpty({ phase, lastPhaseTransitionTime }),
  };
}

/** Who made it, and for which claim; Kubernetes' own. */
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';

/** Annotations that a look at a volume reads. */
const MARKS = new Set([RESOURCE_UID_ANNOTATION, RETAINED_AT_ANNOTATION, FINISHED_ANNOTATION, PROVISIONED_BY]);

/** Without the members that are undefined. */
function withoutEmpty<T extends object>(object: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]: [string, unknown]) => value !== undefined)) as T;
}

/** Of a resource also what metrics tell, and the Secret that it names. */
export function keepResource({ apiVersion, kind, metadata, spec, status }: StoredMySQL): StoredMySQL {
  const { deletionTimestamp, finalizers } = metadata;
  const { passwordSecretRef } = spec as Partial<MySQLSpec>;
  const { lastBackup } = status ?? {};
  const kept = {
    apiVersion,
    kind,
    metadata: {
      ...identityOf(metadata),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      ...(finalizers?.includes(FINALIZER) ? { finalizers: [FINALIZER] } : {}),
    },
    spec: passwordSecretRef === undefined ? {} : { passwordSecretRef },
    ...(lastBackup === undefined ? {} : { status: { lastBackup } }),
  };
  return kept as object as StoredMySQL;
}

/** Nobody asks a copy for its age. */
function identityOf({ name, namespace, uid, resourceVersion }: StoredMetadata): StoredMetadata {
  return { name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion, creationTimestamp: '' };
}

/** What metrics tell about a resource. */
export function describeResource({ metadata, status }: StoredMySQL): KnownResource {
  const { name, namespace = '', deletionTimestamp, finalizers } = metadata;
  const { time } = (status?.['lastBackup'] ?? {}) as { readonly time?: unknown };
  const isPending = deletionTimestamp !== undefined && finalizers !== undefined;
  return {
    namespace,
    name,
    lastBackupAt: readTime(time),
    pendingSince: isPending ? readTime(deletionTimestamp) : undefined,
  };
}

function readTime(text: unknown): Time | undefined {
  const time = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
