// Asks at once for what a look will ask for in a moment, as far as watches tell what that is. What they have told may be old:
// it decides when something is read, and that is live; what is done depends on what was read.

import { childNames } from '../api/names.ts';
import { KINDS, objectPath, type Kind, type ObjectKey, type NamespacedKey } from '../cluster/kinds.ts';
import type { Objects } from '../cluster/objects.ts';
import type { StoredObject } from '../cluster/types.ts';
import { DEFINITION, DEFINITION_NAME } from './observe-around.ts';
import { STEPS } from './observe-jobs.ts';
import type { VolumesOf } from './observe-storage.ts';

/** An object as a watch has told of it, perhaps late; undefined for one that no watch knows of. */
export type Known = (kind: Kind, key: ObjectKey) => StoredObject | undefined;

/** Each object is found once, however often it is asked for. */
function readOnce(objects: Objects): Objects {
  const found = new Map<string, Promise<StoredObject | undefined>>();
  return {
    ...objects,
    find: <T extends StoredObject>(kind: Kind<T>, key: ObjectKey) => {
      const path = objectPath(kind, key);
      const finding = found.get(path) ?? objects.find(kind, key);
      found.set(path, finding);
      return finding as Promise<T | undefined>;
    },
  };
}

/** What a look is told before it begins. */
export interface Told {
  readonly objects: Objects;
  readonly volumesOf?: VolumesOf;
  readonly known?: Known;
  readonly whole?: boolean;
  readonly render?: boolean;
}

/** How a look reads. */
export interface Reading {
  /** Each object once. */
  readonly live: Objects;
  /** Claims and volumes as watches have told of them, where the look is likely to be a quick one at a living resource. */
  readonly quick: Objects;
  /** For what is around a resource that is deleted: nothing that was read before a watch told of that. */
  readonly atEnd: Objects;
}

/** Begins to read what will be asked for. What is looked at whole begins with what tells in which state it is. */
export function readAhead(key: NamespacedKey, { objects, known, whole = false, ...told }: Told): Reading {
  const live = readOnce(objects);
  const resource = known?.(KINDS.MySQL, key);
  if (!resource || !known || whole) return { live, quick: live, atEnd: live };
  const hasGate = known(KINDS.ConfigMap, { ...key, name: childNames(key.name).gate }) !== undefined;
  const isDeleted = resource.metadata.deletionTimestamp !== undefined;
  for (const [kind, at] of listLikely(key, told, { hasGate, isDeleted })) {
    // Whoever asks for it is told of a failure.
    live.find(kind, at).catch(() => undefined);
  }
  if (isDeleted) return { live, quick: live, atEnd: live };
  return { live, quick: hasGate ? knowStorage(live, known) : live, atEnd: objects };
}

/** What is bound to what changes seldom, and a watch tells; before anything is done about it, it is read live. */
function knowStorage(live: Objects, known: Known): Objects {
  const isStorage = ({ plural }: Kind): boolean =>
    plural === KINDS.PersistentVolumeClaim.plural || plural === KINDS.PersistentVolume.plural;
  return {
    ...live,
    find: <T extends StoredObject>(kind: Kind<T>, key: ObjectKey) => {
      const object = isStorage(kind) ? known(kind, key) : undefined;
      return object ? Promise.resolve(object as T) : live.find(kind, key);
    },
  };
}

type Ahead = readonly [Kind, ObjectKey];

/** Without a gate the pods are read after it. */
function listLikely(
  key: NamespacedKey,
  { render = false, ...told }: Pick<Told, 'render' | 'volumesOf'>,
  { hasGate, isDeleted }: { readonly hasGate: boolean; readonly isDeleted: boolean },
): readonly Ahead[] {
  const server: Ahead = [KINDS.Pod, { ...key, name: `${childNames(key.name).server}-0` }];
  const more = isDeleted ? listStopping(key, told) : hasGate && render ? listAround(key) : [];
  return hasGate ? [server, ...more] : more;
}

function listAround({ namespace, name }: NamespacedKey): Ahead[] {
  return [
    [DEFINITION, { name: DEFINITION_NAME }],
    [KINDS.Namespace, { name: namespace }],
    [KINDS.StatefulSet, { namespace, name: childNames(name).server }],
  ];
}

function listStopping(key: NamespacedKey, { volumesOf = () => undefined }: Pick<Told, 'volumesOf'>): Ahead[] {
  const { namespace, name } = key;
  const names = childNames(name);
  const volumes = [names.dataClaim, names.backupClaim].flatMap((claim) => volumesOf({ namespace, name: claim }) ?? []);
  return [
    ...volumes.map((volume): Ahead => [KINDS.PersistentVolume, { name: volume }]),
    ...STEPS.map((step): Ahead => [KINDS.Job, { namespace, name: names.jobs[step] }]),
    ...listAround(key),
  ];
}
