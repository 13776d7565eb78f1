// All checks in their order, and their lines.

import type { Check, Level } from './check.ts';
import { checkBackups, checkDeletions, checkDelivery, checkGates, checkReadable } from './checks-resources.ts';
import { checkClasses, checkLeftovers, checkProtection, checkRetain } from './checks-storage.ts';
import { checkAccounts, checkCaller, checkDefinition, checkWatcher } from './checks-watcher.ts';
import type { DoctorFacts } from './doctor-facts.ts';
import { escapeControls, type Paint, type Style } from './text.ts';

/** Carries out all checks. */
export function runChecks(facts: DoctorFacts, now: number): Check[] {
  return [
    ...checkDefinition(facts),
    ...checkWatcher(facts, now),
    ...checkAccounts(facts),
    ...checkCaller(facts),
    ...checkReadable(facts),
    ...checkRetain(facts),
    ...checkProtection(facts),
    ...checkClasses(facts),
    ...checkDeletions(facts, now),
    ...checkGates(facts),
    ...checkBackups(facts, now),
    ...checkDelivery(facts),
    ...checkLeftovers(facts),
  ];
}

const STYLES: Readonly<Record<Level, Style>> = { ok: 'good', warn: 'notice', fail: 'bad' };

/** One line for each check. */
export function formatChecks(checks: readonly Check[], paint: Paint): string {
  return checks
    .map(({ level, check, message, next }) => {
      const what = `${paint(STYLES[level], level.padEnd(4))}  ${check}: ${escapeControls(message)}`;
      if (next === null) return `${what}\n`;
      return `${what} – ${next.text}${next.command === null ? '' : `: ${next.command}`}\n`;
    })
    .join('');
}
