// Reads the pods that mount a claim, whoever made them.

import { KINDS } from '../cluster/kinds.ts';
import type { Objects } from '../cluster/objects.ts';
import type { Pod } from '../cluster/types.ts';
import type { ObservedPod, Time } from './observed.ts';
import { describeTrouble, findSettling } from './trouble.ts';

/** Kubernetes' own label of a Job's pods. */
export const JOB_UID_LABEL = 'batch.kubernetes.io/controller-uid';
const SERVER_CONTAINER = 'mysql';
/** The kubelet learns a moment later that the gate is gone, and the time of day is known to the second. */
const LET_IN_MILLISECONDS = 5_000;

/** Which pods, and how they are looked at. */
interface PodReading {
  /** When the gate was closed; undefined when there was never one. */
  readonly closedAt: Time | undefined;
  readonly now: Time;
  /** The name of the pod that is enough where it mounts the claim; all that mount it without the name, or without such a pod. */
  readonly only?: string;
}

/** Pods, and whether they are all that mount the claim. */
export interface MountingPods {
  readonly pods: ObservedPod[];
  readonly areAll: boolean;
}

/**
 * Reads the pods that mount a claim, live.
 *
 * @param closedAt when the gate was closed; a pod that was made before, or just after, may have been let in and start at
 *   any moment, so it counts as started. Undefined when there was never a gate.
 */
export async function observePods(
  objects: Objects,
  claim: { readonly namespace: string; readonly name: string },
  { closedAt, now, only }: PodReading,
): Promise<MountingPods> {
  const { namespace } = claim;
  const pod = only === undefined ? undefined : await objects.find(KINDS.Pod, { namespace, name: only });
  const isEnough = pod !== undefined && mounts(pod, claim.name);
  const items = isEnough ? [pod] : (await objects.list(KINDS.Pod, { namespace })).items;
  const pods = items.filter((each) => mounts(each, claim.name)).map((each) => toObserved(each, closedAt, now));
  return { pods, areAll: !isEnough };
}

function mounts({ spec }: Pod, claim: string): boolean {
  return spec?.volumes?.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === claim) ?? false;
}

function toObserved(pod: Pod, closedAt: Time | undefined, now: Time): ObservedPod {
  const { name, uid, creationTimestamp, deletionTimestamp, labels = {} } = pod.metadata;
  const createdAt = Date.parse(creationTimestamp);
  return {
    name,
    uid,
    createdAt,
    started: hasStarted(pod) || (closedAt !== undefined && createdAt <= closedAt + LET_IN_MILLISECONDS),
    terminating: deletionTimestamp !== undefined,
    endsBy: deletionTimestamp === undefined ? undefined : Date.parse(deletionTimestamp),
    ended: ['Succeeded', 'Failed'].includes(pod.status?.phase ?? ''),
    ...describeReadiness(pod, now),
    node: pod.spec?.nodeName ?? '',
    image: imageOf(pod),
    trouble: describeTrouble(pod, now),
    jobUid: labels[JOB_UID_LABEL] ?? '',
  };
}

function describeReadiness(pod: Pod, now: Time): Pick<ObservedPod, 'ready' | 'settlesAt'> {
  const settlesAt = findSettling(pod, now);
  return { ready: holds(pod, 'Ready') && settlesAt === undefined, settlesAt };
}

function imageOf({ spec }: Pod): string {
  return spec?.containers.find(({ name }) => name === SERVER_CONTAINER)?.image ?? '';
}

function holds({ status }: Pod, condition: string): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === condition && value === 'True') ?? false;
}

/** A sandbox is made only after all volumes are mounted; until then no process of the pod can have them open. */
function hasStarted(pod: Pod): boolean {
  const { phase = 'Pending', initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const containers = [...initContainerStatuses, ...containerStatuses];
  const hasRun = containers.some(({ state }) => state?.running ?? state?.terminated);
  return phase !== 'Pending' || hasRun || holds(pod, 'PodReadyToStartContainers');
}
