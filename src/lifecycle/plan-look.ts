// What a look at a resource reads besides its core: a quick look leaves out what nearly always is as it should be.

import { childNames } from '../api/names.ts';
import { KINDS, type StoredMySQL, type NamespacedKey } from '../cluster/kinds.ts';
import type { ConfigMap, PersistentVolumeClaim, StoredObject } from '../cluster/types.ts';
import type { JobStep, StorageRole } from './actions.ts';
import { STEPS } from './observe-jobs.ts';
import type { Passwords } from './observe-passwords.ts';
import type { Known } from './read-ahead.ts';
import type { StoredStatus } from './status.ts';

/** How a resource is looked at. */
export interface LookContext {
  /** What watches have told. */
  readonly known?: Known;
  /** Nothing is left out. */
  readonly whole?: boolean;
  /** What is rendered is delivered: more is to be seen of a living resource. */
  readonly render?: boolean;
}

/** What every decision about a resource that is ours depends on. */
export interface Core {
  readonly resource: StoredMySQL | undefined;
  readonly status: StoredStatus;
  readonly gate: ConfigMap | undefined;
  readonly passwords: Passwords;
  readonly claims: Readonly<Record<StorageRole, PersistentVolumeClaim | undefined>>;
}

/** What is read of a state besides its core. */
export interface Needs {
  /** `all` that mount the claim, of any name, or only the server's. */
  readonly pods: 'all' | 'server' | 'none';
  readonly steps: readonly JobStep[];
  /** Whether the definition is being deleted, and what was rendered: for the end of a resource. */
  readonly ending: boolean;
  /** Whether the namespace is being deleted, and the StatefulSet. */
  readonly surroundings: boolean;
}

const NOTHING: Needs = { pods: 'none', steps: [], ending: false, surroundings: false };

/** To stop a server, and to back it up: what is taken away at the end is looked at when it is due. */
const STOPPING: Needs = { pods: 'server', steps: STEPS, ending: false, surroundings: true };

/**
 * Decides what is read.
 *
 * @returns also whether nothing is left out: what follows may be done
 */
export function planLook(
  key: NamespacedKey,
  core: Core,
  context: LookContext,
): { readonly isWhole: boolean; readonly needs: Needs } {
  const { resource, gate, status } = core;
  // When the backup is made what follows ends something for good.
  const { whole = status.backedUpVolume !== '' } = context;
  if (!whole && isDeleted(resource)) return { isWhole: false, needs: STOPPING };
  const isWhole = whole || (resource !== undefined && gate === undefined);
  return { isWhole, needs: isWhole ? listAll(core) : listNeeds(key, core, context) };
}

/** Without its resource only volumes matter. */
function listAll({ resource }: Core): Needs {
  return resource ? { pods: 'all', steps: STEPS, ending: isDeleted(resource), surroundings: true } : NOTHING;
}

/** Behind an open gate: what is enough to see that a server that is Ready needs nothing. */
function listNeeds(
  { namespace, name }: NamespacedKey,
  { resource, status, passwords, claims }: Core,
  { render = false, known }: LookContext,
): Needs {
  if (!resource) return NOTHING;
  const isLeaving = [claims.data, claims.backup].some(isDeleted);
  const names = childNames(name).jobs;
  const isLikely = (step: JobStep): boolean =>
    !known || known(KINDS.Job, { namespace, name: names[step] }) !== undefined;
  const isWanted: Readonly<Record<JobStep, boolean>> = {
    backup: false,
    // Its result also tells the version of the server, once.
    restore: status.server === undefined && isLikely('restore'),
    // Before a change one of an earlier change may be there. Where no watch told of it, none can be made, and it is found then.
    'change-pass': isChanging(passwords) || (isAsked(passwords) && isLikely('change-pass')),
  };
  const steps = STEPS.filter((step) => isWanted[step]);
  return { pods: isLeaving ? 'all' : 'server', steps, ending: false, surroundings: render };
}

function isChanging({ observed: { hasNext, previousSince } }: Passwords): boolean {
  return hasNext || previousSince !== undefined;
}

function isAsked({ observed: { hasDesired, desiredIsCurrent } }: Passwords): boolean {
  return hasDesired && !desiredIsCurrent;
}

/** Whether an object is being deleted. */
export function isDeleted(resource: StoredObject | undefined): boolean {
  return resource?.metadata.deletionTimestamp !== undefined;
}
