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
  unknown: 'cannot be compared',
};

/**
 * One line that counts resources, however many rows each of them has: `2 of 3 resources change (1 with restart, 2 with grow)`.
 * A file that cannot be read is no resource.
 */
export function summarise(entries: readonly PlanEntry[]): string {
  const resources = entries.filter(({ kind }) => kind !== 'File');
  const files = entries.length - resources.length;
  const changed = resources.filter(({ change }) => change !== 'unchanged').length;
  const counts = [...countKinds(resources)].map(([kind, met]) => `${String(met)} with ${kind}`);
  const all = `${String(changed)} of ${count(resources.length, 'resource')} ${changed === 1 ? 'changes' : 'change'}`;
  const parts = [
    ...(changed === 0 ? [] : [`${all} (${counts.join(', ')})`]),
    ...(files === 0 ? [] : [`${count(files, 'file')} cannot be compared`]),
  ];
  return parts.length === 0 ? 'nothing happens' : parts.join('; ');
}

function count(number: number, what: string): string {
  return `${String(number)} ${what}${number === 1 ? '' : 's'}`;
}

/** The consequences of an entry by kind, in their order. */
export function groupByKind({ consequences }: PlanEntry): [ConsequenceKind, PlanEntry['consequences']][] {
  const kinds = [...new Set(consequences.map(({ kind }) => kind))];
  return kinds.map((kind) => [kind, consequences.filter((each) => each.kind === kind)]);
}
