// What a Job is taken to have told.

import { expect, it } from 'vitest';
import type { Job, Pod } from '../../src/cluster/types.ts';
import { identifyJobs } from '../../src/lifecycle/observe-jobs.ts';

const identity = {
  resourceUid: 'uid',
  inputs: { backup: 'a', restore: 'b', 'change-pass': 'c' },
  manifestHash: () => undefined,
  now: 0,
};

function ended(name: string, second: string, message?: string): object {
  const terminated = { exitCode: 0, finishedAt: `2026-01-01T00:00:${second}Z`, ...(message ? { message } : {}) };
  return { name, state: { terminated } };
}

it('is what its own container said last, whatever ends after that', () => {
  const job = {
    metadata: { name: 'backup-shop-job', uid: 'job', creationTimestamp: '2026-01-01T00:00:00Z' },
    status: { conditions: [{ type: 'Complete', status: 'True' }] },
  } as unknown as Job;
  const say = (reason: string): string => JSON.stringify({ outcome: 'done', reason });
  const pods = [
    { metadata: {}, status: { containerStatuses: [ended('backup', '05', say('last')), ended('proxy', '09')] } },
    { metadata: {}, status: { containerStatuses: [ended('proxy', '08', 'bye'), ended('backup', '01', say('first'))] } },
  ] as unknown as Pod[];
  const { backup } = identifyJobs([{ step: 'backup', job, pods }], identity);
  expect(backup?.result).toEqual({ outcome: 'done', reason: 'last' });
});
