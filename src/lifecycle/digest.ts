// What of an object a decision can depend on, as a number that differs when that does. An update that leaves it as it was is
// no news: most of them are echoes of what the watcher wrote itself, and heartbeats of others. Pure.
//
// What the watcher itself never writes stands apart: when that has changed, an edit of somebody came before our own write,
// and the word of it may have been lost.

import { RESET_PASSWORD_ANNOTATION, ROTATE_NOW_ANNOTATION, SKIP_BACKUP_ANNOTATION } from '../api/names.ts';
import type { Job, PersistentVolume, PersistentVolumeClaim, Pod, StoredObject } from '../cluster/types.ts';

interface Parts {
  readonly theirs: readonly unknown[];
  /** What our writes change, too. */
  readonly both?: readonly unknown[];
  /** That it is being deleted matters before it is gone; true by default. */
  readonly isEndNews?: boolean;
  /** Nothing can depend on it yet: that it came is no news, what becomes of it is. */
  readonly isBlank?: boolean;
}

type Digest = (object: StoredObject) => Parts;

/** Kinds that are not here are news with every version. */
const DIGESTS: Readonly<Record<string, Digest>> = {
  MySQL: ({ metadata: { generation, finalizers, annotations = {} } }) => ({
    theirs: [
      generation,
      ...[RESET_PASSWORD_ANNOTATION, ROTATE_NOW_ANNOTATION, SKIP_BACKUP_ANNOTATION].map((name) => annotations[name]),
    ],
    both: [finalizers],
  }),
  PersistentVolumeClaim: (object) => {
    const { spec, status } = object as PersistentVolumeClaim;
    return { theirs: [spec?.volumeName, spec?.resources?.requests, status?.phase] };
  },
  PersistentVolume: (object) => {
    const { spec, status, metadata } = object as PersistentVolume;
    const { claimRef: { namespace, name, uid } = {}, capacity, persistentVolumeReclaimPolicy } = spec ?? {};
    return {
      theirs: [namespace, name, capacity, status?.phase],
      both: [uid, persistentVolumeReclaimPolicy, metadata.annotations],
    };
  },
  Pod: (object) => {
    const { spec, status = {} } = object as Pod;
    const { phase, conditions = [], initContainerStatuses = [], containerStatuses = [] } = status;
    const states = [...initContainerStatuses, ...containerStatuses].map(({ state, lastState }) => [state, lastState]);
    const isBlank = spec?.nodeName === undefined && conditions.length === 0;
    const theirs = [spec?.nodeName, phase, conditions.map(({ type, status: holds }) => [type, holds]), states];
    return { theirs, isBlank };
  },
  Job: (object) => ({ theirs: [(object as Job).status?.conditions?.map(({ type, status }) => [type, status])] }),
  // What its end means is told by its pod.
  StatefulSet: () => ({ theirs: [], isEndNews: false }),
};

export interface ObjectDigest {
  readonly theirs: number;
  readonly both: number;
  readonly isBlank: boolean;
}

/** Nothing in it; one for all of them. */
const EMPTY = hash('[]');

/** Undefined where every version is news. */
export function digestOf(object: StoredObject): ObjectDigest | undefined {
  const parts = DIGESTS[object.kind]?.(object);
  if (!parts) return undefined;
  const { theirs, both, isEndNews = true, isBlank = false } = parts;
  const end = isEndNews ? object.metadata.deletionTimestamp : undefined;
  return { theirs: hashOf([end, ...theirs]), both: both ? hashOf(both) : EMPTY, isBlank };
}

function hashOf(parts: readonly unknown[]): number {
  return hash(JSON.stringify(parts));
}

/** FNV-1a: there are ten such numbers for each resource, and their texts would be most of what a watcher holds. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value | 0;
}
