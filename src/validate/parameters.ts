// Parameters: fields of a resource that somebody sets from outside, such as another image or size per environment. A
// parameter is named after its field, `storage.size`; `shop/storage.size` is for the resource shop alone.

import { API_VERSION, KIND } from '../api/names.ts';
import type { Path } from '../parse/path.ts';
import { isObject, type JsonObject, type SourceObject } from '../parse/source.ts';
import { createRuleChecker, type RuleChecker } from './cel.ts';
import { knownFields } from './fields.ts';
import { formatPath, type Finding } from './finding.ts';
import { isMySQL } from './identity.ts';
import { nearest } from './nearest.ts';
import { checkSchema } from './schema.ts';

/** A parameter as it was given: text, a list of texts, or a map of them. */
export interface Parameter {
  readonly name: string;
  readonly value: string | readonly string[] | Readonly<Record<string, string>>;
}

/** A field that is to be set. */
export interface FieldSetting {
  readonly parameter: string;
  /** The only resource that it is for; undefined for all. */
  readonly resource: string | undefined;
  readonly path: Path;
  readonly value: unknown;
}

/** Parameters that were read, and what is wrong with the others. */
export interface ReadParameters {
  readonly settings: readonly FieldSetting[];
  /** One line each, without the value, which may be a secret. */
  readonly errors: readonly string[];
}

/** Stands for the resources while a parameter is checked by itself. */
const SAMPLE: JsonObject = {
  apiVersion: API_VERSION,
  kind: KIND,
  metadata: { name: 'sample' },
  spec: {
    image: 'mysql:8.4',
    database: 'sample',
    passwordSecretRef: { name: 'sample', key: 'password' },
    storage: { size: '1Gi' },
  },
};

/**
 * Reads parameters that name fields, and checks each value against the schema and the rules of its field.
 *
 * @param others names of parameters that are no fields, for "did you mean"
 */
export function readFieldParameters(parameters: readonly Parameter[], others: readonly string[]): ReadParameters {
  const rules = createRuleChecker();
  const settings: FieldSetting[] = [];
  const errors: string[] = [];
  for (const parameter of parameters) {
    const { resource, field } = splitName(parameter.name);
    const path = toPath(field);
    if (!path) {
      const meant = nearest(field, [...(knownFields(['spec']) ?? []), ...others]);
      const hint = meant === undefined ? '' : `, did you mean "${meant}"?`;
      errors.push(`unknown parameter "${parameter.name}"${hint}`);
      continue;
    }
    for (const [at, text] of leaves(parameter.value, path)) {
      const { value, findings } = readValue(at, text, rules);
      settings.push({ parameter: parameter.name, resource, path: at, value });
      errors.push(...findings.map((finding) => `parameter "${parameter.name}": ${describe(finding)}`));
    }
  }
  // What is for one resource wins over what is for all.
  settings.sort((a, b) => Number(a.resource !== undefined) - Number(b.resource !== undefined));
  return { settings, errors: [...new Set(errors)] };
}

/** A resource's name holds no dot; in front of a label's slash there is one, as in `podLabels.example.com/team`. */
function splitName(name: string): { resource: string | undefined; field: string } {
  const [, resource, field = name] = /^([a-z0-9-]+)\/(.*)$/s.exec(name) ?? [];
  return { resource, field };
}

/** The path of a field; undefined when the spec has no such field. */
function toPath(field: string): Path | undefined {
  const [first = ''] = field.split('.');
  return knownFields(['spec'])?.includes(first) ? extend(['spec'], field) : undefined;
}

/** Steps from an object with known fields end at a dot; a map's key is all that is left, dots and slashes too. */
function extend(path: Path, rest: string): Path {
  if (rest === '') return path;
  const dot = knownFields(path) === undefined ? -1 : rest.indexOf('.');
  return dot === -1 ? [...path, rest] : extend([...path, rest.slice(0, dot)], rest.slice(dot + 1));
}

function leaves(value: Parameter['value'], path: Path): [Path, string | readonly string[]][] {
  if (typeof value === 'string' || Array.isArray(value)) return [[path, value as string | readonly string[]]];
  return Object.entries(value).map(([key, text]) => [extend(path, key), text]);
}

/** Text is what everybody sends; where the schema wants a number or a truth value, it is read as one. */
function readValue(
  path: Path,
  text: string | readonly string[],
  rules: RuleChecker,
): { value: unknown; findings: readonly Finding[] } {
  const findings = check(path, text, rules);
  if (typeof text === 'string' && findings.some(({ rule }) => rule === 'type')) {
    const value = readScalar(text);
    const again = value === undefined ? findings : check(path, value, rules);
    if (again.length === 0) return { value, findings: again };
  }
  return { value: text, findings };
}

function readScalar(text: string): unknown {
  return /^(?:true|false|-?(?:0|[1-9][0-9]{0,14}))$/.test(text) ? JSON.parse(text) : undefined;
}

function check(path: Path, value: unknown, rules: RuleChecker): Finding[] {
  const sample = setField(SAMPLE, path, value);
  const schema = checkSchema(sample).filter(
    (finding) => startsWith(finding.path, path) || startsWith(path, finding.path),
  );
  if (schema.length > 0) return schema;
  // Rules that compare fields with each other are a matter of the whole resource, not of one parameter.
  return rules.check(sample).filter((finding) => startsWith(finding.path, path));
}

function startsWith(path: Path, beginning: Path): boolean {
  return beginning.every((step, index) => step === path[index]);
}

function describe({ path, message }: Finding): string {
  const name = formatPath(path);
  return message.startsWith(`${name} `) ? message : `${name}: ${message}`;
}

/**
 * Sets fields of a resource; other objects stay as they are.
 *
 * @param namespace for resources that name none
 */
export function applySettings(
  object: SourceObject,
  { settings, namespace }: { settings: readonly FieldSetting[]; namespace: string | undefined },
): SourceObject {
  if (!isMySQL(object)) return object;
  const { name, namespace: own } = isObject(object.value['metadata']) ? object.value['metadata'] : {};
  let { value } = object;
  if (namespace !== undefined && isEmpty(own)) value = setField(value, ['metadata', 'namespace'], namespace);
  for (const { resource, path, value: given } of settings) {
    if (resource === undefined || resource === name) value = setField(value, ownSpelling(path, value), given);
  }
  return value === object.value ? object : { ...object, value };
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

const SIZE = ['spec', 'storage', 'size'];
const PLAIN_SIZE = ['spec', 'storage_size'];

/** The size has two spellings, of which a resource has one. */
function ownSpelling(path: Path, { spec }: JsonObject): Path {
  const name = path.join('.');
  if (!isObject(spec) || (name !== SIZE.join('.') && name !== PLAIN_SIZE.join('.'))) return path;
  return spec['storage_size'] === undefined ? SIZE : PLAIN_SIZE;
}

/** A copy with one field set. What stands in the way, text where an object is needed, is replaced. */
function setField(node: JsonObject, [step, ...rest]: Path, value: unknown): JsonObject {
  if (step === undefined) return node;
  const child = Object.hasOwn(node, step) ? node[step] : undefined;
  const set = rest.length === 0 ? value : setField(isObject(child) ? child : {}, rest, value);
  return { ...node, [step]: set };
}

/** Names the parameters that are for a resource which is not there. */
export function checkResourceNames(settings: readonly FieldSetting[], objects: readonly SourceObject[]): string[] {
  const names = objects.filter(isMySQL).flatMap(({ value }) => {
    const { name } = isObject(value['metadata']) ? value['metadata'] : {};
    return typeof name === 'string' ? [name] : [];
  });
  const missing = settings.filter(({ resource }) => resource !== undefined && !names.includes(resource));
  const lines = missing.map(({ parameter, resource = '' }) => {
    const meant = nearest(resource, names);
    const hint = meant === undefined ? '' : `, did you mean "${meant}"?`;
    return `parameter "${parameter}": there is no MySQL "${resource}"${hint}`;
  });
  return [...new Set(lines)];
}
