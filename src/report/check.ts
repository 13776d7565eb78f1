// The parts from which every check is made.

import type { StoredObject } from '../cluster/types.ts';
import type { NextStep } from './report.ts';

/** `fail`: data is in danger, or nothing works. `warn`: worth a look. */
export type Level = 'ok' | 'warn' | 'fail';

/** One line of the doctor. */
export interface Check {
  readonly level: Level;
  /** What was checked, one word, stable. */
  readonly check: string;
  readonly message: string;
  /** The object that it is about. */
  readonly object: string | null;
  readonly next: NextStep | null;
}

/** Something that is not as it should be. */
export type Finding = Omit<Check, 'check'>;

export function ok(check: string, message: string): Check {
  return { level: 'ok', check, message, object: null, next: null };
}

export function finding(level: 'warn' | 'fail', message: string, more: Partial<Finding> = {}): Finding {
  return { level, message, object: null, next: null, ...more };
}

/** One line for each finding, or one that all is well. */
export function conclude(check: string, findings: readonly Finding[], fine: string): Check[] {
  return findings.length === 0 ? [ok(check, fine)] : findings.map(({ level, ...each }) => ({ level, check, ...each }));
}

/** Not being allowed to look is worth a word, and no failure. */
export function unread(check: string, kinds: string): Check[] {
  return conclude(check, [finding('warn', `not checked: ${kinds} may not be read`)], '');
}

/** `1 volume`, `2 volumes`. */
export function count(number: number, noun: string): string {
  const plural = noun.endsWith('s') ? `${noun}es` : `${noun}s`;
  return `${String(number)} ${number === 1 ? noun : plural}`;
}

/** Whether an object is the one of this namespace and name. */
export function isCalled({ metadata }: StoredObject, namespace: string, name: string): boolean {
  return metadata.name === name && metadata.namespace === namespace;
}
