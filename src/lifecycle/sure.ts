// What may be done on a quick look; for everything else all is looked at first.

import type { Action, Decision } from './actions.ts';
import type { Observation } from './observe.ts';
import { findServer } from './pods.ts';

interface Seen {
  readonly observation: Observation;
  readonly decision: Decision;
}

/** What only makes things safer, and is right whatever else there may be about a server that is Ready. */
const SAFE: readonly Action['kind'][] = ['add-finalizer', 'expect-data'];

/** What stops the server of a resource that is being deleted: each by the uid that was seen. */
export const STOPS: readonly Action['kind'][] = ['close-gate', 'delete-stateful-set', 'delete-pod'];

/** Whether what was decided on a quick look may be done. */
export function isSure(seen: Seen): boolean {
  const {
    observation: { isWhole, observed },
    decision: { actions },
  } = seen;
  if (isWhole || !observed.resource) return isWhole || actions.length === 0;
  if (observed.resource.deletedAt !== undefined) return actions.every((action) => isStep(action, seen));
  return findServer(observed) !== undefined && actions.every((action) => isSafe(action) || isPasswordStep(action));
}

function isSafe({ kind }: Action): boolean {
  return SAFE.includes(kind);
}

/**
 * Steps of a password's change. They depend on the two Secrets, the Job and the server that is Ready, all of which a quick
 * look reads live; the Job logs in and opens no volume.
 */
function isPasswordStep(action: Action): boolean {
  if (action.kind === 'create-job' || action.kind === 'delete-job') return action.step === 'change-pass';
  return action.kind === 'write-active' && !['first', 'recover', 'reset'].includes(action.change);
}

/** Stops that a deletion begins with, and then its backup: for that all pods must have been looked for. */
function isStep(action: Action, { observation: { hasAllPods } }: Seen): boolean {
  if (action.kind === 'create-job') return action.step === 'backup' && hasAllPods;
  return STOPS.includes(action.kind);
}
