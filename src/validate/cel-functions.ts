// What CEL's operators, macros and functions do, for the rules that `npm run generate` compiles. Each throws what it was
// not made for, as the API server does. Source: the CEL specification, and k8s.io/apiserver/pkg/cel/library for what
// Kubernetes adds (quantity, cidr, lists).

import ipaddr from 'ipaddr.js';
import { compareQuantities, parseQuantity, type Quantity } from '../parse/quantity.ts';
import { isObject, type JsonObject } from '../parse/source.ts';

class CelQuantity {
  readonly value: Quantity;
  constructor(value: Quantity) {
    this.value = value;
  }
}

class CelDuration {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

class CelCidr {
  readonly address: ipaddr.IPv4 | ipaddr.IPv6;
  readonly bits: number;
  constructor(text: string) {
    if (!/^[0-9a-f.:]+\/(0|[1-9][0-9]{0,2})$/i.test(text)) throw new TypeError('not a network');
    [this.address, this.bits] = ipaddr.parseCIDR(text);
  }

  toString(): string {
    return `${this.address.toString()}/${String(this.bits)}`;
  }
}

function needText(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('not a string');
  return value;
}

function needMap(value: unknown): JsonObject {
  if (!isObject(value) || isOwnType(value)) throw new TypeError('not a map');
  return value;
}

function isOwnType(value: object): boolean {
  return value instanceof CelQuantity || value instanceof CelDuration || value instanceof CelCidr;
}

function needCidr(value: unknown): CelCidr {
  if (!(value instanceof CelCidr)) throw new TypeError('not a network');
  return value;
}

/** A condition must be one. */
export function isTrue(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new TypeError('not a condition');
  return value;
}

export const not = (value: unknown): boolean => !isTrue(value);

type Condition = () => unknown;

/** What one side decides counts, whatever is wrong with the other. */
function decide(left: Condition, right: Condition, deciding: boolean): boolean {
  let outcome: boolean;
  try {
    outcome = isTrue(left());
  } catch (error) {
    if (right() === deciding) return deciding;
    throw error;
  }
  return outcome === deciding ? deciding : isTrue(right());
}

export const and = (left: Condition, right: Condition): boolean => decide(left, right, false);
export const or = (left: Condition, right: Condition): boolean => decide(left, right, true);

type OfItem = (item: unknown) => unknown;

/** What one item decides counts, whatever is wrong with the others. */
function search(range: unknown, holds: OfItem, deciding: boolean): boolean {
  const failures: unknown[] = [];
  for (const each of itemsOf(range)) {
    try {
      if (isTrue(holds(each)) === deciding) return deciding;
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return !deciding;
}

export const all = (range: unknown, holds: OfItem): boolean => search(range, holds, false);
export const exists = (range: unknown, holds: OfItem): boolean => search(range, holds, true);

export function map(range: unknown, change: OfItem): unknown[] {
  return itemsOf(range).map(change);
}

/** The items of a list, the keys of a map. */
function itemsOf(range: unknown): readonly unknown[] {
  return Array.isArray(range) ? range : Object.keys(needMap(range));
}

/** What is no map has no fields. */
export function has(value: unknown, name: string): boolean {
  return isObject(value) && !isOwnType(value) && Object.hasOwn(value, name) && value[name] !== undefined;
}

export function field(value: unknown, name: string): unknown {
  if (!has(value, name)) throw new TypeError('no such field');
  return (value as JsonObject)[name];
}

/** An item of a list by its index, a value of a map by its key. */
export function item(value: unknown, key: unknown): unknown {
  if (!Array.isArray(value)) return field(value, needText(key));
  if (typeof key !== 'bigint' || key < 0n || key >= value.length) throw new TypeError('no such item');
  return value[Number(key)];
}

export function isIn(value: unknown, range: unknown): boolean {
  return Array.isArray(range) ? range.some((each) => equals(each, value)) : has(needMap(range), needText(value));
}

export function equals(a: unknown, b: unknown): boolean {
  if (a instanceof CelCidr && b instanceof CelCidr) return a.toString() === b.toString();
  if (a instanceof CelDuration && b instanceof CelDuration) return a.nanos === b.nanos;
  if (isNumber(a) && isNumber(b)) return compare(a, b) === 0;
  return isObject(a) && isObject(b) ? equalMaps(a, b) : equalLists(a, b);
}

function equalLists(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((each, index) => equals(each, b[index]));
}

function equalMaps(a: JsonObject, b: JsonObject): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => has(b, key) && equals(a[key], b[key]));
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** Negative, zero or positive, as a sort function. */
export function compare(a: unknown, b: unknown): number {
  if (a instanceof CelDuration && b instanceof CelDuration) return compare(a.nanos, b.nanos);
  const isOrdered = (isNumber(a) && isNumber(b)) || (typeof a === 'string' && typeof b === 'string');
  if (!isOrdered) throw new TypeError('not compared');
  return a < b ? -1 : a > b ? 1 : 0;
}

export function plus(a: unknown, b: unknown): string | bigint {
  return typeof a === 'bigint' && typeof b === 'bigint' ? a + b : needText(a) + needText(b);
}

/** Characters of a text, items of a list, entries of a map. */
export function size(value: unknown): bigint {
  return BigInt((typeof value === 'string' ? charactersOf(value) : itemsOf(value)).length);
}

/** A pair of surrogates is one character. */
function charactersOf(text: string): string | readonly string[] {
  return /[\ud800-\udbff]/.test(text) ? Array.from(text) : text;
}

export const sum = (list: unknown): bigint => (list as bigint[]).reduce((total, each) => total + each, 0n);

export const matches = (text: unknown, pattern: RegExp): boolean => pattern.test(needText(text));
export const contains = (text: unknown, part: unknown): boolean => needText(text).includes(needText(part));
export const startsWith = (text: unknown, part: unknown): boolean => needText(text).startsWith(needText(part));
export const endsWith = (text: unknown, part: unknown): boolean => needText(text).endsWith(needText(part));
export const lowerAscii = (text: unknown): string => needText(text).replace(/[A-Z]+/g, (part) => part.toLowerCase());

export function substring(text: unknown, start: unknown): string {
  const characters = charactersOf(needText(text));
  const from = Number(start);
  if (from > characters.length) throw new RangeError('beyond the end');
  const rest = characters.slice(from);
  return typeof rest === 'string' ? rest : rest.join('');
}

export function toText(value: unknown): string {
  if (value instanceof CelCidr) return value.toString();
  if (typeof value === 'boolean' || isNumber(value)) return String(value);
  return needText(value);
}

export function quantity(text: unknown): CelQuantity {
  const value = parseQuantity(needText(text));
  if (!value) throw new TypeError('not a quantity');
  return new CelQuantity(value);
}

export function compareTo(a: unknown, b: unknown): bigint {
  if (!(a instanceof CelQuantity && b instanceof CelQuantity)) throw new TypeError('not a quantity');
  return BigInt(compareQuantities(a.value, b.value));
}

export const isGreaterThan = (a: unknown, b: unknown): boolean => compareTo(a, b) > 0n;
export const isLessThan = (a: unknown, b: unknown): boolean => compareTo(a, b) < 0n;

const NANOS = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  ms: 1_000_000n,
  s: 10n ** 9n,
  m: 60n * 10n ** 9n,
  h: 3600n * 10n ** 9n,
};

/** Reads `1h30m`, as Go's time.ParseDuration does; a fraction of a nanosecond is cut off. */
export function duration(text: unknown): CelDuration {
  const [, sign, parts = ''] =
    /^([+-]?)((?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|\u00b5s|ms|s|m|h))+)$/.exec(needText(text)) ?? [];
  if (parts === '') throw new TypeError('not a duration');
  let nanos = 0n;
  for (const [, whole = '', fraction = '', unit] of parts.matchAll(/([0-9]*)\.?([0-9]*)([a-z\u00b5]+)/g)) {
    const size = NANOS[unit as keyof typeof NANOS];
    nanos += (BigInt(`${whole}${fraction}`) * size) / 10n ** BigInt(fraction.length);
  }
  return new CelDuration(sign === '-' ? -nanos : nanos);
}

export const cidr = (text: unknown): CelCidr => new CelCidr(needText(text));

export function isCidr(text: unknown): boolean {
  const given = needText(text);
  try {
    return cidr(given) instanceof CelCidr;
  } catch {
    return false;
  }
}

export function masked(value: unknown): CelCidr {
  const network = needCidr(value);
  const { address } = network;
  const family = address instanceof ipaddr.IPv4 ? ipaddr.IPv4 : ipaddr.IPv6;
  return new CelCidr(`${family.networkAddressFromCIDR(network.toString()).toString()}/${String(network.bits)}`);
}

export const prefixLength = (value: unknown): bigint => BigInt(needCidr(value).bits);

export function containsCidr(value: unknown, text: unknown): boolean {
  const [outer, inner] = [needCidr(value), cidr(text)];
  if (outer.address.kind() !== inner.address.kind() || inner.bits < outer.bits) return false;
  return inner.address.match(outer.address, outer.bits);
}
