// Fields that are there and hold nothing (`paused:` and no value). The API server takes such a field for one that is not
// given, before it looks at the schema; so does this. Items of a list stay. Source: k8s.io/apiextensions-apiserver
// pkg/apiserver/schema/defaulting (PruneNonNullableNullsWithoutDefaults).

import type { JsonObject } from '../parse/source.ts';
import type { Path } from '../parse/path.ts';
import { knownFields } from './fields.ts';
import { hasLeaf } from './leaves.ts';

/** A resource without its empty fields, and where they stood. */
export interface FilledResource {
  readonly value: JsonObject;
  readonly empty: readonly Path[];
}

/** Leaves out the empty fields that the schema knows; an unknown field stays, and is refused as one. */
export function dropEmptyFields(resource: JsonObject): FilledResource {
  if (!hasLeaf(resource, (leaf) => leaf === null || leaf === '')) return { value: resource, empty: [] };
  const empty: Path[] = [];
  const value = dropWithin(resource, [], empty) as JsonObject;
  return { value, empty };
}

function dropWithin(node: unknown, path: Path, empty: Path[]): unknown {
  if (typeof node !== 'object' || node === null) return node;
  const before = empty.length;
  if (Array.isArray(node)) {
    const items = node.map((item, index) => dropWithin(item, [...path, index], empty));
    return empty.length === before ? node : items;
  }
  const known = knownFields(path);
  const kept = Object.entries(node).flatMap(([key, child]): [string, unknown][] => {
    const here = [...path, key];
    if (!isEmptyField(here, child) || (known && !known.includes(key))) return [[key, dropWithin(child, here, empty)]];
    empty.push(here);
    // A label or annotation of the resource itself becomes an empty text.
    return path[0] === 'metadata' && path.length === 2 ? [[key, '']] : [];
  });
  return empty.length === before ? node : Object.fromEntries(kept);
}

/** An empty namespace is none to the API server as well. */
function isEmptyField(path: Path, value: unknown): boolean {
  return value === null || (value === '' && path.join('.') === 'metadata.namespace');
}
