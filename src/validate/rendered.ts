// Objects of the input that an earlier run rendered: they are made anew, not passed on.

import { MANAGED_BY, RESOURCE_LABEL } from '../api/names.ts';
import { isObject, type JsonObject, type SourceObject } from '../parse/source.ts';
import type { Finding } from './finding.ts';
import { identify, identifyChildren, isMySQL } from './identity.ts';

/** The input without what an earlier run rendered. */
export interface WithoutRendered {
  readonly objects: readonly SourceObject[];
  /** What was taken out, by its identity. */
  readonly rendered: ReadonlyMap<string, SourceObject>;
}

/** Takes out what the input's own resources are, or once were, rendered to. */
export function withoutRendered(objects: readonly SourceObject[]): WithoutRendered {
  const children = new Set(
    objects.filter(isMySQL).flatMap(({ value }) => {
      const { name, namespace } = metadataOf(value);
      return typeof name === 'string' ? identifyChildren(name, text(namespace)) : [];
    }),
  );
  const isRendered = (object: SourceObject): boolean =>
    ownerOf(object) !== undefined && children.has(identify(object.value));
  const taken = objects.filter(isRendered);
  return {
    objects: objects.filter((object) => !isRendered(object)),
    rendered: new Map(taken.map((object) => [identify(object.value), object])),
  };
}

/** Tells an object that was renamed after it was rendered: nothing that belongs together has its name any more. */
export function findRenamed(object: SourceObject): Finding[] {
  const owner = ownerOf(object);
  if (owner === undefined) return [];
  const { name, namespace } = metadataOf(object.value);
  const isVolume = object.value['kind'] === 'PersistentVolume';
  const within = isVolume ? text(name).replace(/\..*$/s, '') : text(namespace);
  if (identifyChildren(owner, within).includes(identify(object.value))) return [];
  const message =
    `was rendered for the MySQL "${owner}" and renamed afterwards; ` +
    'kubectl-mysql fn must run after namePrefix and nameSuffix, in the outermost kustomization';
  return [{ severity: 'error', rule: 'renamed', path: ['metadata', 'name'], message }];
}

/** The resource that an object says it was rendered for. */
function ownerOf(object: SourceObject): string | undefined {
  if (isMySQL(object)) return undefined;
  const { labels } = metadataOf(object.value);
  if (!isObject(labels) || labels['app.kubernetes.io/managed-by'] !== MANAGED_BY) return undefined;
  const owner = labels[RESOURCE_LABEL];
  return typeof owner === 'string' ? owner : undefined;
}

function metadataOf({ metadata }: JsonObject): JsonObject {
  return isObject(metadata) ? metadata : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
