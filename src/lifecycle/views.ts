// A resource, its gate and its Jobs as a decision sees them, from the objects that were read or answered.

import { FINALIZER, RESET_PASSWORD_ANNOTATION, ROTATE_NOW_ANNOTATION, SKIP_BACKUP_ANNOTATION } from '../api/names.ts';
import type { StoredMySQL } from '../cluster/kinds.ts';
import type { ConfigMap } from '../cluster/types.ts';
import { buildPolicy } from '../model/policy.ts';
import type { JobStep } from './actions.ts';
import { hashInput } from './observe-jobs.ts';
import type { Passwords } from './observe-passwords.ts';
import type { ObservedGate, ObservedResource, ObservedStorage } from './observed.ts';
import type { StoredStatus } from './status.ts';
import { boundVolume } from './volumes.ts';
import type { JobWish } from './wanted-job.ts';

/** What each Job is made for. A Job of another input is another Job: another volume, another password, another wish. */
export function describeInputs(seen: {
  readonly data: ObservedStorage;
  readonly backup: ObservedStorage;
  readonly passwords: Passwords;
  readonly resource: StoredMySQL | undefined;
  readonly status: StoredStatus;
}): Record<JobStep, string> {
  const { data, backup, passwords, resource, status } = seen;
  const mode = passwords.observed.hasNext ? 'change' : 'discard';
  const from = resource ? buildPolicy(resource.spec).restoreFrom : '';
  const claims = [uidOf(data.claim), uidOf(backup.claim)];
  // A claim that was made again may be another volume's: what a Job's pod saw behind the earlier one counts for nothing.
  return {
    // What was backed up before a server was let in again is not what is on the volume now.
    backup: hashInput('backup', uidOf(boundVolume(data)), ...claims, String(status.gateOpenedAt)),
    restore: hashInput('restore', from, ...claims, status.resetSince),
    // Revisions of a Secret that was made again begin anew.
    'change-pass': hashInput('change-pass', mode, uidOf(passwords.active?.metadata), String(passwords.revision)),
  };
}

/** What a Job is made from. */
export function toWish(
  resource: StoredMySQL,
  seen: Pick<JobWish, 'namespace' | 'inputs'> & { readonly status: StoredStatus; readonly passwords: Passwords },
): JobWish {
  const { status, passwords, ...rest } = seen;
  return { ...rest, resource, lastImage: status.server?.image, hasNext: passwords.observed.hasNext };
}

function uidOf(object: { readonly uid: string } | undefined): string {
  return object?.uid ?? '';
}

/** A resource as a decision sees it. */
export function toResource({ metadata, spec }: StoredMySQL, status: StoredStatus): ObservedResource {
  const isAsked = (annotation: string): boolean => metadata.annotations?.[annotation] === 'true';
  return {
    uid: metadata.uid,
    generation: metadata.generation ?? 0,
    createdAt: Date.parse(metadata.creationTimestamp),
    deletedAt: metadata.deletionTimestamp === undefined ? undefined : Date.parse(metadata.deletionTimestamp),
    hasFinalizer: metadata.finalizers?.includes(FINALIZER) ?? false,
    managed: spec.lifecycle !== 'None',
    paused: spec.paused ?? false,
    image: spec.image,
    ...buildPolicy(spec),
    skipFinalBackup: isAsked(SKIP_BACKUP_ANNOTATION) || status.requests.skipFinalBackup,
    rotateNow: isAsked(ROTATE_NOW_ANNOTATION) || status.requests.rotateNow,
    resetPassword: isAsked(RESET_PASSWORD_ANNOTATION),
    status,
  };
}

/** A gate as a decision sees it. */
export function toGate({ metadata, data = {} }: ConfigMap): ObservedGate {
  return {
    uid: metadata.uid,
    expect: data['expect'] === 'empty' ? 'empty' : 'data',
    claimUid: data['claim'] ?? '',
    created: data['created'] ?? '',
  };
}
