// Invariants 1 and 3: who may open the data directory, and what is on it. From bound volumes to a server that is Ready.

import { reconciling, type Action, type Decision } from './actions.ts';
import type { Observed, ObservedJob, ObservedPod, ObservedResource } from './observed.ts';
import { isProvablyNew } from './volumes.ts';

/** A pod that has waited longer is made anew before the gate opens: the kubelet looks again only after up to two minutes. */
const STALE_POD_MILLISECONDS = 10_000;

/** Pods that have, or may have, the data directory open. */
export function ownersOf({ pods }: Observed): ObservedPod[] {
  return pods.filter(({ started, terminating, ended }) => (started || terminating) && !ended);
}

/** What must happen until the server is Ready; undefined when it is. */
export function decideStart(observed: Observed, resource: ObservedResource, now: number): Decision | undefined {
  const { gate, passwords } = observed;
  if (gate) return superviseServer(observed, resource);
  // Somebody took the gate away under a server that runs; it proves that there is data.
  if (findServer(observed)) return openGate({ ...observed, pods: [] }, 'data', now);
  if (!passwords.hasDesired) {
    const message = 'waits for the Secret with the password; create it, or deliver it by your secrets tool';
    return { progress: 'Reconciling', reason: 'PasswordMissing', message, actions: [] };
  }
  // Read before N-active is made: its existence is a sign that a server may have run.
  const isNew =
    !observed.jobs.restore && isProvablyNew(observed, observed.data) && isProvablyNew(observed, observed.backup);
  if (isNew) return openGate(observed, 'empty', now, { kind: 'write-active', change: 'first' });
  if (!passwords.hasActive) {
    return reconciling('Starting', 'writes the password that the server starts with', {
      kind: 'write-active',
      change: 'first',
    });
  }
  return decideRestore(observed, resource, now);
}

function findServer({ pods }: Observed): ObservedPod | undefined {
  return pods.find(({ ready, terminating, step }) => ready && !terminating && step === undefined);
}

function superviseServer(observed: Observed, { paused }: ObservedResource): Decision | undefined {
  const { gate } = observed;
  const isReady = findServer(observed) !== undefined;
  if (isReady && gate?.expect === 'empty') {
    return reconciling('Initialised', 'from now on an empty volume is refused', { kind: 'expect-data', uid: gate.uid });
  }
  if (isReady) return undefined;
  if (paused) return { progress: 'Ready', reason: 'Paused', message: 'paused; the volumes stay', actions: [] };
  return reconciling('ServerStarting', 'the gate is open; waits until the server is Ready');
}

/** The Job looks at the volume and restores the latest backup if there is no data. */
function decideRestore(observed: Observed, resource: ObservedResource, now: number): Decision {
  const job = observed.jobs.restore;
  if (job?.ours && !job.deleting) return followRestore(observed, resource, now, job);
  const [owner] = ownersOf(observed);
  if (owner) {
    const message = `waits until the pod ${owner.name}, which may have the data open, is gone`;
    const actions: Action[] = owner.terminating ? [] : [{ kind: 'delete-pod', name: owner.name, uid: owner.uid }];
    return { progress: 'Reconciling', reason: 'PodRunning', message, actions };
  }
  if (job) return replaceJob(job);
  return reconciling('Restoring', 'looks at the volumes', { kind: 'create-job', step: 'restore' });
}

function replaceJob(job: ObservedJob): Decision {
  const actions: Action[] = job.deleting ? [] : [{ kind: 'delete-job', step: 'restore', uid: job.uid }];
  return reconciling('Restoring', 'takes away an earlier restore Job', ...actions);
}

function followRestore(observed: Observed, resource: ObservedResource, now: number, job: ObservedJob): Decision {
  if (job.state === 'running') return reconciling('Restoring', 'the restore Job looks at the volumes');
  const { outcome, reason } = job.result ?? { outcome: '', reason: 'the Job did not say what it did' };
  switch (job.state === 'failed' ? 'failed' : outcome) {
    case 'data':
    case 'restored':
      return openGate(observed, 'data', now);
    case 'declined':
      return openGate(observed, 'empty', now);
    case 'empty': {
      if (resource.status.server === undefined) return openGate(observed, 'empty', now);
      const message = 'a server had run here, but there is neither data nor a backup; find the volume before you go on';
      return { progress: 'Stalled', reason: 'DataMissing', message, actions: [] };
    }
    default: {
      const message = `the restore did not succeed and nothing was started: ${reason}; delete the Job to try again`;
      return { progress: 'Stalled', reason: 'RestoreFailed', message, actions: [] };
    }
  }
}

/** Pods that waited long are deleted, and gone, before the gate opens. */
function openGate(observed: Observed, expect: 'empty' | 'data', now: number, ...first: Action[]): Decision {
  const stale = observed.pods.filter(({ createdAt, ended }) => !ended && now - createdAt > STALE_POD_MILLISECONDS);
  if (stale.length > 0) {
    const actions = stale
      .filter(({ terminating }) => !terminating)
      .map(({ name, uid }): Action => ({ kind: 'delete-pod', name, uid }));
    return { ...reconciling('Opening', 'replaces a pod that has waited', ...actions), again: 1000 };
  }
  const claimUid = observed.data.claim?.uid ?? '';
  const isRestored = observed.jobs.restore?.ours === true && observed.jobs.restore.result?.outcome === 'restored';
  const created = isRestored ? 'with restore-job' : 'without restore-job';
  const message =
    expect === 'empty' ? 'opens the gate for a new database' : 'opens the gate for the data that is there';
  return reconciling('Opening', message, ...first, { kind: 'open-gate', expect, claimUid, created });
}
