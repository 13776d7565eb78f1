// What a Job is taken to have told, and whether it is still the one that is wanted.

import { expect, it } from 'vitest';
import type { Job, Pod } from '../../src/cluster/types.ts';
import { identifyJobs } from '../../src/lifecycle/observe-jobs.ts';

const identity = {
  resourceUid: 'uid',
  inputs: { backup: 'a', restore: 'b', 'change-pass': 'c' },
  manifestHash: () => undefined,
  nodes: [] as string[],
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

it.each([
  ['is made anew when nobody has the volume on the node that it was made for, and it does not start there', [], true],
  ['stays when its volume is in use on that node', ['node-1'], false],
])('%s', (_, nodes, outdated) => {
  const term = { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-1'] }] };
  const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } };
  const job = {
    metadata: { name: 'backup-shop-job', uid: 'job', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { template: { spec: { affinity: { nodeAffinity } } } },
  } as unknown as Job;
  const unscheduled = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no node' };
  const pod = {
    metadata: { name: 'backup-shop-job-x', creationTimestamp: '2026-01-01T00:00:00Z' },
    status: { phase: 'Pending', conditions: [{ ...unscheduled, lastTransitionTime: '2026-01-01T00:00:00Z' }] },
  } as unknown as Pod;
  const found = [{ step: 'backup', job, pods: [pod] }] as const;
  const now = Date.parse('2026-01-01T00:01:00Z');
  expect(identifyJobs(found, { ...identity, nodes, now }).backup).toMatchObject({ outdated });
  expect(identifyJobs(found, { ...identity, nodes, now: now - 50_000 }).backup).toMatchObject({ outdated: false });
});
