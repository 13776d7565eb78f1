// Objects as text: a YAML stream, a JSON List, or names. Piece by piece, so that a large output is never held whole.

import { parseYaml } from '../parse/yaml.ts';
import type { SourceObject } from '../parse/source.ts';
import { isObject } from '../parse/source.ts';
import type { Manifest } from '../render/manifests.ts';
import { block } from '../render/yaml-block.ts';

export const FORMATS = ['yaml', 'json', 'name'] as const;
export type Format = (typeof FORMATS)[number];

/** Gives an object that is passed through as it was written; what has no text of its own is written anew. */
export function passThrough({ value, text }: SourceObject): Manifest {
  const metadata = isObject(value['metadata']) ? value['metadata'] : {};
  const nameOf = (field: unknown): string => (typeof field === 'string' ? field : '');
  const isYaml = text !== undefined && !/^\s*\{/.test(text);
  return {
    apiVersion: String(value['apiVersion']),
    kind: String(value['kind']),
    name: nameOf(metadata['name']),
    namespace: nameOf(metadata['namespace']),
    yaml: isYaml ? text.replace(/^[ \t\n]*\n/, '') : `${block(value, 0)}\n`,
  };
}

/** Formats objects, one piece of text after the other. */
export function formatManifests(manifests: Iterable<Manifest>, format: Format): Iterable<string> {
  switch (format) {
    case 'yaml':
      return formatYaml(manifests);
    case 'json':
      return formatJson(manifests);
    case 'name':
      return formatNames(manifests);
  }
}

function* formatYaml(manifests: Iterable<Manifest>): Iterable<string> {
  let first = true;
  for (const { yaml } of manifests) {
    yield first ? yaml : `---\n${yaml}`;
    first = false;
  }
}

function* formatJson(manifests: Iterable<Manifest>): Iterable<string> {
  yield '{\n  "apiVersion": "v1",\n  "kind": "List",\n  "items": [';
  let separator = '\n';
  for (const { yaml } of manifests) {
    yield `${separator}${toJson(parseYaml(yaml)).replace(/^|(?<=\n)/g, '    ')}`;
    separator = ',\n';
  }
  yield '\n  ]\n}\n';
}

/** Whole numbers beyond 2^53 are written as they are. */
function toJson(value: unknown): string {
  const mark = '\u0000bigint:';
  const mask = (_: string, item: unknown): unknown => (typeof item === 'bigint' ? `${mark}${String(item)}` : item);
  return JSON.stringify(value, mask, 2).replace(/"\\u0000bigint:(-?[0-9]+)"/g, '$1');
}

function* formatNames(manifests: Iterable<Manifest>): Iterable<string> {
  for (const { apiVersion, kind, name } of manifests)
    yield `${[kind.toLowerCase(), ...groupOf(apiVersion)].join('.')}/${name}\n`;
}

function groupOf(apiVersion: string): string[] {
  return apiVersion.includes('/') ? [apiVersion.slice(0, apiVersion.indexOf('/'))] : [];
}
