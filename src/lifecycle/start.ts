// Invariants 1 and 3: who may open the data directory, and what is on it. From bound volumes to a server that is Ready.

import { childNames } from '../api/names.ts';
import { PAUSED_TEXT } from '../model/life.ts';
import { ready, reconciling, stalled, type Action, type Decision } from './actions.ts';
import type { Observed, ObservedJob, ObservedPod, ObservedResource } from './observed.ts';
import { findServer, findStuck, followRunning, isUnwanted, replaceJob, stopOwners } from './pods.ts';
import { resetPassword } from './password.ts';
import { PROTECT_VOLUMES, adoptActions, isProvablyNew } from './volumes.ts';

/**
 * A pod that has waited longer is made anew before the gate opens: the kubelet looks again only after up to two minutes. One
 * that was made since then is left to wait, or a watcher whose rounds take that long would replace it for ever.
 */
const STALE_POD_MILLISECONDS = 10_000;

/** A large image is pulled by then, in most places; whoever waits longer should look. */
const SLOW_MILLISECONDS = 180_000;

/** What must happen until the server is Ready; undefined when it is. */
export function decideStart(observed: Observed, resource: ObservedResource, now: number): Decision | undefined {
  const isReset = resource.status.resetSince !== '';
  if (observed.gate) {
    // A reset that was begun behind a gate that is still open: nobody knows how far it came.
    return isReset ? resetPassword(observed) : superviseServer(observed, resource, now);
  }
  // Somebody took the gate away under a server that runs; it proves that there is data.
  const isRunning = findServer(observed) !== undefined && observed.jobs.restore?.state !== 'running';
  if (isRunning && !isReset) return openGate({ ...observed, pods: [] }, 'data', now);
  return prepareStart(observed, resource, now);
}

/** No server runs: what is on the volumes, and with which password is it started? */
function prepareStart(observed: Observed, resource: ObservedResource, now: number): Decision {
  const { passwords } = observed;
  // Beside a volume that is kept a new one would get an older backup, or nothing.
  if (observed.volumesLostSince !== undefined) {
    const message = `the watcher may not read volumes any more, and starts no server without knowing which one holds the data. ${PROTECT_VOLUMES}`;
    return stalled('VolumesForbidden', message);
  }
  const isNew =
    !observed.jobs.restore && isProvablyNew(observed, observed.data) && isProvablyNew(observed, observed.backup);
  if (!passwords.hasActive && !passwords.hasDesired) {
    const message = 'waits for the Secret with the password; create it, or deliver it by your secrets tool';
    return reconciling('PasswordMissing', message);
  }
  // NAME-active is made once, and tells for good whether a Job looks first: of two watchers at once neither decides otherwise.
  const write: Action[] = passwords.hasActive ? [] : [{ kind: 'write-active', change: 'new' }];
  if (isNew) return openGate(observed, 'empty', now, ...write);
  if (!passwords.hasActive) {
    const message = 'writes the password that the server starts with';
    return reconciling('Starting', message, { kind: 'write-active', change: 'first' });
  }
  return decideRestore(observed, resource, now);
}

function superviseServer(observed: Observed, resource: ObservedResource, now: number): Decision | undefined {
  const { passwords } = observed;
  if (!passwords.hasActive && passwords.hasDesired) {
    const message = 'writes the Secret with the password in force again, which somebody deleted';
    return reconciling('Starting', message, { kind: 'write-active', change: 'recover' });
  }
  if (findServer(observed)) return settleServer(observed);
  if (resource.paused) return ready('Paused', PAUSED_TEXT);
  return followStart(observed, resource, now);
}

/** Behind the open gate: what the server waits for. */
function followStart(observed: Observed, { status }: ObservedResource, now: number): Decision {
  const { name, pods, statefulSet, passwords } = observed;
  if (!passwords.hasActive) {
    const missing = `the Secret ${childNames(name).activeSecret} was deleted, and the Secret that git names is missing, too; create that one, and the server starts`;
    return stalled('PasswordMissing', missing);
  }
  const servers = pods.filter(({ jobUid }) => jobUid === '');
  const trouble = servers.find(({ trouble: text }) => text !== '')?.trouble;
  if (trouble !== undefined) return stalled('ServerFailing', `the server does not start: ${trouble}`);
  const [pod] = servers;
  const made = pod ?? statefulSet;
  if (made) return waitForServer(observed, { made, pod }, status, now);
  const message = `waits for the StatefulSet ${name}; apply the rendered manifests`;
  return status.server ? stalled('StatefulSetMissing', message) : reconciling('StatefulSetMissing', message);
}

/** What was made last is given its time: the pod, or the StatefulSet that is to make it. */
function waitForServer(
  { name }: Observed,
  { made, pod }: { readonly made: { readonly createdAt: number }; readonly pod: ObservedPod | undefined },
  { notReadySince = Infinity, gateOpenedAt = 0 }: ObservedResource['status'],
  now: number,
): Decision {
  const waited = now - Math.max(Math.min(notReadySince, now), gateOpenedAt, made.createdAt);
  if (pod?.settlesAt !== undefined) {
    const message = `the server is up again after a crash; waits whether it stays up`;
    return { ...reconciling('ServerStarting', message), again: pod.settlesAt - now };
  }
  if (waited >= SLOW_MILLISECONDS) return tellSlowStart(name, pod);
  return { ...reconciling('ServerStarting', STARTING), again: SLOW_MILLISECONDS - waited };
}

const STARTING = 'the gate is open; waits until the server is Ready';

/** Whoever has the data open may be in a long crash recovery. */
function tellSlowStart(name: string, pod: ObservedPod | undefined): Decision {
  if (!pod)
    return stalled('ServerFailing', `the StatefulSet has no pod; "kubectl describe statefulset ${name}" says why`);
  if (pod.started) return reconciling('ServerStarting', `${STARTING}; "kubectl logs ${pod.name}" says what it does`);
  const message = `the pod ${pod.name} does not start; "kubectl describe pod ${pod.name}" says what it waits for`;
  return stalled('ServerFailing', message);
}

/** What is written down once the server is Ready. */
function settleServer(observed: Observed): Decision | undefined {
  const { gate } = observed;
  if (gate?.expect === 'empty') {
    return reconciling('Initialised', 'from now on an empty volume is refused', { kind: 'expect-data', uid: gate.uid });
  }
  const [adopt] = adoptActions(observed);
  return adopt && reconciling('Adopting', 'takes over a volume of an earlier resource of this name', adopt);
}

/** The Job looks at the volume and restores the latest backup if there is no data. */
function decideRestore(observed: Observed, resource: ObservedResource, now: number): Decision {
  const job = observed.jobs.restore;
  if (job && !isUnwanted(job)) return followRestore(observed, resource, now, job);
  const stopping = stopOwners(observed, now);
  if (stopping) return stopping;
  if (job) return replaceJob(childNames(observed.name).jobs.restore, 'restore', job);
  return reconciling('Restoring', 'looks at the volumes', { kind: 'create-job', step: 'restore' });
}

function followRestore(observed: Observed, resource: ObservedResource, now: number, job: ObservedJob): Decision {
  const name = childNames(observed.name).jobs.restore;
  if (job.state === 'running') return followRunning(name, 'Restoring', job);
  // Somebody took its pod away, and with it what it saw; looking again does no harm.
  if (job.state === 'succeeded' && !job.result) return replaceJob(name, 'restore', job);
  const decision = concludeRestore(observed, resource, now, job);
  // What was there before a server was let in says nothing about what is there now.
  const isEarlier = job.createdAt <= (resource.status.gateOpenedAt ?? -Infinity);
  return decision.progress === 'Stalled' && isEarlier ? replaceJob(name, 'restore', job) : decision;
}

function concludeRestore(observed: Observed, resource: ObservedResource, now: number, job: ObservedJob): Decision {
  const name = childNames(observed.name).jobs.restore;
  const { outcome, reason } = job.result ?? { outcome: '', reason: 'it did not say what it did' };
  switch (job.state === 'failed' ? 'failed' : outcome) {
    case 'data':
    case 'restored':
      return openGate(observed, 'data', now);
    case 'declined':
    case 'empty':
      return tellMissing(observed, resource, outcome) ?? openGate(observed, 'empty', now);
    default: {
      const message = `the restore did not succeed and nothing was started: ${reason}; to try again, delete the Job: kubectl delete job ${name}`;
      return stalled('RestoreFailed', message);
    }
  }
}

/**
 * Where a server had run there must be data, unless people asked for an empty database since. That git asks for one tells
 * nothing about a claim on which a server was Ready already: it was asked for then.
 */
function tellMissing(
  { data: { claim } }: Observed,
  { status: { server, gateOpenedAt = -Infinity, notReadySince = Infinity }, restoreFrom }: ObservedResource,
  outcome: string,
): Decision | undefined {
  const isSameClaim = claim !== undefined && claim.createdAt <= gateOpenedAt && notReadySince > gateOpenedAt;
  if (server === undefined || (restoreFrom === 'none' && !isSameClaim)) return undefined;
  const lack =
    outcome === 'declined'
      ? 'no data, and git declines the backup; bring the data back, or put restore.from: latest into git'
      : 'neither data nor a backup; bring the volume back';
  const anew = isSameClaim ? `delete the claim ${claim.name} with its volume, and ` : '';
  const message = `a server had run here, but there is ${lack}, or ${anew}put restore.from: none into git to start with an empty database`;
  return stalled('DataMissing', message);
}

/** Pods that waited long are deleted, and gone, before the gate opens. */
function openGate(observed: Observed, expect: 'empty' | 'data', now: number, ...first: Action[]): Decision {
  const madeBefore = Math.min(now - STALE_POD_MILLISECONDS, observed.resource?.status.openingSince ?? Infinity);
  // A Job's pod may have been seen just before its end. It tells the result.
  const waits = ({ createdAt, ended, jobUid }: ObservedPod): boolean =>
    !ended && createdAt < madeBefore && jobUid !== observed.jobs.restore?.uid;
  const stale = observed.pods.filter(waits);
  const stuck = findStuck(stale, now);
  if (stuck) return stuck;
  if (stale.length > 0) {
    const actions = stale
      .filter(({ terminating }) => !terminating)
      .map(({ name, uid }): Action => ({ kind: 'delete-pod', name, uid }));
    return { ...reconciling('Opening', 'replaces a pod that has waited', ...actions), again: 1000 };
  }
  return expect === 'empty' && observed.passwords.isUnusable
    ? refusePassword(observed)
    : reconciling('Opening', OPENING[expect], ...first, ...adoptActions(observed), describeGate(observed, expect));
}

const OPENING = {
  empty: 'opens the gate for a new database',
  data: 'opens the gate for the data that is there',
} as const;

function describeGate(observed: Observed, expect: 'empty' | 'data'): Action {
  const claimUid = observed.data.claim?.uid ?? '';
  const isRestored = observed.jobs.restore?.ours === true && observed.jobs.restore.result?.outcome === 'restored';
  const created = isRestored ? 'with restore-job' : 'without restore-job';
  return { kind: 'open-gate', expect, claimUid, created };
}

/** The first start would fail with a piece of the password in its log. */
function refusePassword({ name, passwords }: Observed): Decision {
  const { activeSecret } = childNames(name);
  const again = passwords.hasActive ? `, then delete the Secret ${activeSecret}, which holds the old one` : '';
  const message = `the password holds a single quote, a backslash or a control character, which the official mysql image cannot take at its first start; put another one into the Secret${again}`;
  return stalled('PasswordUnusable', message);
}
