// What a pod tells: whose it is, whether it waits for a volume, and why a container does not run.

import { JOB_STEP_LABEL, SERVER_LABEL } from '../api/names.ts';
import type { Pod } from '../cluster/types.ts';
import { escapeControls, lastLine } from './text.ts';

type ContainerStatus = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];
type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>;

/** Words of the kubelet for an image that it cannot get or use. */
const IMAGE_REASONS = [
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
];

/** The server's pod; one that is being replaced only when there is no other. */
export function findServerPod(pods: readonly Pod[], name: string): Pod | undefined {
  const servers = pods.filter(({ metadata }) => metadata.labels?.[SERVER_LABEL] === name);
  return servers.find(({ metadata }) => metadata.deletionTimestamp === undefined) ?? servers[0];
}

/** The step of a Job's pod; undefined for the server's. */
export function stepOf({ metadata }: Pod): string | undefined {
  return metadata.labels?.[JOB_STEP_LABEL];
}

/** Whether a condition of a pod holds. */
export function holds(pod: Pod, type: string): boolean {
  return pod.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
}

/** The only container of ours that matters. */
export function containerOf({ status }: Pod): ContainerStatus | undefined {
  return status?.containerStatuses?.[0];
}

/** What keeps the kubelet from getting the image; undefined when it has it, or just gets it. */
export function imageProblem(pod: Pod): string | undefined {
  const waiting = containerOf(pod)?.state?.waiting;
  if (!waiting?.reason || !IMAGE_REASONS.includes(waiting.reason)) return undefined;
  return escapeControls(lastLine(waiting.message ?? waiting.reason));
}

/** The last end of the container: the present one, or the one before a restart. */
export function lastEnd(pod: Pod): Terminated | undefined {
  const { state, lastState } = containerOf(pod) ?? {};
  return state?.terminated ?? lastState?.terminated;
}

/** Placed on a node, and held there because a volume is missing. */
export function waitsForVolume(pod: Pod): boolean {
  const waiting = containerOf(pod)?.state?.waiting?.reason;
  const isHeld = waiting === 'ContainerCreating' || waiting === 'PodInitializing';
  return holds(pod, 'PodScheduled') && !holds(pod, 'PodReadyToStartContainers') && isHeld;
}

/** It ended with an error and is, or will be, started again. */
export function isCrashing(pod: Pod): boolean {
  const container = containerOf(pod);
  if (container === undefined || container.ready) return false;
  const { state = {}, lastState = {} } = container;
  if (state.terminated !== undefined || state.waiting?.reason === 'CrashLoopBackOff') return true;
  // Between two crashes it runs, or is made, for a moment.
  return lastState.terminated !== undefined && lastState.terminated.exitCode !== 0;
}
