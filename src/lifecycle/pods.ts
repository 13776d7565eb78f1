// Invariant 1, "One owner": who has, or may have, the data directory open, and how it is made free.

import { reconciling, stalled, type Action, type Decision, type JobStep } from './actions.ts';
import type { Observed, ObservedClaim, ObservedJob, ObservedPod } from './observed.ts';
import { tellNodeDown } from './trouble.ts';

/** A node that lives has ended a pod by then. */
const OVERDUE_MILLISECONDS = 60_000;

/** Pods that have, or may have, the data directory open. */
export function ownersOf({ pods }: Observed): ObservedPod[] {
  return pods.filter(({ started, terminating, ended }) => (started || terminating) && !ended);
}

/** Those of them that are not pods of a Job; all without one. */
export function ownersBut(observed: Observed, job: ObservedJob | undefined): ObservedPod[] {
  return ownersOf(observed).filter(({ jobUid }) => jobUid === '' || jobUid !== job?.uid);
}

/**
 * Whether a pod keeps a claim that is being deleted from going, ended or not. One that is on no node does not, and is never
 * put on one for such a claim; its StatefulSet would only make it again.
 */
function holdsClaim({ node, terminating }: ObservedPod): boolean {
  return node !== '' && !terminating;
}

/** A claim that nothing holds is gone within a second. */
const SLOW_CLAIM_MILLISECONDS = 180_000;

/**
 * Waits for the end of a claim, and takes pods away that hold it. Where none that is known does, a pod that mounts this one
 * alone may, or a finalizer of somebody else.
 *
 * @param mayGo which pods are taken away; all without it
 */
export function waitForEnd(
  { pods }: Observed,
  { name, deletingSince = Infinity }: ObservedClaim,
  now: number,
  mayGo: (pod: ObservedPod) => boolean = () => true,
): Decision {
  const reason = 'ClaimDeleting';
  const message = `waits until the claim ${name}, which is being deleted, is gone`;
  const holders = pods.filter((pod) => holdsClaim(pod) && mayGo(pod));
  const actions = holders.map(({ name: pod, uid }): Action => ({ kind: 'delete-pod', name: pod, uid }));
  const isHeld = pods.some(({ node }) => node !== '');
  if (isHeld || now - deletingSince < SLOW_CLAIM_MILLISECONDS) return reconciling(reason, message, ...actions);
  return stalled(reason, `${message}; "kubectl describe pvc ${name}" says who uses it`);
}

/** The server's pod that is Ready. Somebody else's pod may mount the claim, too, to look at it. */
export function findServer({ pods }: Observed): ObservedPod | undefined {
  return pods.find(({ ready, terminating, jobUid, image }) => ready && !terminating && jobUid === '' && image !== '');
}

/**
 * Makes the data directory free; undefined when it is.
 *
 * @param but the Job whose pods are to have it
 */
export function stopOwners(observed: Observed, now: number, but?: ObservedJob): Decision | undefined {
  const owners = ownersBut(observed, but);
  const [first] = owners;
  if (!first) return undefined;
  const stuck = findStuck(owners, now);
  if (stuck) return stuck;
  const actions = owners
    .filter(({ terminating }) => !terminating)
    .map(({ name, uid }): Action => ({ kind: 'delete-pod', name, uid }));
  const message = `waits until the pod ${first.name}, which may have the data open, is gone`;
  return { ...reconciling('PodRunning', message, ...actions), again: 5000 };
}

/** One of them should have ended long ago; undefined when none should. */
export function findStuck(owners: readonly ObservedPod[], now: number): Decision | undefined {
  const overdue = owners.find(({ endsBy }) => endsBy !== undefined && now > endsBy + OVERDUE_MILLISECONDS);
  return overdue && waitForNode(overdue);
}

/** Nobody but the node knows whether the server has ended. */
function waitForNode({ name, node }: ObservedPod): Decision {
  const message = `the pod ${name} should have ended long ago and may still have the data open; ${tellNodeDown(node)}`;
  return stalled('PodStuck', message);
}

/** A Job that is not the one that is wanted now, or is about to go. */
export function isUnwanted({ ours, deleting, outdated }: ObservedJob): boolean {
  return !ours || deleting || outdated;
}

/**
 * A Job of our name that is not the one that is wanted: it is taken away, unless somebody else made it.
 *
 * @param name the Job's name
 */
export function replaceJob(name: string, step: JobStep, job: ObservedJob): Decision {
  if (job.foreign) {
    const message = `the Job ${name} was not made by the watcher and is left alone; delete it, so that the watcher can make its own`;
    return stalled('JobNameTaken', message);
  }
  const actions: Action[] = job.deleting ? [] : [{ kind: 'delete-job', step, uid: job.uid }];
  return reconciling('ReplacingJob', `takes away an earlier Job ${name}`, ...actions);
}

/** Takes a Job away that runs, or has pods left; undefined when it does not matter any more, or is somebody else's. */
export function stopJob(step: JobStep, job: ObservedJob | undefined): Decision | undefined {
  if (!job || job.foreign || (job.state !== 'running' && !job.hasPods)) return undefined;
  const actions: Action[] = job.deleting ? [] : [{ kind: 'delete-job', step, uid: job.uid }];
  return reconciling('Stopping', `stops the Job of the step ${step}`, ...actions);
}

/** How a pod ends that is followed by another one; after any other end the Job is complete in a moment. */
const FAILURES = new Set(['failed', 'refused']);

/** A Job that runs, is tried again, or whose pod does not start. */
export function followRunning(name: string, reason: string, { trouble, result }: ObservedJob): Decision {
  if (trouble !== '') {
    const wayOut = `put it right, and if that is not enough, delete the Job: kubectl delete job ${name}`;
    return stalled('JobNotStarting', `the pod of the Job ${name} does not get on: ${trouble}; ${wayOut}`);
  }
  if (result && FAILURES.has(result.outcome))
    return reconciling(reason, `the Job ${name} is tried again: ${result.reason}`);
  return reconciling(reason, `the Job ${name} runs`);
}
