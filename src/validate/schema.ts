// The schema half of the offline check: ajv's violations in plain words.

import type { JsonObject } from '../parse/source.ts';
import type { Path } from '../parse/path.ts';
import { knownFields } from './fields.ts';
import type { Finding } from './finding.ts';
import { nearest } from './nearest.ts';
import { FORMS } from './rules.generated.ts';
import validate, { type SchemaError } from './schema.generated.js';

/** Checks a resource against the CRD's schema. */
export function checkSchema(resource: JsonObject): Finding[] {
  if (validate(resource) || validate(withPlainIntegers(resource))) return [];
  return (validate.errors ?? []).map((error) => toFinding(error, resource));
}

/** ajv knows no bigint. What the API server takes for an integer becomes a number; what is beyond stays, and is refused. */
function withPlainIntegers(value: unknown): unknown {
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value ? Number(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withPlainIntegers);
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, withPlainIntegers(child)]));
}

function toFinding(error: SchemaError, resource: JsonObject): Finding {
  const path = parsePointer(error.instancePath, resource);
  if (error.keyword === 'additionalProperties') {
    const field = String(error.params['additionalProperty']);
    return { severity: 'error', rule: 'unknown-field', path: [...path, field], message: unknownField(field, path) };
  }
  if (error.keyword === 'required') {
    const field = String(error.params['missingProperty']);
    return { severity: 'error', rule: 'required', path: [...path, field], message: 'is required, but not given' };
  }
  return { severity: 'error', rule: error.keyword, path, message: violation(error, valueAt(resource, path)) };
}

function unknownField(field: string, parent: Path): string {
  const meant = nearest(field, knownFields(parent) ?? []);
  return meant === undefined ? 'unknown field' : `unknown field, did you mean "${meant}"?`;
}

const BOUNDS: Readonly<Record<string, string>> = {
  minLength: 'must have at least LIMIT characters',
  maxLength: 'must have at most LIMIT characters',
  minItems: 'must have at least LIMIT items',
  maxItems: 'must have at most LIMIT items',
  maxProperties: 'must have at most LIMIT entries',
  minimum: 'must be at least LIMIT',
  maximum: 'must be at most LIMIT',
};

function violation({ keyword, params }: SchemaError, value: unknown): string {
  const bound = BOUNDS[keyword];
  if (bound !== undefined) return bound.replace('LIMIT', String(params['limit']));
  switch (keyword) {
    case 'type':
      return wrongType([params['type']].flat().map(String), value);
    case 'enum':
      return `must be one of ${(params['allowedValues'] as unknown[]).map((allowed) => String(allowed)).join(', ')}`;
    case 'pattern':
      return `must be ${FORMS[String(params['pattern'])] ?? `of the form ${String(params['pattern'])}`}`;
    default:
      return `is not valid (${keyword})`;
  }
}

function wrongType(wanted: readonly string[], value: unknown): string {
  const given = value === null ? 'empty' : Array.isArray(value) ? 'a list' : withArticle(typeof value);
  const hint = wanted.includes('string') && ['number', 'bigint', 'boolean'].includes(typeof value);
  return `must be ${withArticle(wanted.join(' or '))}, but is ${given}${hint ? '; write it in quotes' : ''}`;
}

function withArticle(words: string): string {
  return `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words}`;
}

/** Reads ajv's JSON pointer; a step into a list becomes a number. */
function parsePointer(pointer: string, root: unknown): Path {
  const path: (string | number)[] = [];
  let value = root;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    const step = Array.isArray(value) ? Number(key) : key;
    value = (value as Record<string | number, unknown>)[step];
    path.push(step);
  }
  return path;
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => (value as Record<string | number, unknown>)[step], root);
}
