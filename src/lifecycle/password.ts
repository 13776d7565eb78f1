// The password's change: both passwords work until the overlap ends, and at every moment one that some Secret holds works.

import type { Action, Decision } from './actions.ts';
import type { Observed, ObservedJob, ObservedResource } from './observed.ts';

/** What a running server's password needs; a decision without actions when all is at rest. */
export function decidePassword(observed: Observed, resource: ObservedResource, now: number): Decision {
  const { passwords } = observed;
  if (passwords.hasNext) return followChange(observed, 'complete');
  if (passwords.previousSince !== undefined) return keepOverlap(observed, resource, now);
  if (!passwords.hasDesired)
    return ready('PasswordMissing', 'the Secret with the password is missing; the old one stays in force');
  if (passwords.desiredIsCurrent) return ready('Ready', 'the server is Ready');
  return change('begins to change the password', { kind: 'write-active', change: 'begin' });
}

/** MySQL keeps two passwords, not three, so a newer one waits until the old one is discarded. */
function keepOverlap(observed: Observed, resource: ObservedResource, now: number): Decision {
  const { passwords } = observed;
  const end = (passwords.previousSince ?? now) + resource.passwordOverlap * 1000;
  if (now >= end || resource.rotateNow) return followChange(observed, 'discard');
  const isNewer = passwords.hasDesired && !passwords.desiredIsCurrent;
  const message = isNewer
    ? 'a newer password waits until the previous one is discarded'
    : 'the server is Ready; the previous password still works';
  return { ...ready('PasswordOverlap', message), again: end - now };
}

function followChange(observed: Observed, then: 'complete' | 'discard'): Decision {
  const job = observed.jobs['change-pass'];
  if (!job?.ours || job.deleting) return startJob(job);
  if (job.state === 'running') return change('the password Job runs');
  const { outcome, reason } = job.result ?? { outcome: '', reason: 'the Job did not say why' };
  if (job.state === 'failed' || outcome !== 'done') {
    const message = `the password could not be changed: ${reason}; the old one stays in force`;
    return { progress: 'Stalled', reason: 'PasswordChangeFailed', message, actions: [] };
  }
  const message = then === 'complete' ? 'the new password is in force' : 'the previous password is discarded';
  return change(message, { kind: 'write-active', change: then });
}

function startJob(job: ObservedJob | undefined): Decision {
  if (!job) return change('starts the password Job', { kind: 'create-job', step: 'change-pass' });
  const actions: Action[] = job.deleting ? [] : [{ kind: 'delete-job', step: 'change-pass', uid: job.uid }];
  return change('takes away an earlier password Job', ...actions);
}

function change(message: string, ...actions: Action[]): Decision {
  return { progress: 'Reconciling', reason: 'PasswordChanging', message, actions };
}

function ready(reason: string, message: string): Decision {
  return { progress: 'Ready', reason, message, actions: [] };
}
