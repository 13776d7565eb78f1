// Random resources, made by walking the CRD's own schema, so that a new field is tested without a new line here. What the
// schema cannot say (the CEL rules) is helped along by `repair`.

import fc from 'fast-check';
import type { SchemaNode } from '../../scripts/generate/crd.ts';
import { repairSpec } from './arbitrary-repair.ts';

export type Json = Record<string, unknown>;

/** A resource, JSON as a user would write it. */
export interface ArbitraryResource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Json & { readonly name: string };
  readonly spec: Json;
}

const LABEL_KEY = /^([a-z0-9]([a-z0-9-]{0,5}[a-z0-9])?(\.[a-z]{2,3})?\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,9}[A-Za-z0-9])?$/;
const OPTION = fc.oneof(
  fc.constantFrom('max_connections', 'innodb_buffer_pool_size', 'sql_mode', 'loose_rocksdb', 'general_log'),
  fc.constantFrom('character_set_server', 'lower_case_table_names', 'init_connect', 'wait_timeout'),
  fc.stringMatching(/^[a-z][a-z0-9_]{1,12}$/),
);
const CIDR = fc.oneof(
  fc
    .tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }))
    .map(([address, bits]) => `${maskIpV4(address, bits)}/${String(bits)}`),
  fc.constantFrom('2001:db8::/32', '::/0', 'fd00::/8', '2001:db8:0:1::/64', '10.0.0.1/8', '::ffff:10.0.0.0/104', 'x'),
);

/** Keys of maps, by the map's path. All others take a label's key. */
const MAP_KEYS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  config: OPTION,
  'resources.requests': fc.constantFrom('cpu', 'memory', 'ephemeral-storage'),
  'resources.limits': fc.constantFrom('cpu', 'memory', 'ephemeral-storage'),
};

/** Values that the schema leaves open and a CEL rule does not, by path. */
const VALUES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  'service.loadBalancerSourceRanges.*': CIDR,
  'networkPolicy.from.*.ipBlock.cidr': CIDR,
  'networkPolicy.from.*.ipBlock.except.*': CIDR,
  image: fc.oneof(
    fc.constantFrom('mysql:8.4', `docker.io/library/mysql@sha256:${'0'.repeat(64)}`, 'localhost:5000/mysql:8.4'),
    fc.stringMatching(/^mysql:[a-z0-9][a-z0-9._-]{1,9}$/),
  ),
  password: fc.string({ unit: 'binary', minLength: 1, maxLength: 24 }),
};

function maskIpV4(address: string, bits: number): string {
  const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - bits);
  const first = Math.floor(value / size) * size;
  return [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.');
}

/** Any value that the schema allows. The CEL rules may still refuse it. */
export function arbitraryOf(node: SchemaNode, path = ''): fc.Arbitrary<unknown> {
  const special = VALUES[path];
  if (special) return special;
  if (node.enum) return fc.constantFrom(...node.enum);
  if (node['x-kubernetes-int-or-string']) return fc.oneof(fc.nat(4000), arbitraryText(node));
  switch (node.type) {
    case 'object':
      return node.additionalProperties ? arbitraryMap(node, path) : arbitraryObject(node, path);
    case 'array':
      return arbitraryList(node, path);
    case 'integer':
      return arbitraryInteger(node);
    case 'boolean':
      return fc.boolean();
    default:
      return arbitraryText(node);
  }
}

function arbitraryObject({ properties = {}, required = [] }: SchemaNode, path: string): fc.Arbitrary<unknown> {
  const fields = Object.entries(properties).map(([name, child]) => {
    const value = arbitraryOf(child, path === '' ? name : `${path}.${name}`);
    const optional = fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 2, arbitrary: value });
    return [name, required.includes(name) ? value : optional] as const;
  });
  return fc.record(Object.fromEntries(fields)).map(withoutUndefined);
}

/** A copy without the fields that are undefined, as a plain object with a prototype. */
function withoutUndefined(value: object): Json {
  return Object.fromEntries(Object.entries(value).filter(([, child]) => child !== undefined));
}

function arbitraryMap(node: SchemaNode, path: string): fc.Arbitrary<unknown> {
  const keys = MAP_KEYS[path] ?? fc.stringMatching(LABEL_KEY);
  const value = arbitraryOf(node.additionalProperties ?? {}, `${path}.*`);
  return fc.dictionary(keys, value, {
    maxKeys: Math.min(Number(node['maxProperties'] ?? 4), 4),
    noNullPrototype: true,
  });
}

function arbitraryList(node: SchemaNode, path: string): fc.Arbitrary<unknown> {
  const minLength = Number(node['minItems'] ?? 0);
  return fc.array(arbitraryOf(node.items ?? {}, `${path}.*`), { minLength, maxLength: Math.max(minLength, 3) });
}

function arbitraryInteger(node: SchemaNode): fc.Arbitrary<number> {
  const limit = node['format'] === 'int64' ? Number.MAX_SAFE_INTEGER : 2 ** 31 - 1;
  const min = Number(node['minimum'] ?? -limit);
  return fc.maxSafeInteger().map((any) => {
    const max = Number(node['maximum'] ?? limit);
    return min + (Math.abs(any) % (max - min + 1));
  });
}

function arbitraryText(node: SchemaNode): fc.Arbitrary<string> {
  const minLength = Number(node['minLength'] ?? 0);
  const maxLength = Number(node['maxLength'] ?? 32);
  const { pattern } = node;
  if (typeof pattern !== 'string') return fc.string({ unit: 'binary', minLength, maxLength: Math.min(maxLength, 24) });
  return fc
    .stringMatching(new RegExp(pattern, 'u'))
    .filter((text) => countCharacters(text) >= minLength && countCharacters(text) <= maxLength);
}

/** As the API server counts: by code points. */
function countCharacters(text: string): number {
  return Array.from(text).length;
}

const NAME = fc.stringMatching(/^[a-z]([a-z0-9-]{0,10}[a-z0-9])?$/).filter((name) => !name.startsWith('backup-'));
const METADATA_MAP = fc.dictionary(fc.stringMatching(LABEL_KEY), fc.stringMatching(/^[a-z0-9]{0,5}$/), {
  maxKeys: 2,
  noNullPrototype: true,
});

/** Resources of a namespace that keep to the schema; `repair` makes them keep to the CEL rules as well. */
export function arbitraryResource(
  crd: SchemaNode,
  { namespace, repair }: { readonly namespace: string; readonly repair: boolean },
): fc.Arbitrary<ArbitraryResource> {
  const spec = arbitraryOf(crd.properties?.['spec'] ?? {}) as fc.Arbitrary<Json>;
  return fc
    .record({ name: NAME, labels: METADATA_MAP, annotations: METADATA_MAP, spec, which: fc.nat(3) })
    .map(({ name, labels, annotations, spec: raw, which }) => ({
      apiVersion: 'otus.homework/v1',
      kind: 'MySQL',
      metadata: { name, namespace, labels, annotations },
      spec: repair ? repairSpec(raw, which) : raw,
    }));
}
