// What a Job tells: how it stands, and the result that its last pod left.

import { JOB_RESOURCE_LABEL, JOB_STEP_LABEL } from '../api/names.ts';
import type { Job, Pod } from '../cluster/types.ts';
import { lastEnd } from './pods.ts';

/** The pods of a Job, the newest last. */
export function podsOf({ metadata }: Job, pods: readonly Pod[]): Pod[] {
  return pods
    .filter((pod) => pod.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid))
    .sort((a, b) => a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp));
}

/** backup, restore or change-pass. */
export function stepOfJob({ metadata }: Job): string {
  return metadata.labels?.[JOB_STEP_LABEL] ?? '';
}

/** It works for this resource, not for an earlier one of its name. */
export function worksFor({ metadata }: Job, uid: string): boolean {
  return metadata.labels?.[JOB_RESOURCE_LABEL] === uid;
}

type JobCondition = NonNullable<NonNullable<Job['status']>['conditions']>[number];

/** The condition by which a Job has failed. */
export function failureOf({ status }: Job): JobCondition | undefined {
  return status?.conditions?.find(({ type, status: value }) => type === 'Failed' && value === 'True');
}

export function isRunning({ status }: Job): boolean {
  return !status?.conditions?.some(
    ({ type, status: value }) => (type === 'Failed' || type === 'Complete') && value === 'True',
  );
}

/** The one JSON object that a Job leaves as its pod's termination message; undefined when it left none. */
export function resultOf(pods: readonly Pod[]): Readonly<Record<string, unknown>> | undefined {
  const messages = pods.flatMap((pod) => lastEnd(pod)?.message ?? []);
  return messages.map(parseResult).findLast((result) => result !== undefined);
}

function parseResult(message: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(message);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}
