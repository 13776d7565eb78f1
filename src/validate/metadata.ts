// What the API server asks of every object's metadata, beside the types.
// Source: k8s.io/apimachinery/pkg/api/validation (ValidateObjectMeta) and pkg/apis/meta/v1/validation.

import { isObject, type JsonObject } from '../parse/source.ts';
import type { Path } from '../parse/path.ts';
import type { Finding } from './finding.ts';

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;
const MAX_NAME = 63;
const MAX_SUBDOMAIN = 253;
const MAX_ANNOTATIONS = 256 * 1024;
const FORM =
  'a name of letters, digits, "-", "_" and ".", with or without a domain before it, such as example.com/name';

/** Checks labels, annotations, finalizers and owners of a resource. Wrong types are the schema's matter. */
export function checkMetadata(resource: JsonObject): Finding[] {
  const metadata = isObject(resource['metadata']) ? resource['metadata'] : {};
  return [
    ...checkGenerateName(metadata['generateName']),
    ...checkLabels(metadata['labels']),
    ...checkAnnotations(metadata['annotations']),
    ...checkFinalizers(metadata['finalizers']),
    ...checkOwners(metadata['ownerReferences']),
  ];
}

function fail(path: Path, message: string): Finding {
  return { severity: 'error', rule: 'metadata', path: ['metadata', ...path], message };
}

function isQualifiedName(text: string): boolean {
  const parts = text.split('/');
  const name = parts.pop() ?? '';
  const [domain] = parts;
  if (parts.length > 1 || (domain !== undefined && !isSubdomain(domain))) return false;
  return name.length <= MAX_NAME && NAME.test(name);
}

function isSubdomain(text: string): boolean {
  return text.length <= MAX_SUBDOMAIN && SUBDOMAIN.test(text);
}

function checkGenerateName(prefix: unknown): Finding[] {
  if (typeof prefix !== 'string' || prefix === '' || isSubdomain(prefix.replace(/-$/, 'a'))) return [];
  return [fail(['generateName'], "must be the beginning of an object's name")];
}

function checkLabels(labels: unknown): Finding[] {
  return entriesOf(labels).flatMap(([key, value]) => {
    if (!isQualifiedName(key)) return [fail(['labels', key], `the key must be ${FORM}`)];
    if (typeof value !== 'string' || (value.length <= MAX_NAME && LABEL_VALUE.test(value))) return [];
    return [fail(['labels', key], "must be a label's value: at most 63 letters, digits, '-', '_' and '.'")];
  });
}

function checkAnnotations(annotations: unknown): Finding[] {
  const entries = entriesOf(annotations);
  if (entries.length === 0) return [];
  const keys = entries
    .filter(([key]) => !isQualifiedName(key.toLowerCase()))
    .map(([key]) => fail(['annotations', key], `the key must be ${FORM}`));
  const bytes = new TextEncoder().encode(entries.flat().join('')).length;
  return bytes > MAX_ANNOTATIONS ? [...keys, fail(['annotations'], 'must be at most 256 KiB together')] : keys;
}

function checkFinalizers(finalizers: unknown): Finding[] {
  const names = listOf(finalizers);
  const wrong = names.flatMap((name, index) =>
    typeof name === 'string' && !isQualifiedName(name) ? [fail(['finalizers', index], `must be ${FORM}`)] : [],
  );
  if (!names.includes('orphan') || !names.includes('foregroundDeletion')) return wrong;
  return [...wrong, fail(['finalizers'], 'orphan and foregroundDeletion exclude each other')];
}

function checkOwners(owners: unknown): Finding[] {
  const all = listOf(owners).map((owner) => (isObject(owner) ? owner : {}));
  const incomplete = all.flatMap((owner, index) =>
    ['apiVersion', 'kind', 'name', 'uid'].flatMap((field) =>
      (owner[field] ?? '') === '' ? [fail(['ownerReferences', index, field], 'is required, but not given')] : [],
    ),
  );
  if (all.filter(({ controller }) => controller === true).length < 2) return incomplete;
  return [...incomplete, fail(['ownerReferences'], 'only one owner can be the controller')];
}

function entriesOf(map: unknown): [string, unknown][] {
  return isObject(map) ? Object.entries(map) : [];
}

function listOf(list: unknown): unknown[] {
  return Array.isArray(list) ? list : [];
}
