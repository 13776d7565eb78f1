// What people are told about a step that the API server refuses, and what is kept silent.

import { expect, it } from 'vitest';
import { ClusterError } from '../../src/cluster/errors.ts';
import { ready, reconciling, type Decision } from '../../src/lifecycle/actions.ts';
import { TOLD_AFTER, createRefusals } from '../../src/lifecycle/refusals.ts';

const KEY = 'prod/shop';
const decision = reconciling('BackingUp', 'starts the final backup', { kind: 'create-job', step: 'backup' });

function refused(code: number, message: string): ClusterError {
  return new ClusterError({ code, reason: '', message });
}

/** What is told after a decision ended so often like this. */
function tellAfter(error: unknown, times: number = TOLD_AFTER, next: Decision = decision): Decision {
  const refusals = createRefusals();
  for (let count = 0; count < times; count += 1) refusals.note(KEY, decision, error);
  return refusals.tell(KEY, next);
}

const QUOTA = 'jobs.batch "x" is forbidden: exceeded quota: none, requested: count/jobs.batch=1, used: 3, limited: 3';

it.each([
  ['a quota', refused(403, QUOTA), 'exceeded quota: none', 'raise the ResourceQuota of the namespace'],
  ['a webhook', refused(400, 'admission webhook "a.b" denied the request: no'), 'a.b', 'change that policy'],
  ['a webhook that is not there', refused(500, 'failed calling webhook "a.b"'), 'a.b', 'change that policy'],
  ['a missing right', refused(403, 'User "w" cannot create resource "jobs"'), 'cannot create', 'kubectl mysql install'],
  [
    'the end of a namespace that may not be seen',
    refused(403, 'unable to create new content in namespace prod because it is being terminated'),
    'being terminated',
    'the right to get namespaces (kubectl mysql install',
  ],
  ['an object that is not valid', refused(422, 'Job "x" is invalid: spec'), 'is invalid', 'put that right'],
])('%s is told in the words of the API server, with the way out', (_, error, said, wayOut) => {
  const { progress, reason, message, actions } = tellAfter(error);
  expect({ progress, reason }).toEqual({ progress: 'Stalled', reason: 'ActionRefused' });
  expect(message).toContain(`starts the final backup: the API server refuses it: `);
  expect(message).toContain(said);
  expect(message).toContain(wayOut);
  // It is tried all the same.
  expect(actions).toBe(decision.actions);
});

it('a resource that cannot be rendered is told without what was thrown, which may hold a value of it', () => {
  const { progress, message } = tellAfter(new RangeError('a template quotes hunter2'));
  expect(progress).toBe('Stalled');
  expect(message).toContain('kubectl mysql validate');
  expect(message).not.toContain('hunter2');
});

it('the first tries are silent', () => {
  expect(tellAfter(refused(403, QUOTA), TOLD_AFTER - 1)).toBe(decision);
});

it.each([409, 410, 404, 401, 429, 503, 504, 0])('a failure of the code %i passes by itself', (code) => {
  expect(tellAfter(refused(code, 'x'), 20)).toBe(decision);
});

it('another step is not the one that was refused', () => {
  const next = ready('Ready', 'the server is Ready');
  expect(tellAfter(refused(403, QUOTA), 20, next)).toBe(next);
});

it('a step that was carried out is refused no more', () => {
  const refusals = createRefusals();
  for (let count = 0; count < 9; count += 1) refusals.note(KEY, decision, refused(403, QUOTA));
  refusals.note(KEY, decision, undefined);
  expect(refusals.tell(KEY, decision)).toBe(decision);
});

it('numbers that change with every try do not change the text', () => {
  const refusals = createRefusals();
  for (let count = 0; count < 9; count += 1)
    refusals.note(KEY, decision, refused(403, `exceeded quota, used: ${String(count)}, id 1f-${String(count)}c`));
  expect(refusals.tell(KEY, decision).message).toContain('used: 0');
  refusals.note(KEY, decision, refused(403, 'cannot create resource "jobs"'));
  expect(refusals.tell(KEY, decision).message).toContain('cannot create');
});
