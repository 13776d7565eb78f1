// What `kubectl apply` would take away from an object that it applied before: server-side apply, in another name, leaves it.

import { isObject, type JsonObject } from '../parse/source.ts';

/** By these the items of Kubernetes' lists are known again. */
const KEYS = ['name', 'mountPath', 'containerPort', 'port', 'key', 'uid'] as const;

/**
 * Takes away what was applied before and is not wanted any more.
 *
 * @param merged the object as server-side apply leaves it
 * @param applied what `kubectl apply` applied before; undefined when it did not
 * @param wanted what is applied now
 */
export function takeAway(merged: unknown, applied: unknown, wanted: unknown): unknown {
  if (isObject(merged) && isObject(applied) && isObject(wanted)) return takeFields(merged, applied, wanted);
  if (Array.isArray(merged) && Array.isArray(applied) && Array.isArray(wanted))
    return takeItems(merged, applied, wanted);
  return merged;
}

function takeFields(merged: JsonObject, applied: JsonObject, wanted: JsonObject): JsonObject {
  const kept = Object.entries(merged).flatMap(([key, value]): [string, unknown][] => {
    const before = applied[key];
    if (before === undefined || key in wanted) return [[key, takeAway(value, before, wanted[key])]];
    // Others may have put something into a map that is not wanted any more.
    const rest = isObject(value) ? takeAway(value, before, {}) : {};
    return Object.keys(rest as JsonObject).length > 0 ? [[key, rest]] : [];
  });
  return Object.fromEntries(kept);
}

function takeItems(merged: readonly unknown[], applied: readonly unknown[], wanted: readonly unknown[]): unknown[] {
  return merged.flatMap((item) => {
    const id = identityOf(item);
    if (id === undefined) return [item];
    const [before, now] = [applied, wanted].map((list) => list.find((each) => identityOf(each) === id));
    if (before !== undefined && now === undefined) return [];
    return [takeAway(item, before, now)];
  });
}

function identityOf(item: unknown): string | undefined {
  if (!isObject(item)) return undefined;
  const key = KEYS.find((each) => item[each] !== undefined);
  return key === undefined ? undefined : `${key}=${JSON.stringify(item[key])}`;
}
