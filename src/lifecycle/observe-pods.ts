// Reads the pods that mount a claim, whoever made them.

import { JOB_STEP_LABEL } from '../api/names.ts';
import { KINDS } from '../cluster/kinds.ts';
import type { Objects } from '../cluster/objects.ts';
import type { Pod } from '../cluster/types.ts';
import type { JobStep } from './actions.ts';
import type { ObservedPod, Time } from './observed.ts';

/**
 * Reads the pods that mount a claim, live.
 *
 * @param closedAt when the gate was closed; a pod that is older may have been let in and start at any moment, so it counts
 *   as started. Undefined when there was never a gate.
 */
export async function observePods(
  objects: Objects,
  claim: { readonly namespace: string; readonly name: string },
  closedAt: Time | undefined,
): Promise<ObservedPod[]> {
  const { items } = await objects.list(KINDS.Pod, { namespace: claim.namespace });
  return items.filter((pod) => mounts(pod, claim.name)).map((pod) => toObserved(pod, closedAt));
}

function mounts({ spec }: Pod, claim: string): boolean {
  return spec?.volumes?.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === claim) ?? false;
}

function toObserved(pod: Pod, closedAt: Time | undefined): ObservedPod {
  const { metadata, status } = pod;
  const createdAt = Date.parse(metadata.creationTimestamp);
  const ended = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  return {
    name: metadata.name,
    uid: metadata.uid,
    createdAt,
    started: hasStarted(pod) || (closedAt !== undefined && createdAt <= closedAt),
    terminating: metadata.deletionTimestamp !== undefined,
    ended,
    ready: status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false,
    step: metadata.labels?.[JOB_STEP_LABEL] as JobStep | undefined,
  };
}

/** A sandbox is made only after all volumes are mounted; until then no process of the pod can have them open. */
function hasStarted({ status = {} }: Pod): boolean {
  const { phase = 'Pending', conditions = [], initContainerStatuses = [], containerStatuses = [] } = status;
  const hasSandbox = conditions.some(
    ({ type, status: value }) => type === 'PodReadyToStartContainers' && value === 'True',
  );
  const containers = [...initContainerStatuses, ...containerStatuses];
  return phase !== 'Pending' || hasSandbox || containers.some(({ state }) => state?.running ?? state?.terminated);
}
