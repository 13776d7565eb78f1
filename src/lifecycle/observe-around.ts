// Reads what is around a resource: whether its definition or its namespace is being deleted, the StatefulSet, and what was
// rendered for it.

import { RESOURCE_LABEL, childNames } from '../api/names.ts';
import { isClusterError } from '../cluster/errors.ts';
import { KINDS, type Kind, type ObjectKey, type StoredMySQL, type NamespacedKey } from '../cluster/kinds.ts';
import type { Objects } from '../cluster/objects.ts';
import type { StatefulSet, StoredObject } from '../cluster/types.ts';
import type { Observed, ObservedSet } from './observed.ts';

/** The definition of all resources, which is large: only whether it is being deleted is asked for. */
export const DEFINITION: Kind = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
  metadataOnly: true,
};
export const DEFINITION_NAME = 'mysqls.otus.homework';

type Around = Pick<Observed, 'definitionDeleting' | 'namespaceTerminating' | 'statefulSet' | 'children'>;

/** What is assumed of a resource around which nothing needs to be looked at. */
export const NOTHING_AROUND: Around = {
  definitionDeleting: false,
  namespaceTerminating: false,
  statefulSet: undefined,
  children: [],
};

/** @param ending the resource whose children are to be taken away */
export async function observeAround(
  { namespace, name }: NamespacedKey,
  objects: Objects,
  ending: StoredMySQL | undefined,
): Promise<Around> {
  const [definitionDeleting, namespaceTerminating, set, children] = await Promise.all([
    isDeleting(objects, DEFINITION, { name: DEFINITION_NAME }),
    isDeleting(objects, KINDS.Namespace, { name: namespace }),
    objects.find(KINDS.StatefulSet, { namespace, name: childNames(name).server }),
    observeChildren(objects, { namespace, name }, ending),
  ]);
  const isEnding = namespaceTerminating === true;
  return { definitionDeleting, namespaceTerminating: isEnding, statefulSet: set && toSet(set), children };
}

function toSet({ metadata }: StatefulSet): ObservedSet {
  const { uid, creationTimestamp, deletionTimestamp, finalizers = [] } = metadata;
  const deleting = deletionTimestamp !== undefined;
  const awaitsPods = deleting && finalizers.includes('foregroundDeletion');
  return { uid, createdAt: Date.parse(creationTimestamp), deleting, awaitsPods };
}

/** Undefined where the watcher may not look. */
async function isDeleting(objects: Objects, kind: Kind, key: ObjectKey): Promise<boolean | undefined> {
  try {
    const found: StoredObject | undefined = await objects.find(kind, key);
    return found?.metadata.deletionTimestamp !== undefined;
  } catch (error) {
    if (isClusterError(error, 'Forbidden')) return undefined;
    throw error;
  }
}

/** What was rendered for the resource, bears its label, and is older than its deletion. What somebody makes again is theirs. */
async function observeChildren(
  objects: Objects,
  { namespace, name }: NamespacedKey,
  resource: StoredMySQL | undefined,
): Promise<Observed['children']> {
  const deletedAt = resource?.metadata.deletionTimestamp;
  if (deletedAt === undefined) return [];
  const names = childNames(name);
  const candidates: (readonly [Kind, string])[] = [
    [KINDS.Service, names.server],
    [KINDS.NetworkPolicy, names.server],
    [KINDS.ConfigMap, names.config],
    [KINDS.Secret, names.activeSecret],
    ...(resource?.spec.password === undefined ? [] : [[KINDS.Secret, names.rootSecret] as const]),
  ];
  const found = await Promise.all(
    candidates.map(async ([kind, child]) => {
      const object: StoredObject | undefined = await objects.find(kind, { namespace, name: child });
      const isOurs = object?.metadata.labels?.[RESOURCE_LABEL] === name;
      const isOld = isOurs && Date.parse(object.metadata.creationTimestamp) <= Date.parse(deletedAt);
      return isOld && object.metadata.deletionTimestamp === undefined
        ? [{ kind: kind.kind, name: child, uid: object.metadata.uid }]
        : [];
    }),
  );
  return found.flat();
}
