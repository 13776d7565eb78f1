// Why a pod does not get on, in one line: what Kubernetes says, or what its container said last. Pure.

import type { Pod } from '../cluster/types.ts';
import type { Time } from './observed.ts';

/** Reasons for which a container waits that do not go away by waiting a little. */
const TROUBLES = new Set([
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
  'ErrImageNeverPull',
  'ErrImagePull',
  'ImageInspectError',
  'ImagePullBackOff',
  'InvalidImageName',
  'RunContainerError',
]);
const LONGEST = 300;

/** The scheduler waits for volumes itself. */
const SLOW_MILLISECONDS = 30_000;

/**
 * Says why a pod does not get on; empty when it does, as far as can be seen.
 *
 * @param now milliseconds since 1970
 */
export function describeTrouble({ status = {} }: Pod, now: Time): string {
  const { conditions = [], initContainerStatuses = [], containerStatuses = [] } = status;
  const said = [...initContainerStatuses, ...containerStatuses].map(describeContainer).find((text) => text !== '');
  if (said !== undefined) return shorten(said);
  return describeScheduling(conditions, now);
}

/** A large image is pulled by then, in most places. */
const LATE_MILLISECONDS = 180_000;

/** A node that lives has ended a pod by then, and a pod has ended that has nothing more to do. */
const OVERDUE_MILLISECONDS = 60_000;

/**
 * Says what keeps a Job's pod from starting or from ending where it says nothing itself; empty when nothing does, as far as can
 * be seen. It may be a volume that cannot be attached, a node that is down, or a container that somebody put beside ours.
 *
 * @param now milliseconds since 1970
 */
export function describeDelay(pod: Pod, now: Time): string {
  const { name, creationTimestamp, deletionTimestamp } = pod.metadata;
  const { nodeName = '' } = pod.spec ?? {};
  if (deletionTimestamp !== undefined) {
    const isOverdue = now - Date.parse(deletionTimestamp) > OVERDUE_MILLISECONDS;
    return isOverdue ? `it should have ended long ago; ${tellNodeDown(nodeName)}` : '';
  }
  if (pod.status?.phase === 'Running') return describeCompany(pod, now);
  const isLate = now - Date.parse(creationTimestamp) > LATE_MILLISECONDS;
  return isLate ? `it does not start; "kubectl describe pod ${name}" says what it waits for` : '';
}

/** What people can do who know that a node will not come back. */
export function tellNodeDown(node: string): string {
  return `if the node ${node} is down for good, say so: kubectl taint node ${node} node.kubernetes.io/out-of-service=nodeshutdown:NoExecute`;
}

/** A container that runs on keeps the pod, and with it the Job, from ending. */
function describeCompany({ status = {} }: Pod, now: Time): string {
  const { containerStatuses = [] } = status;
  const isDone = containerStatuses.some(
    ({ state }) => state?.terminated && now - Date.parse(state.terminated.finishedAt ?? '') > OVERDUE_MILLISECONDS,
  );
  const others = containerStatuses.filter(({ state }) => state?.running).map(({ name }) => `"${name}"`);
  if (!isDone || others.length === 0) return '';
  return `its work is done, but the container ${others.join(', ')}, which somebody put into it, runs on; keep it out of the pods of Jobs`;
}

/** mysqld may listen for a few seconds before it gives up, as with an option that it does not know, and in each round again. */
const SETTLING_MILLISECONDS = 10_000;

/**
 * Until when a server that has crashed does not count as Ready yet; undefined when it does, or is not Ready at all.
 *
 * @param now milliseconds since 1970
 */
export function findSettling({ status = {} }: Pod, now: Time): Time | undefined {
  const { conditions = [], containerStatuses = [] } = status;
  const hasCrashed = containerStatuses.some(({ lastState }) => (lastState?.terminated?.exitCode ?? 0) !== 0);
  const since = conditions.find(({ type, status: value }) => type === 'Ready' && value === 'True')?.lastTransitionTime;
  if (!hasCrashed || since === undefined) return undefined;
  const settlesAt = Date.parse(since) + SETTLING_MILLISECONDS;
  return settlesAt > now ? settlesAt : undefined;
}

type PodCondition = NonNullable<NonNullable<Pod['status']>['conditions']>[number];

function describeScheduling(conditions: readonly PodCondition[], now: Time): string {
  const unscheduled = conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  const { reason = '', message = '', lastTransitionTime = '' } = unscheduled ?? {};
  return now - Date.parse(lastTransitionTime) > SLOW_MILLISECONDS ? shorten(`${reason}: ${message}`) : '';
}

const OUT_OF_MEMORY = 'OOMKilled: it needs more memory than resources.limits.memory allows; raise that in git';

type ContainerStatus = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];

function describeContainer({ state = {}, lastState = {} }: ContainerStatus): string {
  const { waiting, terminated } = state;
  const ended = terminated ?? lastState.terminated;
  // What it said last is of no use then: nobody told it.
  const said = ended?.reason === 'OOMKilled' ? OUT_OF_MEMORY : lastLine(ended?.message);
  if (terminated) return terminated.exitCode === 0 ? '' : said;
  return waiting ? describeWaiting(waiting, said) : '';
}

/** The kubelet tells of each try, and of the pause after it; people get one text, which stays the same. */
const PAUSE_OF_PULL = /^Back-off pulling image "[^"]*": (ErrImagePull: )?/;

function describeWaiting({ reason = '', message = '' }: { reason?: string; message?: string }, said: string): string {
  if (!TROUBLES.has(reason)) return '';
  if (reason === 'ErrImagePull' || reason === 'ImagePullBackOff') {
    return `ImagePullBackOff: ${message.replace(PAUSE_OF_PULL, '')}`;
  }
  return `${reason}: ${reason === 'CrashLoopBackOff' && said !== '' ? said : message}`;
}

/**
 * What a Job of ours tells as its reason; of the end of a log the first error of mysqld, whose later ones follow from it, else
 * the last line that tells of an error, else the last one.
 */
function lastLine(text = ''): string {
  const told = /^ *"reason": (".*"),$/m.exec(text)?.[1];
  if (text.startsWith('{') && told !== undefined) return parseText(told);
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const isCause = (line: string): boolean => line.includes('[ERROR]') && !line.endsWith('Aborting');
  return lines.find(isCause) ?? lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? '';
}

function parseText(json: string): string {
  try {
    return String(JSON.parse(json));
  } catch {
    return json;
  }
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
