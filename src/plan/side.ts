// One side of a comparison: the resources of a commit, of the working tree or of a cluster, and the Secrets beside them.

import type { MySQLResource } from '../api/resource.ts';
import type { Form } from '../model/consequence.ts';
import { buildModel } from '../model/model.ts';
import type { SourceObject } from '../parse/source.ts';
import { isMySQL } from '../validate/identity.ts';
import { readSecret, type PlannedSecret } from './secrets.ts';

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
  for (const object of objects) {
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
