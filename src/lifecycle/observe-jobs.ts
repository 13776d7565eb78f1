// Reads the Jobs of a resource and what they told at their end.

import { createHash } from 'node:crypto';
import { JOB_INPUT_LABEL, JOB_RESOURCE_LABEL, JOB_STEP_LABEL, childNames } from '../api/names.ts';
import { KINDS, type ObjectKey } from '../cluster/kinds.ts';
import type { Objects } from '../cluster/objects.ts';
import type { Job, Pod } from '../cluster/types.ts';
import type { JobStep } from './actions.ts';
import type { JobResult, ObservedJob, Time } from './observed.ts';
import { JOB_UID_LABEL } from './observe-pods.ts';
import { describeTrouble } from './trouble.ts';

export const STEPS = ['backup', 'restore', 'change-pass'] as const;

/** What makes a Job the one that is wanted now. */
export interface JobIdentity {
  readonly resourceUid: string;
  readonly inputs: Readonly<Record<JobStep, string>>;
  readonly now: Time;
}

/** A label's value that differs when what a Job is made for differs. */
export function hashInput(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}

/** Reads the three Jobs by name, live. */
export async function observeJobs(
  objects: Objects,
  { namespace, name }: ObjectKey,
  identity: JobIdentity,
): Promise<Partial<Record<JobStep, ObservedJob>>> {
  const names = childNames(name).jobs;
  const found = await Promise.all(
    STEPS.map(async (step) => {
      const job = await objects.find(KINDS.Job, { namespace, name: names[step] });
      if (!job) return [];
      const labelSelector = `${JOB_UID_LABEL}=${job.metadata.uid}`;
      const { items } = await objects.list(KINDS.Pod, { namespace, labelSelector });
      return [[step, toObserved(job, items, { step, identity })] as const];
    }),
  );
  return Object.fromEntries(found.flat());
}

function toObserved(
  { metadata, status }: Job,
  pods: readonly Pod[],
  { step, identity }: { readonly step: JobStep; readonly identity: JobIdentity },
): ObservedJob {
  const labels = metadata.labels ?? {};
  const isFor = {
    [JOB_RESOURCE_LABEL]: identity.resourceUid,
    [JOB_STEP_LABEL]: step,
    [JOB_INPUT_LABEL]: identity.inputs[step],
  };
  const holds = (type: string): boolean =>
    status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
  return {
    uid: metadata.uid,
    foreign: !(JOB_RESOURCE_LABEL in labels),
    ours: Object.entries(isFor).every(([label, value]) => labels[label] === value),
    deleting: metadata.deletionTimestamp !== undefined,
    state: holds('Complete') ? 'succeeded' : holds('Failed') ? 'failed' : 'running',
    hasPods: pods.length > 0,
    trouble: pods.map((pod) => describeTrouble(pod, identity.now)).find((text) => text !== '') ?? '',
    result: readResult(pods),
  };
}

/** The result of the pod that ended last. */
function readResult(pods: readonly Pod[]): JobResult | undefined {
  const ends = pods.flatMap(({ status }) =>
    (status?.containerStatuses ?? []).flatMap(({ state }) => (state?.terminated ? [state.terminated] : [])),
  );
  const last = ends.sort((a, b) => String(a.finishedAt).localeCompare(String(b.finishedAt))).at(-1);
  if (last?.message === undefined) return undefined;
  try {
    const { outcome, reason, found, ...rest } = JSON.parse(last.message) as Record<string, unknown>;
    // A restore that succeeds tells what it found.
    return { ...rest, outcome: String(found ?? outcome), reason: String(reason) };
  } catch {
    return { outcome: 'failed', reason: `the Job ended with exit code ${String(last.exitCode)}` };
  }
}
