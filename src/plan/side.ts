// One side of a comparison: the resources of a commit, of the working tree or of a cluster, and the Secrets beside them.

import type { MySQLResource } from '../api/resource.ts';
import type { Form } from '../model/consequence.ts';
import { buildModel } from '../model/model.ts';
import { isObject, type SourceObject } from '../parse/source.ts';
import { isMySQL } from '../validate/identity.ts';
import { readSecret, type PlannedSecret } from './secrets.ts';

/** A resource, and where it stands. */
export interface PlannedResource extends Form {
  readonly file: string;
  readonly line: number;
  /** Tells where a field stands. */
  readonly positionOf: SourceObject['positionOf'];
}

/** An object, by its place. */
export type Place = Pick<PlannedResource, 'file' | 'line' | 'positionOf'>;

/** Everything of one side. The keys are `namespace/name`. */
export interface Side {
  /** The Namespaces that stand in the files, by their names. */
  readonly namespaces: ReadonlyMap<string, Place>;
  readonly resources: ReadonlyMap<string, PlannedResource>;
  readonly secrets: ReadonlyMap<string, PlannedSecret>;
}

/**
 * Builds a side from objects that passed validation. Of two objects with one name the first counts.
 *
 * @param namespace for objects that name none
 */
export function buildSide(objects: readonly SourceObject[], namespace = ''): Side {
  const resources = new Map<string, PlannedResource>();
  const secrets = new Map<string, PlannedSecret>();
  const namespaces = new Map<string, Place>();
  for (const object of objects) {
    const namespaceName = namespaceOf(object);
    if (namespaceName !== undefined) namespaces.set(namespaceName, placeOf(object));
    if (isMySQL(object)) {
      const planned = planResource(object, namespace);
      const key = keyOf(planned);
      if (!resources.has(key)) resources.set(key, planned);
      continue;
    }
    const secret = readSecret(object);
    if (!secret) continue;
    const key = `${secret.namespace || namespace}/${secret.name}`;
    if (!secrets.has(key)) secrets.set(key, secret);
  }
  return { namespaces, resources, secrets };
}

/** What tells resources apart. */
export function keyOf({ model: { namespace, name } }: Form): string {
  return `${namespace}/${name}`;
}

function planResource(object: SourceObject, namespace: string): PlannedResource {
  // Validation has proved the type.
  const resource = object.value as unknown as MySQLResource;
  return { resource, model: buildModel(resource, namespace), ...placeOf(object) };
}

function placeOf({ file, positionOf }: SourceObject): Place {
  return { file, line: positionOf([]).line, positionOf };
}

/** The name of a Namespace; undefined for any other object. */
function namespaceOf({ value: { apiVersion, kind, metadata } }: SourceObject): string | undefined {
  const name = apiVersion === 'v1' && kind === 'Namespace' && isObject(metadata) ? metadata['name'] : undefined;
  return typeof name === 'string' ? name : undefined;
}
