// What all forms of a plan have in common: the summary, and what is said of a kind of consequence as a whole.

import { GRACE_SECONDS, formatSeconds, type ConsequenceKind } from '../model/consequence.ts';
import { countKinds, type PlanEntry } from './plan.ts';

/** Said once for all consequences of a kind. */
export const REMARKS: Readonly<Partial<Record<ConsequenceKind, string>>> = {
  restart: `the server gets up to ${formatSeconds(GRACE_SECONDS)} to stop, and serves nobody until the new one is Ready`,
  stop: `the server gets up to ${formatSeconds(GRACE_SECONDS)} to stop`,
};

/** What happened to a resource's text, for the end of a heading. */
export const CHANGE_WORDS: Readonly<Record<PlanEntry['change'], string>> = {
  added: 'is created',
  removed: 'is DELETED',
  changed: 'changes',
  unchanged: 'does not change',
};

/** One line: how many resources meet what. */
export function summarise(entries: readonly PlanEntry[]): string {
  const unchanged = entries.filter(({ change }) => change === 'unchanged').length;
  const counts = [...countKinds(entries)].map(([kind, count]) => `${String(count)} ${kind}`);
  if (counts.length === 0) return 'nothing happens';
  return [...counts, ...(unchanged > 0 ? [`${String(unchanged)} unchanged`] : [])].join(', ');
}

/** The consequences of an entry by kind, in their order. */
export function groupByKind({ consequences }: PlanEntry): [ConsequenceKind, PlanEntry['consequences']][] {
  const kinds = [...new Set(consequences.map(({ kind }) => kind))];
  return kinds.map((kind) => [kind, consequences.filter((each) => each.kind === kind)]);
}
