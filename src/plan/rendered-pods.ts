// Objects that were rendered already may change although their resource does not: another version of kubectl-mysql rendered
// them, or something behind it changed them. Pure.

import { isSame } from '../model/is-same.ts';
import { isObject, type SourceObject } from '../parse/source.ts';
import { identify } from '../validate/identity.ts';
import type { LiveFacts, PlanEntry } from './plan.ts';

/** What was rendered, by its identity. */
export type Rendered = ReadonlyMap<string, SourceObject>;

/** The kinds of consequence that stop a server, or start one. */
export const STOPS: readonly string[] = ['restart', 'start', 'stop'];

const MESSAGE = 'the rendered pod is another one, although the resource does not ask for it: the server restarts';

/**
 * Finds servers that restart only because something else rendered them.
 *
 * @param entries the plan by the resources alone
 */
export function findPodChanges(
  entries: readonly PlanEntry[],
  { before, after }: { before: Rendered; after: Rendered },
): ReadonlyMap<string, LiveFacts> {
  const changed = entries.filter((entry) => {
    if (entry.consequences.some(({ kind }) => STOPS.includes(kind))) return false;
    const [from, to] = [findSpec(entry, before), findSpec(entry, after)];
    return from && to && to['replicas'] !== 0 && !isSame(from['template'], to['template']);
  });
  const more = [{ kind: 'restart', field: '', message: MESSAGE } as const];
  return new Map(changed.map(({ namespace, name }) => [`${namespace}/${name}`, { more }]));
}

/** What is rendered without a namespace gets the resource's. */
function findSpec({ namespace, name }: PlanEntry, rendered: Rendered): Record<string, unknown> | undefined {
  const found = [{ namespace, name }, { name }]
    .map((metadata) => rendered.get(identify({ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata })))
    .find((each) => each !== undefined);
  const spec = found?.value['spec'];
  return isObject(spec) ? spec : undefined;
}
