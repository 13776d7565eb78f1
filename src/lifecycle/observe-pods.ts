// Reads the pods that mount a claim, whoever made them.

import { RESOURCE_LABEL, childNames } from '../api/names.ts';
import { KINDS, type NamespacedKey } from '../cluster/kinds.ts';
import type { Objects } from '../cluster/objects.ts';
import type { Pod } from '../cluster/types.ts';
import { claimsOfPod } from './claim-index.ts';
import type { ObservedPod, Time } from './observed.ts';
import { describeTrouble, findSettling } from './trouble.ts';

/** Kubernetes' own label of a Job's pods. */
export const JOB_UID_LABEL = 'batch.kubernetes.io/controller-uid';
const SERVER_CONTAINER = 'mysql';
/** The kubelet learns a moment later that the gate is gone, and the time of day is known to the second. */
const LET_IN_MILLISECONDS = 5_000;

/**
 * Names the pods that mount a claim although they bear the label of another resource, as a watch has told; undefined where that
 * is not known.
 */
export type StraysOf = (claim: NamespacedKey) => readonly string[] | undefined;

/** Which pods, and how they are looked at. */
interface PodReading {
  /** When the gate was closed; undefined when there was never one. */
  readonly closedAt: Time | undefined;
  readonly now: Time;
  /** The name of the pod that is enough where it mounts the claim; all that mount it without the name, or without such a pod. */
  readonly only?: string;
  /** Where it is missing, or knows nothing, all pods of the namespace are looked through, however many there are. */
  readonly straysOf?: StraysOf | undefined;
}

/** Pods, and whether they are all that mount the claim. */
export interface MountingPods {
  readonly pods: ObservedPod[];
  readonly areAll: boolean;
}

/**
 * Reads the pods that mount the data claim of a resource, live.
 *
 * @param closedAt when the gate was closed; a pod that was made before, or just after, may have been let in and start at
 *   any moment, so it counts as started. Undefined when there was never a gate.
 */
export async function observePods(
  objects: Objects,
  key: NamespacedKey,
  { closedAt, now, only, straysOf }: PodReading,
): Promise<MountingPods> {
  const { namespace, name } = key;
  const { dataClaim } = childNames(name);
  const mounts = (pod: Pod): boolean => claimsOfPod(pod).some((claim) => claim.name === dataClaim);
  const pod = only === undefined ? undefined : await objects.find(KINDS.Pod, { namespace, name: only });
  const isEnough = pod !== undefined && mounts(pod);
  const items = isEnough ? [pod] : ((await listLikely(objects, key, straysOf)) ?? (await listAll(objects, namespace)));
  const pods = items.filter(mounts).map((each) => toObserved(each, closedAt, now));
  return { pods, areAll: !isEnough };
}

async function listAll(objects: Objects, namespace: string): Promise<readonly Pod[]> {
  return (await objects.list(KINDS.Pod, { namespace })).items;
}

/**
 * Those that bear the resource's label or none at all, the server's whatever it bears, and the strays, read after they were
 * named: pods of a thousand others are of no interest. Undefined where it is not known which are strays.
 */
async function listLikely(
  objects: Objects,
  { namespace, name }: NamespacedKey,
  straysOf: StraysOf = () => undefined,
): Promise<readonly Pod[] | undefined> {
  const { server, dataClaim } = childNames(name);
  const strays = (): readonly string[] | undefined => straysOf({ namespace, name: dataClaim });
  if (!strays()) return undefined;
  const find = (pod: string): Promise<Pod | undefined> => objects.find(KINDS.Pod, { namespace, name: pod });
  const selectors = [`${RESOURCE_LABEL}=${name}`, `!${RESOURCE_LABEL}`];
  const [first, ...lists] = await Promise.all([
    find(`${server}-0`),
    ...selectors.map((labelSelector) => objects.list(KINDS.Pod, { namespace, labelSelector })),
  ]);
  const named = strays();
  if (!named) return undefined;
  const others = await Promise.all(named.map(find));
  const found = [...lists.flatMap(({ items }) => items), first, ...others].filter((pod) => pod !== undefined);
  return [...new Map(found.map((pod) => [pod.metadata.uid, pod])).values()];
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
