// An object as text that can be compared: without what only a server writes, and without secrets.

import { LAST_APPLIED_ANNOTATION } from '../api/names.ts';
import { isObject, type JsonObject } from '../parse/source.ts';
import { readableBlock } from '../render/yaml-block.ts';

/** Written by the API server at every change, or by controllers. */
const SERVERS = ['creationTimestamp', 'generation', 'managedFields', 'resourceVersion', 'selfLink', 'uid'];

const HIDDEN = '***';

/** Two forms of an object as text; undefined for one that is not there. */
export interface ComparableText {
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/**
 * Makes two forms of an object comparable. Values of Secrets, and a password that stands in a resource, become `***`; where
 * they differ, `*** (before)` and `*** (after)`, as kubectl writes them.
 */
export function makeComparable(before: unknown, after: unknown): ComparableText {
  const [from, to] = maskPair(clean(before), clean(after));
  const write = (value: JsonObject | undefined): string | undefined => value && `${readableBlock(value)}\n`;
  return { before: write(from), after: write(to) };
}

function clean(value: unknown): JsonObject | undefined {
  if (!isObject(value)) return undefined;
  const { status: _, metadata, ...rest } = value;
  if (!isObject(metadata)) return rest;
  const { annotations, ...others } = metadata;
  const kept = Object.entries(others).filter(([key]) => !SERVERS.includes(key));
  // It repeats the whole object, secrets too.
  const notes = Object.entries(isObject(annotations) ? annotations : {}).filter(
    ([key]) => key !== LAST_APPLIED_ANNOTATION,
  );
  const cleaned = {
    ...Object.fromEntries(kept),
    ...(notes.length > 0 ? { annotations: Object.fromEntries(notes) } : {}),
  };
  return { ...rest, metadata: cleaned };
}

type Pair = readonly [JsonObject | undefined, JsonObject | undefined];

function maskPair(before: JsonObject | undefined, after: JsonObject | undefined): Pair {
  const { kind } = after ?? before ?? {};
  const pair: Pair = [before, after];
  if (kind === 'Secret') return maskField(maskField(pair, 'data'), 'stringData');
  if (kind !== 'MySQL') return pair;
  const specs: Pair = [objectAt(before, 'spec'), objectAt(after, 'spec')];
  const [from, to] = maskValues(specs, ['password']);
  return [before && withField(before, 'spec', from), after && withField(after, 'spec', to)];
}

function maskField([before, after]: Pair, field: string): Pair {
  const values: Pair = [objectAt(before, field), objectAt(after, field)];
  const keys = [...new Set([...Object.keys(values[0] ?? {}), ...Object.keys(values[1] ?? {})])];
  const [from, to] = maskValues(values, keys);
  const put = (side: JsonObject | undefined, value: JsonObject | undefined): JsonObject | undefined => {
    if (side?.[field] === undefined) return side;
    // No map: the API server refuses it, and it is a secret all the same.
    return { ...side, [field]: value ?? HIDDEN };
  };
  return [put(before, from), put(after, to)];
}

function maskValues([before, after]: Pair, keys: readonly string[]): Pair {
  const isOther = (key: string): boolean =>
    before?.[key] !== undefined && after?.[key] !== undefined && before[key] !== after[key];
  const mask = (side: JsonObject | undefined, word: string): JsonObject | undefined =>
    side &&
    Object.fromEntries(
      Object.entries(side).map(([key, value]) =>
        keys.includes(key) ? [key, isOther(key) ? `${HIDDEN} (${word})` : HIDDEN] : [key, value],
      ),
    );
  return [mask(before, 'before'), mask(after, 'after')];
}

function objectAt(value: JsonObject | undefined, field: string): JsonObject | undefined {
  const child = value?.[field];
  return isObject(child) ? child : undefined;
}

function withField(value: JsonObject, field: string, child: JsonObject | undefined): JsonObject {
  return child === undefined ? value : { ...value, [field]: child };
}
