// What stands in the way of the server and the Jobs: pods that are not made, not placed, cannot get their image, crash, or
// will not go; Jobs that failed.

import { RESET_PASSWORD_ANNOTATION, SKIP_BACKUP_ANNOTATION } from '../api/names.ts';
import type { Job, Pod } from '../cluster/types.ts';
import { failureOf, isRunning, podsOf, resultOf, stepOfJob, worksFor } from './jobs.ts';
import {
  evidence,
  isDeleting,
  isManaged,
  kubectl,
  lastEvent,
  next,
  obstacle,
  type Rule,
  type Situation,
} from './obstacle.ts';
import {
  containerOf,
  findServerPod,
  holds,
  imageProblem,
  isCrashing,
  lastEnd,
  stepOf,
  waitsForVolume,
} from './pods.ts';
import type { Evidence, Obstacle } from './report.ts';
import { lastLine } from './text.ts';

/** So long after its grace period a pod is still there because its node does not answer. */
const STUCK_MS = 60_000;

/** A server that should run has no pod. */
export const podMissing: Rule = (situation) => {
  const { resource, statefulSet, pods, unreadable, details } = situation;
  const { name } = resource.metadata;
  if (isDeleting(situation) || resource.spec.paused || findServerPod(pods, name)) return [];
  if (!statefulSet) {
    if (unreadable.includes('statefulsets')) return [];
    const step = next('apply the rendered manifests', 'kubectl mysql render -f FILE | kubectl apply -f -');
    return [
      obstacle('ServerMissing', `the StatefulSet ${name} is not there`, { object: `statefulset/${name}`, next: step }),
    ];
  }
  const events = lastEvent(details.events, statefulSet);
  if (events.length === 0) return [];
  const look = next('see why it makes no pod', kubectl(situation, 'describe', 'statefulset', name));
  const message = `the StatefulSet ${name} has no pod`;
  return [obstacle('PodMissing', message, { object: `statefulset/${name}`, evidence: events, next: look })];
};

/** Pods of the server, and of Jobs that run, each told by the first rule that knows it. */
export const troubledPods: Rule = (situation) => {
  const server = findServerPod(situation.pods, situation.resource.metadata.name);
  const working = situation.jobs.filter(isRunning).flatMap((job) => podsOf(job, situation.pods));
  return [...(server ? [server] : []), ...working].flatMap((pod) => describePod(situation, pod) ?? []);
};

function describePod(situation: Situation, pod: Pod): Obstacle | undefined {
  const stuck = describeStuck(situation, pod);
  if (stuck || pod.metadata.deletionTimestamp !== undefined) return stuck;
  // A server that is to go need not start.
  if (isDeleting(situation) && stepOf(pod) === undefined) return undefined;
  return (
    describeUnplaced(situation, pod) ??
    describeImage(situation, pod) ??
    describeConfig(situation, pod) ??
    describeCrash(situation, pod)
  );
}

function describeStuck(situation: Situation, { metadata, spec }: Pod): Obstacle | undefined {
  const end = Date.parse(metadata.deletionTimestamp ?? '');
  if (Number.isNaN(end) || situation.now - end < STUCK_MS) return undefined;
  const node = spec?.nodeName ?? '';
  const taint = `kubectl taint nodes ${node} node.kubernetes.io/out-of-service=nodeshutdown:NoExecute`;
  return obstacle('PodTerminating', `the pod ${metadata.name} does not go; its node ${node} may be down`, {
    object: `pod/${metadata.name}`,
    since: metadata.deletionTimestamp ?? null,
    next: next('only when the node is surely switched off', taint),
  });
}

function describeUnplaced(situation: Situation, pod: Pod): Obstacle | undefined {
  const unplaced = pod.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  if (!unplaced) return undefined;
  return obstacle('Unschedulable', `no node takes the pod ${pod.metadata.name}`, {
    ...about(situation, pod),
    since: unplaced.lastTransitionTime ?? null,
    evidence: [evidence('condition', unplaced.message ?? unplaced.reason ?? '')],
  });
}

function describeImage(situation: Situation, pod: Pod): Obstacle | undefined {
  const problem = imageProblem(pod);
  if (problem === undefined) return undefined;
  const image = pod.spec?.containers[0]?.image ?? '';
  return obstacle('ImagePull', `the node cannot get the image ${image}`, {
    ...about(situation, pod),
    since: pod.status?.startTime ?? null,
    evidence: [evidence('condition', problem)],
    next: next('put an image into git that the node can get, or make it available', describeCommand(situation, pod)),
  });
}

function describeConfig(situation: Situation, pod: Pod): Obstacle | undefined {
  const waiting = containerOf(pod)?.state?.waiting;
  const isRefused = waiting?.reason === 'CreateContainerConfigError' || waiting?.reason === 'CreateContainerError';
  if (!isRefused) return undefined;
  return obstacle(waiting.reason ?? '', `the node cannot make the container of ${pod.metadata.name}`, {
    ...about(situation, pod),
    evidence: [evidence('condition', waiting.message ?? '')],
  });
}

function describeCrash(situation: Situation, pod: Pod): Obstacle | undefined {
  // A Job's pod is not started again; what it says is told with its Job.
  if (stepOf(pod) !== undefined || !isCrashing(pod)) return undefined;
  const { exitCode = 0, finishedAt = null, reason } = lastEnd(pod) ?? {};
  const { restartCount = 0 } = containerOf(pod) ?? {};
  const end = reason === 'OOMKilled' ? 'is killed for want of memory' : `ends with exit code ${String(exitCode)}`;
  return obstacle('CrashLoop', `the server ${end} and was started ${String(restartCount + 1)} times`, {
    ...about(situation, pod),
    since: finishedAt,
    evidence: crashEvidence(situation, pod),
    next:
      reason === 'OOMKilled'
        ? next('raise resources.limits.memory in git')
        : next('read what it says, and mend it in git', kubectl(situation, 'logs', pod.metadata.name, '--previous')),
  });
}

function crashEvidence({ details }: Situation, pod: Pod): Evidence[] {
  const said = lastLine(lastEnd(pod)?.message ?? '');
  if (said !== '') return [evidence('termination', said)];
  const logged = lastLine(details.logs[pod.metadata.uid] ?? '');
  return logged === '' ? [] : [evidence('log', logged)];
}

/** Jobs that failed for this resource, with the last thing they said. */
export const failedJobs: Rule = (situation) => {
  const { uid } = situation.resource.metadata;
  return situation.jobs
    .filter((job) => failureOf(job) !== undefined && worksFor(job, uid))
    .map((job) => describeFailure(situation, job));
};

function describeFailure(situation: Situation, job: Job): Obstacle {
  const { name } = job.metadata;
  const { message: told = 'it did not say why', lastTransitionTime: since = null } = failureOf(job) ?? {};
  const pods = podsOf(job, situation.pods);
  const { reason = told, ...rest } = resultOf(pods) ?? {};
  const said = Object.keys(rest).length === 0 ? [] : [evidence('result', JSON.stringify({ ...rest, reason }))];
  const logged = pods.slice(-1).map(({ metadata }) => lastLine(situation.details.logs[metadata.uid] ?? ''));
  return obstacle('JobFailed', `the Job ${name} failed: ${String(reason)}`, {
    object: `job/${name}`,
    since,
    evidence: [...logged.filter(Boolean).map((line) => evidence('log', line)), ...said],
    next: next(wayOut(stepOfJob(job)), kubectl(situation, 'delete', 'job', name)),
  });
}

/** How to go on without the Job, where there is a way. */
const OTHER_WAYS: Readonly<Record<string, string>> = {
  backup: `; or give the data up with the annotation ${SKIP_BACKUP_ANNOTATION}: "true" on the resource`,
  'change-pass': `; or set the password offline, which restarts the server, with the annotation ${RESET_PASSWORD_ANNOTATION}: "true"`,
};

function wayOut(step: string): string {
  return `mend the cause, then delete the Job, and it is made again${OTHER_WAYS[step] ?? ''}`;
}

/** The gate is open, and the server is on its way. */
export const serverStarting: Rule = (situation) => {
  const { resource, pods, gate } = situation;
  const pod = findServerPod(pods, resource.metadata.name);
  const isGated = isManaged(situation) && gate === undefined;
  if (!pod || isGated || isDeleting(situation) || !isOnItsWay(situation, pod)) return [];
  return waitsForVolume(pod) ? describeHeld(situation, pod) : describeStart(situation, pod);
};

function describeStart(situation: Situation, pod: Pod): Obstacle[] {
  const running = containerOf(pod)?.state?.running;
  if (!running) return [];
  const { name } = pod.metadata;
  const follow = next('follow its log; a large recovery takes its time', kubectl(situation, 'logs', '-f', name));
  const more = { object: `pod/${name}`, since: running.startedAt ?? null, next: follow };
  return [obstacle('ServerStarting', 'the server runs and does not answer yet', more)];
}

function isOnItsWay(situation: Situation, pod: Pod): boolean {
  const isGoing = pod.metadata.deletionTimestamp !== undefined;
  return !isGoing && !holds(pod, 'Ready') && describePod(situation, pod) === undefined;
}

/** Held by something else than the gate. */
function describeHeld(situation: Situation, pod: Pod): Obstacle[] {
  const events = lastEvent(situation.details.events, pod);
  const age = situation.now - Date.parse(pod.metadata.creationTimestamp);
  if (events.length === 0 || age < STUCK_MS / 6) return [];
  return [
    obstacle('ContainerCreating', `the pod ${pod.metadata.name} waits for a volume`, {
      ...about(situation, pod),
      since: pod.status?.startTime ?? null,
      evidence: events,
    }),
  ];
}

function about(situation: Situation, pod: Pod): Pick<Obstacle, 'object' | 'next'> {
  return {
    object: `pod/${pod.metadata.name}`,
    next: next('see what the cluster says about it', describeCommand(situation, pod)),
  };
}

function describeCommand(situation: Situation, { metadata }: Pod): string {
  return kubectl(situation, 'describe', 'pod', metadata.name);
}
