// kstatus is how delivery tools tell whether a resource is done: kubectl's and Flux's wait, Argo CD's health check. Its rules,
// held against the status of every state that there is.

import { describe, expect, it } from 'vitest';
import { buildStatus, type Condition, type Status } from '../../src/lifecycle/conditions.ts';
import { decide } from '../../src/lifecycle/decide.ts';
import type { Observed } from '../../src/lifecycle/observed.ts';
import { NOW } from '../support/observed.ts';
import { GROUPS } from './rows.ts';

/** A resource as far as kstatus looks at it. */
interface Judged {
  readonly generation: number;
  readonly isDeleted: boolean;
  readonly status: Partial<Status>;
}

type Verdict = 'Current' | 'InProgress' | 'Failed' | 'Terminating';

/**
 * The rules of sigs.k8s.io/cli-utils/pkg/kstatus for a custom resource: a deleted one is Terminating; one whose generation
 * was not seen is InProgress; then Reconciling, Stalled and Ready count, in this order.
 */
function judge({ generation, isDeleted, status }: Judged): Verdict {
  const { observedGeneration, conditions = [] } = status;
  const statusOf = (name: string): string | undefined => conditions.find(({ type }) => type === name)?.status;
  if (isDeleted) return 'Terminating';
  if (observedGeneration !== generation || statusOf('Reconciling') === 'True') return 'InProgress';
  if (statusOf('Stalled') === 'True') return 'Failed';
  return statusOf('Ready') === 'True' ? 'Current' : 'InProgress';
}

const VERDICTS = { Ready: 'Current', Reconciling: 'InProgress', Stalled: 'Failed' } as const;

function statusOf(state: Observed): Status {
  return buildStatus({ observed: state, decision: decide(state, NOW), earlier: {}, now: NOW });
}

const ROWS = GROUPS.flatMap(([group, rows]) =>
  rows.flatMap(([title, state]) => (state.resource ? [{ title: `${group} ${title}`, state, ...state.resource }] : [])),
);

describe('for kstatus', () => {
  it.each(ROWS)('$title', ({ state, generation, deletedAt }) => {
    const status = statusOf(state);
    const { progress } = decide(state, NOW);
    expect(judge({ generation, isDeleted: false, status })).toBe(VERDICTS[progress]);
    expect(judge({ generation: generation + 1, isDeleted: false, status })).toBe('InProgress');
    expect(judge({ generation, isDeleted: deletedAt !== undefined, status })).toBe(
      deletedAt === undefined ? VERDICTS[progress] : 'Terminating',
    );
  });

  it.each(ROWS)('$title: exactly one of Ready, Reconciling and Stalled holds', ({ state, generation }) => {
    const { conditions, observedGeneration } = statusOf(state);
    const holding = conditions.filter(
      ({ type, status }) => ['Ready', 'Reconciling', 'Stalled'].includes(type) && status === 'True',
    );
    expect(holding).toHaveLength(1);
    expect(observedGeneration).toBe(generation);
    expect(new Set(conditions.map(({ type }) => type)).size).toBe(conditions.length);
    for (const condition of conditions) checkCondition(condition, generation);
  });
});

/** What the API's conventions ask of a condition. */
function checkCondition(condition: Condition, generation: number): void {
  expect(condition.status).toMatch(/^(True|False|Unknown)$/);
  expect(condition.reason).toMatch(/^[A-Z][A-Za-z]*$/);
  expect(condition.message.trim()).not.toBe('');
  expect(condition.observedGeneration).toBe(generation);
  expect(condition.lastTransitionTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
}
