// Objects that were rendered already may change although their resource does not: another version of kubectl-mysql rendered
// them, or something behind it changed them. Pure.

import type { Consequence, ConsequenceKind } from '../model/consequence.ts';
import { isSame } from '../model/is-same.ts';
import { isObject, type SourceObject } from '../parse/source.ts';
import { identify, identifyChildren } from '../validate/identity.ts';
import type { LiveFacts, PlanEntry } from './plan.ts';

/** What was rendered, by its identity. */
export type Rendered = ReadonlyMap<string, SourceObject>;

/** The kinds of consequence that stop a server, or start one. */
export const STOPS: readonly string[] = ['restart', 'start', 'stop'];

/**
 * Finds servers that stop, start or restart although their resource does not ask for it: something else rendered them, or takes
 * away what was rendered.
 *
 * @param entries the plan by the resources alone
 * @param isDelivered whether the newer side is what is delivered, as it is; else it may not be rendered yet
 */
export function findPodChanges(
  entries: readonly PlanEntry[],
  { before, after, isDelivered }: { before: Rendered; after: Rendered; isDelivered: boolean },
): ReadonlyMap<string, LiveFacts> {
  const facts = entries.flatMap((entry): [string, LiveFacts][] => {
    if (entry.kind !== 'MySQL' || (entry.change !== 'changed' && entry.change !== 'unchanged')) return [];
    if (!isDelivered && !isRendered(entry, after)) return [];
    const found = judgeStatefulSet(entry.name, findSpec(entry, before), findSpec(entry, after));
    return found && !isTold(entry, found) ? [[`${entry.namespace}/${entry.name}`, { more: [found] }]] : [];
  });
  return new Map(facts);
}

function isRendered({ namespace, name }: PlanEntry, rendered: Rendered): boolean {
  return [namespace, ''].some((within) => identifyChildren(name, within).some((child) => rendered.has(child)));
}

/** What the resource itself tells already: a server that stops or restarts all the same does not restart once more. */
function isTold({ consequences }: PlanEntry, { kind }: Consequence): boolean {
  const hides = kind === 'restart' ? STOPS : kind === 'config' ? [] : ['start', 'stop'];
  return consequences.some((each) => hides.includes(each.kind));
}

type Spec = Readonly<Record<string, unknown>> | undefined;

/** What becomes of the server when its StatefulSet changes. A branch in which it never stood tells nothing of it. */
function judgeStatefulSet(name: string, from: Spec, to: Spec): Consequence | undefined {
  if (!from) return undefined;
  const isStopped = from['replicas'] === 0;
  const tell = (kind: ConsequenceKind, message: string): Consequence => ({ kind, field: '', message });
  const server = isStopped ? 'it was stopped' : 'the server stops, and no watcher makes it again without --render';
  if (!to)
    return tell(
      isStopped ? 'config' : 'stop',
      `the StatefulSet ${name} is not rendered any more, although the resource stays: ${server}; the volumes stay`,
    );
  if (to['replicas'] === 0) {
    const message = `the rendered StatefulSet ${name} has no replica, although the resource does not ask for it: the server stops; the volumes stay`;
    return isStopped ? undefined : tell('stop', message);
  }
  if (isStopped)
    return tell(
      'start',
      `the rendered StatefulSet ${name} has a replica again: the server is started again on its volume`,
    );
  if (isSame(from['template'], to['template'])) return undefined;
  return tell(
    'restart',
    'the rendered pod is another one, although the resource does not ask for it: the server restarts',
  );
}

/** What is rendered without a namespace gets the resource's. */
function findSpec({ namespace, name }: PlanEntry, rendered: Rendered): Record<string, unknown> | undefined {
  const found = [{ namespace, name }, { name }]
    .map((metadata) => rendered.get(identify({ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata })))
    .find((each) => each !== undefined);
  const spec = found?.value['spec'];
  return isObject(spec) ? spec : undefined;
}
