// How Kubernetes reads a plain YAML scalar: the rules of go-yaml v2, a dialect of YAML 1.1 (`on` is true, `0123` is 83,
// `1_000` is 1000, `2024-01-01` is a string). Source: go.yaml.in/yaml/v2 resolve.go, which sigs.k8s.io/yaml uses.

import { NOT_RESOLVED, Schema, defineScalarTag, mapTag, mergeTag, seqTag, strTag } from 'js-yaml';

/** A value that JSON cannot hold. */
export class ScalarError extends Error {}

const TRUE = new Set(['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON']);
const FALSE = new Set(['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF']);
const NULL = new Set(['', '~', 'null', 'Null', 'NULL']);
const NOT_A_NUMBER = /^(\.(nan|NaN|NAN)|[-+]?\.(inf|Inf|INF))$/;
const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const INTEGER = /^([-+]?)(?:(0[xX][0-9a-fA-F]+)|(0[bB][01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/;
const MAX_UINT64 = 2n ** 64n - 1n;
const MIN_INT64 = -(2n ** 63n);

function integerMagnitude([, , hex, binary, octal, decimal]: RegExpExecArray): bigint {
  if (octal !== undefined) return BigInt(`0o${octal}`);
  return BigInt(hex ?? binary ?? decimal ?? '0');
}

/** Reads a whole number as Go's strconv.ParseInt does with base 0. Beyond 2^53 it stays exact, as a bigint. */
function parseInteger(text: string): number | bigint | undefined {
  // Go takes a sign behind 0b as well.
  const plain = text.replaceAll('_', '').replace(/^0b([-+])/, (_, sign: string) => `${sign}0b`);
  const match = INTEGER.exec(plain);
  if (!match) return undefined;
  const value = match[1] === '-' ? -integerMagnitude(match) : integerMagnitude(match);
  if (value > MAX_UINT64 || value < MIN_INT64) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number + 0 : value;
}

function parseFloatingPoint(text: string): number | undefined {
  // In a number that starts with a point Go takes "_" only between two digits.
  const plain = text.startsWith('.') ? text.replace(/(?<=[0-9])_(?=[0-9])/g, '') : text.replaceAll('_', '');
  if (!FLOAT.test(plain)) return undefined;
  const value = Number(plain);
  return Number.isFinite(value) ? value : undefined;
}

/** @throws ScalarError for what JSON cannot hold */
function parseFinite(text: string): number | undefined {
  if (NOT_A_NUMBER.test(text)) throw new ScalarError(`${text} is not a number that JSON can hold`);
  return parseFloatingPoint(text);
}

/** Reads a plain scalar that is no merge key. */
export function resolvePlain(text: string): unknown {
  if (/^[-+.0-9]/.test(text)) return parseInteger(text) ?? parseFinite(text) ?? text;
  if (NULL.has(text)) return null;
  return TRUE.has(text) ? true : FALSE.has(text) ? false : text;
}

const booleanTag = defineScalarTag<boolean>('tag:yaml.org,2002:bool', {
  implicit: true,
  implicitFirstChars: Array.from('yYnNtTfFoO'),
  resolve: (text) => (TRUE.has(text) ? true : FALSE.has(text) ? false : NOT_RESOLVED),
  identify: (value) => typeof value === 'boolean',
});

const nullTag = defineScalarTag<null>('tag:yaml.org,2002:null', {
  implicit: true,
  implicitFirstChars: ['', '~', 'n', 'N'],
  resolve: (text) => (NULL.has(text) ? null : NOT_RESOLVED),
  identify: (value) => value === null,
});

const integerTag = defineScalarTag<number | bigint>('tag:yaml.org,2002:int', {
  implicit: true,
  implicitFirstChars: Array.from('-+0123456789'),
  resolve: (text) => parseInteger(text) ?? NOT_RESOLVED,
  identify: (value) => typeof value === 'bigint' || Number.isInteger(value),
});

const floatTag = defineScalarTag<number>('tag:yaml.org,2002:float', {
  implicit: true,
  implicitFirstChars: Array.from('-+.0123456789'),
  resolve(text, isExplicit) {
    const value = parseFinite(text);
    if (value !== undefined) return value;
    const whole = isExplicit ? parseInteger(text) : undefined;
    return whole === undefined ? NOT_RESOLVED : Number(whole);
  },
  identify: (value) => typeof value === 'number',
});

/** A mapping; its keys become strings, and an empty one is none. */
const mappingTag: typeof mapTag = {
  ...mapTag,
  addPair: (mapping, key, value) => (key === null ? 'a key is empty' : mapTag.addPair(mapping, key, value)),
};

/** The order matters: a whole number is tried before a decimal one. */
const SCALAR_TAGS = [mergeTag, nullTag, booleanTag, integerTag, floatTag];

/** YAML as Kubernetes reads it, as long as nothing is merged. */
export const KUBERNETES_SCHEMA = new Schema([strTag, seqTag, mappingTag, ...SCALAR_TAGS]);

/**
 * YAML as Kubernetes reads it, for one document with merge keys (`<<`): what is merged wins over the keys before it and
 * loses to the keys after it. The library would let it lose always, and knows numbers and booleans among the keys badly.
 */
export function createMergingSchema(): Schema {
  const ownKeys = new WeakMap<object, Set<string>>();
  let isMerging = false;
  const keysOf = (mapping: object): Set<string> => {
    const keys = ownKeys.get(mapping) ?? new Set();
    ownKeys.set(mapping, keys);
    return keys;
  };
  const merging: typeof mapTag = {
    ...mappingTag,
    // Called for what is merged only, and read to its end before anything else happens.
    *keys(source) {
      isMerging = true;
      yield* Object.keys(source);
      isMerging = false;
    },
    has(mapping, key) {
      const isOwn = keysOf(mapping).has(String(key));
      return isMerging ? !isOwn && mapTag.has(mapping, key) : isOwn;
    },
    addPair(mapping, key, value) {
      if (isMerging) keysOf(mapping).delete(String(key));
      else keysOf(mapping).add(String(key));
      return mappingTag.addPair(mapping, key, value);
    },
  };
  return new Schema([strTag, seqTag, merging, ...SCALAR_TAGS]);
}
