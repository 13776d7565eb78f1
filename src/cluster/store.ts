// The objects of a reflector, and what changes among them. An object is its uid: one of the same name with another uid is
// another object, whose predecessor was deleted.

import { LAST_APPLIED_ANNOTATION } from '../api/names.ts';
import { KeyMap } from './key-map.ts';
import type { ObjectKey } from './kinds.ts';
import type { StoredObject } from './types.ts';

/** What happened to an object. */
export type Change<T> =
  | { readonly kind: 'added'; readonly object: T }
  | { readonly kind: 'updated'; readonly object: T; readonly previous: T }
  | { readonly kind: 'deleted'; readonly object: T };

export interface Store<T> {
  readonly get: (key: ObjectKey) => T | undefined;
  readonly list: () => readonly T[];
  /** Ignored for what is older than the stored one. */
  readonly put: (object: T) => void;
  /** Ignored for an object that is not the stored one. */
  readonly delete: (object: T) => void;
  /** Makes the store equal to a list, whatever it held. */
  readonly replace: (objects: readonly T[]) => void;
}

/** @param onChange is called after the store has changed */
export function createStore<T extends StoredObject>(onChange: (change: Change<T>) => void): Store<T> {
  const objects = new KeyMap<T>();
  // Since the last list, with the version of the deletion: what is told of an earlier one was told late. A later one is of an
  // object that a selector did not match for a while.
  const deletedUids = new Map<string, number>();

  function set(object: T): void {
    const previous = objects.get(object.metadata);
    objects.set(object.metadata, object);
    if (previous?.metadata.uid === object.metadata.uid) {
      onChange({ kind: 'updated', object, previous });
      return;
    }
    if (previous) {
      deletedUids.set(previous.metadata.uid, Infinity);
      onChange({ kind: 'deleted', object: previous });
    }
    onChange({ kind: 'added', object });
  }

  function remove(object: T, version = Infinity): void {
    const { uid } = object.metadata;
    deletedUids.set(uid, version);
    if (objects.get(object.metadata)?.metadata.uid !== uid) return;
    objects.delete(object.metadata);
    onChange({ kind: 'deleted', object });
  }

  return {
    get: (key) => objects.get(key),
    list: () => [...objects.values()],
    put(object) {
      const stored = objects.get(object.metadata);
      const told = Math.max(deletedUids.get(object.metadata.uid) ?? 0, stored ? versionOf(stored) : 0);
      if (versionOf(object) <= told) return;
      set(object);
    },
    delete: (object) => {
      remove(object, versionOf(object));
    },
    replace(listed) {
      deletedUids.clear();
      const names = new KeyMap<true>();
      for (const { metadata } of listed) names.set(metadata, true);
      for (const object of objects.values()) {
        if (!names.get(object.metadata)) remove(object);
      }
      for (const object of listed) {
        const { uid, resourceVersion } = objects.get(object.metadata)?.metadata ?? {};
        if (uid !== object.metadata.uid || resourceVersion !== object.metadata.resourceVersion) set(object);
      }
    },
  };
}

/** What nobody reads and every object has: a third of its size, and the last applied form repeats its secrets. */
export function strip<T extends StoredObject>(object: T): T {
  const { managedFields: _, annotations, ...metadata } = object.metadata as T['metadata'] & { managedFields?: unknown };
  if (annotations === undefined) return { ...object, metadata };
  const { [LAST_APPLIED_ANNOTATION]: __, ...others } = annotations;
  return { ...object, metadata: { ...metadata, annotations: others } };
}

/** Resource versions of a kind are numbers that grow, until somebody puts a backup of the whole cluster back. */
function versionOf({ metadata }: StoredObject): number {
  return Number(metadata.resourceVersion);
}
