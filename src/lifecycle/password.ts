// The password's change: both passwords work until the overlap ends, and at every moment one that some Secret holds works.

import { RESET_PASSWORD_ANNOTATION, childNames } from '../api/names.ts';
import { RESET_TEXT } from '../model/life.ts';
import { ready, reconciling, stalled, type Action, type Decision } from './actions.ts';
import type { Observed, ObservedJob, ObservedResource } from './observed.ts';
import { followRunning, isUnwanted, replaceJob } from './pods.ts';

/** What a running server's password needs; a decision without actions when all is at rest. */
export function decidePassword(observed: Observed, resource: ObservedResource, now: number): Decision {
  const { passwords } = observed;
  if (passwords.hasNext) return followChange(observed, resource, passwords.nextIsCurrent ? 'confirm' : 'complete');
  if (passwords.previousSince !== undefined) return keepOverlap(observed, resource, now);
  if (!passwords.hasDesired) return ready('PasswordMissing', tellMissing(observed));
  if (passwords.desiredIsCurrent) return ready('Ready', 'the server is Ready');
  return change('begins to change the password', { kind: 'write-active', change: 'begin' });
}

/** A server that runs needs no Secret; whoever looks after it should know before it is started again. */
function tellMissing({ name, passwords }: Observed): string {
  const missing = 'the Secret with the password is missing';
  if (passwords.hasActive)
    return `${missing}; the server runs on with the password in force, and gets no other one until that Secret is there: create it, or deliver it by your secrets tool`;
  const { activeSecret } = childNames(name);
  return `${missing}, and ${activeSecret}, too; the server runs on, but does not start again without them: create that one, and ${activeSecret} is written again`;
}

/** MySQL keeps two passwords, not three, so a newer one waits until the old one is discarded. */
function keepOverlap(observed: Observed, resource: ObservedResource, now: number): Decision {
  const { passwords } = observed;
  const end = (passwords.previousSince ?? now) + resource.passwordOverlap * 1000;
  if (now >= end || resource.rotateNow) return followChange(observed, resource, 'discard');
  return { ...ready('PasswordOverlap', tellOverlap(observed)), again: end - now };
}

function tellOverlap(observed: Observed): string {
  const { hasDesired, desiredIsCurrent } = observed.passwords;
  if (!hasDesired) return `the previous password still works; ${tellMissing(observed)}`;
  return desiredIsCurrent
    ? 'the server is Ready; the previous password still works'
    : 'a newer password waits until the previous one is discarded';
}

function followChange(
  observed: Observed,
  resource: ObservedResource,
  then: 'complete' | 'confirm' | 'discard',
): Decision {
  const job = observed.jobs['change-pass'];
  const name = childNames(observed.name).jobs['change-pass'];
  if (!job) return change('starts the password Job', { kind: 'create-job', step: 'change-pass' });
  if (isUnwanted(job) || isOutlived(job, resource)) return replaceJob(name, 'change-pass', job);
  if (job.state === 'running') return followRunning(name, 'PasswordChanging', job);
  const { outcome, reason } = job.result ?? { outcome: '', reason: 'the Job did not say why' };
  if (job.state === 'failed' || outcome !== 'done')
    return resource.resetPassword ? resetPassword(observed) : failed(observed, reason, name);
  const message = then === 'discard' ? 'the previous password is discarded' : 'the new password is in force';
  return change(message, { kind: 'write-active', change: then });
}

/**
 * Behind a closed gate root's password may have been set offline, and what a Job did before that counts for nothing. Nor does
 * what nobody knows any more, since its pod was taken away. Doing it again does no harm.
 */
function isOutlived({ createdAt, state, result }: ObservedJob, { status }: ObservedResource): boolean {
  return createdAt < (status.gateOpenedAt ?? -Infinity) || (state === 'succeeded' && !result);
}

/** Only a Job that certainly altered nothing makes room for another password; else nobody knows which one works. */
function failed({ passwords, jobs }: Observed, reason: string, job: string): Decision {
  const isUnaltered = jobs['change-pass']?.result?.['altered'] === false;
  if (passwords.hasNext && isUnaltered && passwords.hasDesired && !passwords.desiredIsNext)
    return change('takes back the password that was refused, since git names another one', {
      kind: 'write-active',
      change: 'withdraw',
    });
  const another = isUnaltered ? 'put another password into the Secret, or, ' : '';
  const again = `to try again, delete the Job: kubectl delete job ${job}`;
  const wayOut = `if nobody knows root's password any more, the annotation ${RESET_PASSWORD_ANNOTATION}: "true" sets it offline, which restarts the server`;
  const message = `the password could not be changed: ${reason}; the old one stays in force. ${another}${again}; ${wayOut}`;
  return stalled('PasswordChangeFailed', message);
}

/** Behind the closed gate the restore Job sets root's password without any login. */
export function resetPassword({ gate, passwords }: Observed): Decision {
  const close: Action[] = gate ? [{ kind: 'close-gate', uid: gate.uid }] : [];
  const write: Action[] = passwords.hasActive ? [{ kind: 'write-active', change: 'reset' }] : [];
  return reconciling('PasswordResetting', RESET_TEXT, ...write, ...close);
}

function change(message: string, ...actions: Action[]): Decision {
  return reconciling('PasswordChanging', message, ...actions);
}
