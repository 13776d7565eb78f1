// Resources for tests.

import { parseSource, type JsonObject, type SourceObject } from '../../src/parse/source.ts';
import { block } from '../../src/render/yaml-block.ts';

/** The four fields that every resource needs. */
export const FOUR_FIELDS = {
  image: 'mysql:8.4',
  database: 'otus-database',
  password: 'otuspassword',
  storage_size: '1Gi',
} as const;

/** A resource; what is undefined is left out. */
export function makeResource(spec: object = {}, metadata: object = {}): JsonObject {
  return {
    apiVersion: 'otus.homework/v1',
    kind: 'MySQL',
    metadata: { name: 'shop', ...metadata },
    spec: { ...FOUR_FIELDS, ...spec },
  };
}

/** The resource as YAML. */
export function resourceText(spec: object = {}, metadata: object = {}): string {
  return `${block(makeResource(spec, metadata), 0)}\n`;
}

/** All objects of a text that is right. */
export function parseObjects(text: string): readonly SourceObject[] {
  const { objects, problems } = parseSource('test.yaml', new TextEncoder().encode(text));
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'));
  return objects;
}

/** A part of a JSON value: `at(object, 'spec', 'ports', 0)`. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((node, step) => (node as Record<string | number, unknown> | undefined)?.[step], value);
}

/** A string within a JSON value; empty when it is not there. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string {
  const text = at(value, ...path);
  return typeof text === 'string' ? text : '';
}

/** The rendered object of a kind; its name when there are more. */
export function findObject(text: string, kind: string, name?: string): JsonObject {
  const found = parseObjects(text).find(
    ({ value }) => value['kind'] === kind && (name === undefined || at(value, 'metadata', 'name') === name),
  );
  if (!found) throw new Error(`there is no ${kind} ${name ?? ''}`);
  return found.value;
}
