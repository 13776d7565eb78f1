// Reads the Jobs of a resource and what they told at their end.

import { createHash } from 'node:crypto';
import {
  JOB_INPUT_LABEL,
  JOB_MANIFEST_ANNOTATION,
  JOB_RESOURCE_LABEL,
  JOB_STEP_LABEL,
  childNames,
} from '../api/names.ts';
import { KINDS, type ObjectKey } from '../cluster/kinds.ts';
import type { Objects } from '../cluster/objects.ts';
import type { Job, Pod } from '../cluster/types.ts';
import type { JobStep } from './actions.ts';
import type { JobResult, ObservedJob, Time } from './observed.ts';
import { JOB_UID_LABEL } from './observe-pods.ts';
import { describeDelay, describeTrouble } from './trouble.ts';
import { renderWanted, type JobWish } from './wanted-job.ts';

export const STEPS = ['backup', 'restore', 'change-pass'] as const;

/** Kubernetes makes a Job's first pod within seconds, unless something forbids it. */
const WITHOUT_POD_MILLISECONDS = 60_000;

/** What makes a Job the one that is wanted now. */
export interface JobIdentity {
  readonly resourceUid: string;
  readonly inputs: Readonly<Record<JobStep, string>>;
  /** The hash of the Job's manifest as it would be made now; undefined when none could be made. */
  readonly manifestHash: (step: JobStep) => string | undefined;
  /** Where pods that are no Job's have the data claim, or wait with it. */
  readonly nodes: readonly string[];
  readonly now: Time;
}

/** A label's value that differs when what a Job is made for differs. */
export function hashInput(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}

/** By which a Job that was made from something else is told; undefined for a resource that cannot be rendered. */
export function hashManifest(step: JobStep, wish: JobWish): string | undefined {
  try {
    return hashInput(renderWanted(step, wish).yaml);
  } catch {
    // Told when a Job is to be made.
    return undefined;
  }
}

/** A Job with its pods. */
export interface FoundJob {
  readonly step: JobStep;
  readonly job: Job;
  readonly pods: readonly Pod[];
}

/** Reads the Jobs of some steps by name, live. */
export async function readJobs(
  objects: Objects,
  { namespace, name }: ObjectKey,
  steps: readonly JobStep[],
): Promise<readonly FoundJob[]> {
  const names = childNames(name).jobs;
  const found = await Promise.all(
    steps.map(async (step) => {
      const job = await objects.find(KINDS.Job, { namespace, name: names[step] });
      if (!job) return [];
      const labelSelector = `${JOB_UID_LABEL}=${job.metadata.uid}`;
      const { items } = await objects.list(KINDS.Pod, { namespace, labelSelector });
      return [{ step, job, pods: items }];
    }),
  );
  return found.flat();
}

/** Jobs as a decision sees them: which of them are the ones that are wanted. */
export function identifyJobs(found: readonly FoundJob[], identity: JobIdentity): Partial<Record<JobStep, ObservedJob>> {
  return Object.fromEntries(found.map(({ step, job, pods }) => [step, toObserved(job, pods, { step, identity })]));
}

function toObserved(
  job: Job,
  pods: readonly Pod[],
  { step, identity }: { readonly step: JobStep; readonly identity: JobIdentity },
): ObservedJob {
  const { metadata, status } = job;
  const labels = metadata.labels ?? {};
  const isFor = {
    [JOB_RESOURCE_LABEL]: identity.resourceUid,
    [JOB_STEP_LABEL]: step,
    [JOB_INPUT_LABEL]: identity.inputs[step],
  };
  const holds = (type: string): boolean =>
    status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
  const state = holds('Complete') ? 'succeeded' : holds('Failed') ? 'failed' : 'running';
  const trouble = state === 'running' ? describePods(metadata, pods, identity.now) : '';
  return {
    uid: metadata.uid,
    createdAt: Date.parse(metadata.creationTimestamp),
    foreign: !(JOB_RESOURCE_LABEL in labels),
    ours: Object.entries(isFor).every(([label, value]) => labels[label] === value),
    deleting: metadata.deletionTimestamp !== undefined,
    state,
    hasPods: pods.length > 0,
    trouble,
    outdated:
      ((state === 'failed' || trouble !== '') && isOther(job, identity.manifestHash(step))) ||
      (trouble !== '' && isMisplaced(job, identity.nodes)),
    result: readResult(pods, step),
  };
}

/** It was made from something else. A resource of which no Job can be made keeps the one that it has. */
function isOther({ metadata: { annotations } }: Job, wanted: string | undefined): boolean {
  const made = annotations?.[JOB_MANIFEST_ANNOTATION];
  return made !== undefined && wanted !== undefined && made !== wanted;
}

/** It was made for the node that had the volume, and nobody has it there any more: that node may be drained, or gone. */
function isMisplaced({ spec }: Job, nodes: readonly string[]): boolean {
  const rules = spec?.template.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  // Only the watcher names a node by its name; git gives labels.
  const fields = rules?.nodeSelectorTerms.flatMap(({ matchFields = [] }) => matchFields) ?? [];
  const [node] = fields.flatMap(({ values = [] }) => values);
  return node !== undefined && !nodes.includes(node);
}

/** Why no pod of a Job starts. One that ended has told its result; what is wrong with the next one counts. */
function describePods({ name, creationTimestamp }: Job['metadata'], pods: readonly Pod[], now: Time): string {
  if (pods.length === 0 && now - Date.parse(creationTimestamp) > WITHOUT_POD_MILLISECONDS)
    return `it has none; "kubectl describe job ${name}" says why`;
  const waiting = pods.filter(({ status }) => !['Succeeded', 'Failed'].includes(status?.phase ?? ''));
  const texts = [describeTrouble, describeDelay].flatMap((describe) => waiting.map((pod) => describe(pod, now)));
  return texts.find((text) => text !== '') ?? '';
}

/** The result of the pod that ended last. A container that somebody put beside ours, and ends after it, tells none. */
function readResult(pods: readonly Pod[], step: JobStep): JobResult | undefined {
  const ends = pods.flatMap(({ status }) =>
    (status?.containerStatuses ?? []).flatMap(({ name, state }) =>
      name === step && state?.terminated ? [state.terminated] : [],
    ),
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
