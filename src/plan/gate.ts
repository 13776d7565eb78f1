// The policy gate: which consequences end a job.

import { CONSEQUENCE_KINDS, type ConsequenceKind } from '../model/consequence.ts';
import type { PlanEntry } from './plan.ts';

/** What can be forbidden: a kind of consequence, or anything that happens at all. */
export const GATES = [...(Object.keys(CONSEQUENCE_KINDS) as ConsequenceKind[]), 'any'] as const;
export type Gate = (typeof GATES)[number];

/** So many resources are named; the plan has them all. */
const MOST_NAMES = 20;

/** Which forbidden consequences a plan holds, each with the resources that it meets. */
export function findForbidden(entries: readonly PlanEntry[], gates: readonly Gate[]): string[] {
  return gates.flatMap((gate) => {
    const met = entries.filter(({ consequences }) => consequences.some(({ kind }) => gate === 'any' || kind === gate));
    return met.length === 0 ? [] : [`${gate} (${nameSome(met)})`];
  });
}

function nameSome(entries: readonly PlanEntry[]): string {
  const more = entries.length - MOST_NAMES;
  const names = entries.slice(0, MOST_NAMES).map(nameEntry).join(', ');
  return more > 0 ? `${names} and ${String(more)} more` : names;
}

/** `prod/shop`; `shop` where nobody says the namespace. */
export function nameEntry({ namespace, name }: Pick<PlanEntry, 'namespace' | 'name'>): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}
