// Breaks one thing of a resource, in the ways in which people break it.

import fc from 'fast-check';

type Container = Record<string | number, unknown>;

/** Changes a value at a place; some changes leave the resource valid, and that is as good a case. */
type Mutate = (parent: Container, key: string | number, salt: number) => void;

function replaceWith(make: (old: unknown, salt: number) => unknown): Mutate {
  return (parent, key, salt) => {
    parent[key] = make(parent[key], salt);
  };
}

function changeText(make: (old: string, salt: number) => string): Mutate {
  return replaceWith((old, salt) => (typeof old === 'string' ? make(old, salt) : old));
}

function pick<T>(list: readonly T[], salt: number): T | undefined {
  return list[salt % list.length];
}

const NUMBERS = [-1, 0, 0.5, 1.5, 101, 2 ** 31, 2n ** 63n, 1e300, -(2 ** 31) - 1];
const ENDS = ['', ' ', '-', '.', '_', '\n', '\u0000', '/', 'ä', '😀', "'", '$(A)', '\u2028', 'A', 'i', 'e5', 'm'];
const WORDS = [
  '',
  '0',
  '-1',
  '10',
  '1.5',
  'yes',
  'null',
  '10 Gi',
  '10gb',
  'a/b/c',
  '/',
  '10.0.0.0/33',
  'In',
  '1e3',
  'Ki',
];

function remove(parent: Container, key: string | number): void {
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else Reflect.deleteProperty(parent, key);
}

function addUnknown(parent: Container): void {
  if (Array.isArray(parent)) parent.push({ unknownField: 1 });
  else parent['unknownField'] = 1;
}

function rename(parent: Container, key: string | number): void {
  if (Array.isArray(parent)) return;
  parent[`${String(key)}S`] = parent[key];
  Reflect.deleteProperty(parent, key);
}

function repeat(parent: Container, key: string | number): void {
  if (Array.isArray(parent)) parent.push(structuredClone(parent[Number(key)]));
}

const MUTATIONS: readonly (readonly [string, Mutate])[] = [
  ['remove', remove],
  ['null', replaceWith(() => null)],
  ['text', replaceWith((old) => (typeof old === 'number' || typeof old === 'boolean' ? String(old) : 'text'))],
  ['word', replaceWith((_, salt) => pick(WORDS, salt))],
  ['number', replaceWith((_, salt) => pick(NUMBERS, salt))],
  ['boolean', replaceWith((_, salt) => salt % 2 === 0)],
  ['list', replaceWith((old) => [old])],
  ['empty list', replaceWith(() => [])],
  ['empty object', replaceWith(() => ({}))],
  ['end', changeText((old, salt) => old + (pick(ENDS, salt) ?? ''))],
  ['start', changeText((old, salt) => (pick(ENDS, salt) ?? '') + old)],
  ['long', changeText((old, salt) => (old === '' ? 'a' : old).repeat(20 + (salt % 60)))],
  ['unknown field', addUnknown],
  ['rename', rename],
  ['repeat', repeat],
];

/** A resource after some mutations, and their names. */
export interface Mutated<T> {
  readonly value: T;
  readonly mutations: readonly string[];
}

/** Breaks one or two random things. */
export function withMutations<T extends object>(resource: fc.Arbitrary<T>): fc.Arbitrary<Mutated<T>> {
  const choice = fc.tuple(fc.nat(), fc.constantFrom(...MUTATIONS), fc.nat());
  return fc.tuple(resource, fc.array(choice, { minLength: 1, maxLength: 2 })).map(([original, choices]) => {
    const value = structuredClone(original);
    const mutations = choices.map(([place, [name, mutate], salt]) => {
      const places = listPlaces(value, []);
      const { parent, key, path } = pick(places, place) ?? { parent: {}, key: '', path: [] };
      mutate(parent, key, salt);
      return `${name} at ${path.join('.')}`;
    });
    return { value, mutations };
  });
}

interface Place {
  readonly parent: Container;
  readonly key: string | number;
  readonly path: readonly (string | number)[];
}

function listPlaces(node: unknown, path: readonly (string | number)[]): Place[] {
  if (typeof node !== 'object' || node === null) return [];
  const keys = Array.isArray(node) ? node.map((_, index) => index) : Object.keys(node);
  const parent = node as Container;
  return keys.flatMap((key) => {
    const here = [...path, key];
    const children = listPlaces(parent[key], here);
    return key === 'apiVersion' || key === 'kind' ? children : [{ parent, key, path: here }, ...children];
  });
}
