// One side of a comparison: the resources of a commit, of the working tree or of a cluster, and the Secrets beside them.

import type { MySQLResource } from '../api/resource.ts';
import type { Form } from '../model/consequence.ts';
import { buildModel } from '../model/model.ts';
import { isObject, type JsonObject, type SourceObject } from '../parse/source.ts';
import { isMySQL } from '../validate/identity.ts';

/** A resource, and where it stands. */
export interface PlannedResource extends Form {
  readonly file: string;
  readonly line: number;
  /** Tells where a field stands. */
  readonly positionOf: SourceObject['positionOf'];
}

/** Everything of one side. The keys are `namespace/name`. */
export interface Side {
  readonly resources: ReadonlyMap<string, PlannedResource>;
  /** The Secrets' values, in base64. */
  readonly secrets: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/**
 * Builds a side from objects that passed validation. Of two objects with one name the first counts.
 *
 * @param namespace for objects that name none
 */
export function buildSide(objects: readonly SourceObject[], namespace = ''): Side {
  const resources = new Map<string, PlannedResource>();
  const secrets = new Map<string, Readonly<Record<string, string>>>();
  for (const object of objects) {
    if (isMySQL(object)) {
      const planned = planResource(object, namespace);
      const key = keyOf(planned);
      if (!resources.has(key)) resources.set(key, planned);
    } else if (object.value['kind'] === 'Secret' && object.value['apiVersion'] === 'v1') {
      const key = `${textOf(object.value, 'namespace') || namespace}/${textOf(object.value, 'name')}`;
      if (!secrets.has(key)) secrets.set(key, valuesOf(object.value));
    }
  }
  return { resources, secrets };
}

/** What tells resources apart. */
export function keyOf({ model: { namespace, name } }: Form): string {
  return `${namespace}/${name}`;
}

function planResource({ value, file, positionOf }: SourceObject, namespace: string): PlannedResource {
  // Validation has proved the type.
  const resource = value as unknown as MySQLResource;
  return { resource, model: buildModel(resource, namespace), file, line: positionOf([]).line, positionOf };
}

function textOf({ metadata }: JsonObject, field: string): string {
  const text = isObject(metadata) ? metadata[field] : undefined;
  return typeof text === 'string' ? text : '';
}

/** `stringData` wins, as at the API server. */
function valuesOf({ data, stringData }: JsonObject): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const [key, text] of textsOf(data)) values[key] = text.replace(/\s/g, '');
  for (const [key, text] of textsOf(stringData)) values[key] = encode(text);
  return values;
}

function textsOf(value: unknown): [string, string][] {
  if (!isObject(value)) return [];
  return Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
}

function encode(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
