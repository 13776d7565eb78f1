// What the reflectors keep of an object: enough to know which resource it belongs to and that it changed. Everything else,
// values of Secrets before all, is dropped when it comes in; decisions are made on live reads.

import { FINALIZER, RESOURCE_LABEL, RESOURCE_UID_ANNOTATION } from '../api/names.ts';
import type { MySQLSpec } from '../api/resource.ts';
import type { StoredMySQL } from '../cluster/kinds.ts';
import type { PersistentVolume, StoredMetadata, StoredObject } from '../cluster/types.ts';
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

/** Of a volume also whose claim it belongs to, and whether it holds data of a resource. */
export function keepVolume(volume: PersistentVolume): PersistentVolume {
  const { namespace = '', name = '', uid } = volume.spec?.claimRef ?? {};
  const claimRef = { namespace, name, ...(uid === undefined ? {} : { uid }) };
  const { apiVersion, kind, metadata } = keepIdentity(volume);
  const mark = volume.metadata.annotations?.[RESOURCE_UID_ANNOTATION];
  const annotations = mark === undefined ? {} : { annotations: { [RESOURCE_UID_ANNOTATION]: mark } };
  return { apiVersion, kind, metadata: { ...metadata, ...annotations }, spec: { claimRef }, status: undefined };
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
