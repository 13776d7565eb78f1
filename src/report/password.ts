// How the password stands, by what the watcher says about it; no Secret is looked at.

import { formatTime } from '../cluster/clock.ts';
import type { ResourceFacts } from './facts.ts';
import { conditionsOf, leadingCondition } from './obstacle.ts';
import type { PasswordReport } from './report.ts';

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
const DEFAULT_OVERLAP = '5m';

/** Tells whether the password in git is in force. */
export function describePassword(facts: ResourceFacts): PasswordReport {
  const inSync = conditionsOf(facts).find(({ type }) => type === 'PasswordInSync');
  const leading = leadingCondition(facts);
  if (!inSync) return { state: 'Unknown', overlapUntil: null };
  if (leading?.reason === 'PasswordMissing') return { state: 'Missing', overlapUntil: null };
  if (leading?.reason === 'PasswordOverlap')
    return { state: 'Overlap', overlapUntil: overlapEnd(facts, inSync.lastTransitionTime) };
  return { state: inSync.status === 'True' ? 'InSync' : 'Changing', overlapUntil: null };
}

/** It began when the new password came into force. */
function overlapEnd({ resource }: ResourceFacts, since: string | undefined): string | null {
  const { passwordOverlap = DEFAULT_OVERLAP } = resource.spec as { readonly passwordOverlap?: string };
  const [, number = '', unit = ''] = /^(\d+)([smh])$/.exec(passwordOverlap) ?? [];
  const end = Date.parse(since ?? '') + Number(number) * (SECONDS[unit] ?? Number.NaN) * 1000;
  return Number.isNaN(end) ? null : formatTime(end);
}
