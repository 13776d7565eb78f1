// What turns one object into another, as RFC 7396 writes it.

import { isDeepStrictEqual } from 'node:util';

type Fields = Readonly<Record<string, unknown>>;

/** The fields that differ; null for one that goes. Lists are replaced whole. */
export function mergePatch(before: Fields, after: Fields): Fields {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changes = [...names].flatMap((name) => {
    const [old, next] = [before[name], after[name]];
    if (isDeepStrictEqual(old, next)) return [];
    if (isFields(old) && isFields(next)) return [[name, mergePatch(old, next)] as const];
    return [[name, next ?? null] as const];
  });
  return Object.fromEntries(changes);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
